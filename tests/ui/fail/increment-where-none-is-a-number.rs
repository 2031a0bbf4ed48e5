#![allow(unused_imports, dead_code)]

use redis_model::{Json, RedisModel};
use std::time::SystemTime;

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    #[redis(none_as = "-1")]
    score: Option<i64>,
}

fn main() {
    let _ = User::update(1).incr(User::FIELDS.score, 1);
}
