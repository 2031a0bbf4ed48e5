//! Reading a record: its fields in order, each moved out of the reply.

use std::cell::Cell;
use std::{fmt, vec};

use super::at_field;
use crate::codec::Location;
use crate::error::{Error, ErrorKind, Result};
use crate::field::{Plain, RedisFields, Stored, read_flat};
use crate::model::{RedisModel, Spec, Visit};
use crate::op::Reply;
use crate::redis_rs::{ReplyValue, is_nil};

static NOTHING: Spec = Spec::new("", "", &[]);

/// The values of a hash's fields, one after the other: of each the value under
/// its name, then those under its aliases.
#[doc(hidden)]
#[derive(Debug)]
pub struct Reader<'a> {
    values: vec::IntoIter<ReplyValue>,
    spec: &'static Spec,
    at: usize,
    place: Location<'a>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(
        values: vec::IntoIter<ReplyValue>,
        spec: &'static Spec,
        key: &'a dyn fmt::Display,
    ) -> Self {
        Self { values, spec, at: 0, place: Location::at_key(key) }
    }

    /// Of nothing yet.
    pub(super) fn empty(key: &'a dyn fmt::Display) -> Self {
        Self::new(Vec::new().into_iter(), &NOTHING, key)
    }

    /// The same for other values, of another model.
    pub(super) fn of(self, values: vec::IntoIter<ReplyValue>, spec: &'static Spec) -> Self {
        Self { values, spec, at: 0, ..self }
    }

    /// With a flag to raise for what should be written anew.
    pub(super) fn noting(self, stale: &'a Cell<bool>) -> Self {
        Self { place: self.place.with_rewrite_flag(stale), ..self }
    }

    pub fn take<V: Stored<Plain>>(&mut self) -> Result<V> {
        self.take_as::<Plain, V>()
    }

    pub fn take_as<As, V: Stored<As>>(&mut self) -> Result<V> {
        self.at += 1;
        self.read_at(self.at - 1)
    }

    pub fn flat<F: RedisFields>(&mut self) -> Result<F> {
        read_flat(self)
    }

    /// Passes over the next fields if the hash has none of them.
    pub(crate) fn skip_absent(&mut self, fields: usize) -> bool {
        let names = |at| 1 + self.spec.extra(at).aliases.len();
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
    pub(super) fn read_at<As, V: Stored<As>>(&mut self, at: usize) -> Result<V> {
        let name = self.spec.fields[at];
        match self.next_bytes(at)? {
            Some(bytes) => {
                let place = self.place.with_field(name).with_aliases(self.spec.extra(at).aliases);
                V::read(bytes, &place).map_err(at_field(name))
            }
            None => V::absent().ok_or_else(|| {
                Error::new(ErrorKind::MissingField, "the record does not have it").with_field(name)
            }),
        }
    }

    /// The first that there is of a field's value and those under its aliases.
    fn next_bytes(&mut self, at: usize) -> Result<Option<Vec<u8>>> {
        let mut found = None;
        for alias in 0..=self.spec.extra(at).aliases.len() {
            let value = self.values.next().ok_or_else(Error::unexpected_reply)?;
            if found.is_none() {
                found = Reply(value).into_bytes()?;
                if found.is_some() && alias > 0 {
                    self.place.mark_for_rewrite();
                }
            }
        }
        Ok(found)
    }
}

/// Makes a record of its id and the values of its fields.
pub(super) fn record<M: RedisModel>(id: &M::Id, row: Reader<'_>) -> Result<M> {
    struct Make<'a, M: RedisModel> {
        id: &'a M::Id,
        row: Reader<'a>,
        made: Result<M>,
    }

    impl<M: RedisModel> Visit<M> for Make<'_, M> {
        fn make(&mut self, make: impl FnOnce(M::Id, &mut Reader<'_>) -> Result<M>) {
            self.made = make(self.id.clone(), &mut self.row);
        }
    }

    let mut make = Make { id, row, made: Err(Error::unexpected_reply()) };
    M::visit(&mut make);
    make.made
}
