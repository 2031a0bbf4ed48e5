//! Reading some fields of a record.

use std::{fmt, vec};

use super::row::decode_or_none;
use super::{HashModel, MARKER, Mapping, Row, diff};
use crate::codec::Location;
use crate::erased::{Decoded, DecodeInto};
use crate::error::{Error, Result};
use crate::field::{Field, FieldType};
use crate::key::{self, Key};
use crate::model::RedisModel;
use crate::op::{Operation, Replies, Request};
use crate::redis_rs::{ReplyValue, is_nil, value_of};

/// Fields to read: a handle, or a tuple of selections, nested as you like.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not select fields of `{M}`",
    label = "not a field handle of `{M}`",
    note = "give handles such as `{M}::FIELDS.name`, or a tuple of them"
)]
pub trait Selection<M> {
    /// The values, in the selection's shape.
    type Output;

    /// Adds the positions of the fields.
    #[doc(hidden)]
    #[inline(always)]
    fn add_fields(&self, fields: &mut Vec<u16>);

    /// Reads the values.
    ///
    /// # Errors
    ///
    /// The error of a field that is missing or cannot be decoded.
    #[doc(hidden)]
    fn read(&self, row: &mut Row<'_>) -> Result<Self::Output>;

    /// Returns the positions of the fields.
    #[doc(hidden)]
    #[inline(always)]
    fn fields(&self) -> Vec<u16> {
        let mut fields = Vec::new();
        self.add_fields(&mut fields);
        fields
    }
}

impl<M: RedisModel, Enc, V: FieldType<Enc>> Selection<M> for Field<M, V, Enc> {
    type Output = V;

    #[inline(always)]
    fn add_fields(&self, fields: &mut Vec<u16>) {
        fields.push(self.index);
    }

    #[inline(always)]
    fn read(&self, row: &mut Row<'_>) -> Result<V> {
        row.read_at::<Enc, V>(self.index.into())
    }
}

macro_rules! tuples {
    ($(($($selection:ident $at:tt),*))*) => {$(
        impl<Model, $($selection: Selection<Model>),*> Selection<Model> for ($($selection,)*) {
            type Output = ($($selection::Output,)*);

            fn add_fields(&self, _fields: &mut Vec<u16>) {
                $(self.$at.add_fields(_fields);)*
            }

            fn read(&self, _row: &mut Row<'_>) -> Result<Self::Output> {
                Ok(($(self.$at.read(_row)?,)*))
            }
        }
    )*};
}

tuples! {
    ()
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}

/// Reads some fields of a record; see [`RedisModel::select`].
#[must_use = "an operation does nothing until it is run"]
pub struct Select<M: RedisModel, S> {
    id: M::Id,
    key: Key,
    selection: S,
}

impl<M: HashModel, S: Selection<M>> Select<M, S> {
    #[inline(always)]
    pub(crate) fn new(id: M::Id, selection: S) -> Self {
        Self { key: key::write(M::SPEC.template(), &id), id, selection }
    }
}

impl<M: HashModel, S: Selection<M>> Operation for Select<M, S> {
    type Output = Option<S::Output>;

    #[inline(always)]
    fn encode(&self, request: &mut Request) -> Result<()> {
        encode(Mapping::of::<M>(), &self.key, &self.selection.fields(), request);
        Ok(())
    }

    #[inline(always)]
    fn decode(&self, replies: &mut Replies) -> Result<Self::Output> {
        let (mapping, fields) = (Mapping::of::<M>(), self.selection.fields());
        let mut older = Decoded::<M>::new(&self.id);
        let read = match decode(mapping, &self.key, &fields, replies, &mut older) {
            Ok(Some(mut row)) => self.selection.read(&mut row),
            Ok(None) => return Ok(None),
            Err(error) => Err(error),
        };
        match read {
            Ok(selected) => Ok(Some(selected)),
            Err(error) => Err(error.with_model(M::SPEC.name).with_key(&self.key)),
        }
    }
}

/// Returns all names to read for a selection, in order.
fn names(mapping: Mapping, fields: &[u16]) -> Vec<&'static str> {
    let mut names: Vec<_> = mapping.version().map(|(field, _)| field).into_iter().collect();
    names.extend(mapping.names(fields));
    // If all that is selected may be absent, a field that every record has tells an
    // empty record from none.
    let required: Vec<_> = mapping.required().collect();
    if !fields.iter().any(|field| required.contains(&usize::from(*field))) {
        match required.first() {
            Some(at) => names.extend(mapping.spec.names_of(*at)),
            None => names.push(MARKER),
        }
    }
    // A record of an older version is read whole, and migrated.
    if mapping.has_predecessors() {
        mapping.each_name(&mut |name| names.push(name));
    }
    names
}

fn encode(mapping: Mapping, key: &Key, fields: &[u16], request: &mut Request) {
    let names = names(mapping, fields);
    let bytes = names.iter().map(|name| name.len()).sum::<usize>();
    let mut command = request.command("HMGET", names.len() + 1, key.len() + bytes);
    command.arg(key);
    for name in names {
        command.arg(name);
    }
}

/// Returns the values of the selected fields; `None` if there is no record.
fn decode<'k>(
    mapping: Mapping,
    key: &'k Key,
    fields: &[u16],
    replies: &mut Replies,
    older: &mut dyn DecodeInto,
) -> Result<Option<Row<'k>>> {
    let mut values = replies.next()?.into_row(names(mapping, fields).len())?;
    if values.as_slice().iter().all(is_nil) {
        return Ok(None);
    }
    if mapping.version().is_some() {
        match mapping.versions_behind(values.as_slice()) {
            Ok((0, _)) => drop(values.next()),
            Ok(_) => match migrate(mapping, key, fields, values, older)? {
                Some(migrated) => values = migrated,
                None => return Ok(None),
            },
            Err(error) if mapping.versions.mismatch_is_none && error.is_mismatch() => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Some(Row::new(values, mapping.spec, Location::at_key(key))))
}

/// Returns the selected values of a record that was read whole and is migrated.
fn migrate(
    mapping: Mapping,
    key: &Key,
    fields: &[u16],
    mut values: Values,
    older: &mut dyn DecodeInto,
) -> Result<Option<Values>> {
    // The whole record begins with its version, once more.
    let selected = values.len().checked_sub(mapping.count_names());
    values.by_ref().take(selected.ok_or_else(Error::unexpected_reply)?).for_each(drop);
    if !decode_or_none(mapping, key, values, older)? {
        return Ok(None);
    }
    let record = older.record().ok_or_else(Error::unexpected_reply)?;
    let stored = diff::fields(mapping.record(record, key))?;
    let mut migrated = Vec::new();
    for field in fields.iter().map(|field| usize::from(*field)) {
        migrated.push(value_of(stored[field].clone()));
        // No value stands under an alias any more.
        migrated.extend(mapping.spec.aliases_of(field).iter().map(|_| value_of(None)));
    }
    Ok(Some(migrated.into_iter()))
}

type Values = vec::IntoIter<ReplyValue>;

impl<M: RedisModel, S> fmt::Debug for Select<M, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Select")
            .field("model", &M::SPEC.name)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
