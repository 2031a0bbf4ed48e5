//! Encodings that an attribute asks for.

use std::fmt::Display;
use std::io::{self, Write};
use std::marker::PhantomData;
use std::str::FromStr;

use super::{Encoded, FieldType, Plain, encode};
use crate::codec::Location;
use crate::error::ValueError;
use crate::value::{Bounds, Numeric, RedisValue, put_display};

/// The text that `Display` writes and `FromStr` reads: `#[redis(display)]`.
#[derive(Debug, Clone, Copy)]
pub struct AsDisplay;

/// [`AsDisplay`], where the field is an `Option` of such a type.
///
/// A separate type, because a later Rust may give `Option` a `Display` of its own: to
/// the compiler the two could overlap.
#[derive(Debug, Clone, Copy)]
pub struct AsDisplayOption;

/// An empty text is `None`: `#[redis(empty_as_none)]`.
#[derive(Debug, Clone, Copy)]
pub struct EmptyAsNone;

/// A number that counts the writes of its record: `#[redis(revision)]`.
#[derive(Debug, Clone, Copy)]
pub struct Revision;

/// The encoding `Enc` with a value for records that do not have the field:
/// `#[redis(default)]`, or `#[redis(default = "path")]` with a [`FromPath`] as `D`.
#[derive(Debug, Clone, Copy)]
pub struct WithDefault<Enc, D = TypeDefault>(PhantomData<(Enc, D)>);

/// The encoding `Enc` in a flattened `Option`, which may have none of its fields.
#[derive(Debug, Clone, Copy)]
pub struct InOption<Enc>(PhantomData<Enc>);

/// Returns the value of a field that the hash does not have.
#[doc(hidden)]
pub trait DefaultValue<V, Enc> {
    fn value() -> V;
}

/// The type's own `Default`.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct TypeDefault;

impl<V: Default, Enc> DefaultValue<V, Enc> for TypeDefault {
    fn value() -> V {
        V::default()
    }
}

/// The value of the function that `default = "path"` names.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct FromPath<F>(PhantomData<F>);

/// A type that stands for the function of a `default = "path"`.
#[doc(hidden)]
pub trait DefaultPath<V> {
    fn value() -> V;
}

impl<V, Enc, F> DefaultValue<V, Enc> for FromPath<F>
where
    V: FieldType<Enc>,
    V::Stores: MayDefault<V>,
    F: DefaultPath<V>,
{
    fn value() -> V {
        F::value()
    }
}

/// Every value of the field's type has a stored form.
#[doc(hidden)]
#[derive(Debug)]
pub struct EveryValue;

/// `None` has no stored form: a field that is `None` is left out.
#[doc(hidden)]
#[derive(Debug)]
pub struct AllButNone;

/// Fields that read back as what was saved, whatever the default is.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a field of type `{V}` cannot have a `default = \"…\"`",
    label = "`None` is stored as a missing field, which would be read as the default",
    note = "remove the default: a missing field is `None`; or remove the `Option`; or add `#[redis(codec = Json)]`, which stores `None` as `null`"
)]
pub trait MayDefault<V> {}

impl<V> MayDefault<V> for EveryValue {}

/// A number that can count the writes of a record.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` cannot count the writes of a record",
    label = "not an unsigned integer",
    note = "`#[redis(revision)]` needs a `u32` or a `u64`"
)]
pub trait RevisionNumber: RedisValue + Numeric + Default + Clone {}

impl RevisionNumber for u32 {}
impl RevisionNumber for u64 {}

/// A field that a record can lack, so that it may expire.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` cannot expire",
    label = "a record without it could not be read any more",
    note = "make it an `Option`, or add `#[redis(default)]`"
)]
pub trait MayExpire<Enc> {}

#[diagnostic::do_not_recommend]
impl<V: RedisValue> MayExpire<Plain> for Option<V> {}
#[diagnostic::do_not_recommend]
impl<V: Display + FromStr> MayExpire<AsDisplayOption> for Option<V> {}
#[diagnostic::do_not_recommend]
impl<V: RedisValue> MayExpire<EmptyAsNone> for Option<V> {}
#[diagnostic::do_not_recommend]
impl<V, Enc, D> MayExpire<WithDefault<Enc, D>> for V {}
/// Only a write finds out whether the codec leaves values out, and reports it.
#[diagnostic::do_not_recommend]
impl<V, C> MayExpire<Encoded<C>> for V {}

/// Encodings of a `V` that the server can increment: text that is a number.
#[diagnostic::on_unimplemented(
    message = "this field is stored through a codec, so Redis cannot increment it",
    label = "needs a field that is stored as it is"
)]
pub trait Incrementable<V> {
    /// [`Integer`](crate::Integer) or [`Float`](crate::Float).
    type Kind;

    #[doc(hidden)]
    const BOUNDS: Bounds;
}

impl<V: Numeric> Incrementable<V> for Plain {
    type Kind = V::Kind;

    const BOUNDS: Bounds = V::BOUNDS;
}

impl<V, Enc: Incrementable<V>> Incrementable<V> for InOption<Enc> {
    type Kind = Enc::Kind;

    const BOUNDS: Bounds = Enc::BOUNDS;
}

impl<V, Enc: Incrementable<V>, D> Incrementable<V> for WithDefault<Enc, D> {
    type Kind = Enc::Kind;

    const BOUNDS: Bounds = Enc::BOUNDS;
}

