//! Reading a record: its fields in order, each moved out of the reply.

use std::{fmt, vec};

use super::at_field;
use crate::codec::Place;
use crate::error::{Error, ErrorKind, Result};
use crate::field::{Plain, Stored};
use crate::model::{RedisModel, Visit};
use crate::op::Reply;
use crate::redis_rs::ReplyValue;

/// The values of a hash's fields, one after the other.
#[doc(hidden)]
#[derive(Debug)]
pub struct Reader<'a> {
    values: vec::IntoIter<ReplyValue>,
    names: &'static [&'static str],
    at: usize,
    place: Place<'a>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(
        values: vec::IntoIter<ReplyValue>,
        names: &'static [&'static str],
        key: &'a dyn fmt::Display,
    ) -> Self {
        Self { values, names, at: 0, place: Place::key_of(key) }
    }

    pub fn take<V: Stored<Plain>>(&mut self) -> Result<V> {
        self.take_as::<Plain, V>()
    }

    pub fn take_as<As, V: Stored<As>>(&mut self) -> Result<V> {
        let name = self.names[self.at];
        self.at += 1;
        self.named(name)
    }

    pub(super) fn named<As, V: Stored<As>>(&mut self, name: &'static str) -> Result<V> {
        match self.values.next().map(|value| Reply(value).into_bytes()).transpose()?.flatten() {
            Some(bytes) => V::read(bytes, &self.place.with_field(name)).map_err(at_field(name)),
            None => V::absent().ok_or_else(|| {
                Error::new(ErrorKind::MissingField, "the record does not have it").with_field(name)
            }),
        }
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
