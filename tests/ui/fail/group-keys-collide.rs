#![allow(dead_code)]

use redis_model::RedisKeys;
use redis_model::structures::{Counter, List, Set};

#[derive(RedisKeys)]
#[redis(key = "user:{id}", rename_all = "camelCase")]
struct UserKeys {
    followers: Set<u64>,
    #[redis(rename = "followers")]
    timeline: List<u64>,
    #[redis(key = "user:{id:raw}:followers")]
    score: Counter<u32>,
    last_seen: Set<u64>,
    lastSeen: List<u64>,
}

fn main() {
    let _ = UserKeys::of(7);
}
