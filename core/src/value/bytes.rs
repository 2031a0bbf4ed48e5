//! Values that are bytes.

use std::io::Write;

use super::{RedisValue, put};
use crate::error::ValueError;

macro_rules! bytes {
    ($($bytes:ty)*) => {$(
        impl RedisValue for $bytes {
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
    )*};
}

bytes!(Vec<u8> Box<[u8]>);
#[cfg(feature = "bytes")]
bytes!(bytes::Bytes);

impl<const N: usize> RedisValue for [u8; N] {
    fn size_hint(&self) -> usize {
        N
    }

    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        put(out, self)
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        Self::try_from(bytes).map_err(|_| ValueError::new("not as many bytes as the array has"))
    }
}
