#![allow(dead_code)]

use redis_model::{RedisFields, RedisModel};

#[derive(RedisFields)]
struct Four {
    a: u32,
    b: u32,
    c: u32,
    d: u32,
}

#[derive(RedisFields)]
struct Sixteen {
    #[redis(flatten)]
    a: Four,
    #[redis(flatten)]
    b: Four,
    #[redis(flatten)]
    c: Four,
    #[redis(flatten)]
    d: Four,
}

#[derive(RedisFields)]
struct SixtyFour {
    #[redis(flatten)]
    a: Sixteen,
    #[redis(flatten)]
    b: Sixteen,
    #[redis(flatten)]
    c: Sixteen,
    #[redis(flatten)]
    d: Sixteen,
}

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    #[redis(flatten)]
    a: SixtyFour,
    #[redis(flatten)]
    b: SixtyFour,
    #[redis(flatten)]
    c: SixtyFour,
    #[redis(flatten)]
    d: SixtyFour,
}

pub fn main() {
    assert_eq!(User::SCHEMA.fields.len(), 256);
}
