//! Every call through a fail-over is a right answer or a clear error.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis_model::{Error, Operation, Outcome, RedisModel, Result};
use tokio::runtime::Runtime;

use crate::support::{Deployment, PATIENCE, until};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "counter:{id}")]
struct Counter {
    id: u64,
    hits: u64,
    note: String,
}

/// A connection to the server that is the primary when it is opened.
enum Con {
    Sync(redis::Connection),
    Async(MultiplexedConnection, Runtime),
}

impl Con {
    fn open(deployment: &Deployment, is_async: bool) -> redis::RedisResult<Self> {
        let mut client = deployment.client();
        if !is_async {
            return client.get_connection().map(Self::Sync);
        }
        let runtime = Runtime::new().unwrap();
        let con = runtime.block_on(client.get_async_connection())?;
        Ok(Self::Async(con, runtime))
    }

    fn run<O>(&mut self, operation: O) -> Result<O::Output>
    where
        O: Operation + Sync,
        O::Output: Send,
    {
        match self {
            Self::Sync(con) => operation.run(con),
            Self::Async(con, runtime) => runtime.block_on(operation.run_async(con)),
        }
    }

    fn count(&mut self) -> Result<u64> {
        let mut count = Counter::count();
        match self {
            Self::Sync(con) => count.run(con),
            Self::Async(con, runtime) => runtime.block_on(count.run_async(con)),
        }
    }
}

/// The results of one worker.
#[derive(Debug, Default)]
struct Told {
    applied: u64,
    /// Calls that may have been applied or not.
    unknown: u64,
    /// Calls that were reported as not applied.
    refused: u64,
    applied_after: u64,
    /// Calls that failed, reads too.
    failed: u64,
}

/// Increments its own counter until enough increments were applied after the fail-over.
fn hit(deployment: &Deployment, id: u64, is_async: bool, failed_over: &AtomicBool) -> Told {
    let (mut told, begin) = (Told::default(), Instant::now());
    let f = Counter::FIELDS;
    let mut con = None;
    while told.applied_after < 200 {
        assert!(begin.elapsed() < PATIENCE, "{id} did not recover: {told:?}");
        let after = failed_over.load(Ordering::Relaxed);
        // Without a primary there is no connection to one.
        let Some(open) = con.as_mut() else {
            con = Con::open(deployment, is_async).ok();
            continue;
        };
        match open.run(Counter::update(id).incr(f.hits, 1).returning(f.hits)) {
            Ok(Outcome::Applied(hits)) => {
                told.applied += 1;
                told.applied_after += u64::from(after);
                assert!(hits <= told.applied + told.unknown, "{hits} hits, {told:?}");
            }
            Ok(other) => panic!("the record is there: {other:?}"),
            Err(error) => {
                assert_clear(&error, id);
                told.failed += 1;
                *(if error.is_connection() { &mut told.unknown } else { &mut told.refused }) += 1;
                con = None;
                continue;
            }
        }
        match open.run(Counter::get(id)) {
            Ok(read) => {
                let read = read.expect("the record is there");
                assert!(read.hits <= told.applied + told.unknown, "{read:?}, {told:?}");
                assert_eq!(read.note, format!("note of {id}"));
            }
            Err(error) => {
                assert_clear(&error, id);
                told.failed += 1;
                con = None;
            }
        }
    }
    told
}

/// Asserts that the connection broke or the server reported by a code why it does not serve.
fn assert_clear(error: &Error, id: u64) {
    let is_known = matches!(error.code(), Some("READONLY" | "LOADING" | "MASTERDOWN"));
    assert!(error.is_connection() || is_known, "{error}");
    assert!(!error.to_string().contains(&format!("note of {id}")), "{error}");
}

#[test]
fn increments_during_a_fail_over_are_exact_or_errors() {
    const WORKERS: u64 = 6;
    let deployment = Deployment::start();
    let mut con = Con::open(&deployment, false).unwrap();
    for id in 0..WORKERS {
        con.run(Counter { id, hits: 0, note: format!("note of {id}") }.save()).unwrap();
    }
    // Two replicas have the records before the primary dies.
    let Con::Sync(raw) = &mut con else { unreachable!() };
    let replicas: u64 = redis::cmd("WAIT").arg(2).arg(30_000).query(raw).unwrap();
    assert_eq!(replicas, 2);

    let failed_over = AtomicBool::new(false);
    let told: Vec<Told> = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|id| {
                let (deployment, failed_over) = (&deployment, &failed_over);
                scope.spawn(move || hit(deployment, id, id % 2 == 1, failed_over))
            })
            .collect();
        thread::sleep(Duration::from_millis(500));
        deployment.kill_primary();
        until("the fail-over", || deployment.has_failed_over());
        failed_over.store(true, Ordering::Relaxed);
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    println!("{told:?}");
    assert!(told.iter().any(|told| told.failed > 0), "no call met the fail-over");

    // Both kinds of clients find the new primary, with the same numbers.
    for is_async in [false, true] {
        let mut con = Con::open(&deployment, is_async).unwrap();
        for (id, told) in (0..).zip(&told) {
            let hits = con.run(Counter::get(id)).unwrap().unwrap().hits;
            assert!(hits <= told.applied + told.unknown, "{id}: {hits}, {told:?}");
            // Replication is asynchronous: the primary may have died after it replied to the
            // last call and before it passed the write on.
            assert!(hits + 1 >= told.applied, "{id}: {hits}, {told:?}");
        }
        assert_eq!(con.count().unwrap(), WORKERS);
        con.run(Counter { id: 100, hits: 1, note: String::new() }.save()).unwrap();
        assert!(con.run(Counter::delete(100)).unwrap());
    }
}
