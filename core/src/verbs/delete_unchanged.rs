//! The deletion of a record that was read before.

use std::marker::PhantomData;

use super::debug_by_key;
use crate::erased::{AnyModel, RawSnapshot};
use crate::error::Result;
use crate::key::Key;
use crate::model::RedisModel;
use crate::op::{Operation, Replies, Request};
use crate::update::Outcome;

/// Deletes a record if it still holds the values that were read; see
/// [`Draft::delete`](crate::Draft::delete).
#[must_use = "an operation does nothing until it is run"]
pub struct DeleteUnchanged<M> {
    key: Key,
    snapshot: RawSnapshot,
    model: PhantomData<fn() -> M>,
}

impl<M: RedisModel> DeleteUnchanged<M> {
    pub(crate) fn new(key: Key, snapshot: RawSnapshot) -> Self {
        Self { key, snapshot, model: PhantomData }
    }
}

impl<M: RedisModel> Operation for DeleteUnchanged<M> {
    type Output = Outcome<()>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        self.snapshot.encode_delete(&self.key, request);
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<Outcome<()>> {
        AnyModel::of::<M>().decode_deleted(&self.key, replies)
    }
}

debug_by_key! {
    DeleteUnchanged<M>: |delete| delete.key;
}
