//! `update`: some fields of a record changed in one atomic step.

mod call;
mod change;
mod condition;
mod groups;
mod outcome;

use std::fmt;
use std::time::Duration;

pub use condition::Condition;
pub use outcome::{Conflict, Outcome};

use crate::codec::Place;
use crate::error::{Error, ErrorKind, Result};
use crate::field::{Countable, Field, StoreAs, Stored};
use crate::hash::{HashModel, KeyOf, Reader, Selection, is_needed, required};
use crate::key::{self, Key};
use crate::model::RedisModel;
use crate::op::{Operation, Refusal, Replies, Reply, Request};
use crate::ttl::{self, Expiry};
use crate::value::IntoStep;

pub(crate) use call::{Call, NoRecord, outcome};
pub(crate) use change::Changes;
use change::{Change, Life};
use condition::About;
use groups::Groups;

/// Changes fields of a record, all of them or none, in one atomic step.
///
/// Nothing is written unless everything can be: a condition that does not
/// hold, an increment that would leave the field's Rust type, or a stored text
/// that is not a number, and the record stays as it is. A record that does not
/// exist (any more) is not created, unless [`or_create`](Self::or_create) says
/// so. Each field is changed once in an update.
///
/// **Sends** a script that reads what it has to check and then writes. An update with
/// `or_create` that sets or increments every required field, has no condition and
/// touches no TTL is cheaper: a plain `HSET` (only `set`s) or, sent alone, `HINCRBY` (one
/// `incr` of an `i64`), which falls back on the script for a number such as `007`.
///
/// # Errors
///
/// In all but one of these cases nothing was written.
///
/// - [`OutOfRange`](ErrorKind::OutOfRange): an increment would leave the range of the
///   field's type.
/// - [`InvalidValue`](ErrorKind::InvalidValue): a field to increment holds something that
///   is not a number of its type.
/// - [`MissingField`](ErrorKind::MissingField): the update would leave a part of a
///   flattened `Option`, or `or_create` would create a record without a required field.
/// - [`NoMigration`](ErrorKind::NoMigration), [`NewerVersion`](ErrorKind::NewerVersion):
///   the record is of another version of the model.
/// - [`Unsupported`](ErrorKind::Unsupported): a field's TTL, on a server that has none.
/// - [`Server`](ErrorKind::Server) with the code `WRONGTYPE` for a key of another Redis
///   type, with `NOPERM` for a user who may not run one of the commands.
/// - Any error whose [`is_applied`](Error::is_applied) is true: the update was applied,
///   and what [`returning`](Self::returning) asked for cannot be read. Done again, it
///   would count twice.
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
/// assert_eq!(Account::update(2).set(f.owner, "Bob").run(&mut con)?, Outcome::Missing);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "an operation does nothing until it is run"]
pub struct Update<M: RedisModel, S = ()> {
    id: M::Id,
    key: Key,
    changes: Changes,
    expiry: Expiry,
    or_create: bool,
    returning: S,
    /// The first thing that was wrong with the call.
    error: Option<Error>,
}

impl<M: HashModel> Update<M> {
    pub(crate) fn new(id: M::Id) -> Self {
        let key = key::write(M::SPEC.template(), &id);
        let (changes, expiry) = (Changes::default(), M::SPEC.expiry_of_update());
        Self { id, key, changes, expiry, or_create: false, returning: (), error: None }
    }
}

impl<M: HashModel, S: Selection<M>> Update<M, S> {
    /// Sets a field. `None` for an `Option` field removes it.
    pub fn set<V, As>(mut self, field: Field<M, V, As>, value: impl StoreAs<V, As>) -> Self {
        let name = field.name();
        match value.encode(&Place::key_of(&self.key).with_field(name)) {
            Ok(value) => self.change(name, value.map_or(Change::Remove, Change::Set)),
            Err(error) => self.fail(Error::from(error).with_field(name)),
        }
        self
    }

    /// Sets a field, unless the record has one already.
    pub fn set_if_absent<V: Stored<As>, As>(
        mut self,
        field: Field<M, V, As>,
        value: impl StoreAs<V, As>,
    ) -> Self {
        let name = field.name();
        let place = Place::key_of(&self.key).with_field(name);
        self.changes.reads(name, About::field::<As, V>(), &place, false);
        match value.encode(&place) {
            Ok(Some(value)) => self.change(name, Change::SetIfAbsent(value)),
            Ok(None) => {}
            Err(error) => self.fail(Error::from(error).with_field(name)),
        }
        self
    }

    /// Removes a field, which is to say that it becomes `None`.
    pub fn remove<V, As>(mut self, field: Field<M, Option<V>, As>) -> Self
    where
        Option<V>: Stored<As>,
    {
        self.change(field.name(), Change::Remove);
        self
    }

