//! An adapter that enforces the limits while any serde format reads a value.
//!
//! It sits between the type and the format's deserializer and sees every sequence,
//! map, option and enum. The formats' own limits are not used, because most formats
//! do not limit depth and the others count it differently.
//! [`Checked`](super::checked::Checked) counts the same in writing.
//!
//! It notes the [trace](super::trace) of a read, too: a second adapter would compile every
//! type's `Deserialize` twice.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::limits::Limits;
use super::trace::{Trace, Wanted};

/// A deserializer, visitor, seed or access of serde, and the limits inside it.
///
/// `IS_NAME` is true for the key of a map and the name of a variant. The trace looks at
/// their text, and at no other.
pub(in crate::codec) struct Limited<'a, T, const IS_NAME: bool = false> {
    inner: T,
    limits: &'a Limits,
}

impl<'a, T> Limited<'a, T> {
    pub(in crate::codec) fn new(inner: T, limits: &'a Limits) -> Self {
        Self { inner, limits }
    }
}

impl<'a, T> Limited<'a, T, true> {
    fn name(inner: T, limits: &'a Limits) -> Self {
        Self { inner, limits }
    }
}

macro_rules! forward {
    ($($method:ident($($name:ident: $ty:ty),*) $wanted:expr $(, names $names:ident)?;)*) => {$(
        fn $method<V: Visitor<'de>>(self, $($name: $ty,)* visitor: V) -> Result<V::Value, D::Error> {
            let limits = self.limits;
            $(limits.trace(|trace| trace.expect($names));)?
            let visitor = Limited::<V, IS_NAME> { inner: visitor, limits };
            self.inner.$method($($name,)* visitor).map_err(|error| limits.failed($wanted, error))
        }
    )*};
}

impl<'de, D: Deserializer<'de>, const IS_NAME: bool> Deserializer<'de> for Limited<'_, D, IS_NAME> {
    type Error = D::Error;

