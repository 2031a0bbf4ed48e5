#![allow(dead_code)]

use redis_model::{Json, RedisModel};

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    name: String,
    nick: Option<String>,
    visits: u64,
    #[redis(codec = Json)]
    tags: Vec<u32>,
}
#[derive(RedisModel, serde::Serialize, serde::Deserialize)]
#[redis(key = "session:{token}", blob = Json)]
struct Session {
    token: String,
}
#[derive(RedisModel)]
#[redis(key = "member:{tenant}:{number}")]
struct Member {
    tenant: String,
    number: u32,
}

pub fn main() {
    let f = User::FIELDS;
    let _ = User::delete(7_u64).only_if(f.name.eq("Ada"));
    let _ = f;
}
