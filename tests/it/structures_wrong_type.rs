//! Every operation of every structure on a key of every other Redis type.

use std::time::Duration;

use redis_model::op::BoxedOperation;
use redis_model::structures::{
    AddOptions, Aggregate, Counter, End, List, Map, Set, SortedRange, SortedSet, Structure, Value,
};
use redis_model::{Operation, embedded::Server};

use crate::support::{Con, fresh, on_sync_connections};

/// Each Redis type with a command that makes a key of it.
const TYPES: [(&str, &[&str]); 6] = [
    ("string", &["SET", "KEY", "text"]),
    ("list", &["RPUSH", "KEY", "a", "b"]),
    ("set", &["SADD", "KEY", "a", "b"]),
    ("zset", &["ZADD", "KEY", "1", "a", "2", "b"]),
    ("hash", &["HSET", "KEY", "a", "1"]),
    ("stream", &["XADD", "KEY", "1-1", "a", "1"]),
];

/// A time to live that no test lives to the end of.
const LONG: u64 = 1_000_000_000;
const HOUR: Duration = Duration::from_secs(3600);

/// The keys of one case: one of another type, one of the structure's type and one without a
/// value.
struct Keys {
    wrong: String,
    right: String,
    missing: String,
    with_ttl: bool,
}

impl Keys {
    fn handle<S: Structure>(&self, key: &str) -> S {
        let handle = S::at(key.to_owned());
        if self.with_ttl { handle.with_ttl(HOUR) } else { handle }
    }

    fn wrong<S: Structure>(&self) -> S {
        self.handle(&self.wrong)
    }

    fn right<S: Structure>(&self) -> S {
        self.handle(&self.right)
    }

    fn missing<S: Structure>(&self) -> S {
        self.handle(&self.missing)
    }
}

type Cases = Vec<(&'static str, BoxedOperation<'static, ()>)>;

macro_rules! cases {
    ($($operation:expr;)*) => {
        vec![$((stringify!($operation), Operation::map($operation, drop).boxed())),*]
    };
}

/// The operations that all structures have.
macro_rules! common {
    ($it:ident) => {
        cases! {
            $it.delete();
            $it.exists();
            $it.expire(HOUR);
            $it.persist();
            $it.ttl();
        }
    };
}

fn value(keys: &Keys) -> Cases {
    let it: Value<String> = keys.wrong();
    let mut all = common!(it);
    all.extend::<Cases>(cases! {
        it.get();
        it.get_and_refresh(HOUR);
        it.get_and_delete();
        it.set("x");
        it.set_with_ttl("x", HOUR);
        it.set_if_absent("x");
        it.set_if_present("x");
        it.get_and_set("x");
        it.compare_and_set("text", "x");
        it.compare_and_delete("text");
    });
    all
}

fn counter(keys: &Keys) -> Cases {
    let it: Counter<i64> = keys.wrong();
    let float: Counter<f64> = keys.wrong();
    let small: Counter<u8> = keys.wrong();
    let mut all = common!(it);
    all.extend::<Cases>(cases! {
        it.get();
        it.incr(1);
        it.decr(1);
        it.set(1);
        it.get_and_set(1);
        it.get_and_delete();
        float.incr(0.5);
        small.incr(1);
        small.decr(1);
    });
    all
}

fn list(keys: &Keys) -> Cases {
    let it: List<String> = keys.wrong();
    let (right, missing): (List<String>, List<String>) = (keys.right(), keys.missing());
    let nothing = || std::iter::empty::<&str>();
    let mut all = common!(it);
    all.extend::<Cases>(cases! {
        it.push_front("x");
        it.push_back("x");
        it.push_front_all(["x", "y"]);
        it.push_front_all(nothing());
        it.push_back_all(["x", "y"]);
        it.push_back_all(nothing());
        it.push_front_if_exists("x");
        it.push_back_if_exists("x");
        it.push_front_capped("x", 3);
        it.push_back_capped("x", 0);
        it.pop_front();
        it.pop_back();
        it.pop_front_many(2);
        it.pop_front_many(0);
        it.pop_back_many(2);
        it.pop_back_many(0);
        it.range(..);
        it.range(..0);
        it.get(0);
        it.len();
        it.position("x");
        it.set(0, "x");
        it.remove("a");
        it.remove_from(End::Back, "a", 1);
        it.remove_from(End::Front, "a", 0);
        it.insert_before("a", "x");
        it.insert_after("a", "x");
        it.trim(1..);
        it.trim(..0);
        it.move_item(End::Front, &it, End::Back);
        it.move_item(End::Front, &right, End::Back);
        it.move_item(End::Back, &missing, End::Front);
        right.move_item(End::Front, &it, End::Back);
        missing.move_item(End::Front, &it, End::Back);
    });
    all
}

