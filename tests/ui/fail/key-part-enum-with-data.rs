#![allow(unused_imports, dead_code)]

use redis_model::KeyPart;

#[derive(KeyPart)]
enum Region {
    Eu,
    Other(String),
}

fn main() {}
