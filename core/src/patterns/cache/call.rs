//! The flows of a cache.

use std::fmt::{self, Display};
use std::time::{Duration, SystemTime};

use super::entry::{Entry, Look, Status, tag};
use super::loader::{FindAsync, FindSync, LoadAsync, LoadSync, Loader};
use super::metrics::count;
use super::{Cache, Offline};
use crate::clone::clone_fields;
use crate::codec::Codec;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::{Flow, Io, inherent_run};
use crate::patterns::clock::time_argument;

/// The first and the longest pause of a caller that waits for another's load.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(64);

/// Returns a value of a [`Cache`], and loads it if it is not stored.
#[must_use = "a flow does nothing until it is run"]
pub struct GetOrLoad<T, C, L> {
    call: Call<T, C>,
    loader: Option<L>,
}

/// Returns a value of a [`Cache`] if it is stored; see [`Cache::get`].
#[must_use = "a flow does nothing until it is run"]
pub struct Get<T, C>(Call<T, C>);

/// Stores a value of a [`Cache`]; see [`Cache::put`].
#[must_use = "a flow does nothing until it is run"]
pub struct Put<T, C> {
    call: Call<T, C>,
    value: Option<T>,
}

/// The common part of the flows.
pub(super) struct Call<T, C> {
    cache: Cache<T, C>,
    entry: Entry,
    tags: Vec<String>,
}

impl<T, C> Call<T, C> {
    pub(super) fn new(cache: Cache<T, C>, id: &dyn Display) -> Self {
        let entry = Entry::new(&cache.settings.prefix, id);
        Self { cache, entry, tags: Vec::new() }
    }

    fn tag<N: Into<String>>(&mut self, tags: impl IntoIterator<Item = N>) {
        self.tags.extend(tags.into_iter().map(Into::into));
        self.tags.sort_unstable();
        self.tags.dedup();
    }

    /// Reads the generations of the tags, and chooses a token.
    async fn begin(&mut self, io: &Io) -> Result<()> {
        self.entry.token = token(io);
        let life = self.cache.settings.life();
        let steps = self
            .tags
            .iter()
            .map(|name| tag(&self.cache.settings.prefix, name, &self.entry.token, life, false));
        let steps: Vec<_> = steps.collect();
        if !steps.is_empty() {
            let generations: Result<Vec<String>> =
                io.run(crate::batch(steps)).await?.into_iter().collect();
            self.entry.tags = generations?.join(",");
        }
        Ok(())
    }

    /// Returns the time for which a value is fresh that is stored now.
    fn fresh(&self, io: &Io, time: Duration) -> Duration {
        let spread = time.mul_f64(self.cache.settings.jitter);
        time.saturating_sub(io.jitter(spread)).max(Duration::from_millis(1))
    }
}

/// Returns a text that no other call has.
pub(super) fn token(io: &Io) -> String {
    format!("{:016x}{:016x}", io.random(), io.random())
}

macro_rules! options {
    ($($flow:ident<T, C $(, $param:ident)?>, $($call:tt).+;)*) => {$(
        impl<T, C $(, $param)?> $flow<T, C $(, $param)?> {
            /// Gives the entry tags: [`Cache::invalidate_tag`] invalidates all entries with a
            /// tag. All calls for an entry must give the same tags. They cost one more round
            /// trip.
            pub fn tags<N: Into<String>>(mut self, tags: impl IntoIterator<Item = N>) -> Self {
                self.$($call).+.tag(tags);
                self
            }

            /// Uses this time instead of the server's clock, for tests. It has no effect on
            /// the time at which the server deletes the key.
            pub fn at(mut self, time: SystemTime) -> Self {
                self.$($call).+.entry.now = time_argument(time);
                self
            }
        }

        impl<T, C $(, $param)?> fmt::Debug for $flow<T, C $(, $param)?> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($flow)).field(self.$($call).+.entry.key()).finish()
            }
        }
    )*};
}

