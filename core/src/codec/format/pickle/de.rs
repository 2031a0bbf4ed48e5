//! Serde's deserializer over the nodes of a pickle.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, SeqAccess, Unexpected, Visitor};

use super::access::{Elements, Entries, NumberElements, Variant, no_variant};
use super::error::Error;
use super::library::span_text;
use super::node::{Id, Tree};
use super::text::Integer;
use super::view::{Source, View, Want};
use crate::codec::serde::limits::TOO_MANY;

/// The state of reading one pickle.
///
/// Parts may share values, so that a small pickle can be read as a huge value. Therefore
/// the elements that are read are counted, and the bytes of text by the tree.
#[derive(Debug)]
pub(super) struct Reading<'t> {
    pub(super) source: Source<'t>,
    elements: Cell<usize>,
    /// The containers around the current value.
    open: RefCell<Vec<Id>>,
}

impl<'t> Reading<'t> {
    pub(super) fn new(tree: &'t Tree<'t>, calls: &'static [&'static str]) -> Self {
        Self {
            source: Source { tree, calls },
            elements: Cell::new(256 + 3 * tree.end),
            open: RefCell::default(),
        }
    }

    pub(super) fn root(&self) -> Value<'_, 't> {
        Value { reading: self, id: self.source.tree.root }
    }

    pub(super) fn count_element(&self) -> Result<(), Error> {
        let left = self.elements.get().checked_sub(1);
        self.elements.set(left.ok_or_else(|| Error::limit(TOO_MANY))?);
        Ok(())
    }

    /// Runs `inside` in a container, which must not contain itself.
    fn enter<T>(&self, id: Id, inside: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        if self.open.borrow().contains(&id) {
            return Err(Error::new("a pickle that contains itself"));
        }
        self.open.borrow_mut().push(id);
        let result = inside();
        self.open.borrow_mut().pop();
        result
    }
}

/// One value of a pickle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value<'r, 't> {
    pub(super) reading: &'r Reading<'t>,
    pub(super) id: Id,
}

impl<'t> Value<'_, 't> {
    fn view(self, want: Want) -> Result<(Id, View<'t>), Error> {
        self.reading.source.view(self.id, want)
    }

    fn visit<'de, V: Visitor<'de>>(self, want: Want, visitor: V) -> Result<V::Value, Error> {
        let (id, view) = self.view(want)?;
        self.visit_view(id, view, visitor)
    }

    fn visit_view<'de, V: Visitor<'de>>(
        self,
        id: Id,
        view: View<'t>,
        visitor: V,
    ) -> Result<V::Value, Error> {
        match view {
            View::None => visitor.visit_unit(),
            View::Bool(value) => visitor.visit_bool(value),
            View::Integer(value) => visit_integer(value, visitor),
            View::Float(value) => visitor.visit_f64(value),
            View::Text(text) => {
                match text {
                    Cow::Borrowed(text) => visitor.visit_str(text),
                    // Escapes are longer than what they mean.
                    Cow::Owned(mut text) => {
                        text.shrink_to_fit();
                        visitor.visit_string(text)
                    }
                }
            }
            View::Bytes(bytes) => match bytes {
                Cow::Borrowed(bytes) => visitor.visit_bytes(bytes),
                Cow::Owned(mut bytes) => {
                    bytes.shrink_to_fit();
                    visitor.visit_byte_buf(bytes)
                }
            },
            View::Sequence(first, second) => self
                .reading
                .enter(id, || visit_items(Elements::new(self.reading, first, second), visitor)),
            View::Map(first, second) => self
                .reading
                .enter(id, || visitor.visit_map(Entries::new(self.reading, first, second))),
            View::Span(micros) => visitor.visit_string(span_text(micros)),
            View::Numbers(numbers) => {
                visit_items(NumberElements { reading: self.reading, numbers }, visitor)
            }
        }
    }

    /// Visits a sequence. Bytes are one of numbers, for `Vec<u8>` and `[u8; 16]`.
    fn visit_sequence<'de, V: Visitor<'de>>(
        self,
        len: Option<usize>,
        visitor: V,
    ) -> Result<V::Value, Error> {
        match (self.view(Want::Sequence)?, len) {
            ((_, View::Bytes(bytes)), _) => {
                visit_items(SeqDeserializer::new(bytes.iter().copied()), visitor)
            }
            // Seconds and nanoseconds, as chrono's `TimeDelta`.
            ((_, View::Span(micros)), Some(2)) => {
                let both = [micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000) * 1_000];
                visitor.visit_seq(SeqDeserializer::new(both.map(|it| it as i64).into_iter()))
            }
            ((id, view), _) => self.visit_view(id, view, visitor),
        }
    }
}

