#![allow(dead_code)]

use redis_model::{RedisModel, codec::{MsgPack, Postcard}};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, RedisModel)]
#[redis(key = "user:{id}", blob = MsgPack)]
#[serde(tag = "type")]
struct User {
    id: u64,
    name: String,
}

pub fn main() {}
