//! Scans over connections that break, are cancelled or lead to another server.

use std::collections::BTreeSet;
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use futures_util::future::{Either, select};
use redis::aio::MultiplexedConnection;
use redis::{Cmd, ConnectionLike, Pipeline, RedisFuture, RedisResult, Value};
use redis_model::codec::MsgPack;
use redis_model::embedded::Server;
use redis_model::flow::{Flow, ScanPosition};
use redis_model::{Error, ErrorKind, Json, Operation, RedisModel, Result};
use serde::{Deserialize, Serialize};

use crate::support::runtime;

const RECORDS: u64 = 1000;
const PAGE: usize = 50;

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "fault:{id}")]
struct Item {
    id: u64,
    name: String,
}

/// Items are written as JSON and rewritten as MessagePack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "fault:blob:{id}", codecs = [Json, MsgPack], name = "Blob")]
struct Old {
    id: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "fault:blob:{id}", codecs = [MsgPack, Json], name = "Blob")]
struct New {
    id: u64,
}

fn save_items(con: &mut redis::Connection, records: u64) {
    let items: Vec<_> = (0..records).map(|id| Item { id, name: "x".into() }).collect();
    assert!(Item::save_many(&items).run(con).unwrap().iter().all(Result::is_ok));
}

fn save_blobs(con: &mut redis::Connection) {
    let blobs: Vec<_> = (0..RECORDS).map(|id| Old { id }).collect();
    assert!(Old::save_many(&blobs).run(con).unwrap().iter().all(Result::is_ok));
}

/// A connection that breaks again and again, before or after the server has executed the
/// command, and works again with the next call.
struct Breaking {
    con: redis::Connection,
    /// The number of calls until it breaks, and until it breaks again.
    left: u64,
    next: u64,
    faults: u64,
    /// Every other fault loses the reply to a command that was executed.
    loses_replies: bool,
}

impl Breaking {
    fn new(server: &Server) -> Self {
        let con = server.connection().unwrap();
        Self { con, left: 0, next: 1, faults: 0, loses_replies: true }
    }

    fn call<T>(
        &mut self,
        call: impl FnOnce(&mut redis::Connection) -> RedisResult<T>,
    ) -> RedisResult<T> {
        if self.left > 0 {
            self.left -= 1;
            return call(&mut self.con);
        }
        self.left = self.next;
        // Longer each time, up to a few pages.
        self.next = self.next % 11 + 1;
        self.faults += 1;
        if self.loses_replies && self.faults.is_multiple_of(2) {
            call(&mut self.con)?;
        }
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into())
    }
}

impl ConnectionLike for Breaking {
    fn req_packed_command(&mut self, packed: &[u8]) -> RedisResult<Value> {
        self.call(|con| con.req_packed_command(packed))
    }

    fn req_packed_commands(
        &mut self,
        packed: &[u8],
        offset: usize,
        count: usize,
    ) -> RedisResult<Vec<Value>> {
        self.call(|con| con.req_packed_commands(packed, offset, count))
    }

    fn get_db(&self) -> i64 {
        self.con.get_db()
    }

    fn check_connection(&mut self) -> bool {
        true
    }

    fn is_open(&self) -> bool {
        true
    }
}

/// Runs a flow again and again until a run does not fail.
fn insist<F: Flow>(
    flow: &mut F,
    con: &mut Breaking,
    mut failed: impl FnMut(&F, Error),
) -> F::Output {
    loop {
        match flow.run(con) {
            Ok(output) => return output,
            Err(error) => {
                assert!(error.is_connection(), "{error}");
                assert!(matches!(error.model(), Some("Item" | "Blob")), "{error}");
                failed(flow, error);
            }
        }
    }
}

#[test]
fn a_scan_over_a_breaking_connection_returns_every_record() {
    let server = Server::start().unwrap();
    save_items(&mut server.connection().unwrap(), RECORDS);
    let mut con = Breaking::new(&server);
    let all: BTreeSet<u64> = (0..RECORDS).collect();

    let (mut scan, mut seen) = (Item::scan().page_size(PAGE), BTreeSet::new());
    let mut position = ScanPosition::START;
    while let Some(page) = insist(&mut scan, &mut con, |scan, _| {
        assert_eq!(*scan.position(), position, "a failed run leaves the position");
    }) {
        seen.extend(page.into_iter().map(|item| item.unwrap().id));
        position = scan.position().clone();
    }
    assert_eq!(seen, all);

    let (mut scan, mut seen) = (Item::scan_ids().page_size(PAGE), BTreeSet::new());
    while let Some(page) = insist(&mut scan, &mut con, |_, _| ()) {
        seen.extend(page);
    }
    assert_eq!(seen, all);
    assert!(con.faults > 10, "{}", con.faults);
}

