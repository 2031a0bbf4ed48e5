//! The ids of a model's records, a page at a time, for the flows that go over all of them.

use std::marker::PhantomData;

use super::ScanPosition;
use super::keys::KeyScan;
use crate::clone::clone_fields;
use crate::erased::AnyModel;
use crate::error::{Error, Result};
use crate::flow::Io;
use crate::key::{Key, KeyRange, LeadingParts};
use crate::model::RedisModel;
use crate::op::batch;

/// SCAN looks at this many keys for a page by default, which takes the server a fraction
/// of a millisecond.
const PAGE_SIZE: usize = 1000;

/// The pages of ids.
pub(super) struct Pages<M> {
    keys: KeyScan,
    range: KeyRange,
    /// Not every hash is a record, so the server is asked about each.
    check: bool,
    model: PhantomData<fn() -> M>,
}

impl<M: RedisModel> Pages<M> {
    /// Creates pages of keys that may hold a record, for flows that read it.
    pub(super) fn of_keys() -> Self {
        let (name, range) = (M::SCHEMA.name, KeyRange::ALL);
        let pattern = range.pattern(M::SCHEMA.template());
        let keys = KeyScan::new(name, pattern, AnyModel::of::<M>().redis_type(), PAGE_SIZE);
        Self { keys, range, check: false, model: PhantomData }
    }

    /// Creates pages of keys that do hold a record.
    pub(super) fn of_records() -> Self {
        // SCAN has checked the type, and any string is a blob.
        Self { check: AnyModel::of::<M>().codec().is_none(), ..Self::of_keys() }
    }

    /// Reads only keys with these leading parts.
    pub(super) fn within(&mut self, leading: impl LeadingParts<M::Id>) {
        let template = M::SCHEMA.template();
        self.range = KeyRange::of(template, leading);
        if let Some(start) = self.range.start() {
            self.keys.within(self.range.pattern(template), start);
        }
    }

    /// Returns the id of a key, unless the key is not one of these.
    fn id_of(&self, key: &Key) -> Option<M::Id> {
        self.range.read(M::SCHEMA.template(), key).ok()
    }

    pub(super) fn set_page_size(&mut self, keys: usize) {
        self.keys.page_size = keys.max(1);
    }

    pub(super) fn resume_from(&mut self, position: ScanPosition) {
        self.keys.resume_from(position);
    }

    /// Begins again at the first page.
    pub(super) fn rewind(&mut self) {
        self.resume_from(ScanPosition::START);
    }

    pub(super) fn position(&self) -> &ScanPosition {
        self.keys.position()
    }

    /// Moves on behind the page that was returned last.
    pub(super) fn finish(&mut self) {
        self.keys.finish_page();
    }

    /// Returns the next page of ids, which is not empty, or `None` after the last. The same
    /// page is returned again until [`finish`](Self::finish) is called.
    pub(super) async fn next(&mut self, io: &Io) -> Result<Option<Vec<M::Id>>> {
        while let Some(keys) = self.keys.next_page(io).await? {
            // The pattern also finds keys of other models: `user:*` and `user:7:cart`.
            let mut ids: Vec<M::Id> = keys.iter().filter_map(|key| self.id_of(key)).collect();
            if self.check && !ids.is_empty() {
                let exist = io.run(batch(ids.iter().cloned().map(M::exists))).await;
                let mut exist = results_of_page::<M, _>(exist)?.into_iter();
                ids.retain(|_| exist.next().is_some_and(|exists| may_exist(&exists)));
            }
            if !ids.is_empty() {
                return Ok(Some(ids));
            }
            self.finish();
        }
        Ok(None)
    }
}

/// Returns `true` if there is a record, or if this user may not look.
fn may_exist(exists: &Result<bool>) -> bool {
    match exists {
        Ok(exists) => *exists,
        Err(error) => !error.is_wrong_type(),
    }
}

/// Returns the results of the records of a page.
///
/// # Errors
///
/// The error that kept the server from answering for any of the records. The page is tried
/// again then.
pub(super) fn results_of_page<M: RedisModel, T>(
    results: Result<Vec<Result<T>>>,
) -> Result<Vec<Result<T>>> {
    let results = results.map_err(|error| error.with_model(M::SCHEMA.name))?;
    let mut of_records = Vec::with_capacity(results.len());
    for result in results {
        match result {
            Err(error) if is_of_server(&error) => return Err(error.with_model(M::SCHEMA.name)),
            result => of_records.push(result),
        }
    }
    Ok(of_records)
}

/// Returns `true` if an error says nothing about the record: the server cannot
/// answer, or not now, or another one should be asked.
fn is_of_server(error: &Error) -> bool {
    const CODES: [&str; 4] = ["ASK", "MOVED", "NOAUTH", "READONLY"];
    error.is_connection()
        || error.is_transient()
        || error.code().is_some_and(|code| CODES.contains(&code))
}

clone_fields! {
    impl[M] Pages<M> { keys, range, check, model }
}
