#![allow(dead_code)]

use redis_model::{RedisModel, codec::{MsgPack, Postcard}};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct More {
    nick: String,
}

#[derive(Serialize, Deserialize, RedisModel)]
#[redis(key = "user:{id}", blob = MsgPack)]
struct User {
    id: u64,
    #[serde(flatten)]
    more: More,
}

pub fn main() {}
