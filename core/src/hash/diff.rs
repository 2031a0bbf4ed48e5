//! The changes of a record since it was read.
//!
//! A field has changed if it would be written otherwise than right after it was read.
//! The stored text does not serve for that, because another program may have written the
//! same value as other text (`007`, `true`), which is to stay. It serves for the check
//! that another client has not changed the field.

use std::fmt;

use super::mapping::{Mapping, Record};
use super::{RawSnapshot, at_field, save};
use crate::codec::Location;
use crate::error::{Error, ErrorKind, Result, ValueError};
use crate::field::Slot;
use crate::redis_rs::{ReplyValue, bytes_of};
use crate::update::Changes;

/// The fields of a record when it was read.
pub struct Snapshot {
    fields: Vec<ReadField>,
    /// The rest of a record of an older version: its version and the fields that only
    /// older versions have. A commit replaces all of it.
    former: Vec<(&'static str, Value)>,
    /// The other names that were read: the version, the marker and those of older versions.
    others: Vec<(&'static str, Value)>,
}

/// The stored values of the fields, as the server returned them.
pub(super) struct RawFields {
    stored: Vec<Found>,
    former: Vec<(&'static str, Value)>,
    others: Vec<(&'static str, Value)>,
}

/// A field's value, and how many of its names come before the one that has it.
#[derive(Default)]
struct Found {
    value: Value,
    before: usize,
}

/// The stored form of a field, `None` if it is absent.
pub(super) type Value = Option<Vec<u8>>;

struct ReadField {
    stored: Value,
    /// The number of the field's names before the one that has the value.
    before: usize,
    /// The value's own stored form, if it differs.
    written: Option<Result<Value, ValueError>>,
}

impl RawFields {
    /// Takes for each field the value under its name, or else under an alias.
    pub(super) fn new(mapping: Mapping, values: &[ReplyValue]) -> Result<Self> {
        let (behind, _) = mapping.versions_behind(values)?;
        let mut own = values;
        let version =
            mapping.version().and_then(|(field, _)| Some((field, own.split_off_first()?)));
        let mut stored = Vec::with_capacity(mapping.schema.fields.len());
        for at in 0..mapping.schema.fields.len() {
            let names = (1 + mapping.schema.aliases_of(at).len()).min(own.len());
            let (of_field, rest) = own.split_at(names);
            stored.push(found(of_field));
            own = rest;
        }
        let mut others = Vec::new();
        others.extend(version.map(|(field, value)| (field, owned(value))));
        let mut at = 0;
        let first = values.len() - own.len();
        mapping.each_name(&mut |name| {
            if at >= first {
                others.push((name, values.get(at).and_then(owned)));
            }
            at += 1;
        });
        let mut former = Vec::new();
        if behind > 0 {
            former.extend(version.map(|(field, value)| (field, owned(value))));
            let names = mapping.former_names();
            for (name, value) in mapping.former_values(values) {
                if names.contains(&name) && former.iter().all(|(known, _)| *known != name) {
                    former.push((name, owned(value)));
                }
            }
        }
        Ok(Self { stored, former, others })
    }

    /// Returns `true` if the record is of an older version.
    pub(super) fn is_old(&self) -> bool {
        !self.former.is_empty()
    }
}

fn found(values: &[ReplyValue]) -> Found {
    let mut values = values.iter().map(owned).enumerate();
    let found = values.find_map(|(before, value)| Some(Found { value: Some(value?), before }));
    found.unwrap_or_default()
}

fn owned(value: &ReplyValue) -> Value {
    bytes_of(value).map(<[u8]>::to_vec)
}

impl Snapshot {
    /// Takes the fields of a record that was just decoded from the raw ones.
    pub(super) fn new(record: Record<'_>, raw: RawFields) -> Self {
        let location = Location::at_key(record.key).for_comparison();
        let mut stored = raw.stored.into_iter();
        let mut fields = Vec::with_capacity(stored.len());
        record.each_field(&mut |at, slot| {
            let Found { value: stored, before } = stored.next().unwrap_or_default();
            let written = slot.encode(&location.with_field(record.mapping.schema.fields[at]));
            let written = Some(written).filter(|written| written.as_ref().ok() != Some(&stored));
            fields.push(ReadField { stored, before, written });
        });
        Self { fields, former: raw.former, others: raw.others }
    }

    /// Returns the names that were read, up to that which has a field's value, with their
    /// values.
    pub(crate) fn raw(&self, mapping: Mapping) -> RawSnapshot {
        let schema = mapping.schema;
        let fields = self.fields.iter().enumerate().flat_map(|(at, field)| {
            let names =
                std::iter::once(schema.fields[at]).chain(schema.aliases_of(at).iter().copied());
            let read = if field.stored.is_some() { field.before + 1 } else { usize::MAX };
            names.take(read).enumerate().map(move |(name_at, name)| {
                (name, field.stored.as_deref().filter(|_| name_at == field.before))
            })
        });
        let others = self.others.iter().map(|(name, value)| (*name, value.as_deref()));
        RawSnapshot::of_pairs(fields.chain(others))
    }
}

/// Returns the stored forms of a record's fields.
pub(super) fn fields(record: Record<'_>) -> Result<Vec<Value>> {
    let location = Location::at_key(record.key);
    let mut fields = Vec::with_capacity(record.mapping.schema.fields.len());
    record.each_field(&mut |at, slot| {
        let name = record.mapping.schema.fields[at];
        fields.push(slot.encode(&location.with_field(name)).map_err(at_field(name)));
    });
    fields.into_iter().collect()
}

/// Returns the changes that write all fields of a record, as a save does. Its revision must
/// be the stored one.
pub(crate) fn replacement(record: Record<'_>) -> Result<Changes> {
    save::check(record)?;
    let (schema, mut changes) = (record.mapping.schema, Changes::default());
    for (name, value) in schema.fields.iter().zip(fields(record)?) {
        match value {
            Some(revision) if schema.revision_name() == Some(name) => {
                changes.check_revision(name, revision);
            }
            value => changes.write_field(name, value),
        }
    }
    for name in record.mapping.former_names() {
        changes.write_field(name, None);
    }
    Ok(changes)
}

/// Returns the changes since a record was read, each with the value that must still be
/// stored; `None` if nothing changed. A record of an older version is rewritten as a
/// whole if anything changed.
pub(crate) fn changes(record: Record<'_>, read: &Snapshot) -> Result<Option<Changes>> {
    match compare(record, read, false)? {
        Some(_) if !read.former.is_empty() => rewrite(record, read),
        changes => Ok(changes),
    }
}

/// Returns the changes that write the whole record in its current form, with the values
/// that must still be stored.
pub(super) fn rewrite(record: Record<'_>, read: &Snapshot) -> Result<Option<Changes>> {
    let Some(mut changes) = compare(record, read, true)? else { return Ok(None) };
    let mut former = read.former.iter();
    if let Some((field, stored)) = former.next() {
        let version = record.mapping.version().map(|(_, current)| current.to_string().into_bytes());
        changes.exchange(field, stored.as_deref(), version, false);
        changes.migrate();
    }
    for (name, stored) in former {
        changes.exchange(name, stored.as_deref(), None, false);
    }
    Ok(Some(changes))
}

/// Compares a record with its snapshot; `whole` writes fields that are the same, too.
fn compare(record: Record<'_>, read: &Snapshot, whole: bool) -> Result<Option<Changes>> {
    save::check(record)?;
    let schema = record.mapping.schema;
    let (mut changes, mut error) = (Changes::default(), None);
    record.each_field(&mut |at, slot| {
        if let (None, Some(field)) = (&error, read.fields.get(at)) {
            error = compare_field(record, at, slot, field, whole, &mut changes).err();
        }
    });
    if let Some(error) = error {
        return Err(error);
    }
    if changes.is_empty() && !whole {
        return Ok(None);
    }
    // With a revision every other write of the record is a conflict.
    if let Some((at, field)) =
        schema.revision_field().and_then(|at| Some((at, read.fields.get(at)?)))
    {
        changes.check_held(schema.fields[at], field.stored.as_deref());
    }
    Ok(Some(changes))
}

fn compare_field(
    record: Record<'_>,
    at: usize,
    slot: &dyn Slot,
    read: &ReadField,
    whole: bool,
    changes: &mut Changes,
) -> Result<()> {
    let schema = record.mapping.schema;
    let (name, is_revision) = (schema.fields[at], schema.revision_field() == Some(at));
    let location = Location::at_key(record.key).with_field(name);
    let now = slot.encode(&location.for_comparison());
    let same = match (&read.written, &now) {
        (None, Ok(now)) => read.stored == *now,
        (Some(Ok(then)), Ok(now)) => then == now,
        // A value that can be read but not written.
        (Some(Err(_)), Err(_)) => true,
        _ => false,
    };
    if same && !whole {
        return Ok(());
    }
    if same && (read.written.is_none() || is_revision) {
        changes.check_held(name, read.stored.as_deref());
        return Ok(());
    }
    if is_revision {
        let message = "the revision counts the writes by itself: an edit cannot change it";
        return Err(Error::new(ErrorKind::InvalidOperation, message).with_field(name));
    }
    let value = now.and_then(|_| slot.encode(&location)).map_err(at_field(name))?;
    changes.exchange(name, read.stored.as_deref(), value, same);
    Ok(())
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").field("fields", &self.fields.len()).finish_non_exhaustive()
    }
}
