use redis_model::{Operation, RedisModel};

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
}

pub fn main() {
    let _ = User::get(7).explain();
    let _ = User { id: 7 }.save().explain();
}
