//! Ways of storing a field that an attribute asks for.

use std::fmt::Display;
use std::io::{self, Write};
use std::marker::PhantomData;
use std::str::FromStr;

use super::{Countable, OrDefault, Plain, StoreAs, Stored, Via};
use crate::codec::Location;
use crate::error::ValueError;
use crate::value::{Bounds, Numeric, RedisValue, put_display};

/// Stored as the text that `Display` writes and `FromStr` reads: `#[redis(display)]`.
#[derive(Debug, Clone, Copy)]
pub struct Shown;

/// [`Shown`], where the field is an `Option` of such a type.
///
/// A separate type, because nothing keeps a later Rust from giving `Option` a
/// `Display` of its own: to the compiler the two could overlap.
#[derive(Debug, Clone, Copy)]
pub struct ShownOption;

/// Stored so that an empty text is `None`: `#[redis(empty_as_none)]`.
#[derive(Debug, Clone, Copy)]
pub struct EmptyAsNone;

/// Counts the writes of its record: `#[redis(version)]`.
#[derive(Debug, Clone, Copy)]
pub struct Version;

/// Stored as `As`, where a field that the hash does not have is what `D`
/// says: `#[redis(default = "path")]`.
#[derive(Debug, Clone, Copy)]
pub struct OrElse<As, D>(PhantomData<(As, D)>);

/// Stored as `As` in a flattened `Option`, which may have none of its fields.
#[derive(Debug, Clone, Copy)]
pub struct Maybe<As>(PhantomData<As>);

/// What a field that the hash does not have stands for.
#[doc(hidden)]
pub trait Fallback<V> {
    fn value() -> V;
}

/// A number that may count the writes of a record.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` cannot count the writes of a record",
    label = "not an unsigned integer",
    note = "`#[redis(version)]` needs a `u32` or a `u64`"
)]
pub trait Counter: RedisValue + Numeric + Default + Clone {}

/// A field that may be absent, so that a record is one without it: such as expires.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` cannot expire",
    label = "a record without it could not be read any more",
    note = "make it an `Option`, or add `#[redis(default)]`"
)]
pub trait MayLapse<As> {}

#[diagnostic::do_not_recommend]
impl<V: RedisValue> MayLapse<Plain> for Option<V> {}
#[diagnostic::do_not_recommend]
impl<V: Display + FromStr> MayLapse<ShownOption> for Option<V> {}
#[diagnostic::do_not_recommend]
impl<V: RedisValue> MayLapse<EmptyAsNone> for Option<V> {}
#[diagnostic::do_not_recommend]
impl<V, As> MayLapse<OrDefault<As>> for V {}
#[diagnostic::do_not_recommend]
impl<V, As, D> MayLapse<OrElse<As, D>> for V {}
/// What a codec makes of it is known when it runs: a write tells then.
#[diagnostic::do_not_recommend]
impl<V, C> MayLapse<Via<C>> for V {}

impl Counter for u32 {}
impl Counter for u64 {}

impl<V, As: Countable<V>> Countable<V> for Maybe<As> {
    type Kind = As::Kind;

    const BOUNDS: Bounds = As::BOUNDS;
}

impl<V, As: Countable<V>, D> Countable<V> for OrElse<As, D> {
    type Kind = As::Kind;

    const BOUNDS: Bounds = As::BOUNDS;
}

impl<V: Display + FromStr> Stored<Shown> for V {
    fn is_absent(&self) -> bool {
        false
    }

    fn size_hint(&self) -> usize {
        32
    }

    fn write<W: Write>(&self, _: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
        put_display(out, self)
    }

    fn read(bytes: Vec<u8>, _: &Location<'_>) -> Result<Self, ValueError> {
        let text = std::str::from_utf8(&bytes).map_err(|_| ValueError::new("not UTF-8 text"))?;
        // What its error says may quote the text, so it is not passed on.
        text.parse().map_err(|_| ValueError::new("not a text that the type's `FromStr` takes"))
    }

    fn absent() -> Option<Self> {
        None
    }
}

impl<V: Display + FromStr> Stored<ShownOption> for Option<V> {
    fn is_absent(&self) -> bool {
        self.is_none()
    }

    fn size_hint(&self) -> usize {
        self.as_ref().map_or(0, Stored::<Shown>::size_hint)
    }

    fn write<W: Write>(&self, place: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
        self.as_ref().map_or(Ok(()), |value| Stored::<Shown>::write(value, place, out))
    }

