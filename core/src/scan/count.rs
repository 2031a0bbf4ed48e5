//! The number of a model's records.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::mem;

use super::pages::Pages;
use crate::clone::clone_fields;
use crate::error::Result;
use crate::flow::{Flow, Io};
use crate::key;
use crate::model::RedisModel;

/// Counts the records; see [`RedisModel::count`].
#[must_use = "a flow does nothing until it is run"]
pub struct Count<M> {
    pub(super) pages: Pages<M>,
    seen: KeySet,
}

/// A set of keys, of each only a hash: SCAN may return a key twice, and keys are
/// too large to be kept. The hash has a secret, so that a client cannot choose keys
/// that collide.
#[derive(Clone, Default)]
pub(super) struct KeySet {
    hashes: HashSet<u64>,
    hasher: RandomState,
}

impl KeySet {
    pub(super) fn insert<M: RedisModel>(&mut self, id: &M::Id) {
        let key = key::write(M::SCHEMA.template(), id);
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
}

impl<M: RedisModel> Flow for Count<M> {
    /// The number of records.
    type Output = u64;

    async fn steps(&mut self, io: &Io) -> Result<u64> {
        while let Some(ids) = self.pages.next(io).await? {
            ids.iter().for_each(|id| self.seen.insert::<M>(id));
            self.pages.finish();
        }
        self.pages.rewind();
        Ok(mem::take(&mut self.seen).len())
    }
}

clone_fields! {
    impl[M] Count<M> { pages, seen }
}
