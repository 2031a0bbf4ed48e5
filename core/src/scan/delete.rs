//! Deleting all records of a model, in bounded steps.

use super::{ScanIds, ScanPosition};
use crate::error::Result;
use crate::model::RedisModel;
use crate::op::{Flow, Moment, Step};

/// Deletes all records; see [`RedisModel::delete_all`].
#[must_use = "a flow does nothing until it is run"]
pub struct DeleteAll<M> {
    ids: ScanIds<M>,
    deleted: u64,
}

impl<M: RedisModel> DeleteAll<M> {
    pub(crate) fn new() -> Self {
        Self { ids: ScanIds::new(), deleted: 0 }
    }

    /// How many keys the server looks at in one step, and at most how many
    /// records are deleted in one: SCAN's `COUNT`, in place of 1000.
    pub fn page_size(self, keys: usize) -> Self {
        Self { ids: self.ids.page_size(keys), ..self }
    }

    /// How many records were deleted so far: more than nothing also after an
    /// error. Run again, it goes on from there.
    pub fn deleted(&self) -> u64 {
        self.deleted
    }

    pub(super) fn position(&self) -> &ScanPosition {
        self.ids.position()
    }
}

impl<M: RedisModel> Flow for DeleteAll<M> {
    /// How many records there were.
    type Output = u64;

    fn start<'s>(&mut self, now: &Moment) -> Result<Step<'s, Self>>
    where
        Self: 's,
    {
        Step::part(
            self,
            |delete| &mut delete.ids,
            now,
            |delete, ids, _| {
                let Some(ids) = ids else { return Ok(Step::done(delete.deleted)) };
                Ok(Step::run(M::delete_many(ids), |delete: &mut Self, deleted, now| {
                    for deleted in deleted {
                        delete.deleted += u64::from(deleted?);
                    }
                    delete.start(now)
                }))
            },
        )
    }
}
