//! The items of a queue, one after another, until a request to stop.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[cfg(feature = "aio")]
use futures_util::stream::{self, Stream};

use super::blocking::Blocking;
use super::list::{End, List};
use crate::clone::clone_fields;
use crate::codec::Codec;
#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::SyncConnection;
use crate::error::Result;
use crate::flow::{Flow, Io};

/// The server waits at most this long for an item, so that a request to stop is soon seen.
const WAIT: Duration = Duration::from_millis(500);

/// Takes the items of a list one after another and waits for new ones; see
/// [`List::consume`]. A copy ends at the same [`Stop`].
#[must_use = "nothing is consumed until the items are asked for"]
pub struct Consume<T, C> {
    list: List<T, C>,
    from: End,
    stop: Stop,
}

/// A request to end a [`Consume`] or a [worker](crate::patterns::queue::Work), from any thread
/// or task.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Ends the iterator or stream: it returns `None` within half a second, and no item is
    /// lost. A worker ends after the job at hand, or within half a second.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl<T, C: Codec<T>> Consume<T, C> {
    pub(super) fn new(list: List<T, C>, from: End) -> Self {
        Self { list, from, stop: Stop::default() }
    }

    /// Returns a handle that ends the iterator or stream.
    pub fn stop_handle(&self) -> Stop {
        self.stop.clone()
    }

    /// Returns the items one by one, on a sync connection; waits while there are none.
    ///
    /// An item that cannot be decoded is an error and does not end the iterator; it was
    /// removed. Any other error ends it.
    pub fn iter<K>(mut self, con: &mut K) -> impl Iterator<Item = Result<T>>
    where
        K: SyncConnection + ?Sized,
    {
        let mut failed = false;
        std::iter::from_fn(move || {
            let item = if failed { None } else { self.run(con).transpose() };
            failed = item.as_ref().is_some_and(ends);
            item
        })
        .fuse()
    }

    /// Returns the items one by one, on a [`Dedicated`](crate::connection::Dedicated) async
    /// connection; waits while there are none.
    ///
    /// An item that cannot be decoded is an error and does not end the stream; it was removed.
    /// Any other error ends it. A stream that is dropped while it waits may lose an item:
    /// [`stop`](Stop::stop) it and read it to its end instead.
    #[cfg(feature = "aio")]
    pub fn stream<'c, K>(self, con: &'c mut K) -> impl Stream<Item = Result<T>> + Send + Unpin + 'c
    where
        T: Send + 'c,
        C: 'c,
        K: AsyncConnection + Send + ?Sized,
    {
        Box::pin(stream::unfold((self, con, false), async |(mut this, con, failed)| {
            let item = if failed { None } else { this.run_async(con).await.transpose() };
            let failed = item.as_ref().is_some_and(ends);
            item.map(|item| (item, (this, con, failed)))
        }))
    }
}

/// Returns `true` if no item follows: the command itself failed.
fn ends<T>(item: &Result<T>) -> bool {
    item.as_ref().is_err_and(|error| !error.is_applied())
}

impl<T, C: Codec<T>> Flow for Consume<T, C> {
    /// The next item; `None` after a request to stop.
    type Output = Option<T>;

    async fn steps(&mut self, io: &Io) -> Result<Option<T>> {
        while !self.stop.is_requested() {
            let mut pop: Blocking<Option<T>> = match self.from {
                End::Front => self.list.pop_front_blocking(WAIT),
                End::Back => self.list.pop_back_blocking(WAIT),
            };
            if let Some(item) = pop.steps(io).await? {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }
}

impl<T, C> fmt::Debug for Consume<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consume").field("list", &self.list).field("from", &self.from).finish()
    }
}

clone_fields! {
    impl[T, C] Consume<T, C> { list, from, stop }
}
