//! Counters of a cache, as data.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! metrics {
    ($($(#[$docs:meta])* $name:ident,)*) => {
        /// The numbers of calls since the handle of a [`Cache`](crate::patterns::Cache) was
        /// created, counted in this process for the handle and its clones.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        #[non_exhaustive]
        pub struct CacheMetrics {
            $($(#[$docs])* pub $name: u64,)*
        }

        #[derive(Default)]
        pub(super) struct Counters {
            $(pub(super) $name: AtomicU64,)*
        }

        impl Counters {
            pub(super) fn read(&self) -> CacheMetrics {
                CacheMetrics { $($name: self.$name.load(Ordering::Relaxed),)* }
            }
        }
    };
}

metrics! {
    /// Calls that returned a fresh value, or a stored absence.
    hits,
    /// Calls that returned a stale value.
    stale,
    /// Calls that found neither.
    misses,
    /// Calls of a loader.
    loads,
    /// Loads that began before the value was stale. They are among the `loads`.
    early,
    /// Loaders that returned an error.
    failures,
    /// Loaded values that were not stored, because the entry was invalidated meanwhile or the
    /// load took longer than the lease.
    discarded,
    /// Calls that waited for another caller's load.
    waits,
    /// Calls that went on without the server.
    offline,
}

pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
