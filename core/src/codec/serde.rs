//! Everything that the codecs over serde share: limits, refusals of values that
//! could not be read back, and the values of missing fields. A [`SerdeFormat`] is
//! the rest of a codec.

mod checked;
#[cfg(any(feature = "postcard", feature = "bincode"))]
pub(super) mod layout;
pub(super) mod limited;
pub(super) mod limits;
pub(super) mod option;
mod trace;

use std::io::Write;

use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use self::checked::{Checked, Checks};
use self::limits::{Counted, Limits};
use self::trace::Failure;
use super::{Format, check_size, foreign};
use crate::error::{ErrorKind, ValueError};

pub(super) trait SerdeFormat {
    const NAME: &'static str;
    const FORMAT: Format;

    /// The reason of an error if the value is of this format, but not of the type.
    const SHAPE: &'static str;

    /// The reason of an error if the bytes may be of no such format.
    const UNREADABLE: &'static str = Self::SHAPE;

    /// Text has no NaN and no infinity, and writes bytes as a list of numbers.
    const IS_TEXT: bool = false;

    /// Writes a value that is wrapped in [`Checked`].
    fn write<T: Serialize, W: Write>(value: &T, out: &mut W) -> Result<(), ValueError>;

    /// Reads all of `bytes` as one value, through [`Limited`](limited::Limited).
    fn read<T: DeserializeOwned>(bytes: &[u8], limits: &Limits) -> Result<T, ValueError>;
}

/// Writes a value, or returns why it could not be read back.
pub(super) fn write<F: SerdeFormat, T: Serialize, W: Write>(
    value: &T,
    out: &mut W,
) -> Result<(), ValueError> {
    let checks = Checks::new(F::FORMAT.describes_itself(), F::IS_TEXT);
    let mut out = Counted::new(out);
    let written = F::write(&Checked::new(value, &checks), &mut out);
    check_size(out.written())?;
    written.map_err(|error| checks.explain(error))?;
    checks.finish(out.written())
}

/// Reads a value within the limits, or returns why it cannot be read.
pub(super) fn read<F: SerdeFormat, T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ValueError> {
    let limits = Limits::of(bytes)?;
    F::read(bytes, &limits).map_err(|error| {
        explain::<F>(limits.explain(error), bytes, &|limits| F::read::<T>(bytes, limits).map(drop))
    })
}

/// Adds to the error of a read where it failed or what the bytes look like. `again` repeats
/// the read.
#[cold]
fn explain<F: SerdeFormat>(
    error: ValueError,
    bytes: &[u8],
    again: &dyn Fn(&Limits) -> Result<(), ValueError>,
) -> ValueError {
    let is_trailing = error.kind == ErrorKind::TrailingBytes;
    if !is_trailing && !matches!(error.kind, ErrorKind::InvalidValue | ErrorKind::Codec) {
        return error;
    }
    // A value of another type in the right format is not foreign.
    let is_value = Limits::of(bytes).is_ok_and(|it| F::read::<IgnoredAny>(bytes, &it).is_ok());
    let error =
        if is_value { of_shape::<F>(error) } else { foreign::explain(error, bytes, F::NAME) };
    // A path into bytes of another format would be an accident.
    let has_path = is_value || !F::FORMAT.describes_itself();
    if is_trailing || error.kind == ErrorKind::Foreign || !has_path {
        return error;
    }
    let failure = Limits::traced(bytes).ok().and_then(|limits| match again(&limits) {
        Ok(()) => None,
        Err(_) => limits.into_failure(),
    });
    let Some(Failure { path, reason }) = failure else { return error };
    let mut text = error.to_string();
    let is_shape = text.starts_with(F::SHAPE);
    if !path.is_empty() {
        text.extend([" at ", &path]);
    }
    if is_shape {
        text.extend([": ", &reason]);
    }
    ValueError::computed(error.kind, text)
}

/// Replaces the words for bytes of another format, because they are of the right one.
fn of_shape<F: SerdeFormat>(error: ValueError) -> ValueError {
    match error.to_string().strip_prefix(F::UNREADABLE) {
        Some(at) => ValueError::computed(error.kind, format!("{}{at}", F::SHAPE)),
        None => error,
    }
}

/// Makes a [`SerdeFormat`] a codec of every serde type. A format without names adds
/// `layout`, which it depends on. A blanket impl would overlap with users' codecs.
macro_rules! serde_codec {
    ($codec:ident $(, $layout:ident)?) => {
        // So that a missing impl is reported with the note on `Codec`.
        #[diagnostic::do_not_recommend]
        impl<T: ::serde::Serialize + ::serde::de::DeserializeOwned> $crate::codec::Codec<T>
            for $codec
        {
            const NAME: &'static str = <$codec as SerdeFormat>::NAME;
            const FORMAT: $crate::codec::Format = <$codec as SerdeFormat>::FORMAT;

            fn encode<W: ::std::io::Write>(
                value: &T,
                _: &$crate::codec::Location<'_>,
                out: &mut W,
            ) -> Result<(), $crate::error::ValueError> {
                $($crate::codec::serde::$layout::check::<T>()?;)?
                $crate::codec::serde::write::<$codec, T, W>(value, out)
            }

            fn decode(
                bytes: &[u8],
                _: &$crate::codec::Location<'_>,
            ) -> Result<T, $crate::error::ValueError> {
                $crate::codec::serde::read::<$codec, T>(bytes)
            }

            fn is_absent(value: &T) -> bool {
                $crate::codec::serde::option::is_none(value)
            }

            fn absent() -> Option<T> {
                $crate::codec::serde::option::missing()
            }

            $(
                fn fingerprint() -> u16 {
                    $crate::codec::serde::$layout::fingerprint::<T>()
                }
            )?
        }
    };
}

pub(super) use serde_codec;
