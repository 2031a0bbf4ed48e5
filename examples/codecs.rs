//! The codecs side by side: sizes and times relative to JSON's.
//!
//! `cargo run --release --example codecs`
//!
//! Three payloads (a session of four texts, a profile of fifteen fields of all
//! kinds, a feed of a hundred posts) go through every codec in turn, round by
//! round, so that other load on the machine affects all codecs equally. The output
//! is the median of the rounds' ratios; below 1.00 is smaller or faster than JSON.

use std::collections::BTreeMap;
use std::error::Error;
use std::hint::black_box;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use redis_model::Json;
use redis_model::codec::{
    Bincode, BincodeLegacy, Cbor, Codec, KeyProvider, KeyRing, Location, Lz4, MsgPack, Postcard,
    Sealed, Signed, Zstd,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Session {
    token: String,
    user: String,
    address: String,
    agent: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Plan {
    Free,
    Paid,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Profile {
    id: u64,
    name: String,
    email: String,
    bio: String,
    balance: i64,
    level: u8,
    score: f64,
    active: bool,
    plan: Plan,
    referrer: Option<u64>,
    nick: Option<String>,
    tags: Vec<String>,
    counts: BTreeMap<String, u32>,
    #[serde(with = "serde_bytes")]
    key: Vec<u8>,
    joined: u64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
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

const WORDS: [&str; 24] = [
    "the", "cache", "of", "a", "server", "holds", "what", "was", "read", "before", "and", "is",
    "asked", "for", "again", "so", "that", "nobody", "waits", "twice", "on", "slow", "things",
    "unless",
];

/// Returns a text of `count` words, a different one for each seed.
fn words(seed: usize, count: usize) -> String {
    let word = |at| WORDS[(seed * 7 + at * at + at * 5) % WORDS.len()];
    (0..count).map(word).collect::<Vec<_>>().join(" ")
}

fn session() -> Session {
    Session {
        token: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        user: "ada.lovelace@example.com".into(),
        address: "2001:db8:85a3::8a2e:370:7334".into(),
        agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101".into(),
    }
}

fn profile() -> Profile {
    Profile {
        id: 1_152_921_504_606_846_976,
        name: "Ada Lovelace".into(),
        email: "ada.lovelace@example.com".into(),
        bio: words(1, 24),
        balance: -1_234_567,
        level: 7,
        score: 98.6,
        active: true,
        plan: Plan::Paid,
        referrer: Some(42),
        nick: None,
        tags: (0..6).map(|at| words(at, 1)).collect(),
        counts: (0..6).map(|at| (format!("{}-{at}", words(at, 1)), at as u32 * 1000)).collect(),
        key: (0..32).map(|at| (at * 37) as u8).collect(),
        joined: 1_763_683_200,
    }
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

struct Ring;

impl KeyProvider for Ring {
    fn ring() -> Arc<KeyRing> {
        static RING: LazyLock<Arc<KeyRing>> = LazyLock::new(|| Arc::new(KeyRing::new(1, [7; 32])));
        RING.clone()
    }
}

/// One codec for one payload: its name, the encoded size, and a run of each direction.
struct Contestant<'a> {
    name: &'static str,
    size: usize,
    encode: Box<dyn Fn() + 'a>,
    decode: Box<dyn Fn() + 'a>,
}

fn contestant<'a, C, T>(name: &'static str, value: &'a T) -> Result<Contestant<'a>, Box<dyn Error>>
where
    C: Codec<T>,
    T: PartialEq + 'a,
{
    let mut bytes = Vec::new();
    C::encode(value, &Location::NOWHERE, &mut bytes)?;
    assert!(C::decode(&bytes, &Location::NOWHERE)? == *value, "{name} does not keep the payload");
    let size = bytes.len();
    let encode = move || {
        let mut out = Vec::with_capacity(256);
        C::encode(black_box(value), &Location::NOWHERE, &mut out).expect("as before");
        black_box(out);
    };
    let decode = move || {
        black_box(C::decode(black_box(&bytes), &Location::NOWHERE).expect("as before"));
    };
    Ok(Contestant { name, size, encode: Box::new(encode), decode: Box::new(decode) })
}

fn contestants<T>(value: &T) -> Result<Vec<Contestant<'_>>, Box<dyn Error>>
where
    T: Serialize + DeserializeOwned + PartialEq,
{
    Ok(vec![
        contestant::<Json, T>("Json", value)?,
        contestant::<MsgPack, T>("MsgPack", value)?,
        contestant::<Cbor, T>("Cbor", value)?,
        contestant::<Postcard, T>("Postcard", value)?,
        contestant::<Bincode, T>("Bincode", value)?,
        contestant::<BincodeLegacy, T>("BincodeLegacy", value)?,
        contestant::<Lz4<Json>, T>("Lz4<Json>", value)?,
        contestant::<Zstd<Json>, T>("Zstd<Json>", value)?,
        contestant::<Zstd<MsgPack>, T>("Zstd<MsgPack>", value)?,
        contestant::<Signed<Json, Ring>, T>("Signed<Json, …>", value)?,
        contestant::<Sealed<Json, Ring>, T>("Sealed<Json, …>", value)?,
    ])
}

fn time(run: &dyn Fn(), times: u32) -> Duration {
    let start = Instant::now();
    (0..times).for_each(|_| run());
    start.elapsed()
}

/// Returns each contestant's time relative to the first one's, as the median of all rounds.
fn ratios(
    all: &[Contestant<'_>],
    rounds: usize,
    of: impl Fn(&Contestant<'_>) -> Duration,
) -> Vec<f64> {
    let mut by_round = vec![Vec::new(); all.len()];
    for _ in 0..rounds {
        let times: Vec<_> = all.iter().map(&of).collect();
        for (ratios, time) in by_round.iter_mut().zip(&times) {
            ratios.push(time.as_secs_f64() / times[0].as_secs_f64());
        }
    }
    let median = |mut ratios: Vec<f64>| {
        ratios.sort_by(f64::total_cmp);
        ratios[ratios.len() / 2]
    };
    by_round.into_iter().map(median).collect()
}

fn compare<T>(name: &str, value: &T) -> Result<(), Box<dyn Error>>
where
    T: Serialize + DeserializeOwned + PartialEq,
{
    let all = contestants(value)?;
    // A round of JSON takes about two milliseconds, or half a millisecond in a debug build,
    // whose times mean little.
    let (budget, rounds) = if cfg!(debug_assertions) { (500, 3) } else { (2000, 31) };
    let once = time(&all[0].encode, 1) + time(&all[0].decode, 1);
    let times = (Duration::from_micros(budget).as_nanos() / once.as_nanos().max(1)).max(1) as u32;

    let encode = ratios(&all, rounds, |it| time(&it.encode, times));
    let decode = ratios(&all, rounds, |it| time(&it.decode, times));
    println!("\n{name}: {} bytes of JSON", all[0].size);
    println!("{:<18}{:>8}{:>8}{:>8}", "", "size", "encode", "decode");
    for ((it, encode), decode) in all.iter().zip(encode).zip(decode) {
        let size = it.size as f64 / all[0].size as f64;
        println!("{:<18}{size:>8.2}{encode:>8.2}{decode:>8.2}", it.name);
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    if cfg!(debug_assertions) {
        println!("The sizes are right; for the times use `cargo run --release --example codecs`.");
    }
    compare("session", &session())?;
    compare("profile", &profile())?;
    compare("feed", &feed())
}
