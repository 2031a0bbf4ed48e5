//! Models and records without their types, for the code that all models share.
//!
//! A generic function is compiled anew for each model. So the operations of a model are
//! thin generic shells over the functions here, which dispatch on the storage.

use std::vec;

use crate::blob::{self, BlobMapping};
use crate::codec::Location;
use crate::error::{Error, Result};
use crate::field::Slot;
use crate::hash::{self, Mapping, Row};
use crate::key::Key;
use crate::model::{RedisModel, Storage};
use crate::op::{Operation, Replies, Reply, Request};
use crate::redis_rs::ReplyValue;
use crate::schema::Schema;
use crate::schema::visit::{each_field, key_of};
use crate::ttl::Expiry;
use crate::update::{self, Changes, Outcome};

/// A record.
pub trait AnyRecord {
    fn key(&self) -> Key;

    fn each_field(&self, visit: &mut dyn FnMut(&dyn Slot));

    /// Returns the record as its codec encodes it.
    fn to_bytes(&self, at: Location<'_>) -> Result<Vec<u8>>;
}

impl<M: RedisModel> AnyRecord for M {
    fn key(&self) -> Key {
        key_of(self)
    }

    fn each_field(&self, visit: &mut dyn FnMut(&dyn Slot)) {
        each_field(self, visit);
    }

    fn to_bytes(&self, at: Location<'_>) -> Result<Vec<u8>> {
        M::Storage::to_bytes(self, at)
    }
}

/// The stored form of a record.
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
    fn decode(&mut self, stored: Stored<'_, '_>) -> Result<()>;

    fn record(&self) -> Option<&dyn AnyRecord>;
}

/// The place for a record with this id.
pub(crate) struct Decoded<'a, M: RedisModel> {
    id: &'a M::Id,
    pub(crate) record: Option<M>,
}

impl<'a, M: RedisModel> Decoded<'a, M> {
    #[inline(always)]
    pub(crate) fn new(id: &'a M::Id) -> Self {
        Self { id, record: None }
    }
}

impl<M: RedisModel> DecodeInto for Decoded<'_, M> {
    fn decode(&mut self, stored: Stored<'_, '_>) -> Result<()> {
        match M::Storage::decode(self.id, stored) {
            Ok(record) => self.record = Some(record),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn record(&self) -> Option<&dyn AnyRecord> {
        match &self.record {
            Some(record) => Some(record),
            None => None,
        }
    }
}

/// A record as it is stored.
pub(crate) enum RawRecord {
    /// The values of the names that are read of a hash.
    Values(vec::IntoIter<ReplyValue>),
    Bytes(Vec<u8>),
}

/// Reads a record without decoding it.
pub(crate) struct Read<'a> {
    pub(crate) model: AnyModel,
    pub(crate) key: &'a Key,
    /// The time to live to set in the same step.
    pub(crate) refresh: Expiry,
}

