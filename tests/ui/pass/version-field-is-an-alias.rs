#![allow(unused_imports, dead_code)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = "user:{id}", version_field = "_v", version = 2)]
struct User {
    id: u64,
    #[redis(alias = "_n")]
    name: String,
}

pub fn main() {}
