//! Whether a codec keeps a value, for tests.

use std::fmt::Debug;

use super::{Codec, Place};

/// Asserts that a codec gives back the value that it was given: for the tests
/// of a program that is about to store it.
///
/// Formats without names (`Postcard`, `Bincode`) refuse what serde attributes such
/// as `skip_serializing_if`, `flatten` and `untagged` make of a struct: on the model
/// the derive reports it, in the types of its fields the first write does. Formats
/// with names lose an `Option` inside of an `Option`. Give it values in which options
/// are `None`, lists are empty, and each variant of an enum occurs.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// use redis_model::{Bincode, Json, assert_codec_roundtrip};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Profile { id: u64, address: Address }
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Address {
///     street: String,
///     #[serde(skip_serializing_if = "Option::is_none")]
///     zip: Option<u32>,
/// }
///
/// let profile = Profile { id: 7, address: Address { street: "High Street".into(), zip: None } };
/// assert_codec_roundtrip::<Json, _>(&profile);
/// let lost = std::panic::catch_unwind(|| assert_codec_roundtrip::<Bincode, _>(&profile));
/// let message = *lost.unwrap_err().downcast::<String>().unwrap();
/// assert!(message.contains("`address.zip` is left out"), "{message}");
/// ```
///
/// # Panics
///
/// If the value cannot be written or read, or comes back changed, with what the
/// type does that the format cannot keep, as far as that can be told. The
/// message shows parts of the value.
#[track_caller]
pub fn assert_codec_roundtrip<C: Codec<T>, T: PartialEq + Debug>(value: &T) {
    let mut bytes = Vec::new();
    let (name, place) = (C::NAME, Place::NOWHERE);
    let problem = match C::encode(value, &place, &mut bytes) {
        Err(error) => format!("cannot be written ({error})"),
        Ok(()) => match C::decode(&bytes, &place) {
            Err(error) => format!("cannot be read back ({error})"),
            Ok(read) if read == *value => return,
            Ok(read) => changed(value, &read),
        },
    };
    let mut message = format!("{name} does not keep the value: it {problem}");
    for loss in C::losses(value) {
        message.push_str("\n- ");
        message.push_str(&loss);
    }
    panic!("{message}");
}

/// What is different, by the first line of what is shown that is.
fn changed<T: Debug>(value: &T, read: &T) -> String {
    let (was, is) = (format!("{value:#?}"), format!("{read:#?}"));
    let mut lines = was.lines().zip(is.lines());
    match lines.find(|(was, is)| was != is) {
        Some((was, is)) => {
            format!("comes back changed: `{}` is `{}`", was.trim(), is.trim())
        }
        None if was == is => "is not equal to what comes back, which looks the same (a NaN, or an \
                              `==` of its own)"
            .to_owned(),
        None => "comes back changed: one is longer than the other".to_owned(),
    }
}
