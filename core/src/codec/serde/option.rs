//! Finds out through serde whether a value is `None` and whether a type has a value
//! for a missing field. Type names play no part, so a transparent wrapper around an
//! `Option` counts as one.

use serde::de::value::Error as Plain;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::forward_to_deserialize_any;
use serde::ser::{Impossible, Serialize, Serializer};

/// Returns `true` if `value` serializes as `None`. Stops at the first call of its
/// `Serialize`.
pub(in crate::codec) fn is_none(value: &impl Serialize) -> bool {
    value.serialize(IsNone).is_ok()
}

/// Returns the value that serde gives a missing field: `None` for an `Option`.
pub(in crate::codec) fn missing<'de, T: Deserialize<'de>>() -> Option<T> {
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

/// A serializer that fails for everything but `None`.
struct IsNone;

type No<T = ()> = Result<T, Plain>;
type Parts = Impossible<(), Plain>;

macro_rules! not_none {
    ($($method:ident $(<$value:ident>)? ($($argument:ty),*) $(-> $parts:ty)?;)*) => {$(
        fn $method$(<$value: Serialize + ?Sized>)?(self, $(_: $argument),*) -> No$(<$parts>)? {
            Err(<Plain as Error>::custom("not none"))
        }
    )*};
}

impl Serializer for IsNone {
    type Ok = ();
    type Error = Plain;
    type SerializeSeq = Parts;
    type SerializeTuple = Parts;
    type SerializeTupleStruct = Parts;
    type SerializeTupleVariant = Parts;
    type SerializeMap = Parts;
    type SerializeStruct = Parts;
    type SerializeStructVariant = Parts;

    fn serialize_none(self) -> No {
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> No {
        value.serialize(self)
    }

    fn collect_str<T: std::fmt::Display + ?Sized>(self, _: &T) -> No {
        self.serialize_unit()
    }

    not_none! {
        serialize_bool(bool); serialize_i8(i8); serialize_i16(i16); serialize_i32(i32); serialize_i64(i64);
        serialize_i128(i128); serialize_u8(u8); serialize_u16(u16); serialize_u32(u32); serialize_u64(u64);
        serialize_u128(u128); serialize_f32(f32); serialize_f64(f64); serialize_char(char); serialize_str(&str);
        serialize_bytes(&[u8]); serialize_unit(); serialize_unit_struct(&'static str);
        serialize_unit_variant(&'static str, u32, &'static str);
        serialize_some<T>(&T);
        serialize_newtype_variant<T>(&'static str, u32, &'static str, &T);
        serialize_seq(Option<usize>) -> Parts;
        serialize_tuple(usize) -> Parts;
        serialize_tuple_struct(&'static str, usize) -> Parts;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Parts;
        serialize_map(Option<usize>) -> Parts;
        serialize_struct(&'static str, usize) -> Parts;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Parts;
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
    fn only_an_option_has_a_value_for_a_missing_field() {
        assert_eq!(missing::<Option<u8>>(), Some(None));
        assert_eq!(missing::<Wrapper>(), Some(Wrapper(None)));
        assert_eq!(missing::<Vec<u8>>(), None);
        assert_eq!(missing::<()>(), None);
    }
}
