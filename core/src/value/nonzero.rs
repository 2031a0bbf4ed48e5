//! Integers that are not zero.

use std::io::Write;
use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize, NonZeroU8,
    NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize,
};

use super::{RedisValue, parse};
use crate::error::ValueError;

macro_rules! nonzero {
    ($($ty:ty)*) => {$(
        /// As the integer. Zero is not read, and the server cannot increment the field: it
        /// would not notice a result of zero.
        impl RedisValue for $ty {
            const COMPARED: &'static str = "int";

            fn size_hint(&self) -> usize {
                self.get().size_hint()
            }

            fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
                self.get().write(out)
            }

            fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
                parse(&bytes, ValueError::new(concat!("not an integer of type ", stringify!($ty))))
            }
        }
    )*};
}

nonzero!(NonZeroI8 NonZeroI16 NonZeroI32 NonZeroI64 NonZeroI128 NonZeroIsize);
nonzero!(NonZeroU8 NonZeroU16 NonZeroU32 NonZeroU64 NonZeroU128 NonZeroUsize);
