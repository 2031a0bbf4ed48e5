//! A lock that was taken.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use super::{KeepWhile, Lock};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::op::{Reply, Script};
use crate::structures::Command;
use crate::structures::command::Source;
use crate::structures::root::CommandBuilder;
use crate::ttl::Expiry;

static CHANGE: Script = Script::new("held", include_str!("held.lua"));
static READ: Script = Script::reading("held", include_str!("held.lua"));

/// The right of one holder of a [`Lock`], until it is released or its time to live ends.
///
/// Its operations fail with [`LockLost`](ErrorKind::LockLost) if the holder holds the lock no
/// more. A guard that is dropped releases nothing: the lock ends with its time to live.
#[must_use = "a lock that is not released blocks others until its time to live ends"]
pub struct LockGuard {
    lock: Lock,
    token: String,
    fencing_number: u64,
}

impl LockGuard {
    pub(super) fn new(lock: Lock, token: String, fencing_number: u64) -> Self {
        Self { lock, token, fencing_number }
    }

    /// Returns the lock's key.
    pub fn key(&self) -> &Key {
        self.lock.key()
    }

    /// Returns a number that is larger than that of every earlier holder.
    ///
    /// A resource that stores the highest number that it has seen, and refuses lower ones, is
    /// safe from a holder who has lost the lock and does not know it yet. The number is the
    /// server's time in microseconds, or one more than the last number. So numbers grow even
    /// if the server restarts without its data, unless its clock was also set back.
    pub fn fencing_number(&self) -> u64 {
        self.fencing_number
    }

    /// Lets the lock live for its whole time to live again, from now on.
    ///
    /// # Errors
    ///
    /// [`LockLost`](ErrorKind::LockLost) if the holder holds the lock no more.
    ///
    /// **Sends** the script `held.lua`, which calls [`GET`](https://redis.io/commands/get) and
    /// [`PEXPIRE`](https://redis.io/commands/pexpire).
    pub fn extend(&self) -> Command<()> {
        let command = self.held(&CHANGE, "extend");
        match self.lock.ttl.check() {
            Ok(Expiry::After(millis)) => command.int(millis),
            Ok(_) => command,
            Err(error) => command.check(Err(error)),
        }
        .returns(|reply, _| left(reply).map(drop))
    }

    /// Returns the time that the lock still lives.
    ///
    /// # Errors
    ///
    /// [`LockLost`](ErrorKind::LockLost) if the holder holds the lock no more.
    ///
    /// **Sends** the script `held.lua`, which calls [`GET`](https://redis.io/commands/get) and
    /// [`PTTL`](https://redis.io/commands/pttl).
    pub fn remaining(&self) -> Command<Duration> {
        self.held(&READ, "remaining").returns(|reply, _: &Source| left(reply))
    }

    /// Releases the lock.
    ///
    /// # Errors
    ///
    /// [`LockLost`](ErrorKind::LockLost) if the holder holds the lock no more: another client
    /// may have held it during the work. A lock that another client holds stays as it is.
    ///
    /// **Sends** the script `held.lua`, which calls [`GET`](https://redis.io/commands/get) and
    /// [`DEL`](https://redis.io/commands/del).
    pub fn release(&self) -> Command<()> {
        self.held(&CHANGE, "release").returns(|reply, _| left(reply).map(drop))
    }

    /// Does some work and extends the lock every third of its time to live meanwhile, on an
    /// async connection. Returns the output of the work, and does not release the lock.
    ///
    /// If the lock was lost, the work is dropped where it waits, and the run is an error. A
    /// request that fails for another reason is repeated until the time to live has passed. The
    /// connection's response timeout should be shorter than the time to live, because the
    /// flow waits that long for an answer.
    ///
    /// On a sync connection call [`extend`](Self::extend) between the steps of the work.
    ///
    /// ```
    /// # use std::time::Duration;
    /// use redis_model::Operation;
    /// use redis_model::patterns::Lock;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let server = redis_model::embedded::Server::start()?;
    /// # let con = server.client()?.get_multiplexed_async_connection().await?;
    /// let lock = Lock::at("report:lock", Duration::from_secs(30));
    /// if let Some(guard) = lock.try_acquire().run_on(&con).await? {
    ///     let pages = guard.keep_while(async { 42 }).run_on(&con).await?;
    ///     guard.release().run_on(&con).await?;
    ///     assert_eq!(pages, 42);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`LockLost`](ErrorKind::LockLost) if the holder holds the lock no more.
    ///
    /// **Sends** what [`extend`](Self::extend) sends, at the beginning and every third of the
    /// time to live.
    pub fn keep_while<W: Future + Send>(&self, work: W) -> KeepWhile<'_, W> {
        KeepWhile::new(self, work)
    }

    /// Returns the time to live that the lock has after each extension.
    pub(super) fn ttl(&self) -> Duration {
        match self.lock.ttl {
            Expiry::After(millis) => Duration::from_millis(millis),
            _ => Duration::ZERO,
        }
    }

    fn held(&self, script: &'static Script, change: &str) -> CommandBuilder<'_> {
        self.lock.root.script(script, &[]).arg(&self.token).arg(change)
    }

    /// Returns the error of a holder who could not extend the lock in time.
    pub(super) fn lost(&self) -> Error {
        self.lock.root.source().locate(lost())
    }
}

fn lost() -> Error {
    let message = "the lock was lost: its time to live ended, or another client released it";
    Error::new(ErrorKind::LockLost, message)
}

/// Decodes the time that is left.
fn left(reply: Reply) -> Result<Duration> {
    match reply.into_int()? {
        -3 => Err(lost()),
        millis => Ok(Duration::from_millis(millis.max(0).unsigned_abs())),
    }
}

// Without the token, which is a secret.
impl fmt::Debug for LockGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LockGuard")
            .field("key", self.key())
            .field("fencing_number", &self.fencing_number)
            .finish_non_exhaustive()
    }
}
