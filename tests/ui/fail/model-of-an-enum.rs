#![allow(unused_imports, dead_code)]

use redis_model::{Operation, RedisModel};

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
enum User {
    Named { id: u64 },
}

fn main() {
    let _ = User::get(7).explain();
    let _ = User::get("token").explain();
}
