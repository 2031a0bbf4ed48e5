#![allow(unused_imports)]

use redis_model::RedisModel;

#[derive(Default)]
#[allow(dead_code)]
struct Custom;

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    #[redis(codec = String)] thing: Vec<u8>,
}

fn main() {}
