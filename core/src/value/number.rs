//! Values that are numbers, and what may be added to them.

use std::io::Write;

use super::{RedisValue, put};
use crate::error::ValueError;

/// A field that can be incremented in place: integers and floats, and `Option`
/// of them (an absent field counts as zero, as HINCRBY has it).
///
/// An increment never takes the field out of its Rust type.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` cannot be incremented",
    label = "not a number",
    note = "only integers and floats that are stored as they are (without a codec) can"
)]
pub trait Number {
    /// [`Integer`] or [`Float`].
    type Kind;

    #[doc(hidden)]
    const BOUNDS: Bounds;
}

/// The kind of numbers without fractions.
#[derive(Debug, Clone, Copy)]
pub enum Integer {}

/// The kind of `f32` and `f64`.
#[derive(Debug, Clone, Copy)]
pub enum Float {}

/// What an increment must stay within, as decimal text.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Bounds {
    Integer { min: &'static str, max: &'static str },
    Float { max: &'static str },
}

impl Bounds {
    pub(crate) const fn max(self) -> &'static str {
        match self {
            Self::Integer { max, .. } | Self::Float { max } => max,
        }
    }
}

/// By how much a field is incremented: any integer for an [`Integer`] field
/// (an unsigned one can go down, too), any number for a [`Float`] field.
#[diagnostic::on_unimplemented(
    message = "a field that is an `{Kind}` cannot be incremented by `{Self}`",
    label = "not a step for an `{Kind}`",
    note = "integer fields take integers, float fields take integers and floats"
)]
pub trait IntoStep<Kind> {
    #[doc(hidden)]
    fn into_step(self) -> Step;
}

/// A step, as decimal text.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct Step(pub(crate) String);

macro_rules! integers {
    ($($int:ty, $min:literal, $max:literal;)*) => {$(
        impl RedisValue for $int {
            const COMPARED: &'static str = "int";

            fn size_hint(&self) -> usize {
                // With a sign, the longest text of the type.
                $max.len() + 1
            }

            fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
                put(out, itoa::Buffer::new().format(*self).as_bytes())
            }

            fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
                let text = std::str::from_utf8(&bytes).ok();
                let wrong = ValueError::new(concat!("not an integer of type ", stringify!($int)));
                text.and_then(|text| text.parse().ok()).ok_or(wrong)
            }
        }

        impl Number for $int {
            type Kind = Integer;

            const BOUNDS: Bounds = Bounds::Integer { min: $min, max: $max };
        }
    )*};
}

macro_rules! steps {
    ($kind:ty: $($step:ty)*) => {$(
        impl IntoStep<$kind> for $step {
            fn into_step(self) -> Step {
                Step(self.to_string())
            }
        }
    )*};
}

steps!(Integer: i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);
steps!(Float: i8 i16 i32 i64 isize u8 u16 u32 u64 usize f32 f64);

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
                let text = std::str::from_utf8(&bytes).ok();
                let number: Option<$float> = text.and_then(|text| text.parse().ok());
                let wrong = ValueError::new(concat!("not a finite number of type ", stringify!($float)));
                number.filter(|number| number.is_finite()).ok_or(wrong)
            }
        }

        impl Number for $float {
            type Kind = Float;

            const BOUNDS: Bounds = Bounds::Float { max: $max };
        }
    )*};
}

floats! {
    // The largest double that is read as a finite `f32`: `f32::MAX` itself is stored as
    // 3.4028235e38, which as a double is larger than `f32::MAX`.
    f32, "3.4028235677973362e38";
    f64, "1.7976931348623157e308";
}

impl<N: Number> Number for Option<N> {
    type Kind = N::Kind;

    const BOUNDS: Bounds = N::BOUNDS;
}
