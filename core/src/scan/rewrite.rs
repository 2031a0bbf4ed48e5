//! All records written anew as the model writes them now.

use std::fmt;

use super::ScanPosition;
use super::pages::{Pages, results_of_page};
use crate::edit::Commit;
use crate::error::{Error, ErrorKind, Result};
use crate::key;
use crate::model::{Read, RedisModel, Reread, Storage};
use crate::op::{Flow, Moment, Operation, Replies, Request, Step, batch};
use crate::update::Outcome;

/// How often a record is read again that others have written meanwhile.
const ATTEMPTS: u32 = 8;

/// Writes records anew that are stored as older programs or keys did it; see
/// [`RedisModel::rewrite_all`].
#[must_use = "a flow does nothing until it is run"]
pub struct RewriteAll<M: RedisModel> {
    pages: Pages<M>,
    page: Rewritten<M>,
    attempts: u32,
    rewritten: u64,
    current: u64,
    failed: u64,
}

/// What became of the records of a page.
#[non_exhaustive]
pub struct Rewritten<M: RedisModel> {
    /// How many were written anew.
    pub rewritten: u64,
    /// How many are stored as they should be, and were left alone.
    pub current: u64,
    /// Those that could not be read or written, which are as they were.
    pub failed: Vec<(M::Id, Error)>,
}

impl<M: RedisModel> RewriteAll<M> {
    pub(crate) fn new() -> Self {
        let (pages, page) = (Pages::of_keys(), Rewritten::default());
        Self { pages, page, attempts: 0, rewritten: 0, current: 0, failed: 0 }
    }

    /// Sets how many keys the server looks at for a page, of this model and
    /// others: SCAN's `COUNT`, 1000 by default.
    pub fn page_size(self, keys: usize) -> Self {
        Self { pages: self.pages.page_size(keys), ..self }
    }

    /// Resumes another rewriting of this model at its position. Records before
    /// it are read again at worst; that does no harm.
    pub fn from(self, position: ScanPosition) -> Self {
        Self { pages: self.pages.from(position), ..self }
    }

    /// Returns the position behind the last page that was returned.
    pub fn position(&self) -> &ScanPosition {
        self.pages.position()
    }

    /// Returns how many records were rewritten, on all pages that were returned.
    ///
    /// A page that a run could not complete is repeated by the next run and
    /// counted then: what the first run had rewritten of it is `current` by then.
    pub fn rewritten(&self) -> u64 {
        self.rewritten
    }

    /// Returns how many records were stored as they should be, on all pages
    /// that were returned. A record that SCAN returned twice counts twice.
    pub fn current(&self) -> u64 {
        self.current
    }

    /// Returns how many records could not be read or written, on all pages
    /// that were returned.
    pub fn failed(&self) -> u64 {
        self.failed
    }
}

impl<M: RedisModel> Flow for RewriteAll<M> {
    /// What became of the next page; `None` after the last.
    type Output = Option<Rewritten<M>>;

    fn start<'s>(&mut self, now: &Moment) -> Result<Step<'s, Self>>
    where
        Self: 's,
    {
        self.page = Rewritten::default();
        self.attempts = 0;
        Step::part(
            self,
            |rewrite| &mut rewrite.pages,
            now,
            |_, ids, _| Ok(ids.map_or_else(|| Step::done(None), Self::read)),
        )
    }
}

impl<M: RedisModel> RewriteAll<M> {
    fn read<'s>(ids: Vec<M::Id>) -> Step<'s, Self>
    where
        Self: 's,
    {
        let reads = batch(ids.iter().cloned().map(|id| Reader::<M> { id }));
        Step::attempt(reads, |flow: &mut Self, read, _| {
            Ok(flow.write(ids, results_of_page::<M, _>(read)?))
        })
    }

    fn write<'s>(&mut self, ids: Vec<M::Id>, read: Vec<Result<Found<M>>>) -> Step<'s, Self>
    where
        Self: 's,
    {
        let (mut stale, mut commits) = (Vec::new(), Vec::new());
        for (id, read) in ids.into_iter().zip(read) {
            match read {
                Ok(Reread::Missing) => {}
                Ok(Reread::Current) => self.page.current += 1,
                Ok(Reread::Stale(changes)) => {
                    commits
                        .push(Commit::<M>::rewrite(key::write(M::SPEC.template(), &id), changes));
                    stale.push(id);
                }
                Err(error) => self.page.failed.push((id, error)),
            }
        }
        if commits.is_empty() {
            return self.done();
        }
        Step::attempt(batch(commits), |flow: &mut Self, outcomes, now| {
            Ok(flow.written(stale, results_of_page::<M, _>(outcomes)?, now))
        })
    }

    fn written<'s>(
        &mut self,
        ids: Vec<M::Id>,
        outcomes: Vec<Result<Outcome<()>>>,
        now: &Moment,
    ) -> Step<'s, Self>
    where
        Self: 's,
    {
        let mut again = Vec::new();
        for (id, outcome) in ids.into_iter().zip(outcomes) {
            match outcome {
                Ok(Outcome::Applied(())) => self.page.rewritten += 1,
                Ok(Outcome::Missing) => {}
                Ok(Outcome::Conflict(_)) => again.push(id),
                Err(error) => self.page.failed.push((id, error)),
            }
        }
        self.attempts += 1;
        if again.is_empty() {
            return self.done();
        }
        if self.attempts < ATTEMPTS {
            // Whoever wrote them may do so again at once.
            let pause = now.jitter(std::time::Duration::from_millis(1) * (1 << self.attempts));
            return Step::pause(pause, |_: &mut Self, _| Ok(Self::read(again)));
        }
        let contended = |id: M::Id| {
            let message = "others wrote the record each time that it was to be written anew";
            let error = Error::new(ErrorKind::Conflict, message).with_model(M::SPEC.name);
            let error = error.with_key(&key::write(M::SPEC.template(), &id));
            (id, error)
        };
        self.page.failed.extend(again.into_iter().map(contended));
        self.done()
    }

    fn done<'s>(&mut self) -> Step<'s, Self>
    where
        Self: 's,
    {
        let page = std::mem::take(&mut self.page);
        self.pages.finish();
        self.rewritten += page.rewritten;
        self.current += page.current;
        self.failed += page.failed.len() as u64;
        Step::done(Some(page))
    }
}

type Found<M> = Reread<<<M as RedisModel>::Storage as Storage<M>>::Changes>;

/// Reads a record to see whether it would be written otherwise now.
struct Reader<M: RedisModel> {
    id: M::Id,
}

impl<M: RedisModel> Operation for Reader<M> {
    type Output = Found<M>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        M::Storage::read(&key::write(M::SPEC.template(), &self.id), Read::Stay, request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<Self::Output> {
        let key = key::write(M::SPEC.template(), &self.id);
        let reread = replies.next().and_then(|reply| M::Storage::reread(&self.id, &key, reply));
        reread.map_err(|error| error.with_model(M::SPEC.name).with_key(&key))
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
            .field("model", &M::SPEC.name)
            .field("rewritten", &self.rewritten)
            .field("current", &self.current)
            .field("failed", &self.failed.len())
            .finish()
    }
}
