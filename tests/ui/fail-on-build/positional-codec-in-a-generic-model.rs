#![allow(unused_imports, dead_code)]

use redis_model::{RedisModel, codec::{MsgPack, Postcard}};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, RedisModel)]
#[redis(key = "user:{id}", blob = Postcard)]
struct User<T> {
    id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nick: Option<T>,
}

fn main() {
    let _ = User::<String>::from_bytes(b"");
}
