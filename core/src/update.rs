//! `update`: changes fields of a record in one atomic step.

mod call;
mod change;
mod condition;
mod conditional;
mod outcome;
mod plan;

use std::fmt;
use std::time::Duration;

pub use condition::Condition;
pub use conditional::Conditional;
pub(crate) use conditional::ReadIf;
pub use outcome::{Conflict, Missing, Outcome};

use crate::clone::clone_fields;
use crate::connection::SyncConnection;
use crate::error::Result;
use crate::field::{Field, FieldType, Incrementable, IntoField, encode};
use crate::hash::{HashModel, Mapping, Selection};
use crate::key;
use crate::model::{HasTtl, RedisModel};
use crate::op::{Operation, Replies, Request};
use crate::ttl::{self, Expiry};
use crate::value::IntoIncrement;

pub(crate) use call::{Action, Call, NoRecord, UPDATE, outcome};
use change::{Change, FieldTtlChange};
pub(crate) use change::{Changes, refused_increment, refused_native_increment};
use condition::FieldSemantics;
use plan::{Plan, Values};

/// Changes fields of a record, all of them or none, in one atomic step.
///
/// The server checks everything before it writes anything. If a condition does not hold,
/// an increment would leave the field's Rust type, or a stored text is not a number, the
/// record stays unchanged. An update creates no record without
/// [`or_create`](Self::or_create) or [`or_insert`](Self::or_insert). Each field is changed
/// once in an update.
///
/// The output is an [`Outcome`]; [`required`](Operation::required) makes errors of those in
/// which nothing was changed.
///
/// **Sends** a script that checks and then writes. An update with `or_create` that sets or
/// increments every required field, has no condition and changes no TTL is cheaper: a plain
/// `HSET` (only `set`s) or, sent alone, `HINCRBY` (one `incr` of an `i64`), which falls
/// back on the script for a number such as `007`.
///
/// # Errors
///
/// Nothing was written, except in the last case.
///
/// - [`OutOfRange`](crate::ErrorKind::OutOfRange): an increment would leave the range of the
///   field's type.
/// - [`InvalidValue`](crate::ErrorKind::InvalidValue): a field to increment holds something that
///   is not a number of its type.
/// - [`MissingField`](crate::ErrorKind::MissingField): the update would leave a part of a
///   flattened `Option`, or `or_create` would create a record without a required field.
/// - [`NoMigration`](crate::ErrorKind::NoMigration), [`NewerVersion`](crate::ErrorKind::NewerVersion):
///   the record is of another version of the model.
/// - [`Unsupported`](crate::ErrorKind::Unsupported): a field's TTL, on a server that has none.
/// - [`Server`](crate::ErrorKind::Server) with the code `WRONGTYPE` for a key of another Redis
///   type, with `NOPERM` for a user who may not run one of the commands.
/// - Any error whose [`is_applied`](crate::Error::is_applied) is true: the update was applied,
///   and the fields of [`returning`](Self::returning) cannot be read. A retry would count
///   twice.
///
/// ```
/// # use redis_model::{Operation, Outcome, RedisModel, embedded};
/// #[derive(RedisModel)]
/// #[redis(key = "account:{id}")]
/// struct Account { id: u64, balance: i64, owner: String, closed: Option<bool> }
///
/// # let server = embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// let f = Account::FIELDS;
/// Account { id: 1, balance: 100, owner: "Ada".into(), closed: None }.save().run(&mut con)?;
///
/// let paid = Account::update(1)
///     .incr(f.balance, -60)
///     .only_if(f.balance.at_least(60))
///     .only_if(f.closed.is_absent())
///     .returning(f.balance);
/// assert_eq!(paid.run(&mut con)?, Outcome::Applied(40));
/// assert!(paid.run(&mut con)?.conflict().unwrap().contains(f.balance));
/// assert!(Account::update(2).set(f.owner, "Bob").run(&mut con)?.is_missing());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "an operation does nothing until it is run"]
pub struct Update<M: RedisModel, S = ()> {
    id: M::Id,
    plan: Plan,
    returning: S,
}

