#![allow(dead_code)]

use redis_model::RedisKeys;
use redis_model::structures::{Counter, Set};

#[derive(RedisKeys)]
#[redis(key = "tenant:{tenant}:user:{id}")]
struct UserKeys {
    followers: Set<u64>,
    #[redis(key = "score:{id}:{tenant}")]
    score: Counter<u32>,
}

pub fn main() {
    let _ = UserKeys::of(("acme", 7));
}
