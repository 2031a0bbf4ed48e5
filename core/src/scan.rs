//! Scans: all records of a model, a page at a time, with SCAN and never KEYS.
//!
//! [`pages`] yields the ids, and every flow here reports when a page is finished:
//! returned, counted, deleted or rewritten. Only then does the position move, so
//! that no page is lost to an error or a dropped future.

mod count;
mod delete;
mod items;
mod keys;
mod node;
mod page;
mod pages;
mod position;
mod rewrite;
mod slots;

use std::fmt;

pub use count::Count;
pub use delete::DeleteAll;
#[cfg(feature = "aio")]
pub(crate) use items::page_stream;
pub(crate) use items::{pages, results};
pub use position::ScanPosition;
pub use rewrite::{RewriteAll, Rewritten};

use crate::clone::clone_fields;
use crate::error::Result;
use crate::flow::{Flow, Io, inherent_run};
use crate::key::LeadingParts;
use crate::model::RedisModel;
use pages::{Pages, results_of_page};

/// The ids of all records; see [`RedisModel::scan_ids`].
#[must_use = "a flow does nothing until it is run"]
pub struct ScanIds<M> {
    pages: Pages<M>,
}

/// All records; see [`RedisModel::scan`].
#[must_use = "a flow does nothing until it is run"]
pub struct Scan<M> {
    pages: Pages<M>,
}

impl<M: RedisModel> ScanIds<M> {
    pub(crate) fn new() -> Self {
        Self { pages: Pages::of_records() }
    }
}

impl<M: RedisModel> Scan<M> {
    pub(crate) fn new() -> Self {
        Self { pages: Pages::of_keys() }
    }
}

impl<M: RedisModel> Flow for ScanIds<M> {
    /// The next page, which is not empty; `None` after the last.
    type Output = Option<Vec<M::Id>>;

    async fn steps(&mut self, io: &Io) -> Result<Self::Output> {
        let ids = self.pages.next(io).await?;
        self.pages.finish();
        Ok(ids)
    }
}

impl<M: RedisModel> Flow for Scan<M> {
    /// The next page, which is not empty; `None` after the last.
    type Output = Option<Vec<Result<M>>>;

    async fn steps(&mut self, io: &Io) -> Result<Self::Output> {
        while let Some(ids) = self.pages.next(io).await? {
            let found = results_of_page::<M, _>(io.run(M::get_many(ids)).await)?;
            self.pages.finish();
            // Records may have been deleted since SCAN returned their keys.
            let found: Vec<_> = found.into_iter().filter_map(Result::transpose).collect();
            if !found.is_empty() {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

inherent_run! {
    impl[M: RedisModel] ScanIds<M>;
    impl[M: RedisModel] Scan<M>;
    impl[M: RedisModel] Count<M>;
    impl[M: RedisModel] DeleteAll<M>;
    impl[M: RedisModel] RewriteAll<M>;
}

macro_rules! paged {
    ($($flow:ident)*) => {$(
        impl<M: RedisModel> $flow<M> {
            /// Takes only the records whose keys have these leading parts:
            /// `.within(("chess",))`; see [`LeadingParts`].
            ///
            /// The server still looks at every key, and returns only those that match. Keys
            /// that match but have other parts are left out.
            pub fn within(mut self, parts: impl LeadingParts<M::Id>) -> Self {
                self.pages.within(parts);
                self
            }

            /// Sets how many keys the server looks at for a page, of this model and
            /// others: SCAN's `COUNT`, 1000 by default. A page rarely has more records.
            pub fn page_size(mut self, keys: usize) -> Self {
                self.pages.set_page_size(keys);
                self
            }
        }

        impl<M: RedisModel> fmt::Debug for $flow<M> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($flow))
                    .field("model", &M::SCHEMA.name)
                    .field("position", self.pages.position())
                    .finish_non_exhaustive()
            }
        }
    )*};
}

macro_rules! resumable {
    ($($flow:ident)*) => {$(
        impl<M: RedisModel> $flow<M> {
            /// Resumes another run over this model's records at its position. One of a run
            /// [`within`](Self::within) other parts is an error of the run
            /// ([`InvalidOperation`](crate::ErrorKind::InvalidOperation)).
            pub fn resume_from(mut self, position: ScanPosition) -> Self {
                self.pages.resume_from(position);
                self
            }

            /// Returns the position behind the last page that was returned.
            pub fn position(&self) -> &ScanPosition {
                self.pages.position()
            }
        }
    )*};
}

paged!(ScanIds Scan Count DeleteAll RewriteAll);
resumable!(ScanIds Scan RewriteAll);

clone_fields! {
    impl[M] ScanIds<M> { pages }
    impl[M] Scan<M> { pages }
}
