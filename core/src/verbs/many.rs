//! Verbs on many records: one `Result` for each, sent in bounded parts.

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use super::{Delete, Get, Save};
use crate::clone::clone_fields;
use crate::error::Result;
use crate::model::RedisModel;
use crate::op::{Found, Operation, Replies, Request, forward_to_list};
use crate::ttl::Expiry;

/// Reads many records; see [`RedisModel::get_many`].
#[must_use = "an operation does nothing until it is run"]
pub struct GetMany<M: RedisModel> {
    items: Vec<Get<M>>,
}

/// Deletes many records; see [`RedisModel::delete_many`].
#[must_use = "an operation does nothing until it is run"]
pub struct DeleteMany<M: RedisModel> {
    pub(super) items: Vec<Delete<M>>,
}

/// Writes many records; see [`RedisModel::save_many`].
#[must_use = "an operation does nothing until it is run"]
pub struct SaveMany<M, R> {
    items: Vec<SaveOne<M, R>>,
}

impl<M: RedisModel> GetMany<M> {
    pub(crate) fn new(ids: impl Iterator<Item = M::Id>) -> Self {
        Self { items: ids.map(Get::new).collect() }
    }

    /// Returns the records that exist, in the order of the ids, or the error of the first that
    /// cannot be read.
    ///
    /// ```
    /// # use redis_model::{Operation, RedisModel, embedded};
    /// # #[derive(RedisModel)]
    /// # #[redis(key = "user:{name}")]
    /// # struct User { name: String, age: u8 }
    /// # let server = embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// # for (name, age) in [("ada", 36), ("bob", 42)] {
    /// #     User { name: name.into(), age }.save().run(&mut con)?;
    /// # }
    /// let names = ["ada", "nobody", "bob"];
    /// let users: Vec<User> = User::get_many(&names).found().run(&mut con)?;
    /// assert_eq!(users.iter().map(|user| user.age).collect::<Vec<_>>(), [36, 42]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn found(self) -> Found<Self> {
        Found::new(self)
    }
}

impl<M: RedisModel> DeleteMany<M> {
    pub(crate) fn new(ids: impl Iterator<Item = M::Id>) -> Self {
        Self { items: ids.map(Delete::new).collect() }
    }
}

impl<M: RedisModel, R: Borrow<M>> SaveMany<M, R> {
    pub(crate) fn new(records: impl Iterator<Item = R>) -> Self {
        let expiry = M::SCHEMA.expiry();
        let one = |record| {
            let (overwrite_newer, without_script) = (false, false);
            SaveOne { record, expiry, overwrite_newer, without_script, model: PhantomData }
        };
        Self { items: records.map(one).collect() }
    }

    /// Overrides the model's `ttl`. The time is rounded up to milliseconds; zero is an error
    /// of each record.
    pub fn ttl(self, ttl: Duration) -> Self {
        self.with(Expiry::after(ttl))
    }

    /// Leaves the times to live of the keys unchanged, whatever the model's `ttl`.
    pub fn keep_ttl(self) -> Self {
        self.with(Expiry::Keep)
    }

    /// Removes the times to live of the keys, whatever the model's `ttl`.
    pub fn persist(self) -> Self {
        self.with(Expiry::Persist)
    }

    /// Replaces records of a newer version of the model, too; see
    /// [`Save::overwrite_newer`].
    pub fn overwrite_newer(mut self) -> Self {
        self.items.iter_mut().for_each(|item| item.overwrite_newer = true);
        self
    }

    /// Writes with plain commands, for users who may not run scripts; see
    /// [`Save::without_script`].
    pub fn without_script(mut self) -> Self {
        self.items.iter_mut().for_each(|item| item.without_script = true);
        self
    }

    fn with(mut self, expiry: Expiry) -> Self {
        self.items.iter_mut().for_each(|item| item.expiry = expiry);
        self
    }
}

/// A [`Save`] of an owned or borrowed record.
struct SaveOne<M, R> {
    record: R,
    expiry: Expiry,
    overwrite_newer: bool,
    without_script: bool,
    model: PhantomData<fn() -> M>,
}

impl<M: RedisModel, R: Borrow<M>> SaveOne<M, R> {
    fn save(&self) -> Save<'_, M> {
        Save::with(self.record.borrow(), self.expiry, self.overwrite_newer)
    }
}

impl<M: RedisModel, R: Borrow<M>> Operation for SaveOne<M, R> {
    type Output = ();

    fn encode(&self, request: &mut Request) -> Result<()> {
        if self.without_script {
            return self.save().without_script().encode(request);
        }
        self.save().encode(request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<()> {
        if self.without_script {
            return self.save().without_script().decode(replies);
        }
        self.save().decode(replies)
    }
}

forward_to_list!(items, impl[M: RedisModel] GetMany<M>, Option<M>);
forward_to_list!(items, impl[M: RedisModel] DeleteMany<M>, bool);
forward_to_list!(items, impl[M: RedisModel, R: Borrow<M>] SaveMany<M, R>, ());

macro_rules! debug_by_count {
    ($($verb:ident<M $(, $record:ident)?>)*) => {$(
        impl<M: RedisModel $(, $record)?> fmt::Debug for $verb<M $(, $record)?> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($verb))
                    .field("model", &M::SCHEMA.name)
                    .field("records", &self.items.len())
                    .finish()
            }
        }
    )*};
}

debug_by_count!(GetMany<M> DeleteMany<M> SaveMany<M, R>);

clone_fields! {
    impl[M: RedisModel] GetMany<M> { items }
    impl[M: RedisModel] DeleteMany<M> { items }
    impl[M, R: Clone] SaveMany<M, R> { items }
    impl[M, R: Clone] SaveOne<M, R> { record, expiry, overwrite_newer, without_script, model }
}
