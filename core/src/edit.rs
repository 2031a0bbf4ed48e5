//! `edit`: a record that is read, changed in the program and written back,
//! if no other client has changed it meanwhile.

mod modify;

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

pub use modify::{MakeRecord, Modify, OrInsertWith};

use crate::clone::clone_fields;
use crate::connection::SyncConnection;
use crate::erased::{AnyModel, AnyRecord, RawRecord, RecordChanges, RecordKey, Snapshot};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::model::{HasTtl, RedisModel};
use crate::op::{DeleteUnchanged, Operation, Replies, Request};
use crate::ttl::Expiry;
use crate::update::{Conflict, Outcome};

/// Reads a record as a [`Draft`]; see [`RedisModel::edit`].
#[must_use = "an operation does nothing until it is run"]
pub struct Edit<M: RedisModel> {
    record: RecordKey<M::Id>,
}

/// A record that was read to be changed. It derefs to the record;
/// [`commit`](Self::commit) writes the changes.
pub struct Draft<M> {
    record: M,
    key: Key,
    read: Snapshot,
}

/// Writes the changes of a [`Draft`]; see [`Draft::commit`].
#[must_use = "an operation does nothing until it is run"]
pub struct Commit<M> {
    plan: CommitPlan,
    model: PhantomData<fn() -> M>,
}

/// A commit without the model's type.
#[derive(Clone)]
struct CommitPlan {
    model: AnyModel,
    key: Key,
    changes: Result<Option<RecordChanges>>,
    expiry: Expiry,
}

impl<M: RedisModel> Edit<M> {
    #[inline(always)]
    pub(crate) fn new(id: M::Id) -> Self {
        Self { record: RecordKey::new::<M>(id) }
    }
}

impl<M: RedisModel> Draft<M> {
    /// Writes the changed fields, and no others, if they are still stored as they were
    /// read. Editors of different fields do not disturb each other. Of two editors of one
    /// field, the second gets [`Outcome::Conflict`] with the field's name. A record that was
    /// deleted is not created again. A blob has no fields, so any change of it is a
    /// conflict; in a model with a `revision` so is any write since the record was read.
    ///
    /// A draft is good for one commit, because its snapshot is stale afterwards. To go on,
    /// edit the record again.
    ///
    /// **Sends** nothing if nothing was changed. Otherwise it sends the script of an
    /// [`Update`](crate::Update) with such conditions; for a blob a script (`GET`, `SET`) or,
    /// alone on a server that knows it, `SET … IFEQ … GET`.
    #[inline(always)]
    pub fn commit(&self) -> Commit<M> {
        Commit::of(CommitPlan::new(AnyModel::of::<M>(), &self.record, &self.key, &self.read))
    }

    /// Deletes the record if it still is what was read.
    ///
    /// With [`edit`](RedisModel::edit) it takes a record in two steps, of which the second can
    /// be a member of a [`transaction`](crate::transaction): the record is decoded before it is
    /// deleted, and of several clients only one deletes it. Outside of transactions
    /// [`take`](RedisModel::take) does both. The changes of the draft do not matter. As
    /// [`delete`](RedisModel::delete) does, it deletes fields of the hash that the model does
    /// not know.
    ///
    /// Returns [`Outcome::Missing`] if there is no record any more, and [`Outcome::Conflict`]
    /// if a field that the model reads has changed.
    ///
    /// # Errors
    ///
    /// [`Server`](ErrorKind::Server) with the code `WRONGTYPE` for a key of another Redis type.
    ///
    /// **Sends** a script (hash: `HGET`, `DEL`; blob: `GET`, `DEL`).
    ///
    /// ```
    /// # use redis_model::{Operation, RedisModel, embedded, transaction};
    /// #[derive(RedisModel)]
    /// #[redis(key = "job:{id}")]
    /// struct Job { id: u64, payload: String }
    ///
    /// #[derive(RedisModel)]
    /// #[redis(key = "worker:{name}")]
    /// struct Worker { name: String, jobs: u64 }
    ///
    /// # let server = embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// # Job { id: 7, payload: "x".into() }.save().run(&mut con)?;
    /// # Worker { name: "w1".into(), jobs: 0 }.save().run(&mut con)?;
    /// let job = Job::edit(7).run(&mut con)?.expect("a job");
    /// let taken = transaction((job.delete(), Worker::update("w1").incr(Worker::FIELDS.jobs, 1)));
    /// assert!(taken.run(&mut con)?.is_applied());
    /// assert!(taken.run(&mut con)?.is_missing());
    /// assert_eq!(job.into_record().payload, "x");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn delete(&self) -> DeleteUnchanged<M> {
        DeleteUnchanged::new(self.key.clone(), self.read.raw())
    }

    /// Returns the record with its changes.
    pub fn into_record(self) -> M {
        self.record
    }
}

impl<M> Deref for Draft<M> {
    type Target = M;

    #[inline(always)]
    fn deref(&self) -> &M {
        &self.record
    }
}

impl<M> DerefMut for Draft<M> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut M {
        &mut self.record
    }
}