    forward! {
        deserialize_any() Wanted::Any; deserialize_ignored_any() Wanted::Any;
        deserialize_bool() Wanted::Simple("true or false");
        deserialize_i8() Wanted::Number("i8"); deserialize_i16() Wanted::Number("i16");
        deserialize_i32() Wanted::Number("i32"); deserialize_i64() Wanted::Number("i64");
        deserialize_i128() Wanted::Number("i128"); deserialize_u8() Wanted::Number("u8");
        deserialize_u16() Wanted::Number("u16"); deserialize_u32() Wanted::Number("u32");
        deserialize_u64() Wanted::Number("u64"); deserialize_u128() Wanted::Number("u128");
        deserialize_f32() Wanted::Number("f32"); deserialize_f64() Wanted::Number("f64");
        deserialize_char() Wanted::Simple("one character");
        deserialize_str() Wanted::Simple("text");
        deserialize_bytes() Wanted::Simple("bytes");
        deserialize_option() Wanted::Any;
        deserialize_unit() Wanted::Simple("null");
        deserialize_unit_struct(name: &'static str) Wanted::Simple("null");
        deserialize_newtype_struct(name: &'static str) Wanted::Any;
        deserialize_seq() Wanted::Simple("a list");
        deserialize_tuple(len: usize) Wanted::Items(len);
        deserialize_tuple_struct(name: &'static str, len: usize) Wanted::Items(len);
        deserialize_map() Wanted::Simple("a map");
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
            Wanted::Struct(fields), names fields;
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
            Wanted::Enum(variants), names variants;
        deserialize_identifier() Wanted::Name;
    }

    // Forward to the borrowed variants: all formats support them on slices, and
    // bincode would otherwise allocate the claimed length first.
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.deserialize_bytes(visitor)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

macro_rules! scalars {
    ($($method:ident($ty:ty);)*) => {$(
        fn $method<E: Error>(self, value: $ty) -> Result<V::Value, E> {
            self.inner.$method(value)
        }
    )*};
}

macro_rules! names {
    ($($method:ident($ty:ty) |$trace:ident, $value:ident| $note:expr;)*) => {$(
        fn $method<E: Error>(self, $value: $ty) -> Result<V::Value, E> {
            if IS_NAME {
                self.limits.trace(|$trace| $note);
            }
            self.inner.$method($value)
        }
    )*};
}

impl<'de, V: Visitor<'de>, const IS_NAME: bool> Visitor<'de> for Limited<'_, V, IS_NAME> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    scalars! {
        visit_bool(bool); visit_i8(i8); visit_i16(i16); visit_i32(i32); visit_i64(i64); visit_i128(i128);
        visit_u8(u8); visit_u16(u16); visit_u128(u128); visit_f32(f32);
        visit_f64(f64); visit_char(char); visit_bytes(&[u8]); visit_borrowed_bytes(&'de [u8]);
        visit_byte_buf(Vec<u8>);
    }

    names! {
        visit_str(&str) |trace, value| trace.name(value);
        visit_borrowed_str(&'de str) |trace, value| trace.name(value);
        visit_string(String) |trace, value| trace.name(&value);
        visit_u32(u32) |trace, value| trace.position(value.into());
        visit_u64(u64) |trace, value| trace.position(value);
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        let Self { inner: visitor, limits } = self;
        limits.deeper(|| visitor.visit_some(Limited::new(inner, limits)))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        let Self { inner: visitor, limits } = self;
        limits.deeper(|| visitor.visit_newtype_struct(Limited::new(inner, limits)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<V::Value, A::Error> {
        let Self { inner: visitor, limits } = self;
        limits.container(|| visitor.visit_seq(Limited::new(seq, limits)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        let Self { inner: visitor, limits } = self;
        limits.container(|| visitor.visit_map(Limited::new(map, limits)))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<V::Value, A::Error> {
        let Self { inner: visitor, limits } = self;
        limits.container(|| visitor.visit_enum(Limited::new(data, limits)))
    }
}

impl<'de, S: DeserializeSeed<'de>, const IS_NAME: bool> DeserializeSeed<'de>
    for Limited<'_, S, IS_NAME>
{
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        let limits = self.limits;
        let inner = Limited::<D, IS_NAME> { inner, limits };
        // A type may refuse a value after it was read (`try_from`, `deserialize_with`).
        self.inner.deserialize(inner).map_err(|error| limits.failed(Wanted::Any, error))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Limited<'_, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.limits.trace(Trace::item);
        let next = self.inner.next_element_seed(Limited::new(seed, self.limits))?;
        if next.is_some() {
            self.limits.element()?;
        }
        Ok(next)
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint().map(|claimed| self.limits.reserve(claimed))
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Limited<'_, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.limits.trace(Trace::key);
        let next = self.inner.next_key_seed(Limited::name(seed, self.limits))?;
        if next.is_some() {
            self.limits.element()?;
        }
        Ok(next)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.limits.trace(Trace::value);
        self.inner.next_value_seed(Limited::new(seed, self.limits))
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint().map(|claimed| self.limits.reserve(claimed))
    }
}

impl<'a, 'de, A: EnumAccess<'de>> EnumAccess<'de> for Limited<'a, A> {
    type Error = A::Error;
    type Variant = Limited<'a, A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), A::Error> {
        let (value, variant) = self.inner.variant_seed(Limited::name(seed, self.limits))?;
        Ok((value, Limited::new(variant, self.limits)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Limited<'_, A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        let limits = self.limits;
        let nothing = Wanted::Simple("nothing in the variant");
        self.inner.unit_variant().map_err(|error| limits.failed(nothing, error))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.newtype_variant_seed(Limited::new(seed, self.limits))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        let limits = self.limits;
        let read = self.inner.tuple_variant(len, Limited::new(visitor, limits));
        read.map_err(|error| limits.failed(Wanted::Items(len), error))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        let limits = self.limits;
        limits.trace(|trace| trace.expect(fields));
        let read = self.inner.struct_variant(fields, Limited::new(visitor, limits));
        read.map_err(|error| limits.failed(Wanted::Struct(fields), error))
    }
}
