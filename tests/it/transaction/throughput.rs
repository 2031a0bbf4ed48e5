//! The throughput of `transaction` and of WATCH with MULTI/EXEC under contention.
//!
//! `cargo test --release --all-features --test it -- transaction::throughput --ignored --nocapture`

use std::thread;
use std::time::{Duration, Instant};

use redis::{Connection, RedisResult};
use redis_model::embedded::Server;
use redis_model::{Operation, RedisModel, transaction};

const TASKS: u64 = 16;
const RECORDS: u64 = 4;
const FOR: Duration = Duration::from_secs(3);

#[derive(Debug, RedisModel)]
#[redis(key = "throughput:{id}")]
struct Account {
    id: u64,
    balance: i64,
}

#[test]
#[ignore = "measures time; run it alone, in a release build"]
fn transaction_against_watch_multi_exec() {
    let server = Server::start().unwrap();
    let ours = measure(&server, with_transaction);
    let watch = measure(&server, with_watch);
    let pipelined = measure(&server, with_pipelined_watch);
    println!("{TASKS} connections, transfers between {RECORDS} records:");
    println!("transaction                  {ours:>8.0} transfers/s");
    println!("WATCH, HGET, MULTI/EXEC      {watch:>8.0} transfers/s, ratio {:.1}", ours / watch);
    println!(
        "WATCH and HGET pipelined     {pipelined:>8.0} transfers/s, ratio {:.1}",
        ours / pipelined
    );
}

/// Returns the transfers in a second, of all connections together.
fn measure(server: &Server, transfer: fn(&mut Connection, u64, u64) -> bool) -> f64 {
    let mut con = server.connection().unwrap();
    for id in 0..RECORDS {
        Account { id, balance: 1_000_000 }.save().run(&mut con).unwrap();
    }
    let started = Instant::now();
    let done: u64 = thread::scope(|scope| {
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| {
                let mut con = server.connection().unwrap();
                scope.spawn(move || {
                    let mut done = 0;
                    while started.elapsed() < FOR {
                        let from = (task + done) % RECORDS;
                        let to = (from + 1 + done % (RECORDS - 1)) % RECORDS;
                        done += u64::from(transfer(&mut con, from, to));
                    }
                    done
                })
            })
            .collect();
        tasks.into_iter().map(|task| task.join().unwrap()).sum()
    });
    let seconds = started.elapsed().as_secs_f64();
    let balances: Vec<i64> =
        (0..RECORDS).map(|id| Account::get(id).run(&mut con).unwrap().unwrap().balance).collect();
    assert_eq!(balances.iter().sum::<i64>(), 1_000_000 * RECORDS as i64);
    done as f64 / seconds
}

fn with_transaction(con: &mut Connection, from: u64, to: u64) -> bool {
    let balance = Account::FIELDS.balance;
    let transfer = transaction((
        Account::update(from).only_if(balance.at_least(1)).incr(balance, -1),
        Account::update(to).incr(balance, 1),
    ));
    transfer.run(con).unwrap().is_applied()
}

/// A transfer as the documentation of redis-rs writes it.
fn with_watch(con: &mut Connection, from: u64, to: u64) -> bool {
    let (from, to) = (Account::key(from).to_string(), Account::key(to).to_string());
    let keys = [from.as_str(), to.as_str()];
    let done: RedisResult<bool> = redis::transaction(con, &keys, |con, pipe| {
        let left: i64 = redis::cmd("HGET").arg(&from).arg("balance").query(con)?;
        let known: bool = redis::cmd("HEXISTS").arg(&to).arg("balance").query(con)?;
        if left < 1 || !known {
            return Ok(Some(false));
        }
        add_moves(pipe, &from, &to);
        let moved: Option<()> = pipe.query(con)?;
        Ok(moved.map(|()| true))
    });
    done.unwrap()
}

/// The same in two round trips for each attempt.
fn with_pipelined_watch(con: &mut Connection, from: u64, to: u64) -> bool {
    let (from, to) = (Account::key(from).to_string(), Account::key(to).to_string());
    loop {
        let mut read = redis::pipe();
        read.cmd("WATCH").arg(&from).arg(&to).ignore();
        read.cmd("HGET").arg(&from).arg("balance").cmd("HEXISTS").arg(&to).arg("balance");
        let (left, known): (i64, bool) = read.query(con).unwrap();
        if left < 1 || !known {
            redis::cmd("UNWATCH").exec(con).unwrap();
            return false;
        }
        let mut moves = redis::pipe();
        add_moves(moves.atomic(), &from, &to);
        let moved: Option<()> = moves.query(con).unwrap();
        if moved.is_some() {
            return true;
        }
    }
}

fn add_moves(pipe: &mut redis::Pipeline, from: &str, to: &str) {
    pipe.cmd("HINCRBY").arg(from).arg("balance").arg(-1).ignore();
    pipe.cmd("HINCRBY").arg(to).arg("balance").arg(1).ignore();
}
