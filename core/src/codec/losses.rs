//! What a value does in being serialized that formats without names cannot keep.

use std::fmt::{self, Display};

use serde::ser::{
    self, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// What is lost of a value, in sentences.
pub(super) fn of<T: Serialize>(value: &T) -> Vec<String> {
    let mut look = Look { path: Vec::new(), losses: Vec::new() };
    // What cannot be serialized at all, the format has told.
    let _ = value.serialize(&mut look);
    look.losses
}

struct Look {
    path: Vec<&'static str>,
    losses: Vec<String>,
}

impl Look {
    fn at(&mut self, name: &'static str, value: &(impl Serialize + ?Sized)) -> Result<(), Stop> {
        self.path.push(name);
        let result = value.serialize(&mut *self);
        self.path.pop();
        result
    }

    /// Where the value is that is looked at.
    fn here(&self) -> String {
        if self.path.is_empty() {
            return "the value".to_owned();
        }
        format!("`{}`", self.path.join("."))
    }

    fn left_out(&mut self, name: &'static str) {
        self.path.push(name);
        let here = self.here();
        self.path.pop();
        self.losses.push(format!(
            "{here} is left out (`skip_serializing_if`), and the format has no names to tell by"
        ));
    }

    fn unknown_length(&mut self, length: Option<usize>, what: &str) {
        if length.is_none() {
            let here = self.here();
            self.losses.push(format!(
                "{here} does not tell how long it is before it is written, as {what} does"
            ));
        }
    }
}

/// A type's own refusal.
#[derive(Debug)]
struct Stop;

impl Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

impl std::error::Error for Stop {}

impl ser::Error for Stop {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

macro_rules! leaves {
    ($($method:ident $ty:ty;)*) => {$(
        fn $method(self, _: $ty) -> Result<(), Stop> {
            Ok(())
        }
    )*};
}

impl Serializer for &mut Look {
    type Ok = ();
    type Error = Stop;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    leaves! {
        serialize_bool bool; serialize_char char; serialize_str &str; serialize_bytes &[u8];
        serialize_i8 i8; serialize_i16 i16; serialize_i32 i32; serialize_i64 i64; serialize_i128 i128;
        serialize_u8 u8; serialize_u16 u16; serialize_u32 u32; serialize_u64 u64; serialize_u128 u128;
        serialize_f32 f32; serialize_f64 f64; serialize_unit_struct &'static str;
    }

    // As the formats are that this is about.
    fn is_human_readable(&self) -> bool {
        false
    }

    fn collect_str<T: Display + ?Sized>(self, _: &T) -> Result<(), Stop> {
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Stop> {
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), Stop> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Stop> {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Stop> {
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Stop> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Stop> {
        self.at(variant, value)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Self, Stop> {
        self.unknown_length(length, "an iterator of unknown length");
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Stop> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Stop> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self, Stop> {
        self.path.push(variant);
        Ok(self)
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Self, Stop> {
        self.unknown_length(length, "a struct with a `flatten`");
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Stop> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self, Stop> {
        self.path.push(variant);
        Ok(self)
    }
}

macro_rules! parts {
    ($($trait:ident $method:ident)*) => {$(
        impl $trait for &mut Look {
            type Ok = ();
            type Error = Stop;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
                value.serialize(&mut **self)
            }

            fn end(self) -> Result<(), Stop> {
                Ok(())
            }
        }
    )*};
}

parts! {
    SerializeSeq serialize_element
    SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
}

impl SerializeTupleVariant for &mut Look {
    type Ok = ();
    type Error = Stop;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), Stop> {
        self.path.pop();
        Ok(())
    }
}

impl SerializeMap for &mut Look {
    type Ok = ();
    type Error = Stop;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Stop> {
        key.serialize(&mut **self)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), Stop> {
        Ok(())
    }
}

macro_rules! named {
    ($($trait:ident $leave:expr;)*) => {$(
        impl $trait for &mut Look {
            type Ok = ();
            type Error = Stop;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Stop> {
                self.at(name, value)
            }

            fn skip_field(&mut self, name: &'static str) -> Result<(), Stop> {
                self.left_out(name);
                Ok(())
            }

            fn end(self) -> Result<(), Stop> {
                let leave: fn(&mut Look) = $leave;
                leave(self);
                Ok(())
            }
        }
    )*};
}

named! {
    SerializeStruct |_| ();
    SerializeStructVariant |look| {
        look.path.pop();
    };
}
