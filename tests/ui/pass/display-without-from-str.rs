#![allow(dead_code)]

use redis_model::{Json, RedisModel};

struct Colour;

impl std::fmt::Display for Colour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("red")
    }
}

impl std::str::FromStr for Colour {
    type Err = ();

    fn from_str(_: &str) -> Result<Self, ()> {
        Ok(Self)
    }
}

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    #[redis(display)]
    colour: Colour,
}

pub fn main() {}
