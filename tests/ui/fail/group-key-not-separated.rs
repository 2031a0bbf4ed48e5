#![allow(dead_code)]

use redis_model::RedisKeys;
use redis_model::structures::{Counter, Set};

#[derive(RedisKeys)]
#[redis(key = "user-{id}")]
struct UserKeys {
    followers: Set<u64>,
    #[redis(key = "score-{id}")]
    score: Counter<u32>,
}

fn main() {
    let _ = UserKeys::of(7);
}
