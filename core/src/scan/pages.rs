//! The ids of a model's records, a page at a time, for the flows that go over all of them.

use std::marker::PhantomData;

use super::ScanPosition;
use super::walk::Walk;
use crate::error::{Error, Result};
use crate::key::{self, Key};
use crate::model::{RedisModel, Storage};
use crate::op::{Flow, Moment, Step, batch};

/// How many keys SCAN looks at for a page, unless a call says otherwise: this
/// takes the server a fraction of a millisecond.
const PAGE: usize = 1000;

/// A flow whose output is the next page of ids, which is not empty; `None` after
/// the last. It returns the same page again until [`finish`](Self::finish) is called.
pub(super) struct Pages<M> {
    walk: Walk,
    /// Whether a found key has to be looked at: not every hash is a record.
    check: bool,
    model: PhantomData<fn() -> M>,
}

impl<M: RedisModel> Pages<M> {
    /// Pages of keys that may hold a record: for flows that read it.
    pub(super) fn of_keys() -> Self {
        let (name, pattern) = (M::SPEC.name, M::SPEC.template().pattern());
        let walk = Walk::new(name, pattern, M::Storage::TYPE, PAGE);
        Self { walk, check: false, model: PhantomData }
    }

    /// Pages of keys that do hold a record.
    pub(super) fn of_records() -> Self {
        // SCAN has checked the type, and any string is a blob.
        Self { check: M::Storage::CODEC.is_none(), ..Self::of_keys() }
    }

    pub(super) fn page_size(mut self, keys: usize) -> Self {
        self.walk.page_size = keys.max(1);
        self
    }

    pub(super) fn from(mut self, position: ScanPosition) -> Self {
        self.walk.resume(position);
        self
    }

    /// Begins again at the first page.
    pub(super) fn rewind(&mut self) {
        self.walk.resume(ScanPosition::START);
    }

    pub(super) fn position(&self) -> &ScanPosition {
        self.walk.position()
    }

    /// Moves on behind the page that was returned last.
    pub(super) fn finish(&mut self) {
        self.walk.finish_page();
    }

    fn turn<'s>(&mut self, ids: Vec<M::Id>, now: &Moment) -> Result<Step<'s, Self>>
    where
        Self: 's,
    {
        if ids.is_empty() {
            self.finish();
            return self.start(now);
        }
        Ok(Step::done(Some(ids)))
    }
}

impl<M: RedisModel> Flow for Pages<M> {
    type Output = Option<Vec<M::Id>>;

    fn start<'s>(&mut self, now: &Moment) -> Result<Step<'s, Self>>
    where
        Self: 's,
    {
        Step::part(
            self,
            |pages| &mut pages.walk,
            now,
            |pages, keys, now| {
                let Some(keys) = keys else { return Ok(Step::done(None)) };
                // The pattern also finds keys of other models: `user:*` and `user:7:cart`.
                let ids: Vec<_> = keys.iter().filter_map(id_of::<M>).collect();
                if ids.is_empty() || !pages.check {
                    return pages.turn(ids, now);
                }
                let checks = batch(ids.iter().cloned().map(M::exists));
                Ok(Step::attempt(checks, move |pages: &mut Self, known, now| {
                    let known = results_of_page::<M, _>(known)?;
                    let found = ids.into_iter().zip(known).filter(|(_, known)| may_exist(known));
                    pages.turn(found.map(|(id, _)| id).collect(), now)
                }))
            },
        )
    }
}

fn id_of<M: RedisModel>(key: &Key) -> Option<M::Id> {
    key::read(M::SPEC.template(), key).ok()
}

/// A record that this user may not look at is there all the same.
fn may_exist(known: &Result<bool>) -> bool {
    match known {
        Ok(known) => *known,
        Err(error) => !error.is_wrong_type(),
    }
}

/// Returns the results of the records of a page, or the error that kept the
/// server from answering for any of them: the page is tried again then.
pub(super) fn results_of_page<M: RedisModel, T>(
    results: Result<Vec<Result<T>>>,
) -> Result<Vec<Result<T>>> {
    let results = results.map_err(|error| error.with_model(M::SPEC.name))?;
    let mut of_records = Vec::with_capacity(results.len());
    for result in results {
        match result {
            Err(error) if is_of_server(&error) => return Err(error.with_model(M::SPEC.name)),
            result => of_records.push(result),
        }
    }
    Ok(of_records)
}

/// Returns `true` if an error says nothing about the record: the server cannot
/// answer, or not now, or another one should be asked.
fn is_of_server(error: &Error) -> bool {
    const CODES: [&str; 10] = [
        "ASK",
        "BUSY",
        "CLUSTERDOWN",
        "LOADING",
        "MASTERDOWN",
        "MOVED",
        "NOAUTH",
        "NOREPLICAS",
        "READONLY",
        "TRYAGAIN",
    ];
    error.is_connection() || error.code().is_some_and(|code| CODES.contains(&code))
}
