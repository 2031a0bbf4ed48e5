//! Models and records without their types, for the code that all models share.
//!
//! A generic function is compiled anew for each model. So the operations of a model are
//! thin generic shells over the functions here, which dispatch on the storage.

mod create;
mod read;

pub(crate) use create::{Create, check_key};
pub use read::Stored;
pub(crate) use read::{DecodeInto, Decoded, RawRecord, RecordKey};

use crate::blob::{self, BlobMapping};
use crate::codec::Location;
use crate::error::{Error, Result};
use crate::field::Slot;
use crate::hash::{self, Mapping};
use crate::key::{self, Key, Template};
use crate::model::{RedisModel, Storage};
use crate::op::{Operation, Replies, Reply, Request};
use crate::schema::Schema;
use crate::schema::visit::Purpose;
use crate::ttl::Expiry;
use crate::update::{self, Changes, Outcome};

/// A record.
///
/// It has one method, because each would be a function for each model.
pub trait AnyRecord {
    fn visit<'v>(&'v self, purpose: Purpose<'v>);
}

impl dyn AnyRecord + '_ {
    pub(crate) fn key(&self, template: Template) -> Key {
        key::write_parts(template, |visit| self.visit(Purpose::KeyParts(visit)))
    }

    pub(crate) fn each_field(&self, visit: &mut dyn FnMut(&dyn Slot)) {
        self.visit(Purpose::Fields(visit));
    }

    /// Returns the record as its codec encodes it.
    pub(crate) fn to_bytes(&self, at: Location<'_>) -> Result<Vec<u8>> {
        let mut bytes = None;
        self.visit(Purpose::Bytes(at, &mut bytes));
        bytes.unwrap_or_else(|| Err(Error::unexpected_reply()))
    }
}

/// Returns the key of a record.
#[inline(always)]
pub(crate) fn key_of<M: RedisModel>(record: &M) -> Key {
    let record: &dyn AnyRecord = record;
    record.key(M::SCHEMA.template())
}

impl<M: RedisModel> AnyRecord for M {
    fn visit<'v>(&'v self, purpose: Purpose<'v>) {
        M::Storage::visit(self, purpose);
    }
}

/// Writes a record; the output is `true` if it was written.
pub(crate) struct Save<'a> {
    pub(crate) model: AnyModel,
    pub(crate) record: &'a dyn AnyRecord,
    pub(crate) write: Write,
}

impl Operation for Save<'_> {
    type Output = bool;

    fn encode(&self, request: &mut Request) -> Result<()> {
        let (key, write) = (self.key(), self.write);
        let written = match self.model {
            AnyModel::Hash(mapping) => {
                hash::save(mapping.record(self.record, &key), write, request)
            }
            AnyModel::Blob(mapping) => blob::save(mapping, self.record, &key, write, request),
        };
        written.map_err(|error| self.model.locate(&key, error))
    }

    fn decode(&self, replies: &mut Replies) -> Result<bool> {
        decode_written(self.model, self.write.only_new, replies)
            .map_err(|error| self.model.locate(&self.key(), error))
    }
}

/// Returns `true` if the record was written.
fn decode_written(model: AnyModel, only_new: bool, replies: &mut Replies) -> Result<bool> {
    let reply = replies.next()?;
    match model {
        // The script replies 1, or 0 if `create` found a record. HSET replies the number
        // of new fields.
        AnyModel::Hash(_) => reply.into_int().map(|count| count != 0 || !only_new),
        AnyModel::Blob(_) if only_new && reply.is_nil() => Ok(false),
        AnyModel::Blob(_) if reply.is_ok() => Ok(true),
        AnyModel::Blob(_) if only_new => reply.into_ok().map(|()| true),
        // `SET … GET` replies the old value.
        AnyModel::Blob(_) => reply.into_bytes().map(|_| true),
    }
}

impl Save<'_> {
    fn key(&self) -> Key {
        self.record.key(self.model.schema().template())
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
    Hash(Mapping, hash::Snapshot),
    Blob(blob::Snapshot),
}

/// The changes of a record since it was read.
pub(crate) enum RecordChanges {
    Hash(Mapping, Changes),
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

    pub(crate) fn schema(self) -> &'static Schema {
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
        error.with_model(self.schema().name).with_key(key)
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

    pub(crate) fn decode_deleted(self, key: &Key, replies: &mut Replies) -> Result<Outcome<()>> {
        replies
            .next()
            .and_then(|reply| script_outcome(reply, self.schema().name, key))
            .map_err(|error| self.locate(key, error))
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
}

impl RawSnapshot {
    /// Adds the command that deletes the record if it still has these values.
    pub(crate) fn encode_delete(&self, key: &Key, request: &mut Request) {
        match self {
            Self::Hash(raw) => raw.encode_delete(key, request),
            Self::Blob(stored) => blob::encode_delete(stored, key, request),
        }
    }
}

impl Snapshot {
    /// Returns the stored values that the record was decoded from.
    pub(crate) fn raw(&self) -> RawSnapshot {
        match self {
            Self::Hash(mapping, read) => RawSnapshot::Hash(read.raw(*mapping)),
            Self::Blob(read) => RawSnapshot::Blob(read.stored()),
        }
    }

    /// Returns the changes of the record since it was read, `None` if there are none.
    pub(crate) fn changes(
        &self,
        record: &dyn AnyRecord,
        key: &Key,
    ) -> Result<Option<RecordChanges>> {
        match self {
            Self::Hash(mapping, read) => {
                let changes = hash::changes(mapping.record(record, key), read)?;
                Ok(changes.map(|changes| RecordChanges::Hash(*mapping, changes)))
            }
            Self::Blob(read) => Ok(blob::changes(record, key, read)?.map(RecordChanges::Blob)),
        }
    }
}

impl RecordChanges {
    /// Adds the command that writes the changes if the record still is what was read.
    pub(crate) fn encode(&self, key: &Key, expiry: Expiry, request: &mut Request) {
        match self {
            Self::Hash(mapping, changes) => {
                hash::encode_commit(*mapping, changes, key, expiry, request);
            }
            Self::Blob(changes) => changes.encode(key, expiry, request),
        }
    }

    pub(crate) fn decode(
        &self,
        model: AnyModel,
        key: &Key,
        replies: &mut Replies,
    ) -> Result<Outcome<()>> {
        let (reply, model) = (replies.next()?, model.schema().name);
        match self {
            Self::Hash(..) => script_outcome(reply, model, key),
            Self::Blob(changes) => changes.decode(reply, model, key),
        }
    }
}

/// Decodes the reply of a script that compares before it writes.
fn script_outcome(reply: Reply, model: &'static str, key: &Key) -> Result<Outcome<()>> {
    update::outcome(reply, model, key, Error::unexpected_reply).map(|outcome| outcome.map(drop))
}
