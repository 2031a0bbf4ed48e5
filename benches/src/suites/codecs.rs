//! Every codec beside JSON: size, and the time to encode and to decode.
//!
//! Three payloads (a session of four texts, a profile of fifteen fields of all kinds, a feed of
//! a hundred posts). JSON is the other side of each line.

use std::error::Error;
use std::hint::black_box;
use std::sync::{Arc, LazyLock};

use redis_model::Json;
use redis_model::codec::{
    Bincode, BincodeLegacy, Cbor, Codec, KeyProvider, KeyRing, Location, Lz4, MsgPack, Postcard,
    Sealed, Signed, Zstd,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Options;
use crate::lines::Lines;
use crate::models::{JsonProfile, words};
use crate::report::Row;

pub fn run(options: &Options) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut lines = Lines::new("codecs", options);
    compare(&mut lines, "session", &session())?;
    compare(&mut lines, "profile", &JsonProfile::new(1_152_921_504_606_846_976))?;
    compare(&mut lines, "feed", &feed())?;
    Ok(lines.rows)
}

fn compare<T>(lines: &mut Lines<'_>, payload: &str, value: &T) -> Result<(), Box<dyn Error>>
where
    T: Serialize + DeserializeOwned + PartialEq,
{
    beside_json::<MsgPack, T>(lines, "MsgPack", payload, value)?;
    beside_json::<Cbor, T>(lines, "Cbor", payload, value)?;
    beside_json::<Postcard, T>(lines, "Postcard", payload, value)?;
    beside_json::<Bincode, T>(lines, "Bincode", payload, value)?;
    beside_json::<BincodeLegacy, T>(lines, "BincodeLegacy", payload, value)?;
    beside_json::<Lz4<Json>, T>(lines, "Lz4<Json>", payload, value)?;
    beside_json::<Zstd<Json>, T>(lines, "Zstd<Json>", payload, value)?;
    beside_json::<Zstd<MsgPack>, T>(lines, "Zstd<MsgPack>", payload, value)?;
    beside_json::<Signed<Json, Ring>, T>(lines, "Signed<Json>", payload, value)?;
    beside_json::<Sealed<Json, Ring>, T>(lines, "Sealed<Json>", payload, value)
}

fn beside_json<C, T>(
    lines: &mut Lines<'_>,
    name: &str,
    payload: &str,
    value: &T,
) -> Result<(), Box<dyn Error>>
where
    C: Codec<T>,
    T: Serialize + DeserializeOwned + PartialEq,
{
    let (ours, json) = (encode::<C, T>(value)?, encode::<Json, T>(value)?);
    if decode::<C, T>(&ours)? != *value {
        return Err(format!("{name} does not keep the {payload}").into());
    }
    let sizes = (ours.len() as f64, json.len() as f64);
    lines.figures(&format!("{name}: size of a {payload}, Json (bytes)"), 1, || sizes.0, || sizes.1);
    lines.micros(
        &format!("{name}: encode a {payload}, Json"),
        1,
        || drop(black_box(encode::<C, T>(black_box(value)))),
        || drop(black_box(encode::<Json, T>(black_box(value)))),
    );
    lines.micros(
        &format!("{name}: decode a {payload}, Json"),
        1,
        || drop(black_box(decode::<C, T>(black_box(&ours)))),
        || drop(black_box(decode::<Json, T>(black_box(&json)))),
    );
    Ok(())
}

fn encode<C: Codec<T>, T>(value: &T) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut bytes = Vec::with_capacity(256);
    C::encode(value, &Location::NOWHERE, &mut bytes)?;
    Ok(bytes)
}

fn decode<C: Codec<T>, T>(bytes: &[u8]) -> Result<T, Box<dyn Error>> {
    Ok(C::decode(bytes, &Location::NOWHERE)?)
}

struct Ring;

impl KeyProvider for Ring {
    fn ring() -> Arc<KeyRing> {
        static RING: LazyLock<Arc<KeyRing>> = LazyLock::new(|| Arc::new(KeyRing::new(1, [7; 32])));
        RING.clone()
    }
}

#[derive(PartialEq, Serialize, Deserialize)]
struct Session {
    token: String,
    user: String,
    address: String,
    agent: String,
}

fn session() -> Session {
    Session {
        token: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        user: "ada.lovelace@example.com".into(),
        address: "2001:db8:85a3::8a2e:370:7334".into(),
        agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101".into(),
    }
}

#[derive(PartialEq, Serialize, Deserialize)]
struct Post {
    id: u64,
    author: String,
    title: String,
    text: String,
    likes: u32,
    shares: u32,
    score: f64,
    pinned: bool,
    tags: Vec<String>,
}

fn feed() -> Vec<Post> {
    let post = |at: usize| Post {
        id: 9_000_000_000 + at as u64,
        author: format!("author-{}", at % 17),
        title: words(at, 6),
        text: words(at + 3, 40),
        likes: at as u32 * 13,
        shares: at as u32 % 5,
        score: at as f64 / 7.0,
        pinned: at.is_multiple_of(10),
        tags: (0..3).map(|tag| words(at + tag, 1)).collect(),
    };
    (0..100).map(post).collect()
}
