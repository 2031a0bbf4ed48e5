//! Which fields of a record changed since it was read.
//!
//! A field has changed if it would be written otherwise than right after it
//! was read. What was stored does not serve for that: another program may have
//! written the same value as other text (`007`, `true`), which is to stay. For
//! the check that it still holds it is all that does.

use std::fmt;

use super::{HashModel, at_field};
use crate::codec::Location;
use crate::error::{Error, ErrorKind, Result, ValueError};
use crate::field::Stored;
use crate::key::Key;
use crate::model::{RedisModel, Visit};
use crate::redis_rs::{ReplyValue, bytes_of};
use crate::update::Changes;

/// The fields of a record when it was read.
pub struct Held {
    columns: Vec<Column>,
    /// Of a record of an older version what else makes it one: its version and
    /// the fields that only older versions have. All of it is written anew.
    former: Vec<(&'static str, Value)>,
}

/// The same as it came.
pub(super) struct Raw {
    stored: Vec<Value>,
    former: Vec<(&'static str, Value)>,
}

type Value = Option<Vec<u8>>;

struct Column {
    stored: Value,
    /// As it would be written, where that is not as it was.
    written: Option<Result<Value, ValueError>>,
}

impl Raw {
    /// Of every field what there is under its name, or else under an alias.
    pub(super) fn of<M: HashModel>(mut values: &[ReplyValue]) -> Result<Self> {
        let history = M::HISTORY;
        let mut former = Vec::new();
        if let Some((field, _)) = history.kept() {
            let (back, _) = history.age_of(values)?;
            let version = values.split_off_first();
            if back > 0 {
                former.push((field, version.and_then(owned)));
            }
        }
        let mut stored = Vec::with_capacity(M::SPEC.fields.len());
        for at in 0..M::SPEC.fields.len() {
            let names = (1 + M::SPEC.extra(at).aliases.len()).min(values.len());
            let (of_field, rest) = values.split_at(names);
            stored.push(of_field.iter().find_map(owned));
            values = rest;
        }
        if !former.is_empty() {
            let (names, values) = (history.former(), values.get(1..).unwrap_or_default());
            let past = history.ancestors();
            let past = past.iter().flat_map(|ancestor| ancestor.spec.read_names());
            for (name, value) in past.zip(values) {
                if names.contains(&name) && former.iter().all(|(known, _)| *known != name) {
                    former.push((name, owned(value)));
                }
            }
        }
        Ok(Self { stored, former })
    }
}

impl Raw {
    /// Whether it is of an older version.
    pub(super) fn is_old(&self) -> bool {
        !self.former.is_empty()
    }
}

fn owned(value: &ReplyValue) -> Value {
    bytes_of(value).map(<[u8]>::to_vec)
}

impl Held {
    pub(super) fn of<M: RedisModel>(model: &M, raw: Raw, key: &dyn fmt::Display) -> Self {
        struct Look<'a, M> {
            model: &'a M,
            place: Location<'a>,
            stored: std::vec::IntoIter<Value>,
            columns: Vec<Column>,
        }

        impl<M: RedisModel> Visit<M> for Look<'_, M> {
            fn field<As, V: Stored<As>>(&mut self, _: bool, get: impl Fn(&M) -> Option<&V>) {
                let name = M::SPEC.fields[self.columns.len()];
                let stored = self.stored.next().flatten();
                let written = written::<As, V>(get(self.model), self.place.with_field(name));
                let written =
                    Some(written).filter(|written| written.as_ref().ok() != Some(&stored));
                self.columns.push(Column { stored, written });
            }
        }

        let place = Location::at_key(key).for_comparison();
        let columns = Vec::with_capacity(raw.stored.len());
        let mut look = Look { model, place, stored: raw.stored.into_iter(), columns };
        M::visit(&mut look);
        Self { columns: look.columns, former: raw.former }
    }
}

/// The fields of a record as they are written, none where they are left out.
pub(super) fn fields<M: RedisModel>(model: &M, key: &dyn fmt::Display) -> Result<Vec<Value>> {
    struct Fields<'a, M> {
        model: &'a M,
        place: Location<'a>,
        fields: Vec<Value>,
        error: Option<Error>,
    }

    impl<M: RedisModel> Visit<M> for Fields<'_, M> {
        fn field<As, V: Stored<As>>(&mut self, _: bool, get: impl Fn(&M) -> Option<&V>) {
            let name = M::SPEC.fields[self.fields.len()];
            let written = written::<As, V>(get(self.model), self.place.with_field(name));
            let written = written.map_err(at_field(name));
            self.fields.push(written.unwrap_or_else(|error| {
                self.error.get_or_insert(error);
                None
            }));
        }
    }

    let (place, fields) = (Location::at_key(key), Vec::with_capacity(M::SPEC.fields.len()));
    let mut visit = Fields { model, place, fields, error: None };
    M::visit(&mut visit);
    visit.error.map_or(Ok(visit.fields), Err)
}