/// Visits all items. Serde's visitors of tuples, arrays and structs stop after their last
/// field, which would drop the other items silently.
fn visit_items<'de, A, V>(mut items: A, visitor: V) -> Result<V::Value, Error>
where
    A: SeqAccess<'de, Error = Error>,
    V: Visitor<'de>,
{
    let value = visitor.visit_seq(&mut items)?;
    match items.size_hint() {
        Some(1..) => Err(Error::custom("trailing characters")),
        _ => Ok(value),
    }
}

fn visit_integer<'de, V: Visitor<'de>>(value: Integer, visitor: V) -> Result<V::Value, Error> {
    match value {
        Integer::Large(value) => visitor.visit_u128(value),
        Integer::Signed(value) => match (u64::try_from(value), i64::try_from(value)) {
            (Ok(value), _) => visitor.visit_u64(value),
            (_, Ok(value)) => visitor.visit_i64(value),
            _ => visitor.visit_i128(value),
        },
    }
}

macro_rules! scalars {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.visit(Want::Scalar, visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Value<'_, '_> {
    type Error = Error;

    scalars! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_u128 deserialize_char deserialize_str deserialize_string deserialize_bytes
        deserialize_byte_buf deserialize_identifier
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.visit(Want::Any, visitor)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.view(Want::Scalar)? {
            // The seconds, as `timedelta.total_seconds`.
            (_, View::Span(micros)) => visitor.visit_f64(micros as f64 / 1e6),
            (id, view) => self.visit_view(id, view, visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.view(Want::Any) {
            Ok((_, View::None)) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.visit(Want::Any, visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.visit(Want::Any, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.visit_sequence(None, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.visit_sequence(Some(len), visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.visit_sequence(Some(len), visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.visit(Want::Map, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.view(Want::Map)? {
            (id, View::Map(first, second)) => self.reading.enter(id, || {
                visitor.visit_map(Entries::new(self.reading, first, second).of_struct())
            }),
            // The standard library's `Duration`.
            (_, View::Span(micros)) if fields == ["secs", "nanos"] && micros >= 0 => {
                let both = [("secs", micros / 1_000_000), ("nanos", micros % 1_000_000 * 1_000)];
                let both = both.map(|(name, value)| (name, value as u64));
                visitor.visit_map(MapDeserializer::new(both.into_iter()))
            }
            (id, view) => self.visit_view(id, view, visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.view(Want::Any)? {
            (_, View::Text(text)) => visitor.visit_enum(text.into_deserializer()),
            // The name of the variant, and what is in it.
            (id, View::Map([name, value], []) | View::Map([], [name, value])) => {
                let variant = Variant { reading: self.reading, name: *name, value: *value };
                self.reading.enter(id, || visitor.visit_enum(variant))
            }
            // Not the index of a variant: Python numbers its enums in its own way.
            (_, View::Integer(_)) => Err(Error::invalid_type(Unexpected::Signed(0), &"an enum")),
            _ => Err(no_variant()),
        }
    }

    /// Skips a value. Nothing in it is looked at.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
}
