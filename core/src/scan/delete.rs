//! Deleting all records of a model, in bounded steps.

use super::ScanPosition;
use super::count::KeySet;
use super::pages::{Pages, results_of_page};
use crate::error::{Error, Result};
use crate::model::RedisModel;
use crate::op::{Flow, Moment, Step};

/// Deletes all records; see [`RedisModel::delete_all`].
#[must_use = "a flow does nothing until it is run"]
pub struct DeleteAll<M> {
    pages: Pages<M>,
    deleted: u64,
    refused: KeySet,
    first_refusal: Option<Error>,
}

impl<M: RedisModel> DeleteAll<M> {
    pub(crate) fn new() -> Self {
        let (pages, refused) = (Pages::of_records(), KeySet::default());
        Self { pages, deleted: 0, refused, first_refusal: None }
    }

    /// Sets how many keys the server looks at in one step, and at most how many
    /// records are deleted in one: SCAN's `COUNT`, 1000 by default.
    pub fn page_size(self, keys: usize) -> Self {
        Self { pages: self.pages.page_size(keys), ..self }
    }

    /// Returns how many records this flow has deleted, in all of its runs, also
    /// those that ended in an error. A deletion whose reply was lost with the
    /// connection is not counted.
    pub fn deleted(&self) -> u64 {
        self.deleted
    }

    /// Returns how many records the server refused to delete, since the flow
    /// last began with the first page. They are as they were.
    pub fn failed(&self) -> u64 {
        self.refused.len()
    }

    pub(super) fn position(&self) -> &ScanPosition {
        self.pages.position()
    }

    fn finish_page(&mut self, ids: Vec<M::Id>, results: Vec<Result<bool>>) {
        for (id, result) in ids.iter().zip(results) {
            if let Err(error) = result {
                self.refused.insert::<M>(id);
                self.first_refusal.get_or_insert(error);
            }
        }
        self.pages.finish();
    }

    /// After the last page.
    fn end(&mut self) -> Result<u64> {
        self.pages.rewind();
        match self.first_refusal.take() {
            None => Ok(self.deleted),
            Some(first) => {
                let records = self.refused.len();
                Err(first.with_note(format!("; {records} of the records were not deleted")))
            }
        }
    }
}

impl<M: RedisModel> Flow for DeleteAll<M> {
    /// How many records this flow has deleted.
    type Output = u64;

    fn start<'s>(&mut self, now: &Moment) -> Result<Step<'s, Self>>
    where
        Self: 's,
    {
        if *self.position() == ScanPosition::START {
            (self.refused, self.first_refusal) = (KeySet::default(), None);
        }
        self.go_on(now)
    }
}

impl<M: RedisModel> DeleteAll<M> {
    fn go_on<'s>(&mut self, now: &Moment) -> Result<Step<'s, Self>>
    where
        Self: 's,
    {
        Step::part(
            self,
            |delete| &mut delete.pages,
            now,
            |delete, ids, _| {
                let Some(ids) = ids else { return delete.end().map(Step::done) };
                let deletions = M::delete_many(ids.iter().cloned());
                Ok(Step::attempt(deletions, move |delete: &mut Self, results, now| {
                    // Also those of a page that is tried again: they will not be found again.
                    let was_deleted = |result: &&Result<bool>| matches!(result, Ok(true));
                    let deleted = results.iter().flatten().filter(was_deleted).count();
                    delete.deleted += deleted as u64;
                    delete.finish_page(ids, results_of_page::<M, _>(results)?);
                    delete.go_on(now)
                }))
            },
        )
    }
}
