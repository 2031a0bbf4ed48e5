#![allow(dead_code)]

use redis_model::RedisKeys;
use redis_model::structures::{List, Set};

#[derive(RedisKeys)]
#[redis(key = "user:{id}", ttl = "1d")]
struct UserKeys {
    #[redis(ttl = "1h")]
    followers: Set<u64>,
    timeline: List<u64, redis_model::Json>,
}

pub fn main() {
    let _ = UserKeys::of(7);
}
