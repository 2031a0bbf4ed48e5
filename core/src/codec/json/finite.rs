//! A serializer that refuses floats which are not finite: serde_json writes
//! `null` for them, which then does not read back.

use std::cell::Cell;
use std::fmt::Display;

use serde::ser::{
    Error, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// Raised when a float was refused.
pub(super) type Refused = Cell<bool>;

/// A serializer, a part of one, or a value to serialize.
pub(super) struct Finite<'a, T> {
    inner: T,
    refused: &'a Refused,
}

impl<'a, T> Finite<'a, T> {
    pub(super) fn new(inner: T, refused: &'a Refused) -> Self {
        Self { inner, refused }
    }

    fn check<E: Error>(&self, is_finite: bool) -> Result<(), E> {
        if is_finite {
            return Ok(());
        }
        self.refused.set(true);
        Err(E::custom("not finite"))
    }
}

impl<T: Serialize + ?Sized> Serialize for Finite<'_, &T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.inner.serialize(Finite::new(serializer, self.refused))
    }
}

macro_rules! scalars {
    ($($method:ident($($name:ident: $ty:ty),*);)*) => {$(
        fn $method(self, $($name: $ty),*) -> Result<S::Ok, S::Error> {
            self.inner.$method($($name),*)
        }
    )*};
}

macro_rules! compounds {
    ($($method:ident($($name:ident: $ty:ty),*) -> $compound:ident;)*) => {$(
        fn $method(self, $($name: $ty),*) -> Result<Self::$compound, S::Error> {
            let inner = self.inner.$method($($name),*)?;
            Ok(Finite::new(inner, self.refused))
        }
    )*};
}

impl<'a, S: Serializer> Serializer for Finite<'a, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Finite<'a, S::SerializeSeq>;
    type SerializeTuple = Finite<'a, S::SerializeTuple>;
    type SerializeTupleStruct = Finite<'a, S::SerializeTupleStruct>;
    type SerializeTupleVariant = Finite<'a, S::SerializeTupleVariant>;
    type SerializeMap = Finite<'a, S::SerializeMap>;
    type SerializeStruct = Finite<'a, S::SerializeStruct>;
    type SerializeStructVariant = Finite<'a, S::SerializeStructVariant>;

    scalars! {
        serialize_bool(value: bool); serialize_i8(value: i8); serialize_i16(value: i16);
        serialize_i32(value: i32); serialize_i64(value: i64); serialize_i128(value: i128);
        serialize_u8(value: u8); serialize_u16(value: u16); serialize_u32(value: u32);
        serialize_u64(value: u64); serialize_u128(value: u128); serialize_char(value: char);
        serialize_str(value: &str); serialize_bytes(value: &[u8]); serialize_none(); serialize_unit();
        serialize_unit_struct(name: &'static str);
        serialize_unit_variant(name: &'static str, index: u32, variant: &'static str);
    }

    fn serialize_f32(self, value: f32) -> Result<S::Ok, S::Error> {
        self.check(value.is_finite())?;
        self.inner.serialize_f32(value)
    }

    fn serialize_f64(self, value: f64) -> Result<S::Ok, S::Error> {
        self.check(value.is_finite())?;
        self.inner.serialize_f64(value)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.serialize_some(&Finite::new(value, self.refused))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.inner.serialize_newtype_struct(name, &Finite::new(value, self.refused))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let value = Finite::new(value, self.refused);
        self.inner.serialize_newtype_variant(name, index, variant, &value)
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.collect_str(value)
    }

    compounds! {
        serialize_seq(len: Option<usize>) -> SerializeSeq;
        serialize_tuple(len: usize) -> SerializeTuple;
        serialize_tuple_struct(name: &'static str, len: usize) -> SerializeTupleStruct;
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, len: usize) -> SerializeTupleVariant;
        serialize_map(len: Option<usize>) -> SerializeMap;
        serialize_struct(name: &'static str, len: usize) -> SerializeStruct;
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, len: usize) -> SerializeStructVariant;
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

macro_rules! parts {
    ($($compound:ident: $($method:ident($($name:ident: $ty:ty),*)),*;)*) => {$(
        impl<S: $compound> $compound for Finite<'_, S> {
            type Ok = S::Ok;
            type Error = S::Error;

            $(fn $method<T: Serialize + ?Sized>(&mut self, $($name: $ty,)* value: &T) -> Result<(), S::Error> {
                self.inner.$method($($name,)* &Finite::new(value, self.refused))
            })*

            fn end(self) -> Result<S::Ok, S::Error> {
                self.inner.end()
            }
        }
    )*};
}

parts! {
    SerializeSeq: serialize_element();
    SerializeTuple: serialize_element();
    SerializeTupleStruct: serialize_field();
    SerializeTupleVariant: serialize_field();
    SerializeMap: serialize_key(), serialize_value();
    SerializeStruct: serialize_field(key: &'static str);
    SerializeStructVariant: serialize_field(key: &'static str);
}
