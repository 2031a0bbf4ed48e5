#![allow(dead_code)]

use redis_model::RedisKeys;
use redis_model::structures::Set;

#[derive(RedisKeys)]
struct UserKeys {
    followers: Set<u64>,
}

fn main() {
    let _ = UserKeys::of(7);
}
