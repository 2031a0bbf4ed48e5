#![allow(unused_imports, dead_code)]

use redis_model::KeyPart;

#[derive(KeyPart)]
struct Pair(u32, u32);

fn main() {}
