//! A test helper for codecs.

use std::fmt::Debug;

use super::{Codec, Location};

/// Asserts that a codec decodes a value as it was encoded. Call it in tests of the types
/// that your program stores.
///
/// Formats without names (`Postcard`, `Bincode`) refuse types with serde attributes such
/// as `skip_serializing_if`, `flatten` and `untagged`. The derive reports these on the
/// model, but in the types of its fields only the first write does. Formats with names
/// lose an `Option` inside an `Option`. Pass values in which options are `None`, lists
/// are empty and each variant of an enum occurs.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// use redis_model::Json;
/// use redis_model::codec::{Bincode, assert_codec_roundtrip};
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
/// assert!(message.contains("the field `zip` is left out"), "{message}");
/// ```
///
/// # Panics
///
/// If the value cannot be encoded or decoded, or is decoded as another value. The message
/// shows parts of the value.
#[track_caller]
pub fn assert_codec_roundtrip<C: Codec<T>, T: PartialEq + Debug>(value: &T) {
    let mut bytes = Vec::new();
    let (name, location) = (C::NAME, Location::NOWHERE);
    let problem = match C::encode(value, &location, &mut bytes) {
        Err(error) => format!("cannot be written ({error})"),
        Ok(()) => match C::decode(&bytes, &location) {
            Err(error) => format!("cannot be read back ({error})"),
            Ok(read) if read == *value => return,
            Ok(read) => changed(value, &read),
        },
    };
    panic!("{name} does not keep the value: it {problem}");
}

/// Returns the first difference between the two values' `Debug` texts.
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