impl<M: HashModel> Update<M> {
    #[inline(always)]
    pub(crate) fn new(id: M::Id) -> Self {
        let key = key::write(M::SCHEMA.template(), &id);
        let plan = Plan::new(Mapping::of::<M>(), key);
        Self { id, plan, returning: () }
    }
}

impl<M: HashModel, S: Selection<M>> Update<M, S> {
    /// Sets a field. `None` for an `Option` field removes it, except if the field's default
    /// is another value: then `None` is stored.
    #[inline(always)]
    pub fn set<V, Enc>(mut self, field: Field<M, V, Enc>, value: impl IntoField<V, Enc>) -> Self {
        let name = field.name();
        self.plan.set(name, value.stored_form(&self.plan.location(name)));
        self
    }

    /// Sets a field if there is a value, and leaves it unchanged if the value is `None`, as a
    /// PATCH request asks for.
    ///
    /// ```
    /// # use redis_model::{Operation, RedisModel, embedded};
    /// #[derive(RedisModel)]
    /// #[redis(key = "user:{id}")]
    /// struct User { id: u64, name: String, email: Option<String>, age: u8 }
    ///
    /// struct Patch { name: Option<String>, email: Option<String>, age: Option<u8> }
    ///
    /// # let server = embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// # let f = User::FIELDS;
    /// # User { id: 7, name: "Ada".into(), email: None, age: 35 }.save().run(&mut con)?;
    /// let patch = Patch { name: None, email: Some("ada@example.com".into()), age: Some(36) };
    /// User::update(7)
    ///     .set_some(f.name, patch.name.as_deref())
    ///     .set_some(f.email, patch.email.as_deref())
    ///     .set_some(f.age, patch.age)
    ///     .run(&mut con)?
    ///     .expect("a user");
    /// let user = User::get(7).run(&mut con)?.expect("a user");
    /// assert_eq!((&*user.name, user.email.as_deref(), user.age), ("Ada", Some("ada@example.com"), 36));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline(always)]
    pub fn set_some<V, Enc>(
        self,
        field: Field<M, V, Enc>,
        value: Option<impl IntoField<V, Enc>>,
    ) -> Self {
        match value {
            Some(value) => self.set(field, value),
            None => self,
        }
    }

    /// Sets a field to a value, and to `None` without one. It is [`set`](Self::set) for an
    /// `Option` of another type than the field's, such as `Option<&str>`.
    ///
    /// ```
    /// # use redis_model::{Operation, RedisModel};
    /// # #[derive(RedisModel)]
    /// # #[redis(key = "user:{id}")]
    /// # struct User { id: u64, name: String, nick: Option<String> }
    /// # let f = User::FIELDS;
    /// let line = "Ada Lovelace (ada)";
    /// let nick = line.split_once('(').map(|(_, nick)| nick.trim_end_matches(')'));
    /// let update = User::update(7).set_or_remove(f.nick, nick);
    /// assert!(update.explain()?.to_string().contains("nick ada"));
    /// # Ok::<(), redis_model::Error>(())
    /// ```
    #[inline(always)]
    pub fn set_or_remove<V, Enc>(
        mut self,
        field: Field<M, Option<V>, Enc>,
        value: Option<impl IntoField<Option<V>, Enc>>,
    ) -> Self
    where
        Option<V>: FieldType<Enc>,
    {
        let name = field.name();
        let at = self.plan.location(name);
        let value = match value {
            Some(value) => value.stored_form(&at),
            None => encode::<Enc, Option<V>>(&None, &at),
        };
        self.plan.set(name, value);
        self
    }

    /// Sets a field if the record does not have it.
    #[inline(always)]
    pub fn set_if_absent<V: FieldType<Enc>, Enc>(
        mut self,
        field: Field<M, V, Enc>,
        value: impl IntoField<V, Enc>,
    ) -> Self {
        let name = field.name();
        let value = value.stored_form(&self.plan.location(name));
        self.plan.set_if_absent(name, FieldSemantics::of::<Enc, V>(), value);
        self
    }