options! {
    GetOrLoad<T, C, L>, call;
    Get<T, C>, 0;
    Put<T, C>, call;
}

impl<T, C: Codec<T>> Cache<T, C> {
    /// Returns the value, and calls `load` if it is not stored.
    ///
    /// The loader's error is the `source` of an error of kind [`ErrorKind::Load`]. A sync
    /// loader blocks the task if the flow runs on an async connection; see
    /// [`get_or_load_async`](Self::get_or_load_async).
    ///
    /// **Sends** the script `read.lua`, and after a load `store.lua`. Callers that wait send
    /// `read.lua` again after a pause, which grows from 2 to 64 ms.
    ///
    /// # Errors
    ///
    /// Kind [`Load`](ErrorKind::Load) if the loader fails and no stale value is left. An error
    /// of the server or the connection, unless the cache [goes on](Self::offline) without it.
    pub fn get_or_load<E, F>(&self, id: impl Display, load: F) -> GetOrLoad<T, C, LoadSync<F>>
    where
        F: FnOnce() -> Result<T, E>,
    {
        GetOrLoad { call: Call::new(self.clone(), &id), loader: Some(LoadSync(load)) }
    }

    /// Like [`get_or_load`](Self::get_or_load), with a loader that returns a future.
    ///
    /// On a sync connection nothing could wake the future, so a loader that has to wait is an
    /// error there.
    ///
    /// # Errors
    ///
    /// See [`get_or_load`](Self::get_or_load).
    pub fn get_or_load_async<E, F, U>(
        &self,
        id: impl Display,
        load: F,
    ) -> GetOrLoad<T, C, LoadAsync<F>>
    where
        F: FnOnce() -> U,
        U: Future<Output = Result<T, E>>,
    {
        GetOrLoad { call: Call::new(self.clone(), &id), loader: Some(LoadAsync(load)) }
    }

    /// Like [`get_or_load`](Self::get_or_load), for values that may not exist: `None` is stored
    /// for the time of [`absent_for`](Self::absent_for). Without it, `None` removes the old value.
    ///
    /// # Errors
    ///
    /// See [`get_or_load`](Self::get_or_load).
    pub fn find_or_load<E, F>(&self, id: impl Display, find: F) -> GetOrLoad<T, C, FindSync<F>>
    where
        F: FnOnce() -> Result<Option<T>, E>,
    {
        GetOrLoad { call: Call::new(self.clone(), &id), loader: Some(FindSync(find)) }
    }

    /// Like [`find_or_load`](Self::find_or_load), with a loader that returns a future.
    ///
    /// # Errors
    ///
    /// See [`get_or_load`](Self::get_or_load).
    pub fn find_or_load_async<E, F, U>(
        &self,
        id: impl Display,
        find: F,
    ) -> GetOrLoad<T, C, FindAsync<F>>
    where
        F: FnOnce() -> U,
        U: Future<Output = Result<Option<T>, E>>,
    {
        GetOrLoad { call: Call::new(self.clone(), &id), loader: Some(FindAsync(find)) }
    }

    /// Returns the value if it is stored, fresh or stale, and loads nothing. An absence that is
    /// stored is `None`, too.
    ///
    /// **Sends** the script `read.lua`, which then changes nothing.
    ///
    /// # Errors
    ///
    /// An error of the server or the connection, unless the cache [goes on](Self::offline)
    /// without it and returns `None`.
    pub fn get(&self, id: impl Display) -> Get<T, C> {
        Get(Call::new(self.clone(), &id))
    }

    /// Stores a value, for example after it was changed in the database. Loads in progress do
    /// not overwrite it.
    ///
    /// **Sends** the script `store.lua`.
    ///
    /// # Errors
    ///
    /// An error of the server or the connection: the entry may still have its old value then.
    pub fn put(&self, id: impl Display, value: T) -> Put<T, C> {
        Put { call: Call::new(self.clone(), &id), value: Some(value) }
    }
}

impl<T: Send, C: Codec<T>, L: Loader<T>> Flow for GetOrLoad<T, C, L> {
    type Output = L::Output;

