#![allow(dead_code)]

use redis_model::KeyPart;

#[derive(KeyPart)]
struct One(u32);

pub fn main() {}