    /// Removes a field: it becomes `None`. With `#[redis(none_as = "…")]` it stays, with
    /// the text of `None`.
    #[inline(always)]
    pub fn remove<V, Enc>(mut self, field: Field<M, Option<V>, Enc>) -> Self
    where
        Option<V>: FieldType<Enc>,
    {
        self.plan.remove(field.name(), <Option<V>>::NONE_AS);
        self
    }

    /// Adds to a number. A field that the record does not have counts as its
    /// default, or as zero without one.
    ///
    /// Integers are exact in all their range, and an increment that would leave it is an
    /// error ([`ErrorKind::OutOfRange`](crate::ErrorKind::OutOfRange)). The server adds floats (`HINCRBYFLOAT`), and its
    /// arithmetic differs from that of `f64`: 0.1 + 0.2 is 0.3, and numbers below 1e-17
    /// become 0. For money use integers.
    ///
    /// A stored text that is not a number of the field's type is an error
    /// ([`ErrorKind::InvalidValue`](crate::ErrorKind::InvalidValue)), and so is one of more than 60 characters for an
    /// integer or 400 for a float. The field's own TTL stays unchanged; a field that
    /// the increment creates gets the `ttl` of its attribute.
    #[inline(always)]
    pub fn incr<V: FieldType<Enc>, Enc: Incrementable<V>>(
        mut self,
        field: Field<M, V, Enc>,
        by: impl IntoIncrement<Enc::Kind>,
    ) -> Self {
        let change = Change::Incr(by.into_increment(), Enc::BOUNDS);
        self.plan.incr(field.name(), FieldSemantics::of::<Enc, V>(), change);
        self
    }

    /// Adds a condition. If it does not hold, nothing is changed and the output is
    /// [`Outcome::Conflict`]. Several conditions must all hold.
    pub fn only_if(mut self, condition: Condition<M>) -> Self {
        self.plan.only_if(condition.check);
        self
    }

    /// Sets the record's time to live, if the update is applied. The time is rounded up to
    /// milliseconds; zero is an error.
    pub fn expire(mut self, after: Duration) -> Self {
        self.plan.expiry = Expiry::after(after);
        self
    }

    /// Sets the record's time to live to the model's `ttl`, if the update is applied. A model
    /// without a `ttl` is a compile error; with `on_update = "refresh"` every update does so.
    pub fn refresh(mut self) -> Self
    where
        M: HasTtl,
    {
        self.plan.expiry = M::SCHEMA.expiry();
        self
    }

    /// Removes the record's time to live, if the update is applied.
    pub fn persist(mut self) -> Self {
        self.plan.expiry = Expiry::Persist;
        self
    }

    /// Sets a field's time to live, if the update is applied; a field that the record does
    /// not have stays absent. An expired field is absent, so this is for `Option` fields and
    /// fields with a default. A later write of the field sets the TTL of its
    /// `#[redis(ttl = "…")]`, or removes the TTL if there is no such attribute.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) on servers before Redis 7.4 and Valkey 9.
    /// - [`ErrorKind::InvalidOperation`](crate::ErrorKind::InvalidOperation) for a field without which the record, or the
    ///   flattened `Option` that the field belongs to, could not be read; and for a time
    ///   of zero or of 2^45 ms (1,100 years) or more, which no server takes for a field.
    ///
    /// **Sends** `HPEXPIRE` in the update's script.
    pub fn expire_field<V: FieldType<Enc>, Enc>(
        mut self,
        field: Field<M, V, Enc>,
        after: Duration,
    ) -> Self {
        self.plan.expire_field(field.name(), ttl::of_field(after));
        self
    }

