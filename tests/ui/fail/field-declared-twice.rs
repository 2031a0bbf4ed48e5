#![allow(unused_imports)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    name: String,
    name: u64,
}

fn main() {
    let _ = User::FIELDS.name;
}
