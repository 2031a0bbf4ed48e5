//! `assert_codec_roundtrip` reports the values that a codec does not keep.

use std::panic::catch_unwind;

use redis_model::Json;
use redis_model::codec::{
    Bincode, BincodeLegacy, Cbor, Codec, MsgPack, Postcard, assert_codec_roundtrip,
};
use serde::{Deserialize, Serialize};

use crate::serde_shapes::{Flat, Skips, Tagged, Untagged};

/// Returns the message of the panic, or `None` if the codec keeps the value.
fn lost<C: Codec<T>, T: PartialEq + std::fmt::Debug + std::panic::RefUnwindSafe>(
    value: &T,
) -> Option<String> {
    let panic = catch_unwind(|| assert_codec_roundtrip::<C, T>(value)).err()?;
    Some(*panic.downcast::<String>().expect("a message"))
}

macro_rules! positional {
    ($value:expr) => {
        [lost::<Postcard, _>($value), lost::<Bincode, _>($value), lost::<BincodeLegacy, _>($value)]
            .map(|lost| lost.expect("a loss"))
    };
}

macro_rules! named {
    ($value:expr) => {
        [lost::<Json, _>($value), lost::<MsgPack, _>($value), lost::<Cbor, _>($value)]
    };
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Outer<T> {
    id: u64,
    inner: Vec<Inner<T>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Inner<T> {
    value: T,
    after: String,
}

fn outer<T>(value: T) -> Outer<T> {
    Outer { id: 7, inner: vec![Inner { value, after: "after".into() }] }
}

#[test]
fn an_omitted_field_of_a_nested_struct_is_reported() {
    let full = outer(Skips { list: vec![1], last: 2 });
    assert_eq!(lost::<Bincode, _>(&full), None);
    let empty = outer(Skips { list: vec![], last: 2 });
    for message in positional!(&empty) {
        assert!(message.contains("the field `list` is left out"), "{message}");
        assert!(message.contains("does not keep the value"), "{message}");
    }
    assert_eq!(named!(&empty), [None, None, None]);
}

#[test]
fn types_that_need_a_self_describing_format_are_reported() {
    for message in positional!(&outer(Untagged::Text("a".into()))) {
        assert!(message.contains("a part of `Inner` is read by asking the format"), "{message}");
    }
    for message in positional!(&outer(Tagged::A { x: 1 })) {
        assert!(message.contains("a part of `Inner` is read by asking the format"), "{message}");
    }
    for message in positional!(&outer(Flat { a: 1, more: Skips { list: vec![1], last: 2 } })) {
        assert!(message.contains("whose length is not known before it is written"), "{message}");
    }
    assert_eq!(named!(&outer(Untagged::Number(7))), [None, None, None]);
    assert_eq!(named!(&outer(Tagged::A { x: 1 })), [None, None, None]);
}

#[test]
fn values_that_are_read_back_changed_are_reported() {
    for message in named!(&outer(Some(None::<u8>))) {
        let message = message.expect("an option of an option is flat in all of them");
        assert!(
            message.contains("comes back changed: `value: Some(` is `value: None,`"),
            "{message}"
        );
    }
    let message = lost::<Postcard, _>(&f64::NAN).expect("not equal to itself");
    assert!(message.contains("looks the same (a NaN"), "{message}");
    let message = lost::<Json, _>(&f64::NAN).expect("no form");
    assert!(
        message.contains("cannot be written (NaN and infinity have no JSON form)"),
        "{message}"
    );
}
