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
    let nick = Some("ada");
    let _ = User::update(1).set_or_remove(f.nick, nick).set_some(f.name, nick);
    let _ = User::update(1).set(f.nick, None);
    let nick = Some("ada".to_owned());
    let _ = User::update(1).set(f.nick, &nick);
    let _ = f;
}