    /// Removes a field's time to live, if the update is applied.
    ///
    /// **Sends** `HPERSIST` in the update's script.
    pub fn persist_field<V, Enc>(mut self, field: Field<M, V, Enc>) -> Self {
        self.plan.change_ttl(field.name(), FieldTtlChange::Persist);
        self
    }

    /// Creates the record if there is none, with the model's `ttl` and only
    /// the fields of this update.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::MissingField`](crate::ErrorKind::MissingField) if there is no record and the update neither sets nor
    /// increments every required field: such a record could not be read. Nothing is
    /// written then. To write a whole record use [`save`](RedisModel::save) or
    /// [`create`](RedisModel::create).
    pub fn or_create(mut self) -> Self {
        self.plan.or_create = true;
        self
    }

    /// Creates this record if there is none, in the same step: the record as it is, with the
    /// model's `ttl`, as [`create`](RedisModel::create) does. The changes and conditions of
    /// the update are for a record that exists. An [`expire`](Self::expire) or
    /// [`persist`](Self::persist) of the update is for both.
    ///
    /// Two clients that insert and change one record at the same time lose nothing: one of
    /// them creates it, and the other one changes it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidOperation`](crate::ErrorKind::InvalidOperation) if the record has
    /// another key than the update, or together with [`or_create`](Self::or_create), and the
    /// errors of a record that cannot be encoded. Nothing is written then.
    ///
    /// **Sends** the script of an update, with both the changes and the record.
    ///
    /// ```
    /// # use redis_model::{Operation, Outcome, RedisModel, embedded};
    /// #[derive(RedisModel)]
    /// #[redis(key = "page:{path}", ttl = "30d")]
    /// struct Page { path: String, hits: u64, first_seen_by: String }
    ///
    /// # let server = embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// let f = Page::FIELDS;
    /// let first = Page { path: "home".into(), hits: 1, first_seen_by: "Ada".into() };
    /// let hit = Page::update("home").incr(f.hits, 1).or_insert(&first).returning(f.hits);
    /// assert_eq!(hit.run(&mut con)?, Outcome::Applied(1));
    /// assert_eq!(hit.run(&mut con)?, Outcome::Applied(2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn or_insert(mut self, record: &M) -> Self {
        self.plan.or_insert(record);
        self
    }

    /// Returns these fields with their values after the update; [`Record`](crate::Record)
    /// returns all of them, as the whole record.
    #[inline(always)]
    pub fn returning<T: Selection<M>>(self, selection: T) -> Update<M, T> {
        let plan = self.plan.returning(selection.fields());
        Update { id: self.id, plan, returning: selection }
    }
}

impl<M: HashModel, S: Selection<M>> Update<M, S> {
    #[inline(always)]
    fn finish(&self, outcome: Result<Outcome<Values>>) -> Result<Outcome<S::Output>> {
        let mut row = match outcome {
            Ok(Outcome::Applied(values)) => self.plan.row(values).with_id(&self.id),
            Ok(Outcome::Missing(missing)) => return Ok(Outcome::Missing(missing)),
            Ok(Outcome::Conflict(conflict)) => return Ok(Outcome::Conflict(conflict)),
            Err(error) => return Err(error),
        };
        match self.returning.read(&mut row) {
            Ok(returned) => Ok(Outcome::Applied(returned)),
            Err(error) => Err(self.plan.locate(error.applied())),
        }
    }
}

impl<M: HashModel, S: Selection<M>> Operation for Update<M, S> {
    type Output = Outcome<S::Output>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        self.plan.encode(request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<Self::Output> {
        self.finish(self.plan.decode(replies))
    }

    #[inline(always)]
    fn run<C: SyncConnection + ?Sized>(&self, con: &mut C) -> Result<Self::Output> {
        self.finish(self.plan.run(con))
    }
}

impl<M: RedisModel, S> fmt::Debug for Update<M, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.plan.debug(f, "Update")
    }
}

clone_fields! {
    impl[M: RedisModel, S: Clone] Update<M, S> { id, plan, returning }
}
