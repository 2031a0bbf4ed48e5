//! Pauses that block nothing, on any async runtime.
//!
//! One thread, started at the first pause, wakes what is due and sleeps until
//! the next is. Taken over the timers of tokio and smol because there is then
//! one behaviour, whatever the program's features: no runtime to depend on or
//! to guess at (with both compiled in), and no panic in a tokio runtime that
//! was built without its time driver. A pause lasts milliseconds at least, so
//! what a hand-over between threads costs is nothing beside it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

/// Done after this time.
pub(super) fn pause(time: Duration) -> Pause {
    Pause { due: Instant::now().checked_add(time), entry: None }
}

pub(super) struct Pause {
    /// `None`: longer than clocks can tell.
    due: Option<Instant>,
    entry: Option<Arc<Mutex<Option<Waker>>>>,
}

impl Future for Pause {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Some(due) = self.due else { return Poll::Pending };
        if Instant::now() >= due {
            return Poll::Ready(());
        }
        match &self.entry {
            // Polled again, perhaps by another task.
            Some(entry) => *lock(entry) = Some(context.waker().clone()),
            None => {
                let entry = Arc::new(Mutex::new(Some(context.waker().clone())));
                self.entry = Some(Arc::clone(&entry));
                TIMER.add(Entry { due, waker: entry });
            }
        }
        // It may have come due while the waker was being left.
        if Instant::now() >= due { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Pause {
    /// What was cancelled keeps no task alive.
    fn drop(&mut self) {
        if let Some(entry) = &self.entry {
            lock(entry).take();
        }
    }
}

static TIMER: Timer = Timer {
    entries: Mutex::new(Entries { started: false, heap: BinaryHeap::new() }),
    changed: Condvar::new(),
};

struct Timer {
    entries: Mutex<Entries>,
    changed: Condvar,
}

struct Entries {
    started: bool,
    heap: BinaryHeap<Reverse<Entry>>,
}

struct Entry {
    due: Instant,
    waker: Arc<Mutex<Option<Waker>>>,
}

impl Timer {
    fn add(&'static self, entry: Entry) {
        let mut entries = lock(&self.entries);
        entries.heap.push(Reverse(entry));
        if !entries.started {
            entries.started = true;
            // A thread cannot be refused for long; until then the next pause tries again.
            let started = thread::Builder::new()
                .name("redis-model timer".into())
                .spawn(|| self.wake_what_is_due());
            entries.started = started.is_ok();
        }
        drop(entries);
        self.changed.notify_one();
    }

    fn wake_what_is_due(&self) {
        let mut entries = lock(&self.entries);
        loop {
            let now = Instant::now();
            let Some(Reverse(next)) = entries.heap.peek() else {
                entries = self.changed.wait(entries).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            if let Some(left) = next.due.checked_duration_since(now).filter(|left| !left.is_zero())
            {
                let waited = self.changed.wait_timeout(entries, left);
                entries = waited.unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            let Some(Reverse(due)) = entries.heap.pop() else { continue };
            let waker = lock(&due.waker).take();
            // Others may add pauses while a waker does whatever it does.
            drop(entries);
            if let Some(waker) = waker {
                waker.wake();
            }
            entries = lock(&self.entries);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.due.cmp(&other.due)
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.due == other.due
    }
}

impl Eq for Entry {}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pauses_end_in_the_order_of_their_times_and_none_too_early() {
        let start = Instant::now();
        let (done, mut order) = tokio::sync::mpsc::unbounded_channel();
        for millis in [30, 1, 20, 0, 10] {
            let done = done.clone();
            tokio::spawn(async move {
                let time = Duration::from_millis(millis);
                pause(time).await;
                assert!(start.elapsed() >= time);
                done.send(millis).unwrap();
            });
        }
        drop(done);
        let mut seen = Vec::new();
        while let Some(millis) = order.recv().await {
            seen.push(millis);
        }
        assert_eq!(seen, [0, 1, 10, 20, 30]);
    }

    #[test]
    fn a_cancelled_pause_wakes_nobody() {
        struct Count(std::sync::atomic::AtomicUsize);
        impl std::task::Wake for Count {
            fn wake(self: Arc<Self>) {
                self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            }
        }
        let count = Arc::new(Count(0.into()));
        let waker = Waker::from(Arc::clone(&count));
        let mut cancelled = Box::pin(pause(Duration::from_millis(1)));
        assert!(cancelled.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        drop(cancelled);
        assert_eq!(Arc::strong_count(&count), 2, "the timer let go of the waker");
    }
}
