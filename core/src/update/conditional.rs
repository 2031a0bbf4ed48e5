//! Writes of a whole record that have conditions.

use std::fmt;
use std::marker::PhantomData;

use super::call::Action;
use super::plan::Plan;
use super::{Condition, Outcome};
use crate::connection::SyncConnection;
use crate::erased::{AnyRecord, RawRecord, key_of};
use crate::error::{Error, ErrorKind, Result};
use crate::hash::{HashModel, Mapping};
use crate::key::Key;
use crate::model::RedisModel;
use crate::op::{Operation, Replies, Request};
use crate::ttl::Expiry;

/// A `delete`, `expire`, `persist` or `save` with conditions.
///
/// The server checks the conditions and writes in one step. If there is no record, the
/// output is [`Outcome::Missing`], also of a save, which then writes nothing.
///
/// # Errors
///
/// Those of the conditions of an [`Update`](crate::Update). Nothing was written.
///
/// **Sends** the script of an [`Update`](crate::Update): `HEXISTS` and `HGET` to check, and
/// `DEL`, `PEXPIRE`, `PERSIST` or (save) `HSET`, `HDEL` and `PEXPIRE`.
///
/// ```
/// # use redis_model::{Operation, RedisModel, embedded};
/// #[derive(RedisModel)]
/// #[redis(key = "post:{id}")]
/// struct Post { id: u64, author: String, text: String }
///
/// # let server = embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// Post { id: 1, author: "Ada".into(), text: "Hello".into() }.save().run(&mut con)?;
/// let delete_as = |user: &'static str| Post::delete(1).only_if(Post::FIELDS.author.eq(user));
/// assert!(delete_as("Bob").run(&mut con)?.is_conflict());
/// assert!(delete_as("Ada").run(&mut con)?.is_applied());
/// assert!(delete_as("Ada").run(&mut con)?.is_missing());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "an operation does nothing until it is run"]
pub struct Conditional<M> {
    plan: Plan,
    model: PhantomData<fn() -> M>,
}

impl<M: HashModel> Conditional<M> {
    pub(crate) fn delete(key: Key) -> Self {
        Self::of(Plan::of_record(Mapping::of::<M>(), key, Action::Delete, Expiry::Keep))
    }

    pub(crate) fn expire(key: Key, expiry: Expiry) -> Self {
        Self::of(Plan::of_record(Mapping::of::<M>(), key, Action::Keep, expiry))
    }

    pub(crate) fn save(record: &M, expiry: Expiry, overwrite_newer: bool) -> Self {
        let (key, record): (_, &dyn AnyRecord) = (key_of(record), record);
        let mut plan = Plan::of_save(Mapping::of::<M>().record(record, &key), expiry);
        if overwrite_newer {
            let message = "a condition cannot compare the fields of a newer version of the model: leave out `overwrite_newer` or `only_if`";
            plan.fail(Error::new(ErrorKind::InvalidOperation, message));
        }
        Self::of(plan)
    }

    fn of(plan: Plan) -> Self {
        Self { plan, model: PhantomData }
    }

    /// Adds a condition. Several conditions must all hold.
    pub fn only_if(mut self, condition: Condition<M>) -> Self {
        self.plan.only_if(condition.check);
        self
    }
}

/// Reads a record if it meets conditions.
pub(crate) struct ReadIf {
    mapping: Mapping,
    plan: Plan,
}

impl ReadIf {
    pub(crate) fn new(mapping: Mapping, key: Key) -> Self {
        Self { mapping, plan: Plan::of_record(mapping, key, Action::Read, Expiry::Keep) }
    }

    pub(crate) fn only_if<M>(&mut self, condition: Condition<M>) {
        self.plan.only_if(condition.check);
    }
}

impl Operation for ReadIf {
    type Output = Outcome<RawRecord>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        self.plan.encode(request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<Outcome<RawRecord>> {
        let outcome = self.plan.decode(replies)?;
        Ok(outcome.map(|values| RawRecord::Hash(self.mapping, values)))
    }
}

impl<M: RedisModel> Operation for Conditional<M> {
    type Output = Outcome<()>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        self.plan.encode(request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<Outcome<()>> {
        self.plan.decode(replies).map(|outcome| outcome.map(drop))
    }

    #[inline(always)]
    fn run<C: SyncConnection + ?Sized>(&self, con: &mut C) -> Result<Outcome<()>> {
        self.plan.run(con).map(|outcome| outcome.map(drop))
    }
}

impl<M: RedisModel> fmt::Debug for Conditional<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.plan.debug(f, "Conditional")
    }
}
