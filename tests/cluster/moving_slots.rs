//! `count`, `delete_all`, `rewrite_all` and scans while slots move.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use redis::FromRedisValue;
use redis_model::codec::MsgPack;
use redis_model::embedded::{Cluster, Options, Server};
use redis_model::{Error, ErrorKind, Json, RedisModel};
use serde::{Deserialize, Serialize};

use crate::support::Con;

/// Each slot has its records: `tag` is a text of that slot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "{{{tag}}}:moving:{id}", codecs = [Json, MsgPack], name = "Moving")]
struct Old {
    tag: u64,
    id: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "{{{tag}}}:moving:{id}", codecs = [MsgPack, Json], name = "Moving")]
struct New {
    tag: u64,
    id: u64,
}

/// The model without the old codec.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "{{{tag}}}:moving:{id}", blob = MsgPack, name = "Moving")]
struct Last {
    tag: u64,
    id: u64,
}

const TAGS: u64 = 16;
const PER_TAG: u64 = 6;
const RECORDS: u64 = TAGS * PER_TAG;
const PRIMARIES: usize = 3;

/// The longest time for any step. It takes milliseconds; on a loaded machine, more.
const PATIENCE: Duration = Duration::from_secs(20);

fn ids() -> Vec<(u64, u64)> {
    (0..TAGS).flat_map(|tag| (0..PER_TAG).map(move |id| (tag, id))).collect()
}

/// Saves all records as older programs do; slots may be moving.
fn save(con: &mut Con) {
    let start = Instant::now();
    loop {
        let records = ids().into_iter().map(|(tag, id)| Old { tag, id });
        match con.run(Old::save_many(records)).and_then(|saved| saved.into_iter().collect()) {
            Ok(()) => return,
            Err(error) => assert!(start.elapsed() < PATIENCE, "not saved: {error}"),
        }
    }
}

/// The primaries, and a connection to each.
struct Nodes {
    cons: Vec<redis::Connection>,
    ids: Vec<String>,
    ports: Vec<String>,
}

/// A slot that is on its way from one primary to another.
#[derive(Clone, Copy)]
struct Move {
    slot: u16,
    from: usize,
    to: usize,
}

impl Nodes {
    fn of(cluster: &Cluster) -> Self {
        let nodes = &cluster.nodes()[..PRIMARIES];
        let ports = nodes.iter().map(|node| node.url().rsplit(':').next().unwrap().to_owned());
        let cons = nodes.iter().map(|node| node.connection().unwrap()).collect();
        let mut nodes = Self { cons, ids: Vec::new(), ports: ports.collect() };
        nodes.ids = (0..PRIMARIES).map(|node| nodes.on(node, &["CLUSTER", "MYID"])).collect();
        nodes
    }

