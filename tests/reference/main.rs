//! Random updates of random hashes, compared with a plain map that follows the documented
//! rules: the outcome, the returned values, the whole hash and every time to live.
//!
//! A failure prints the seed and the program. `REFERENCE_SEED=…` runs the same programs.

mod map;
mod models;
mod program;
mod random;
mod server;
mod structures;

use models::{Bare, Lapsing, Loose, Strict};
use redis_model::embedded::Server;

/// Programs of each model in one run.
const PROGRAMS: usize = 17_000;

fn seed() -> u64 {
    match std::env::var("REFERENCE_SEED") {
        Ok(seed) => seed.parse().expect("REFERENCE_SEED is a number"),
        Err(_) => std::time::UNIX_EPOCH.elapsed().map_or(1, |time| time.as_micros() as u64),
    }
}

fn newer(variable: &str) -> Server {
    let binary = std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} names no server; see `.ci/run`"));
    // Expired fields stay until a command reads them.
    Server::options()
        .binary(binary)
        .argument("--enable-debug-command")
        .argument("yes")
        .start()
        .unwrap_or_else(|error| panic!("{variable}: {error}"))
}

fn all_models(server: &Server, fields_expire: bool) {
    let seed = seed();
    server::compare::<Strict>(server, PROGRAMS, seed, fields_expire);
    server::compare::<Loose>(server, PROGRAMS, seed, fields_expire);
    server::compare::<Bare>(server, PROGRAMS, seed, fields_expire);
    if fields_expire {
        server::compare::<Lapsing>(server, PROGRAMS, seed, true);
    }
}

#[test]
fn updates_do_what_a_plain_map_does() {
    all_models(&Server::start().unwrap_or_else(|error| panic!("{error}")), false);
}

#[test]
#[ignore = "needs REDIS_8: `.ci/run` gets one and runs this"]
fn updates_do_what_a_plain_map_does_on_redis_8() {
    all_models(&newer("REDIS_8"), true);
}

#[test]
#[ignore = "needs VALKEY_9: `.ci/run` gets one and runs this"]
fn updates_do_what_a_plain_map_does_on_valkey_9() {
    all_models(&newer("VALKEY_9"), true);
}
