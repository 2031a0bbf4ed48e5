//! Codecs without an envelope.

use std::collections::BTreeMap;
use std::fmt;

use redis_model::codec::{Codec, Location};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::{Target, in_proportion};

/// A type with lists, maps, text, options, enums and recursion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Profile {
    pub id: u64,
    pub name: String,
    pub score: f64,
    pub tags: Vec<String>,
    pub counts: BTreeMap<String, u32>,
    pub kind: Kind,
    pub parent: Option<Box<Profile>>,
    pub numbers: Vec<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub enum Kind {
    #[default]
    Free,
    Paid(u32),
    Trial {
        days: u8,
    },
}

/// A value with something of everything. `profile.pickle` is the same value.
pub fn profile() -> Profile {
    Profile {
        id: 7,
        name: "Alice Example".into(),
        score: 0.1,
        tags: vec!["admin".into(), "beta".into()],
        counts: [("visits".into(), 3), ("posts".into(), 70_000)].into(),
        kind: Kind::Trial { days: 14 },
        parent: Some(Box::new(Profile { kind: Kind::Paid(9), ..Profile::default() })),
        numbers: (0..20).collect(),
    }
}

pub fn encode<C: Codec<T>, T>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    C::encode(value, &Location::NOWHERE, &mut bytes).expect("what was read can be written");
    bytes
}

pub(super) fn decode<C: Codec<T>, T>(bytes: &[u8]) -> Option<T> {
    match C::decode(bytes, &Location::NOWHERE) {
        Ok(value) => Some(value),
        Err(error) => {
            assert!(!error.to_string().is_empty(), "an error that says nothing");
            None
        }
    }
}

/// Asserts that a value that was read is the same after writing and reading it again.
pub(super) fn check<C: Codec<Profile>>(bytes: &[u8]) -> bool {
    let Some(value) = decode::<C, Profile>(bytes) else { return false };
    let written = encode::<C, _>(&value);
    let again = decode::<C, Profile>(&written).expect("what was written can be read");
    // Compare bytes, because a NaN is not equal to itself.
    assert_eq!(encode::<C, _>(&again), written);
    true
}

macro_rules! codecs {
    ($($target:ident $name:literal $codec:ident;)*) => {$(
        pub(super) const $target: Target = Target {
            name: $name,
            check: check::<redis_model::codec::$codec>,
            seeds: || vec![encode::<redis_model::codec::$codec, _>(&profile())],
            memory: in_proportion,
        };
    )*};
}

codecs! {
    JSON "json" Json;
    MSGPACK "msgpack" MsgPack;
    CBOR "cbor" Cbor;
    POSTCARD "postcard" Postcard;
    BINCODE "bincode" Bincode;
    BINCODE_LEGACY "bincode_legacy" BincodeLegacy;
}

pub(super) const PICKLE: Target = Target {
    name: "pickle",
    check: |bytes| decode::<redis_model::codec::Pickle, Profile>(bytes).is_some(),
    // The output of `pickle.dumps(value, 4)` for the same profile.
    seeds: || vec![include_bytes!("profile.pickle").to_vec()],
    memory: in_proportion,
};

/// Pickles of every kind, as Python writes them.
pub(super) const PICKLE_ANY: Target = Target {
    name: "pickle_any",
    check: |bytes| decode::<redis_model::codec::Pickle, Anything>(bytes).is_some(),
    seeds: || {
        let catalog = include_str!("../../tests/pickle/catalog.json");
        let pickles = catalog.split('"').filter(|part| part.ends_with("2e")).filter_map(unhex);
        let short = pickles.filter(|pickle| pickle.len() < 500);
        short.filter(|pickle| (PICKLE_ANY.check)(pickle)).collect()
    },
    memory: in_proportion,
};

fn unhex(digits: &str) -> Option<Vec<u8>> {
    let digit = |at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    (0..digits.len()).step_by(2).map(digit).collect()
}

/// Any value, of which everything is read and nothing is kept.
#[derive(Serialize)]
struct Anything;

impl<'de> Deserialize<'de> for Anything {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

macro_rules! scalars {
    ($($method:ident($ty:ty))*) => {$(
        fn $method<E: Error>(self, _: $ty) -> Result<Self, E> {
            Ok(self)
        }
    )*};
}

impl<'de> Visitor<'de> for Anything {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    scalars! {
        visit_bool(bool) visit_i64(i64) visit_u64(u64) visit_i128(i128) visit_u128(u128)
        visit_f64(f64) visit_str(&str) visit_bytes(&[u8])
    }

    fn visit_unit<E: Error>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self, A::Error> {
        while seq.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<Self, Self>()?.is_some() {}
        Ok(self)
    }
}
