#![allow(unused_imports)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = "user")]
struct User;

fn main() {}
