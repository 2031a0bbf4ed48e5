//! Work during which a lock is extended.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use super::LockGuard;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::{Flow, Io, inherent_run};

/// Work during which a lock is extended; see [`LockGuard::keep_while`].
#[must_use = "a flow does nothing until it is run"]
pub struct KeepWhile<'g, W> {
    guard: &'g LockGuard,
    /// `None` once the work was begun by a run.
    work: Option<Pin<Box<W>>>,
}

impl<'g, W> KeepWhile<'g, W> {
    pub(super) fn new(guard: &'g LockGuard, work: W) -> Self {
        Self { guard, work: Some(Box::pin(work)) }
    }
}

impl<W> Flow for KeepWhile<'_, W>
where
    W: Future + Send,
    W::Output: Send,
{
    type Output = W::Output;

    async fn steps(&mut self, io: &Io) -> Result<W::Output> {
        let begun = || {
            let message = "the work was done by an earlier run";
            Error::new(ErrorKind::InvalidOperation, message)
        };
        if self.work.is_none() {
            return Err(begun());
        }
        let (guard, ttl) = (self.guard, self.guard.ttl());
        // The server extends the lock after this time at the earliest.
        let mut extended = io.elapsed();
        io.run(guard.extend()).await?;
        // Not before: after an error of the first request the flow can run again.
        let mut work = self.work.take().ok_or_else(begun)?;
        // The process may have been frozen for longer than the lock lived.
        let finish = |output, extended| {
            if io.elapsed() >= extended + ttl { Err(guard.lost()) } else { Ok(output) }
        };
        let mut pause = ttl / 3;
        loop {
            match either(&mut work, io.pause(pause)).await {
                Either::Done(output) => return finish(output, extended),
                Either::Other(paused) => paused?,
            }
            let asked = io.elapsed();
            pause = match either(&mut work, io.run(guard.extend())).await {
                Either::Done(output) => return finish(output, extended),
                Either::Other(Ok(())) => {
                    extended = asked;
                    ttl / 3
                }
                Either::Other(Err(error)) if error.is_lock_lost() => return Err(error),
                Either::Other(Err(error)) if io.elapsed() >= extended + ttl => {
                    return Err(guard.lost().with_source(error));
                }
                // Sooner than usual, but not at once: the server may be starting.
                Either::Other(Err(_)) => ttl / 20,
            };
        }
    }
}

enum Either<T, U> {
    Done(T),
    Other(U),
}

/// Returns the output of the future that is ready first.
async fn either<W: Future, F: Future>(
    work: &mut Pin<Box<W>>,
    other: F,
) -> Either<W::Output, F::Output> {
    let mut other = pin!(other);
    poll_fn(|context| {
        if let Poll::Ready(output) = work.as_mut().poll(context) {
            return Poll::Ready(Either::Done(output));
        }
        other.as_mut().poll(context).map(Either::Other)
    })
    .await
}

inherent_run! {
    impl['g, W: Future<Output: Send> + Send] KeepWhile<'g, W>;
}

impl<W> fmt::Debug for KeepWhile<'_, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeepWhile").field("guard", self.guard).finish_non_exhaustive()
    }
}
