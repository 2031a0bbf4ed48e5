//! Reading some fields of a record.

use std::{fmt, vec};

use super::{HashModel, MARKER, Mapping, Row};
use crate::clone::clone_fields;
use crate::codec::{Location, unlisted_version};
use crate::connection::SyncConnection;
use crate::erased::RecordKey;
use crate::error::{Error, Result};
use crate::field::{Field, FieldType};
use crate::key::Key;
use crate::model::RedisModel;
use crate::op::{Operation, Replies, Reply, Request};
use crate::redis_rs::{ReplyValue, is_nil, value_of};

/// Fields to read: a handle, [`Record`](super::Record) for the whole record, or a tuple of
/// selections, nested as you like.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not select fields of `{M}`",
    label = "not a field handle of `{M}`",
    note = "give handles such as `{M}::FIELDS.name`, a tuple of them, or `redis_model::Record` for the whole record"
)]
pub trait Selection<M> {
    /// The values, in the selection's shape.
    type Output;

    /// Adds the positions of the fields.
    #[doc(hidden)]
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
    record: RecordKey<M::Id>,
    fields: SelectedFields,
    selection: S,
}

/// The fields that a select reads.
#[derive(Clone)]
pub(super) struct SelectedFields {
    mapping: Mapping,
    /// The positions of the fields.
    fields: Vec<u16>,
    /// All names to read, in order.
    names: Vec<&'static str>,
}

/// A select without the model's type.
pub(super) struct SelectPlan<'a> {
    fields: &'a SelectedFields,
    key: &'a Key,
}

impl<M: HashModel, S: Selection<M>> Select<M, S> {
    #[inline(always)]
    pub(crate) fn new(id: M::Id, selection: S) -> Self {
        let fields = SelectedFields::new(Mapping::of::<M>(), selection.fields());
        Self { record: RecordKey::new::<M>(id), fields, selection }
    }

    #[inline(always)]
    fn plan(&self) -> SelectPlan<'_> {
        self.fields.of(&self.record.key)
    }

    #[inline(always)]
    fn finish(&self, values: Result<Option<Values>>) -> Result<Option<S::Output>> {
        finish::<M, S>(&self.plan(), &self.record, &self.selection, values)
    }
}

/// Decodes the selected values.
#[inline(always)]
pub(super) fn finish<M: HashModel, S: Selection<M>>(
    plan: &SelectPlan<'_>,
    record: &RecordKey<M::Id>,
    selection: &S,
    values: Result<Option<Values>>,
) -> Result<Option<S::Output>> {
    let mut row = match values {
        Ok(Some(values)) => plan.row(values).with_id(&record.id),
        Ok(None) => return Ok(None),
        Err(error) => return Err(error),
    };
    match selection.read(&mut row) {
        Ok(selected) => Ok(Some(selected)),
        Err(error) => Err(plan.locate(error)),
    }
}

impl<M: HashModel, S: Selection<M>> Operation for Select<M, S> {
    type Output = Option<S::Output>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        self.plan().encode(request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<Self::Output> {
        self.finish(self.plan().decode(replies))
    }

    #[inline(always)]
    fn run<C: SyncConnection + ?Sized>(&self, con: &mut C) -> Result<Self::Output> {
        self.finish(self.plan().run(con))
    }
}

impl SelectedFields {
    pub(super) fn new(mapping: Mapping, fields: Vec<u16>) -> Self {
        let mut names: Vec<_> = mapping.version().map(|(field, _)| field).into_iter().collect();
        names.extend(mapping.names(&fields));
        // If all that is selected may be absent, a field that every record has tells an
        // empty record from none.
        let required: Vec<_> = mapping.required().collect();
        if !fields.iter().any(|field| required.contains(&usize::from(*field))) {
            match required.first() {
                Some(at) => names.extend(mapping.schema.names_of(*at)),
                None => names.push(MARKER),
            }
        }
        // A record of an older version is read whole, and migrated.
        if mapping.has_predecessors() {
            mapping.each_name(&mut |name| names.push(name));
        }
        Self { mapping, fields, names }
    }

    pub(super) fn of<'a>(&'a self, key: &'a Key) -> SelectPlan<'a> {
        SelectPlan { fields: self, key }
    }
}

impl SelectPlan<'_> {
    fn locate(&self, error: Error) -> Error {
        error.with_model(self.fields.mapping.schema.name).with_key(self.key)
    }

    fn row(&self, values: Values) -> Row<'_> {
        Row::new(values, self.fields.mapping.schema, Location::at_key(self.key))
    }

    fn decode_reply(&self, reply: Reply) -> Result<Option<Values>> {
        let values = reply.into_row(self.fields.names.len())?;
        if values.as_slice().iter().all(is_nil) {
            return Ok(None);
        }
        match self.selected(values) {
            Err(error) if self.fields.mapping.versions.mismatch_is_none && error.is_mismatch() => {
                Ok(None)
            }
            selected => selected.map(Some),
        }
    }

    /// Returns the values of the selected fields, as the current version has them.
    fn selected(&self, mut values: Values) -> Result<Values> {
        if self.fields.mapping.version().is_none() {
            return Ok(values);
        }
        match self.fields.mapping.versions_behind(values.as_slice())? {
            (0, _) => {
                values.next();
                Ok(values)
            }
            (_, version) => self.migrated(version, values),
        }
    }

    /// Returns the selected values of a record that was read whole.
    fn migrated(&self, version: u8, mut values: Values) -> Result<Values> {
        let migrate = self.fields.mapping.versions.migrate_fields;
        let migrate = migrate.ok_or_else(|| unlisted_version(version))?;
        // The whole record begins with its version, once more.
        let selected = values.len().checked_sub(self.fields.mapping.count_names());
        values.by_ref().take(selected.ok_or_else(Error::unexpected_reply)?).for_each(drop);
        let stored = migrate(self.fields.mapping, self.key, values)?;
        let mut migrated = Vec::new();
        for field in self.fields.fields.iter().map(|field| usize::from(*field)) {
            migrated.push(value_of(stored[field].clone()));
            // No value stands under an alias any more.
            migrated.extend(
                self.fields.mapping.schema.aliases_of(field).iter().map(|_| value_of(None)),
            );
        }
        Ok(migrated.into_iter())
    }
}

impl Operation for SelectPlan<'_> {
    /// The values of the selected fields, if there is a record.
    type Output = Option<Values>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        let bytes = self.fields.names.iter().map(|name| name.len()).sum::<usize>();
        let mut command =
            request.command("HMGET", self.fields.names.len() + 1, self.key.len() + bytes);
        command.arg(self.key);
        for name in &self.fields.names {
            command.arg(name);
        }
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<Option<Values>> {
        let values = replies.next().and_then(|reply| self.decode_reply(reply));
        values.map_err(|error| self.locate(error))
    }
}

pub(super) type Values = vec::IntoIter<ReplyValue>;

impl<M: RedisModel, S> fmt::Debug for Select<M, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Select")
            .field("model", &M::SCHEMA.name)
            .field("key", &self.record.key)
            .finish_non_exhaustive()
    }
}

clone_fields! {
    impl[M: RedisModel, S: Clone] Select<M, S> { record, fields, selection }
}
