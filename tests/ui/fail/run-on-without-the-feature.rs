#![allow(dead_code)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    name: String,
}

/// Stands for redis-rs' own, which the feature turns on.
struct MultiplexedConnection;

async fn user(con: &MultiplexedConnection) -> redis_model::Result<Option<User>> {
    User::modify(7, |user| user.name.clear()).run_on(con).await.map(|_| None)
}

fn main() {}