    /// Adds to a number; a field that the record does not have counts as its
    /// default, or as zero if it has none.
    ///
    /// Integers are exact in all their range, and an increment that would
    /// leave it is an error ([`ErrorKind::OutOfRange`]). Floats are added by
    /// the server (`HINCRBYFLOAT`), whose arithmetic is not quite that of
    /// `f64`: 0.1 + 0.2 is 0.3 there, and what is below 1e-17 becomes 0. For
    /// money use integers.
    ///
    /// A stored text that is not a number of the field's type is an error
    /// ([`ErrorKind::InvalidValue`]), and so is one of more than 60 characters for an
    /// integer or 400 for a float. The field's own TTL stays what it is; a field that
    /// the increment creates gets the `ttl` of its attribute.
    pub fn incr<V: Stored<As>, As: Countable<V>>(
        mut self,
        field: Field<M, V, As>,
        by: impl IntoStep<As::Kind>,
    ) -> Self {
        let name = field.name();
        let place = Place::key_of(&self.key).with_field(name);
        self.changes.reads(name, About::field::<As, V>(), &place, true);
        self.change(name, Change::Incr(by.into_step(), As::BOUNDS));
        self
    }

    /// Changes nothing, and returns [`Outcome::Conflict`], unless this holds.
    /// Several conditions must all hold.
    pub fn only_if(mut self, condition: Condition<M>) -> Self {
        if let Err(error) = self.changes.check(condition, &self.key) {
            self.fail(error);
        }
        self
    }

    /// Lets the record expire after this time, if the update is applied. It is
    /// rounded up to milliseconds; zero is an error.
    pub fn expire(self, after: Duration) -> Self {
        Self { expiry: Expiry::after(after), ..self }
    }

    /// Lets the record live for ever, if the update is applied.
    pub fn persist(self) -> Self {
        Self { expiry: Expiry::Persist, ..self }
    }

    /// Lets a field expire after this time, if the update is applied; one that
    /// the record does not have stays absent. A field that expires is absent,
    /// so this is for `Option` fields and such with a default.
    ///
    /// Needs Redis 7.4 or Valkey 9; elsewhere nothing is changed and the error
    /// is [`ErrorKind::Unsupported`]. Sends, in the update's script, `HPEXPIRE`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidOperation`] for a field without which the record, or the
    /// flattened `Option` that the field belongs to, could not be read; and for a time
    /// of zero or of 2^45 ms (1,100 years) or more, which no server takes for a field.
    ///
    /// What a later write of the field does to it: a field with a
    /// `#[redis(ttl = "…")]` of its own gets that, any other lives for ever.
    pub fn expire_field<V: Stored<As>, As>(
        mut self,
        field: Field<M, V, As>,
        after: Duration,
    ) -> Self {
        let name = field.name();
        if is_needed::<M>(name) {
            let message = "a record that lacks this field could not be read; make it an `Option` or give it a default";
            self.fail(Error::new(ErrorKind::InvalidOperation, message).with_field(name));
        }
        match ttl::of_field(after) {
            Ok(millis) => self.changes.live(name, Life::Expire(millis)),
            Err(error) => self.fail(error.with_field(name)),
        }
        self
    }

    /// Lets a field live as long as its record, if the update is applied.
    /// Sends, in the update's script, `HPERSIST`.
    pub fn persist_field<V, As>(mut self, field: Field<M, V, As>) -> Self {
        self.changes.live(field.name(), Life::Persist);
        self
    }

    /// Creates the record if there is none, with the model's `ttl` and only
    /// the fields of this update.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::MissingField`] if there is no record and the update neither sets nor
    /// increments every required field: such a record could not be read. Nothing is
    /// written then. To write a whole record use [`save`](RedisModel::save) or
    /// [`create`](RedisModel::create).
    pub fn or_create(self) -> Self {
        Self { or_create: true, ..self }
    }

    /// Returns these fields as they are after the update.
    pub fn returning<T: Selection<M>>(self, selection: T) -> Update<M, T> {
        let Self { id, key, changes, expiry, or_create, error, .. } = self;
        Update { id, key, changes, expiry, or_create, returning: selection, error }
    }

    fn change(&mut self, name: &'static str, change: Change) {
        if M::SPEC.version() == Some(name) {
            let message = "the version counts the writes by itself; check it with `only_if`";
            self.fail(Error::new(ErrorKind::InvalidOperation, message).with_field(name));
        }
        if let Err(error) = self.changes.add(name, change) {
            self.fail(error);
        }
    }

    fn fail(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }

