//! Reading a record: its fields in order, each moved out of the reply.

use std::any::Any;
use std::cell::Cell;
use std::vec;

use super::at_field;
use super::mapping::Mapping;
use crate::codec::{Location, unlisted_version};
use crate::erased::{AnyRecord, DecodeInto, Stored};
use crate::error::{Error, ErrorKind, Result};
use crate::field::{FieldType, Plain};
use crate::key::Key;
use crate::model::RedisModel;
use crate::op::Reply;
use crate::redis_rs::{ReplyValue, is_nil};
use crate::schema::Schema;
use crate::schema::visit::construct;

/// The values of a hash's fields, in the model's order: for each the value under
/// its name, then those under its aliases.
#[doc(hidden)]
#[derive(Debug)]
pub struct Row<'a> {
    values: vec::IntoIter<ReplyValue>,
    schema: &'static Schema,
    at: usize,
    location: Location<'a>,
    /// The record's id, if the row may be read as a whole record.
    id: Option<&'a dyn Any>,
}

#[doc(hidden)]
impl Row<'_> {
    #[inline(always)]
    pub fn take<V: FieldType>(&mut self) -> Result<V> {
        self.take_as::<Plain, V>()
    }

    #[inline(always)]
    pub fn take_as<Enc, V: FieldType<Enc>>(&mut self) -> Result<V> {
        self.at += 1;
        self.read_at::<Enc, V>(self.at - 1)
    }
}

impl<'a> Row<'a> {
    pub(crate) fn new(
        values: vec::IntoIter<ReplyValue>,
        schema: &'static Schema,
        location: Location<'a>,
    ) -> Self {
        Self { values, schema, at: 0, location, id: None }
    }

    /// Sets the id of the record, for a [`Record`](super::Record) among the values.
    pub(crate) fn with_id(self, id: &'a dyn Any) -> Self {
        Self { id: Some(id), ..self }
    }

    /// Reads the next values as a whole record.
    pub(super) fn read_record<M: RedisModel>(&mut self) -> Result<M> {
        let id = self.id.and_then(|id| id.downcast_ref::<M::Id>());
        let id = id.ok_or_else(Error::unexpected_reply)?;
        self.at = 0;
        construct(id, self)
    }

    /// Skips the next fields if the hash has none of them.
    pub(crate) fn skip_absent(&mut self, fields: usize) -> bool {
        let names = |at| 1 + self.schema.aliases_of(at).len();
        let values: usize = (self.at..self.at + fields).map(names).sum();
        let next = self.values.as_slice().get(..values);
        let absent = next.is_some_and(|next| next.iter().all(is_nil));
        if absent {
            self.at += fields;
            self.values.by_ref().take(values).for_each(drop);
        }
        absent
    }

    /// Reads the next value as that of the field at this position.
    pub(super) fn read_at<Enc, V: FieldType<Enc>>(&mut self, at: usize) -> Result<V> {
        // Explicit matches, because `?` and each method would be a function for each type.
        match self.next_bytes(at) {
            Ok(Some(bytes)) => match V::read(bytes, &self.location_of(at)) {
                Ok(value) => Ok(value),
                Err(error) => Err(at_field(self.schema.fields[at])(error)),
            },
            Ok(None) => match V::absent() {
                Some(value) => Ok(value),
                None => Err(self.missing(at)),
            },
            Err(error) => Err(error),
        }
    }

    fn location_of(&self, at: usize) -> Location<'a> {
        self.location.with_field(self.schema.fields[at]).with_aliases(self.schema.aliases_of(at))
    }

    fn missing(&self, at: usize) -> Error {
        Error::new(ErrorKind::MissingField, "missing in the stored hash")
            .with_field(self.schema.fields[at])
    }

    /// Returns the first value found under the field's name or one of its aliases.
    fn next_bytes(&mut self, at: usize) -> Result<Option<Vec<u8>>> {
        if !self.schema.has_aliases() {
            return Reply(self.values.next().ok_or_else(Error::unexpected_reply)?).into_bytes();
        }
        let mut found = None;
        for alias in 0..=self.schema.aliases_of(at).len() {
            let value = self.values.next().ok_or_else(Error::unexpected_reply)?;
            if found.is_none() {
                found = Reply(value).into_bytes()?;
                if found.is_some() && alias > 0 {
                    self.location.mark_for_rewrite();
                }
            }
        }
        Ok(found)
    }
}

/// Decodes the values of the names to read, whichever version they are of. Returns the
/// record, and `true` if it would be written otherwise now.
pub(super) fn decode<'a>(
    mapping: Mapping,
    key: &Key,
    mut values: vec::IntoIter<ReplyValue>,
    into: &'a mut dyn DecodeInto,
) -> Result<(&'a dyn AnyRecord, bool)> {
    let (behind, version) = mapping.versions_behind(values.as_slice())?;
    let (at, schema) = mapping.version_at(behind).ok_or_else(|| unlisted_version(version))?;
    values.by_ref().take(at).for_each(drop);
    let stale = Cell::new(false);
    let location = Location::at_key(key).with_rewrite_flag(&stale);
    let mut row = Row::new(values, schema, location);
    let record = into.decode(Stored::Row { row: &mut row, behind, version })?;
    Ok((record, stale.get()))
}

/// Decodes a record and returns it, `None` if it is of another version and that counts as
/// absent.
pub(crate) fn decode_or_none<'a>(
    mapping: Mapping,
    key: &Key,
    values: vec::IntoIter<ReplyValue>,
    into: &'a mut dyn DecodeInto,
) -> Result<Option<&'a dyn AnyRecord>> {
    match decode(mapping, key, values, into) {
        Err(error) if mapping.versions.mismatch_is_none && error.is_mismatch() => Ok(None),
        decoded => decoded.map(|(record, _)| Some(record)),
    }
}
