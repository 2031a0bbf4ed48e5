//! Models and records without their types, for the code that all models share.
//!
//! A generic function is compiled anew for each model. So the operations of a model are
//! thin generic shells over the functions here, which dispatch on the storage.

use crate::blob::{self, BlobMapping};
use crate::codec::Location;
use crate::error::{Error, Result};
use crate::field::Slot;
use crate::hash::{self, Mapping, Row};
use crate::key::Key;
use crate::model::{RedisModel, Storage};
use crate::op::{Replies, Reply, Request};
use crate::schema::Spec;
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
        each_field(Some(self), visit);
    }

    fn to_bytes(&self, at: Location<'_>) -> Result<Vec<u8>> {
        M::Storage::to_bytes(self, at)
    }
}

/// The stored form of a record.
#[derive(Debug)]
pub enum Stored<'a, 'r> {
    /// The values of a hash, of the version that is so many before the current one.
    Row { row: &'a mut Row<'r>, behind: u8, version: u8 },
    Bytes { bytes: &'a [u8], at: Location<'r> },
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

    pub(crate) fn spec(self) -> &'static Spec {
        match self {
            Self::Hash(mapping) => mapping.spec,
            Self::Blob(mapping) => mapping.spec,
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

    /// Adds the command that writes a record.
    pub(crate) fn encode_save(
        self,
        record: &dyn AnyRecord,
        write: Write,
        request: &mut Request,
    ) -> Result<()> {
        let key = record.key();
        let written = match self {
            Self::Hash(mapping) => hash::save(mapping.record(record, &key), write, request),
            Self::Blob(mapping) => blob::save(mapping, record, &key, write, request),
        };
        written.map_err(|error| self.locate(&key, error))
    }

    /// Checks the reply to a command that saves.
    pub(crate) fn decode_saved(self, record: &dyn AnyRecord, replies: &mut Replies) -> Result<()> {
        let saved = replies.next().and_then(|reply| match self {
            // HSET replies the number of new fields, the script 1.
            Self::Hash(_) => reply.into_int().map(drop),
            // `SET … GET` replies the old value, the scripts OK.
            Self::Blob(_) if reply.is_ok() => Ok(()),
            Self::Blob(_) => reply.into_bytes().map(drop),
        });
        saved.map_err(|error| self.locate(&record.key(), error))
    }

    /// Returns `true` if the command that creates has written the record.
    pub(crate) fn decode_created(
        self,
        record: &dyn AnyRecord,
        replies: &mut Replies,
    ) -> Result<bool> {
        let created = replies.next().and_then(|reply| match self {
            Self::Hash(_) => reply.into_int().map(|created| created != 0),
            Self::Blob(_) if reply.is_nil() => Ok(false),
            Self::Blob(_) => reply.into_ok().map(|()| true),
        });
        created.map_err(|error| self.locate(&record.key(), error))
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

    /// Decodes a record, if there is one.
    pub(crate) fn decode(
        self,
        key: &Key,
        replies: &mut Replies,
        into: &mut dyn DecodeInto,
    ) -> Result<()> {
        let decoded = replies.next().and_then(|reply| match self {
            Self::Hash(mapping) => hash::decode(mapping, key, reply, into).map(drop),
            Self::Blob(mapping) => blob::decode_reply(mapping, key, reply, into).map(drop),
        });
        decoded.map_err(|error| self.locate(key, error))
    }

    /// Decodes a record and returns the stored values that it was decoded from.
    pub(crate) fn decode_to_take(
        self,
        key: &Key,
        replies: &mut Replies,
        into: &mut dyn DecodeInto,
    ) -> Result<Option<RawSnapshot>> {
        let decoded = replies.next().and_then(|reply| match self {
            Self::Hash(mapping) => {
                let raw = hash::decode_to_take(mapping, key, reply, into)?;
                Ok(raw.map(RawSnapshot::Hash))
            }
            Self::Blob(mapping) => {
                let bytes = blob::decode_reply(mapping, key, reply, into)?;
                Ok(bytes.map(RawSnapshot::Blob))
            }
        });
        decoded.map_err(|error| self.locate(key, error))
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

    /// Decodes a record and returns its snapshot.
    pub(crate) fn decode_draft(
        self,
        key: &Key,
        replies: &mut Replies,
        into: &mut dyn DecodeInto,
    ) -> Result<Option<Snapshot>> {
        let decoded = replies.next().and_then(|reply| match self {
            Self::Hash(mapping) => {
                let read = hash::decode_draft(mapping, key, reply, into)?;
                Ok(read.map(Snapshot::Hash))
            }
            Self::Blob(mapping) => {
                let read = blob::decode_draft(mapping, key, reply, into)?;
                Ok(read.map(Snapshot::Blob))
            }
        });
        decoded.map_err(|error| self.locate(key, error))
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

    /// Decodes a record and returns the changes that write it in its current form.
    pub(crate) fn decode_to_rewrite(
        self,
        key: &Key,
        replies: &mut Replies,
        into: &mut dyn DecodeInto,
    ) -> Result<RewriteCheck> {
        let check = replies.next().and_then(|reply| match self {
            Self::Hash(mapping) => hash::decode_to_rewrite(mapping, key, reply, into),
            Self::Blob(_) => blob::decode_to_rewrite(key, reply, into),
        });
        check.map_err(|error| self.locate(key, error))
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
