//! Scans: all records of a model, a page at a time, with SCAN and never KEYS.

mod delete;
mod items;
mod position;
mod rewrite;
mod slots;
mod topology;
mod walk;

use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::marker::PhantomData;

pub use delete::DeleteAll;
pub use position::ScanPosition;
pub use rewrite::{RewriteAll, Rewritten};

use crate::error::Result;
use crate::key::{self, Key};
use crate::model::{RedisModel, Storage};
use crate::op::{Flow, Moment, Step, batch, run_without_import};
use crate::verbs::Exists;
use walk::Walk;

/// How many keys SCAN looks at for a page, unless a call says otherwise: it
/// keeps the server from other work for a fraction of a millisecond.
const PAGE: usize = 1000;

/// The ids of all records; see [`RedisModel::scan_ids`].
#[must_use = "a flow does nothing until it is run"]
pub struct ScanIds<M> {
    walk: Walk,
    model: PhantomData<fn() -> M>,
}

/// All records; see [`RedisModel::scan`].
#[must_use = "a flow does nothing until it is run"]
pub struct Scan<M> {
    ids: ScanIds<M>,
}

/// The number of records; see [`RedisModel::count`].
#[must_use = "a flow does nothing until it is run"]
pub struct Count<M> {
    ids: ScanIds<M>,
    /// SCAN may name a key twice, and a key is too large to be kept: of each
    /// its hash, by a secret of this count.
    seen: HashSet<u64>,
    hasher: RandomState,
}

impl<M: RedisModel> ScanIds<M> {
    pub(crate) fn new() -> Self {
        let walk = Walk::new(M::SPEC.template().pattern(), M::Storage::TYPE, PAGE);
        Self { walk, model: PhantomData }
    }

    /// How many keys the server looks at for a page, of this model and others:
    /// SCAN's `COUNT`, in place of 1000.
    pub fn page_size(mut self, keys: usize) -> Self {
        self.walk.page_size = keys.max(1);
        self
    }

    /// Goes on from where another scan of this model was.
    pub fn from(mut self, position: ScanPosition) -> Self {
        self.walk.at = position;
        self
    }

    /// How far the scan has come: behind the last page that it returned.
    pub fn position(&self) -> &ScanPosition {
        &self.walk.at
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
            |scan| &mut scan.walk,
            now,
            |scan, page, now| {
                let Some(keys) = page else { return Ok(Step::done(None)) };
                // The pattern also finds keys of other models: `user:*` and `user:7:cart`.
                let ids: Vec<_> = keys.iter().filter_map(id_of::<M>).collect();
                if ids.is_empty() { scan.start(now) } else { Ok(Step::done(Some(ids))) }
            },
        )
    }
}

impl<M: RedisModel> Scan<M> {
    pub(crate) fn new() -> Self {
        Self { ids: ScanIds::new() }
    }

    /// How many keys the server looks at for a page, of this model and others:
    /// SCAN's `COUNT`, in place of 1000. No page has more records than that
    /// by much.
    pub fn page_size(self, keys: usize) -> Self {
        Self { ids: self.ids.page_size(keys) }
    }

    /// Goes on from where another scan of this model was.
    pub fn from(self, position: ScanPosition) -> Self {
        Self { ids: self.ids.from(position) }
    }

    /// How far the scan has come: behind the last page that it returned.
    pub fn position(&self) -> &ScanPosition {
        self.ids.position()
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
            |scan| &mut scan.ids,
            now,
            |_, ids, _| {
                let Some(ids) = ids else { return Ok(Step::done(None)) };
                Ok(Step::run(M::get_many(ids), |scan: &mut Self, found, now| {
                    // Some may have gone since their keys were seen.
                    let found: Vec<_> = found.into_iter().filter_map(Result::transpose).collect();
                    if found.is_empty() { scan.start(now) } else { Ok(Step::done(Some(found))) }
                }))
            },
        )
    }
}

impl<M: RedisModel> Count<M> {
    pub(crate) fn new() -> Self {
        Self { ids: ScanIds::new(), seen: HashSet::new(), hasher: RandomState::new() }
    }

    /// How many keys the server looks at in one step: SCAN's `COUNT`, in place of 1000.
    pub fn page_size(self, keys: usize) -> Self {
        Self { ids: self.ids.page_size(keys), ..self }
    }
}

impl<M: RedisModel> Flow for Count<M> {
    type Output = u64;

    fn start<'s>(&mut self, now: &Moment) -> Result<Step<'s, Self>>
    where
        Self: 's,
    {
        self.ids = ScanIds::new().page_size(self.ids.walk.page_size);
        self.seen.clear();
        self.go_on(now)
    }
}

impl<M: RedisModel> Count<M> {
    fn go_on<'s>(&mut self, now: &Moment) -> Result<Step<'s, Self>>
    where
        Self: 's,
    {
        Step::part(
            self,
            |count| &mut count.ids.walk,
            now,
            |count, page, now| {
                let Some(keys) = page else { return Ok(Step::done(count.seen.len() as u64)) };
                let ids = keys.iter().filter_map(|key| Some((key, id_of::<M>(key)?)));
                let (hashes, ids): (Vec<u64>, Vec<M::Id>) =
                    ids.map(|(key, id)| (count.hasher.hash_one(key), id)).unzip();
                // A string is a record, a hash may belong to another program.
                if M::Storage::TYPE == "string" {
                    count.seen.extend(hashes);
                    return count.go_on(now);
                }
                let known = batch(ids.into_iter().map(Exists::<M>::new).collect::<Vec<_>>());
                Ok(Step::run(known, |count: &mut Self, known, now| {
                    for (hash, known) in hashes.into_iter().zip(known) {
                        match known {
                            Ok(false) => {}
                            // Another program has replaced the key since the page was read.
                            Err(error) if error.is_wrong_type() => {}
                            Ok(true) => drop(count.seen.insert(hash)),
                            Err(error) => return Err(error),
                        }
                    }
                    count.go_on(now)
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

fn id_of<M: RedisModel>(key: &Key) -> Option<M::Id> {
    key::read(M::SPEC.template(), key).ok()
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
    ScanIds: |scan| &scan.walk.at;
    Scan: |scan| scan.position();
    Count: |count| count.ids.position();
    DeleteAll: |delete| delete.position();
    RewriteAll: |rewrite| rewrite.position();
}
