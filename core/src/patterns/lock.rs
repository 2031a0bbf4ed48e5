//! Locks that one client at a time holds, for a time.

mod acquire;
mod guard;
mod keep;

use std::fmt;
use std::time::Duration;

pub use acquire::{Acquire, TryAcquire};
pub use guard::LockGuard;
pub use keep::KeepWhile;

use super::beside::key_beside;
use crate::key::Key;
use crate::structures::Command;
use crate::structures::root::Root;
use crate::ttl::Expiry;

/// A lock that one client at a time holds, for a limited time.
///
/// **It does not promise mutual exclusion under every fault.** It is a lock on one Redis server:
///
/// - A holder who stops for longer than the time to live (a long pause, a suspended machine)
///   has lost the lock and does not know it until its next request. Another client holds the
///   lock meanwhile.
/// - A server that fails over to a replica, or restarts without its data, may forget that the
///   lock is held.
///
/// So a lock that saves work (one client builds a report) needs nothing else. Where two holders
/// would do damage, pass the [fencing number](LockGuard::fencing_number) to the resource, which
/// refuses numbers lower than the highest that it has seen.
///
/// **Use it** to keep many clients from doing the same expensive work. Prefer an
/// [`update`](crate::RedisModel::update), [`modify`](crate::RedisModel::modify) or a structure
/// if the work is a change of data in Redis: those are atomic without a lock.
///
/// ```
/// # use std::time::Duration;
/// use redis_model::Operation;
/// use redis_model::patterns::Lock;
///
/// # let server = redis_model::embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// let lock = Lock::at("report:lock", Duration::from_secs(30));
/// let guard = lock.acquire(Duration::from_secs(5)).run(&mut con)?.expect("nobody held it");
/// assert!(lock.try_acquire().run(&mut con)?.is_none());
///
/// guard.extend().run(&mut con)?; // between two steps of the work
/// guard.release().run(&mut con)?;
///
/// let next = lock.try_acquire().run(&mut con)?.expect("it was released");
/// assert!(next.fencing_number() > guard.fencing_number());
/// // The first holder holds it no more.
/// assert!(guard.extend().run(&mut con).unwrap_err().is_lock_lost());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Holding
///
/// The lock ends with its time to live, so a holder who died blocks others no longer than that.
/// A dropped guard releases nothing, because it has no connection. Work that may take longer
/// extends the lock ([`LockGuard::extend`], [`LockGuard::keep_while`]). The lock is not
/// reentrant, and those who wait are not served in order.
///
/// # Storage
///
/// `lock` holds the token of the holder, 128 random bits. `{lock}:fence` holds the last fencing
/// number for a day or twice the time to live, and `{lock}:waiting` those who wait. A key that
/// has a hash tag of its own keeps it; a key with a `}` outside of a hash tag does not work on
/// a cluster.
///
/// # Other libraries
///
/// | library | what it does |
/// |---|---|
/// | `SETNX` in redis-py | no expiry: a holder who dies blocks everyone for ever |
/// | redis-py `Lock` | token and expiry; waits by polling at a fixed interval (0.1 s), each client for itself; no fencing number |
/// | Redisson `RLock` | reentrant; waits by pub/sub; a watchdog extends it in the background; a fencing number only in `RFencedLock` |
/// | rueidislock | extends itself in the background and cancels a context if the lock is lost; waits by client-side caching; can use a majority of several servers |
///
/// Here every guard has a fencing number that needs no persistence, a wait needs no connection
/// of its own, and a lock that was lost is an error of the holder's next operation.
#[derive(Clone)]
pub struct Lock {
    root: Root,
    fence: Key,
    waiting: Key,
    ttl: Expiry,
}

impl Lock {
    /// Creates a handle of the lock under this key. Nothing is sent.
    ///
    /// The time to live is rounded up to milliseconds; zero is an error of each attempt.
    pub fn at(key: impl Into<Key>, ttl: Duration) -> Self {
        let key = key.into();
        let (fence, waiting) = (key_beside(&key, "fence"), key_beside(&key, "waiting"));
        Self { root: Root::new("Lock", "string", key), fence, waiting, ttl: Expiry::after(ttl) }
    }

    /// Returns the key.
    pub fn key(&self) -> &Key {
        self.root.key()
    }

    /// Takes the lock if it is free. Returns `None` if another client holds it.
    ///
    /// Each run of the operation is an attempt of its own, with a new token. If the connection
    /// breaks, the lock may have been taken; it then ends with its time to live.
    ///
    /// # Errors
    ///
    /// [`InvalidOperation`](crate::ErrorKind::InvalidOperation) for a time to live of zero.
    ///
    /// **Sends** the script `acquire.lua`, which calls
    /// [`SET … PX`](https://redis.io/commands/set).
    pub fn try_acquire(&self) -> TryAcquire {
        TryAcquire::new(self.clone())
    }

    /// Waits up to `patience` for the lock. Returns `None` if another client held it all the
    /// time.
    ///
    /// Those who wait ask again after random pauses, which are longer the more of them there
    /// are: all together they send about 250 requests a second for one lock, or one each in
    /// two seconds if they are more than 500. A flow that is dropped while it waits is
    /// forgotten, and may leave a lock that it has just taken until the time to live ends.
    ///
    /// # Errors
    ///
    /// Those of [`try_acquire`](Self::try_acquire).
    ///
    /// **Sends** the script `acquire.lua` for each attempt.
    pub fn acquire(&self, patience: Duration) -> Acquire {
        Acquire::new(self.clone(), patience)
    }

    /// Returns `true` if a client holds the lock. It may have released it when the reply
    /// arrives.
    ///
    /// **Sends** [`EXISTS`](https://redis.io/commands/exists), after a check of the key's type.
    pub fn is_held(&self) -> Command<bool> {
        self.root.exists()
    }

    /// Releases the lock, whoever holds it, for an operator who knows that the holder is gone.
    /// Returns `true` if a client held it.
    ///
    /// **Sends** [`DEL`](https://redis.io/commands/del), after a check of the key's type.
    pub fn force_release(&self) -> Command<bool> {
        self.root.delete()
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.root, f)
    }
}
