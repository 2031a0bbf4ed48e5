//! Reading some fields of a record.

use std::{fmt, vec};

use super::mapping::Record;
use super::row::decode_or_none;
use super::{HashModel, KeyOf, MARKER, Mapping, Row, diff};
use crate::codec::Location;
use crate::error::{Error, Result};
use crate::field::{Field, FieldType};
use crate::key::{self, Key};
use crate::model::RedisModel;
use crate::op::{Operation, Replies, Reply, Request};
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

    #[doc(hidden)]
    fn each(&self, visit: &mut dyn FnMut(&'static str));

    /// Returns `true` if every record has one of the fields.
    #[doc(hidden)]
    fn proves_record(&self) -> bool;

    #[doc(hidden)]
    fn read(&self, row: &mut Row<'_>) -> Result<Self::Output>;
}

impl<M: RedisModel, Enc, V: FieldType<Enc>> Selection<M> for Field<M, V, Enc> {
    type Output = V;

    fn each(&self, visit: &mut dyn FnMut(&'static str)) {
        visit(self.name());
        self.aliases().iter().for_each(|alias| visit(alias));
    }

    fn proves_record(&self) -> bool {
        V::absent().is_none()
    }

    fn read(&self, row: &mut Row<'_>) -> Result<V> {
        row.read_at::<Enc, V>(self.index.into())
    }
}

macro_rules! tuples {
    ($(($($selection:ident $at:tt),*))*) => {$(
        impl<Model, $($selection: Selection<Model>),*> Selection<Model> for ($($selection,)*) {
            type Output = ($($selection::Output,)*);

            fn each(&self, _visit: &mut dyn FnMut(&'static str)) {
                $(self.$at.each(_visit);)*
            }

            fn proves_record(&self) -> bool {
                false $(|| self.$at.proves_record())*
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
    selection: S,
}

impl<M: HashModel, S: Selection<M>> Select<M, S> {
    pub(crate) fn new(id: M::Id, selection: S) -> Self {
        Self { id, selection }
    }
}

impl<M: RedisModel, S> Select<M, S> {
    fn key(&self) -> Key {
        key::write(M::SPEC.template(), &self.id)
    }
}

impl<M: HashModel, S: Selection<M>> Operation for Select<M, S> {
    type Output = Option<S::Output>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        encode(self.names(), &self.key(), request);
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<Self::Output> {
        let decoded = replies.next().and_then(|reply| self.decode_reply(reply));
        decoded.map_err(|error| error.with_model(M::SPEC.name).with_key(&self.key()))
    }
}

impl<M: HashModel, S: Selection<M>> Select<M, S> {
    /// Returns the names to read, in order.
    fn names(&self) -> Vec<&'static str> {
        let mut selected = Vec::new();
        self.selection.each(&mut |name| selected.push(name));
        names(Mapping::of::<M>(), selected, self.selection.proves_record())
    }

    fn decode_reply(&self, reply: Reply) -> Result<Option<S::Output>> {
        let key = KeyOf::<M>(&self.id);
        let mut row = match open(Mapping::of::<M>(), self.names().len(), reply)? {
            Found::Nothing => return Ok(None),
            Found::Current(values) => Row::new(values, &M::SPEC, Location::at_key(&key)),
            Found::Older(values) => match self.migrate(values)? {
                Some(values) => Row::new(values, &M::SPEC, Location::at_key(&key)),
                None => return Ok(None),
            },
        };
        self.selection.read(&mut row).map(Some)
    }

    /// Returns the selected values of a record that was read whole and is migrated.
    fn migrate(&self, values: Values) -> Result<Option<Values>> {
        let Some(model) = decode_or_none::<M>(&self.id, values)? else { return Ok(None) };
        let fields = Record::with(&model, &self.key(), diff::fields)?;
        let mut selected = Vec::new();
        self.selection.each(&mut |name| {
            let at = M::SPEC.fields.iter().position(|field| *field == name);
            selected.push(value_of(at.and_then(|at| fields[at].clone())));
        });
        Ok(Some(selected.into_iter()))
    }
}

type Values = vec::IntoIter<ReplyValue>;

/// Returns all names to read for a selection.
fn names(mapping: Mapping, selected: Vec<&'static str>, proves_record: bool) -> Vec<&'static str> {
    let mut names: Vec<_> = mapping.version().map(|(field, _)| field).into_iter().collect();
    names.extend(selected);
    // If all that is selected may be absent, a field that every record has tells an
    // empty record from none.
    if !proves_record {
        match mapping.required().next() {
            Some(at) => names.extend(mapping.spec.names_of(at)),
            None => names.push(MARKER),
        }
    }
    // A record of an older version is read whole, and migrated.
    if mapping.has_predecessors() {
        mapping.each_name(&mut |name| names.push(name));
    }
    names
}

fn encode(names: Vec<&'static str>, key: &Key, request: &mut Request) {
    let bytes = names.iter().map(|name| name.len()).sum::<usize>();
    let mut command = request.command("HMGET", names.len() + 1, key.len() + bytes);
    command.arg(key);
    for name in names {
        command.arg(name);
    }
}

/// The values of a selection.
enum Found {
    Nothing,
    /// Those of the selected fields come first.
    Current(Values),
    /// All values of the record.
    Older(Values),
}

fn open(mapping: Mapping, names: usize, reply: Reply) -> Result<Found> {
    let mut values = reply.into_row(names)?;
    if values.as_slice().iter().all(is_nil) {
        return Ok(Found::Nothing);
    }
    if mapping.version().is_none() {
        return Ok(Found::Current(values));
    }
    match mapping.versions_behind(values.as_slice()) {
        Ok((0, _)) => {
            values.next();
            Ok(Found::Current(values))
        }
        Ok(_) => {
            // The whole record begins with its version, once more.
            let selected = values.len().checked_sub(mapping.count_names());
            let selected = selected.ok_or_else(Error::unexpected_reply)?;
            values.by_ref().take(selected).for_each(drop);
            Ok(Found::Older(values))
        }
        Err(error) if mapping.versions.mismatch_is_none && error.is_mismatch() => {
            Ok(Found::Nothing)
        }
        Err(error) => Err(error),
    }
}

impl<M: RedisModel, S> fmt::Debug for Select<M, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Select")
            .field("model", &M::SPEC.name)
            .field("key", &self.key())
            .finish_non_exhaustive()
    }
}