#[test]
fn a_count_over_a_breaking_connection_is_right() {
    let server = Server::start().unwrap();
    save_items(&mut server.connection().unwrap(), RECORDS);
    let mut con = Breaking::new(&server);
    let mut count = Item::count().page_size(PAGE);
    for _ in 0..2 {
        assert_eq!(insist(&mut count, &mut con, |_, _| ()), RECORDS);
    }
    assert!(con.faults > 5, "{}", con.faults);
}

#[test]
fn delete_all_over_a_breaking_connection_leaves_no_record() {
    let server = Server::start().unwrap();
    let mut direct = server.connection().unwrap();
    for loses_replies in [false, true] {
        save_items(&mut direct, RECORDS);
        let mut con = Breaking { loses_replies, ..Breaking::new(&server) };
        let mut delete = Item::delete_all().page_size(PAGE);
        let deleted = insist(&mut delete, &mut con, |_, _| ());
        assert!(con.faults > 5, "{}", con.faults);
        assert_eq!(Item::count().run(&mut direct).unwrap(), 0);
        assert_eq!((delete.deleted(), delete.failed()), (deleted, 0));
        if loses_replies {
            assert!(deleted < RECORDS, "deletions without a reply are not counted");
        } else {
            assert_eq!(deleted, RECORDS);
        }
    }
}

#[test]
fn rewrite_all_over_a_breaking_connection_leaves_no_old_record() {
    let server = Server::start().unwrap();
    let mut direct = server.connection().unwrap();
    for loses_replies in [false, true] {
        save_blobs(&mut direct);
        let mut con = Breaking { loses_replies, ..Breaking::new(&server) };
        let mut rewrite = New::rewrite_all().page_size(PAGE);
        let (mut rewritten, mut current) = (0, 0);
        while let Some(page) = insist(&mut rewrite, &mut con, |_, _| ()) {
            assert_eq!(page.failed.len(), 0);
            (rewritten, current) = (rewritten + page.rewritten, current + page.current);
        }
        assert!(con.faults > 5, "{}", con.faults);
        assert_eq!((rewrite.rewritten(), rewrite.current()), (rewritten, current));
        if loses_replies {
            // The repeat finds that records rewritten without a reply are current.
            assert!(rewritten < RECORDS && rewritten + current >= RECORDS);
        } else {
            assert_eq!(rewritten, RECORDS);
        }
        let mut again = New::rewrite_all();
        while again.run(&mut direct).unwrap().is_some() {}
        assert_eq!((again.rewritten(), again.failed()), (0, 0));
    }
}

/// A connection on which a call does not end, before or after the server has executed the
/// command.
struct Stuck<'a> {
    con: MultiplexedConnection,
    left: &'a mut u64,
    send: bool,
    is_stuck: &'a AtomicBool,
}

impl Stuck<'_> {
    /// Returns `true` if this call must not end.
    fn sticks(&mut self) -> bool {
        *self.left = self.left.wrapping_sub(1);
        *self.left == u64::MAX
    }
}

impl redis::aio::ConnectionLike for Stuck<'_> {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async move {
            let sticks = self.sticks();
            if !sticks || self.send {
                let value = self.con.req_packed_command(cmd).await?;
                if !sticks {
                    return Ok(value);
                }
            }
            self.is_stuck.store(true, Ordering::Relaxed);
            pending().await
        })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(async move {
            let sticks = self.sticks();
            if !sticks || self.send {
                let values = self.con.req_packed_commands(pipeline, offset, count).await?;
                if !sticks {
                    return Ok(values);
                }
            }
            self.is_stuck.store(true, Ordering::Relaxed);
            pending().await
        })
    }

    fn get_db(&self) -> i64 {
        self.con.get_db()
    }
}

/// Runs a flow whose runs are dropped after more and more calls, until one ends.
async fn cancelling<F>(flow: &mut F, con: &MultiplexedConnection) -> F::Output
where
    F: Flow + Send,
    F::Output: Send,
{
    for calls in 0.. {
        let (mut left, is_stuck) = (calls / 2, AtomicBool::new(false));
        let send = calls % 2 == 1;
        let mut con = Stuck { con: con.clone(), left: &mut left, send, is_stuck: &is_stuck };
        let stuck = poll_fn(|context| {
            if is_stuck.load(Ordering::Relaxed) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        });
        let run = pin!(flow.run_async(&mut con));
        if let Either::Left((output, _)) = select(run, stuck).await {
            return output.unwrap();
        }
    }
    unreachable!()
}

