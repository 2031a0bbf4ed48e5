//! `None` as a text: `#[redis(none_as = "")]`.

use std::io::{self, Write};
use std::marker::PhantomData;

use super::{EveryValue, FieldType, Incrementable, IntoField, MayExpire, Plain};
use crate::codec::Location;
use crate::error::ValueError;
use crate::value::{Bounds, put};

/// The encoding `Enc` of an `Option`'s value, and the text of `T` for `None`:
/// `#[redis(none_as = "")]`.
#[derive(Debug, Clone, Copy)]
pub struct NoneAs<Enc, T>(PhantomData<(Enc, T)>);

/// The text of `None`.
#[doc(hidden)]
pub trait NoneText {
    const TEXT: &'static str;
}

/// A text that no increment of a number can arrive at.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this field's `none_as` is a number, which an increment could arrive at",
    label = "the text of its `None` is a number",
    note = "use `edit`, or a text for `None` that is no number"
)]
pub trait NotANumber {}

/// An `Option`, as the field type that has a `None`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` has no `None` to store",
    label = "not an `Option`",
    note = "`#[redis(none_as = \"…\")]` is for `Option`s"
)]
pub trait IsOption {
    type Value;

    fn as_value(&self) -> Option<&Self::Value>;
    fn of_value(value: Option<Self::Value>) -> Self;
}

impl<V> IsOption for Option<V> {
    type Value = V;

    #[inline(always)]
    fn as_value(&self) -> Option<&V> {
        self.as_ref()
    }

    #[inline(always)]
    fn of_value(value: Option<V>) -> Self {
        value
    }
}

impl<Enc, T, O, V> FieldType<NoneAs<Enc, T>> for O
where
    T: NoneText,
    O: IsOption<Value = V>,
    V: FieldType<Enc>,
{
    const COMPARED: &'static str = V::COMPARED;
    const CODEC: Option<&'static str> = V::CODEC;
    const FORM: Option<&'static str> = V::FORM;
    const NONE_AS: Option<&'static str> = Some(T::TEXT);

    type Stores = EveryValue;

    fn is_absent(&self) -> bool {
        false
    }

    fn size_hint(&self) -> usize {
        self.as_value().map_or(T::TEXT.len(), FieldType::size_hint)
    }

    fn write<W: Write>(&self, at: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
        match self.as_value() {
            Some(value) => write_some(value, T::TEXT, at, out),
            None => put(out, T::TEXT.as_bytes()),
        }
    }

    fn read(bytes: Vec<u8>, at: &Location<'_>) -> Result<Self, ValueError> {
        if bytes == T::TEXT.as_bytes() {
            Ok(O::of_value(None))
        } else {
            V::read(bytes, at).map(|value| O::of_value(Some(value)))
        }
    }

    /// Another program may leave the field out.
    fn absent() -> Option<Self> {
        Some(O::of_value(None))
    }

    fn none_text(_: &Location<'_>) -> Option<Vec<u8>> {
        Some(T::TEXT.into())
    }
}

/// Writes a value, unless it would be read as `None`.
fn write_some<Enc, V: FieldType<Enc>, W: Write>(
    value: &V,
    none: &str,
    at: &Location<'_>,
    out: &mut W,
) -> Result<(), ValueError> {
    let mut out = Compared { out, none: Some(none.as_bytes()) };
    value.write(at, &mut out)?;
    refuse_none(out.none == Some(&[]))
}

fn refuse_none(is_none: bool) -> Result<(), ValueError> {
    if !is_none {
        return Ok(());
    }
    Err(ValueError::new(
        "a `Some` with the text of the field's `#[redis(none_as = \"…\")]` would be read as `None`",
    ))
}

/// Passes bytes on and compares them with a text.
struct Compared<'a, W> {
    out: &'a mut W,
    /// The rest of the text, `None` if other bytes came.
    none: Option<&'a [u8]>,
}

impl<W: Write> Write for Compared<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        let same = bytes.get(..written);
        self.none = self.none.and_then(|none| none.strip_prefix(same?));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[diagnostic::do_not_recommend]
impl<Enc, T, V> MayExpire<NoneAs<Enc, T>> for Option<V> {}

impl<Enc: Incrementable<V>, T: NotANumber, V> Incrementable<Option<V>> for NoneAs<Enc, T> {
    type Kind = Enc::Kind;

    const BOUNDS: Bounds = Enc::BOUNDS;
}

fn some_form<Enc, V: FieldType<Enc>>(
    value: &V,
    none: &str,
    at: &Location<'_>,
) -> Result<Option<Vec<u8>>, ValueError> {
    let mut bytes = Vec::with_capacity(value.size_hint());
    write_some(value, none, at, &mut bytes)?;
    Ok(Some(bytes))
}

macro_rules! into_field {
    ($($given:ty, |$value:ident| $option:expr;)*) => {$(
        impl<Enc, T: NoneText, V: FieldType<Enc>> IntoField<Option<V>, NoneAs<Enc, T>> for $given {
            fn stored_form(&self, at: &Location<'_>) -> Result<Option<Vec<u8>>, ValueError> {
                let $value = self;
                match $option {
                    Some(value) => some_form::<Enc, V>(value, T::TEXT, at),
                    None => Ok(Some(T::TEXT.into())),
                }
            }
        }
    )*};
}

into_field! {
    V, |value| Some(value);
    &V, |value| Some(*value);
    Option<V>, |value| value;
    &Option<V>, |value| value;
}

impl<T: NoneText> IntoField<Option<String>, NoneAs<Plain, T>> for &str {
    fn stored_form(&self, _: &Location<'_>) -> Result<Option<Vec<u8>>, ValueError> {
        refuse_none(*self == T::TEXT)?;
        Ok(Some(self.as_bytes().to_vec()))
    }
}
