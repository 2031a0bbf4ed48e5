//! An update without the model's type: what it changes, and the commands that do it.

use std::{fmt, vec};

use super::change::{self, Change, Changes, FieldTtlChange};
use super::condition::{Check, FieldSemantics};
use super::{Action, Call, NoRecord, Outcome, call};
use crate::codec::Location;
use crate::erased::{AnyModel, AnyRecord, check_key};
use crate::error::{Error, ErrorKind, Result, ValueError};
use crate::hash::{self, Insertion, Mapping, Record, Row};
use crate::key::Key;
use crate::op::{Operation, Refusal, Replies, Reply, Request};
use crate::redis_rs::ReplyValue;
use crate::ttl::Expiry;

/// HINCRBY takes no leading zeros and no `+`, which the script takes.
static HINCRBY: Refusal = Refusal::of_values("hash value is not an integer");

pub(super) struct Plan {
    mapping: Mapping,
    key: Key,
    changes: Changes,
    pub(super) expiry: Expiry,
    pub(super) or_create: bool,
    /// The record to create if there is none.
    insertion: Option<Insertion>,
    /// The effect on a record, if it is not a change of its fields.
    action: Option<Action>,
    /// The positions of the fields to return.
    returning: Vec<u16>,
    /// The first mistake in the calls that made the update.
    error: Option<Error>,
}

/// The one plain command that makes all changes.
enum Plain<'a> {
    Set(Vec<(&'static str, &'a [u8])>),
    Incr(&'static str, &'a str),
}

type Encoded = std::result::Result<Option<Vec<u8>>, ValueError>;

impl Plan {
    pub(super) fn new(mapping: Mapping, key: Key) -> Self {
        let (changes, expiry) = (Changes::default(), mapping.schema.expiry_of_update());
        let (or_create, insertion, action) = (false, None, None);
        let (returning, error) = (Vec::new(), None);
        Self { mapping, key, changes, expiry, or_create, insertion, action, returning, error }
    }

    /// Creates a plan that deletes the record, or keeps its fields and changes its time to
    /// live only.
    pub(super) fn of_record(mapping: Mapping, key: Key, action: Action, expiry: Expiry) -> Self {
        Self { action: Some(action), expiry, ..Self::new(mapping, key) }
    }

    /// Creates a plan that writes all fields of a record.
    pub(super) fn of_save(record: Record<'_>, expiry: Expiry) -> Self {
        let mut plan = Self { expiry, ..Self::new(record.mapping, record.key.clone()) };
        match hash::replacement(record) {
            Ok(changes) => plan.changes = changes,
            Err(error) => plan.fail(error),
        }
        plan
    }

    pub(super) fn location(&self, name: &'static str) -> Location<'_> {
        Location::at_key(&self.key).with_field(name)
    }

    pub(super) fn set(&mut self, name: &'static str, value: Encoded) {
        match value {
            Ok(value) => self.change(name, value.map_or(Change::Remove, Change::Set)),
            Err(error) => self.fail(Error::from(error).with_field(name)),
        }
    }

    pub(super) fn set_if_absent(
        &mut self,
        name: &'static str,
        field: FieldSemantics,
        value: Encoded,
    ) {
        let location = Location::at_key(&self.key).with_field(name);
        self.changes.reads(name, field, &location, false);
        match value {
            Ok(Some(value)) => self.change(name, Change::SetIfAbsent(value)),
            Ok(None) => {}
            Err(error) => self.fail(Error::from(error).with_field(name)),
        }
    }

    pub(super) fn incr(&mut self, name: &'static str, field: FieldSemantics, change: Change) {
        let location = Location::at_key(&self.key).with_field(name);
        self.changes.reads(name, field, &location, true);
        self.change(name, change);
    }

    pub(super) fn only_if(&mut self, check: Check) {
        if let Err(error) = self.changes.check(check, &self.key) {
            self.fail(error);
        }
    }

    pub(super) fn expire_field(&mut self, name: &'static str, millis: Result<u64>) {
        if self.mapping.is_needed(name) {
            let message = "a record that lacks this field could not be read; make it an `Option` or give it a default";
            self.fail(Error::new(ErrorKind::InvalidOperation, message).with_field(name));
        }
        match millis {
            Ok(millis) => self.change_ttl(name, FieldTtlChange::Expire(millis)),
            Err(error) => self.fail(error.with_field(name)),
        }
    }

    pub(super) fn change_ttl(&mut self, name: &'static str, change: FieldTtlChange) {
        self.changes.change_ttl(name, change);
    }

    pub(super) fn change(&mut self, name: &'static str, change: Change) {
        if self.mapping.schema.revision_name() == Some(name) {
            let message = "the revision counts the writes by itself; check it with `only_if`";
            self.fail(Error::new(ErrorKind::InvalidOperation, message).with_field(name));
        }
        if let Err(error) = self.changes.add(name, change) {
            self.fail(error);
        }
    }

    pub(super) fn fail(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }

    /// Adds model and key to an error.
    pub(super) fn locate(&self, error: Error) -> Error {
        error.with_model(self.mapping.schema.name).with_key(&self.key)
    }

    /// Returns the required fields that a record would lack if the update created it.
    fn unset(&self) -> Vec<&'static str> {
        let names = self.mapping.required().map(|at| self.mapping.schema.fields[at]);
        names.filter(|name| !self.changes.gives_value(name)).collect()
    }

