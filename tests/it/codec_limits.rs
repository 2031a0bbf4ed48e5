//! Codecs apply the same limits in writing and in reading: they write only values that
//! they can read back.

use std::collections::BTreeMap;
use std::fmt::Debug;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use redis_model::codec::{
    Bincode, BincodeLegacy, Cbor, Codec, Location, Lz4, MsgPack, Postcard, Zstd,
};
use redis_model::{ErrorKind, Json, Operation, RedisModel};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::support::{Con, fresh, on_one_server};

/// A level, or two, for each kind of nesting in serde.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Deep {
    End,
    Newtype(Box<Deep>),
    Option(Option<Box<Deep>>),
    Wrapped(Box<Wrapper>),
    List(Vec<Deep>),
    Tuple(u8, Box<Deep>, (Vec<u8>, bool)),
    Struct { before: u8, inner: Box<Deep> },
    Map(BTreeMap<String, Deep>),
    Bytes(serde_bytes::ByteBuf, Box<Deep>),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Wrapper(Deep);

fn deep(kinds: &[u8]) -> Deep {
    kinds.iter().fold(Deep::End, |inner, kind| match kind {
        0 => Deep::Newtype(Box::new(inner)),
        1 => Deep::Option(Some(Box::new(inner))),
        2 => Deep::Wrapped(Box::new(Wrapper(inner))),
        3 => Deep::List(vec![inner, Deep::Option(None)]),
        4 => Deep::Tuple(1, Box::new(inner), (vec![2], true)),
        5 => Deep::Struct { before: 3, inner: Box::new(inner) },
        6 => Deep::Map(BTreeMap::from([("key".to_owned(), inner)])),
        _ => Deep::Bytes(vec![4, 5].into(), Box::new(inner)),
    })
}

/// Writes the value and reads it back, or returns the error of the write.
fn kept<C: Codec<T>, T: PartialEq + Debug>(value: &T) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    C::encode(value, &Location::NOWHERE, &mut bytes).map_err(|error| error.to_string())?;
    let read = C::decode(&bytes, &Location::NOWHERE);
    assert!(read.as_ref().is_ok_and(|read| read == value), "{}: {:?}", C::NAME, read.err());
    Ok(bytes)
}

/// Returns the number of levels that the codec writes at most.
fn longest<C: Codec<Deep>>(kinds: &[u8]) -> usize {
    let refused = (0..=kinds.len()).find(|length| match kept::<C, _>(&deep(&kinds[..*length])) {
        Ok(_) => false,
        Err(error) => {
            assert!(error.contains("deeper than 128 levels"), "{}: {error}", C::NAME);
            true
        }
    });
    refused.expect("levels beyond the limit") - 1
}

#[test]
fn every_codec_reads_back_the_deepest_value_that_it_writes() {
    let levels = proptest::collection::vec(0..8_u8, 140);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(40));
    runner
        .run(&levels, |kinds| {
            let json = longest::<Json>(&kinds);
            assert!((38..=128).contains(&json), "{json}");
            // Beyond that, serde_json writes values that cannot be read.
            let too_deep = serde_json::to_vec(&deep(&kinds[..=json])).unwrap();
            let error = <Json as Codec<Deep>>::decode(&too_deep, &Location::NOWHERE).unwrap_err();
            assert!(error.to_string().contains("deeper than 128 levels"), "{error}");

            // Only JSON writes bytes as a list of numbers.
            let msgpack = longest::<MsgPack>(&kinds);
            assert!(msgpack >= json, "{msgpack} {json}");
            for other in [
                longest::<Cbor>(&kinds),
                longest::<Postcard>(&kinds),
                longest::<Bincode>(&kinds),
                longest::<BincodeLegacy>(&kinds),
                longest::<Lz4<MsgPack>>(&kinds),
            ] {
                assert_eq!(other, msgpack, "every format counts alike");
            }
            assert_eq!(longest::<Zstd<Json>>(&kinds), json);
            Ok(())
        })
        .unwrap();
}

#[test]
fn elements_without_bytes_are_written_only_if_they_can_be_read() {
    fn most<C: Codec<T>, T: PartialEq + Debug>(make: impl Fn(usize) -> T) -> usize {
        let refused = (0..3000).find(|count| match kept::<C, _>(&make(*count)) {
            Ok(_) => false,
            Err(error) => {
                assert!(error.contains("more elements"), "{error}");
                true
            }
        });
        refused.expect("elements beyond the limit") - 1
    }
    // One byte for the number of up to 127 elements.
    assert_eq!(most::<Postcard, _>(|count| vec![(); count]), 64 + 8);
    assert_eq!(most::<Bincode, _>(|count| vec![(); count]), 64 + 8);
    assert_eq!(most::<BincodeLegacy, _>(|count| vec![(); count]), 64 + 8 * 8);
    assert_eq!(most::<Postcard, _>(|count| vec![[[(); 8]; 8]; count]), 0);
    for count in [0, 100, 10_000] {
        for bytes in [kept::<Json, _>(&vec![(); count]), kept::<MsgPack, _>(&vec![(); count])] {
            assert!(bytes.is_ok(), "elements of named formats take bytes");
        }
    }
}

fn refused_for_its_size<C: Codec<T>, T: PartialEq + Debug>(value: &T) {
    let error = kept::<C, T>(value).unwrap_err();
    assert!(error.contains("64 MiB"), "{}: {error}", C::NAME);
}

