//! Reading a record: without its type from the server, and then into a place that has it.

use std::vec;

use super::{AnyModel, AnyRecord, RawSnapshot, RewriteCheck, Snapshot};
use crate::blob::{self, BlobMapping};
use crate::codec::Location;
use crate::error::{Error, Result};
use crate::hash::{self, Mapping, Row};
use crate::key::{self, Key, ModelId};
use crate::model::{RedisModel, Storage};
use crate::op::{Operation, Replies, Request};
use crate::redis_rs::ReplyValue;
use crate::ttl::Expiry;

/// A record as it is stored.
pub(crate) enum RawRecord {
    /// The values of the names that are read of a hash.
    Hash(Mapping, vec::IntoIter<ReplyValue>),
    Blob(BlobMapping, Vec<u8>),
}

/// Reads a record without decoding it.
pub(crate) struct Read<'a> {
    model: AnyModel,
    key: &'a Key,
    /// The time to live to set in the same step.
    refresh: Expiry,
}

/// The stored form of a record, for its place.
#[derive(Debug)]
pub enum Stored<'a, 'r> {
    /// The values of a hash, of the version that is so many before the current one.
    Row {
        row: &'a mut Row<'r>,
        behind: u8,
        version: u8,
    },
    Bytes {
        bytes: &'a [u8],
        at: Location<'r>,
    },
}

/// A place for a decoded record.
pub(crate) trait DecodeInto {
    /// Decodes the record and returns it.
    fn decode(&mut self, stored: Stored<'_, '_>) -> Result<&dyn AnyRecord>;
}

/// The id and the key of a record, to read it. All models with ids of one type share the
/// code that drops it.
pub(crate) struct RecordKey<Id> {
    pub(crate) id: Id,
    pub(crate) key: Key,
}

/// The place for a record with this id. It borrows the record, so that it needs no drop.
pub(crate) struct Decoded<'a, M: RedisModel> {
    id: &'a M::Id,
    record: &'a mut Option<M>,
}

impl<Id: ModelId> RecordKey<Id> {
    #[inline(always)]
    pub(crate) fn new<M: RedisModel<Id = Id>>(id: Id) -> Self {
        Self { key: key::write(M::SCHEMA.template(), &id), id }
    }

    #[inline(always)]
    pub(crate) fn read<M: RedisModel<Id = Id>>(&self, refresh: Expiry) -> Read<'_> {
        Read { model: AnyModel::of::<M>(), key: &self.key, refresh }
    }

    /// Returns the place for the record.
    #[inline(always)]
    pub(crate) fn place<'a, M>(&'a self, record: &'a mut Option<M>) -> Decoded<'a, M>
    where
        M: RedisModel<Id = Id>,
    {
        Decoded::new(&self.id, record)
    }
}

impl<Id: ModelId> Clone for RecordKey<Id> {
    fn clone(&self) -> Self {
        Self { id: self.id.clone(), key: self.key.clone() }
    }
}

impl<'a, M: RedisModel> Decoded<'a, M> {
    #[inline(always)]
    pub(crate) fn new(id: &'a M::Id, record: &'a mut Option<M>) -> Self {
        Self { id, record }
    }
}

// The matches here and in the verbs' shells stand for `?` and `map`, each of which would be
// a function for each model.
impl<M: RedisModel> DecodeInto for Decoded<'_, M> {
    fn decode(&mut self, stored: Stored<'_, '_>) -> Result<&dyn AnyRecord> {
        match M::Storage::decode(self.id, stored) {
            Ok(record) => *self.record = Some(record),
            Err(error) => return Err(error),
        }
        match self.record {
            Some(record) => Ok(record),
            None => Err(Error::unexpected_reply()),
        }
    }
}

impl Operation for Read<'_> {
    type Output = Option<RawRecord>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        self.model.encode_read(self.key, self.refresh, request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<Option<RawRecord>> {
        // After an error of the server or the connection nothing is known to be applied.
        let reply = replies.next().map_err(|error| self.model.locate(self.key, error))?;
        let raw = match self.model {
            AnyModel::Hash(mapping) => {
                mapping.values(reply).map(|values| Some(RawRecord::Hash(mapping, values?)))
            }
            AnyModel::Blob(mapping) => {
                reply.into_bytes().map(|bytes| Some(RawRecord::Blob(mapping, bytes?)))
            }
        };
        raw.map_err(|error| self.undecodable(error))
    }
}

impl Read<'_> {
    /// Adds the model and the key to the error of a reply that cannot be decoded. The server
    /// has set the time to live by then.
    fn undecodable(&self, error: Error) -> Error {
        let error = self.model.locate(self.key, error);
        if self.refresh == Expiry::Keep { error } else { error.applied() }
    }

    /// Decodes a record, if there is one.
    pub(crate) fn finish(
        &self,
        raw: Result<Option<RawRecord>>,
        into: &mut dyn DecodeInto,
    ) -> Result<()> {
        let Some(raw) = raw? else { return Ok(()) };
        let decoded = match raw {
            RawRecord::Hash(mapping, values) => {
                hash::decode_or_none(mapping, self.key, values, into).map(drop)
            }
            RawRecord::Blob(mapping, bytes) => {
                blob::decode_or_none(mapping, self.key, &bytes, into).map(drop)
            }
        };
        decoded.map_err(|error| self.undecodable(error))
    }

    /// Decodes a record and returns its snapshot.
    pub(crate) fn finish_draft(
        &self,
        raw: Result<Option<RawRecord>>,
        into: &mut dyn DecodeInto,
    ) -> Result<Option<Snapshot>> {
        let Some(raw) = raw? else { return Ok(None) };
        let decoded = match raw {
            RawRecord::Hash(mapping, values) => hash::decode_draft(mapping, self.key, values, into)
                .map(|read| Some(Snapshot::Hash(mapping, read?))),
            RawRecord::Blob(mapping, bytes) => blob::decode_draft(mapping, self.key, bytes, into)
                .map(|read| read.map(Snapshot::Blob)),
        };
        decoded.map_err(|error| self.undecodable(error))
    }

    /// Decodes a record and returns the stored values that it was decoded from.
    pub(crate) fn finish_take(
        &self,
        raw: Result<Option<RawRecord>>,
        into: &mut dyn DecodeInto,
    ) -> Result<Option<RawSnapshot>> {
        let Some(raw) = raw? else { return Ok(None) };
        let decoded = match raw {
            RawRecord::Hash(mapping, values) => {
                hash::decode_to_take(mapping, self.key, values, into)
                    .map(|raw| raw.map(RawSnapshot::Hash))
            }
            RawRecord::Blob(mapping, bytes) => {
                let found = blob::decode_or_none(mapping, self.key, &bytes, into);
                found.map(|found| found.map(|_| RawSnapshot::Blob(bytes)))
            }
        };
        decoded.map_err(|error| self.undecodable(error))
    }

    /// Decodes a record and returns the changes that write it in its current form.
    pub(crate) fn finish_rewrite(
        &self,
        raw: Result<Option<RawRecord>>,
        into: &mut dyn DecodeInto,
    ) -> Result<RewriteCheck> {
        let Some(raw) = raw? else { return Ok(RewriteCheck::Missing) };
        let check = match raw {
            RawRecord::Hash(mapping, values) => {
                hash::decode_to_rewrite(mapping, self.key, values, into)
            }
            RawRecord::Blob(_, bytes) => blob::decode_to_rewrite(self.key, bytes, into),
        };
        check.map_err(|error| self.undecodable(error))
    }
}
