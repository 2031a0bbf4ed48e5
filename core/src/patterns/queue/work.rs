//! The loop of a worker.

use std::fmt::{self, Display};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use super::job::{Job, Lease};
use super::{Failed, Queue};
use crate::clone::clone_fields;
use crate::codec::Codec;
use crate::error::Result;
use crate::flow::{Flow, Io, inherent_run};
use crate::structures::{SortedSet, Stop};

/// A worker looks for jobs at least this often, so that a request to stop is soon seen.
const LONGEST_WAIT: Duration = Duration::from_millis(500);
/// The average pause of a worker on a connection that cannot wait.
const POLL: Duration = Duration::from_millis(100);

/// A function that does a job.
pub trait Handler<T>: Send {
    /// Does the job; an error is the reason why it failed.
    fn handle(&mut self, job: Job<T>) -> impl Future<Output = Result<(), String>> + Send;
}

/// Calls a function.
#[derive(Debug, Clone)]
pub struct HandleSync<F>(pub(super) F);

/// Calls a function that returns a future.
#[derive(Debug, Clone)]
pub struct HandleAsync<F>(pub(super) F);

impl<T, E, F> Handler<T> for HandleSync<F>
where
    T: Send,
    E: Display,
    F: FnMut(Job<T>) -> Result<(), E> + Send,
{
    async fn handle(&mut self, job: Job<T>) -> Result<(), String> {
        (self.0)(job).map_err(|error| error.to_string())
    }
}

impl<T, E, F, U> Handler<T> for HandleAsync<F>
where
    T: Send,
    E: Display,
    F: FnMut(Job<T>) -> U + Send,
    U: Future<Output = Result<(), E>> + Send,
{
    async fn handle(&mut self, job: Job<T>) -> Result<(), String> {
        (self.0)(job).await.map_err(|error| error.to_string())
    }
}

/// A worker: takes jobs and does them, one after another, until it is stopped. See
/// [`Queue::work`].
#[must_use = "a flow does nothing until it is run"]
pub struct Work<T, C, H> {
    queue: Queue<T, C>,
    handler: H,
    stop: Stop,
    batch: usize,
    until_idle: bool,
}

/// The numbers of jobs of one run of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Worked {
    /// Jobs that were done.
    pub done: u64,
    /// Jobs that failed and are tried again.
    pub failed: u64,
    /// Jobs that failed for the last time.
    pub dead: u64,
    /// Jobs whose lease was lost: another worker has taken them, or may take them.
    pub lost: u64,
}

impl<T, C, H> Work<T, C, H> {
    pub(super) fn new(queue: Queue<T, C>, handler: H) -> Self {
        Self { queue, handler, stop: Stop::default(), batch: 1, until_idle: false }
    }

    /// Returns a handle that ends the worker: the job at hand is finished, and jobs that were
    /// taken and not begun are given back.
    pub fn stop_handle(&self) -> Stop {
        self.stop.clone()
    }

    /// Takes up to this many jobs in one round trip, and at most 1000; 1 by default.
    ///
    /// Their leases begin together. The lease of each job after the first is extended when the
    /// job begins, which also counts the attempt. A job whose lease another worker has taken by
    /// then is skipped and counts as [lost](Worked::lost).
    pub fn batch(mut self, jobs: usize) -> Self {
        self.batch = jobs.max(1);
        self
    }

    /// Ends the worker as soon as no job is ready, instead of waiting for one.
    pub fn until_idle(mut self) -> Self {
        self.until_idle = true;
        self
    }
}

impl<T: Send, C: Codec<T>, H: Handler<T>> Flow for Work<T, C, H> {
    type Output = Worked;

    async fn steps(&mut self, io: &Io) -> Result<Worked> {
        let mut worked = Worked::default();
        while !self.stop.is_requested() {
            let asked = io.elapsed();
            let taken = io.run(self.queue.take_batch(self.batch)).await?;
            if taken.jobs.is_empty() {
                if self.until_idle {
                    break;
                }
                self.wait(io, taken.next.unwrap_or(LONGEST_WAIT)).await?;
            }
            for (i, (mut lease, value)) in taken.jobs.into_iter().enumerate() {
                // The script has counted an attempt of the first job only.
                let is_first = i == 0;
                if self.stop.is_requested() {
                    let release = if is_first {
                        self.queue.release(lease)
                    } else {
                        self.queue.release_uncounted(lease)
                    };
                    io.run(release).await?;
                    continue;
                }
                let is_held = if !is_first {
                    lease.attempt = lease.attempt.saturating_add(1);
                    io.run(self.queue.begin(lease)).await?
                } else if io.elapsed() > asked + self.queue.lease_time() / 3 {
                    io.run(self.queue.extend(lease)).await?
                } else {
                    true
                };
                if is_held {
                    self.do_job(io, lease, value, &mut worked).await?;
                } else {
                    worked.lost += 1;
                }
            }
        }
        Ok(worked)
    }
}

impl<T: Send, C: Codec<T>, H: Handler<T>> Work<T, C, H> {
    async fn do_job(
        &mut self,
        io: &Io,
        lease: Lease,
        value: Result<T>,
        worked: &mut Worked,
    ) -> Result<()> {
        let result = match value {
            Ok(value) => {
                let job = Job { lease, attempt: lease.attempt, value };
                handle(io, &self.queue, lease, self.handler.handle(job)).await?
            }
            // Another version of the program may be able to decode it.
            Err(error) => Some(Err(error.to_string())),
        };
        match result {
            None => worked.lost += 1,
            Some(Ok(())) if io.run(self.queue.done(lease)).await? => worked.done += 1,
            Some(Ok(())) => worked.lost += 1,
            Some(Err(reason)) => match io.run(self.queue.fail(lease, reason)).await? {
                Failed::Retry => worked.failed += 1,
                Failed::Dead => worked.dead += 1,
                Failed::Lost => worked.lost += 1,
            },
        }
        Ok(())
    }

    /// Waits for a job, or until one becomes ready.
    async fn wait(&mut self, io: &Io, next: Duration) -> Result<()> {
        if next.is_zero() {
            return Ok(());
        }
        if io.may_block() {
            let wake = SortedSet::<String>::at(self.queue.keys().wake());
            return wake.pop_min_blocking(next.min(LONGEST_WAIT)).steps(io).await.map(drop);
        }
        io.pause((POLL / 2 + io.jitter(POLL)).min(next)).await
    }
}

/// Awaits a handler and extends its lease meanwhile. Returns `None` if the lease was lost, and
/// the handler's future was dropped.
async fn handle<T, C: Codec<T>>(
    io: &Io,
    queue: &Queue<T, C>,
    lease: Lease,
    work: impl Future<Output = Result<(), String>> + Send,
) -> Result<Option<Result<(), String>>> {
    let mut work = pin!(work);
    let mut extend = pin!(async {
        loop {
            io.pause(queue.lease_time() / 3).await?;
            if !io.run(queue.extend(lease)).await? {
                return Ok(None);
            }
        }
    });
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(result) => Poll::Ready(Ok(Some(result))),
        Poll::Pending => extend.as_mut().poll(context),
    })
    .await
}

inherent_run! {
    impl[T: Send, Enc: Codec<T>, H: Handler<T>] Work<T, Enc, H>;
}

impl<T, C, H> fmt::Debug for Work<T, C, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Work").field("queue", &self.queue).field("batch", &self.batch).finish()
    }
}

clone_fields! {
    impl[T, C, H: Clone] Work<T, C, H> { queue, handler, stop, batch, until_idle }
}
