//! Redis OM Python, for scale.

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;

use redis_model::{Operation, RedisModel};

use super::ID;
use crate::lines::Lines;
use crate::models::{User, user};
use crate::rounds::micros;
use crate::suites::server::Servers;

pub fn run(servers: &Servers, lines: &mut Lines<'_>) -> Result<(), Box<dyn Error>> {
    let calls = lines.quick_or(1_000, 10);
    if let Err(error) = python(servers, 1) {
        println!(
            "# no lines with Redis OM Python ({error}): python3 -m pip install --target \
             benches/target/python redis-om"
        );
        return Ok(());
    }
    let con = &mut servers.unix.get_connection()?;
    let (ours, rounds) = (user(ID), lines.quick_or(5, 1));
    let theirs = |at: usize| python(servers, calls).expect("it ran before")[at];
    lines.figures(
        "hash save, Redis OM Python (µs)",
        rounds,
        || micros(calls, || ours.save().run(con).unwrap()),
        || theirs(0),
    );
    lines.figures(
        "hash get, Redis OM Python (µs)",
        rounds,
        || micros(calls, || assert!(black_box(User::get(ID).run(con).unwrap()).is_some())),
        || theirs(1),
    );
    Ok(())
}

/// Returns the microseconds of a save and of a get.
fn python(servers: &Servers, calls: usize) -> Result<[f64; 2], String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("python3")
        .arg("-B")
        .arg(folder.join("peers/python.py"))
        .args([servers.socket(), &calls.to_string()])
        .env("PYTHONPATH", folder.join("target/python"))
        .output()
        .map_err(|error| error.to_string())?;
    let figures = String::from_utf8_lossy(&output.stdout).into_owned();
    let figures: Vec<_> = figures.split_whitespace().filter_map(|it| it.parse().ok()).collect();
    figures.try_into().map_err(|_| {
        let trace = String::from_utf8_lossy(&output.stderr);
        trace.lines().last().unwrap_or("it printed no figures").to_owned()
    })
}