    fn on<T: FromRedisValue>(&mut self, node: usize, words: &[&str]) -> T {
        let reply = redis::cmd(words[0]).arg(&words[1..]).query(&mut self.cons[node]);
        reply.unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    fn slot_of(&mut self, tag: u64) -> u16 {
        self.on(0, &["CLUSTER", "KEYSLOT", &format!("{{{tag}}}")])
    }

    /// Moves a slot a key at a time, or at once as Valkey 9 can. Returns `true` if
    /// the nodes agree afterwards.
    fn move_slot(&mut self, way: Move, at_once: bool) -> bool {
        if !at_once {
            self.open(way);
            while self.migrate(way, 1) {}
            return self.close(way);
        }
        let (slot, to) = (way.slot.to_string(), self.ids[way.to].clone());
        let words = ["CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", &slot, &slot, "NODE", &to];
        self.on::<()>(way.from, &words);
        self.agree(way)
    }

    fn open(&mut self, Move { slot, from, to }: Move) {
        let (slot, from_id, to_id) =
            (slot.to_string(), self.ids[from].clone(), self.ids[to].clone());
        self.on::<()>(to, &["CLUSTER", "SETSLOT", &slot, "IMPORTING", &from_id]);
        self.on::<()>(from, &["CLUSTER", "SETSLOT", &slot, "MIGRATING", &to_id]);
    }

    /// Moves at most this number of keys. Returns `true` if there was one.
    fn migrate(&mut self, Move { slot, from, to }: Move, keys: usize) -> bool {
        let (slot, keys, port) = (slot.to_string(), keys.to_string(), self.ports[to].clone());
        let keys: Vec<String> = self.on(from, &["CLUSTER", "GETKEYSINSLOT", &slot, &keys]);
        let mut migrate = vec!["MIGRATE", "127.0.0.1", &port, "", "0", "5000", "KEYS"];
        migrate.extend(keys.iter().map(String::as_str));
        if !keys.is_empty() {
            self.on::<redis::Value>(from, &migrate);
        }
        !keys.is_empty()
    }

    /// Returns `true` if the nodes agree afterwards. Rarely they do not, because messages
    /// about the slot's owner overtake each other, and Redis itself may lose its keys.
    fn close(&mut self, way: Move) -> bool {
        let Move { slot, from, to } = way;
        let (slot, to_id) = (slot.to_string(), self.ids[to].clone());
        for node in [to, from, PRIMARIES - to - from] {
            self.on::<()>(node, &["CLUSTER", "SETSLOT", &slot, "NODE", &to_id]);
        }
        self.agree(way)
    }

    /// Waits until all nodes report the slot's new owner with the same epochs. If the slot moved
    /// again before that, its former owner could claim it.
    fn agree(&mut self, way: Move) -> bool {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let views: Vec<_> = (0..PRIMARIES).map(|node| self.primaries(node)).collect();
            let owner = format!("{} ", self.ids[way.to]);
            let is_owner = |line: &String| line.starts_with(&owner) && has_slot(line, way.slot);
            if views.iter().all(|view| *view == views[0]) && views[0].iter().any(is_owner) {
                return true;
            }
            thread::sleep(Duration::from_millis(1));
        }
        false
    }

    /// Returns a node's view of the primaries: the id, the epoch and the slots of each.
    fn primaries(&mut self, node: usize) -> Vec<String> {
        let nodes: String = self.on(node, &["CLUSTER", "NODES"]);
        let primaries = nodes.lines().filter(|line| line.contains("master"));
        let mut primaries: Vec<String> = primaries
            .map(|line| {
                let words: Vec<_> = line.split(' ').collect();
                format!("{} {} {}", words[0], words[6], words[8..].join(" "))
            })
            .collect();
        primaries.sort();
        primaries
    }
}

fn has_slot(line: &str, slot: u16) -> bool {
    line.split(' ').skip(2).any(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        first.parse().is_ok_and(|first: u16| first <= slot)
            && last.parse().is_ok_and(|last: u16| slot <= last)
    })
}

fn assert_incomplete(error: &Error) {
    assert_eq!(error.code(), Some("TRYAGAIN"), "{error}");
    assert!(error.model().is_some(), "{error}");
}

/// A cluster whose slots are being moved.
struct Moving {
    cluster: Cluster,
    nodes: Nodes,
    slots: Vec<u16>,
    owners: Vec<usize>,
    at_once: bool,
    moves: usize,
}

impl Moving {
    /// `valkey` names a server that can move slots at once.
    fn start(valkey: Option<&str>) -> Self {
        // On a loaded machine a node may be late, and no replica may take over because of that.
        let options = Server::options().argument("--cluster-replica-no-failover").argument("yes");
        let options = valkey.into_iter().fold(options, Options::binary);
        let cluster = options.start_cluster().unwrap();
        let mut nodes = Nodes::of(&cluster);
        let slots: Vec<u16> = (0..TAGS).map(|tag| nodes.slot_of(tag)).collect();
        let owners = slots.iter().map(|slot| usize::from(*slot) * 3 / 16384).collect();
        Self { cluster, nodes, slots, owners, at_once: valkey.is_some(), moves: 0 }
    }

