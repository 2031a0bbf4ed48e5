//! Deleting all records of a model, in bounded steps.

use super::ScanPosition;
use super::count::KeySet;
use super::pages::{Pages, results_of_page};
use crate::clone::clone_fields;
use crate::error::{Error, Result};
use crate::flow::{Flow, Io};
use crate::model::RedisModel;

/// Deletes all records, at most a page in one step; see [`RedisModel::delete_all`].
#[must_use = "a flow does nothing until it is run"]
pub struct DeleteAll<M> {
    pub(super) pages: Pages<M>,
    deleted: u64,
    refused: KeySet,
    first_refusal: Option<Error>,
}

impl<M: RedisModel> DeleteAll<M> {
    pub(crate) fn new() -> Self {
        let (pages, refused) = (Pages::of_records(), KeySet::default());
        Self { pages, deleted: 0, refused, first_refusal: None }
    }

    /// Returns the number of records that this flow has deleted, in all of its runs, also
    /// those that ended in an error. A deletion whose reply was lost with the connection is
    /// not counted.
    pub fn deleted(&self) -> u64 {
        self.deleted
    }

    /// Returns the number of records that the server refused to delete, since the flow last
    /// began with the first page. They are unchanged.
    pub fn failed(&self) -> u64 {
        self.refused.len()
    }

    /// Counts the results of a page, of which some may keep the page from being finished.
    fn finish_page(&mut self, ids: &[M::Id], results: Result<Vec<Result<bool>>>) -> Result<()> {
        // A page that is tried again finds its deleted records no more: count them now.
        let deleted = results.iter().flatten().filter(|result| matches!(result, Ok(true)));
        self.deleted += deleted.count() as u64;
        for (id, result) in ids.iter().zip(results_of_page::<M, _>(results)?) {
            if let Err(error) = result {
                self.refused.insert::<M>(id);
                self.first_refusal.get_or_insert(error);
            }
        }
        self.pages.finish();
        Ok(())
    }
}

impl<M: RedisModel> Flow for DeleteAll<M> {
    /// The number of records that this flow has deleted.
    type Output = u64;

    async fn steps(&mut self, io: &Io) -> Result<u64> {
        if *self.pages.position() == ScanPosition::START {
            (self.refused, self.first_refusal) = (KeySet::default(), None);
        }
        while let Some(ids) = self.pages.next(io).await? {
            let results = io.run(M::delete_many(ids.iter().cloned())).await;
            self.finish_page(&ids, results)?;
        }
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

clone_fields! {
    impl[M] DeleteAll<M> { pages, deleted, refused, first_refusal }
}
