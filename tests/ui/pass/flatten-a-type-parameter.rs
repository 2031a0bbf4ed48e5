#![allow(dead_code)]

use redis_model::{RedisFields, RedisModel, RedisValue};

#[derive(RedisFields)]
struct Home<T> {
    street: T,
}

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User<T: RedisValue + 'static> {
    id: u64,
    #[redis(flatten)]
    home: Option<Home<T>>,
    after: u8,
}

pub fn main() {
    assert_eq!(User::<u8>::FIELDS.home.street.name(), "home.street");
    assert_eq!(User::<u8>::FIELDS.after.name(), "after");
}