fn written<As, V: Stored<As>>(value: Option<&V>, place: Location<'_>) -> Result<Value, ValueError> {
    let Some(value) = value.filter(|value| !V::is_absent(value)) else { return Ok(None) };
    let mut bytes = Vec::with_capacity(V::size_hint(value));
    value.write(&place, &mut bytes)?;
    Ok(Some(bytes))
}

/// What differs from what was read, each with what must still be there; of a
/// record of an older version, if anything differs, all of it.
pub(super) fn changes<M: HashModel>(model: &M, held: &Held, key: &Key) -> Result<Option<Changes>> {
    match compare(model, held, key, false)? {
        Some(_) if !held.former.is_empty() => rewritten(model, held, key),
        changes => Ok(changes),
    }
}

/// The whole record as it is written now, with what must still be there.
pub(super) fn rewritten<M: HashModel>(
    model: &M,
    held: &Held,
    key: &Key,
) -> Result<Option<Changes>> {
    let changes = compare(model, held, key, true)?;
    Ok(changes.map(|mut changes| {
        let version = M::HISTORY.kept().map(|(_, version)| version.to_string().into_bytes());
        let mut former = held.former.iter();
        if let Some((field, stored)) = former.next() {
            changes.exchange(field, stored.as_deref(), version, false);
            changes.migrate();
        }
        for (name, stored) in former {
            changes.exchange(name, stored.as_deref(), None, false);
        }
        changes
    }))
}

fn compare<M: HashModel>(
    model: &M,
    held: &Held,
    key: &Key,
    whole: bool,
) -> Result<Option<Changes>> {
    struct Compare<'a, M> {
        model: &'a M,
        place: Location<'a>,
        columns: std::slice::Iter<'a, Column>,
        at: usize,
        /// Whether it is written even if it is the same.
        whole: bool,
        changes: Changes,
        error: Option<Error>,
    }

    impl<M: RedisModel> Compare<'_, M> {
        fn compare<As, V: Stored<As>>(&mut self, value: Option<&V>) -> Result<()> {
            let (at, name) = (self.at, M::SPEC.fields[self.at]);
            self.at += 1;
            let Some(column) = self.columns.next() else { return Ok(()) };
            let place = self.place.with_field(name);
            let now = written::<As, V>(value, place.for_comparison());
            let same = match (&column.written, &now) {
                (None, Ok(now)) => column.stored == *now,
                (Some(Ok(then)), Ok(now)) => then == now,
                // It could be read, but never written.
                (Some(Err(_)), Err(_)) => true,
                _ => false,
            };
            if same && !self.whole {
                return Ok(());
            }
            if same && (column.written.is_none() || M::SPEC.extra(at).version) {
                self.changes.check_held(name, column.stored.as_deref());
                return Ok(());
            }
            if M::SPEC.extra(at).version {
                let message = "the version counts the writes by itself: an edit cannot change it";
                return Err(Error::new(ErrorKind::InvalidOperation, message).with_field(name));
            }
            let value = now.and_then(|_| written::<As, V>(value, place)).map_err(at_field(name))?;
            self.changes.exchange(name, column.stored.as_deref(), value, same);
            Ok(())
        }
    }

    impl<M: RedisModel> Visit<M> for Compare<'_, M> {
        fn field<As, V: Stored<As>>(&mut self, _: bool, get: impl Fn(&M) -> Option<&V>) {
            let compared = self.compare::<As, V>(get(self.model));
            self.error = self.error.take().or(compared.err());
        }
    }

    super::write::check(model)?;
    let (place, columns) = (Location::at_key(key), held.columns.iter());
    let mut compare =
        Compare { model, place, columns, at: 0, whole, changes: Changes::default(), error: None };
    M::visit(&mut compare);
    let Compare { mut changes, error, .. } = compare;
    if let Some(error) = error {
        return Err(error);
    }
    if changes.is_empty() && !whole {
        return Ok(None);
    }
    // With a version every other write of the record is a conflict.
    let version = (0..M::SPEC.fields.len()).find(|at| M::SPEC.extra(*at).version);
    if let Some((at, column)) = version.and_then(|at| Some((at, held.columns.get(at)?))) {
        changes.check_held(M::SPEC.fields[at], column.stored.as_deref());
    }
    Ok(Some(changes))
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("fields", &self.columns.len()).finish_non_exhaustive()
    }
}
