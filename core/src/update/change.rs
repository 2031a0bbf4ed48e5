//! The changes of an update, as the arguments of its script.

use std::fmt;
use std::vec;

use super::condition::{Check, FieldSemantics, Test, Text};
use crate::codec::Location;
use crate::error::{Error, ErrorKind, Result};
use crate::hash::NOT_A_VERSION;
use crate::key::Key;
use crate::op::{CommandWriter, Reply};
use crate::redis_rs::ReplyValue;
use crate::value::{Bounds, Increment};

/// The change of one field.
#[derive(Clone)]
pub(super) enum Change {
    Set(Vec<u8>),
    /// Writes the same value in another form; the field's TTL stays unchanged.
    Reset(Vec<u8>),
    SetIfAbsent(Vec<u8>),
    Remove,
    Incr(Increment, Bounds),
}

/// The change of one field's time to live.
#[derive(Clone)]
pub(super) enum FieldTtlChange {
    Expire(u64),
    Persist,
}

/// A condition, as the script reads it.
#[derive(Clone)]
struct EncodedCheck {
    name: &'static str,
    test: &'static str,
    value: Option<(&'static str, Vec<u8>)>,
}

/// The changes of an update, and its conditions.
#[derive(Clone, Default)]
pub struct Changes {
    changes: Vec<(&'static str, Change)>,
    checks: Vec<EncodedCheck>,
    ttls: Vec<(&'static str, FieldTtlChange)>,
    /// The values of absent fields, for those that the script reads.
    defaults: Vec<(&'static str, Vec<u8>)>,
    /// The stored texts that are read as no value, for such fields.
    none_texts: Vec<(&'static str, Vec<u8>)>,
    migrates: bool,
}

impl Changes {
    /// Marks the changes as a migration of a record of an older version.
    pub(crate) fn migrate(&mut self) {
        self.migrates = true;
    }

    pub(super) fn migrates(&self) -> bool {
        self.migrates
    }

    pub(super) fn change_ttl(&mut self, name: &'static str, change: FieldTtlChange) {
        self.ttls.push((name, change));
    }

    /// Adds the meaning of a field's text, for a script that reads it.
    pub(super) fn reads(
        &mut self,
        name: &'static str,
        field: FieldSemantics,
        location: &Location<'_>,
        value: bool,
    ) {
        let add = |texts: &mut Vec<(&'static str, Vec<u8>)>, text: Text| {
            if texts.iter().all(|(known, _)| *known != name) {
                texts.extend(text(location).map(|text| (name, text)));
            }
        };
        add(&mut self.none_texts, field.none_text);
        if value {
            add(&mut self.defaults, field.default);
            // A default that is no value: an absent field has none, either.
            let none_texts = &self.none_texts;
            self.defaults.retain(|default| !none_texts.contains(default));
        }
    }

    /// Returns `true` if this field has a value after the update.
    pub(super) fn gives_value(&self, name: &str) -> bool {
        let gives = |change: &Change| !matches!(change, Change::Remove);
        self.changes.iter().any(|(changed, change)| *changed == name && gives(change))
    }

    /// Returns `true` if this field is changed.
    pub(super) fn concerns(&self, name: &str) -> bool {
        self.changes.iter().any(|(changed, _)| *changed == name)
    }

    pub(super) fn add(&mut self, name: &'static str, change: Change) -> Result<()> {
        if self.changes.iter().any(|(known, _)| *known == name) {
            let message = "an update changes a field once, this one twice";
            return Err(Error::new(ErrorKind::InvalidOperation, message).with_field(name));
        }
        if let Change::Incr(Increment(by), Bounds::Float { .. }) = &change
            && !by.parse().is_ok_and(f64::is_finite)
        {
            let error = Error::new(ErrorKind::InvalidOperation, "an increment must be finite");
            return Err(error.with_field(name));
        }
        self.changes.push((name, change));
        Ok(())
    }

    pub(super) fn check(&mut self, check: Check, key: &Key) -> Result<()> {
        let Check { name, test, field } = check;
        let location = Location::at_key(key).with_field(name);
        let compares = matches!(test, Test::Compare { .. });
        self.reads(name, field, &location, compares);
        let (test, value) = match test {
            Test::Absent => ("absent", None),
            Test::Present => ("present", None),
            Test::Compare { test, kind, encode } => {
                let wrong = |error| Error::from(error).with_field(name);
                match encode(&location).map_err(wrong)? {
                    Some(value) if self.is_none_text(name, &value) => ("absent", None),
                    Some(value)
                        if encode(&location.for_comparison()).map_err(wrong)?.as_ref()
                            == Some(&value) =>
                    {
                        (test, Some((kind, value)))
                    }
                    Some(_) => {
                        let message = "its codec writes a value otherwise each time, so the server cannot compare it; use `edit`";
                        return Err(
                            Error::new(ErrorKind::InvalidOperation, message).with_field(name)
                        );
                    }
                    None => ("absent", None),
                }
            }
        };
        self.checks.push(EncodedCheck { name, test, value });
        Ok(())
    }

    /// Returns `true` if a field with this text has no value.
    fn is_none_text(&self, name: &str, value: &[u8]) -> bool {
        self.none_texts.iter().any(|(known, text)| *known == name && text == value)
    }

    /// Sets or removes a field, if it is stored as it was when it was read; if
    /// it is the `same` value, it ttls on as long as before.
    pub(crate) fn exchange(
        &mut self,
        name: &'static str,
        held: Option<&[u8]>,
        value: Option<Vec<u8>>,
        same: bool,
    ) {
        self.check_held(name, held);
        let set = if same { Change::Reset } else { Change::Set };
        self.changes.push((name, value.map_or(Change::Remove, set)));
    }

    /// Adds the condition that a field is still stored as it was read.
    pub(crate) fn check_held(&mut self, name: &'static str, held: Option<&[u8]>) {
        let (test, value) = match held {
            Some(held) => ("eq", Some(("bytes", held.to_vec()))),
            None => ("absent", None),
        };
        self.checks.push(EncodedCheck { name, test, value });
    }

    /// Returns `true` if there are no changes.
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.ttls.is_empty()
    }

    pub(super) fn unconditional(&self) -> bool {
        self.checks.is_empty()
            && self.ttls.is_empty()
            && self.none_texts.is_empty()
            // HINCRBY takes an absent field for zero.
            && self.defaults.iter().all(|(_, value)| value == b"0")
    }

    /// Returns the fields to set, if there are no other changes.
    pub(super) fn only_sets(&self) -> Option<Vec<(&'static str, &[u8])>> {
        let set = |(name, change): &'_ (&'static str, Change)| match change {
            Change::Set(_) => Some(*name),
            _ => None,
        };
        let names: Vec<_> = self.changes.iter().map(set).collect::<Option<_>>()?;
        let values = self.changes.iter().filter_map(|(_, change)| match change {
            Change::Set(value) => Some(value.as_slice()),
            _ => None,
        });
        if names.is_empty() { None } else { Some(names.into_iter().zip(values).collect()) }
    }

    /// Returns the increment, if it is the only change and Redis' own bounds are the field's.
    pub(super) fn only_incr_i64(&self) -> Option<(&'static str, &str)> {
        match self.changes.as_slice() {
            [(name, Change::Incr(Increment(by), bounds))] if bounds.permits_native(by) => {
                Some((name, by))
            }
            _ => None,
        }
    }

    pub(super) fn arguments(&self) -> usize {
        let known = 3 * (self.defaults.len() + self.none_texts.len());
        2 + 5 * self.changes.len() + 4 * self.checks.len() + 3 * self.ttls.len() + known
    }

    pub(super) fn bytes(&self) -> usize {
        let change = |change: &Change| match change {
            Change::Set(value) | Change::Reset(value) | Change::SetIfAbsent(value) => value.len(),
            Change::Remove => 0,
            Change::Incr(Increment(by), _) => by.len() + 80,
        };
        let changes: usize =
            self.changes.iter().map(|(name, it)| name.len() + change(it) + 8).sum();
        let checked =
            |check: &EncodedCheck| check.value.as_ref().map_or(0, |(_, value)| value.len());
        changes
            + self.checks.iter().map(|check| check.name.len() + checked(check) + 16).sum::<usize>()
    }

    /// Returns `true` if the script reads this field.
    pub(super) fn read(&self, name: &str) -> bool {
        let is_incr = |change: &Change| matches!(change, Change::Incr(..));
        self.checks.iter().any(|check| check.name == name)
            || self.changes.iter().any(|(known, change)| *known == name && is_incr(change))
    }

    /// Adds conditions and changes as `update.lua` reads them.
    pub(super) fn write(&self, command: &mut CommandWriter<'_>) {
        for (name, value) in &self.defaults {
            command.arg("default").arg(name).arg(value);
        }
        for (name, text) in &self.none_texts {
            command.arg("none").arg(name).arg(text);
        }
        for EncodedCheck { name, test, value } in &self.checks {
            command.arg(test).arg(name);
            if let Some((kind, value)) = value {
                command.arg(kind).arg(value);
            }
        }
        let sets = self.changes.iter().filter_map(|(name, change)| match change {
            Change::Set(value) => Some((name, value)),
            _ => None,
        });
        let count = sets.clone().count();
        if count > 0 {
            command.arg("sets").int(2 * count);
        }
        for (name, value) in sets {
            command.arg(name).arg(value);
        }
        for (name, change) in &self.changes {
            match change {
                Change::Set(_) => continue,
                Change::Reset(value) => command.arg("rewrite").arg(name).arg(value),
                Change::SetIfAbsent(value) => command.arg("setnx").arg(name).arg(value),
                Change::Remove => command.arg("del").arg(name),
                Change::Incr(Increment(by), Bounds::Integer { min, max }) => {
                    command.arg("incr").arg(name).arg(by).arg(min).arg(max)
                }
                Change::Incr(Increment(by), Bounds::Float { max }) => {
                    command.arg("incrf").arg(name).arg(by).arg(max)
                }
            };
        }
        for (name, change) in &self.ttls {
            match change {
                FieldTtlChange::Expire(millis) => command.arg("expire").arg(name).int(*millis),
                FieldTtlChange::Persist => command.arg("persist").arg(name),
            };
        }
    }
}

/// Returns the error for a status in which the script changed nothing.
pub(super) fn refused(status: &str, mut rest: vec::IntoIter<ReplyValue>) -> Error {
    let (kind, message) = match status {
        "out_of_range" => (ErrorKind::OutOfRange, OUT_OF_RANGE),
        "not_a_number" => (ErrorKind::InvalidValue, NOT_A_NUMBER),
        "needed" => (ErrorKind::MissingField, PART_OF_GROUP),
        "older_version" => (ErrorKind::NoMigration, OLDER_VERSION),
        "newer_version" => (ErrorKind::NewerVersion, NEWER_VERSION),
        "invalid_version" => (ErrorKind::InvalidValue, NOT_A_VERSION),
        _ => return Error::unexpected_reply(),
    };
    let error = Error::new(kind, message);
    match rest.next().and_then(|name| Reply(name).into_text().ok()) {
        Some(field) => error.with_field(field),
        None => error,
    }
}

const OLDER_VERSION: &str = "stored by an earlier version of the model, and an update changes fields of the current one only: `modify` changes the record and migrates it";
const NEWER_VERSION: &str = "stored by a later version of the model than this program knows";
const OUT_OF_RANGE: &str = "the increment would leave the range of the field's type";
const PART_OF_GROUP: &str = "the update would leave other fields of a flattened `Option` without this one, which it needs: \
     set all of them together, or remove all";
const NOT_A_NUMBER: &str = "the stored value is not a number of the field's type";

/// Returns the error of an increment that changed nothing.
pub(crate) fn refused_increment(status: &str) -> Error {
    refused(status, Vec::new().into_iter())
}

/// Returns the script's error for the same mistake in a plain INCRBY or HINCRBY.
pub(crate) fn refused_native_increment(error: Error) -> Error {
    match error.to_string() {
        text if text.contains("would overflow") => Error::new(ErrorKind::OutOfRange, OUT_OF_RANGE),
        text if text.contains("not an integer") => {
            Error::new(ErrorKind::InvalidValue, NOT_A_NUMBER)
        }
        _ => error,
    }
}

/// Returns the script's error for the same mistake in a plain HINCRBY.
pub(super) fn of_increment(name: &'static str, error: Error) -> Error {
    if error.to_string().contains("would overflow") {
        Error::new(ErrorKind::OutOfRange, OUT_OF_RANGE).with_field(name)
    } else {
        error
    }
}

/// Returns the error for a record that an update would create without these fields.
pub(super) fn incomplete(missing: &[&'static str]) -> Error {
    let names = missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let message = format!(
        "there is no record, and one that the update creates would lack required fields ({names}): \
         set them, too, or `save` or `create` a whole record"
    );
    Error::new(ErrorKind::MissingField, message)
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.changes.iter().map(|(name, _)| name)).finish()
    }
}
