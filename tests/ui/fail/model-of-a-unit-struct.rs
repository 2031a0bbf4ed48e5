#![allow(unused_imports, dead_code)]

use redis_model::{Operation, RedisModel};

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User;

fn main() {
    let _ = User::get(7).explain();
    let _ = User.save().explain();
}
