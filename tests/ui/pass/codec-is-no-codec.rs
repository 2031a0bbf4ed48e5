#![allow(dead_code)]

use redis_model::{RedisModel, codec::Bincode};

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    #[redis(codec = Bincode)] thing: Vec<u8>,
}

pub fn main() {}