    fn about(&self, error: Error) -> Error {
        error.with_model(M::SPEC.name).with_key(&self.key)
    }

    /// The required fields that a record would lack if the update created it.
    fn unset(&self) -> impl Iterator<Item = &'static str> {
        let names = required::<M>().map(|at| M::SPEC.fields[at]);
        names.filter(|name| !self.changes.gives_value(name))
    }

    fn no_record(&self) -> NoRecord {
        match self.or_create {
            false => NoRecord::Missing,
            true if self.unset().next().is_some() => NoRecord::Incomplete,
            true => NoRecord::Create,
        }
    }

    /// The one plain command that does it all, if there is one.
    fn plain(&self) -> Option<Plain<'_>> {
        let unconditional = self.no_record() == NoRecord::Create && self.changes.unconditional();
        let simple = M::SPEC.ttl.is_none() && !M::SPEC.has_extras() && M::HISTORY.kept().is_none();
        if !unconditional || self.expiry != Expiry::Keep || !simple {
            return None;
        }
        if !Groups::concerned::<M>(|name| self.changes.concerns(name)).is_empty() {
            return None;
        }
        let mut returned = Vec::new();
        self.returning.each(&mut |name| returned.push(name));
        match (self.changes.only_sets(), self.changes.only_incr_i64()) {
            (Some(sets), _) if returned.is_empty() => Some(Plain::Set(sets)),
            (_, Some((name, by)))
                if returned.iter().all(|returned| *returned == name) && returned.len() < 2 =>
            {
                Some(Plain::Incr(name, by))
            }
            _ => None,
        }
    }
}

/// HINCRBY takes no leading zeros and no `+`, which the script takes.
static HINCRBY: Refusal = Refusal::of_values("hash value is not an integer");

enum Plain<'a> {
    Set(Vec<(&'static str, &'a [u8])>),
    Incr(&'static str, &'a str),
}

impl<M: HashModel, S: Selection<M>> Operation for Update<M, S> {
    type Output = Outcome<S::Output>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        if let Some(error) = &self.error {
            return Err(self.about(error.duplicate()));
        }
        let expiry = self.expiry.check().map_err(|error| self.about(error))?;
        match self.plain() {
            Some(Plain::Set(sets)) => {
                let mut command = request.command(
                    "HSET",
                    1 + 2 * sets.len(),
                    self.key.len() + self.changes.bytes(),
                );
                command.arg(&self.key);
                for (name, value) in sets {
                    command.arg(name).arg(value);
                }
            }
            plain => {
                let mut returned = Vec::new();
                self.returning.each(&mut |name| returned.push(name));
                let call = Call {
                    key: &self.key,
                    no_record: self.no_record(),
                    expiry,
                    returned,
                    changes: &self.changes,
                };
                let mut command = call.write::<M>(request);
                if let Some(Plain::Incr(name, by)) = plain {
                    command.or_faster(&HINCRBY, || increment(&self.key, name, by));
                }
            }
        }
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<Self::Output> {
        let reply = replies.next().map_err(|error| match self.plain() {
            Some(Plain::Incr(name, _)) => change::of_increment(name, error),
            _ => error,
        });
        reply.and_then(|reply| self.outcome(reply)).map_err(|error| self.about(error))
    }
}

impl<M: HashModel, S: Selection<M>> Update<M, S> {
    fn outcome(&self, reply: Reply) -> Result<Outcome<S::Output>> {
        // A plain command replies with a number, the script with a list.
        let row = if reply.is_array() {
            let incomplete = || change::incomplete(&self.unset().collect::<Vec<_>>());
            match call::outcome(reply, incomplete)? {
                Outcome::Applied(returned) => returned,
                Outcome::Missing => return Ok(Outcome::Missing),
                Outcome::Conflict(conflict) => return Ok(Outcome::Conflict(conflict)),
            }
        } else {
            reply.into_number_row()?
        };
        let key = KeyOf::<M>(&self.id);
        let read = self.returning.read(&mut Reader::new(row, &M::SPEC, &key));
        read.map(Outcome::Applied).map_err(Error::applied)
    }
}

/// Returns HINCRBY as a command of its own.
fn increment(key: &Key, name: &str, by: &str) -> redis::Cmd {
    let mut request = Request::new();
    request.command("HINCRBY", 3, key.len() + 64).arg(key).arg(name).arg(by);
    request.into_cmd()
}

impl<M: RedisModel, S> fmt::Debug for Update<M, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Update")
            .field("model", &M::SPEC.name)
            .field("key", &self.key)
            .field("changes", &self.changes)
            .finish_non_exhaustive()
    }
}

fn twice(name: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, "an update changes a field once, this one twice")
        .with_field(name)
}
