//! Redis-rs does not know the keys of its commands, so they would have no prefix.

use redis_model::connection::Prefixed;
use redis_model::{Operation, command, redis};

fn run(con: &mut Prefixed<redis::Connection>) -> redis_model::Result<u64> {
    command(redis::cmd("INCR").arg("visits")).run(con)
}

pub fn main() {
    let _ = run;
}
