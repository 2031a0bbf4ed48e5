#![allow(dead_code)]

use redis_model::{KeyPart, RedisModel};

#[derive(Clone, KeyPart)]
struct Tenant(String);

#[derive(RedisModel)]
#[redis(key = "tenant:{tenant}:user:{id}")]
struct User {
    tenant: Tenant,
    id: u64,
    name: String,
}

pub fn main() {}
