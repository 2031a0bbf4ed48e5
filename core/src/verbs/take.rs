//! `take`: a record that is read and then deleted, if it still is what was read.
//!
//! A server cannot tell whether the client will be able to decode a record. A
//! single command that reads and deletes would lose what cannot be decoded, so
//! the client decodes before it deletes.

use std::fmt;
use std::mem;

use super::DeleteUnchanged;
use crate::erased::{AnyModel, RawSnapshot, RecordKey};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::{Flow, Io, inherent_run};
use crate::key::{self, Key};
use crate::model::RedisModel;
use crate::op::{Operation, Replies, Request, batch};
use crate::ttl::Expiry;
use crate::update::Outcome;

/// A record that other clients keep changing is read at most so many times.
pub(super) const ATTEMPTS: u32 = 16;

/// Reads and deletes a record; see [`RedisModel::take`].
#[must_use = "a flow does nothing until it is run"]
pub struct Take<M: RedisModel> {
    pub(super) many: TakeMany<M>,
}

/// Reads and deletes many records; see [`RedisModel::take_many`].
#[must_use = "a flow does nothing until it is run"]
pub struct TakeMany<M: RedisModel> {
    pub(super) ids: Vec<M::Id>,
    /// The records whose deletion was sent, by the position of their id. A run that fails
    /// or is dropped leaves them here.
    sent: Vec<(usize, M)>,
    unconfirmed: Vec<M>,
}

impl<M: RedisModel> Take<M> {
    pub(crate) fn new(id: M::Id) -> Self {
        Self { many: TakeMany::new(std::iter::once(id)) }
    }

    /// Returns the record that the last run decoded and asked the server to
    /// delete, if the connection broke before the server answered. The record
    /// may be deleted, by this take or by another client's.
    pub fn unconfirmed(&self) -> Option<&M> {
        self.many.unconfirmed().next()
    }
}

impl<M: RedisModel> TakeMany<M> {
    pub(crate) fn new(ids: impl Iterator<Item = M::Id>) -> Self {
        Self { ids: ids.collect(), sent: Vec::new(), unconfirmed: Vec::new() }
    }

    /// Returns the records that the last run decoded and asked the server to
    /// delete, if the connection broke before the server answered. Each may be
    /// deleted, by this take or by another client's.
    pub fn unconfirmed(&self) -> impl Iterator<Item = &M> {
        self.unconfirmed.iter().chain(self.sent.iter().map(|(_, record)| record))
    }
}

impl<M: RedisModel + Send> Flow for Take<M> {
    type Output = Option<M>;

    async fn steps(&mut self, io: &Io) -> Result<Option<M>> {
        self.many.steps(io).await?.pop().unwrap_or(Ok(None))
    }
}

impl<M: RedisModel + Send> Flow for TakeMany<M> {
    /// One result for each id.
    type Output = Vec<Result<Option<M>>>;

    async fn steps(&mut self, io: &Io) -> Result<Self::Output> {
        (self.sent, self.unconfirmed) = (Vec::new(), Vec::new());
        let mut results: Self::Output = self.ids.iter().map(|_| Ok(None)).collect();
        let mut left: Vec<usize> = (0..self.ids.len()).collect();
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                io.back_off(attempt).await?;
            }
            let records = left.iter().map(|&at| RecordKey::new::<M>(self.ids[at].clone()));
            let found = io.run(batch(records.map(ReadToTake::<M>))).await?;
            let deletions = self.decoded(left, found, &mut results);
            if deletions.is_empty() {
                break;
            }
            let outcomes = io.run(batch(deletions)).await?;
            left = self.deleted(outcomes, &mut results);
            if left.is_empty() {
                break;
            }
        }
        Ok(results)
    }
}

impl<M: RedisModel> TakeMany<M> {
    /// Returns the deletions of the records that were found.
    fn decoded(
        &mut self,
        positions: Vec<usize>,
        found: Vec<Result<Found<M>>>,
        results: &mut [Result<Option<M>>],
    ) -> Vec<DeleteUnchanged<M>> {
        let mut deletions = Vec::new();
        for (at, found) in positions.into_iter().zip(found) {
            results[at] = found.map(|found| {
                let (record, snapshot) = found?;
                deletions.push(DeleteUnchanged::new(self.key(at), snapshot));
                self.sent.push((at, record));
                None
            });
        }
        deletions
    }

    /// Returns the positions of the records that another client has changed meanwhile.
    fn deleted(
        &mut self,
        outcomes: Vec<Result<Outcome<()>>>,
        results: &mut [Result<Option<M>>],
    ) -> Vec<usize> {
        let mut changed = Vec::new();
        for ((at, record), outcome) in mem::take(&mut self.sent).into_iter().zip(outcomes) {
            results[at] = match outcome {
                Ok(Outcome::Applied(())) => Ok(Some(record)),
                Ok(Outcome::Missing(_)) => Ok(None),
                Ok(Outcome::Conflict(_)) => {
                    changed.push(at);
                    Err(self.contended(at))
                }
                Err(error) => {
                    self.unconfirmed.extend(Some(record).filter(|_| error.is_connection()));
                    Err(error)
                }
            };
        }
        changed
    }

    fn contended(&self, at: usize) -> Error {
        contended(AnyModel::of::<M>(), &self.key(at))
    }

    fn key(&self, at: usize) -> Key {
        key::write(M::SCHEMA.template(), &self.ids[at])
    }
}

pub(super) fn contended(model: AnyModel, key: &Key) -> Error {
    let message = "other clients changed the record each time that it was to be taken";
    model.locate(key, Error::new(ErrorKind::Conflict, message))
}

inherent_run! {
    impl[M: RedisModel + Send] Take<M>;
    impl[M: RedisModel + Send] TakeMany<M>;
}

type Found<M> = Option<(M, RawSnapshot)>;

/// Reads a record together with the values that it was decoded from.
struct ReadToTake<M: RedisModel>(RecordKey<M::Id>);

impl<M: RedisModel> Operation for ReadToTake<M> {
    type Output = Found<M>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        self.0.read::<M>(Expiry::Keep).encode(request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<Found<M>> {
        let (read, mut record) = (self.0.read::<M>(Expiry::Keep), None);
        let raw = read.finish_take(read.decode(replies), &mut self.0.place(&mut record))?;
        Ok(record.zip(raw))
    }
}

impl<M: RedisModel> fmt::Debug for Take<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Take")
            .field("model", &M::SCHEMA.name)
            .field("key", &self.many.key(0))
            .finish_non_exhaustive()
    }
}

impl<M: RedisModel> fmt::Debug for TakeMany<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TakeMany")
            .field("model", &M::SCHEMA.name)
            .field("records", &self.ids.len())
            .finish_non_exhaustive()
    }
}
