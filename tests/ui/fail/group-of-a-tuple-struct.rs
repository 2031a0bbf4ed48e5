#![allow(dead_code)]

use redis_model::RedisKeys;
use redis_model::structures::{List, Set};

#[derive(RedisKeys)]
#[redis(key = "user:{id}")]
struct UserKeys(Set<u64>, List<u64>);

fn main() {
    let _ = UserKeys::of(7);
}