/// Writes a record; the output is `true` if it was written.
pub(crate) struct Save<'a> {
    pub(crate) model: AnyModel,
    pub(crate) record: &'a dyn AnyRecord,
    pub(crate) write: Write,
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
                mapping.values(reply).map(|values| values.map(RawRecord::Values))
            }
            AnyModel::Blob(_) => reply.into_bytes().map(|bytes| bytes.map(RawRecord::Bytes)),
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
        let decoded = match (self.model, raw?) {
            (AnyModel::Hash(mapping), Some(RawRecord::Values(values))) => {
                hash::decode_or_none(mapping, self.key, values, into).map(drop)
            }
            (AnyModel::Blob(mapping), Some(RawRecord::Bytes(bytes))) => {
                blob::decode_or_none(mapping, self.key, &bytes, into).map(drop)
            }
            _ => Ok(()),
        };
        decoded.map_err(|error| self.undecodable(error))
    }

    /// Decodes a record and returns its snapshot.
    pub(crate) fn finish_draft(
        &self,
        raw: Result<Option<RawRecord>>,
        into: &mut dyn DecodeInto,
    ) -> Result<Option<Snapshot>> {
        let decoded = match (self.model, raw?) {
            (AnyModel::Hash(mapping), Some(RawRecord::Values(values))) => {
                hash::decode_draft(mapping, self.key, values, into)
                    .map(|read| read.map(Snapshot::Hash))
            }
            (AnyModel::Blob(mapping), Some(RawRecord::Bytes(bytes))) => {
                blob::decode_draft(mapping, self.key, bytes, into)
                    .map(|read| read.map(Snapshot::Blob))
            }
            _ => Ok(None),
        };
        decoded.map_err(|error| self.undecodable(error))
    }

    /// Decodes a record and returns the stored values that it was decoded from.
    pub(crate) fn finish_take(
        &self,
        raw: Result<Option<RawRecord>>,
        into: &mut dyn DecodeInto,
    ) -> Result<Option<RawSnapshot>> {
        let decoded = match (self.model, raw?) {
            (AnyModel::Hash(mapping), Some(RawRecord::Values(values))) => {
                hash::decode_to_take(mapping, self.key, values, into)
                    .map(|raw| raw.map(RawSnapshot::Hash))
            }
            (AnyModel::Blob(mapping), Some(RawRecord::Bytes(bytes))) => {
                let found = blob::decode_or_none(mapping, self.key, &bytes, into);
                found.map(|found| found.then_some(RawSnapshot::Blob(bytes)))
            }
            _ => Ok(None),
        };
        decoded.map_err(|error| self.undecodable(error))
    }

    /// Decodes a record and returns the changes that write it in its current form.
    pub(crate) fn finish_rewrite(
        &self,
        raw: Result<Option<RawRecord>>,
        into: &mut dyn DecodeInto,
    ) -> Result<RewriteCheck> {
        let check = match (self.model, raw?) {
            (AnyModel::Hash(mapping), Some(RawRecord::Values(values))) => {
                hash::decode_to_rewrite(mapping, self.key, values, into)
            }
            (AnyModel::Blob(_), Some(RawRecord::Bytes(bytes))) => {
                blob::decode_to_rewrite(self.key, bytes, into)
            }
            _ => Ok(RewriteCheck::Missing),
        };
        check.map_err(|error| self.undecodable(error))
    }
}

impl Operation for Save<'_> {
    type Output = bool;

    fn encode(&self, request: &mut Request) -> Result<()> {
        let (key, write) = (self.record.key(), self.write);
        let written = match self.model {
            AnyModel::Hash(mapping) => {
                hash::save(mapping.record(self.record, &key), write, request)
            }
            AnyModel::Blob(mapping) => blob::save(mapping, self.record, &key, write, request),
        };
        written.map_err(|error| self.model.locate(&key, error))
    }

    fn decode(&self, replies: &mut Replies) -> Result<bool> {
        let written = replies.next().and_then(|reply| match self.model {
            // The script replies 1, or 0 if `create` found a record. HSET replies the number
            // of new fields.
            AnyModel::Hash(_) => reply.into_int().map(|count| count != 0 || !self.write.only_new),
            AnyModel::Blob(_) if self.write.only_new && reply.is_nil() => Ok(false),
            AnyModel::Blob(_) if reply.is_ok() => Ok(true),
            AnyModel::Blob(_) if self.write.only_new => reply.into_ok().map(|()| true),
            // `SET … GET` replies the old value.
            AnyModel::Blob(_) => reply.into_bytes().map(|_| true),
        });
        written.map_err(|error| self.model.locate(&self.record.key(), error))
    }
}

/// The conditions of a write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Write {
    /// Only if there is no record yet.
    pub(crate) only_new: bool,
    /// Also over a record that a newer version of the model wrote.
    pub(crate) overwrite_newer: bool,
    pub(crate) expiry: Expiry,
}

/// The stored values that a record was decoded from, to delete it only if it has not changed.
pub(crate) enum RawSnapshot {
    Hash(hash::RawSnapshot),
    Blob(Vec<u8>),
}

/// A record as it was when it was read, to find its changes.
pub(crate) enum Snapshot {
    Hash(hash::Snapshot),
    Blob(blob::Snapshot),
}

/// The changes of a record since it was read.
pub(crate) enum RecordChanges {
    Hash(Changes),
    Blob(blob::CompareAndSet),
}

/// The result of a check whether a record should be rewritten.
pub(crate) enum RewriteCheck {
    Missing,
    /// It is stored as it would be written now.
    Current,
    Stale(RecordChanges),
}

/// A model.
#[derive(Debug, Clone, Copy)]
pub enum AnyModel {
    Hash(Mapping),
    Blob(BlobMapping),
}

