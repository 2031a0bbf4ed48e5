//! A cache whose values are loaded by one process, while the others wait.

mod call;
mod entry;
#[doc(hidden)]
pub mod loader;
mod metrics;

use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

pub use call::{Get, GetOrLoad, Put};
use entry::Entry;
pub use metrics::CacheMetrics;
use metrics::Counters;

use crate::Result;
use crate::clone::clone_fields;
use crate::codec::Plain;
use crate::flow::{Flow, Io, inherent_run};
use crate::op::{Batch, batch};
use crate::structures::Command;

/// A cache of values that are slow to load, such as rows of a database and replies of other
/// services.
///
/// Use it for values that may be a little old and can be loaded again. It does not promise
/// that a value was loaded once only (a load that takes longer than its
/// [lease](Self::lease) is repeated by another caller), and it is no lock: what a loader
/// changes may be changed twice. A value that was written to the database is visible after
/// [`invalidate`](Self::invalidate), not before.
///
/// ```
/// use std::time::Duration;
/// use redis_model::patterns::Cache;
/// use redis_model::{Json, Operation};
///
/// #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// struct User { name: String }
///
/// fn user_from_database(id: u64) -> std::io::Result<User> {
///     Ok(User { name: format!("user {id}") })
/// }
///
/// # let server = redis_model::embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// let users = Cache::<User, Json>::new("cache:user", Duration::from_secs(300));
/// let user = users.get_or_load(7, || user_from_database(7)).run(&mut con)?;
/// assert_eq!(user.name, "user 7");
/// assert_eq!(users.get_or_load(7, || user_from_database(7)).run(&mut con)?, user);
/// assert_eq!((users.metrics().hits, users.metrics().loads), (1, 1));
/// users.invalidate(7).run(&mut con)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// On an async connection the loader may be async:
/// `users.get_or_load_async(7, || async { … }).run_on(&con).await?`.
///
/// # How a value is loaded
///
/// - The first caller that misses takes a **lease** and loads. Other callers, in any process,
///   get the stale value, if there is one ([`stale_for`](Self::stale_for)), or wait. A lease
///   ends by itself, so a loader that died delays the others by that time at most.
/// - Shortly before a value is stale, single callers **refresh** it at random, the earlier the
///   longer its load took; the others get the value meanwhile
///   ([`early_refresh`](Self::early_refresh)).
/// - A **failed** load is not stored, unless [`failures_for`](Self::failures_for) asks for it.
/// - A value that was loaded before an **invalidation** is never stored after it.
/// - A stored value that cannot be decoded, because another version of the program wrote it,
///   is loaded again. One that was tampered with is an error.
///
/// Times are those of the server's clock. Each decision is one script on one key, so a cache
/// may spread over all slots of a cluster.
///
/// # Storage
///
/// Entry 7 is the hash `cache:user:7`, which expires. A tag is the string
/// `cache:user:tag:{name}` with the tag's generation. Entries store the generations of their
/// tags, so that invalidating a tag is one write, however many entries have it. A tag that the
/// server evicts invalidates its entries.
///
/// # Compared with others
///
/// - *cashews* (Python) has early refresh, soft TTLs and locks as separate decorators; its tags
///   are sets of keys, whose members are deleted one after another.
/// - *Redisson* (Java) leaves loading to its map's `MapLoader`, with a lock of the map entry
///   that is a key of its own, and its maps with TTLs for entries need a background task that
///   evicts.
/// - *rueidis* (Go) caches in the client's memory, and the server tells clients about changes.
///   Its `rueidisaside` has one loader at a time by a placeholder, which the other callers see
///   as soon as it changes; this cache needs no connection for such messages and lets the
///   others ask again after 2 to 64 ms instead.
///
/// Here one hash has the value, its cost and the lease, so that a hit is one round trip and a
/// decision cannot be seen half done.
pub struct Cache<T, C = Plain> {
    settings: Arc<Settings>,
    counters: Arc<Counters>,
    types: PhantomData<fn() -> (T, C)>,
}

#[derive(Debug, Clone)]
struct Settings {
    prefix: String,
    ttl: Duration,
    stale_for: Duration,
    absent_for: Option<Duration>,
    failures_for: Option<Duration>,
    lease: Duration,
    longest_wait: Duration,
    jitter: f64,
    early: f64,
    offline: Offline,
}

/// The conduct of a [`Cache`] while the server cannot be used: it cannot be reached, refuses
/// commands for a temporary reason, is a replica, or is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Offline {
    /// Every call loads for itself and stores nothing.
    #[default]
    Load,
    /// Every call returns the error.
    Fail,
}

impl Settings {
    /// Returns the longest time that an entry lives.
    fn life(&self) -> Duration {
        let times = [self.ttl + self.stale_for, self.lease];
        let others = [self.absent_for, self.failures_for].into_iter().flatten();
        times.into_iter().chain(others).max().unwrap_or_default()
    }
}

impl<T, C> Cache<T, C> {
    /// Creates a handle of the entries under this prefix, which are fresh for the time `ttl`.
    /// Nothing is sent. All handles of a cache should have the same settings.
    pub fn new(prefix: impl Into<String>, ttl: Duration) -> Self {
        let settings = Settings {
            prefix: prefix.into(),
            ttl,
            stale_for: Duration::ZERO,
            absent_for: None,
            failures_for: None,
            lease: Duration::from_secs(10),
            longest_wait: Duration::from_secs(10),
            jitter: 0.1,
            early: 1.0,
            offline: Offline::default(),
        };
        Self { settings: Arc::new(settings), counters: Arc::default(), types: PhantomData }
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }

    /// Keeps a value for this time after it is no longer fresh. One caller loads it again, and
    /// the others get the stale value at once. If the loader fails, all get it. By default
    /// there are no stale values.
    pub fn stale_for(self, time: Duration) -> Self {
        self.with(|settings| settings.stale_for = time)
    }

    /// Stores for this time that a value does not exist; see
    /// [`find_or_load`](Self::find_or_load). By default an absence is not stored.
    pub fn absent_for(self, time: Duration) -> Self {
        self.with(|settings| settings.absent_for = Some(time))
    }

    /// Keeps the failure of a loader for this time, in which no caller loads the value: each
    /// gets the stale value or an error of kind [`Load`](crate::ErrorKind::Load). The error
    /// itself is not stored. By default the next caller loads.
    pub fn failures_for(self, time: Duration) -> Self {
        self.with(|settings| settings.failures_for = Some(time))
    }

    /// Sets the time after which another caller may load, because the first seems to have
    /// died; 10 s by default. It should be longer than any load: a value that takes longer is
    /// returned and not stored.
    pub fn lease(self, time: Duration) -> Self {
        self.with(|settings| settings.lease = time)
    }

    /// Sets the longest time that a caller waits for another's load; 10 s by default. Then the
    /// caller loads for itself and stores nothing.
    pub fn longest_wait(self, time: Duration) -> Self {
        self.with(|settings| settings.longest_wait = time)
    }

    /// Shortens the time for which a value is fresh by a random part of this share, so that
    /// entries that were stored together do not expire together; 0.1 (ten percent) by default.
    ///
    /// # Panics
    ///
    /// If the share is not from 0 to 1.
    pub fn jitter(self, share: f64) -> Self {
        assert!((0.0..=1.0).contains(&share), "the share must be from 0 to 1");
        self.with(|settings| settings.jitter = share)
    }

    /// Sets how early callers refresh a value that is still fresh; 1 by default, 0 for never.
    ///
    /// A call refreshes the value if it would be stale after the duration of its last load,
    /// times this factor, times an exponentially distributed random number with a mean of one.
    /// (Vattani, Chierichetti, Lowenstein: *Optimal Probabilistic Cache Stampede Prevention*,
    /// 2015.)
    ///
    /// # Panics
    ///
    /// If the factor is negative or not a finite number.
    pub fn early_refresh(self, factor: f64) -> Self {
        assert!(factor >= 0.0 && factor.is_finite(), "the factor must be zero or more");
        self.with(|settings| settings.early = factor)
    }

    /// Sets the conduct while the server cannot be used.
    pub fn offline(self, offline: Offline) -> Self {
        self.with(|settings| settings.offline = offline)
    }

    /// Returns the numbers of hits, misses and loads of this handle and its clones.
    pub fn metrics(&self) -> CacheMetrics {
        self.counters.read()
    }

    /// Deletes an entry. A load in progress does not store its value any more. Returns `true`
    /// if there was an entry or a load.
    ///
    /// **Sends** [`DEL`](https://redis.io/commands/del), after a check of the key's type.
    pub fn invalidate(&self, id: impl Display) -> Command<bool> {
        Entry::new(&self.settings.prefix, &id).delete()
    }

    /// Deletes entries; see [`invalidate`](Self::invalidate). They may be in different slots,
    /// so they are not deleted in one step.
    ///
    /// **Sends** what `invalidate` sends, for each entry, in one round trip.
    pub fn invalidate_many<I: Display>(
        &self,
        ids: impl IntoIterator<Item = I>,
    ) -> Batch<Command<bool>> {
        batch(ids.into_iter().map(|id| self.invalidate(id)))
    }

    /// Invalidates all entries with a tag, also stale ones and those of loads in progress.
    ///
    /// **Sends** the script `tag.lua`, which writes one key.
    pub fn invalidate_tag(&self, tag: impl Into<String>) -> InvalidateTag<T, C> {
        InvalidateTag { cache: self.clone(), tag: tag.into() }
    }
}

/// Invalidates all entries with a tag; see [`Cache::invalidate_tag`].
#[must_use = "a flow does nothing until it is run"]
pub struct InvalidateTag<T, C> {
    cache: Cache<T, C>,
    tag: String,
}

impl<T, C> Flow for InvalidateTag<T, C> {
    type Output = ();

    async fn steps(&mut self, io: &Io) -> Result<()> {
        let Settings { prefix, .. } = &*self.cache.settings;
        let life = self.cache.settings.life();
        io.run(entry::tag(prefix, &self.tag, &call::token(io), life, true)).await.map(drop)
    }
}

inherent_run! {
    impl[T, Enc] InvalidateTag<T, Enc>;
}

impl<T, C> Clone for Cache<T, C> {
    fn clone(&self) -> Self {
        let (settings, counters) = (self.settings.clone(), self.counters.clone());
        Self { settings, counters, types: PhantomData }
    }
}

impl<T, C> fmt::Debug for Cache<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cache").field(&self.settings).finish()
    }
}

impl<T, C> fmt::Debug for InvalidateTag<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = &self.cache.settings.prefix;
        f.debug_struct("InvalidateTag").field("cache", prefix).field("tag", &self.tag).finish()
    }
}

clone_fields! {
    impl[T, C] InvalidateTag<T, C> { cache, tag }
}