    pub(super) fn or_insert(&mut self, record: &dyn AnyRecord) {
        let checked = check_key(AnyModel::Hash(self.mapping), record, &self.key);
        match checked.and_then(|()| Insertion::new(self.mapping.record(record, &self.key))) {
            Ok(insertion) => self.insertion = Some(insertion),
            Err(error) => self.fail(error),
        }
    }

    fn no_record(&self) -> NoRecord {
        match self.or_create {
            _ if self.insertion.is_some() => NoRecord::Insert,
            false => NoRecord::Missing,
            true if self.unset().is_empty() => NoRecord::Create,
            true => NoRecord::Incomplete,
        }
    }

    fn plain(&self, returned: &[&str]) -> Option<Plain<'_>> {
        let schema = self.mapping.schema;
        let unconditional = self.no_record() == NoRecord::Create && self.changes.unconditional();
        let simple =
            schema.ttl.is_none() && !schema.has_options() && self.mapping.version().is_none();
        if !unconditional || self.expiry != Expiry::Keep || !simple {
            return None;
        }
        if !self.mapping.groups(|name| self.changes.concerns(name)).is_empty() {
            return None;
        }
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

    pub(super) fn returning(mut self, fields: Vec<u16>) -> Self {
        self.returning = fields;
        self
    }

    /// Returns the values to return as a row.
    pub(super) fn row(&self, values: Values) -> Row<'_> {
        Row::new(values, self.mapping.schema, Location::at_key(&self.key))
    }

    /// Returns the stored names of the fields to return.
    fn returned(&self) -> Vec<&'static str> {
        if self.action != Some(Action::Read) {
            return self.mapping.names(&self.returning);
        }
        let mut names = Vec::new();
        self.mapping.each_name(&mut |name| names.push(name));
        names
    }

    fn outcome(&self, reply: Reply) -> Result<Outcome<Values>> {
        // A plain command replies with a number, the script with a list.
        if reply.is_array() {
            call::outcome(reply, self.mapping.schema.name, &self.key, || {
                change::incomplete(&self.unset())
            })
        } else {
            reply.into_number_row().map(Outcome::Applied)
        }
    }
}

impl Operation for Plan {
    /// The values to return.
    type Output = Outcome<Values>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        let returned = self.returned();
        if let Some(error) = &self.error {
            return Err(self.locate(error.duplicate()));
        }
        if self.or_create && self.insertion.is_some() {
            let message = "`or_create` and `or_insert` exclude each other";
            return Err(self.locate(Error::new(ErrorKind::InvalidOperation, message)));
        }
        let expiry = self.expiry.check().map_err(|error| self.locate(error))?;
        let plain = if request.is_of_scripts() { None } else { self.plain(&returned) };
        match plain {
            Some(Plain::Set(sets)) => {
                let (arguments, bytes) =
                    (1 + 2 * sets.len(), self.key.len() + self.changes.bytes());
                let mut command = request.command("HSET", arguments, bytes);
                command.arg(&self.key);
                for (name, value) in sets {
                    command.arg(name).arg(value);
                }
            }
            plain => {
                let action = self.action.unwrap_or_else(|| Action::Change(self.no_record()));
                let (key, changes, insertion) = (&self.key, &self.changes, self.insertion.as_ref());
                let call = Call { key, action, expiry, returned, changes, insertion };
                let mut command = call.write(self.mapping, request);
                if let Some(Plain::Incr(name, by)) = plain {
                    command.or_faster(&HINCRBY, || increment(&self.key, name, by));
                }
            }
        }
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<Outcome<Values>> {
        let reply = replies.next().map_err(|error| match self.plain(&self.returned()) {
            Some(Plain::Incr(name, _)) => change::of_increment(name, error),
            _ => error,
        });
        reply.and_then(|reply| self.outcome(reply)).map_err(|error| self.locate(error))
    }
}

/// The values of the fields to return.
pub(super) type Values = vec::IntoIter<ReplyValue>;

/// Returns HINCRBY as a command of its own.
fn increment(key: &Key, name: &str, by: &str) -> redis::Cmd {
    let mut request = Request::new();
    request.command("HINCRBY", 3, key.len() + 64).arg(key).arg(name).arg(by);
    request.into_cmd()
}

impl Plan {
    pub(super) fn debug(&self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
        f.debug_struct(name)
            .field("model", &self.mapping.schema.name)
            .field("key", &self.key)
            .field("changes", &self.changes)
            .finish_non_exhaustive()
    }
}