impl AnyModel {
    #[inline(always)]
    pub(crate) fn of<M: RedisModel>() -> Self {
        M::Storage::model()
    }

    pub(crate) fn spec(self) -> &'static Schema {
        match self {
            Self::Hash(mapping) => mapping.schema,
            Self::Blob(mapping) => mapping.schema,
        }
    }

    /// Returns Redis' name of the type.
    pub(crate) fn redis_type(self) -> &'static str {
        match self {
            Self::Hash(_) => "hash",
            Self::Blob(_) => "string",
        }
    }

    /// Returns the codec that encodes all of a record.
    pub(crate) fn codec(self) -> Option<&'static str> {
        match self {
            Self::Hash(_) => None,
            Self::Blob(mapping) => Some(mapping.codec),
        }
    }

    /// Adds the model and the key to an error.
    pub(crate) fn locate(self, key: &Key, error: Error) -> Error {
        error.with_model(self.spec().name).with_key(key)
    }

    /// Adds the command that reads a record, and sets its time to live with `refresh`.
    pub(crate) fn encode_read(
        self,
        key: &Key,
        refresh: Expiry,
        request: &mut Request,
    ) -> Result<()> {
        let millis = match refresh.check().map_err(|error| self.locate(key, error))? {
            Expiry::After(millis) => Some(millis),
            _ => None,
        };
        match self {
            Self::Hash(mapping) => hash::encode_read(mapping, key, millis, request),
            Self::Blob(_) => blob::encode_read(key, millis, request),
        }
        Ok(())
    }

    /// Adds the command that deletes a record if it still has these values.
    pub(crate) fn encode_delete(self, raw: &RawSnapshot, key: &Key, request: &mut Request) {
        match raw {
            RawSnapshot::Hash(raw) => raw.encode_delete(key, request),
            RawSnapshot::Blob(stored) => blob::encode_delete(stored, key, request),
        }
    }

    pub(crate) fn decode_deleted(self, key: &Key, replies: &mut Replies) -> Result<Outcome<()>> {
        replies.next().and_then(script_outcome).map_err(|error| self.locate(key, error))
    }

    /// Adds the command that replies 1 if there is a record and 0 if there is none, and
    /// fails on a key of another type.
    pub(crate) fn encode_exists(self, key: &Key, request: &mut Request) {
        match self {
            Self::Hash(mapping) => hash::encode_exists(mapping, key, request),
            Self::Blob(_) => {
                request.typed_command("string", "EXISTS", key, 0, 0);
            }
        }
    }

    /// Returns the changes of a record since it was read, `None` if there are none.
    pub(crate) fn changes(
        self,
        record: &dyn AnyRecord,
        key: &Key,
        read: &Snapshot,
    ) -> Result<Option<RecordChanges>> {
        match (self, read) {
            (Self::Hash(mapping), Snapshot::Hash(read)) => {
                let changes = hash::changes(mapping.record(record, key), read)?;
                Ok(changes.map(RecordChanges::Hash))
            }
            (_, Snapshot::Blob(read)) => {
                Ok(blob::changes(record, key, read)?.map(RecordChanges::Blob))
            }
            (Self::Blob(_), Snapshot::Hash(_)) => Err(Error::unexpected_reply()),
        }
    }

    /// Adds the command that writes the changes if the record still is what was read.
    pub(crate) fn encode_commit(
        self,
        changes: &RecordChanges,
        key: &Key,
        expiry: Expiry,
        request: &mut Request,
    ) {
        match (self, changes) {
            (Self::Hash(mapping), RecordChanges::Hash(changes)) => {
                hash::encode_commit(mapping, changes, key, expiry, request);
            }
            (_, RecordChanges::Blob(changes)) => changes.encode(key, expiry, request),
            (Self::Blob(_), RecordChanges::Hash(_)) => {}
        }
    }

    pub(crate) fn decode_commit(
        self,
        changes: &RecordChanges,
        replies: &mut Replies,
    ) -> Result<Outcome<()>> {
        let reply = replies.next()?;
        match changes {
            RecordChanges::Hash(_) => script_outcome(reply),
            RecordChanges::Blob(changes) => changes.decode(reply),
        }
    }
}

/// Decodes the reply of a script that compares before it writes.
fn script_outcome(reply: Reply) -> Result<Outcome<()>> {
    update::outcome(reply, Error::unexpected_reply).map(|outcome| outcome.map(drop))
}
