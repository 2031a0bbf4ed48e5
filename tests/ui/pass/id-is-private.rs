#![allow(unused_imports, dead_code)]

mod user {
    use redis_model::{KeyPart, RedisModel};

    #[derive(Clone, KeyPart)]
    pub struct UserId(u64);

    #[derive(RedisModel)]
    #[redis(key = "user:{id}")]
    pub struct User {
        id: UserId,
        name: String,
    }
}

pub fn main() {}
