//! Every operation on a connection with a prefix: the server sees no key without it.

use std::collections::BTreeSet;
use std::time::Duration;

use redis::{Connection, Value};
use redis_model::connection::Prefixed;
use redis_model::embedded::Server;
use redis_model::patterns::{
    Cache, Leaderboard, Lock, Period, Queue, RateLimit, RateLimiter, Sessions,
};
use redis_model::structures::{End, List, SortedSet};
use redis_model::{Json, Operation, RedisModel, atomic, batch};

use crate::models::*;
use crate::{operations, structures};

const PREFIX: &str = "test[4]*:";
const WAIT: Duration = Duration::from_millis(1);
const MINUTE: Duration = Duration::from_secs(60);

/// A connection on which the server shows the commands of all others, those of scripts too.
struct Monitor(Connection);

impl Monitor {
    fn of(server: &Server) -> Self {
        let mut con = server.connection().unwrap();
        con.send_packed_command(&redis::cmd("MONITOR").get_packed_command()).unwrap();
        con.recv_response().unwrap();
        Self(con)
    }

    /// Returns the commands up to an ECHO of `end`.
    fn until(&mut self, end: &str) -> BTreeSet<Vec<String>> {
        let mut seen = BTreeSet::new();
        loop {
            let line = match self.0.recv_response().unwrap() {
                Value::SimpleString(line) => line,
                other => panic!("{other:?}"),
            };
            let words = words(&line);
            if words.first().is_some_and(|name| name == "ECHO") && words[1] == end {
                return seen;
            }
            seen.insert(words);
        }
    }
}

/// Reads `1338.1 [0 lua] "GET" "a\"b"`. Bytes that are not text stay escaped.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut inside) = (Vec::new(), String::new(), false);
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' if inside => words.push(std::mem::take(&mut word)),
            '\\' if inside => match chars.next() {
                Some(c @ ('"' | '\\')) => word.push(c),
                Some(c) => word.extend(['\\', c]),
                None => {}
            },
            c if inside => word.push(c),
            _ => {}
        }
        inside ^= c == '"';
    }
    words
}

fn run_everything(con: &mut Prefixed<Connection>) {
    for (_, operation) in operations::all().into_iter().chain(structures::all()) {
        // What it returns is not the question: some fail, because others wrote their keys.
        let _ = operation.run(con);
    }
    let _ = User::modify(1, |user| user.visits += 1).run(con);
    let _ = User::take(1).run(con);
    for saved in batch([USER.save(), NAMELESS.save()]).run(con).unwrap() {
        saved.unwrap();
    }
    let mut scan = User::scan();
    while scan.run(con).unwrap().is_some() {}
    let _ = Full::count().within(("acme",)).run(con);
    let _ = Place::rewrite_all().run(con);
    let _ = Session::delete_all().run(con);

    let (jobs, done) = (List::<u64>::at("jobs"), List::<u64>::at("done"));
    jobs.push_back_all([1, 2, 3]).run(con).unwrap();
    let popped = done.pop_front_blocking_of([&jobs], WAIT).run(con).unwrap();
    assert_eq!(popped, Some((jobs.key().clone(), 1)));
    jobs.move_item_blocking(End::Front, &done, End::Back, WAIT).run(con).unwrap();
    (jobs.delete(), done.delete()).run(con).unwrap();
    SortedSet::<u64>::at("sorted").pop_min_blocking(WAIT).run(con).unwrap();

    let lock = Lock::at("lock", MINUTE);
    let guard = lock.acquire(WAIT).run(con).unwrap().unwrap();
    guard.extend().run(con).unwrap();
    guard.release().run(con).unwrap();
    let board = Leaderboard::<String>::at("board").periods([Period::Day, Period::AllTime]);
    atomic((board.submit("ada", 1.0), board.ranking(Period::Day).top(3))).run(con).unwrap();
    board.clear().run(con).unwrap();
    RateLimiter::at("limit", RateLimit::fixed_window(5, MINUTE)).acquire().run(con).unwrap();
    let queue = Queue::<u64>::new("queue");
    queue.push(1).run(con).unwrap();
    queue.take(1).run(con).unwrap();
    queue.counts().run(con).unwrap();
    let cache = Cache::<u64>::new("cache", MINUTE);
    cache.get_or_load(1, || Ok::<_, std::fmt::Error>(1)).run(con).unwrap();
    let sessions = Sessions::<u64, Json>::at("session", MINUTE);
    let token = sessions.create_for("ada", 1).run(con).unwrap();
    sessions.rotate(&token).run(con).unwrap();
}

#[test]
fn the_server_sees_no_key_without_the_prefix() {
    let server = Server::start().unwrap();
    let mut monitor = Monitor::of(&server);
    let mut con = Prefixed::new(server.connection().unwrap(), PREFIX);
    // The second time there is something to read and to change.
    run_everything(&mut con);
    run_everything(&mut con);
    let mut other = server.connection().unwrap();
    redis::cmd("ECHO").arg("end").exec(&mut other).unwrap();
    let commands = monitor.until("end");

    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut other).unwrap();
    assert!(keys.len() > 10 && keys.iter().all(|key| key.starts_with(PREFIX)), "{keys:?}");

    let mut compared = 0;
    for words in commands {
        if words[0].eq_ignore_ascii_case("SCAN") {
            let pattern = words[3].as_str();
            assert!(pattern.starts_with(r"test\[4\]\*:"), "{words:?}");
            continue;
        }
        if words[0].eq_ignore_ascii_case("PUBLISH") || words[0].eq_ignore_ascii_case("SPUBLISH") {
            assert!(words[1].starts_with(PREFIX), "{words:?}");
            continue;
        }
        // The server itself says which words are keys.
        let ask = redis::cmd("COMMAND").arg("GETKEYS").arg(&words).query::<Vec<String>>(&mut other);
        let Ok(keys) = ask else { continue };
        assert!(keys.iter().all(|key| key.starts_with(PREFIX)), "{words:?}");
        compared += keys.len();
    }
    assert!(compared > 500, "{compared}");
}