impl<V: Display + FromStr> FieldType<AsDisplay> for V {
    type Stores = EveryValue;

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
        // The error is not passed on, because it may quote the text.
        text.parse().map_err(|_| ValueError::new("not a text that the type's `FromStr` takes"))
    }

    fn absent() -> Option<Self> {
        None
    }
}

impl<V: RedisValue> FieldType<EmptyAsNone> for Option<V> {
    const COMPARED: &'static str = V::COMPARED;

    type Stores = EveryValue;

    fn is_absent(&self) -> bool {
        // A value whose text is empty is left out, so that every reader finds `None`.
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

pub(super) fn is_empty(value: &impl RedisValue) -> bool {
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
    // Encoding errors are reported by the actual write.
    value.write(&mut first).is_ok() && !first.0
}

impl<Enc, D: DefaultValue<V, Enc>, V: FieldType<Enc>> FieldType<WithDefault<Enc, D>> for V {
    const COMPARED: &'static str = <V as FieldType<Enc>>::COMPARED;
    const CODEC: Option<&'static str> = <V as FieldType<Enc>>::CODEC;
    const FORM: Option<&'static str> = <V as FieldType<Enc>>::FORM;
    const NONE_AS: Option<&'static str> = <V as FieldType<Enc>>::NONE_AS;

    type Stores = EveryValue;

    fn is_absent(&self) -> bool {
        // A missing field is read as the default. If that is not `None`, `None` is written.
        FieldType::<Enc>::is_absent(self) && FieldType::<Enc>::is_absent(&D::value())
    }

    fn size_hint(&self) -> usize {
        FieldType::<Enc>::size_hint(self)
    }

    fn write<W: Write>(&self, at: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
        FieldType::<Enc>::write(self, at, out)
    }

    fn read(bytes: Vec<u8>, at: &Location<'_>) -> Result<Self, ValueError> {
        FieldType::<Enc>::read(bytes, at)
    }

    fn absent() -> Option<Self> {
        Some(D::value())
    }

    fn none_text(at: &Location<'_>) -> Option<Vec<u8>> {
        let is_none = match Self::NONE_AS {
            // This encoding leaves nothing out.
            Some(none) => encode::<Enc, V>(&D::value(), at).ok().flatten() == Some(none.into()),
            None => FieldType::<Enc>::is_absent(&D::value()),
        };
        is_none.then(|| <V as FieldType<Enc>>::none_text(at)).flatten()
    }
}

/// Returns the stored form of a value that the encoding `Enc` leaves out, in a field with
/// the default `D`.
pub(super) fn left_out<Enc, V: FieldType<Enc>, D: DefaultValue<V, Enc>>(
    at: &Location<'_>,
) -> Result<Option<Vec<u8>>, ValueError> {
    match V::absent() {
        _ if D::value().is_absent() => Ok(None),
        Some(none) => {
            let mut bytes = Vec::new();
            none.write(at, &mut bytes).map(|()| Some(bytes))
        }
        None => Err(ValueError::new("its codec leaves it out, so it would be read as the default")),
    }
}

/// Implements `FieldType` by way of another encoding of the value, or of one in it.
macro_rules! through {
    ($([$($generics:tt)*] $field:ty as $enc:ty: $inner:ty as $of:ty
        => $stores:ident, $some:expr, |$read:ident| $wrap:expr, $absent:expr $(, max $max:expr)?;)*) => {$(
        impl<$($generics)*> FieldType<$enc> for $field {
            const COMPARED: &'static str = <$inner as FieldType<$of>>::COMPARED;
            const CODEC: Option<&'static str> = <$inner as FieldType<$of>>::CODEC;
            const FORM: Option<&'static str> = <$inner as FieldType<$of>>::FORM;
            $(const MAX_REVISION: &'static str = $max;)?

            type Stores = $stores;

            fn is_absent(&self) -> bool {
                let some: fn(&Self) -> Option<&$inner> = $some;
                some(self).is_none_or(FieldType::<$of>::is_absent)
            }

            fn size_hint(&self) -> usize {
                let some: fn(&Self) -> Option<&$inner> = $some;
                some(self).map_or(0, FieldType::<$of>::size_hint)
            }

            fn write<W: Write>(&self, at: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
                let some: fn(&Self) -> Option<&$inner> = $some;
                some(self).map_or(Ok(()), |value| FieldType::<$of>::write(value, at, out))
            }

            fn read(bytes: Vec<u8>, at: &Location<'_>) -> Result<Self, ValueError> {
                <$inner as FieldType<$of>>::read(bytes, at).map(|$read| $wrap)
            }

            fn absent() -> Option<Self> {
                $absent
            }

            fn none_text(at: &Location<'_>) -> Option<Vec<u8>> {
                <$inner as FieldType<$of>>::none_text(at)
            }
        }
    )*};
}

through! {
    [V: Display + FromStr] Option<V> as AsDisplayOption: V as AsDisplay
        => AllButNone, |it| it.as_ref(), |read| Some(read), Some(None);
    [Enc, V: FieldType<Enc>] Option<V> as InOption<Enc>: V as Enc
        => AllButNone, |it| it.as_ref(), |read| Some(read), Some(None);
    // Records that were written before the model had a revision have none.
    [V: RevisionNumber] V as Revision: V as Plain
        => EveryValue, |it| Some(it), |read| read, Some(V::default()), max V::BOUNDS.max();
}
