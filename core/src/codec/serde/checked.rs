//! An adapter that refuses to write values that could not be read back.
//!
//! It is the counterpart of [`Limited`](super::limited::Limited): it counts levels and
//! elements as the reader does, and refuses what the format cannot represent.

use std::cell::Cell;
use std::fmt::{Display, Write as _};

use serde::ser::{
    Error, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::limits::{MAX_DEPTH, TOO_DEEP, TOO_MANY, allowed_elements};
use crate::error::{ErrorKind, ValueError};

/// The state of one write.
#[derive(Debug)]
pub(super) struct Checks {
    /// Without names, an omitted field shifts all fields after it, and a list must
    /// state its length first.
    has_names: bool,
    /// See [`SerdeFormat::IS_TEXT`](super::SerdeFormat::IS_TEXT).
    is_text: bool,
    elements: Cell<u64>,
    refused: Cell<Option<Refusal>>,
}

#[derive(Debug, Clone, Copy)]
enum Refusal {
    TooDeep,
    NotFinite,
    Omitted(&'static str),
    UnknownLength,
    Display,
}

impl Checks {
    pub(super) fn new(has_names: bool, is_text: bool) -> Self {
        Self { has_names, is_text, elements: Cell::new(0), refused: Cell::new(None) }
    }

    /// Checks the number of elements, whose limit depends on the size of the output.
    pub(super) fn finish(&self, bytes: usize) -> Result<(), ValueError> {
        if self.elements.get() > allowed_elements(bytes) {
            return Err(ValueError::limit(TOO_MANY));
        }
        Ok(())
    }

    /// Returns the refusal as an error, or `otherwise` if nothing was refused. The
    /// refusal is kept here because formats drop the messages of custom errors.
    pub(super) fn explain(&self, otherwise: ValueError) -> ValueError {
        match self.refused.get() {
            None => otherwise,
            Some(Refusal::TooDeep) => ValueError::limit(TOO_DEEP),
            Some(Refusal::NotFinite) => ValueError::new("NaN and infinity have no JSON form"),
            Some(Refusal::Display) => ValueError::new("its `Display` failed"),
            Some(Refusal::UnknownLength) => ValueError::new(
                "a list or map (such as `flatten` makes) whose length is not known before it is \
                 written, which the format needs: use `Json`, `MsgPack` or `Cbor`",
            ),
            Some(Refusal::Omitted(field)) => ValueError::computed(
                ErrorKind::InvalidValue,
                format!(
                    "the field `{field}` is left out (`skip_serializing_if`), which a format \
                     without names cannot show: remove the attribute, or use `Json`, `MsgPack` or \
                     `Cbor`"
                ),
            ),
        }
    }

    fn refuse<E: Error>(&self, why: Refusal) -> E {
        self.refused.set(Some(why));
        E::custom("refused")
    }

    fn count_element(&self) {
        self.elements.set(self.elements.get() + 1);
    }
}

/// A serializer, a part of one, or a value to serialize, at some depth.
pub(super) struct Checked<'a, T> {
    inner: T,
    checks: &'a Checks,
    depth: u32,
}

impl<'a, T> Checked<'a, T> {
    pub(super) fn new(inner: T, checks: &'a Checks) -> Self {
        Self { inner, checks, depth: 0 }
    }

    /// Wraps a part at the same depth.
    fn beside<U>(&self, inner: U) -> Checked<'a, U> {
        Checked { inner, checks: self.checks, depth: self.depth }
    }

    /// Adds levels, or returns an error beyond the limit.
    fn deeper<E: Error>(mut self, levels: u32) -> Result<Self, E> {
        self.depth += levels;
        if self.depth > MAX_DEPTH {
            return Err(self.checks.refuse(Refusal::TooDeep));
        }
        Ok(self)
    }

    fn check_finite<E: Error>(&self, is_finite: bool) -> Result<(), E> {
        if is_finite || !self.checks.is_text {
            return Ok(());
        }
        Err(self.checks.refuse(Refusal::NotFinite))
    }

    fn check_length<E: Error>(&self, length: Option<usize>) -> Result<(), E> {
        if length.is_some() || self.checks.has_names {
            return Ok(());
        }
        Err(self.checks.refuse(Refusal::UnknownLength))
    }

    fn check_skip<E: Error>(&self, field: &'static str) -> Result<(), E> {
        if self.checks.has_names {
            return Ok(());
        }
        Err(self.checks.refuse(Refusal::Omitted(field)))
    }
}

impl<T: Serialize + ?Sized> Serialize for Checked<'_, &T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.inner.serialize(self.beside(serializer))
    }
}

macro_rules! scalars {
    ($($method:ident($($name:ident: $ty:ty),*);)*) => {$(
        fn $method(self, $($name: $ty),*) -> Result<S::Ok, S::Error> {
            self.inner.$method($($name),*)
        }
    )*};
}

