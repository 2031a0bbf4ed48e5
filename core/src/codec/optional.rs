//! Whether a serde value is `None`, and which value a missing one is, found
//! out through serde itself: no list of type names, and a transparent wrapper
//! around an `Option` counts as one.

use serde::de::value::Error as Plain;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::forward_to_deserialize_any;
use serde::ser::{Impossible, Serialize, Serializer};

/// Whether `value` serializes as `None`. Stops at the first thing it writes.
pub(super) fn is_none(value: &impl Serialize) -> bool {
    value.serialize(NoneProbe).is_ok()
}

/// What serde makes of a missing field: `None` for an `Option`, else nothing.
pub(super) fn missing<'de, T: Deserialize<'de>>() -> Option<T> {
    T::deserialize(Missing).ok()
}

struct Missing;

impl<'de> Deserializer<'de> for Missing {
    type Error = Plain;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Plain> {
        Err(<Plain as Error>::custom("missing"))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Plain> {
        visitor.visit_none()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Plain> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct NoneProbe;

type No = Result<(), Plain>;

fn no() -> No {
    Err(<Plain as Error>::custom("not none"))
}

macro_rules! not_none {
    ($($method:ident($($argument:ty),*))*) => {$(
        fn $method(self, $(_: $argument),*) -> No {
            no()
        }
    )*};
}

macro_rules! not_none_either {
    ($($method:ident($($argument:ty),*) -> $compound:ident;)*) => {$(
        fn $method(self, $(_: $argument),*) -> Result<Self::$compound, Plain> {
            Err(<Plain as Error>::custom("not none"))
        }
    )*};
}

impl Serializer for NoneProbe {
    type Ok = ();
    type Error = Plain;
    type SerializeSeq = Impossible<(), Plain>;
    type SerializeTuple = Impossible<(), Plain>;
    type SerializeTupleStruct = Impossible<(), Plain>;
    type SerializeTupleVariant = Impossible<(), Plain>;
    type SerializeMap = Impossible<(), Plain>;
    type SerializeStruct = Impossible<(), Plain>;
    type SerializeStructVariant = Impossible<(), Plain>;

    fn serialize_none(self) -> No {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> No {
        no()
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> No {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> No {
        no()
    }

    fn collect_str<T: std::fmt::Display + ?Sized>(self, _: &T) -> No {
        no()
    }

    not_none! {
        serialize_bool(bool) serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
        serialize_i128(i128) serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64)
        serialize_u128(u128) serialize_f32(f32) serialize_f64(f64) serialize_char(char) serialize_str(&str)
        serialize_bytes(&[u8]) serialize_unit() serialize_unit_struct(&'static str)
        serialize_unit_variant(&'static str, u32, &'static str)
    }

    not_none_either! {
        serialize_seq(Option<usize>) -> SerializeSeq;
        serialize_tuple(usize) -> SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> SerializeTupleVariant;
        serialize_map(Option<usize>) -> SerializeMap;
        serialize_struct(&'static str, usize) -> SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> SerializeStructVariant;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Serialize, serde::Deserialize, Debug, PartialEq)]
    struct Wrapper(Option<u8>);

    #[test]
    fn only_none_is_none() {
        assert!(is_none(&None::<u8>));
        assert!(is_none(&Wrapper(None)));
        assert!(!is_none(&Some(1)));
        assert!(!is_none(&()));
        assert!(!is_none(&Vec::<u8>::new()));
        assert!(!is_none(&Some(None::<u8>)));
    }

    #[test]
    fn only_an_option_stands_for_a_missing_field() {
        assert_eq!(missing::<Option<u8>>(), Some(None));
        assert_eq!(missing::<Wrapper>(), Some(Wrapper(None)));
        assert_eq!(missing::<Vec<u8>>(), None);
        assert_eq!(missing::<()>(), None);
    }
}
