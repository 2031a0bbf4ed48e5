//! Which fields of a record changed since it was read.
//!
//! A field has changed if it would be written otherwise than right after it
//! was read. What was stored does not serve for that: another program may have
//! written the same value as other text (`007`, `true`), which is to stay. For
//! the check that it still holds it is all that does.

use std::fmt;

use super::at_field;
use crate::codec::Place;
use crate::error::{Error, ErrorKind, Result, ValueError};
use crate::field::Stored;
use crate::key::Key;
use crate::model::{RedisModel, Visit};
use crate::redis_rs::{ReplyValue, bytes_of};
use crate::update::Changes;

/// The fields of a record when it was read.
pub struct Held(Vec<Column>);

type Value = Option<Vec<u8>>;

struct Column {
    stored: Value,
    /// As it would be written, where that is not as it was.
    written: Option<Result<Value, ValueError>>,
}

/// Of every field what there is under its name, or else under an alias.
pub(super) fn stored<M: RedisModel>(mut values: &[ReplyValue]) -> Vec<Value> {
    let mut columns = Vec::with_capacity(M::SPEC.fields.len());
    for at in 0..M::SPEC.fields.len() {
        let names = (1 + M::SPEC.extra(at).aliases.len()).min(values.len());
        let (of_field, rest) = values.split_at(names);
        columns.push(of_field.iter().find_map(bytes_of).map(<[u8]>::to_vec));
        values = rest;
    }
    columns
}

impl Held {
    pub(super) fn of<M: RedisModel>(model: &M, stored: Vec<Value>, key: &dyn fmt::Display) -> Self {
        struct Look<'a, M> {
            model: &'a M,
            place: Place<'a>,
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

        let place = Place::key_of(key).compared();
        let columns = Vec::with_capacity(stored.len());
        let mut look = Look { model, place, stored: stored.into_iter(), columns };
        M::visit(&mut look);
        Self(look.columns)
    }
}

fn written<As, V: Stored<As>>(value: Option<&V>, place: Place<'_>) -> Result<Value, ValueError> {
    let Some(value) = value.filter(|value| !V::is_absent(value)) else { return Ok(None) };
    let mut bytes = Vec::with_capacity(V::size_hint(value));
    value.write(&place, &mut bytes)?;
    Ok(Some(bytes))
}

/// What differs from what was read, each with what must still be there.
pub(super) fn changes<M: RedisModel>(model: &M, held: &Held, key: &Key) -> Result<Option<Changes>> {
    struct Compare<'a, M> {
        model: &'a M,
        place: Place<'a>,
        columns: std::slice::Iter<'a, Column>,
        at: usize,
        changes: Changes,
        error: Option<Error>,
    }

    impl<M: RedisModel> Compare<'_, M> {
        fn compare<As, V: Stored<As>>(&mut self, value: Option<&V>) -> Result<()> {
            let (at, name) = (self.at, M::SPEC.fields[self.at]);
            self.at += 1;
            let Some(column) = self.columns.next() else { return Ok(()) };
            let place = self.place.with_field(name);
            let now = written::<As, V>(value, place.compared());
            let same = match (&column.written, &now) {
                (None, Ok(now)) => column.stored == *now,
                (Some(Ok(then)), Ok(now)) => then == now,
                // It could be read, but never written.
                (Some(Err(_)), Err(_)) => true,
                _ => false,
            };
            if same {
                return Ok(());
            }
            if M::SPEC.extra(at).version {
                let message = "the version counts the writes by itself: an edit cannot change it";
                return Err(Error::new(ErrorKind::InvalidOperation, message).with_field(name));
            }
            let value = now.and_then(|_| written::<As, V>(value, place)).map_err(at_field(name))?;
            self.changes.exchange(name, column.stored.as_deref(), value);
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
    let (place, columns) = (Place::key_of(key), held.0.iter());
    let mut compare =
        Compare { model, place, columns, at: 0, changes: Changes::default(), error: None };
    M::visit(&mut compare);
    let Compare { mut changes, error, .. } = compare;
    if let Some(error) = error {
        return Err(error);
    }
    if changes.is_empty() {
        return Ok(None);
    }
    // With a version every other write of the record is a conflict.
    let version = (0..M::SPEC.fields.len()).find(|at| M::SPEC.extra(*at).version);
    if let Some((at, column)) = version.and_then(|at| Some((at, held.0.get(at)?))) {
        changes.check_held(M::SPEC.fields[at], column.stored.as_deref());
    }
    Ok(Some(changes))
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("fields", &self.0.len()).finish_non_exhaustive()
    }
}
