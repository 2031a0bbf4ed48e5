#![allow(unused_imports, dead_code)]

use redis_model::{Json, RedisFields, RedisModel};

#[derive(RedisFields)]
enum Contact {
    Email(String),
    Phone(u64),
}

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    name: String,
    #[redis(flatten)]
    contact: Contact,
    #[redis(flatten)]
    other: Option<Contact>,
}

fn main() {
    let _ = User::update(7).set(User::FIELDS.name, "Ada");
}
