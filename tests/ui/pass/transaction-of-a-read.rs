//! A transaction is of writes.

use redis_model::{RedisModel, transaction};

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    name: String,
}

pub fn main() {
    let _ = transaction((User::delete(1), User::delete(2)));
}
