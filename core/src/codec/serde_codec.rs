//! What all codecs over serde have in common: a [`SerdeFormat`] is what is
//! left of one when limits, absent values and names are taken care of.

use std::io::Write;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::limits::Limits;
use crate::error::ValueError;

pub(super) trait SerdeFormat {
    fn write<T: Serialize, W: Write>(value: &T, out: &mut W) -> Result<(), ValueError>;

    /// Reads through [`Limited`](super::limited::Limited); says what is left over.
    fn read<T: DeserializeOwned>(bytes: &[u8], limits: &Limits) -> Result<T, ValueError>;
}

pub(super) fn read<F: SerdeFormat, T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ValueError> {
    let limits = Limits::of(bytes)?;
    F::read(bytes, &limits).map_err(|error| limits.explain(error))
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
                <$codec as $crate::codec::serde_codec::SerdeFormat>::write(value, out)
            }

            fn decode(
                bytes: &[u8],
                _: &$crate::codec::Place<'_>,
            ) -> Result<T, $crate::error::ValueError> {
                $crate::codec::serde_codec::read::<$codec, T>(bytes)
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
                    let asks = $crate::codec::$fingerprint::asks::<T>();
                    $crate::codec::losses::of(value).into_iter().chain(asks).collect()
                }
            )?
        }
    };
}

pub(super) use serde_codec;
