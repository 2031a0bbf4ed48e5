#![allow(unused_imports, dead_code)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    #[redis(expires = "300", default)]
    name: String,
}

fn main() {}