#[test]
fn a_cancelled_run_loses_no_page() {
    let server = Server::start().unwrap();
    let mut direct = server.connection().unwrap();
    let all: BTreeSet<u64> = (0..RECORDS).collect();
    save_items(&mut direct, RECORDS);
    save_blobs(&mut direct);
    runtime().block_on(async {
        let con = server.client().unwrap().get_multiplexed_async_connection().await.unwrap();

        let (mut scan, mut seen) = (Item::scan().page_size(PAGE), BTreeSet::new());
        while let Some(page) = cancelling(&mut scan, &con).await {
            seen.extend(page.into_iter().map(|item| item.unwrap().id));
        }
        assert_eq!(seen, all);

        let (mut scan, mut seen) = (Item::scan_ids().page_size(PAGE), BTreeSet::new());
        while let Some(page) = cancelling(&mut scan, &con).await {
            seen.extend(page);
        }
        assert_eq!(seen, all);

        assert_eq!(cancelling(&mut Item::count().page_size(PAGE), &con).await, RECORDS);
        cancelling(&mut Item::delete_all().page_size(PAGE), &con).await;

        let mut rewrite = New::rewrite_all().page_size(PAGE);
        while cancelling(&mut rewrite, &con).await.is_some() {}
        assert_eq!(rewrite.failed(), 0);
    });
    assert_eq!(Item::count().run(&mut direct).unwrap(), 0);
    let mut again = New::rewrite_all();
    while again.run(&mut direct).unwrap().is_some() {}
    assert_eq!((again.rewritten(), again.failed()), (0, 0));
}

/// Calls go to one server, and then to the other, as after a fail-over.
struct FailedOver {
    cons: [redis::Connection; 2],
    left: usize,
}

impl FailedOver {
    fn con(&mut self) -> &mut redis::Connection {
        self.left = self.left.saturating_sub(1);
        &mut self.cons[usize::from(self.left == 0)]
    }
}

impl ConnectionLike for FailedOver {
    fn req_packed_command(&mut self, packed: &[u8]) -> RedisResult<Value> {
        self.con().req_packed_command(packed)
    }

    fn req_packed_commands(
        &mut self,
        packed: &[u8],
        offset: usize,
        count: usize,
    ) -> RedisResult<Vec<Value>> {
        self.con().req_packed_commands(packed, offset, count)
    }

    fn get_db(&self) -> i64 {
        0
    }

    fn check_connection(&mut self) -> bool {
        true
    }

    fn is_open(&self) -> bool {
        true
    }
}

/// Servers hash keys differently, so a cursor of one is of no use on another.
#[test]
fn a_scan_that_meets_another_server_begins_again_there() {
    let servers = [Server::start().unwrap(), Server::start().unwrap()];
    for server in &servers {
        save_items(&mut server.connection().unwrap(), RECORDS);
    }
    let over =
        |left| FailedOver { cons: servers.each_ref().map(|it| it.connection().unwrap()), left };
    for calls in [8, 15, 30] {
        let (mut con, mut seen) = (over(calls), BTreeSet::new());
        let mut scan = Item::scan_ids().page_size(PAGE);
        while let Some(page) = scan.run(&mut con).unwrap() {
            seen.extend(page);
        }
        assert_eq!((con.left, seen.len() as u64), (0, RECORDS));
        assert_eq!(Item::count().page_size(PAGE).run(&mut over(calls)).unwrap(), RECORDS);
    }
    // A stored position behaves in the same way.
    let mut scan = Item::scan_ids().page_size(PAGE);
    scan.run(&mut servers[0].connection().unwrap()).unwrap();
    let kept = scan.position().to_string();
    let rest = Item::scan_ids().resume_from(kept.parse().unwrap());
    let ids: BTreeSet<u64> =
        rest.iter(&mut servers[1].connection().unwrap()).map(Result::unwrap).collect();
    assert_eq!(ids.len() as u64, RECORDS);
}

/// Calls go from server to server in turn, as through a balancer.
struct Balanced {
    cons: Vec<redis::Connection>,
}

impl ConnectionLike for Balanced {
    fn req_packed_command(&mut self, packed: &[u8]) -> RedisResult<Value> {
        self.cons.rotate_left(1);
        self.cons[0].req_packed_command(packed)
    }

    fn req_packed_commands(
        &mut self,
        packed: &[u8],
        offset: usize,
        count: usize,
    ) -> RedisResult<Vec<Value>> {
        self.cons.rotate_left(1);
        self.cons[0].req_packed_commands(packed, offset, count)
    }

    fn get_db(&self) -> i64 {
        0
    }

    fn check_connection(&mut self) -> bool {
        true
    }

