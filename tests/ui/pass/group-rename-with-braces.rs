#![allow(dead_code)]

use redis_model::RedisKeys;
use redis_model::structures::{List, Set};

#[derive(RedisKeys)]
#[redis(key = "user:{id}")]
struct UserKeys {
    #[redis(rename = "f")]
    followers: Set<u64>,
    timeline: List<u64>,
}

pub fn main() {
    let _ = UserKeys::of(7);
}
