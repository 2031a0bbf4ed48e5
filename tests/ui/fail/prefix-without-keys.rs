//! Redis-rs does not know the keys of its commands, so they would have no prefix.

use redis_model::connection::Prefixed;
use redis_model::redis;

fn run(con: &mut Prefixed<redis::Connection>) -> redis::RedisResult<u64> {
    redis::cmd("INCR").arg("visits").query(con)
}

fn main() {
    let _ = run;
}
