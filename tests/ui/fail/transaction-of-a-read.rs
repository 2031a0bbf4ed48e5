//! A transaction is of writes.

use redis_model::{RedisModel, transaction};

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    name: String,
}

fn main() {
    let _ = transaction((User::delete(1), User::get(2)));
    let _ = transaction((User::delete(1), User::take(2)));
}
