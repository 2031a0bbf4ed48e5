//! The types of several key parts.

use crate::key::KeyPart;

/// The type of one of several key parts.
///
/// As a projection, it makes one error at the user's token if the type cannot stand in a
/// key. In a tuple, the error would be about the tuple.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in a Redis key",
    label = "named in the key, but it has no text form for keys",
    note = "integers, `NonZero` types, `bool`, `char`, strings, IP addresses and, with their features, UUIDs and dates can; to an enum without data or a newtype add `#[derive(redis_model::KeyPart)]`"
)]
#[doc(hidden)]
pub trait KeyPartType {
    /// The type itself.
    type Part;
}

#[diagnostic::do_not_recommend]
impl<P: KeyPart> KeyPartType for P {
    type Part = P;
}
