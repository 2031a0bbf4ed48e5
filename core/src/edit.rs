//! `edit`: a record that is read, changed in the program and written back,
//! unless somebody else was faster.

mod modify;

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

pub use modify::Modify;

use crate::error::{Error, ErrorKind, Result};
use crate::key::{self, Key};
use crate::model::{Read, RedisModel, Storage, Write};
use crate::op::{Operation, Replies, Request};
use crate::schema::visit::key_of;
use crate::ttl::Expiry;
use crate::update::{Conflict, Outcome};

/// Reads a record as a [`Draft`]; see [`RedisModel::edit`].
#[must_use = "an operation does nothing until it is run"]
pub struct Edit<M: RedisModel> {
    id: M::Id,
}

/// A record together with what it was when it was read. It derefs to the
/// record; [`commit`](Self::commit) writes what was changed in it.
pub struct Draft<M: RedisModel> {
    record: M,
    key: Key,
    held: <M::Storage as Storage<M>>::Held,
}

/// Writes the changes of a [`Draft`]; see [`Draft::commit`].
#[must_use = "an operation does nothing until it is run"]
pub struct Commit<M: RedisModel> {
    key: Key,
    changes: Result<Option<<M::Storage as Storage<M>>::Changes>>,
    expiry: Expiry,
}

impl<M: RedisModel> Edit<M> {
    pub(crate) fn new(id: M::Id) -> Self {
        Self { id }
    }
}

impl<M: RedisModel> Draft<M> {
    /// Writes the fields that were changed, and no others, if they are still
    /// stored as they were read: editors of different fields do not disturb
    /// each other, and of two editors of the same field the second gets
    /// [`Outcome::Conflict`] with its name. A record that is gone is not
    /// created again. Of a blob, which has no fields, all must be as it was.
    ///
    /// Where nothing was changed, nothing is sent. A model with a `version`
    /// field takes every write since the record was read for a conflict.
    ///
    /// Sends what an [`Update`](crate::Update) with such conditions sends; for a
    /// blob a script (`GET`, `SET`) or, alone on a server that knows it,
    /// `SET … IFEQ … GET`.
    ///
    /// A draft is good for one commit: after it what the draft was read as
    /// does not hold any more. To go on, edit the record anew.
    pub fn commit(&self) -> Commit<M> {
        let own_key = key_of(&self.record);
        let changes = if own_key == self.key {
            M::Storage::changes(&self.record, &self.held, &self.key)
        } else {
            let message = format!(
                "the edit changed the record's key to `{own_key}`; save it as a new record, and delete the old one"
            );
            Err(Error::new(ErrorKind::InvalidOperation, message))
        };
        Commit { key: self.key.clone(), changes, expiry: M::SPEC.expiry_of_update() }
    }

    /// The record, as far as it is changed.
    pub fn into_record(self) -> M {
        self.record
    }
}

impl<M: RedisModel> Deref for Draft<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.record
    }
}

impl<M: RedisModel> DerefMut for Draft<M> {
    fn deref_mut(&mut self) -> &mut M {
        &mut self.record
    }
}

impl<M: RedisModel> Commit<M> {
    /// Of a record that stays what it is, and keeps its time to live.
    pub(crate) fn rewrite(key: Key, changes: <M::Storage as Storage<M>>::Changes) -> Self {
        Self { key, changes: Ok(Some(changes)), expiry: Expiry::Keep }
    }

    /// Lets the record expire after this time, if anything is written. It is
    /// rounded up to milliseconds; zero is an error.
    pub fn expire(self, after: Duration) -> Self {
        Self { expiry: Expiry::after(after), ..self }
    }

    /// Lets the record live for ever, if anything is written.
    pub fn persist(self) -> Self {
        Self { expiry: Expiry::Persist, ..self }
    }

    /// Whether anything was changed.
    pub fn is_empty(&self) -> bool {
        matches!(self.changes, Ok(None))
    }

    fn about(&self, error: Error) -> Error {
        error.with_model(M::SPEC.name).with_key(&self.key)
    }
}

impl<M: RedisModel> Operation for Edit<M> {
    type Output = Option<Draft<M>>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        M::Storage::read(&key::write(M::SPEC.template(), &self.id), Read::Stay, request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<Self::Output> {
        let key = key::write(M::SPEC.template(), &self.id);
        match replies.next().and_then(|reply| M::Storage::draft(&self.id, reply)) {
            Ok(found) => Ok(found.map(|(record, held)| Draft { record, key, held })),
            Err(error) => Err(error.with_model(M::SPEC.name).with_key(&key)),
        }
    }
}

impl<M: RedisModel> Operation for Commit<M> {
    type Output = Outcome<()>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        let changes = self.changes.as_ref().map_err(|error| self.about(error.duplicate()))?;
        let expiry = self.expiry.check().map_err(|error| self.about(error))?;
        if let Some(changes) = changes {
            let write = Write { only_new: false, overwrite_newer: false, expiry };
            M::Storage::commit(changes, &self.key, write, request);
        }
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<Self::Output> {
        if self.is_empty() {
            return Ok(Outcome::Applied(()));
        }
        let Ok(Some(changes)) = &self.changes else { return Err(Error::unexpected_reply()) };
        match replies.next().and_then(|reply| M::Storage::committed(changes, reply)) {
            Ok(outcome) => Ok(outcome),
            // The draft had it, so somebody else has taken it away.
            Err(error) if error.is_missing_field() => {
                Ok(Outcome::Conflict(Conflict::about(&error)))
            }
            Err(error) => Err(self.about(error)),
        }
    }
}

impl<M: RedisModel> fmt::Debug for Edit<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, "Edit", M::SPEC.name, &key::write(M::SPEC.template(), &self.id))
    }
}

impl<M: RedisModel> fmt::Debug for Draft<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, "Draft", M::SPEC.name, &self.key)
    }
}

impl<M: RedisModel> fmt::Debug for Commit<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, "Commit", M::SPEC.name, &self.key)
    }
}

fn debug(f: &mut fmt::Formatter<'_>, what: &str, model: &str, key: &Key) -> fmt::Result {
    f.debug_struct(what).field("model", &model).field("key", key).finish_non_exhaustive()
}
