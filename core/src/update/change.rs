//! The changes of an update, as the arguments of its script.

use std::fmt;
use std::vec;

use super::condition::{Check, FieldSemantics, Test, Text};
use crate::codec::Location;
use crate::error::{Error, ErrorKind, Result, ValueError};
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
enum EncodedCheck {
    /// `absent` or `present`.
    Presence {
        name: &'static str,
        test: &'static str,
    },
    Compare {
        name: &'static str,
        test: &'static str,
        kind: &'static str,
        value: Vec<u8>,
    },
    OneOf {
        name: &'static str,
        kind: &'static str,
        values: Vec<Vec<u8>>,
    },
    /// `any` or `all` of so many conditions that follow.
    Group {
        test: &'static str,
        count: usize,
    },
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
        match check {
            Check::Field { name, test, field } => self.check_field(name, test, field, key),
            Check::Group { test, checks } => {
                self.checks.push(EncodedCheck::Group { test, count: checks.len() });
                checks.into_iter().try_for_each(|check| self.check(check, key))
            }
        }
    }

    fn check_field(
        &mut self,
        name: &'static str,
        test: Test,
        field: FieldSemantics,
        key: &Key,
    ) -> Result<()> {
        let location = Location::at_key(key).with_field(name);
        let compares = !matches!(test, Test::Absent | Test::Present);
        self.reads(name, field, &location, compares);
        let comparable = |encode: &dyn Fn(&Location<'_>) -> Encoded| {
            comparable(encode, &location).map_err(|error| error.with_field(name))
        };
        match test {
            Test::Absent => self.check_presence(name, "absent"),
            Test::Present => self.check_presence(name, "present"),
            Test::Compare { test, kind, encode } => {
                match (self.value_of(name, comparable(&*encode)?), test) {
                    // Beside a default the text of a `None` is a value.
                    (Some(value), "eq" | "ne") if is_no_number(kind, &value) => {
                        let kind = "bytes";
                        self.checks.push(EncodedCheck::Compare { name, test, kind, value });
                    }
                    (Some(value), _) if !is_no_number(kind, &value) => {
                        self.checks.push(EncodedCheck::Compare { name, test, kind, value });
                    }
                    (None, "eq") => self.check_presence(name, "absent"),
                    (None, "ne") => self.check_presence(name, "present"),
                    _ => {
                        let message = "a comparison with `None` holds for no value; use `is_absent` or `is_present`";
                        let error = Error::new(ErrorKind::InvalidOperation, message);
                        return Err(error.with_field(name));
                    }
                }
            }
            Test::OneOf { kind, encode } => {
                let encoded = encode.iter().map(|encode| comparable(&**encode));
                let encoded = encoded.map(|value| Ok(self.value_of(name, value?)));
                let encoded = encoded.collect::<Result<Vec<_>>>()?;
                let count = encoded.len();
                let values: Vec<_> = encoded.into_iter().flatten().collect();
                if values.len() < count {
                    self.checks.push(EncodedCheck::Group { test: "any", count: 2 });
                    self.check_presence(name, "absent");
                }
                self.checks.push(EncodedCheck::OneOf { name, kind, values });
            }
        }
        Ok(())
    }

    fn check_presence(&mut self, name: &'static str, test: &'static str) {
        self.checks.push(EncodedCheck::Presence { name, test });
    }

    /// Returns a stored form, `None` if it is a text that is no value.
    fn value_of(&self, name: &str, stored: Option<Vec<u8>>) -> Option<Vec<u8>> {
        let is_none = |text: &Vec<u8>| {
            self.none_texts.iter().any(|(known, none)| *known == name && text == none)
        };
        stored.filter(|text| !is_none(text))
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
        let (test, kind) = ("eq", "bytes");
        self.checks.push(match held {
            Some(held) => EncodedCheck::Compare { name, test, kind, value: held.to_vec() },
            None => EncodedCheck::Presence { name, test: "absent" },
        });
    }

    /// Adds the condition that this is the record's revision. A record without one has 0.
    pub(crate) fn check_revision(&mut self, name: &'static str, value: Vec<u8>) {
        self.defaults.push((name, b"0".to_vec()));
        self.checks.push(EncodedCheck::Compare { name, test: "eq", kind: "int", value });
    }

    /// Sets a field, or removes it.
    pub(crate) fn write_field(&mut self, name: &'static str, value: Option<Vec<u8>>) {
        self.changes.push((name, value.map_or(Change::Remove, Change::Set)));
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
        let checks: usize = self.checks.iter().map(EncodedCheck::arguments).sum();
        2 + 5 * self.changes.len() + checks + 3 * self.ttls.len() + known
    }

    pub(super) fn bytes(&self) -> usize {
        let change = |change: &Change| match change {
            Change::Set(value) | Change::Reset(value) | Change::SetIfAbsent(value) => value.len(),
            Change::Remove => 0,
            Change::Incr(Increment(by), _) => by.len() + 80,
        };
        let changes: usize =
            self.changes.iter().map(|(name, it)| name.len() + change(it) + 8).sum();
        changes + self.checks.iter().map(EncodedCheck::bytes).sum::<usize>()
    }

    /// Returns `true` if the script reads this field.
    pub(super) fn read(&self, name: &str) -> bool {
        let is_incr = |change: &Change| matches!(change, Change::Incr(..));
        self.checks.iter().any(|check| check.reads(name))
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
        self.checks.iter().for_each(|check| check.write(command));
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

type Encoded = std::result::Result<Option<Vec<u8>>, ValueError>;

/// Returns `true` for a text among numbers that is none, as that of a `None`.
fn is_no_number(kind: &str, value: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(value) else { return false };
    match kind {
        "int" => text.parse::<i128>().is_err() && text.parse::<u128>().is_err(),
        "float" => text.parse::<f64>().is_err(),
        _ => false,
    }
}

/// Encodes a value that the server compares, `None` for none.
fn comparable(
    encode: &dyn Fn(&Location<'_>) -> Encoded,
    location: &Location<'_>,
) -> Result<Option<Vec<u8>>> {
    let value = encode(location)?;
    if value.is_some() && encode(&location.for_comparison())? != value {
        let message = "its codec writes a value otherwise each time, so the server cannot compare it; use `edit`";
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    Ok(value)
}

impl EncodedCheck {
    /// Returns `true` if the check is one of this field.
    fn reads(&self, field: &str) -> bool {
        match self {
            Self::Presence { name, .. } | Self::Compare { name, .. } | Self::OneOf { name, .. } => {
                *name == field
            }
            Self::Group { .. } => false,
        }
    }

    fn arguments(&self) -> usize {
        match self {
            Self::OneOf { values, .. } => 4 + values.len(),
            _ => 4,
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Presence { name, .. } => name.len() + 16,
            Self::Compare { name, value, .. } => name.len() + value.len() + 16,
            Self::OneOf { name, values, .. } => {
                name.len() + values.iter().map(Vec::len).sum::<usize>() + 16
            }
            Self::Group { .. } => 16,
        }
    }

    fn write(&self, command: &mut CommandWriter<'_>) {
        match self {
            Self::Presence { name, test } => {
                command.arg(test).arg(name);
            }
            Self::Compare { name, test, kind, value } => {
                command.arg(test).arg(name).arg(kind).arg(value);
            }
            Self::OneOf { name, kind, values } => {
                command.arg("in").arg(name).arg(kind).int(values.len());
                for value in values {
                    command.arg(value);
                }
            }
            Self::Group { test, count } => {
                command.arg(test).int(*count);
            }
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

const OLDER_VERSION: &str = "stored by an earlier version of the model, and an update or a condition is about fields of the current one only: `modify` changes the record and migrates it";
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
