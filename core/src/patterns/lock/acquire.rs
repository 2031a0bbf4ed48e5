//! Attempts to take a lock.

use std::time::Duration;

use super::{Lock, LockGuard};
use crate::error::{Error, Result};
use crate::flow::{Flow, Io, inherent_run};
use crate::op::{Operation, Replies, Reply, Request, Script};
use crate::patterns::token::random_token;
use crate::structures::Command;
use crate::structures::command::Source;
use crate::ttl::Expiry;

static ACQUIRE: Script = Script::new("acquire", include_str!("acquire.lua")).with_keys_beside();

/// All who wait for one lock ask about once in this time.
const INTERVAL: Duration = Duration::from_millis(4);
/// The longest pause between two attempts of one caller.
const LONGEST: Duration = Duration::from_secs(4);

/// An attempt to take a lock; see [`Lock::try_acquire`].
#[derive(Debug, Clone)]
#[must_use = "an operation does nothing until it is run"]
pub struct TryAcquire {
    lock: Lock,
}

/// A wait for a lock; see [`Lock::acquire`].
#[derive(Debug, Clone)]
#[must_use = "a flow does nothing until it is run"]
pub struct Acquire {
    lock: Lock,
    patience: Duration,
}

/// The script's reply.
enum Attempt {
    Taken { token: String, fencing_number: u64 },
    Held { waiting: u32 },
}

impl Lock {
    fn attempt(&self, token: &str, mode: &str, patience: Duration) -> Command<Attempt> {
        let millis = self.ttl.check().map(|ttl| match ttl {
            Expiry::After(millis) => Some(millis),
            _ => None,
        });
        let command = self.root.script(&ACQUIRE, &[&self.fence, &self.waiting]).arg(token);
        command.optional_int(millis).arg(mode).int(patience.as_millis() as u64).returns(attempt)
    }

    fn guard(&self, token: String, fencing_number: u64) -> LockGuard {
        LockGuard::new(self.clone(), token, fencing_number)
    }
}

fn attempt(reply: Reply, _: &Source) -> Result<Attempt> {
    let mut parts = reply.into_items()?;
    let mut part = || parts.next().ok_or_else(Error::unexpected_reply);
    if part()?.into_int()? == 0 {
        let waiting = u32::try_from(part()?.into_int()?).unwrap_or(u32::MAX);
        return Ok(Attempt::Held { waiting });
    }
    let (token, number) = (part()?.into_text()?, part()?.into_text()?);
    let fencing_number = number.parse().map_err(|_| Error::unexpected_reply())?;
    Ok(Attempt::Taken { token, fencing_number })
}

impl TryAcquire {
    pub(super) fn new(lock: Lock) -> Self {
        Self { lock }
    }
}

impl Operation for TryAcquire {
    type Output = Option<LockGuard>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        // A token for each run: two runs with one token would both hold the lock.
        self.lock.attempt(&random_token()?, "once", Duration::ZERO).encode(request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<Option<LockGuard>> {
        // Decoding reads only the reply, which contains the token.
        Ok(match self.lock.attempt("", "once", Duration::ZERO).decode(replies)? {
            Attempt::Taken { token, fencing_number } => {
                Some(self.lock.guard(token, fencing_number))
            }
            Attempt::Held { .. } => None,
        })
    }
}

impl Acquire {
    pub(super) fn new(lock: Lock, patience: Duration) -> Self {
        Self { lock, patience }
    }
}

impl Flow for Acquire {
    type Output = Option<LockGuard>;

    async fn steps(&mut self, io: &Io) -> Result<Option<LockGuard>> {
        let token = random_token()?;
        loop {
            let left = self.patience.saturating_sub(io.elapsed());
            let mode = if left.is_zero() { "leave" } else { "wait" };
            // The pause after this attempt is not known yet, so count with the longest one.
            let forgotten_after = Duration::from_secs(1) + 2 * LONGEST;
            match io.run(self.lock.attempt(&token, mode, forgotten_after)).await? {
                Attempt::Taken { token, fencing_number } => {
                    return Ok(Some(self.lock.guard(token, fencing_number)));
                }
                Attempt::Held { .. } if left.is_zero() => return Ok(None),
                Attempt::Held { waiting } => {
                    // On average, half of it.
                    let longest = (2 * INTERVAL).saturating_mul(waiting.max(1)).min(LONGEST);
                    io.pause(io.jitter(longest).min(left)).await?;
                }
            }
        }
    }
}

inherent_run! {
    impl[] Acquire;
}
