#![allow(unused_imports)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = "user:{di}", tll = "1h", rename_all = "camel")]
struct User {
    id: u64,
    #[redis(renmae = "n")]
    name: String,
    #[redis(codec)]
    tags: Vec<u32>,
}

fn main() {}
