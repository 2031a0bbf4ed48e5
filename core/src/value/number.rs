//! Values that are numbers, and their increments.

use std::io::Write;

use super::{RedisValue, parse, put};
use crate::error::ValueError;

/// A type that an update can increment: integers, floats and `Option`s of them. An absent
/// field counts as zero, as in HINCRBY.
///
/// An increment beyond the range of the Rust type is an error and changes nothing.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` cannot be incremented",
    label = "not a number",
    note = "only integers and floats that are stored as they are (without a codec) can"
)]
pub trait Numeric {
    /// The kind of number, `Integer` or `Float`.
    type Kind;

    #[doc(hidden)]
    const BOUNDS: Bounds;
}

/// The kind of numbers without fractions.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Integer {}

/// The kind of `f32` and `f64`.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Float {}

/// The range of a type, as decimal text.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Bounds {
    Integer { min: &'static str, max: &'static str },
    Float { max: &'static str },
}

impl Bounds {
    /// Returns `true` if INCRBY and HINCRBY check this range, and take the increment.
    pub(crate) fn permits_native(self, by: &str) -> bool {
        let is_i64 = matches!(self, Self::Integer { min: "-9223372036854775808", .. });
        is_i64 && by.parse::<i64>().is_ok()
    }

    pub(crate) const fn max(self) -> &'static str {
        match self {
            Self::Integer { max, .. } | Self::Float { max } => max,
        }
    }
}

/// An amount to add to a field: any integer for an integer field (also a negative one
/// for an unsigned field), any number for a float field.
#[diagnostic::on_unimplemented(
    message = "a field that is an `{Kind}` cannot be incremented by `{Self}`",
    label = "not an increment for an `{Kind}`",
    note = "integer fields take integers, float fields take integers and floats"
)]
pub trait IntoIncrement<Kind> {
    #[doc(hidden)]
    fn into_increment(self) -> Increment;
}

/// An increment, as decimal text.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct Increment(pub(crate) String);

impl Increment {
    pub(crate) fn negated(self) -> Self {
        let Self(by) = self;
        Self(match by.strip_prefix('-') {
            Some(positive) => positive.to_owned(),
            // Redis reads no `-0`.
            None if by == "0" => by,
            None => format!("-{by}"),
        })
    }
}

macro_rules! integers {
    ($($int:ty, $min:literal, $max:literal;)*) => {$(
        impl RedisValue for $int {
            const COMPARED: &'static str = "int";

            fn size_hint(&self) -> usize {
                // The longest text of the type, with a sign.
                $max.len() + 1
            }

            fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
                put(out, itoa::Buffer::new().format(*self).as_bytes())
            }

            fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
                let wrong = concat!("not an integer of type ", stringify!($int));
                parse(&bytes, ValueError::new(wrong))
            }
        }

        impl Numeric for $int {
            type Kind = Integer;

            const BOUNDS: Bounds = Bounds::Integer { min: $min, max: $max };
        }
    )*};
}

macro_rules! increments {
    ($kind:ty: $($by:ty)*) => {$(
        impl IntoIncrement<$kind> for $by {
            fn into_increment(self) -> Increment {
                Increment(self.to_string())
            }
        }
    )*};
}

increments!(Integer: i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);
increments!(Float: i8 i16 i32 i64 isize u8 u16 u32 u64 usize f32 f64);

integers! {
    i8, "-128", "127";
    i16, "-32768", "32767";
    i32, "-2147483648", "2147483647";
    i64, "-9223372036854775808", "9223372036854775807";
    i128, "-170141183460469231731687303715884105728", "170141183460469231731687303715884105727";
    u8, "0", "255";
    u16, "0", "65535";
    u32, "0", "4294967295";
    u64, "0", "18446744073709551615";
    u128, "0", "340282366920938463463374607431768211455";
}

#[cfg(target_pointer_width = "64")]
integers! {
    isize, "-9223372036854775808", "9223372036854775807";
    usize, "0", "18446744073709551615";
}

#[cfg(target_pointer_width = "32")]
integers! {
    isize, "-2147483648", "2147483647";
    usize, "0", "4294967295";
}

macro_rules! floats {
    ($($float:ty, $max:literal;)*) => {$(
        impl RedisValue for $float {
            const COMPARED: &'static str = "float";

            fn size_hint(&self) -> usize {
                24
            }

            fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
                if !self.is_finite() {
                    return Err(ValueError::new("a float that is infinite or not a number cannot be stored"));
                }
                put(out, ryu::Buffer::new().format_finite(*self).as_bytes())
            }

            fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
                let wrong = ValueError::new(concat!("not a finite number of type ", stringify!($float)));
                let number: $float = parse(&bytes, wrong.clone())?;
                if number.is_finite() { Ok(number) } else { Err(wrong) }
            }
        }

        impl Numeric for $float {
            type Kind = Float;

            const BOUNDS: Bounds = Bounds::Float { max: $max };
        }
    )*};
}

floats! {
    // The largest double that is read as a finite `f32`. `f32::MAX` is stored as
    // 3.4028235e38, which as a double exceeds `f32::MAX`.
    f32, "3.4028235677973362e38";
    f64, "1.7976931348623157e308";
}

impl<N: Numeric> Numeric for Option<N> {
    type Kind = N::Kind;

    const BOUNDS: Bounds = N::BOUNDS;
}