    /// Moves some slots one after the other, until `end` is set. Returns `true` if the
    /// nodes agree on the owners.
    fn keep_moving(&mut self, end: &AtomicBool) -> bool {
        for _ in 0..MOVES_PER_ROUND {
            if end.load(Ordering::Relaxed) {
                break;
            }
            let at = self.moves * 7 % self.slots.len();
            let (slot, from) = (self.slots[at], self.owners[at]);
            let way = Move { slot, from, to: (from + 1 + self.moves % 2) % PRIMARIES };
            if !self.nodes.move_slot(way, self.at_once) {
                return false;
            }
            self.owners[at] = way.to;
            self.moves += 1;
        }
        true
    }
}

/// The report of a flow over all records.
enum Said {
    Counted(u64),
    Deleted(u64),
    Rewritten(u64),
}

/// Runs this round's flow until it is complete. It may fail only because slots move.
fn complete(con: &mut Con, round: u64, incomplete: &mut u64) -> Option<Said> {
    let mut count = New::count().page_size(8);
    let mut delete = New::delete_all().page_size(8);
    let mut rewrite = New::rewrite_all().page_size(8);
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let said = match round % 3 {
            0 => con.run_flow(&mut count).map(|count| Some(Said::Counted(count))),
            1 => con.run_flow(&mut delete).map(|deleted| Some(Said::Deleted(deleted))),
            _ => con.run_flow(&mut rewrite).map(|page| match page {
                Some(page) => {
                    assert_eq!(page.failed.len(), 0);
                    None
                }
                None => Some(Said::Rewritten(rewrite.rewritten())),
            }),
        };
        match said {
            Ok(Some(said)) => return Some(said),
            Ok(None) => {}
            Err(error) => {
                assert_incomplete(&error);
                *incomplete += 1;
            }
        }
    }
    None
}

/// The rounds of all kinds of connections together.
const ROUNDS: u64 = 360;

/// The kinds of connections that [`Con::all`] opens.
const KINDS: usize = 4;

/// With more moves a flow would never be complete.
const MOVES_PER_ROUND: usize = 12;

/// A flow that reports that it is complete has seen every record.
#[test]
fn while_slots_move_a_result_is_exact_or_an_error() {
    judge_rounds(None);
}

#[test]
#[ignore = "needs VALKEY_9: `.ci/run` gets one and runs this"]
fn while_slots_move_at_once_a_result_is_exact_or_an_error() {
    let binary = std::env::var("VALKEY_9").expect("VALKEY_9 names no server; see `.ci/run`");
    judge_rounds(Some(&binary));
}

/// Runs the rounds of each kind of connection on a cluster of its own, all at the same time,
/// because a round mostly waits.
fn judge_rounds(valkey: Option<&str>) {
    let met: u64 = thread::scope(|scope| {
        let kinds: Vec<_> =
            (0..KINDS).map(|kind| scope.spawn(move || judge_rounds_of(kind, valkey))).collect();
        kinds.into_iter().map(|kind| kind.join().unwrap()).sum()
    });
    println!("{met} of {ROUNDS} rounds met slots that moved");
    assert!(met > ROUNDS * 9 / 10, "{met} of {ROUNDS} rounds met slots that moved");
}

/// Returns the number of rounds that met slots that moved.
fn judge_rounds_of(kind: usize, valkey: Option<&str>) -> u64 {
    let start = || {
        let moving = Moving::start(valkey);
        let con = Con::all(moving.cluster.urls()).into_iter().nth(kind).unwrap();
        (moving, con)
    };
    let (mut moving, mut con) = start();
    let (mut met, mut incomplete, mut clusters) = (0, 0, 1);
    for round in 0..ROUNDS / KINDS as u64 {
        save(&mut con);
        let (end, before) = (AtomicBool::new(false), moving.moves);
        let (said, agreed) = thread::scope(|scope| {
            let mover = scope.spawn(|| moving.keep_moving(&end));
            // Ends the thread also if an assertion fails.
            let end = EndOnDrop(&end);
            let said = complete(&mut con, round, &mut incomplete);
            drop(end);
            (said, mover.join().unwrap())
        });
        if !agreed {
            // Redis itself broke this cluster.
            (moving, con) = start();
            clusters += 1;
            continue;
        }
        met += u64::from(moving.moves > before);
        judge(&mut con, said.expect("it is never complete"));
    }
    let (name, moves) = (con.name(), moving.moves);
    println!("{name}: {met} rounds on {clusters} clusters, {incomplete} runs were incomplete");
    println!("{name}: {moves} moves on the last cluster");
    met
}

