//! The end of a subscription, requested by another thread or task.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
#[cfg(feature = "aio")]
use std::task::Waker;
use std::time::Duration;

#[cfg(feature = "aio")]
use futures_util::task::AtomicWaker;

/// Ends a [`Subscriber`](super::Subscriber) or an
/// [`AsyncSubscriber`](super::AsyncSubscriber) from another thread or task.
///
/// ```
/// use redis_model::structures::Subscription;
///
/// # let server = redis_model::embedded::Server::start()?;
/// # let client = server.client()?;
/// let subscriber = Subscription::<String>::to(["news"]).subscribe(&client)?;
/// let handle = subscriber.handle();
/// let thread = std::thread::spawn(move || subscriber.count());
/// handle.close();
/// assert_eq!(thread.join().unwrap(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SubscriberHandle(pub(super) Arc<Closing>);

/// The state that a subscriber shares with its handles.
#[derive(Default)]
pub(crate) struct Closing {
    closed: Mutex<bool>,
    changed: Condvar,
    #[cfg(feature = "aio")]
    waker: AtomicWaker,
}

impl SubscriberHandle {
    /// Ends the subscription: its iterator or stream returns `None` and closes the connection.
    /// Messages that it has not returned yet are lost.
    ///
    /// A stream ends at its next poll, for which it is woken. An iterator that waits for a
    /// message ends within a tenth of a second, because no thread can wake a sync connection.
    pub fn close(&self) {
        *self.0.lock() = true;
        self.0.changed.notify_all();
        #[cfg(feature = "aio")]
        self.0.waker.wake();
    }

    /// Returns `true` if [`close`](Self::close) was called.
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}

impl Closing {
    pub(crate) fn is_closed(&self) -> bool {
        *self.lock()
    }

    /// Waits for a time, or until a handle closes the subscription.
    pub(crate) fn wait(&self, time: Duration) {
        let waited = self.changed.wait_timeout_while(self.lock(), time, |closed| !*closed);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Sets the task that a handle wakes.
    #[cfg(feature = "aio")]
    pub(crate) fn register(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SubscriberHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubscriberHandle").field("closed", &self.is_closed()).finish()
    }
}