impl<M: RedisModel> Commit<M> {
    #[inline(always)]
    fn of(plan: CommitPlan) -> Self {
        Self { plan, model: PhantomData }
    }

    /// Returns the commit of a record that is only written in another form. Its time to
    /// live stays unchanged.
    pub(crate) fn rewrite(key: Key, changes: RecordChanges) -> Self {
        let (model, expiry) = (AnyModel::of::<M>(), Expiry::Keep);
        Self::of(CommitPlan { model, key, changes: Ok(Some(changes)), expiry })
    }

    /// Sets the record's time to live, if anything is written. The time is rounded up to
    /// milliseconds; zero is an error.
    pub fn expire(mut self, after: Duration) -> Self {
        self.plan.expiry = Expiry::after(after);
        self
    }

    /// Sets the record's time to live to the model's `ttl`, if anything is written. A model
    /// without a `ttl` is a compile error.
    pub fn refresh(mut self) -> Self
    where
        M: HasTtl,
    {
        self.plan.expiry = M::SCHEMA.expiry();
        self
    }

    /// Removes the record's time to live, if anything is written.
    pub fn persist(mut self) -> Self {
        self.plan.expiry = Expiry::Persist;
        self
    }

    /// Returns `true` if nothing was changed.
    pub fn is_empty(&self) -> bool {
        self.plan.is_empty()
    }
}

impl CommitPlan {
    fn new(model: AnyModel, record: &dyn AnyRecord, key: &Key, read: &Snapshot) -> Self {
        let new_key = record.key(model.schema().template());
        let changes = if new_key == *key {
            read.changes(record, key)
        } else {
            let message = format!(
                "the edit changed the record's key to `{new_key}`; save it as a new record, and delete the old one"
            );
            Err(Error::new(ErrorKind::InvalidOperation, message))
        };
        Self { model, key: key.clone(), changes, expiry: model.schema().expiry_of_update() }
    }

    fn is_empty(&self) -> bool {
        matches!(self.changes, Ok(None))
    }

    fn locate(&self, error: Error) -> Error {
        self.model.locate(&self.key, error)
    }
}

impl Operation for CommitPlan {
    type Output = Outcome<()>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        let changes = self.changes.as_ref().map_err(|error| self.locate(error.clone()))?;
        let expiry = self.expiry.check().map_err(|error| self.locate(error))?;
        if let Some(changes) = changes {
            changes.encode(&self.key, expiry, request);
        }
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<Outcome<()>> {
        if self.is_empty() {
            return Ok(Outcome::Applied(()));
        }
        let Ok(Some(changes)) = &self.changes else { return Err(Error::unexpected_reply()) };
        match changes.decode(self.model, &self.key, replies) {
            Ok(outcome) => Ok(outcome),
            // The draft had the field, so another client has removed it.
            Err(error) if error.is_missing_field() => {
                Ok(Outcome::Conflict(Conflict::about(self.model.schema().name, &self.key, &error)))
            }
            Err(error) => Err(self.locate(error)),
        }
    }
}

impl<M: RedisModel> Edit<M> {
    #[inline(always)]
    fn finish(&self, raw: Result<Option<RawRecord>>) -> Result<Option<Draft<M>>> {
        let (read, mut record) = (self.record.read::<M>(Expiry::Keep), None);
        match (read.finish_draft(raw, &mut self.record.place(&mut record)), record) {
            (Ok(Some(read)), Some(record)) => {
                Ok(Some(Draft { record, key: self.record.key.clone(), read }))
            }
            (Ok(_), _) => Ok(None),
            (Err(error), _) => Err(error),
        }
    }
}

impl<M: RedisModel> Operation for Edit<M> {
    type Output = Option<Draft<M>>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        self.record.read::<M>(Expiry::Keep).encode(request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<Self::Output> {
        self.finish(self.record.read::<M>(Expiry::Keep).decode(replies))
    }

    #[inline(always)]
    fn run<C: SyncConnection + ?Sized>(&self, con: &mut C) -> Result<Self::Output> {
        self.finish(self.record.read::<M>(Expiry::Keep).run(con))
    }
}

impl<M: RedisModel> Operation for Commit<M> {
    type Output = Outcome<()>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        self.plan.encode(request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<Self::Output> {
        self.plan.decode(replies)
    }

    #[inline(always)]
    fn run<C: SyncConnection + ?Sized>(&self, con: &mut C) -> Result<Self::Output> {
        self.plan.run(con)
    }
}

impl<M: RedisModel> fmt::Debug for Edit<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, "Edit", M::SCHEMA.name, &self.record.key)
    }
}

impl<M: RedisModel> fmt::Debug for Draft<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, "Draft", M::SCHEMA.name, &self.key)
    }
}

impl<M: RedisModel> fmt::Debug for Commit<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, "Commit", M::SCHEMA.name, &self.plan.key)
    }
}

fn debug(f: &mut fmt::Formatter<'_>, what: &str, model: &str, key: &Key) -> fmt::Result {
    f.debug_struct(what).field("model", &model).field("key", key).finish_non_exhaustive()
}

clone_fields! {
    impl[M: RedisModel] Edit<M> { record }
    impl[M] Commit<M> { plan, model }
}
