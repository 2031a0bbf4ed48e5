#![allow(dead_code)]

use redis_model::KeyPart;

#[derive(redis_model::RedisValue, KeyPart)]
enum Region {
    Eu,
    Us,
}

pub fn main() {}