    fn read(bytes: Vec<u8>, place: &Location<'_>) -> Result<Self, ValueError> {
        <V as Stored<Shown>>::read(bytes, place).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<V: RedisValue> Stored<EmptyAsNone> for Option<V> {
    const COMPARED: &'static str = V::COMPARED;

    fn is_absent(&self) -> bool {
        // What would be empty is left out, so that both are `None` for everybody.
        self.as_ref().is_none_or(is_empty)
    }

    fn size_hint(&self) -> usize {
        self.as_ref().map_or(0, RedisValue::size_hint)
    }

    fn write<W: Write>(&self, _: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
        self.as_ref().map_or(Ok(()), |value| value.write(out))
    }

    fn read(bytes: Vec<u8>, _: &Location<'_>) -> Result<Self, ValueError> {
        if bytes.is_empty() { Ok(None) } else { V::read(bytes).map(Some) }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn none_text(_: &Location<'_>) -> Option<Vec<u8>> {
        Some(Vec::new())
    }
}

fn is_empty(value: &impl RedisValue) -> bool {
    struct First(bool);

    impl Write for First {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 |= !bytes.is_empty();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut first = First(false);
    // What cannot be written is told when it is.
    value.write(&mut first).is_ok() && !first.0
}

impl<V: Counter> Stored<Version> for V {
    const COMPARED: &'static str = V::COMPARED;

    fn is_absent(&self) -> bool {
        false
    }

    fn size_hint(&self) -> usize {
        RedisValue::size_hint(self)
    }

    fn write<W: Write>(&self, _: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
        RedisValue::write(self, out)
    }

    fn read(bytes: Vec<u8>, _: &Location<'_>) -> Result<Self, ValueError> {
        RedisValue::read(bytes)
    }

    /// Records that were written before the model had a version.
    fn absent() -> Option<Self> {
        Some(V::default())
    }
}

macro_rules! through {
    ($([$($generics:tt)*] $field:ty as $how:ty: $inner:ty as $as:ty
        => $some:expr, |$read:ident| $wrap:expr, $absent:expr;)*) => {$(
        impl<$($generics)*> Stored<$how> for $field {
            const COMPARED: &'static str = <$inner as Stored<$as>>::COMPARED;
            const CODEC: Option<&'static str> = <$inner as Stored<$as>>::CODEC;

            fn is_absent(&self) -> bool {
                let some: fn(&Self) -> Option<&$inner> = $some;
                some(self).is_none_or(Stored::<$as>::is_absent)
            }

            fn size_hint(&self) -> usize {
                let some: fn(&Self) -> Option<&$inner> = $some;
                some(self).map_or(0, Stored::<$as>::size_hint)
            }

            fn write<W: Write>(&self, place: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
                let some: fn(&Self) -> Option<&$inner> = $some;
                some(self).map_or(Ok(()), |value| Stored::<$as>::write(value, place, out))
            }

            fn read(bytes: Vec<u8>, place: &Location<'_>) -> Result<Self, ValueError> {
                <$inner as Stored<$as>>::read(bytes, place).map(|$read| $wrap)
            }

            fn absent() -> Option<Self> {
                $absent
            }

            fn none_text(place: &Location<'_>) -> Option<Vec<u8>> {
                <$inner as Stored<$as>>::none_text(place)
            }
        }
    )*};
}

through! {
    [As, D: Fallback<V>, V: Stored<As>] V as OrElse<As, D>: V as As
        => |it| Some(it), |read| read, Some(D::value());
    [As, V: Stored<As>] Option<V> as Maybe<As>: V as As
        => |it| it.as_ref(), |read| Some(read), Some(None);
}

macro_rules! store_as {
    ($([$($generics:tt)*] $given:ty as $field:ty, $how:ty => |$value:ident| $stored:expr;)*) => {$(
        impl<$($generics)*> StoreAs<$field, $how> for $given {
            fn encode(&self, place: &Location<'_>) -> Result<Option<Vec<u8>>, ValueError> {
                let $value = self;
                super::stored::encode::<$how, $field>($stored, place)
            }
        }
    )*};
}

store_as! {
    [V: Display + FromStr] V as V, Shown => |value| value;
    [V: Display + FromStr] &V as V, Shown => |value| *value;
    [V: Display + FromStr] Option<V> as Option<V>, ShownOption => |value| value;
    [V: Display + FromStr] &Option<V> as Option<V>, ShownOption => |value| *value;
    [V: RedisValue] Option<V> as Option<V>, EmptyAsNone => |value| value;
    [V: RedisValue] &Option<V> as Option<V>, EmptyAsNone => |value| *value;
    [V: Counter] V as V, Version => |value| value;
}

impl<V: Display + FromStr> StoreAs<Option<V>, ShownOption> for V {
    fn encode(&self, place: &Location<'_>) -> Result<Option<Vec<u8>>, ValueError> {
        super::stored::encode::<Shown, V>(self, place)
    }
}

impl<V: RedisValue> StoreAs<Option<V>, EmptyAsNone> for V {
    fn encode(&self, place: &Location<'_>) -> Result<Option<Vec<u8>>, ValueError> {
        if is_empty(self) { Ok(None) } else { super::stored::encode::<Plain, V>(self, place) }
    }
}

impl StoreAs<Option<String>, EmptyAsNone> for &str {
    fn encode(&self, _: &Location<'_>) -> Result<Option<Vec<u8>>, ValueError> {
        Ok(Some(self.as_bytes().to_vec()).filter(|text| !text.is_empty()))
    }
}

impl<As, D, V, T: StoreAs<V, As>> StoreAs<V, OrElse<As, D>> for T {
    fn encode(&self, place: &Location<'_>) -> Result<Option<Vec<u8>>, ValueError> {
        StoreAs::<V, As>::encode(self, place)
    }
}

impl<As, V, T: StoreAs<V, As>> StoreAs<Option<V>, Maybe<As>> for T {
    fn encode(&self, place: &Location<'_>) -> Result<Option<Vec<u8>>, ValueError> {
        StoreAs::<V, As>::encode(self, place)
    }
}
