//! Field types: how a value becomes one bulk string, or nothing at all.

use std::io::Write;
use std::marker::PhantomData;

use super::{AllButNone, EveryValue};
use crate::codec::{Codec, Location};
use crate::error::ValueError;
use crate::value::RedisValue;

/// The encoding of a field without a codec: a [`RedisValue`], or an `Option` of one.
#[derive(Debug, Clone, Copy)]
pub struct Plain;

/// The encoding of a field with a codec: `#[redis(codec = …)]`.
#[derive(Debug, Clone, Copy)]
pub struct Encoded<C>(PhantomData<C>);

/// A type that a field with the encoding `Enc` can have. Its values are stored as one
/// bulk string or left out.
///
/// Implemented for every type that can be a field; implement [`RedisValue`]
/// or [`Codec`] instead.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in a hash field as `{Enc}`",
    label = "not a type that a hash field holds as `{Enc}`",
    note = "without a codec (`Plain`) a field holds numbers, text and bytes, and `Option`s of them: for another type add `#[redis(codec = Json)]` to the field, or, to an enum without data or a newtype, `#[derive(redis_model::RedisValue)]`",
    note = "with a codec (`Encoded`) it holds what the codec can store: for the built-in ones, add `#[derive(serde::Serialize, serde::Deserialize)]` to the type",
    note = "`unix`, `unix_ms` and `unix_float` are for points in time, `bool = \"…\"` is for `bool`, and `empty_as_none` and `none_as` are for `Option`s of what a field holds"
)]
pub trait FieldType<Enc = Plain>: Sized {
    /// The server's comparison of such values, as `update.lua` names it.
    #[doc(hidden)]
    const COMPARED: &'static str = "bytes";

    /// The codec's name, if the field has a codec.
    #[doc(hidden)]
    const CODEC: Option<&'static str> = None;

    /// The form that an attribute asks for: `unix`, or the texts of a `bool`.
    #[doc(hidden)]
    const FORM: Option<&'static str> = None;

    /// The text that `None` is stored as, where it is not left out.
    #[doc(hidden)]
    const NONE_AS: Option<&'static str> = None;

    /// The largest number of a revision's type.
    #[doc(hidden)]
    const MAX_REVISION: &'static str = "";

    /// The values that have a stored form: [`EveryValue`](super::EveryValue), or
    /// [`AllButNone`](super::AllButNone) if `None` can only be left out.
    #[doc(hidden)]
    type Stores;

    #[doc(hidden)]
    fn is_absent(&self) -> bool;

    #[doc(hidden)]
    fn size_hint(&self) -> usize;

    #[doc(hidden)]
    fn write<W: Write>(&self, at: &Location<'_>, out: &mut W) -> Result<(), ValueError>;

    #[doc(hidden)]
    fn read(bytes: Vec<u8>, at: &Location<'_>) -> Result<Self, ValueError>;

    /// Returns the value of a field that the hash does not have; `None` if a record
    /// without the field cannot be read.
    #[doc(hidden)]
    fn absent() -> Option<Self>;

    /// Returns the stored text that is read as no value, if there is one: other
    /// programs may write it.
    #[doc(hidden)]
    // Only its address is used, so inlining would only copy it.
    #[inline(never)]
    fn none_text(at: &Location<'_>) -> Option<Vec<u8>> {
        let _ = at;
        None
    }
}

/// Returns the stored form of a value, `None` if the field is left out.
pub(crate) fn encode<Enc, V: FieldType<Enc>>(
    value: &V,
    at: &Location<'_>,
) -> Result<Option<Vec<u8>>, ValueError> {
    if value.is_absent() {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(value.size_hint());
    value.write(at, &mut bytes)?;
    Ok(Some(bytes))
}

/// Returns the stored form of the value of a field that the hash does not have.
pub(crate) fn default_text<Enc, V: FieldType<Enc>>(at: &Location<'_>) -> Option<Vec<u8>> {
    V::absent().and_then(|value| encode::<Enc, V>(&value, at).ok()?)
}

// These only forward, and not inlined, each would be a function for each type.
impl<V: RedisValue> FieldType for V {
    const COMPARED: &'static str = V::COMPARED;

    type Stores = EveryValue;

    #[inline(always)]
    fn is_absent(&self) -> bool {
        false
    }

    #[inline(always)]
    fn size_hint(&self) -> usize {
        RedisValue::size_hint(self)
    }

    #[inline(always)]
    fn write<W: Write>(&self, _: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
        RedisValue::write(self, out)
    }

    #[inline(always)]
    fn read(bytes: Vec<u8>, _: &Location<'_>) -> Result<Self, ValueError> {
        RedisValue::read(bytes)
    }

    #[inline(always)]
    fn absent() -> Option<Self> {
        None
    }
}

impl<V: RedisValue> FieldType for Option<V> {
    const COMPARED: &'static str = V::COMPARED;

    type Stores = AllButNone;

    #[inline(always)]
    fn is_absent(&self) -> bool {
        self.is_none()
    }

    fn size_hint(&self) -> usize {
        self.as_ref().map_or(0, RedisValue::size_hint)
    }

    fn write<W: Write>(&self, _: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
        match self {
            Some(value) => value.write(out),
            None => Ok(()),
        }
    }

    fn read(bytes: Vec<u8>, _: &Location<'_>) -> Result<Self, ValueError> {
        V::read(bytes).map(Some)
    }

    #[inline(always)]
    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<V, C: Codec<V>> FieldType<Encoded<C>> for V {
    const CODEC: Option<&'static str> = Some(C::NAME);

    type Stores = EveryValue;

    fn is_absent(&self) -> bool {
        C::is_absent(self)
    }

    fn size_hint(&self) -> usize {
        // The size is known only after encoding. This guess spares small values a growth.
        64
    }

    fn write<W: Write>(&self, at: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
        C::encode(self, at, out).map_err(|error| error.of_codec(C::NAME))
    }

    fn read(bytes: Vec<u8>, at: &Location<'_>) -> Result<Self, ValueError> {
        C::decode(&bytes, at).map_err(|error| error.of_codec(C::NAME))
    }

    fn absent() -> Option<Self> {
        C::absent()
    }

    fn none_text(at: &Location<'_>) -> Option<Vec<u8>> {
        let none = C::absent().filter(C::is_absent)?;
        let text = |at: &Location<'_>| {
            let mut text = Vec::new();
            C::encode(&none, at, &mut text).ok().map(|()| text)
        };
        // A codec that writes other bytes each time has no such text.
        text(at).filter(|written| text(&at.for_comparison()).as_ref() == Some(written))
    }
}
