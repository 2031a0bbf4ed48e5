#![allow(dead_code)]

use redis_model::{Operation, RedisModel};

#[derive(RedisModel)]
#[redis(key = "user:{id}", ttl = "1h")]
struct User {
    id: u64,
    name: String,
}

pub fn main() {
    let f = User::FIELDS;
    let _ = User::update(1).set(f.name, "x").explain();
    let _ = (User::get(1), User::delete(1)).explain();
}
