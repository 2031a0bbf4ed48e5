//! How a field's value becomes one bulk string, or nothing at all.

use std::io::Write;
use std::marker::PhantomData;

use crate::codec::{Codec, Location};
use crate::error::ValueError;
use crate::value::{Bounds, Numeric, RedisValue};

/// Stored as it is: a [`RedisValue`], or an `Option` of one.
#[derive(Debug, Clone, Copy)]
pub struct Plain;

/// Stored through a codec.
#[derive(Debug, Clone, Copy)]
pub struct Via<C>(PhantomData<C>);

/// Stored as `As`, where a field that the hash does not have is its type's
/// default: `#[redis(default)]`.
#[derive(Debug, Clone, Copy)]
pub struct OrDefault<As>(PhantomData<As>);

/// Ways of storing a `V` that Redis can count in: text that is a number.
#[diagnostic::on_unimplemented(
    message = "this field is stored through a codec, so Redis cannot increment it",
    label = "needs a field that is stored as it is"
)]
pub trait Countable<V> {
    /// [`Integer`](crate::Integer) or [`Float`](crate::Float).
    type Kind;

    #[doc(hidden)]
    const BOUNDS: Bounds;
}

impl<V: Numeric> Countable<V> for Plain {
    type Kind = V::Kind;

    const BOUNDS: Bounds = V::BOUNDS;
}

impl<V, As: Countable<V>> Countable<V> for OrDefault<As> {
    type Kind = As::Kind;

    const BOUNDS: Bounds = As::BOUNDS;
}

/// How a field of this type is stored: as one bulk string, or left out.
///
/// Implemented for every type that can be a field; implement [`RedisValue`]
/// or [`Codec`] instead.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in a hash field as `{As}`",
    label = "not a type that a hash field holds as `{As}`",
    note = "as it is (`Plain`) a field holds numbers, text and bytes, and `Option`s of them: for another type add `#[redis(codec = Json)]` to the field, or, to an enum without data or a newtype, `#[derive(redis_model::RedisValue)]`",
    note = "through a codec (`Via`) it holds what the codec can store: for the built-in ones, add `#[derive(serde::Serialize, serde::Deserialize)]` to the type"
)]
pub trait Stored<As>: Sized {
    /// How the server compares it, as `update.lua` calls it.
    #[doc(hidden)]
    const COMPARED: &'static str = "bytes";

    /// The codec's name, if one writes it.
    #[doc(hidden)]
    const CODEC: Option<&'static str> = None;

    #[doc(hidden)]
    fn is_absent(&self) -> bool;

    #[doc(hidden)]
    fn size_hint(&self) -> usize;

