//! Reading what an older codec wrote, in one field.

use std::io::Write;
use std::marker::PhantomData;

use super::forward_to;
use crate::codec::{Codec, Format, Location, foreign};
use crate::error::{ErrorKind, ValueError};

/// Writes values by `C`, and reads those of `C` and of `Old`: the `codecs = […]` of a blob
/// for a field of a hash, or for the items of a structure.
///
/// [`rewrite_all`](crate::RedisModel::rewrite_all) rewrites fields that `Old` wrote.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// use redis_model::Json;
/// use redis_model::codec::{Cbor, Codec, Fallback, Location};
///
/// type JsonOrCbor = Fallback<Json, Cbor>;
///
/// let mut old = Vec::new();
/// Cbor::encode(&vec![1, 2], &Location::NOWHERE, &mut old)?;
/// let list: Vec<u8> = JsonOrCbor::decode(&old, &Location::NOWHERE)?;
/// let mut new = Vec::new();
/// JsonOrCbor::encode(&list, &Location::NOWHERE, &mut new)?;
/// assert_eq!(new, b"[1,2]");
/// # Ok::<(), redis_model::ValueError>(())
/// ```
///
/// Values are told apart by their format, so both codecs must describe themselves.
#[derive(Debug, Clone, Copy)]
pub struct Fallback<C, Old>(PhantomData<(C, Old)>);

#[diagnostic::do_not_recommend]
impl<T, C: Codec<T>, Old: Codec<T>> Codec<T> for Fallback<C, Old> {
    const NAME: &'static str = C::NAME;
    const FORMAT: Format = {
        assert!(
            C::FORMAT.describes_itself() && Old::FORMAT.describes_itself(),
            "the codecs of `Fallback` must store names of fields, as `Json` and `Pickle` do"
        );
        C::FORMAT
    };

    fn encode<W: Write>(value: &T, location: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
        // A field of a hash does not use the format, whose check must be made all the same.
        const { assert!(<Self as Codec<T>>::FORMAT.describes_itself()) };
        C::encode(value, location, out)
    }

    fn decode(bytes: &[u8], location: &Location<'_>) -> Result<T, ValueError> {
        let error = match C::decode(bytes, location) {
            Err(error) if is_of_format(&error) => error.of_codec(C::NAME),
            decoded => return decoded,
        };
        match Old::decode(bytes, location) {
            Ok(value) => {
                location.mark_for_rewrite();
                Ok(value)
            }
            Err(_) if foreign::codec(bytes) == Some(C::NAME) => Err(error),
            Err(error) => Err(error.of_codec(Old::NAME)),
        }
    }

    forward_to!(C, T);
}

/// Returns `true` if the bytes may be of another format.
fn is_of_format(error: &ValueError) -> bool {
    matches!(
        error.kind,
        ErrorKind::InvalidValue | ErrorKind::Codec | ErrorKind::Foreign | ErrorKind::TrailingBytes
    )
}
