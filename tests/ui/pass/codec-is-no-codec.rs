#![allow(dead_code)]

use redis_model::{Bincode, RedisModel};

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    #[redis(codec = Bincode)] thing: Vec<u8>,
}

pub fn main() {}
