//! The models: a record as a hash of ten fields, and one as a blob.

use std::collections::BTreeMap;

use redis_model::RedisModel;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, RedisModel, Serialize, Deserialize)]
#[redis(key = "user:{id}")]
pub struct User {
    pub id: u64,
    pub name: String,
    pub email: String,
    pub bio: Option<String>,
    pub visits: u64,
    pub score: f64,
    pub active: bool,
    pub country: String,
    pub level: i32,
    pub city: Option<String>,
    pub created: u64,
}

pub fn user(id: u64) -> User {
    User {
        id,
        name: "Ada Lovelace".into(),
        email: "ada.lovelace@example.com".into(),
        bio: Some("wrote the first program, for a machine that nobody had built".into()),
        visits: 1_234_567,
        score: 98.6,
        active: true,
        country: "GB".into(),
        level: -7,
        city: Some("London".into()),
        created: 1_763_683_200,
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Plan {
    Free,
    Paid,
}

macro_rules! profile {
    ($name:ident, $codec:ident, $key:literal) => {
        #[derive(Debug, Clone, PartialEq, RedisModel, Serialize, Deserialize)]
        #[redis(key = $key, blob = redis_model::codec::$codec)]
        pub struct $name {
            pub id: u64,
            pub name: String,
            pub email: String,
            pub bio: String,
            pub balance: i64,
            pub level: u8,
            pub score: f64,
            pub active: bool,
            pub plan: Plan,
            pub referrer: Option<u64>,
            pub nick: Option<String>,
            pub tags: Vec<String>,
            pub counts: BTreeMap<String, u32>,
            #[serde(with = "serde_bytes")]
            pub key: Vec<u8>,
            pub joined: u64,
        }

        impl $name {
            pub fn new(id: u64) -> Self {
                Self {
                    id,
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
                    counts: (0..6).map(|at| (format!("c{at}"), at * 1000)).collect(),
                    key: (0..32).map(|at: u8| at.wrapping_mul(37)).collect(),
                    joined: 1_763_683_200,
                }
            }
        }
    };
}

profile!(JsonProfile, Json, "json:{id}");
profile!(PostcardProfile, Postcard, "postcard:{id}");
profile!(BincodeProfile, Bincode, "bincode:{id}");

const WORDS: [&str; 24] = [
    "the", "cache", "of", "a", "server", "holds", "what", "was", "read", "before", "and", "is",
    "asked", "for", "again", "so", "that", "nobody", "waits", "twice", "on", "slow", "things",
    "unless",
];

/// Returns a text of `count` words, a different one for each seed.
pub fn words(seed: usize, count: usize) -> String {
    let word = |at| WORDS[(seed * 7 + at * at + at * 5) % WORDS.len()];
    (0..count).map(word).collect::<Vec<_>>().join(" ")
}