    async fn steps(&mut self, io: &Io) -> Result<L::Output> {
        if self.loader.is_none() {
            let message = "the loader has run: call the cache again for another value";
            return Err(Error::new(ErrorKind::InvalidOperation, message));
        }
        let found = match self.find(io).await {
            Err(error) if self.call.cache.goes_on_after(&error) && self.loader.is_some() => {
                count(&self.call.cache.counters.offline);
                self.load().await
            }
            found => found,
        };
        found.and_then(L::output).map_err(|error| self.call.entry.locate(error))
    }
}

impl<T: Send, C: Codec<T>, L: Loader<T>> GetOrLoad<T, C, L> {
    async fn find(&mut self, io: &Io) -> Result<Option<T>> {
        self.call.begin(io).await?;
        let settings = self.call.cache.settings.clone();
        let counters = self.call.cache.counters.clone();
        let (mut ignored, mut pause) = (String::new(), FIRST_PAUSE);
        let mut missed = false;
        let mut miss = || {
            if !missed {
                count(&counters.misses);
            }
            missed = true;
        };
        let mut waited = false;
        loop {
            let early = settings.early * exponential(io.random());
            let read = self.call.entry.read::<T, C>(settings.lease, early, &ignored);
            let Look { status, value, writer, time } = io.run(read).await?;
            let value = match value {
                // Another version of the program wrote it, so it is as good as absent.
                Some(Err(error)) if is_unreadable(&error) => {
                    ignored = writer;
                    continue;
                }
                Some(value) => Some(value?),
                // A loader that always returns a value cannot use an absence.
                None if !L::MAY_BE_ABSENT && !writer.is_empty() => {
                    ignored = writer;
                    continue;
                }
                None => None,
            };
            match status {
                Status::Hit => {
                    count(&counters.hits);
                    return Ok(value);
                }
                Status::Stale => {
                    count(&counters.stale);
                    return Ok(value);
                }
                Status::Early => {
                    count(&counters.early);
                    return self.load_or(io, Some(value)).await;
                }
                Status::Renew => {
                    miss();
                    return self.load_or(io, Some(value)).await;
                }
                Status::Load => {
                    miss();
                    return self.load_or(io, None).await;
                }
                Status::Failed => {
                    miss();
                    let message = "the loader failed a moment ago, and the cache keeps the failure";
                    return Err(Error::new(ErrorKind::Load, message));
                }
                Status::Wait if io.elapsed() >= settings.longest_wait => {
                    miss();
                    return self.load().await;
                }
                Status::Wait => {
                    miss();
                    if !waited {
                        waited = true;
                        count(&counters.waits);
                    }
                    let left = settings.longest_wait.saturating_sub(io.elapsed());
                    // Random, so that callers who began together do not stay together.
                    io.pause((pause / 2 + io.jitter(pause)).min(time).min(left)).await?;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Status::Miss => return Err(Error::unexpected_reply()),
            }
        }
    }

    /// Loads with the lease, and stores the value. A failure returns the value at hand.
    async fn load_or(&mut self, io: &Io, at_hand: Option<Option<T>>) -> Result<Option<T>> {
        let began = io.elapsed();
        let loaded = self.load().await;
        let Call { cache, entry, .. } = &self.call;
        let settings = &cache.settings;
        let found = match loaded {
            Ok(found) => found,
            Err(error) => {
                let released = io.run(entry.release(settings.failures_for)).await;
                return match (at_hand, released) {
                    (Some(value), _) => {
                        count(&cache.counters.stale);
                        Ok(value)
                    }
                    (None, _) => Err(error),
                };
            }
        };
        let cost = io.elapsed().saturating_sub(began);
        let stored = match (&found, settings.absent_for) {
            // The old value is wrong: the record was deleted.
            (None, None) => io.run(entry.remove_value()).await,
            (None, Some(time)) => {
                let fresh = self.call.fresh(io, time);
                let store = entry.store::<T, C>(None, true, fresh, Duration::ZERO, cost);
                io.run(store).await
            }
            (Some(value), _) => {
                let fresh = self.call.fresh(io, settings.ttl);
                let store = entry.store::<T, C>(Some(value), true, fresh, settings.stale_for, cost);
                io.run(store).await
            }
        };
        match stored {
            Ok(true) => {}
            Ok(false) => count(&cache.counters.discarded),
            Err(error) if cache.goes_on_after(&error) => count(&cache.counters.offline),
            Err(error) => return Err(error),
        }
        Ok(found)
    }

    async fn load(&mut self) -> Result<Option<T>> {
        let loader = self.loader.take().ok_or_else(Error::unexpected_reply)?;
        count(&self.call.cache.counters.loads);
        loader.load().await.map_err(|source| {
            count(&self.call.cache.counters.failures);
            Error::of_loader(source)
        })
    }
}

impl<T: Send, C: Codec<T>> Flow for Get<T, C> {
    type Output = Option<T>;

