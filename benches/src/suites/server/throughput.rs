//! Batches beside `redis-benchmark`, which sends the same commands and decodes nothing.

use std::error::Error;
use std::process::Command;
use std::time::Instant;

use redis::{Arg, Cmd};
use redis_model::{Operation, RedisModel};

use super::Servers;
use crate::hand::tuned;
use crate::lines::Lines;
use crate::models::{User, user};

/// As long as the numbers that `redis-benchmark` puts into keys.
const FIRST: u64 = 100_000_000_000;
const KEYS: usize = 1_000;
const BATCH: usize = 100;

pub fn run(servers: &Servers, lines: &mut Lines<'_>) -> Result<(), Box<dyn Error>> {
    if let Err(error) = Command::new("redis-benchmark").arg("--version").output() {
        println!("# no lines with redis-benchmark: {error}");
        return Ok(());
    }
    let con = &mut servers.unix.get_connection()?;
    let users: Vec<_> = (FIRST..FIRST + KEYS as u64).map(user).collect();
    let ids: Vec<_> = users.iter().map(|user| user.id).collect();
    let (rounds, total) = (lines.quick_or(11, 3), lines.quick_or(50_000, 5_000));
    let rate = |work: &mut dyn FnMut(usize)| {
        let start = Instant::now();
        (0..total / BATCH).for_each(|batch| work(batch * BATCH % KEYS));
        total as f64 / start.elapsed().as_secs_f64()
    };
    lines.figures(
        "batches of saves, redis-benchmark (1/s)",
        rounds,
        || {
            rate(&mut |first| {
                let saved = User::save_many(&users[first..first + BATCH]).run(con).unwrap();
                assert!(saved.iter().all(Result::is_ok));
            })
        },
        || benchmark(servers.socket(), &tuned::save_cmd(&users[0]), total),
    );
    lines.figures(
        "batches of gets, redis-benchmark (1/s)",
        rounds,
        || {
            rate(&mut |first| {
                let ids = ids[first..first + BATCH].iter().copied();
                assert!(User::get_many(ids).run(con).unwrap().iter().all(Result::is_ok));
            })
        },
        || benchmark(servers.socket(), &tuned::get_cmd(FIRST), total),
    );
    Ok(())
}

/// Returns the commands in a second, with other keys of the same length.
fn benchmark(socket: &str, cmd: &Cmd, total: usize) -> f64 {
    let mut arguments: Vec<_> = cmd
        .args_iter()
        .map(|argument| match argument {
            Arg::Simple(bytes) => String::from_utf8(bytes.to_vec()).expect("text"),
            _ => unreachable!("not a scan"),
        })
        .collect();
    arguments[1] = "user:__rand_int__".into();
    let output = Command::new("redis-benchmark")
        .arg("-s")
        .arg(socket)
        .args(["-c", "1", "-P", &BATCH.to_string(), "-n", &total.to_string()])
        .args(["-r", &KEYS.to_string(), "--csv"])
        .args(arguments)
        .output()
        .expect("it ran before");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // The last line has the command, the rate and six latencies, in quotes.
    let last = text.lines().last().unwrap_or_default();
    let rate = last.rsplit("\",\"").nth(6).and_then(|rate| rate.parse().ok());
    rate.unwrap_or_else(|| panic!("redis-benchmark printed {text:?}"))
}
