use redis_model::{Operation, RedisModel};

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    name: String,
}

pub fn main() {
    let _ = User::get(7).explain();
}
