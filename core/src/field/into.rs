//! Values that calls such as `set` take for a field.

use std::fmt::Display;
use std::str::FromStr;

use super::encoding::{is_empty, left_out};
use super::{
    AsDisplay, AsDisplayOption, DefaultValue, EmptyAsNone, Encoded, FieldType, InOption, Plain,
    Revision, RevisionNumber, WithDefault, encode,
};
use crate::codec::{Codec, Location};
use crate::error::ValueError;
use crate::value::RedisValue;

/// A value that a call such as `set` takes for a field of type `V`, so that
/// `.set(f.name, "Alice")` and `.set(f.nick, None)` need no annotations.
///
/// | field | takes |
/// |---|---|
/// | `V`, without a codec | `V`, `&V`; `&str` for text, `&[u8]` for bytes |
/// | `Option<V>`, without a codec | the same, `Option<V>` and `&Option<V>` |
/// | `#[redis(codec = …)]` | its type and a reference to it: for an `Option`, `Some(value)` |
/// | `#[redis(display)]` | its type and a reference to it; for an `Option<V>` also `V` |
/// | `#[redis(empty_as_none)]` | `Option<V>`, `&Option<V>` and `V`; `&str` for a `String` |
/// | `#[redis(none_as = "…")]` | `Option<V>`, `&Option<V>`, `V` and `&V`; `&str` for a `String` |
/// | `unix`, `unix_ms`, `unix_float`, `bool = "…"` | `V` and `&V`; for an `Option<V>` also `Option<V>` and `&Option<V>` |
///
/// With `#[redis(default)]`, and inside a flattened `Option`, a field takes the same.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a value for a field of type `{V}`",
    label = "expected `{V}`"
)]
pub trait IntoField<V, Enc> {
    /// Returns the stored form, `None` if the field is to be left out.
    #[doc(hidden)]
    fn stored_form(&self, at: &Location<'_>) -> Result<Option<Vec<u8>>, ValueError>;
}

macro_rules! into_field {
    ($([$($generics:tt)*] $given:ty as $field:ty, $enc:ty => |$value:ident| $stored:expr;)*) => {$(
        impl<$($generics)*> IntoField<$field, $enc> for $given {
            fn stored_form(&self, at: &Location<'_>) -> Result<Option<Vec<u8>>, ValueError> {
                let $value = self;
                encode::<$enc, $field>($stored, at)
            }
        }
    )*};
}

into_field! {
    [V: RedisValue] V as V, Plain => |value| value;
    [V: RedisValue] &V as V, Plain => |value| *value;
    [V: RedisValue] Option<V> as Option<V>, Plain => |value| value;
    [V: RedisValue] &Option<V> as Option<V>, Plain => |value| *value;
    [V, C: Codec<V>] V as V, Encoded<C> => |value| value;
    [V, C: Codec<V>] &V as V, Encoded<C> => |value| *value;
    [V: Display + FromStr] V as V, AsDisplay => |value| value;
    [V: Display + FromStr] &V as V, AsDisplay => |value| *value;
    [V: Display + FromStr] Option<V> as Option<V>, AsDisplayOption => |value| value;
    [V: Display + FromStr] &Option<V> as Option<V>, AsDisplayOption => |value| *value;
    [V: RedisValue] Option<V> as Option<V>, EmptyAsNone => |value| value;
    [V: RedisValue] &Option<V> as Option<V>, EmptyAsNone => |value| *value;
    [V: RevisionNumber] V as V, Revision => |value| value;
}

/// Values for an `Option` field that are not `Option`s themselves.
macro_rules! some {
    ($([$($generics:tt)*] $given:ty as $field:ty, $enc:ty => |$value:ident, $at:ident| $encoded:expr;)*) => {$(
        impl<$($generics)*> IntoField<$field, $enc> for $given {
            fn stored_form(&self, $at: &Location<'_>) -> Result<Option<Vec<u8>>, ValueError> {
                let $value = self;
                $encoded
            }
        }
    )*};
}

some! {
    [V: RedisValue] V as Option<V>, Plain => |value, at| encode::<Plain, V>(value, at);
    [V: RedisValue] &V as Option<V>, Plain => |value, at| encode::<Plain, V>(value, at);
    [V: Display + FromStr] V as Option<V>, AsDisplayOption => |value, at| encode::<AsDisplay, V>(value, at);
    [V: RedisValue] V as Option<V>, EmptyAsNone =>
        |value, at| if is_empty(value) { Ok(None) } else { encode::<Plain, V>(value, at) };
    [] &str as Option<String>, EmptyAsNone =>
        |value, _at| Ok(Some(value.as_bytes().to_vec()).filter(|text| !text.is_empty()));
    [Enc, V: FieldType<Enc>, D: DefaultValue<V, Enc>, T: IntoField<V, Enc>] T as V, WithDefault<Enc, D> =>
        |value, at| match IntoField::<V, Enc>::stored_form(value, at)? {
            None => left_out::<Enc, V, D>(at),
            form => Ok(form),
        };
    [Enc, V, T: IntoField<V, Enc>] T as Option<V>, InOption<Enc> => |value, at| IntoField::<V, Enc>::stored_form(value, at);
}

/// Borrowed text and bytes, for a field of the owned type or an `Option` of it.
macro_rules! borrowed {
    ($($given:ty as $owned:ty;)*) => {
        some! {$(
            [] $given as $owned, Plain => |value, _at| Ok(Some(AsRef::<[u8]>::as_ref(*value).to_vec()));
            [] $given as Option<$owned>, Plain => |value, _at| Ok(Some(AsRef::<[u8]>::as_ref(*value).to_vec()));
        )*}
    };
}

borrowed! {
    &str as String;
    &str as Box<str>;
    &str as std::sync::Arc<str>;
    &str as std::borrow::Cow<'static, str>;
    &[u8] as Vec<u8>;
    &[u8] as Box<[u8]>;
}
