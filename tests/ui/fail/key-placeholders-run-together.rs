#![allow(unused_imports)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = "{tenant}{id}")]
struct User {
    tenant: String,
    id: u64,
    name: String,
}

fn main() {}