// The number of levels is the reader's: one for a container and one for an enum.
macro_rules! compounds {
    ($($method:ident($($name:ident: $ty:ty),*) -> $compound:ident, $levels:literal $(, $length:ident)?;)*) => {$(
        fn $method(self, $($name: $ty),*) -> Result<Self::$compound, S::Error> {
            $(self.check_length($length)?;)?
            let Checked { inner, checks, depth } = self.deeper($levels)?;
            Ok(Checked { inner: inner.$method($($name),*)?, checks, depth })
        }
    )*};
}

impl<'a, S: Serializer> Serializer for Checked<'a, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Checked<'a, S::SerializeSeq>;
    type SerializeTuple = Checked<'a, S::SerializeTuple>;
    type SerializeTupleStruct = Checked<'a, S::SerializeTupleStruct>;
    type SerializeTupleVariant = Checked<'a, S::SerializeTupleVariant>;
    type SerializeMap = Checked<'a, S::SerializeMap>;
    type SerializeStruct = Checked<'a, S::SerializeStruct>;
    type SerializeStructVariant = Checked<'a, S::SerializeStructVariant>;

    scalars! {
        serialize_bool(value: bool); serialize_i8(value: i8); serialize_i16(value: i16);
        serialize_i32(value: i32); serialize_i64(value: i64); serialize_i128(value: i128);
        serialize_u8(value: u8); serialize_u16(value: u16); serialize_u32(value: u32);
        serialize_u64(value: u64); serialize_u128(value: u128); serialize_char(value: char);
        serialize_str(value: &str); serialize_none(); serialize_unit();
        serialize_unit_struct(name: &'static str);
    }

    fn serialize_f32(self, value: f32) -> Result<S::Ok, S::Error> {
        self.check_finite(value.is_finite())?;
        self.inner.serialize_f32(value)
    }

    fn serialize_f64(self, value: f64) -> Result<S::Ok, S::Error> {
        self.check_finite(value.is_finite())?;
        self.inner.serialize_f64(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<S::Ok, S::Error> {
        let levels = u32::from(self.checks.is_text);
        self.deeper(levels)?.inner.serialize_bytes(value)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        let at = self.deeper(1)?;
        let value = at.beside(value);
        at.inner.serialize_some(&value)
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<S::Ok, S::Error> {
        self.deeper(1)?.inner.serialize_unit_variant(name, index, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let at = self.deeper(1)?;
        let value = at.beside(value);
        at.inner.serialize_newtype_struct(name, &value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let at = self.deeper(1)?;
        let value = at.beside(value);
        at.inner.serialize_newtype_variant(name, index, variant, &value)
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        let mut text = String::new();
        // Not `to_string`, which panics if `Display` fails. Formats panic, too.
        match write!(text, "{value}") {
            Ok(()) => self.inner.serialize_str(&text),
            Err(_) => Err(self.checks.refuse(Refusal::Display)),
        }
    }

    compounds! {
        serialize_seq(len: Option<usize>) -> SerializeSeq, 1, len;
        serialize_map(len: Option<usize>) -> SerializeMap, 1, len;
        serialize_tuple(len: usize) -> SerializeTuple, 1;
        serialize_tuple_struct(name: &'static str, len: usize) -> SerializeTupleStruct, 1;
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, len: usize) -> SerializeTupleVariant, 2;
        serialize_struct(name: &'static str, len: usize) -> SerializeStruct, 1;
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, len: usize) -> SerializeStructVariant, 2;
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

macro_rules! elements {
    ($($compound:ident: $method:ident;)*) => {$(
        impl<S: $compound> $compound for Checked<'_, S> {
            type Ok = S::Ok;
            type Error = S::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
                self.checks.count_element();
                let value = self.beside(value);
                self.inner.$method(&value)
            }

            fn end(self) -> Result<S::Ok, S::Error> {
                self.inner.end()
            }
        }
    )*};
}

elements! {
    SerializeSeq: serialize_element;
    SerializeTuple: serialize_element;
    SerializeTupleStruct: serialize_field;
    SerializeTupleVariant: serialize_field;
}

impl<S: SerializeMap> SerializeMap for Checked<'_, S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), S::Error> {
        self.checks.count_element();
        let key = self.beside(key);
        self.inner.serialize_key(&key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        let value = self.beside(value);
        self.inner.serialize_value(&value)
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.inner.end()
    }
}

macro_rules! fields {
    ($($compound:ident)*) => {$(
        impl<S: $compound> $compound for Checked<'_, S> {
            type Ok = S::Ok;
            type Error = S::Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), S::Error> {
                self.checks.count_element();
                let value = self.beside(value);
                self.inner.serialize_field(name, &value)
            }

            fn skip_field(&mut self, name: &'static str) -> Result<(), S::Error> {
                self.check_skip(name)?;
                self.inner.skip_field(name)
            }

            fn end(self) -> Result<S::Ok, S::Error> {
                self.inner.end()
            }
        }
    )*};
}

fields!(SerializeStruct SerializeStructVariant);
