//! The number of a model's records.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::mem;

use super::ScanPosition;
use super::pages::Pages;
use crate::error::Result;
use crate::key;
use crate::model::RedisModel;
use crate::op::{Flow, Moment, Step};

/// Counts the records; see [`RedisModel::count`].
#[must_use = "a flow does nothing until it is run"]
pub struct Count<M> {
    pages: Pages<M>,
    seen: KeySet,
}

/// A set of keys, of each only a hash: SCAN may return a key twice, and keys are
/// too large to be kept. The hash has a secret, so that nobody can choose keys
/// that collide.
#[derive(Default)]
pub(super) struct KeySet {
    hashes: HashSet<u64>,
    hasher: RandomState,
}

impl KeySet {
    pub(super) fn insert<M: RedisModel>(&mut self, id: &M::Id) {
        let key = key::write(M::SPEC.template(), id);
        self.hashes.insert(self.hasher.hash_one(key.as_str()));
    }

    pub(super) fn len(&self) -> u64 {
        self.hashes.len() as u64
    }
}

impl<M: RedisModel> Count<M> {
    pub(crate) fn new() -> Self {
        Self { pages: Pages::of_records(), seen: KeySet::default() }
    }

    /// Sets how many keys the server looks at in one step: SCAN's `COUNT`, 1000 by default.
    pub fn page_size(self, keys: usize) -> Self {
        Self { pages: self.pages.page_size(keys), ..self }
    }

    pub(super) fn position(&self) -> &ScanPosition {
        self.pages.position()
    }
}

impl<M: RedisModel> Flow for Count<M> {
    /// The number of records.
    type Output = u64;

    fn start<'s>(&mut self, now: &Moment) -> Result<Step<'s, Self>>
    where
        Self: 's,
    {
        Step::part(
            self,
            |count| &mut count.pages,
            now,
            |count, ids, now| {
                let Some(ids) = ids else {
                    count.pages.rewind();
                    return Ok(Step::done(mem::take(&mut count.seen).len()));
                };
                ids.iter().for_each(|id| count.seen.insert::<M>(id));
                count.pages.finish();
                count.start(now)
            },
        )
    }
}