const LARGEST: usize = 64 << 20;

#[test]
fn every_codec_reads_back_the_largest_value_that_it_writes() {
    fn of<C: Codec<String>>(overhead: usize) {
        let text = "x".repeat(LARGEST - overhead);
        assert_eq!(kept::<C, _>(&text).unwrap().len(), LARGEST);
        refused_for_its_size::<C, _>(&format!("{text}x"));
    }
    of::<Json>(2);
    of::<MsgPack>(5);
    of::<Cbor>(5);
    of::<Postcard>(4);
    of::<Bincode>(5);
    of::<BincodeLegacy>(8);
    // Numbers of up to sixteen bytes that are stored in one.
    kept::<Bincode, _>(&vec![1_u128; LARGEST / 16 + 1]).unwrap();
}

#[derive(Debug, RedisModel)]
#[redis(key = "limits:{id}")]
struct Fields {
    id: u64,
    #[redis(codec = Json)]
    text: Option<String>,
    #[redis(codec = MsgPack)]
    tree: Option<Deep>,
}

#[test]
fn fields_beyond_a_limit_are_refused_by_every_write() {
    let (mut con, f, id) = (Con::sync(), Fields::FIELDS, fresh());
    let large = Some("x".repeat(LARGEST));
    let tree = || Some(deep(&[3; 140]));
    let record = |text, tree| Fields { id, text, tree };
    for error in [
        con.run(record(large.clone(), None).save()).unwrap_err(),
        con.run(record(large.clone(), None).create()).map(drop).unwrap_err(),
        con.run(Fields::update(id).or_create().set(f.text, &large)).map(drop).unwrap_err(),
        con.run(record(None, tree()).save()).unwrap_err(),
        con.run(Fields::update(id).or_create().set(f.tree, tree())).map(drop).unwrap_err(),
        record(None, tree()).save().explain().unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
        assert!(error.field().is_some(), "{error}");
    }
    assert!(!con.raw::<bool>(&["EXISTS", &Fields::key(id)]));
}

macro_rules! misses {
    ($($name:ident [$($attributes:tt)*])*) => {$(
        #[derive(Debug, Serialize, Deserialize, RedisModel)]
        #[redis(key = "limits:miss:{id}", name = "Miss", on_mismatch = "miss", $($attributes)*)]
        struct $name {
            id: u64,
            #[serde(default)]
            tree: Vec<serde_json::Value>,
        }
    )*};
}

misses! {
    OnlyJson [blob = Json]
    OnlyMsgPack [blob = MsgPack]
    OnlyCbor [blob = Cbor]
    JsonOrMsgPack [codecs = [Json, MsgPack]]
    JsonOrCbor [codecs = [Json, Cbor]]
}

#[test]
fn a_limit_is_never_a_mismatch() {
    fn limited<M: RedisModel<Id = u64> + Debug + Send>(con: &mut Con, id: u64, bytes: &[u8]) {
        let error = con.run(M::get(id)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{} {error}", bytes.escape_ascii());
    }
    on_one_server(|con| {
        let id = fresh();
        let key = OnlyJson::key(id);
        for depth in [140, 300, 2000] {
            let nested = |before: &[u8], level: &[u8]| {
                let bytes = [before, &level.repeat(depth)].concat();
                let mut raw = crate::support::server().connection().unwrap();
                redis::cmd("SET").arg(&*key).arg(&bytes).exec(&mut raw).unwrap();
                bytes
            };
            let bytes = nested(br#"{"id":1,"tree":"#, b"[");
            limited::<OnlyJson>(con, id, &bytes);
            let bytes = nested(b"\x82\xa2id\x01\xa4tree", b"\x91");
            limited::<OnlyMsgPack>(con, id, &bytes);
            limited::<JsonOrMsgPack>(con, id, &bytes);
            let bytes = nested(b"\xa2\x62id\x01\x64tree", b"\x81");
            limited::<OnlyCbor>(con, id, &bytes);
            limited::<JsonOrCbor>(con, id, &bytes);
            // An unknown field may be nested deeper.
            if depth >= 300 {
                let bytes = nested(b"\xa2\x62id\x01\x65other", b"\x81");
                limited::<OnlyCbor>(con, id, &bytes);
            }
        }
        con.raw::<()>(&["DEL", &key]);
    });
}

/// A text that is written by its `Display`.
#[derive(Debug, PartialEq)]
struct Shown(String);

impl Serialize for Shown {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Shown {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

#[test]
fn displayed_texts_of_any_length_are_read_back() {
    fn all<T: PartialEq + Debug + Serialize + DeserializeOwned>(value: &T) {
        kept::<Json, T>(value).unwrap();
        kept::<MsgPack, T>(value).unwrap();
        kept::<Cbor, T>(value).unwrap();
        kept::<Postcard, T>(value).unwrap();
        kept::<Bincode, T>(value).unwrap();
        kept::<BincodeLegacy, T>(value).unwrap();
    }
    for length in [0, 1, 22, 23, 24, 31, 32, 254, 255, 256, 257, 600, 70_000] {
        all(&Shown("é".repeat(length)));
        all(&vec![Shown("x".repeat(length)), Shown(String::new())]);
    }
}
