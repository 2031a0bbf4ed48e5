//! Scans: all records of a model, a page at a time, with SCAN and never KEYS.
//!
//! [`pages`] yields the ids, and every flow here tells it when a page is
//! finished: returned, counted, deleted or rewritten. Only then does the
//! position move, so that no page is lost to an error or a dropped future.

mod count;
mod delete;
mod items;
mod page;
mod pages;
mod position;
mod rewrite;
mod slots;
mod topology;
mod walk;

use std::fmt;

pub use count::Count;
pub use delete::DeleteAll;
pub use position::ScanPosition;
pub use rewrite::{RewriteAll, Rewritten};

use crate::error::Result;
use crate::model::RedisModel;
use crate::op::{Flow, Moment, Step, run_without_import};
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

    /// Sets how many keys the server looks at for a page, of this model and
    /// others: SCAN's `COUNT`, 1000 by default.
    pub fn page_size(self, keys: usize) -> Self {
        Self { pages: self.pages.page_size(keys) }
    }

    /// Resumes another scan of this model at its position.
    pub fn from(self, position: ScanPosition) -> Self {
        Self { pages: self.pages.from(position) }
    }

    /// Returns the position behind the last page that was returned.
    pub fn position(&self) -> &ScanPosition {
        self.pages.position()
    }
}

impl<M: RedisModel> Flow for ScanIds<M> {
    /// The next page, which is not empty; `None` after the last.
    type Output = Option<Vec<M::Id>>;

    fn start<'s>(&mut self, now: &Moment) -> Result<Step<'s, Self>>
    where
        Self: 's,
    {
        Step::part(
            self,
            |scan| &mut scan.pages,
            now,
            |scan, ids, _| {
                scan.pages.finish();
                Ok(Step::done(ids))
            },
        )
    }
}

impl<M: RedisModel> Scan<M> {
    pub(crate) fn new() -> Self {
        Self { pages: Pages::of_keys() }
    }

    /// Sets how many keys the server looks at for a page, of this model and
    /// others: SCAN's `COUNT`, 1000 by default. A page rarely has more records.
    pub fn page_size(self, keys: usize) -> Self {
        Self { pages: self.pages.page_size(keys) }
    }

    /// Resumes another scan of this model at its position.
    pub fn from(self, position: ScanPosition) -> Self {
        Self { pages: self.pages.from(position) }
    }

    /// Returns the position behind the last page that was returned.
    pub fn position(&self) -> &ScanPosition {
        self.pages.position()
    }
}

impl<M: RedisModel> Flow for Scan<M> {
    /// The next page, which is not empty; `None` after the last.
    type Output = Option<Vec<Result<M>>>;

    fn start<'s>(&mut self, now: &Moment) -> Result<Step<'s, Self>>
    where
        Self: 's,
    {
        Step::part(
            self,
            |scan| &mut scan.pages,
            now,
            |_, ids, _| {
                let Some(ids) = ids else { return Ok(Step::done(None)) };
                Ok(Step::attempt(M::get_many(ids), |scan: &mut Self, found, now| {
                    let found = results_of_page::<M, _>(found)?;
                    scan.pages.finish();
                    // Records may have been deleted since SCAN returned their keys.
                    let found: Vec<_> = found.into_iter().filter_map(Result::transpose).collect();
                    if found.is_empty() { scan.start(now) } else { Ok(Step::done(Some(found))) }
                }))
            },
        )
    }
}

run_without_import! {
    impl[M: RedisModel] ScanIds<M>;
    impl[M: RedisModel] Scan<M>;
    impl[M: RedisModel] Count<M>;
    impl[M: RedisModel] DeleteAll<M>;
    impl[M: RedisModel] RewriteAll<M>;
}

macro_rules! debug_by_position {
    ($($flow:ident: |$this:ident| $position:expr;)*) => {$(
        impl<M: RedisModel> fmt::Debug for $flow<M> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let $this = self;
                f.debug_struct(stringify!($flow))
                    .field("model", &M::SPEC.name)
                    .field("position", $position)
                    .finish_non_exhaustive()
            }
        }
    )*};
}

debug_by_position! {
    ScanIds: |scan| scan.position();
    Scan: |scan| scan.position();
    Count: |count| count.position();
    DeleteAll: |delete| delete.position();
    RewriteAll: |rewrite| rewrite.position();
}
