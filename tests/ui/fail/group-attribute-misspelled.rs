#![allow(dead_code)]

use redis_model::RedisKeys;
use redis_model::structures::{List, Set};

#[derive(RedisKeys)]
#[redis(key = "user:{id}", tll = "1d", blob = Json)]
struct UserKeys {
    #[redis(ttll = "1h")]
    followers: Set<u64>,
    #[redis(codec = Json)]
    timeline: List<u64>,
}

fn main() {
    let _ = UserKeys::of(7);
}
