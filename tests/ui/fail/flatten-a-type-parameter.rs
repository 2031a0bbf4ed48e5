#![allow(unused_imports, dead_code)]

use redis_model::{RedisFields, RedisModel};

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User<T: RedisFields> {
    id: u64,
    #[redis(flatten)]
    home: Option<T>,
}

fn main() {}
