//! Times as numbers: `#[redis(unix)]`, `#[redis(unix_ms)]`, `#[redis(unix_float)]`.

use std::io::Write;
use std::marker::PhantomData;

use super::{AllButNone, EveryValue, FieldType, Incrementable, IntoField, MayExpire, encode};
use crate::codec::Location;
use crate::error::ValueError;
use crate::value::{Bounds, Float, Integer, UnixForm, UnixTime, put};

/// The encoding of a time as the number of `U`s since 1970, with [`Seconds`]
/// (`#[redis(unix)]`), [`Millis`] (`#[redis(unix_ms)]`) or [`FractionalSeconds`]
/// (`#[redis(unix_float)]`).
#[derive(Debug, Clone, Copy)]
pub struct Unix<U>(PhantomData<U>);

/// Whole seconds, `1763680751`.
#[derive(Debug, Clone, Copy)]
pub struct Seconds;

/// Whole milliseconds, `1763680751123`.
#[derive(Debug, Clone, Copy)]
pub struct Millis;

/// Seconds with a fraction, `1763680751.123`.
#[derive(Debug, Clone, Copy)]
pub struct FractionalSeconds;

/// A unit of unix time.
#[doc(hidden)]
#[allow(private_interfaces)]
pub trait UnixUnit {
    type Kind;
    const FORM: UnixForm;
}

macro_rules! units {
    ($($unit:ident: $kind:ident, $form:ident;)*) => {$(
        #[allow(private_interfaces)]
        impl UnixUnit for $unit {
            type Kind = $kind;
            const FORM: UnixForm = UnixForm::$form;
        }
    )*};
}

units! {
    Seconds: Integer, Seconds;
    Millis: Integer, Millis;
    FractionalSeconds: Float, Float;
}

impl<V: UnixTime, U: UnixUnit> FieldType<Unix<U>> for V {
    const COMPARED: &'static str = U::FORM.compared();
    const FORM: Option<&'static str> = Some(U::FORM.name());

    type Stores = EveryValue;

    fn is_absent(&self) -> bool {
        false
    }

    fn size_hint(&self) -> usize {
        24
    }

    fn write<W: Write>(&self, _: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
        put(out, U::FORM.text(self.to_unix_nanos()?, V::RANGE)?.as_bytes())
    }

    fn read(bytes: Vec<u8>, _: &Location<'_>) -> Result<Self, ValueError> {
        V::from_unix_nanos(U::FORM.parse(&bytes, V::RANGE)?)
    }

    fn absent() -> Option<Self> {
        None
    }
}

impl<V: UnixTime, U: UnixUnit> FieldType<Unix<U>> for Option<V> {
    const COMPARED: &'static str = U::FORM.compared();
    const FORM: Option<&'static str> = Some(U::FORM.name());

    type Stores = AllButNone;

    fn is_absent(&self) -> bool {
        self.is_none()
    }

    fn size_hint(&self) -> usize {
        24
    }

    fn write<W: Write>(&self, at: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
        match self {
            Some(time) => FieldType::<Unix<U>>::write(time, at, out),
            None => Ok(()),
        }
    }

    fn read(bytes: Vec<u8>, at: &Location<'_>) -> Result<Self, ValueError> {
        FieldType::<Unix<U>>::read(bytes, at).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

#[diagnostic::do_not_recommend]
impl<V: UnixTime, U: UnixUnit> MayExpire<Unix<U>> for Option<V> {}

impl<V: UnixTime, U: UnixUnit> Incrementable<V> for Unix<U> {
    type Kind = U::Kind;

    const BOUNDS: Bounds = V::RANGE.bounds(U::FORM);
}

impl<V: UnixTime, U: UnixUnit> Incrementable<Option<V>> for Unix<U> {
    type Kind = U::Kind;

    const BOUNDS: Bounds = V::RANGE.bounds(U::FORM);
}

macro_rules! into_field {
    ($($given:ty as $field:ty: $of:ty, |$value:ident| $time:expr;)*) => {$(
        impl<V: UnixTime, U: UnixUnit> IntoField<$field, Unix<U>> for $given {
            fn stored_form(&self, at: &Location<'_>) -> Result<Option<Vec<u8>>, ValueError> {
                let $value = self;
                encode::<Unix<U>, $of>($time, at)
            }
        }
    )*};
}

into_field! {
    V as V: V, |value| value;
    &V as V: V, |value| *value;
    V as Option<V>: V, |value| value;
    &V as Option<V>: V, |value| *value;
    Option<V> as Option<V>: Option<V>, |value| value;
    &Option<V> as Option<V>: Option<V>, |value| *value;
}
