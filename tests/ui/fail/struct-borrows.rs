#![allow(unused_imports)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User<'a> {
    id: u64,
    #[redis(skip)]
    name: Option<&'a str>,
}

fn main() {}
