#![allow(dead_code)]

use redis_model::RedisKeys;
use redis_model::structures::Set;

#[derive(RedisKeys)]
#[redis(key = "tenant:{tenant}:user:{id}", id = (String, u64))]
struct UserKeys {
    followers: Set<u64>,
}

pub fn main() {
    let _ = UserKeys::of(("acme", 7));
}
