//! The one slot between a flow and the executor that runs it.

use std::fmt;
use std::future::poll_fn;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::op::{self, Operation, Prefix, Replies, Topology};

/// A running flow's access to the server, the clock and random numbers.
///
/// A flow runs one operation or pause at a time; operations that go together are a tuple
/// or a [`batch`](crate::batch). A future of `Io` that is dropped, by a timeout for
/// example, gives its turn back. The operation may have been executed by then.
pub struct Io {
    slot: Mutex<Slot>,
    clock: Box<dyn Clock>,
    topology: Topology,
    /// The connection may wait for a command without harm to others.
    may_block: bool,
    prefix: Option<Prefix>,
}

/// A request of a flow to its executor.
pub(crate) enum Request {
    /// Replies to these commands.
    Send(op::Request),
    /// To be polled again after this time; answered with no replies.
    Pause(Duration),
}

/// The time and the random numbers of one run.
pub(crate) trait Clock: Send + Sync {
    /// Returns the time since the run began.
    fn elapsed(&self) -> Duration;

    /// Returns another random number at each call.
    fn random(&self) -> u64;
}

#[derive(Default)]
struct Slot {
    state: State,
    /// Wakes the future that waits for the answer, which may be one of many in the flow.
    waker: Option<Waker>,
}

#[derive(Default)]
enum State {
    #[default]
    Idle,
    Requested(Request),
    /// The executor has taken the request.
    Working,
    Answered(Result<Replies>),
}

impl Io {
    pub(crate) fn new(
        topology: Topology,
        may_block: bool,
        prefix: Option<Prefix>,
        clock: impl Clock + 'static,
    ) -> Self {
        Self { slot: Mutex::default(), clock: Box::new(clock), topology, may_block, prefix }
    }

    /// Runs an operation and returns its output.
    ///
    /// # Errors
    ///
    /// Those of [`Operation::run`], and kind
    /// [`InvalidOperation`](ErrorKind::InvalidOperation) if another future of this `Io`
    /// has not ended yet.
    pub async fn run<O: Operation>(&self, operation: O) -> Result<O::Output> {
        let mut request = op::Request::new();
        operation.encode(&mut request)?;
        let mut replies = self.ask(Request::Send(request)).await?;
        operation.decode(&mut replies)
    }

    /// Waits for this time.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidOperation`](ErrorKind::InvalidOperation) if another future of this
    /// `Io` has not ended yet.
    pub async fn pause(&self, time: Duration) -> Result<()> {
        self.ask(Request::Pause(time)).await.map(drop)
    }

    /// Waits after a failed attempt, the first of which is 0: half a millisecond on
    /// average, and twice as long after each, so that clients who contend for one record
    /// do not meet again.
    pub(crate) async fn back_off(&self, attempt: u32) -> Result<()> {
        self.pause(self.jitter(Duration::from_millis(1) * (1 << attempt.min(6)))).await
    }

    /// Returns the time since the flow began to run.
    pub fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    /// Returns a random number, another one at each call: for jitter and tokens that need
    /// not be secret.
    pub fn random(&self) -> u64 {
        self.clock.random()
    }

    /// Returns a random time below `limit`, so that many who wait do not all come back
    /// at once.
    pub fn jitter(&self, limit: Duration) -> Duration {
        let nanos = limit.as_nanos().min(u128::from(u64::MAX));
        let part = (nanos * u128::from(self.random())) >> 64;
        Duration::from_nanos(u64::try_from(part).unwrap_or(u64::MAX))
    }

    /// Returns the kind of server that the connection reaches.
    pub(crate) fn topology(&self) -> Topology {
        self.topology
    }

    /// Returns `true` if a command may wait on the connection.
    pub(crate) fn may_block(&self) -> bool {
        self.may_block
    }

    /// Returns the prefix of all keys of the connection, which operations do not know.
    pub(crate) fn prefix(&self) -> Option<&Prefix> {
        self.prefix.as_ref()
    }

    async fn ask(&self, request: Request) -> Result<Replies> {
        self.post(request)?;
        let _turn = Turn(self);
        poll_fn(|context| self.poll_answer(context)).await
    }

    fn post(&self, request: Request) -> Result<()> {
        let state = &mut self.slot().state;
        if !matches!(state, State::Idle) {
            let message = "a flow runs one operation or pause at a time: await the first before \
                           the second begins, or run both operations as a tuple";
            return Err(Error::new(ErrorKind::InvalidOperation, message));
        }
        *state = State::Requested(request);
        Ok(())
    }

    fn poll_answer(&self, context: &mut Context<'_>) -> Poll<Result<Replies>> {
        let slot = &mut *self.slot();
        match mem::take(&mut slot.state) {
            State::Answered(replies) => Poll::Ready(replies),
            waiting => {
                slot.state = waiting;
                slot.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Takes what the flow asks for, if it asks for something new.
    pub(crate) fn take_request(&self) -> Option<Request> {
        let state = &mut self.slot().state;
        match mem::take(state) {
            State::Requested(request) => {
                *state = State::Working;
                Some(request)
            }
            other => {
                *state = other;
                None
            }
        }
    }

    /// Returns `true` if the flow still waits for the answer to the request that was taken.
    #[cfg(feature = "aio")]
    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self.slot().state, State::Working)
    }

    /// Answers the request that was taken.
    pub(crate) fn answer(&self, replies: Result<Replies>) {
        let waker = {
            let mut slot = self.slot();
            slot.state = State::Answered(replies);
            slot.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to the slot, until the answer is read or the future dropped.
struct Turn<'a>(&'a Io);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.slot() = Slot::default();
    }
}

impl fmt::Debug for Io {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Io").field("elapsed", &self.elapsed()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    struct Fixed(u64);

    impl Clock for Fixed {
        fn elapsed(&self) -> Duration {
            Duration::ZERO
        }

        fn random(&self) -> u64 {
            self.0
        }
    }

    fn io(random: u64) -> Io {
        Io::new(Topology::SingleServer, true, None, Fixed(random))
    }

    #[test]
    fn jitter_stays_below_its_limit_and_reaches_all_of_it() {
        let limit = Duration::from_secs(1);
        let at = |random| io(random).jitter(limit);
        assert_eq!(at(0), Duration::ZERO);
        assert_eq!(at(u64::MAX / 2 + 1), limit / 2);
        assert!(at(u64::MAX) < limit && at(u64::MAX) > limit * 99 / 100);
        assert_eq!(io(u64::MAX).jitter(Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn a_second_request_is_refused_until_the_first_is_answered_or_dropped() {
        let (io, context) = (io(0), &mut Context::from_waker(Waker::noop()));
        let second = Duration::from_secs(1);
        {
            let mut dropped = pin!(io.pause(second));
            assert!(dropped.as_mut().poll(context).is_pending());
            assert!(io.take_request().is_some() && io.take_request().is_none());
            let mut refused = pin!(io.pause(second));
            let Poll::Ready(Err(error)) = refused.as_mut().poll(context) else {
                panic!("two requests at a time")
            };
            assert_eq!(error.kind(), ErrorKind::InvalidOperation);
        }
        let mut next = pin!(io.pause(second));
        assert!(next.as_mut().poll(context).is_pending());
        assert!(matches!(io.take_request(), Some(Request::Pause(time)) if time == second));
        io.answer(Ok(Replies::none()));
        assert!(matches!(next.as_mut().poll(context), Poll::Ready(Ok(()))));
    }
}
