//! The reply of a rate limiter.

use std::time::{Duration, SystemTime};

use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::op::{Operation, Replies, Reply, Request};
use crate::structures::Command;
use crate::structures::command::Source;

/// The decision of a [`RateLimiter`](super::RateLimiter).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RateDecision {
    /// `true` if the limiter allows the call.
    pub allowed: bool,
    /// The number of calls that would still be allowed at once, after this one.
    pub remaining: u64,
    /// The time after which the call would be allowed if there were no others; zero if it is
    /// allowed. Exact to the microsecond, as [`reset_after`](Self::reset_after).
    pub retry_after: Duration,
    /// The time after which no call is counted any more.
    pub reset_after: Duration,
    /// The server's time at which no call is counted any more.
    pub reset_at: SystemTime,
}

/// A decision of several limiters; see
/// [`RateLimiter::acquire_all`](super::RateLimiter::acquire_all).
///
/// The output has the decision of each limiter, in order. The call is allowed, and counted, if
/// all of them allow it.
#[derive(Debug, Clone)]
#[must_use = "an operation does nothing until it is run"]
pub struct AcquireAll {
    pub(super) checked: Command<Checked>,
    pub(super) keys: Vec<Key>,
}

/// The script's reply.
#[derive(Debug)]
pub(super) enum Checked {
    Decisions(Vec<RateDecision>),
    /// The position of the first key that holds something else.
    Invalid(usize, Error),
}

impl Checked {
    pub(super) fn of_reply(reply: Reply, _: &Source) -> Result<Self> {
        if !reply.is_array() {
            let position = reply.into_int()?;
            let error = if position < 0 {
                Error::new(ErrorKind::Server, "the key holds another Redis type")
                    .with_code("WRONGTYPE")
            } else {
                Error::new(ErrorKind::InvalidValue, "the value is not a rate limiter's")
            };
            let position = usize::try_from(position.unsigned_abs()).unwrap_or(1);
            return Ok(Self::Invalid(position.saturating_sub(1), error));
        }
        let mut numbers = reply
            .into_items()?
            .map(|number| u64::try_from(number.into_int()?).map_err(|_| Error::unexpected_reply()));
        let mut next = || numbers.next();
        let now = next().ok_or_else(Error::unexpected_reply)??;
        let mut decisions = Vec::new();
        while let Some(allowed) = next() {
            let mut number = || next().ok_or_else(Error::unexpected_reply)?;
            let allowed = allowed? == 1;
            let (remaining, wait, reset) = (number()?, number()?, number()?);
            decisions.push(RateDecision {
                allowed,
                remaining,
                retry_after: Duration::from_micros(wait),
                reset_after: Duration::from_micros(reset),
                reset_at: SystemTime::UNIX_EPOCH + Duration::from_micros(now + reset),
            });
        }
        Ok(Self::Decisions(decisions))
    }
}

/// Decodes the decision of one limiter.
pub(super) fn decide_one(reply: Reply, source: &Source) -> Result<RateDecision> {
    match Checked::of_reply(reply, source)? {
        Checked::Decisions(decisions) => {
            decisions.into_iter().next().ok_or_else(Error::unexpected_reply)
        }
        Checked::Invalid(_, error) => Err(error),
    }
}

impl Operation for AcquireAll {
    type Output = Vec<RateDecision>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        self.checked.encode(request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<Vec<RateDecision>> {
        match self.checked.decode(replies)? {
            Checked::Decisions(decisions) if decisions.len() == self.keys.len() => Ok(decisions),
            Checked::Decisions(_) => Err(Error::unexpected_reply()),
            Checked::Invalid(position, error) => {
                let error = error.with_model("RateLimiter");
                Err(match self.keys.get(position) {
                    Some(key) => error.with_key(key),
                    None => error,
                })
            }
        }
    }
}
