//! The two ways in which a model is stored, behind the verbs that both have.

use super::RedisModel;
use crate::error::{Error, Result, ValueError};
use crate::key::{IntoId, Key, KeyReader, KeyWriter, ModelId};
use crate::op::{Reply, Request};
use crate::ttl::Expiry;
use crate::update::{self, Outcome};

/// How a model is stored: as a hash or as a blob.
#[doc(hidden)]
pub trait Storage<M: RedisModel> {
    /// Redis' name of the type.
    const TYPE: &'static str;

    /// The codec's name, if one writes all of the record.
    const CODEC: Option<&'static str> = None;

    /// One command that writes the record and answers whether it did.
    fn write(model: &M, write: Write, request: &mut Request) -> Result<()>;

    /// Checks that the reply is one of a command that saves.
    fn decode_saved(reply: Reply) -> Result<()>;

    /// Returns `true` if the command that creates has written the record.
    fn written(reply: Reply) -> Result<bool>;

    /// One command that reads the record.
    fn read(key: &Key, read: Read, request: &mut Request) -> Result<()>;

    /// Makes the record of what [`read`](Self::read) got.
    fn record(id: &M::Id, reply: Reply) -> Result<Option<M>>;

    /// The stored values that a record was decoded from, as the server returned them.
    type RawSnapshot: Send + Sync;

    /// Decodes the record as [`record`](Self::record) does, and keeps the
    /// values that it was decoded from.
    fn decode_snapshot(id: &M::Id, reply: Reply) -> Result<Option<(M, Self::RawSnapshot)>>;

    /// Adds one command that deletes the record if it still holds these values.
    fn encode_delete(snapshot: &Self::RawSnapshot, key: &Key, request: &mut Request);

    /// Decodes the reply to [`encode_delete`](Self::encode_delete).
    fn decode_delete(reply: Reply) -> Result<Outcome<()>> {
        update::outcome(reply, Error::unexpected_reply).map(|outcome| outcome.map(drop))
    }

    /// Adds one command that replies 1 if there is a record and 0 if there is none, and
    /// fails on a key of another type.
    fn exists(key: &Key, request: &mut Request);

    /// What a record was when it was read, for a [`Draft`](crate::Draft).
    type Held: Send + Sync;

    /// The changes of a draft.
    type Changes: Send + Sync;

    /// [`record`](Self::record), and what it was.
    fn draft(id: &M::Id, reply: Reply) -> Result<Option<(M, Self::Held)>>;

    /// What differs from what was read; `None` if nothing does.
    fn changes(model: &M, held: &Self::Held, key: &Key) -> Result<Option<Self::Changes>>;

    /// Whether a record would be written otherwise now, and what that changes.
    fn reread(id: &M::Id, key: &Key, reply: Reply) -> Result<Reread<Self::Changes>>;

    /// One command that writes the changes if what was read still holds.
    fn commit(changes: &Self::Changes, key: &Key, write: Write, request: &mut Request);

    /// What became of it.
    fn committed(changes: &Self::Changes, reply: Reply) -> Result<Outcome<()>>;
}

/// What is found where a record is read to be written anew.
#[derive(Debug)]
pub enum Reread<C> {
    Missing,
    /// It is stored as it would be written now.
    Current,
    Stale(C),
}

#[derive(Debug, Clone, Copy)]
pub struct Write {
    /// Only if there is no record yet.
    pub(crate) only_new: bool,
    /// Also over a record that a newer version of the model wrote.
    pub(crate) overwrite_newer: bool,
    pub(crate) expiry: Expiry,
}

/// What happens to a record that is read.
#[derive(Debug, Clone, Copy)]
pub enum Read {
    Stay,
    Expire(After),
}

/// Milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct After(pub(crate) u64);

/// The storage of a struct whose derive found mistakes, and the id of one that is no
/// struct; it never runs.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Stub;

impl ModelId for Stub {
    fn write_parts(&self, _: &mut KeyWriter<'_>) {}

    fn write_part(_: usize, _: &dyn std::any::Any, _: &mut KeyWriter<'_>) {}

    fn read_parts(_: &mut KeyReader<'_>) -> std::result::Result<Self, ValueError> {
        Ok(Self)
    }
}

impl<T> IntoId<Stub> for T {
    fn into_id(self) -> Stub {
        Stub
    }
}

impl<M: RedisModel> Storage<M> for Stub {
    const TYPE: &'static str = "";

    fn write(_: &M, _: Write, _: &mut Request) -> Result<()> {
        Err(Error::unexpected_reply())
    }

    fn decode_saved(_: Reply) -> Result<()> {
        Err(Error::unexpected_reply())
    }

    fn written(_: Reply) -> Result<bool> {
        Err(Error::unexpected_reply())
    }

    fn read(_: &Key, _: Read, _: &mut Request) -> Result<()> {
        Err(Error::unexpected_reply())
    }

    fn record(_: &M::Id, _: Reply) -> Result<Option<M>> {
        Err(Error::unexpected_reply())
    }

    type RawSnapshot = ();

    fn decode_snapshot(_: &M::Id, _: Reply) -> Result<Option<(M, ())>> {
        Err(Error::unexpected_reply())
    }

    fn encode_delete((): &(), _: &Key, _: &mut Request) {}

    fn exists(_: &Key, _: &mut Request) {}

    type Held = ();
    type Changes = ();

    fn draft(_: &M::Id, _: Reply) -> Result<Option<(M, ())>> {
        Err(Error::unexpected_reply())
    }

    fn changes(_: &M, (): &(), _: &Key) -> Result<Option<()>> {
        Err(Error::unexpected_reply())
    }

    fn reread(_: &M::Id, _: &Key, _: Reply) -> Result<Reread<()>> {
        Err(Error::unexpected_reply())
    }

    fn commit((): &(), _: &Key, _: Write, _: &mut Request) {}

    fn committed((): &(), _: Reply) -> Result<Outcome<()>> {
        Err(Error::unexpected_reply())
    }
}