fn set(keys: &Keys) -> Cases {
    let it: Set<String> = keys.wrong();
    let (right, missing): (Set<String>, Set<String>) = (keys.right(), keys.missing());
    let nothing = || std::iter::empty::<&str>();
    let mut all = common!(it);
    all.extend::<Cases>(cases! {
        it.add("x");
        it.add_all(["x", "y"]);
        it.add_all(nothing());
        it.remove("a");
        it.remove_all(["a", "b"]);
        it.remove_all(nothing());
        it.contains("a");
        it.contains_each(["a", "b"]);
        it.contains_each(nothing());
        it.members();
        it.len();
        it.random();
        it.random_many(2);
        it.random_many(0);
        it.pop();
        it.pop_many(2);
        it.pop_many(0);
        it.move_to(&it, "a");
        it.move_to(&right, "a");
        it.move_to(&missing, "a");
        right.move_to(&it, "a");
        right.move_to(&it, "none");
        missing.move_to(&it, "a");
        it.union([]);
        it.union([&right, &missing]);
        right.union([&it]);
        missing.union([&right, &it]);
        it.intersection([]);
        it.intersection([&missing]);
        right.intersection([&missing, &it]);
        missing.intersection([&it]);
        it.difference([]);
        it.difference([&right]);
        right.difference([&right, &it]);
        missing.difference([&it]);
        it.intersection_len([], None);
        it.intersection_len([&right], 1);
        right.intersection_len([&it], 0);
        missing.intersection_len([&right, &it], None);
        it.store_union([&right]);
        it.store_union([&missing]);
        it.store_union([&it]);
        right.store_union([&it]);
        right.store_union([&right, &it]);
        missing.store_union([&missing, &it]);
        it.store_intersection([&missing]);
        right.store_intersection([&it, &missing]);
        missing.store_intersection([&missing, &right, &it]);
        it.store_difference([&right]);
        right.store_difference([&it]);
        missing.store_difference([&missing, &it]);
    });
    all
}

fn sorted_set(keys: &Keys) -> Cases {
    let it: SortedSet<String> = keys.wrong();
    let (right, missing): (SortedSet<String>, SortedSet<String>) = (keys.right(), keys.missing());
    let nothing = || std::iter::empty::<(&str, f64)>();
    let no_member = || std::iter::empty::<&str>();
    let new = AddOptions::new().only_new();
    let existing = AddOptions::new().only_existing();
    let (ranks, scores) = (|| SortedRange::ranks(..), || SortedRange::scores(..));
    let members = || SortedRange::members(..);
    let mut all = common!(it);
    all.extend::<Cases>(cases! {
        it.add("x", 1.0);
        it.add_all([("x", 1.0), ("y", 2.0)]);
        it.add_all(nothing());
        it.add_with(new, [("x", 1.0)]);
        it.add_with(existing, [("x", 1.0)]);
        it.add_with(existing, nothing());
        it.incr("a", 1.0);
        it.incr_with(existing, "a", 1.0);
        it.incr_with(new, "a", 1.0);
        it.remove("a");
        it.remove_all(["a", "b"]);
        it.remove_all(no_member());
        it.score("a");
        it.scores(["a", "b"]);
        it.scores(no_member());
        it.rank("a");
        it.reverse_rank("a");
        it.len();
        it.range(ranks());
        it.range(scores());
        it.range(members().reversed());
        it.range(scores().limit(0, 0));
        it.range(SortedRange::ranks(..0));
        it.range_with_scores(ranks().reversed());
        it.range_with_scores(scores().limit(1, 2));
        it.store_range(&it, ranks());
        it.store_range(&right, ranks());
        it.store_range(&missing, scores());
        right.store_range(&it, scores().limit(0, 0));
        missing.store_range(&it, members());
        it.count(scores());
        it.count(members());
        it.remove_range(ranks());
        it.remove_range(scores());
        it.remove_range(members());
        it.pop_min();
        it.pop_max();
        it.pop_min_many(2);
        it.pop_min_many(0);
        it.pop_max_many(2);
        it.pop_max_many(0);
        it.random();
        it.random_many(2);
        it.random_many(0);
        it.union([]);
        it.union([&right]);
        right.union([&right, &it]);
        missing.union([&it]);
        it.union_with(2.0, [(&right, 1.0)], Aggregate::Max);
        right.union_with(2.0, [(&it, 1.0)], Aggregate::Min);
        it.intersection([]);
        it.intersection([&missing]);
        right.intersection([&missing, &it]);
        missing.intersection([&it]);
        it.intersection_with(2.0, [(&right, 1.0)], Aggregate::Sum);
        missing.intersection_with(2.0, [(&it, 1.0)], Aggregate::Sum);
        it.difference([]);
        it.difference([&right]);
        right.difference([&right, &it]);
        missing.difference([&it]);
        it.intersection_len([], None);
        it.intersection_len([&right], 1);
        right.intersection_len([&it], 0);
        missing.intersection_len([&right, &it], None);
        it.store_union([&right]);
        right.store_union([&missing, &it]);
        missing.store_union([&it]);
        it.store_union_with([(&right, 1.0)], Aggregate::Max);
        right.store_union_with([(&it, 1.0)], Aggregate::Max);
        it.store_intersection([&missing]);
        right.store_intersection([&it, &missing]);
        missing.store_intersection([&missing, &it]);
        it.store_intersection_with([(&right, 1.0)], Aggregate::Min);
        missing.store_intersection_with([(&right, 1.0), (&it, 2.0)], Aggregate::Min);
        it.store_difference([&right]);
        right.store_difference([&it]);
        missing.store_difference([&missing, &it]);
    });
    all
}

