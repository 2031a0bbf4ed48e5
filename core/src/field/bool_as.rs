//! Truth values as two texts: `#[redis(bool = "True/False")]`.

use std::io::Write;
use std::marker::PhantomData;

use super::{AllButNone, EveryValue, FieldType, IntoField, MayExpire, encode};
use crate::codec::Location;
use crate::error::ValueError;
use crate::value::put;

/// The encoding of a `bool` as one of the two texts of `T`, and of nothing else:
/// `#[redis(bool = "True/False")]`.
#[derive(Debug, Clone, Copy)]
pub struct BoolAs<T>(PhantomData<T>);

/// The texts of a `bool`.
#[doc(hidden)]
pub trait BoolTexts {
    const TRUE: &'static str;
    const FALSE: &'static str;
    /// As in the attribute.
    const BOTH: &'static str;
}

/// The type `bool`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` has no two texts for true and false",
    label = "not a `bool`",
    note = "`#[redis(bool = \"…\")]` is for `bool` and `Option<bool>`"
)]
pub trait IsBool: From<bool> + Copy {
    fn get(self) -> bool;
}

impl IsBool for bool {
    fn get(self) -> bool {
        self
    }
}

impl<V: IsBool, T: BoolTexts> FieldType<BoolAs<T>> for V {
    const FORM: Option<&'static str> = Some(T::BOTH);

    type Stores = EveryValue;

    fn is_absent(&self) -> bool {
        false
    }

    fn size_hint(&self) -> usize {
        T::TRUE.len() + T::FALSE.len()
    }

    fn write<W: Write>(&self, _: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
        put(out, if self.get() { T::TRUE } else { T::FALSE }.as_bytes())
    }

    fn read(bytes: Vec<u8>, _: &Location<'_>) -> Result<Self, ValueError> {
        parse(&bytes, T::TRUE, T::FALSE).map(V::from)
    }

    fn absent() -> Option<Self> {
        None
    }
}

fn parse(bytes: &[u8], yes: &str, no: &str) -> Result<bool, ValueError> {
    match bytes {
        bytes if bytes == yes.as_bytes() => Ok(true),
        bytes if bytes == no.as_bytes() => Ok(false),
        _ => {
            Err(ValueError::new("not one of the two texts of the field's `#[redis(bool = \"…\")]`"))
        }
    }
}

impl<V: IsBool, T: BoolTexts> FieldType<BoolAs<T>> for Option<V> {
    const FORM: Option<&'static str> = Some(T::BOTH);

    type Stores = AllButNone;

    fn is_absent(&self) -> bool {
        self.is_none()
    }

    fn size_hint(&self) -> usize {
        T::TRUE.len() + T::FALSE.len()
    }

    fn write<W: Write>(&self, at: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
        match self {
            Some(value) => FieldType::<BoolAs<T>>::write(value, at, out),
            None => Ok(()),
        }
    }

    fn read(bytes: Vec<u8>, at: &Location<'_>) -> Result<Self, ValueError> {
        FieldType::<BoolAs<T>>::read(bytes, at).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

#[diagnostic::do_not_recommend]
impl<V: IsBool, T: BoolTexts> MayExpire<BoolAs<T>> for Option<V> {}

macro_rules! into_field {
    ($($given:ty as $field:ty: $of:ty, |$value:ident| $bool:expr;)*) => {$(
        impl<V: IsBool, T: BoolTexts> IntoField<$field, BoolAs<T>> for $given {
            fn stored_form(&self, at: &Location<'_>) -> Result<Option<Vec<u8>>, ValueError> {
                let $value = self;
                encode::<BoolAs<T>, $of>($bool, at)
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
