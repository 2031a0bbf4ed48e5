#![allow(dead_code)]

use redis_model::RedisKeys;
use redis_model::structures::Set;

#[derive(RedisKeys)]
#[redis(key = "user:{id}")]
enum UserKeys {
    Followers(Set<u64>),
}

fn main() {
    let _ = UserKeys::of(7);
}
