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
    let _ = User::get(1);
    let names = vec![("acme".to_owned(), 7)];
    let _ = Member::get_many(&names);
    let _ = Member::get_many(&[("acme", 7)]);
    let _ = Member::get(("acme", 7));
    let _ = Member::get(&("acme", 7));
    let tokens = vec!["a".to_owned()];
    let _ = Session::get_many(&tokens);
    let _ = Session::get_many(tokens);
    let _ = Session::get_many(&["a", "b"]);
    let _ = Session::get_many(["a", "b"]);
    let _ = f;
}
