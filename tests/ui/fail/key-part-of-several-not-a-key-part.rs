#![allow(unused_imports, dead_code)]

use redis_model::{KeyPart, RedisModel};

struct Tenant(String);

#[derive(RedisModel)]
#[redis(key = "tenant:{tenant}:user:{id}")]
struct User {
    tenant: Tenant,
    id: u64,
    name: String,
}

fn main() {}
