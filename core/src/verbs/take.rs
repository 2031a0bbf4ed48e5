//! `take`: a record that is read and then deleted, if it still is what was read.
//!
//! A server cannot tell whether the client will be able to decode a record. A
//! single command that reads and deletes would lose what cannot be decoded, so
//! the client decodes before it deletes.

use std::fmt;
use std::time::Duration;

use super::{about, key_of_id};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Read, RedisModel, Storage};
use crate::op::{Flow, Moment, Operation, Replies, Request, Step, batch, run_without_import};
use crate::update::Outcome;

/// How often a record is read that other clients keep changing.
const ATTEMPTS: u32 = 16;

/// Reads and deletes a record; see [`RedisModel::take`].
#[must_use = "a flow does nothing until it is run"]
pub struct Take<M: RedisModel> {
    many: TakeMany<M>,
}

/// Reads and deletes many records; see [`RedisModel::take_many`].
#[must_use = "a flow does nothing until it is run"]
pub struct TakeMany<M: RedisModel> {
    ids: Vec<M::Id>,
    /// One for each id.
    results: Vec<Result<Option<M>>>,
    /// The records whose deletion was sent, by the position of their id.
    sent: Vec<(usize, M)>,
    unconfirmed: Vec<M>,
    failed: u32,
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
        let (results, sent, unconfirmed) = (Vec::new(), Vec::new(), Vec::new());
        Self { ids: ids.collect(), results, sent, unconfirmed, failed: 0 }
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

    fn start<'s>(&mut self, now: &Moment) -> Result<Step<'s, Self>>
    where
        Self: 's,
    {
        Step::part(
            self,
            |take| &mut take.many,
            now,
            |_, mut results, _| Ok(Step::done(results.pop().unwrap_or(Ok(None))?)),
        )
    }
}

impl<M: RedisModel + Send> Flow for TakeMany<M> {
    type Output = Vec<Result<Option<M>>>;

    fn start<'s>(&mut self, _: &Moment) -> Result<Step<'s, Self>>
    where
        Self: 's,
    {
        self.results = self.ids.iter().map(|_| Ok(None)).collect();
        (self.sent, self.unconfirmed, self.failed) = (Vec::new(), Vec::new(), 0);
        Ok(self.read((0..self.ids.len()).collect()))
    }
}

impl<M: RedisModel + Send> TakeMany<M> {
    fn read<'s>(&mut self, positions: Vec<usize>) -> Step<'s, Self>
    where
        Self: 's,
    {
        let reads = positions.iter().map(|at| ReadToTake::<M> { id: self.ids[*at].clone() });
        Step::run(batch(reads), |flow: &mut Self, read, _| Ok(flow.delete(positions, read)))
    }

    fn delete<'s>(&mut self, positions: Vec<usize>, read: Vec<Result<Found<M>>>) -> Step<'s, Self>
    where
        Self: 's,
    {
        let mut deletions = Vec::new();
        for (at, found) in positions.into_iter().zip(read) {
            match found {
                Ok(Some((record, snapshot))) => {
                    deletions.push(DeleteUnchanged::<M> { id: self.ids[at].clone(), snapshot });
                    self.sent.push((at, record));
                }
                Ok(None) => self.results[at] = Ok(None),
                Err(error) => self.results[at] = Err(error),
            }
        }
        if deletions.is_empty() {
            return self.done();
        }
        Step::run(
            batch(deletions),
            |flow: &mut Self, outcomes, now| Ok(flow.deleted(outcomes, now)),
        )
    }

    fn deleted<'s>(&mut self, outcomes: Vec<Result<Outcome<()>>>, now: &Moment) -> Step<'s, Self>
    where
        Self: 's,
    {
        let mut changed = Vec::new();
        for ((at, record), outcome) in std::mem::take(&mut self.sent).into_iter().zip(outcomes) {
            self.results[at] = match outcome {
                Ok(Outcome::Applied(())) => Ok(Some(record)),
                Ok(Outcome::Missing) => Ok(None),
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
        self.failed += 1;
        if changed.is_empty() || self.failed == ATTEMPTS {
            return self.done();
        }
        let longest = Duration::from_millis(1) * (1 << self.failed.min(6));
        Step::pause(now.jitter(longest), |flow: &mut Self, _| Ok(flow.read(changed)))
    }

    fn contended(&self, at: usize) -> Error {
        let message = "other clients changed the record each time that it was to be taken";
        about::<M>(|| key_of_id::<M>(&self.ids[at]))(Error::new(ErrorKind::Conflict, message))
    }

    fn done<'s>(&mut self) -> Step<'s, Self>
    where
        Self: 's,
    {
        Step::done(std::mem::take(&mut self.results))
    }
}

run_without_import! {
    impl[M: RedisModel + Send] Take<M>;
    impl[M: RedisModel + Send] TakeMany<M>;
}

type Found<M> = Option<(M, <<M as RedisModel>::Storage as Storage<M>>::RawSnapshot)>;

/// Reads a record together with the values that it was decoded from.
struct ReadToTake<M: RedisModel> {
    id: M::Id,
}

/// Deletes a record if it still holds the values that were read.
struct DeleteUnchanged<M: RedisModel> {
    id: M::Id,
    snapshot: <M::Storage as Storage<M>>::RawSnapshot,
}

impl<M: RedisModel> Operation for ReadToTake<M> {
    type Output = Found<M>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        M::Storage::read(&key_of_id::<M>(&self.id), Read::Stay, request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<Found<M>> {
        replies
            .next()
            .and_then(|reply| M::Storage::decode_snapshot(&self.id, reply))
            .map_err(about::<M>(|| key_of_id::<M>(&self.id)))
    }
}

impl<M: RedisModel> Operation for DeleteUnchanged<M> {
    type Output = Outcome<()>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        M::Storage::encode_delete(&self.snapshot, &key_of_id::<M>(&self.id), request);
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<Outcome<()>> {
        replies
            .next()
            .and_then(M::Storage::decode_delete)
            .map_err(about::<M>(|| key_of_id::<M>(&self.id)))
    }
}

impl<M: RedisModel> fmt::Debug for Take<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Take")
            .field("model", &M::SPEC.name)
            .field("key", &self.many.ids.first().map(key_of_id::<M>))
            .finish_non_exhaustive()
    }
}

impl<M: RedisModel> fmt::Debug for TakeMany<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TakeMany")
            .field("model", &M::SPEC.name)
            .field("records", &self.ids.len())
            .finish_non_exhaustive()
    }
}
