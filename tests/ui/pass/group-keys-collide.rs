#![allow(dead_code)]

use redis_model::RedisKeys;
use redis_model::structures::{Counter, List, Set};

#[derive(RedisKeys)]
#[redis(key = "user:{id}", rename_all = "camelCase")]
struct UserKeys {
    followers: Set<u64>,
    timeline: List<u64>,
    #[redis(key = "user:{id:raw}:score")]
    score: Counter<u32>,
    last_seen: Set<u64>,
}

pub fn main() {
    let _ = UserKeys::of(7);
}