    #[doc(hidden)]
    fn write<W: Write>(&self, place: &Location<'_>, out: &mut W) -> Result<(), ValueError>;

    #[doc(hidden)]
    fn read(bytes: Vec<u8>, place: &Location<'_>) -> Result<Self, ValueError>;

    /// What a field that the hash does not have stands for.
    #[doc(hidden)]
    fn absent() -> Option<Self>;

    /// Returns the stored text that is read as no value, if there is one: other
    /// programs may write it.
    #[doc(hidden)]
    fn none_text(place: &Location<'_>) -> Option<Vec<u8>> {
        let _ = place;
        None
    }
}

impl<V: RedisValue> Stored<Plain> for V {
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

    fn absent() -> Option<Self> {
        None
    }
}

impl<V: RedisValue> Stored<Plain> for Option<V> {
    const COMPARED: &'static str = V::COMPARED;

    fn is_absent(&self) -> bool {
        self.is_none()
    }

    fn size_hint(&self) -> usize {
        self.as_ref().map_or(0, RedisValue::size_hint)
    }

    fn write<W: Write>(&self, _: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
        self.as_ref().map_or(Ok(()), |value| value.write(out))
    }

    fn read(bytes: Vec<u8>, _: &Location<'_>) -> Result<Self, ValueError> {
        V::read(bytes).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<V, C: Codec<V>> Stored<Via<C>> for V {
    const CODEC: Option<&'static str> = Some(C::NAME);

    fn is_absent(&self) -> bool {
        C::is_absent(self)
    }

    fn size_hint(&self) -> usize {
        // Unknown without encoding; a guess that spares small values a growth.
        64
    }

    fn write<W: Write>(&self, place: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
        C::encode(self, place, out).map_err(|error| error.of_codec(C::NAME))
    }

    fn read(bytes: Vec<u8>, place: &Location<'_>) -> Result<Self, ValueError> {
        C::decode(&bytes, place).map_err(|error| error.of_codec(C::NAME))
    }

    fn absent() -> Option<Self> {
        C::absent()
    }

    fn none_text(place: &Location<'_>) -> Option<Vec<u8>> {
        let none = C::absent().filter(C::is_absent)?;
        let text = |place: &Location<'_>| {
            let mut text = Vec::new();
            C::encode(&none, place, &mut text).ok().map(|()| text)
        };
        // A codec that writes other bytes each time has no such text.
        text(place).filter(|written| text(&place.for_comparison()).as_ref() == Some(written))
    }
}

impl<As, V: Stored<As> + Default> Stored<OrDefault<As>> for V {
    const COMPARED: &'static str = V::COMPARED;
    const CODEC: Option<&'static str> = V::CODEC;

    fn is_absent(&self) -> bool {
        Stored::<As>::is_absent(self)
    }

    fn size_hint(&self) -> usize {
        Stored::<As>::size_hint(self)
    }

    fn write<W: Write>(&self, place: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
        Stored::<As>::write(self, place, out)
    }

    fn read(bytes: Vec<u8>, place: &Location<'_>) -> Result<Self, ValueError> {
        Stored::<As>::read(bytes, place)
    }

    fn absent() -> Option<Self> {
        Some(V::default())
    }

    fn none_text(place: &Location<'_>) -> Option<Vec<u8>> {
        <V as Stored<As>>::none_text(place)
    }
}

impl<As, V, T: StoreAs<V, As>> StoreAs<V, OrDefault<As>> for T {
    fn encode(&self, place: &Location<'_>) -> Result<Option<Vec<u8>>, ValueError> {
        StoreAs::<V, As>::encode(self, place)
    }
}

/// A value that a call such as `set` takes for a field of type `V`, so that
/// `.set(f.name, "Alice")` and `.set(f.nick, None)` need no annotations.
///
/// | field | takes |
/// |---|---|
/// | `V`, stored as it is | `V`, `&V`; `&str` for text, `&[u8]` for bytes |
/// | `Option<V>`, stored as it is | the same, `Option<V>` and `&Option<V>` |
/// | `#[redis(codec = …)]` | its type and a reference to it: for an `Option`, `Some(value)` |
/// | `#[redis(display)]` | its type and a reference to it; for an `Option<V>` also `V` |
/// | `#[redis(empty_as_none)]` | `Option<V>`, `&Option<V>` and `V`; `&str` for a `String` |
///
/// With `#[redis(default)]`, and inside a flattened `Option`, a field takes the same.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a value for a field of type `{V}`",
    label = "expected `{V}`"
)]
pub trait StoreAs<V, As> {
    /// What is stored, or `None` where the field is to be left out.
    #[doc(hidden)]
    fn encode(&self, place: &Location<'_>) -> Result<Option<Vec<u8>>, ValueError>;
}

pub(super) fn encode<As, V: Stored<As>>(
    value: &V,
    place: &Location<'_>,
) -> Result<Option<Vec<u8>>, ValueError> {
    if value.is_absent() {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(value.size_hint());
    value.write(place, &mut bytes)?;
    Ok(Some(bytes))
}

/// Returns the value of a field that the hash does not have, as it would be stored.
pub(crate) fn default_text<As, V: Stored<As>>(place: &Location<'_>) -> Option<Vec<u8>> {
    V::absent().and_then(|value| encode::<As, V>(&value, place).ok()?)
}

macro_rules! store_as {
    ($([$($generics:tt)*] $given:ty as $field:ty, $how:ty => |$value:ident| $stored:expr;)*) => {$(
        impl<$($generics)*> StoreAs<$field, $how> for $given {
            fn encode(&self, place: &Location<'_>) -> Result<Option<Vec<u8>>, ValueError> {
                let $value = self;
                encode::<$how, _>($stored, place)
            }
        }
    )*};
}

store_as! {
    [V: RedisValue] V as V, Plain => |value| value;
    [V: RedisValue] &V as V, Plain => |value| *value;
    [V: RedisValue] V as Option<V>, Plain => |value| value;
    [V: RedisValue] &V as Option<V>, Plain => |value| *value;
    [V: RedisValue] Option<V> as Option<V>, Plain => |value| value;
    [V: RedisValue] &Option<V> as Option<V>, Plain => |value| *value;
    [V, C: Codec<V>] V as V, Via<C> => |value| value;
    [V, C: Codec<V>] &V as V, Via<C> => |value| *value;
}

macro_rules! borrowed {
    ($($given:ty as $owned:ty;)*) => {$(
        impl StoreAs<$owned, Plain> for $given {
            fn encode(&self, _: &Location<'_>) -> Result<Option<Vec<u8>>, ValueError> {
                Ok(Some(AsRef::<[u8]>::as_ref(self).to_vec()))
            }
        }

        impl StoreAs<Option<$owned>, Plain> for $given {
            fn encode(&self, _: &Location<'_>) -> Result<Option<Vec<u8>>, ValueError> {
                Ok(Some(AsRef::<[u8]>::as_ref(self).to_vec()))
            }
        }
    )*};
}

borrowed! {
    &str as String;
    &str as Box<str>;
    &str as std::sync::Arc<str>;
    &str as std::borrow::Cow<'static, str>;
    &[u8] as Vec<u8>;
    &[u8] as Box<[u8]>;
}
