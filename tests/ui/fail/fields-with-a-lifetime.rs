#![allow(unused_imports, dead_code)]

use redis_model::RedisFields;

#[derive(RedisFields)]
struct Address<'a> {
    street: &'a str,
    zip: u32,
}

fn main() {}
