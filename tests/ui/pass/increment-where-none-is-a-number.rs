#![allow(dead_code, unused_imports)]

use redis_model::{Json, RedisModel};
use std::time::SystemTime;

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    #[redis(none_as = "None")]
    score: Option<i64>,
}

pub fn main() {
    let _ = User::update(1).incr(User::FIELDS.score, 1);
}
