//! Type parameters: as codecs, in skipped fields, in keys, with defaults.

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};
use std::marker::PhantomData;
use std::str::FromStr;

use redis_model::codec::Codec;
use redis_model::{Json, KeyPart, RedisFields, RedisModel, RedisValue};
use serde::{Deserialize, Serialize};

use super::saved;

/// A codec that is a type parameter.
#[derive(Debug, RedisModel)]
#[redis(key = "codec:{id}")]
struct WithCodec<C> {
    id: u64,
    #[redis(codec = C)]
    list: Vec<u8>,
    #[redis(codec = C, default)]
    map: BTreeMap<String, u8>,
    #[redis(codec = redis_model::codec::Zstd<C>)]
    small: u8,
    #[redis(skip)]
    codec: PhantomData<C>,
}

#[derive(Debug, Serialize, Deserialize, RedisModel)]
#[redis(key = "codec:{id}", blob = C)]
struct BlobWithCodec<C> {
    id: u64,
    #[serde(skip)]
    codec: PhantomData<C>,
}

#[derive(Debug, RedisFields)]
struct FieldsWithCodec<C: 'static> {
    #[redis(codec = C)]
    list: Vec<u8>,
    #[redis(skip)]
    codec: PhantomData<C>,
}

#[derive(Debug, RedisModel)]
#[redis(key = "codec:around:{id}")]
struct Around {
    id: u64,
    #[redis(flatten)]
    fields: FieldsWithCodec<Json>,
}

/// Skipped fields of generic types, which need no value in Redis.
#[derive(Debug, RedisFields)]
struct Skipping<T, U> {
    value: u8,
    #[redis(skip)]
    #[allow(dead_code)]
    cache: Option<T>,
    #[redis(skip)]
    marker: PhantomData<U>,
}

#[derive(Debug, RedisModel)]
#[redis(key = "skipping:{id}")]
struct SkippingModel<T, U> {
    id: u64,
    value: u8,
    #[redis(skip)]
    #[allow(dead_code)]
    cache: Option<T>,
    #[redis(skip)]
    marker: PhantomData<U>,
    #[redis(flatten)]
    inner: Skipping<u8, String>,
}

/// Defaults, bounds in both places, and an associated type.
#[derive(Debug, RedisModel)]
#[redis(key = "many:{id}:{kind}")]
struct Many<K: KeyPart + RedisValue + Clone, T = u8, I = Vec<u8>, const N: usize = 3>
where
    T: Debug,
    I: IntoIterator,
    I::Item: RedisValue,
{
    id: K,
    kind: K2<K>,
    value: Option<T>,
    first: I::Item,
    #[redis(codec = Json)]
    all: I,
    bytes: [u8; N],
    #[redis(display)]
    shown: Shown<T>,
}

#[derive(Debug, Clone, KeyPart, RedisValue)]
struct K2<K: KeyPart + RedisValue>(K);

#[derive(Debug)]
struct Shown<T>(T);

impl<T: Display> Display for Shown<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Display::fmt(&self.0, f)
    }
}

impl<T: FromStr> FromStr for Shown<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        text.parse().map(Self)
    }
}

/// Code over any codec.
const fn list_of<C: Codec<Vec<u8>> + Codec<BTreeMap<String, u8>>>(list: Vec<u8>) -> WithCodec<C> {
    WithCodec { id: 1, list, map: BTreeMap::new(), small: 1, codec: PhantomData }
}

#[test]
fn a_codec_may_be_a_type_parameter() {
    let command = saved(&list_of::<Json>(vec![2]));
    assert!(command.contains("list [2]"), "{command}");
    let blob = BlobWithCodec::<Json> { id: 1, codec: PhantomData };
    assert!(saved(&blob).contains("codec:1"));
    let around = Around { id: 1, fields: FieldsWithCodec { list: vec![1], codec: PhantomData } };
    assert!(saved(&around).contains("fields.list [1]"));
}

#[test]
fn skipped_fields_ask_for_nothing() {
    /// Neither a value nor a default.
    #[derive(Debug)]
    struct Opaque;

    let inner = Skipping { value: 1, cache: None, marker: PhantomData };
    let record: SkippingModel<Opaque, Opaque> =
        SkippingModel { id: 1, value: 2, cache: Some(Opaque), marker: PhantomData, inner };
    assert_eq!(saved(&record), "HSET skipping:1 value 2 inner.value 1");
}

#[test]
fn parameters_keep_their_bounds_and_defaults() {
    let record: Many<u64> = Many {
        id: 1,
        kind: K2(2),
        value: None,
        first: 3,
        all: vec![4],
        bytes: *b"abc",
        shown: Shown(5),
    };
    assert!(saved(&record).contains("first 3 all [4] bytes abc shown 5"));
}
