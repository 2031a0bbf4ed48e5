//! Rate limits that all clients of a server share.

mod decision;
mod limit;
mod wait;

use std::fmt;
use std::time::{Duration, SystemTime};

pub use decision::{AcquireAll, RateDecision};
pub use limit::RateLimit;
pub use wait::AcquireWithin;

use self::decision::{Checked, decide_one};
use super::clock::micros_since_1970;
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::op::Script;
use crate::structures::Command;
use crate::structures::command::Source;
use crate::structures::root::Root;

static TAKE: Script = Script::new("rate_limiter", include_str!("rate_limiter.lua"));
static PEEK: Script = Script::reading("rate_limiter", include_str!("rate_limiter.lua"));

/// A limit on the calls that all clients together make, under one key.
///
/// **Use it** to bound logins of a user, requests of an address, or calls of an API that
/// refuses too many. One key is one subject: `login:ada` and `login:bob` are two limiters with
/// the same [`RateLimit`].
///
/// **It does not promise** fairness, nor that allowed calls succeed or end within the window. A
/// call is counted when it is allowed, and stays counted if its client dies. It does not limit
/// how many calls run at the same time. A server that loses its data, or a fail-over to a
/// replica that is behind, forgets counted calls. If the server cannot be reached, the
/// operation is an error, and the caller decides what that means.
///
/// ```
/// # use std::time::Duration;
/// use redis_model::Operation;
/// use redis_model::patterns::{RateLimit, RateLimiter};
///
/// const LOGINS: RateLimit = RateLimit::sliding_window(3, Duration::from_secs(60));
///
/// # let server = redis_model::embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// let logins = RateLimiter::at("login:ada", LOGINS);
/// for left in [2, 1, 0] {
///     let decision = logins.acquire().run(&mut con)?;
///     assert!(decision.allowed && decision.remaining == left);
/// }
/// let refused = logins.acquire().run(&mut con)?;
/// assert!(!refused.allowed);
/// println!("Retry-After: {}", refused.retry_after.as_secs_f64().ceil());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Atomicity
///
/// A decision is one script, which reads the server's clock, so clients' clocks do not matter.
/// The script writes the state and its expiry by one SET, so a state without an expiry cannot
/// exist, whenever a client is killed. In the usual code, `INCR` and then `EXPIRE` after the
/// first call, a client that dies between the two leaves a counter that never ends and blocks
/// its subject for ever.
///
/// # Storage
///
/// Each key holds a string of less than a kilobyte, however many calls it counts, and expires
/// when nothing is counted any more. A limiter whose `RateLimit` changes takes the new numbers
/// at once; one that changes to another kind, or to another sliding window, begins with no
/// calls counted.
///
/// # Other libraries
///
/// | library | what it does |
/// |---|---|
/// | redis-py recipes | `INCR`, then `EXPIRE`: loses the expiry; bursts at the edge of a window |
/// | Redisson `RRateLimiter` | stores the limit in a hash, which must be set first, and each permit in a sorted set: exact, and its memory grows with the limit |
/// | BullMQ | one fixed window for each queue, as part of its workers |
/// | Sidekiq Enterprise | limiters by window, bucket, leaky bucket, points and concurrency, for Ruby programs |
///
/// Here the limit is a constant of the program, memory does not grow with the limit, and
/// several limits are decided in one step ([`acquire_all`](Self::acquire_all)).
#[derive(Clone)]
pub struct RateLimiter {
    root: Root,
    limit: RateLimit,
    cost: u64,
    now: Option<SystemTime>,
}

impl RateLimiter {
    /// Creates a limiter under this key. Nothing is sent.
    pub fn at(key: impl Into<Key>, limit: RateLimit) -> Self {
        let root = Root::new("RateLimiter", "string", key.into());
        Self { root, limit, cost: 1, now: None }
    }

    /// Returns the key.
    pub fn key(&self) -> &Key {
        self.root.key()
    }

    /// Sets the number of calls that one decision counts, 1 by default: for requests that are
    /// more expensive than others.
    pub fn with_cost(&self, cost: u64) -> Self {
        Self { cost, ..self.clone() }
    }

    /// Sets the time of decisions, for tests. Without it the server's clock decides. The
    /// server's own clock still expires the key.
    pub fn at_time(&self, now: SystemTime) -> Self {
        Self { now: Some(now), ..self.clone() }
    }

    /// Decides if a call is allowed, and counts it if so.
    ///
    /// # Errors
    ///
    /// [`InvalidOperation`](ErrorKind::InvalidOperation) for a limit, window, burst or cost of
    /// zero, for a cost above the limit, and for numbers that are too large for exact
    /// arithmetic: windows of 71 years, or a `gcra` with a burst of a million calls that takes
    /// as long. [`InvalidValue`](ErrorKind::InvalidValue) if the key holds a string that is not
    /// a limiter's. Nothing is changed then.
    ///
    /// **Sends** the script `rate_limiter.lua`, which calls [`GET`](https://redis.io/commands/get)
    /// and [`SET … PX`](https://redis.io/commands/set).
    pub fn acquire(&self) -> Command<RateDecision> {
        send(&TAKE, "take", &[self], decide_one)
    }

    /// Decides if a call would be allowed, and counts nothing.
    ///
    /// # Errors
    ///
    /// Those of [`acquire`](Self::acquire).
    ///
    /// **Sends** the script `rate_limiter.lua`, which calls [`GET`](https://redis.io/commands/get).
    pub fn peek(&self) -> Command<RateDecision> {
        send(&PEEK, "peek", &[self], decide_one)
    }