    async fn steps(&mut self, io: &Io) -> Result<Option<T>> {
        let found = self.0.look(io).await;
        let Call { cache, .. } = &self.0;
        match found {
            Err(error) if cache.goes_on_after(&error) => {
                count(&cache.counters.offline);
                Ok(None)
            }
            Err(error) if is_unreadable(&error) => Ok(None),
            found => found,
        }
    }
}

impl<T: Send, C: Codec<T>> Call<T, C> {
    async fn look(&mut self, io: &Io) -> Result<Option<T>> {
        self.begin(io).await?;
        let Look { status, value, .. } = io.run(self.entry.look::<T, C>("")).await?;
        let counters = &self.cache.counters;
        count(match status {
            Status::Hit => &counters.hits,
            Status::Stale => &counters.stale,
            _ => &counters.misses,
        });
        value.transpose()
    }
}

impl<T: Send, C: Codec<T>> Flow for Put<T, C> {
    type Output = ();

    async fn steps(&mut self, io: &Io) -> Result<()> {
        self.call.begin(io).await?;
        let Some(value) = self.value.take() else {
            let message = "the value was stored: call the cache again for another one";
            return Err(Error::new(ErrorKind::InvalidOperation, message));
        };
        let Call { cache, entry, .. } = &self.call;
        let fresh = self.call.fresh(io, cache.settings.ttl);
        let stale = cache.settings.stale_for;
        let store = entry.store::<T, C>(Some(&value), false, fresh, stale, Duration::ZERO);
        io.run(store).await.map(drop)
    }
}

impl<T, C> Cache<T, C> {
    fn goes_on_after(&self, error: &Error) -> bool {
        let is_full = matches!(error.code(), Some("OOM" | "MISCONF"));
        let unavailable = error.is_transient() || error.needs_reconnect() || is_full;
        unavailable && self.settings.offline == Offline::Load
    }
}

/// Returns `true` if a stored value is one of another version of the program, and not one
/// that was tampered with.
fn is_unreadable(error: &Error) -> bool {
    error.is_mismatch() || error.is_invalid_value()
}

/// Returns an exponentially distributed number with a mean of one.
fn exponential(random: u64) -> f64 {
    // 53 bits are exact in a double. One is added because zero has no logarithm.
    let uniform = ((random >> 11) + 1) as f64 / (1_u64 << 53) as f64;
    -uniform.ln()
}

inherent_run! {
    impl[T: Send, Enc: Codec<T>, L: Loader<T>] GetOrLoad<T, Enc, L>;
    impl[T: Send, Enc: Codec<T>] Get<T, Enc>;
    impl[T: Send, Enc: Codec<T>] Put<T, Enc>;
}

clone_fields! {
    impl[T, C, L: Clone] GetOrLoad<T, C, L> { call, loader }
    impl[T, C] Get<T, C> { 0 }
    impl[T: Clone, C] Put<T, C> { call, value }
    impl[T, C] Call<T, C> { cache, entry, tags }
}
