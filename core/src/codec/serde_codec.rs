//! What all codecs over serde have in common: a [`SerdeFormat`] is what is
//! left of one when limits, absent values and names are taken care of.

use std::io::Write;

use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::checked::{Checked, Checks, Rules};
use super::foreign;
use super::limits::{Counted, Limits, check_size};
use crate::error::{ErrorKind, ValueError};

pub(super) trait SerdeFormat {
    const RULES: Rules;

    /// Writes a value that is wrapped in [`Checked`].
    fn write<T: Serialize, W: Write>(value: &T, out: &mut W) -> Result<(), ValueError>;

    /// Reads through [`Limited`](super::limited::Limited); says what is left over.
    fn read<T: DeserializeOwned>(bytes: &[u8], limits: &Limits) -> Result<T, ValueError>;
}

/// Writes a value that can be read back, or reports why it could not.
pub(super) fn write<F: SerdeFormat, T: Serialize, W: Write>(
    value: &T,
    out: &mut W,
) -> Result<(), ValueError> {
    let checks = Checks::new(F::RULES);
    let mut out = Counted::new(out);
    let written = F::write(&Checked::new(value, &checks), &mut out);
    check_size(out.written())?;
    written.map_err(|error| checks.explain(error))?;
    checks.finish(out.written())
}

/// Reads a value of the codec of this name.
pub(super) fn read<F: SerdeFormat, T: DeserializeOwned>(
    bytes: &[u8],
    name: &str,
) -> Result<T, ValueError> {
    let limits = Limits::of(bytes)?;
    F::read(bytes, &limits).map_err(|error| {
        let error = limits.explain(error);
        // Any bytes may be the beginning of a value of another shape.
        let is_value =
            || Limits::of(bytes).is_ok_and(|it| F::read::<IgnoredAny>(bytes, &it).is_ok());
        let is_of_format = matches!(
            error.kind,
            ErrorKind::InvalidValue | ErrorKind::Codec | ErrorKind::TrailingBytes
        );
        if !is_of_format || is_value() {
            return error;
        }
        foreign::explain(error, bytes, name)
    })
}

/// Makes a [`SerdeFormat`] a codec of every serde type. Not a blanket impl:
/// that would stand in the way of codecs of a user's own.
macro_rules! serde_codec {
    ($codec:ident, $name:literal, $format:expr $(, $fingerprint:ident)?) => {
        // What is missing is told in our words, with the mend.
        #[diagnostic::do_not_recommend]
        impl<T: ::serde::Serialize + ::serde::de::DeserializeOwned> $crate::codec::Codec<T>
            for $codec
        {
            const NAME: &'static str = $name;
            const FORMAT: $crate::codec::Format = $format;

            fn encode<W: ::std::io::Write>(
                value: &T,
                _: &$crate::codec::Place<'_>,
                out: &mut W,
            ) -> Result<(), $crate::error::ValueError> {
                $($crate::codec::$fingerprint::check::<T>()?;)?
                $crate::codec::serde_codec::write::<$codec, T, W>(value, out)
            }

            fn decode(
                bytes: &[u8],
                _: &$crate::codec::Place<'_>,
            ) -> Result<T, $crate::error::ValueError> {
                $crate::codec::serde_codec::read::<$codec, T>(bytes, $name)
            }

            fn is_absent(value: &T) -> bool {
                $crate::codec::optional::is_none(value)
            }

            fn absent() -> Option<T> {
                $crate::codec::optional::missing()
            }

            $(
                fn fingerprint() -> u16 {
                    $crate::codec::$fingerprint::of::<T>()
                }

                fn losses(value: &T) -> Vec<String> {
                    $crate::codec::losses::of(value)
                }
            )?
        }
    };
}

pub(super) use serde_codec;
