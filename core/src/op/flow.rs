//! Flows: work that takes several round trips, as a step machine.
//!
//! A scan, a bounded retry or a lock that waits is a loop around operations,
//! which a single request cannot say. Written as a loop it would do IO, and
//! there would be one for sync and one for async. So a flow only says what is
//! to be done next, as a [`Step`]: run an operation, pause, or be done. The two
//! executors of [`crate::run`] drive it, and tests can without a server.
//!
//! What follows an operation is named with it (`Step::run(load, Self::loaded)`),
//! so a flow's methods read from top to bottom and its state is its own
//! fields. The alternative, one `next` function over an enum of states, needs
//! an enum of all operations and one of all their outputs beside it.

use std::fmt;
#[cfg(any(feature = "tokio", feature = "smol"))]
use std::future::Future;
use std::time::Duration;

use super::{Operation, Replies, Request, Topology};
#[cfg(any(feature = "tokio", feature = "smol"))]
use crate::connection::AsyncConnection;
use crate::connection::SyncConnection;
use crate::error::Result;

/// Work that takes several round trips: scans, retries, waiting.
///
/// Like an operation it does no IO; [`run`](Self::run) and
/// [`run_async`](Self::run_async) do. Time and random numbers are given to it,
/// as a [`Moment`].
///
/// ```
/// use std::time::Duration;
/// use redis_model::{Error, Flow, Moment, Operation, RedisModel, Result, Step};
/// # use redis_model::embedded;
///
/// #[derive(RedisModel)]
/// #[redis(key = "job:{id}")]
/// struct Job { id: u64, result: Option<String> }
///
/// /// Waits until a job has its result.
/// struct WaitForResult { id: u64, patience: Duration }
///
/// impl Flow for WaitForResult {
///     type Output = Option<String>;
///
///     fn start<'s>(&mut self, _: &Moment) -> Result<Step<'s, Self>> where Self: 's {
///         Ok(Step::run(Job::select(self.id, Job::FIELDS.result), Self::looked))
///     }
/// }
///
/// impl WaitForResult {
///     fn looked<'s>(&mut self, found: Option<Option<String>>, now: &Moment) -> Result<Step<'s, Self>> {
///         match found.flatten() {
///             None if now.elapsed() < self.patience => Ok(Step::pause(Duration::from_millis(5), Self::start)),
///             result => Ok(Step::done(result)),
///         }
///     }
/// }
///
/// # let server = embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// Job { id: 1, result: Some("42".into()) }.save().run(&mut con)?;
/// let result = WaitForResult { id: 1, patience: Duration::from_secs(5) }.run(&mut con)?;
/// assert_eq!(result.as_deref(), Some("42"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a flow does nothing until it is run"]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a flow",
    label = "not something that can be run step by step"
)]
pub trait Flow: Sized {
    /// What running it returns.
    type Output;

    /// The first step. Running a flow again begins here again, with the state
    /// that it has by then.
    fn start<'s>(&mut self, now: &Moment) -> Result<Step<'s, Self>>
    where
        Self: 's;

    /// Runs the flow on a sync connection; a pause blocks the thread.
    fn run<C>(&mut self, con: &mut C) -> Result<Self::Output>
    where
        C: SyncConnection + ?Sized,
    {
        crate::run::run_flow(self, con)
    }

    /// Runs the flow on an async connection; a pause blocks nothing, on any
    /// async runtime.
    #[cfg(any(feature = "tokio", feature = "smol"))]
    fn run_async<C>(&mut self, con: &mut C) -> impl Future<Output = Result<Self::Output>> + Send
    where
        Self: Send,
        Self::Output: Send,
        C: AsyncConnection + Send + ?Sized,
    {
        crate::run::run_flow_async(self, con)
    }
}

/// What a [`Flow`] does next.
///
/// `'s` is how long what it holds must live; a flow's methods take it as
/// [`Flow::start`] does.
#[must_use = "a step does nothing until the flow returns it"]
pub struct Step<'s, F: Flow>(pub(crate) Next<'s, F>);

pub(crate) enum Next<'s, F: Flow> {
    Run(Box<dyn Ask<'s, F> + Send + 's>),
    Pause(Duration, Resume<'s, F>),
    Done(F::Output),
}

pub(crate) type Resume<'s, F> = Box<dyn FnOnce(&mut F, &Moment) -> Result<Step<'s, F>> + Send + 's>;