fn map(keys: &Keys) -> Cases {
    let it: Map<String, i64> = keys.wrong();
    let float: Map<String, f64> = keys.wrong();
    let no_field = || std::iter::empty::<&str>();
    let nothing = || std::iter::empty::<(&str, i64)>();
    let mut all = common!(it);
    all.extend::<Cases>(cases! {
        it.get("a");
        it.get_each(["a", "b"]);
        it.get_each(no_field());
        it.get_all();
        it.set("a", 1);
        it.set_all([("a", 1), ("b", 2)]);
        it.set_all(nothing());
        it.set_if_absent("a", 1);
        it.remove("a");
        it.remove_all(["a", "b"]);
        it.remove_all(no_field());
        it.contains("a");
        it.keys();
        it.values();
        it.len();
        it.set_with_ttl("a", 1, HOUR);
        it.expire_field("a", HOUR);
        it.persist_field("a");
        it.field_ttl("a");
        it.incr("a", 1);
        float.incr("a", 0.5);
    });
    all
}

type Structures = [(&'static str, &'static str, fn(&Keys) -> Cases); 6];

const STRUCTURES: Structures = [
    ("Value", "string", value),
    ("Counter", "string", counter),
    ("List", "list", list),
    ("Set", "set", set),
    ("SortedSet", "zset", sorted_set),
    ("Map", "hash", map),
];

/// The stored bytes and the time to live of a key.
fn stored(con: &mut dyn redis::ConnectionLike, key: &str) -> (Option<Vec<u8>>, i64) {
    let dump = redis::cmd("DUMP").arg(key).query(con).unwrap();
    (dump, redis::cmd("PTTL").arg(key).query(con).unwrap())
}

fn fill(con: &mut dyn redis::ConnectionLike, key: &str, words: &[&str]) {
    redis::cmd("DEL").arg(key).exec(con).unwrap();
    let words: Vec<_> = words.iter().map(|word| if *word == "KEY" { key } else { word }).collect();
    redis::cmd(words[0]).arg(&words[1..]).exec(con).unwrap();
    redis::cmd("PEXPIRE").arg(key).arg(LONG).exec(con).unwrap();
}

/// Runs every operation on every other type, and returns what went wrong.
fn mistakes(con: &mut dyn redis::ConnectionLike, with_ttl: bool) -> Vec<String> {
    let mut mistakes = Vec::new();
    for (structure, own_type, operations) in STRUCTURES {
        for (wrong_type, words) in TYPES.iter().filter(|(name, _)| *name != own_type) {
            let id = fresh();
            let key = |name: &str| format!("wrong:{{{id}}}:{name}");
            let (wrong, right, missing) = (key("wrong"), key("right"), key("missing"));
            let keys = Keys { wrong, right, missing, with_ttl };
            let (_, own_words) = TYPES.iter().find(|(name, _)| *name == own_type).unwrap();
            fill(con, &keys.wrong, words);
            fill(con, &keys.right, own_words);
            let all = [&keys.wrong, &keys.right, &keys.missing];
            let before = all.map(|key| stored(con, key));
            for (operation, run) in operations(&keys) {
                let case = format!("{structure}: {operation} on a {wrong_type}");
                match run.run(&mut *con) {
                    Ok(()) => mistakes.push(format!("{case} succeeded")),
                    Err(error) if !error.is_wrong_type() || error.is_applied() => {
                        mistakes.push(format!("{case}: {error}"));
                    }
                    Err(error) => assert!(error.to_string().contains(structure), "{error}"),
                }
                for (key, (dump, ttl)) in all.iter().zip(&before) {
                    let (now, left) = stored(con, key);
                    if now != *dump || (left - ttl).abs() > 100_000 {
                        mistakes.push(format!("{case} changed {key}: TTL {ttl} {left}"));
                        return mistakes;
                    }
                }
            }
        }
    }
    mistakes
}

fn check(con: &mut dyn redis::ConnectionLike) {
    for with_ttl in [false, true] {
        assert_eq!(mistakes(con, with_ttl), Vec::<String>::new(), "with_ttl: {with_ttl}");
    }
}

#[test]
fn every_operation_on_another_type_is_an_error_and_changes_nothing() {
    on_sync_connections(|con: &mut Con| check(con.raw_connection()));
}

fn check_newer(variable: &str) {
    let binary = std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} names no server; see `.ci/run`"));
    let server = Server::options().binary(binary).start().unwrap();
    check(&mut server.connection().unwrap());
}

#[test]
#[ignore = "needs REDIS_8: `.ci/run` gets one and runs this"]
fn every_operation_on_another_type_is_an_error_on_redis_8() {
    check_newer("REDIS_8");
}

#[test]
#[ignore = "needs VALKEY_9: `.ci/run` gets one and runs this"]
fn every_operation_on_another_type_is_an_error_on_valkey_9() {
    check_newer("VALKEY_9");
}
