//! Values that could not be read back are refused before anything is written.

use std::fmt;
use std::str::FromStr;

use redis_model::codec::{
    Bincode, BincodeLegacy, Cbor, Codec, KeyRing, Location, Lz4, MsgPack, Postcard, Sealed, Signed,
    Zstd,
};
use redis_model::{Error, Json, Operation, RedisModel};
use serde::{Deserialize, Serialize};

use crate::serde_shapes::{Flat, Skips, Tagged, Untagged};
use crate::support::{Con, fresh, keys, on_one_server};

keys! {
    TestKeys: KeyRing::new(1, [1; 32]);
}

fn refused<C: Codec<T>, T>(value: &T) -> String {
    let mut bytes = Vec::new();
    let error = C::encode(value, &Location::NOWHERE, &mut bytes).expect_err(C::NAME);
    error.to_string()
}

/// Returns the errors of the formats without names, alone and inside other codecs.
macro_rules! positional {
    ($value:expr) => {
        [
            refused::<Postcard, _>($value),
            refused::<Bincode, _>($value),
            refused::<BincodeLegacy, _>($value),
            refused::<Zstd<Postcard>, _>($value),
            refused::<Lz4<Bincode>, _>($value),
            refused::<Sealed<Bincode, TestKeys>, _>($value),
            refused::<Signed<Zstd<BincodeLegacy>, TestKeys>, _>($value),
        ]
    };
}

#[test]
fn formats_without_names_refuse_types_that_they_cannot_read() {
    let json = Some(serde_json::json!({ "a": [1, null] }));
    for error in positional!(&(7, Untagged::Number(7)))
        .into_iter()
        .chain(positional!(&vec![Tagged::A { x: 1 }]))
        .chain(positional!(&json))
        // The type alone decides, not the value.
        .chain(positional!(&Vec::<Untagged>::new()))
        .chain(positional!(&None::<serde_json::Value>))
    {
        assert!(error.contains("is read by asking the format what comes next"), "{error}");
        assert!(error.contains("use `Json`, `MsgPack` or `Cbor`"), "{error}");
    }
}

#[test]
fn formats_without_names_refuse_a_flattened_struct() {
    for error in positional!(&vec![Flat { a: 1, more: Skips { list: vec![1], last: 2 } }]) {
        assert!(error.contains("`flatten`"), "{error}");
        assert!(error.contains("use `Json`, `MsgPack` or `Cbor`"), "{error}");
    }
}

#[test]
fn formats_without_names_refuse_a_field_that_is_left_out() {
    let values = |list| vec![(true, Skips { list, last: 2 })];
    for error in positional!(&values(vec![])) {
        assert!(error.contains("`list` is left out (`skip_serializing_if`)"), "{error}");
    }
    redis_model::codec::assert_codec_roundtrip::<Postcard, _>(&values(vec![1]));
    redis_model::codec::assert_codec_roundtrip::<Bincode, _>(&values(vec![1]));
    redis_model::codec::assert_codec_roundtrip::<Json, _>(&values(vec![]));
    redis_model::codec::assert_codec_roundtrip::<MsgPack, _>(&values(vec![]));
    redis_model::codec::assert_codec_roundtrip::<Cbor, _>(&values(vec![]));
}

#[derive(Debug, Clone, RedisModel)]
#[redis(key = "refusals:{id}")]
struct Fields {
    id: u64,
    #[redis(codec = Postcard)]
    untagged: Option<Untagged>,
    #[redis(codec = Zstd<Bincode>)]
    skips: Option<Skips>,
}

#[derive(Debug, Clone, Serialize, Deserialize, RedisModel)]
#[redis(key = "refusals:blob:{id}", blob = Bincode)]
struct Blob {
    id: u64,
    inner: Vec<Tagged>,
}

#[test]
fn nothing_is_written_of_a_record_that_could_not_be_read_back() {
    on_one_server(|con| {
        let (f, id) = (Fields::FIELDS, fresh());
        let record = Fields { id, untagged: None, skips: None };
        let untagged = Fields { untagged: Some(Untagged::Text("a".into())), ..record.clone() };
        let skips = Fields { skips: Some(Skips { list: vec![], last: 1 }), ..record };
        let update = || Fields::update(id).or_create();
        for error in [
            con.run(untagged.save()).unwrap_err(),
            con.run(skips.save()).unwrap_err(),
            con.run(update().set(f.untagged, &untagged.untagged)).map(drop).unwrap_err(),
            con.run(update().set(f.skips, &skips.skips)).map(drop).unwrap_err(),
            con.run(Blob { id, inner: vec![] }.save()).unwrap_err(),
            con.run(Blob { id, inner: vec![] }.create()).map(drop).unwrap_err(),
        ] {
            assert!(!error.is_connection() && error.codec().is_some(), "{error}");
        }
        for key in [Fields::key(id), Blob::key(id)] {
            assert!(!con.raw::<bool>(&["EXISTS", &key]));
        }
    });
}

/// A type whose `Display` fails, before any text or after some.
#[derive(Debug, Clone, PartialEq)]
struct Broken(bool);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 {
            f.write_str("some text")?;
        }
        Err(fmt::Error)
    }
}

impl FromStr for Broken {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(Self(!text.is_empty()))
    }
}

impl Serialize for Broken {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Broken {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(!text.is_empty()))
    }
}

#[derive(Debug, Clone, RedisModel)]
#[redis(key = "refusals:broken:{id}")]
struct Displays {
    id: u64,
    #[redis(display)]
    plain: Option<Broken>,
    #[redis(codec = Json)]
    coded: Option<Broken>,
}

#[test]
fn a_display_that_fails_is_an_error_and_never_a_panic() {
    let (mut con, f, id) = (Con::sync(), Displays::FIELDS, fresh());
    for broken in [Broken(false), Broken(true)] {
        let plain = Displays { id, plain: Some(broken.clone()), coded: None };
        let coded = Displays { id, plain: None, coded: Some(broken.clone()) };
        let update = || Displays::update(id).or_create();
        let errors: [Error; 8] = [
            con.run(plain.save()).unwrap_err(),
            con.run(coded.save()).unwrap_err(),
            plain.save().explain().map(drop).unwrap_err(),
            coded.create().explain().map(drop).unwrap_err(),
            con.run(update().set(f.plain, Some(broken.clone()))).map(drop).unwrap_err(),
            con.run(update().set(f.coded, Some(broken.clone()))).map(drop).unwrap_err(),
            con.run(update().only_if(f.plain.eq(broken.clone())).remove(f.coded))
                .map(drop)
                .unwrap_err(),
            con.run(update().set_if_absent(f.plain, broken.clone())).map(drop).unwrap_err(),
        ];
        for error in errors {
            assert!(error.to_string().ends_with("its `Display` failed"), "{error}");
        }
        for error in [
            refused::<Json, _>(&broken),
            refused::<MsgPack, _>(&broken),
            refused::<Cbor, _>(&broken),
            refused::<Postcard, _>(&broken),
            refused::<Bincode, _>(&broken),
            refused::<BincodeLegacy, _>(&broken),
            refused::<Json, _>(&std::collections::BTreeMap::from([(1, vec![broken.clone()])])),
        ] {
            assert_eq!(error, "its `Display` failed");
        }
    }
    assert!(!con.raw::<bool>(&["EXISTS", &Displays::key(id)]));
}
