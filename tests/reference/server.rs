//! Runs programs on a server, in batches, and compares.

use std::collections::BTreeMap;
use std::time::Duration;

use redis_model::embedded::Server;
use redis_model::{Error, Operation, Outcome, Result, batch};

use crate::map::{Entry, Expected, State, apply};
use crate::models::{Column, Kind, Modelled};
use crate::program::{Program, start};
use crate::random::Random;

const AT_ONCE: usize = 500;

/// The part of a TTL that may have passed, in milliseconds. All TTLs differ by more.
const TOLERANCE: u64 = 200_000;

struct Case {
    id: u64,
    program: Program,
    before: State,
}

pub(crate) fn compare<M: Modelled>(
    server: &Server,
    programs: usize,
    seed: u64,
    fields_expire: bool,
) {
    let con = &mut server.connection().unwrap();
    if fields_expire {
        redis::cmd("DEBUG").arg("SET-ACTIVE-EXPIRE").arg(0).exec(con).unwrap();
    }
    let random = &mut Random::new(seed);
    let columns = M::columns();
    let mut seen = BTreeMap::new();
    for first in (0..programs).step_by(AT_ONCE) {
        let cases: Vec<_> = (first..first + AT_ONCE)
            .map(|id| Case {
                id: id as u64,
                program: Program::random(random, &columns, fields_expire),
                before: start(random, &columns, fields_expire),
            })
            .collect();
        store::<M>(con, &cases);
        let operations = cases.iter().map(|case| M::operation(case.id, &case.program));
        // One batch in four runs one by one: some updates are other commands then.
        let results: Vec<_> = if !(first / AT_ONCE).is_multiple_of(4) {
            batch(operations).run(con).unwrap()
        } else {
            operations.map(|operation| operation.run(con)).collect()
        };
        let found = load::<M>(con, &cases, &columns, fields_expire);
        for ((case, result), found) in cases.iter().zip(results).zip(found) {
            let mut expected = live(&case.before);
            let outcome = apply(&mut expected, &columns, &M::SCHEMA, &case.program);
            *seen.entry(outcome.name()).or_insert(0) += 1;
            let context = || {
                let name = M::SCHEMA.name;
                format!("seed {seed}, {name}\n{:#?}\non {:#?}", case.program, case.before)
            };
            check_outcome(&outcome, &result, &context);
            check_state(&expected, &found, &columns, &context);
        }
    }
    // Programs that are all refused or all applied would test little.
    assert!(seen.len() == 5 && seen.values().all(|count| *count > programs / 200), "{seen:?}");
}

/// Returns the hash without what has expired.
fn live(before: &State) -> State {
    let mut state = before.clone();
    state.fields.retain(|_, entry| entry.ttl != Some(1));
    state
}

fn store<M: Modelled>(con: &mut redis::Connection, cases: &[Case]) {
    let mut pipe = redis::pipe();
    let mut expires = false;
    for case in cases {
        let key = M::key(case.id);
        pipe.cmd("DEL").arg(&*key);
        for (name, entry) in &case.before.fields {
            pipe.cmd("HSET").arg(&*key).arg(name).arg(&entry.text);
            if let Some(millis) = entry.ttl {
                expires |= millis == 1;
                pipe.cmd("HPEXPIRE").arg(&*key).arg(millis).arg("FIELDS").arg(1).arg(name);
            }
        }
        if let Some(millis) = case.before.ttl {
            pipe.cmd("PEXPIRE").arg(&*key).arg(millis);
        }
    }
    pipe.exec(con).unwrap();
    if expires {
        // The server's clock is the only one that its fields expire by.
        std::thread::sleep(Duration::from_millis(3));
    }
}

fn load<M: Modelled>(
    con: &mut redis::Connection,
    cases: &[Case],
    columns: &[Column],
    fields_expire: bool,
) -> Vec<State> {
    let mut names: Vec<&str> = vec!["_", "unknown"];
    names.extend(columns.iter().flat_map(|it| std::iter::once(&it.name).chain(it.aliases)));
    let mut pipe = redis::pipe();
    for case in cases {
        let key = M::key(case.id);
        pipe.cmd("HGETALL").arg(&*key).cmd("PTTL").arg(&*key);
        if fields_expire {
            pipe.cmd("HPTTL").arg(&*key).arg("FIELDS").arg(names.len()).arg(&names);
        }
    }
    let mut replies = pipe.query::<Vec<redis::Value>>(con).unwrap().into_iter();
    let mut next = || replies.next().expect("a reply for each command");
    let states = cases.iter().map(|_| {
        let fields: BTreeMap<String, String> = redis::from_redis_value(next()).unwrap();
        let ttl: i64 = redis::from_redis_value(next()).unwrap();
        let ttls =
            if fields_expire { redis::from_redis_value(next()).unwrap() } else { Vec::new() };
        let ttls: BTreeMap<_, i64> = names.iter().copied().zip(ttls).collect();
        let left = |millis: i64| u64::try_from(millis).ok();
        let entry = |(name, text): (String, String)| {
            let ttl = ttls.get(&*name).and_then(|millis| left(*millis));
            (name, Entry { text, ttl })
        };
        State { fields: fields.into_iter().map(entry).collect(), ttl: left(ttl) }
    });
    states.collect()
}

fn check_outcome(
    expected: &Expected,
    result: &Result<Outcome<Vec<String>>>,
    context: &dyn Fn() -> String,
) {
    let field = |error: &Error| error.field().map(str::to_owned);
    let found = match result {
        Ok(Outcome::Applied(returned)) => Expected::Applied(returned.clone()),
        Ok(Outcome::Missing(_)) => Expected::Missing,
        Ok(Outcome::Conflict(conflict)) => {
            Expected::Conflict(conflict.fields().map(str::to_owned).collect())
        }
        Err(error) if error.is_applied() => {
            Expected::Unreadable(error.kind(), field(error).unwrap_or_default())
        }
        Err(error) => Expected::Refused(error.kind(), field(error)),
    };
    assert_eq!(found, *expected, "{result:?}\n{}", context());
}

fn check_state(expected: &State, found: &State, columns: &[Column], context: &dyn Fn() -> String) {
    let names = |state: &State| state.fields.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(found), names(expected), "{}", context());
    for (name, entry) in &found.fields {
        let wanted = &expected.fields[name];
        let column = columns.iter().find(|column| column.name == *name);
        let is_float = column.is_some_and(|column| column.kind == Kind::Float);
        let same = entry.text == wanted.text || is_float && are_close(&entry.text, &wanted.text);
        assert!(same, "{name}: {:?}, not {:?}\n{}", entry.text, wanted.text, context());
        assert!(
            agree(entry.ttl, wanted.ttl),
            "TTL of {name}: {:?}, not {:?}\n{}",
            entry.ttl,
            wanted.ttl,
            context()
        );
    }
    // A server may keep the key of a hash whose fields have all expired.
    if !expected.fields.is_empty() {
        let (left, wanted) = (found.ttl, expected.ttl);
        assert!(agree(left, wanted), "TTL: {left:?}, not {wanted:?}\n{}", context());
    }
}

/// The server adds floats with more digits than an `f64` has.
fn are_close(a: &str, b: &str) -> bool {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => (a - b).abs() <= 1e-15 * a.abs().max(1e-2),
        _ => false,
    }
}

fn agree(left: Option<u64>, wanted: Option<u64>) -> bool {
    match (left, wanted) {
        (Some(left), Some(wanted)) => left <= wanted && wanted - left < TOLERANCE,
        (left, wanted) => left == wanted,
    }
}
