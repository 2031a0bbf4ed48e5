//! Blobs of a struct that was changed: with every codec the old value is read right or is an
//! error, and never another value.

use redis_model::codec::{Bincode, BincodeLegacy, Cbor, MsgPack, Postcard};
use redis_model::{ErrorKind, Json, RedisModel};
use serde::{Deserialize, Serialize};

/// The result of reading an old value as the changed struct.
#[derive(Debug, PartialEq)]
enum Now {
    /// The fields have their old values.
    Ok,
    /// An error of this kind.
    Err(ErrorKind),
}
use ErrorKind::{Codec, LayoutChanged};
use Now::{Err, Ok};

macro_rules! change {
    ($codec:ident, $expected:expr, {$($before:ident: $was:ty),*} $(enum $old:tt)? => {$($(#[$how:meta])* $after:ident: $is:ty),*} $(enum $new:tt)?, $value:expr, |$read:ident| $same:expr) => {{
        mod before {
            use super::*;
            $(#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)] pub(super) enum Kind $old)?
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
            #[redis(key = "evolution:{id}", blob = $codec, name = "T")]
            pub(super) struct T { pub(super) id: u64, $(pub(super) $before: $was),* }
        }
        mod after {
            use super::*;
            $(#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)] pub(super) enum Kind $new)?
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
            #[redis(key = "evolution:{id}", blob = $codec, name = "T")]
            pub(super) struct T { pub(super) id: u64, $($(#[$how])* pub(super) $after: $is),* }
        }
        #[allow(unused_imports)]
        use before::*;
        let stored = $value.to_bytes().unwrap();
        let now = match after::T::from_bytes(&stored) {
            std::result::Result::Ok($read) => {
                assert!($same, "WRONG: {:?}", $read);
                Now::Ok
            }
            std::result::Result::Err(error) => Now::Err(error.kind()),
        };
        assert_eq!(now, $expected, "{}", stringify!($($before: $was),* => $($after: $is),*));
    }};
}

macro_rules! table {
    ($($name:ident $codec:ident: named $named:expr, rename $rename:expr, number_to_text $mismatch:expr, names_of_variants $variants:expr;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn an_old_value_is_read_right_or_is_an_error() {
                let kept = || if $named { Ok } else { Err(LayoutChanged) };
                change!($codec, kept(), { a: u32 } => { a: u32, #[serde(default)] b: String },
                    T { id: 1, a: 2 }, |now| now.a == 2 && now.b.is_empty());
                change!($codec, kept(), { a: u32 } => { a: u32, b: Option<String> },
                    T { id: 1, a: 2 }, |now| now.a == 2 && now.b.is_none());
                change!($codec, kept(), { a: u32 } => { #[serde(default)] b: u32, a: u32 },
                    T { id: 1, a: 2 }, |now| now.a == 2 && now.b == 0);
                change!($codec, kept(), { a: u32, b: u32 } => { a: u32 },
                    T { id: 1, a: 2, b: 3 }, |now| now.a == 2);
                change!($codec, kept(), { a: u32, b: u32 } => { b: u32 },
                    T { id: 1, a: 2, b: 3 }, |now| now.b == 3);
                change!($codec, kept(), { a: u32, b: String } => { b: String, a: u32 },
                    T { id: 1, a: 2, b: "x".into() }, |now| now.a == 2 && now.b == "x");
                change!($codec, kept(), { first: String, last: String } => { last: String, first: String },
                    T { id: 1, first: "x".into(), last: "y".into() }, |now| now.first == "x" && now.last == "y");
                change!($codec, $rename, { a: u32 } => { #[serde(alias = "a")] b: u32 },
                    T { id: 1, a: 2 }, |now| now.b == 2);
                change!($codec, kept(), { a: u32 } => { a: u64 },
                    T { id: 1, a: 70_000 }, |now| now.a == 70_000);
                change!($codec, kept(), { a: u32 } => { a: i64 },
                    T { id: 1, a: 70_000 }, |now| now.a == 70_000);
                change!($codec, kept(), { a: Option<String> } => { a: String },
                    T { id: 1, a: Some("x".into()) }, |now| now.a == "x");
                change!($codec, kept(), { a: u32 } => { a: Option<u32> },
                    T { id: 1, a: 2 }, |now| now.a == Some(2));
                change!($codec, $mismatch, { a: u32 } => { a: String },
                    T { id: 1, a: 2 }, |now| now.a.is_empty() && false);
                change!($codec, $variants, { a: Kind } enum { X, Y } => { a: Kind } enum { X, Y, Z },
                    T { id: 1, a: Kind::Y }, |now| now.a == after::Kind::Y);
                change!($codec, $variants, { a: Kind } enum { X, Y } => { a: Kind } enum { W, X, Y },
                    T { id: 1, a: Kind::Y }, |now| now.a == after::Kind::Y);
                change!($codec, $variants, { a: Vec<Kind> } enum { X(u8), Y } => { a: Vec<Kind> } enum { Y, X(u8) },
                    T { id: 1, a: vec![Kind::Y] }, |now| now.a == [after::Kind::Y]);
            }
        }
    )*};
}

table! {
    json Json: named true, rename Ok, number_to_text Err(Codec), names_of_variants Ok;
    msgpack MsgPack: named true, rename Ok, number_to_text Err(Codec), names_of_variants Ok;
    cbor Cbor: named true, rename Ok, number_to_text Err(Codec), names_of_variants Ok;
    postcard Postcard: named false, rename Err(LayoutChanged), number_to_text Err(LayoutChanged), names_of_variants Err(LayoutChanged);
    bincode Bincode: named false, rename Err(LayoutChanged), number_to_text Err(LayoutChanged), names_of_variants Err(LayoutChanged);
    bincode_legacy BincodeLegacy: named false, rename Err(LayoutChanged), number_to_text Err(LayoutChanged), names_of_variants Err(LayoutChanged);
}