fn judge(con: &mut Con, said: Said) {
    let name = con.name();
    match said {
        Said::Counted(count) => assert_eq!(count, RECORDS, "{name}"),
        Said::Deleted(deleted) => {
            assert_eq!(deleted, RECORDS, "{name}");
            let left = con.run(New::get_many(ids())).unwrap();
            assert!(left.into_iter().all(|left| left.unwrap().is_none()), "{name}");
        }
        Said::Rewritten(rewritten) => {
            assert_eq!(rewritten, RECORDS, "{name}");
            let last = con.run(Last::get_many(ids())).unwrap();
            assert!(last.into_iter().all(|last| last.unwrap().is_some()), "{name}");
        }
    }
}

struct EndOnDrop<'a>(&'a AtomicBool);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The keys of a slot go to a node that was scanned already, and the node from which they went
/// still owns the slot.
#[test]
fn keys_of_a_slot_that_stays_half_moved_are_not_passed_over() {
    let cluster = Cluster::start().unwrap();
    let mut nodes = Nodes::of(&cluster);
    let tag = (0..TAGS).find(|tag| nodes.slot_of(*tag) > 11000).unwrap();
    let way = Move { slot: nodes.slot_of(tag), from: 2, to: 0 };
    let [mut con, ..] = Con::all(cluster.urls());
    save(&mut con);

    let mut scan = New::scan_ids().page_size(4);
    let mut rewrite = New::rewrite_all().page_size(4);
    // Both flows then scan the second node.
    let mut seen = BTreeSet::new();
    while !scan.position().to_string().starts_with("cluster/0-5460") {
        seen.extend(con.run_flow(&mut scan).unwrap().unwrap());
    }
    while !rewrite.position().to_string().starts_with("cluster/0-5460") {
        con.run_flow(&mut rewrite).unwrap().unwrap();
    }
    nodes.open(way);
    assert!(nodes.migrate(way, 1000));

    let error = loop {
        match con.run_flow(&mut scan) {
            Ok(page) => seen.extend(page.expect("the slot is not done")),
            Err(error) => break error,
        }
    };
    assert_incomplete(&error);
    assert!(error.to_string().contains(&way.slot.to_string()), "{error}");
    assert_eq!(scan.position().to_string().split('/').count(), 2, "no node is being scanned");
    while let Ok(page) = con.run_flow(&mut rewrite) {
        page.expect("the slot is not done");
    }
    let mut count = New::count();
    assert_incomplete(&con.run_flow(&mut count).unwrap_err());

    assert!(nodes.close(way));
    while let Some(page) = con.run_flow(&mut scan).unwrap() {
        seen.extend(page);
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ids());
    while con.run_flow(&mut rewrite).unwrap().is_some() {}
    assert_eq!(rewrite.failed(), 0);
    let last = con.run(Last::get_many(ids())).unwrap();
    assert!(last.into_iter().all(|last| last.unwrap().is_some()));
    assert_eq!(con.run_flow(&mut count).unwrap(), RECORDS);
}

/// Two nodes each say that the other one owns a slot.
#[test]
fn a_slot_without_an_agreed_owner_is_a_transient_error() {
    let cluster = Cluster::start().unwrap();
    let mut nodes = Nodes::of(&cluster);
    let tag = (TAGS..).find(|tag| nodes.slot_of(*tag) < 5000).unwrap();
    let (slot, other) = (nodes.slot_of(tag).to_string(), nodes.ids[1].clone());
    nodes.on::<()>(0, &["CLUSTER", "SETSLOT", &slot, "NODE", &other]);
    for mut con in Con::all(cluster.urls()) {
        let error = con.run_flow(&mut New::count()).unwrap_err();
        assert_incomplete(&error);
        assert_ne!(error.kind(), ErrorKind::InvalidOperation);
        let text = error.to_string();
        assert!(text.contains("try again later"), "{text}");
        assert!(!text.contains("reaches one node"), "{text}");
    }
}
