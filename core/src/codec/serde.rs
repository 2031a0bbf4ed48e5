//! Everything that the codecs over serde share: limits, refusals of values that
//! could not be read back, and the values of missing fields. A [`SerdeFormat`] is
//! the rest of a codec.

mod checked;
#[cfg(any(feature = "postcard", feature = "bincode"))]
pub(super) mod layout;
pub(super) mod limited;
pub(super) mod limits;
pub(super) mod option;

use std::io::Write;

use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use self::checked::{Checked, Checks};
use self::limits::{Counted, Limits};
use super::{Format, check_size, foreign};
use crate::error::{ErrorKind, ValueError};

pub(super) trait SerdeFormat {
    const NAME: &'static str;
    const FORMAT: Format;

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
        let error = limits.explain(error);
        // A value of another type in the right format is not foreign.
        let is_value =
            || Limits::of(bytes).is_ok_and(|it| F::read::<IgnoredAny>(bytes, &it).is_ok());
        let is_of_format = matches!(
            error.kind,
            ErrorKind::InvalidValue | ErrorKind::Codec | ErrorKind::TrailingBytes
        );
        if !is_of_format || is_value() {
            return error;
        }
        foreign::explain(error, bytes, F::NAME)
    })
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
