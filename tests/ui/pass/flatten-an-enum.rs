#![allow(unused_imports, dead_code)]

use redis_model::{Json, RedisFields, RedisModel};

#[derive(serde::Serialize, serde::Deserialize)]
enum Contact {
    Email(String),
    Phone(u64),
}

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    name: String,
    #[redis(codec = Json)]
    contact: Contact,
    #[redis(codec = Json)]
    other: Option<Contact>,
}

pub fn main() {
    let _ = User::update(7).set(User::FIELDS.name, "Ada");
}
