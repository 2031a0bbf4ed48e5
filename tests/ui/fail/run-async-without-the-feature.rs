#![allow(dead_code)]

use redis_model::{Operation, RedisModel};

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    name: String,
}

/// Stands for redis-rs' own, which the feature turns on.
struct MultiplexedConnection;

async fn user(con: &mut MultiplexedConnection) -> redis_model::Result<Option<User>> {
    User::get(7).run_async(con).await
}

fn main() {}
