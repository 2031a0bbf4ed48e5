#![allow(unused_imports, dead_code)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct UserV1 {
    id: u64,
    name: String,
}

#[derive(RedisModel)]
#[redis(key = "user:{id}", version_field = "_v", version = 3, migrate(UserV1, UserV1))]
struct User {
    id: u64,
    name: String,
}

impl From<UserV1> for User {
    fn from(old: UserV1) -> Self {
        Self { id: old.id, name: old.name }
    }
}

fn main() {}