/// An operation together with what the flow does with its output.
pub(crate) trait Ask<'s, F: Flow> {
    fn encode(&self, request: &mut Request) -> Result<()>;

    fn answer(
        self: Box<Self>,
        flow: &mut F,
        replies: Result<Replies>,
        now: &Moment,
    ) -> Result<Step<'s, F>>;
}

impl<'s, F: Flow> Step<'s, F> {
    /// Runs an operation, then goes on with its output. An error ends the flow.
    pub fn run<O, T>(operation: O, then: T) -> Self
    where
        F: 's,
        O: Operation + Send + 's,
        T: FnOnce(&mut F, O::Output, &Moment) -> Result<Step<'s, F>> + Send + 's,
    {
        Self::attempt(operation, move |flow, output, now| then(flow, output?, now))
    }

    /// Runs an operation, then goes on with its output or its error.
    pub fn attempt<O, T>(operation: O, then: T) -> Self
    where
        F: 's,
        O: Operation + Send + 's,
        T: FnOnce(&mut F, Result<O::Output>, &Moment) -> Result<Step<'s, F>> + Send + 's,
    {
        Self(Next::Run(Box::new(Asked { operation, then })))
    }

    /// Waits, then goes on.
    pub fn pause<T>(time: Duration, then: T) -> Self
    where
        T: FnOnce(&mut F, &Moment) -> Result<Step<'s, F>> + Send + 's,
    {
        Self(Next::Pause(time, Box::new(then)))
    }

    /// What a flow that is a part of this one does next, until it is done; then
    /// goes on with its output. `part` says where the flow keeps it.
    ///
    /// ```
    /// use redis_model::{Flow, Moment, Result, Step};
    ///
    /// /// Runs a flow again and again, and collects what it returns.
    /// struct Collect<F: Flow> { each: F, left: usize, outputs: Vec<F::Output> }
    ///
    /// impl<F: Flow> Flow for Collect<F> {
    ///     type Output = Vec<F::Output>;
    ///
    ///     fn start<'s>(&mut self, now: &Moment) -> Result<Step<'s, Self>> where Self: 's {
    ///         if self.left == 0 {
    ///             return Ok(Step::done(std::mem::take(&mut self.outputs)));
    ///         }
    ///         self.left -= 1;
    ///         Step::part(self, |flow| &mut flow.each, now, |flow, output, now| {
    ///             flow.outputs.push(output);
    ///             flow.start(now)
    ///         })
    ///     }
    /// }
    /// ```
    pub fn part<B, T>(
        flow: &mut F,
        part: fn(&mut F) -> &mut B,
        now: &Moment,
        then: T,
    ) -> Result<Self>
    where
        F: 's,
        B: Flow + 's,
        T: FnOnce(&mut F, B::Output, &Moment) -> Result<Step<'s, F>> + Send + 's,
    {
        let step = part(flow).start(now)?;
        Part { part, then }.step(flow, step, now)
    }

    /// Ends the flow.
    pub fn done(output: F::Output) -> Self {
        Self(Next::Done(output))
    }
}

struct Asked<O, T> {
    operation: O,
    then: T,
}

impl<'s, F, O, T> Ask<'s, F> for Asked<O, T>
where
    F: Flow,
    O: Operation,
    T: FnOnce(&mut F, Result<O::Output>, &Moment) -> Result<Step<'s, F>>,
{
    fn encode(&self, request: &mut Request) -> Result<()> {
        self.operation.encode(request)
    }

    fn answer(
        self: Box<Self>,
        flow: &mut F,
        replies: Result<Replies>,
        now: &Moment,
    ) -> Result<Step<'s, F>> {
        let output = replies.and_then(|mut replies| self.operation.decode(&mut replies));
        (self.then)(flow, output, now)
    }
}

/// Where a flow keeps the flow that is a part of it, and what it does with the
/// output.
struct Part<F, B, T> {
    part: fn(&mut F) -> &mut B,
    then: T,
}

impl<F: Flow, B: Flow, T> Part<F, B, T> {
    /// The part's step as one of the whole.
    fn step<'s>(self, flow: &mut F, step: Step<'s, B>, now: &Moment) -> Result<Step<'s, F>>
    where
        F: 's,
        B: 's,
        T: FnOnce(&mut F, B::Output, &Moment) -> Result<Step<'s, F>> + Send + 's,
    {
        match step.0 {
            Next::Run(ask) => Ok(Step(Next::Run(Box::new(PartAsked { part: self, ask })))),
            Next::Pause(time, resume) => Ok(Step::pause(time, move |flow: &mut F, now| {
                let step = resume((self.part)(flow), now)?;
                self.step(flow, step, now)
            })),
            Next::Done(output) => (self.then)(flow, output, now),
        }
    }
}