    fn is_open(&self) -> bool {
        true
    }
}

#[test]
fn a_scan_that_meets_another_server_each_time_fails_instead_of_running_for_ever() {
    let servers = [(); 3].map(|()| Server::start().unwrap());
    for server in &servers {
        save_items(&mut server.connection().unwrap(), RECORDS);
    }
    let mut con = Balanced { cons: servers.iter().map(|it| it.connection().unwrap()).collect() };
    let error = Item::count().page_size(PAGE).run(&mut con).unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::InvalidOperation, Some("Item")));
}

/// Connects as a user with these rights.
fn user(server: &Server, name: &str, rules: &[&str]) -> redis::Connection {
    let mut con = server.connection().unwrap();
    redis::cmd("ACL")
        .arg("SETUSER")
        .arg(name)
        .arg(&["on", "nopass", "resetkeys", "+@all"])
        .arg(rules)
        .exec(&mut con)
        .unwrap();
    let mut con = server.connection().unwrap();
    redis::cmd("AUTH").arg(name).arg("x").exec(&mut con).unwrap();
    con
}

#[test]
fn a_user_who_may_not_call_info_can_scan() {
    let server = Server::start().unwrap();
    save_items(&mut server.connection().unwrap(), RECORDS);
    let mut con = user(&server, "careful", &["~*", "-@dangerous"]);
    assert_eq!(Item::count().page_size(PAGE).run(&mut con).unwrap(), RECORDS);
    assert_eq!(Item::scan().page_size(PAGE).iter(&mut con).map(Result::unwrap).count(), 1000);
}

#[test]
fn delete_all_deletes_permitted_records_and_reports_the_rest() {
    let server = Server::start().unwrap();
    let mut direct = server.connection().unwrap();
    save_items(&mut direct, RECORDS);
    // Of the numbers below 1000 there are 111 that begin with a 1.
    let mut con = user(&server, "limited", &["~fault:1*"]);
    for page in [1, 10, 5000] {
        let mut delete = Item::delete_all().page_size(page);
        let error = delete.run(&mut con).unwrap_err();
        assert_eq!((delete.deleted(), delete.failed()), (111, 889));
        assert_eq!((error.code(), error.model()), (Some("NOPERM"), Some("Item")));
        assert!(error.key().is_some_and(|key| key.starts_with("fault:")), "{error}");
        assert!(error.to_string().contains("889 of the records were not deleted"), "{error}");
        assert_eq!(Item::count().run(&mut direct).unwrap(), 889);
        // A second run finds no more records to delete and reports the same errors.
        assert_eq!(delete.run(&mut con).unwrap_err().code(), Some("NOPERM"));
        assert_eq!((delete.deleted(), delete.failed()), (111, 889));
        assert_eq!(delete.run(&mut direct).unwrap(), RECORDS);
        assert_eq!((delete.deleted(), delete.failed()), (RECORDS, 0));
        save_items(&mut direct, RECORDS);
    }
}

#[test]
fn a_scan_that_has_ended_stays_ended_in_another_process() {
    let server = Server::start().unwrap();
    let mut con = server.connection().unwrap();
    save_items(&mut con, 10);
    let mut scan = Item::scan_ids();
    assert_eq!(scan.run(&mut con).unwrap().map(|ids| ids.len()), Some(10));
    let kept: ScanPosition = scan.position().to_string().parse().unwrap();
    assert!(Item::scan_ids().resume_from(kept.clone()).run(&mut con).unwrap().is_none());
    assert!(Item::scan().resume_from(kept.clone()).run(&mut con).unwrap().is_none());
    assert!(Item::rewrite_all().resume_from(kept).run(&mut con).unwrap().is_none());
}

/// For any fields of a hash, `count` and `scan_ids` agree with `exists`.
#[test]
fn count_agrees_with_exists() {
    let server = Server::start().unwrap();
    let mut con = server.connection().unwrap();
    save_items(&mut con, 3);
    for (key, field) in [("fault:7", "_"), ("fault:8", "another"), ("fault:9", "name")] {
        redis::cmd("HSET").arg(key).arg(field).arg("").exec(&mut con).unwrap();
    }
    let exist: Vec<u64> = (0..10).filter(|id| Item::exists(*id).run(&mut con).unwrap()).collect();
    let ids: BTreeSet<u64> = Item::scan_ids().iter(&mut con).map(Result::unwrap).collect();
    assert_eq!(ids.into_iter().collect::<Vec<_>>(), exist);
    assert_eq!(Item::count().run(&mut con).unwrap(), exist.len() as u64);
    assert_eq!(Item::delete_all().run(&mut con).unwrap(), exist.len() as u64);
}
