//! Saves and reads a million records through `save_many` and `get_many`, and prints records
//! per second and the peak of memory.
//!
//! `cargo run --release --example bulk`, with `-- --records 20000` for fewer.

use std::time::Instant;
use std::{env, fs};

use indicatif::{ProgressBar, ProgressStyle};
use redis_model::{Operation, RedisModel, embedded::Server};

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "reading:{id}")]
struct Reading {
    id: u64,
    sensor: String,
    celsius: f64,
    note: Option<String>,
}

fn reading(id: u64) -> Reading {
    let note = id.is_multiple_of(10).then(|| "calibrated".to_owned());
    Reading { id, sensor: format!("sensor {}", id % 1000), celsius: id as f64 / 64.0, note }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let records = records()?;
    let server = Server::named_or_private()?;
    let mut con = server.connection()?;

    // One call for all records, which are sent in bounded parts.
    let all: Vec<Reading> = (0..records).map(reading).collect();
    let start = Instant::now();
    for saved in Reading::save_many(&all).run(&mut con)? {
        saved?;
    }
    report("saved", records, start);
    drop(all);

    // Read in slices, to show the progress.
    let start = Instant::now();
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {per_sec} {eta}")?;
    let bar = ProgressBar::new(records).with_style(style);
    for from in (0..records).step_by(20_000) {
        let ids = from..records.min(from + 20_000);
        bar.inc(ids.end - ids.start);
        for (id, read) in ids.clone().zip(Reading::get_many(ids).run(&mut con)?) {
            assert_eq!(read?, Some(reading(id)));
        }
    }
    bar.finish_and_clear();
    report("read", records, start);

    for id in (0..records).step_by(100_000) {
        for deleted in Reading::delete_many(id..records.min(id + 100_000)).run(&mut con)? {
            deleted?;
        }
    }
    if let Some(peak) = peak_memory() {
        println!("{peak} MB of memory at most");
        assert!(peak < 300, "more than 300 MB");
    }
    Ok(())
}

fn report(what: &str, records: u64, start: Instant) {
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{what} {records} records in {seconds:.1} s: {:.0} per second",
        records as f64 / seconds
    );
}

fn records() -> Result<u64, Box<dyn std::error::Error>> {
    let mut arguments = env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => Ok(1_000_000),
        (Some("--records"), Some(number)) => Ok(number.parse()?),
        _ => Err("usage: bulk [--records NUMBER]".into()),
    }
}

/// Returns the peak of resident memory in MB, if the system reports it.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kilobytes| kilobytes / 1024)
}
