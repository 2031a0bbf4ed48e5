//! Values that calls such as `set` take for a field.

mod bytes;
mod list;
mod text;

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
/// | `V`, without a codec | `V`, `&V`; for text and bytes also the types below |
/// | `Option<V>`, without a codec | the same, `Option<V>` and `&Option<V>` |
/// | `V`, `#[redis(codec = …)]` | `V`, `&V`; for text, and for a `Vec` also the types below |
/// | `Option<V>`, `#[redis(codec = …)]` | the same, if `V` is `Clone`; `Option<V>` and `&Option<V>` |
/// | `#[redis(display)]` | its type and a reference to it; for an `Option<V>` also `V` and `&V` |
/// | `#[redis(empty_as_none)]` | `Option<V>`, `&Option<V>`, `V`, `&V`; for text also the types below |
/// | `#[redis(none_as = "…")]` | `Option<V>`, `&Option<V>`, `V` and `&V`; `&str` for a `String` |
/// | `unix`, `unix_ms`, `unix_float`, `bool = "…"` | `V` and `&V`; for an `Option<V>` also `Option<V>` and `&Option<V>` |
///
/// | `V` | takes also |
/// |---|---|
/// | `String`, `Box<str>`, `Arc<str>`, `Cow<'static, str>` | each other, references to each other, `&str`, `&&str`, and `Cow<'_, str>` for the first three |
/// | `Vec<u8>`, `Box<[u8]>`, `bytes::Bytes`, without a codec | each other, references to each other, `&[u8]`, `[u8; N]`, byte strings such as `b"GIF89a"`, `Cow<'_, [u8]>` |
/// | `Vec<T>` with a codec, if `T` is `Clone` | `&[T]`, `[T; N]`, `&[T; N]`; for `Vec<String>` these also of `&str` |
///
/// With `#[redis(default)]`, and inside a flattened `Option`, a field takes the same.
///
/// An `Option` of a reference is not among them, because with it `None` would need an
/// annotation: a reference to the `Option`, such as `&patch.nick`, is. For an `Option` of
/// another type see [`Update::set_or_remove`](crate::Update::set_or_remove) and
/// [`Update::set_some`](crate::Update::set_some).
///
/// ```
/// # use redis_model::{Json, Operation, RedisModel};
/// #[derive(RedisModel)]
/// #[redis(key = "file:{id}")]
/// struct File {
///     id: u64,
///     name: String,
///     magic: Vec<u8>,
///     #[redis(codec = Json)]
///     tags: Vec<String>,
///     #[redis(codec = Json)]
///     size: Option<(u32, u32)>,
/// }
///
/// let f = File::FIELDS;
/// let update = File::update(7)
///     .set(f.name, format!("{}.gif", 7))
///     .set(f.magic, b"GIF89a")
///     .set(f.tags, ["small", "square"])
///     .set(f.size, (64, 64));
/// assert!(update.explain()?.to_string().contains("magic GIF89a"));
/// # Ok::<(), redis_model::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a value for a field of type `{V}`",
    label = "expected `{V}`",
    note = "an `Option` of another type than the field's, such as `Option<&str>`, goes to `set_or_remove` or `set_some`"
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
    [V: Display + FromStr] &V as Option<V>, AsDisplayOption => |value, at| encode::<AsDisplay, V>(value, at);
    [V: RedisValue] V as Option<V>, EmptyAsNone =>
        |value, at| if is_empty(value) { Ok(None) } else { encode::<Plain, V>(value, at) };
    [V: RedisValue] &V as Option<V>, EmptyAsNone =>
        |value, at| if is_empty(*value) { Ok(None) } else { encode::<Plain, V>(value, at) };
    // A codec encodes the `Option` as a whole, and may write `Some` in a form of its own.
    [V: Clone, C: Codec<Option<V>>] V as Option<V>, Encoded<C> =>
        |value, at| encode::<Encoded<C>, Option<V>>(&Some(value.clone()), at);
    [V: Clone, C: Codec<Option<V>>] &V as Option<V>, Encoded<C> =>
        |value, at| encode::<Encoded<C>, Option<V>>(&Some(V::clone(value)), at);
    [Enc, V: FieldType<Enc>, D: DefaultValue<V, Enc>, T: IntoField<V, Enc>] T as V, WithDefault<Enc, D> =>
        |value, at| match IntoField::<V, Enc>::stored_form(value, at)? {
            None => left_out::<Enc, V, D>(at),
            form => Ok(form),
        };
    [Enc, V, T: IntoField<V, Enc>] T as Option<V>, InOption<Enc> => |value, at| IntoField::<V, Enc>::stored_form(value, at);
}