    /// Decides in one step if a call is allowed by all of several limiters, and counts it by
    /// all of them or by none: a limit for a user and one for an address, or one for a second
    /// and one for a day. The limiters may be of different kinds. The time of the first one
    /// ([`at_time`](Self::at_time)) is that of the step.
    ///
    /// ```
    /// # use std::time::Duration;
    /// use redis_model::Operation;
    /// use redis_model::patterns::{RateLimit, RateLimiter};
    ///
    /// # let server = redis_model::embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// let user = RateLimiter::at("api:user:7", RateLimit::gcra(100, Duration::from_secs(60)));
    /// let address = RateLimiter::at("api:ip:::1", RateLimit::fixed_window(2, Duration::from_secs(1)));
    /// let both = RateLimiter::acquire_all([&user, &address]);
    /// assert!(both.run(&mut con)?.iter().all(|decision| decision.allowed));
    ///
    /// let both = RateLimiter::acquire_all([&user, &address.with_cost(2)]).run(&mut con)?;
    /// assert_eq!(both.iter().map(|decision| decision.allowed).collect::<Vec<_>>(), [true, false]);
    /// // The address refused the call, so the user was not charged either.
    /// assert_eq!(both[0].remaining, 99);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`acquire`](Self::acquire), which name the limiter's key, and
    /// `InvalidOperation` if there is no limiter or two have the same key. On a cluster all
    /// keys must be in one slot, as `{7}:user` and `{7}:address` are.
    ///
    /// **Sends** the script `rate_limiter.lua` with all keys.
    pub fn acquire_all<'a>(limiters: impl IntoIterator<Item = &'a Self>) -> AcquireAll {
        Self::all(&TAKE, "take", limiters)
    }

    /// Decides in one step if a call would be allowed by several limiters, and counts nothing;
    /// see [`acquire_all`](Self::acquire_all).
    ///
    /// # Errors
    ///
    /// Those of [`acquire_all`](Self::acquire_all).
    ///
    /// **Sends** the script `rate_limiter.lua` with all keys.
    pub fn peek_all<'a>(limiters: impl IntoIterator<Item = &'a Self>) -> AcquireAll {
        Self::all(&PEEK, "peek", limiters)
    }

    fn all<'a>(
        script: &'static Script,
        mode: &str,
        limiters: impl IntoIterator<Item = &'a Self>,
    ) -> AcquireAll {
        let limiters: Vec<&Self> = limiters.into_iter().collect();
        let keys: Vec<Key> = limiters.iter().map(|limiter| limiter.key().clone()).collect();
        let checked = send(script, mode, &limiters, Checked::of_reply);
        AcquireAll { checked, keys }
    }

    /// Waits until a call is allowed and counts it, or gives up after `patience`, in which case
    /// the last decision is returned and nothing is counted.
    ///
    /// The wait is a pause of the time that the server named, with up to a tenth more, and no
    /// longer than `patience`. If the call would not be allowed within `patience`, the flow
    /// returns at once. Callers who wait are not served in order.
    ///
    /// # Errors
    ///
    /// Those of [`acquire`](Self::acquire).
    ///
    /// **Sends** what [`acquire`](Self::acquire) sends, once for each attempt.
    pub fn acquire_within(&self, patience: Duration) -> AcquireWithin {
        AcquireWithin::new(self.clone(), patience)
    }

    /// Forgets all calls that are counted. Returns `true` if there were any.
    ///
    /// **Sends** [`DEL`](https://redis.io/commands/del), after a check of the key's type.
    pub fn reset(&self) -> Command<bool> {
        self.root.delete()
    }

    /// Returns an error for a limit or a cost that makes no sense.
    fn check(&self) -> Result<()> {
        self.limit.check()?;
        let message = match self.cost {
            0 => "a call costs at least 1",
            cost if cost > self.limit.most() => {
                "the cost of the call is above the limit, so it could never be allowed"
            }
            _ => return Ok(()),
        };
        Err(Error::new(ErrorKind::InvalidOperation, message))
    }
}

/// Returns a call of the script for several limiters.
fn send<T>(
    script: &'static Script,
    mode: &str,
    limiters: &[&RateLimiter],
    decode: fn(crate::op::Reply, &Source) -> Result<T>,
) -> Command<T> {
    let Some((first, others)) = limiters.split_first() else {
        let root = Root::new("RateLimiter", "string", Key::new(""));
        let error = Error::new(ErrorKind::InvalidOperation, "there are no limiters");
        return root.script(script, &[]).check(Err(error)).returns(decode);
    };
    let keys: Vec<&Key> = others.iter().map(|limiter| limiter.key()).collect();
    let mut command = first.root.script(script, &keys).arg(mode);
    command = command.optional_int(first.now.map(micros_since_1970).transpose());
    for (at, limiter) in limiters.iter().enumerate() {
        let mut checked = limiter.check();
        if limiters[..at].iter().any(|other| other.key() == limiter.key()) {
            let message = "two limiters of one step have the same key";
            checked = Err(Error::new(ErrorKind::InvalidOperation, message));
        }
        let (calls, micros) = limiter.limit.calls_and_micros();
        command = command
            .check(checked.map_err(|error| error.with_key(limiter.key())))
            .arg(limiter.limit.word())
            .int(calls)
            .int(micros)
            .int(limiter.limit.most())
            .int(limiter.cost);
    }
    command.returns(decode)
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, cost, .. } = self;
        let mut f = f.debug_struct("RateLimiter");
        f.field("key", self.key()).field("limit", limit).field("cost", cost).finish_non_exhaustive()
    }
}
