#![allow(unused_imports, dead_code)]

use redis_model::{Json, RedisModel};

struct Colour;

impl std::fmt::Display for Colour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("red")
    }
}

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    #[redis(display)]
    colour: Colour,
}

fn main() {}
