//! No stored text makes an operation block the server: the time of each operation is linear in
//! the length of the text.

use redis_model::embedded::Server;
use redis_model::{Operation, RedisModel};

#[derive(Debug, RedisModel)]
#[redis(key = "hostile:{id}")]
struct Record {
    id: u64,
    name: String,
    integer: i64,
    float: f64,
    flag: bool,
    #[redis(alias = "alt")]
    old: Option<u64>,
    #[redis(default)]
    small: u8,
}

#[derive(Debug, RedisModel)]
#[redis(key = "hostile:{id}", version_field = "_v", version = 2, migrate(Record))]
struct Versioned {
    id: u64,
    name: String,
}

impl From<Record> for Versioned {
    fn from(old: Record) -> Self {
        Self { id: old.id, name: old.name }
    }
}

#[derive(Debug, RedisModel)]
#[redis(key = "hostile:{id}")]
struct Revised {
    id: u64,
    name: String,
    #[redis(revision)]
    revision: u64,
}

/// Returns the microseconds that the server spent on the commands of `run`.
fn cost(con: &mut redis::Connection, run: &dyn Fn(&mut redis::Connection)) -> u64 {
    redis::cmd("CONFIG").arg("RESETSTAT").exec(con).unwrap();
    run(con);
    let stats: String = redis::cmd("INFO").arg("commandstats").query(con).unwrap();
    let lines = stats.lines().filter(|line| {
        ["hmget", "hget", "evalsha", "eval"]
            .iter()
            .any(|name| line.starts_with(&format!("cmdstat_{name}:")))
    });
    let usec = |line: &str| line.split("usec=").nth(1)?.split(',').next()?.parse::<u64>().ok();
    lines.filter_map(usec).max().unwrap_or(0)
}

#[test]
fn no_stored_text_blocks_the_server() {
    let server = Server::start().unwrap();
    let con = &mut server.connection().unwrap();
    let f = Record::FIELDS;
    let key = Record::key(1);
    let size = 1 << 20;
    for text in [
        format!("{}x", "0".repeat(size)),
        "9".repeat(size),
        format!("{}.{}x", "1".repeat(size / 2), "1".repeat(size / 2)),
        format!("1e{}", "0".repeat(size)),
        "-".repeat(size),
        " ".repeat(size),
    ] {
        let words = ["name", "integer", "float", "flag", "alt", "_v", "revision"];
        let mut hset = redis::cmd("HSET");
        hset.arg(&*key);
        for word in words {
            hset.arg(word).arg(&text);
        }
        let save = || hset.exec(&mut server.connection().unwrap()).unwrap();
        save();
        let read = |con: &mut redis::Connection| {
            redis::cmd("HGET").arg(&*key).arg("integer").exec(con).unwrap();
        };
        let plain = cost(con, &read).max(cost(con, &read)).max(100);
        let update = || Record::update(1);
        let updates = [
            update().incr(f.integer, 1),
            update().incr(f.float, 1.5),
            update().incr(f.old, 1),
            update().incr(f.small, 1).only_if(f.small.at_least(1)),
            update().only_if(f.integer.eq(1)),
            update().only_if(f.float.at_most(1.5)),
            update().only_if(f.flag.eq(true)),
            update().only_if(f.name.eq("x")),
            update().only_if(f.old.at_least(1)),
        ];
        // The shortest of several runs, because a busy machine interrupts the server.
        let cheap = |what: &str, con: &mut redis::Connection, run: &dyn Fn(&mut _)| {
            let mut spent = u64::MAX;
            for _ in 0..20 {
                save();
                spent = spent.min(cost(con, run));
                if spent < 100 * plain {
                    break;
                }
            }
            assert!(spent < 100 * plain, "{what} took {spent} µs, a read {plain} µs");
        };
        for (at, update) in updates.iter().enumerate() {
            cheap(&format!("update {at}"), con, &|con| drop(update.run(con)));
        }
        let versioned = Versioned::update(1).set(Versioned::FIELDS.name, "x");
        cheap("a version", con, &|con| {
            assert!(versioned.run(con).unwrap_err().is_invalid_value());
        });
        let revised = Revised::update(1).set(Revised::FIELDS.name, "x");
        cheap("a revision", con, &|con| drop(revised.run(con)));
        let saved = Revised { id: 1, name: "x".into(), revision: 1 };
        cheap("a save", con, &|con| drop(saved.save().run(con)));
    }
}
