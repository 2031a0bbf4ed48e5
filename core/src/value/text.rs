//! Values that are text.

use std::borrow::Cow;
use std::io::Write;
use std::sync::Arc;

use super::{RedisValue, put};
use crate::error::ValueError;

fn utf8(bytes: Vec<u8>) -> Result<String, ValueError> {
    String::from_utf8(bytes).map_err(|_| ValueError::new("not UTF-8 text"))
}

macro_rules! strings {
    ($($string:ty)*) => {$(
        impl RedisValue for $string {
            fn size_hint(&self) -> usize {
                self.len()
            }

            fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
                put(out, self.as_bytes())
            }

            fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
                utf8(bytes).map(Into::into)
            }
        }
    )*};
}

strings!(String Box<str> Arc<str> Cow<'static, str>);

impl RedisValue for char {
    fn size_hint(&self) -> usize {
        self.len_utf8()
    }

    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        put(out, self.encode_utf8(&mut [0; 4]).as_bytes())
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        let text = utf8(bytes)?;
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(only), None) => Ok(only),
            _ => Err(ValueError::new("not exactly one character")),
        }
    }
}

impl RedisValue for bool {
    const COMPARED: &'static str = "bool";

    fn size_hint(&self) -> usize {
        1
    }

    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        put(out, if *self { b"1" } else { b"0" })
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        match &*bytes {
            b"1" | b"true" | b"True" => Ok(true),
            b"0" | b"false" | b"False" => Ok(false),
            _ => Err(ValueError::new("not a bool (`1` or `0`)")),
        }
    }
}