struct PartAsked<'s, F, B: Flow, T> {
    part: Part<F, B, T>,
    ask: Box<dyn Ask<'s, B> + Send + 's>,
}

impl<'s, F, B, T> Ask<'s, F> for PartAsked<'s, F, B, T>
where
    F: Flow + 's,
    B: Flow + 's,
    T: FnOnce(&mut F, B::Output, &Moment) -> Result<Step<'s, F>> + Send + 's,
{
    fn encode(&self, request: &mut Request) -> Result<()> {
        self.ask.encode(request)
    }

    fn answer(
        self: Box<Self>,
        flow: &mut F,
        replies: Result<Replies>,
        now: &Moment,
    ) -> Result<Step<'s, F>> {
        let Self { part, ask } = *self;
        let step = ask.answer((part.part)(flow), replies, now)?;
        part.step(flow, step, now)
    }
}

/// What a [`Flow`] may know of the world at a step: the time since it began,
/// and a random number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    elapsed: Duration,
    random: u64,
    topology: Topology,
}

impl Moment {
    /// A moment; the executors make their own, tests can say what it is.
    pub const fn new(elapsed: Duration, random: u64) -> Self {
        Self { elapsed, random, topology: Topology::Unknown }
    }

    pub(crate) const fn with_topology(self, topology: Topology) -> Self {
        Self { topology, ..self }
    }

    /// What the connection leads to.
    pub(crate) const fn topology(&self) -> Topology {
        self.topology
    }

    /// The time since the flow began to run.
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// A random number, another one at each step: for jitter and tokens that
    /// need not be secret.
    pub const fn random(&self) -> u64 {
        self.random
    }

    /// A random time below `limit`, so that many who wait do not all come back
    /// at once.
    pub fn jitter(&self, limit: Duration) -> Duration {
        let nanos = limit.as_nanos().min(u128::from(u64::MAX));
        let part = (nanos * u128::from(self.random)) >> 64;
        Duration::from_nanos(u64::try_from(part).unwrap_or(u64::MAX))
    }
}

/// `run` and `run_async` as methods of a flow's own, so that nobody has to
/// import [`Flow`] for the flows of this crate.
macro_rules! run_without_import {
    ($(impl[$($generics:tt)*] $flow:ty $(where [$($bounds:tt)*])?;)*) => {$(
        impl<$($generics)*> $flow $(where $($bounds)*)? {
            /// Runs it on a sync connection.
            pub fn run<C>(&mut self, con: &mut C) -> $crate::error::Result<<Self as $crate::op::Flow>::Output>
            where
                C: $crate::SyncConnection + ?Sized,
            {
                $crate::op::Flow::run(self, con)
            }

            /// Runs it on an async connection.
            #[cfg(any(feature = "tokio", feature = "smol"))]
            pub fn run_async<C>(
                &mut self,
                con: &mut C,
            ) -> impl Future<Output = $crate::error::Result<<Self as $crate::op::Flow>::Output>> + Send
            where
                Self: Send,
                <Self as $crate::op::Flow>::Output: Send,
                C: $crate::AsyncConnection + Send + ?Sized,
            {
                $crate::op::Flow::run_async(self, con)
            }
        }
    )*};
}

pub(crate) use run_without_import;

impl<F: Flow> fmt::Debug for Step<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Next::Run(_) => f.write_str("Run"),
            Next::Pause(time, _) => f.debug_tuple("Pause").field(time).finish(),
            Next::Done(_) => f.write_str("Done"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_below_its_limit_and_reaches_all_of_it() {
        let limit = Duration::from_secs(1);
        let at = |random| Moment::new(Duration::ZERO, random).jitter(limit);
        assert_eq!(at(0), Duration::ZERO);
        assert_eq!(at(u64::MAX / 2 + 1), limit / 2);
        assert!(at(u64::MAX) < limit && at(u64::MAX) > limit * 99 / 100);
        assert_eq!(Moment::new(Duration::ZERO, u64::MAX).jitter(Duration::ZERO), Duration::ZERO);
    }
}
