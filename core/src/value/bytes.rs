//! Values that are bytes.

use std::io::Write;

use super::{RedisValue, put};
use crate::error::ValueError;

impl RedisValue for Vec<u8> {
    fn size_hint(&self) -> usize {
        self.len()
    }

    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        put(out, self)
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        Ok(bytes)
    }
}

impl RedisValue for Box<[u8]> {
    fn size_hint(&self) -> usize {
        self.len()
    }

    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        put(out, self)
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        Ok(bytes.into())
    }
}

#[cfg(feature = "bytes")]
impl RedisValue for bytes::Bytes {
    fn size_hint(&self) -> usize {
        self.len()
    }

    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        put(out, self)
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        Ok(bytes.into())
    }
}

impl<const N: usize> RedisValue for [u8; N] {
    fn size_hint(&self) -> usize {
        N
    }

    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        put(out, self)
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        Self::try_from(bytes).map_err(|_| ValueError::new("not of the array's length"))
    }
}
