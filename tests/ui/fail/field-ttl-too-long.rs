//! No server takes such a time for a field, though it takes that time for a key.

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = "login:{user}", ttl = "60000w")]
struct Login {
    user: u64,
    name: String,
    #[redis(ttl = "60000w")]
    code: Option<u32>,
}

fn main() {}
