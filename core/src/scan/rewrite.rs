//! Rewriting all records as the model would write them now.

use std::fmt;

use super::pages::{Pages, results_of_page};
use crate::clone::clone_fields;
use crate::edit::Commit;
use crate::erased::{RecordKey, RewriteCheck};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::{Flow, Io};
use crate::key;
use crate::model::RedisModel;
use crate::op::{Operation, Replies, Request, batch};
use crate::ttl::Expiry;
use crate::update::Outcome;

/// A record that other clients keep changing is read at most so many times.
const ATTEMPTS: u32 = 8;

/// Rewrites records that are stored with an older version, codec or key; see
/// [`RedisModel::rewrite_all`].
#[must_use = "a flow does nothing until it is run"]
pub struct RewriteAll<M: RedisModel> {
    pub(super) pages: Pages<M>,
    rewritten: u64,
    current: u64,
    failed: u64,
}

/// The results of a page of [`RewriteAll`].
#[non_exhaustive]
pub struct Rewritten<M: RedisModel> {
    /// The number of records that were rewritten.
    pub rewritten: u64,
    /// The number of records that are stored as the model writes them, and were left alone.
    pub current: u64,
    /// The records that could not be read or written. They are unchanged.
    pub failed: Vec<(M::Id, Error)>,
}

impl<M: RedisModel> RewriteAll<M> {
    pub(crate) fn new() -> Self {
        Self { pages: Pages::of_keys(), rewritten: 0, current: 0, failed: 0 }
    }

    /// Returns the number of records that were rewritten, on all pages that were returned.
    ///
    /// A page that a run could not complete is repeated by the next run and
    /// counted then: what the first run had rewritten of it is `current` by then.
    pub fn rewritten(&self) -> u64 {
        self.rewritten
    }

    /// Returns the number of records that are stored as the model writes them, on all pages
    /// that were returned. A record that SCAN returned twice counts twice.
    pub fn current(&self) -> u64 {
        self.current
    }

    /// Returns the number of records that could not be read or written, on all pages
    /// that were returned.
    pub fn failed(&self) -> u64 {
        self.failed
    }
}

impl<M: RedisModel> Flow for RewriteAll<M> {
    /// The results of the next page; `None` after the last.
    type Output = Option<Rewritten<M>>;

    async fn steps(&mut self, io: &Io) -> Result<Self::Output> {
        let Some(ids) = self.pages.next(io).await? else { return Ok(None) };
        let page = rewrite(ids, io).await?;
        self.pages.finish();
        self.rewritten += page.rewritten;
        self.current += page.current;
        self.failed += page.failed.len() as u64;
        Ok(Some(page))
    }
}

async fn rewrite<M: RedisModel>(mut ids: Vec<M::Id>, io: &Io) -> Result<Rewritten<M>> {
    let mut page = Rewritten::default();
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            io.back_off(attempt).await?;
        }
        let records = ids.iter().cloned().map(RecordKey::new::<M>);
        let found = results_of_page::<M, _>(io.run(batch(records.map(Check::<M>))).await)?;
        let (stale, commits) = page.sort(ids, found);
        if commits.is_empty() {
            return Ok(page);
        }
        let outcomes = results_of_page::<M, _>(io.run(batch(commits)).await)?;
        ids = page.count(stale, outcomes);
        if ids.is_empty() {
            return Ok(page);
        }
    }
    page.failed.extend(ids.into_iter().map(contended::<M>));
    Ok(page)
}

fn contended<M: RedisModel>(id: M::Id) -> (M::Id, Error) {
    let message = "other clients changed the record each time that it was to be rewritten";
    let error = Error::new(ErrorKind::Conflict, message).with_model(M::SCHEMA.name);
    let error = error.with_key(&key::write(M::SCHEMA.template(), &id));
    (id, error)
}

impl<M: RedisModel> Rewritten<M> {
    /// Returns the records to rewrite, with the operations that do it, and counts the others.
    fn sort(
        &mut self,
        ids: Vec<M::Id>,
        found: Vec<Result<RewriteCheck>>,
    ) -> (Vec<M::Id>, Vec<Commit<M>>) {
        let (mut stale, mut commits) = (Vec::new(), Vec::new());
        for (id, found) in ids.into_iter().zip(found) {
            match found {
                Ok(RewriteCheck::Missing) => {}
                Ok(RewriteCheck::Current) => self.current += 1,
                Ok(RewriteCheck::Stale(changes)) => {
                    commits.push(Commit::rewrite(key::write(M::SCHEMA.template(), &id), changes));
                    stale.push(id);
                }
                Err(error) => self.failed.push((id, error)),
            }
        }
        (stale, commits)
    }

    /// Counts the records that were rewritten, and returns those that another client has
    /// changed since they were read.
    fn count(&mut self, ids: Vec<M::Id>, outcomes: Vec<Result<Outcome<()>>>) -> Vec<M::Id> {
        let mut changed = Vec::new();
        for (id, outcome) in ids.into_iter().zip(outcomes) {
            match outcome {
                Ok(Outcome::Applied(())) => self.rewritten += 1,
                Ok(Outcome::Missing(_)) => {}
                Ok(Outcome::Conflict(_)) => changed.push(id),
                Err(error) => self.failed.push((id, error)),
            }
        }
        changed
    }
}

/// Reads a record and compares it with what the model would write now.
struct Check<M: RedisModel>(RecordKey<M::Id>);

impl<M: RedisModel> Operation for Check<M> {
    type Output = RewriteCheck;

    fn encode(&self, request: &mut Request) -> Result<()> {
        self.0.read::<M>(Expiry::Keep).encode(request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<RewriteCheck> {
        let (read, mut record) = (self.0.read::<M>(Expiry::Keep), None);
        read.finish_rewrite(read.decode(replies), &mut self.0.place::<M>(&mut record))
    }
}

impl<M: RedisModel> Default for Rewritten<M> {
    fn default() -> Self {
        Self { rewritten: 0, current: 0, failed: Vec::new() }
    }
}

impl<M: RedisModel> fmt::Debug for Rewritten<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rewritten")
            .field("model", &M::SCHEMA.name)
            .field("rewritten", &self.rewritten)
            .field("current", &self.current)
            .field("failed", &self.failed.len())
            .finish()
    }
}

clone_fields! {
    impl[M: RedisModel] RewriteAll<M> { pages, rewritten, current, failed }
    impl[M: RedisModel] Rewritten<M> { rewritten, current, failed }
}
