//! Every kind of member in every position: refused, it leaves all records unchanged; applied,
//! it writes what it writes alone.

use redis::Connection;
use redis_model::embedded::Server;
use redis_model::{ErrorKind, Operation, Outcome, transaction};

use super::contents;
use super::kinds::{self, Kind, Member, Refusal, RefusedKind};

/// The number of members beside the one that is looked at.
const OTHERS: usize = 3;

#[test]
fn one_refused_member_of_any_kind_leaves_all_records_unchanged() {
    let server = Server::start().unwrap();
    refused_in_every_position(&mut server.connection().unwrap());
}

#[test]
fn members_of_every_kind_write_what_they_write_alone() {
    let server = Server::start().unwrap();
    applied_in_every_position(&mut server.connection().unwrap());
}

#[test]
#[ignore = "needs REDIS_8: `.ci/run` gets one and runs this"]
fn members_of_every_kind_are_applied_together_or_not_at_all_on_redis_8() {
    on_newer("REDIS_8");
}

#[test]
#[ignore = "needs VALKEY_9: `.ci/run` gets one and runs this"]
fn members_of_every_kind_are_applied_together_or_not_at_all_on_valkey_9() {
    on_newer("VALKEY_9");
}

fn on_newer(variable: &str) {
    let binary = std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} names no server; see `.ci/run`"));
    let server = Server::options().binary(binary).start().unwrap();
    let mut con = server.connection().unwrap();
    refused_in_every_position(&mut con);
    applied_in_every_position(&mut con);
}

fn refused_in_every_position(con: &mut Connection) {
    let applied = kinds::applied();
    for (at, RefusedKind { kind, refusal, field }) in kinds::refused().into_iter().enumerate() {
        for position in 0..=OTHERS {
            let name = format!("{} at {position}", kind.name);
            redis::cmd("FLUSHALL").exec(con).unwrap();
            let mut members: Vec<Member> = (0..OTHERS)
                .map(|other| {
                    (applied[(at * OTHERS + other) % applied.len()].member)(con, other as u64)
                })
                .collect();
            members.insert(position, (kind.member)(con, 99));
            let before = contents(con);
            check(&name, position, refusal, field, transaction(members).run(con));
            assert_eq!(contents(con), before, "{name}");
        }
    }
}

fn check(
    name: &str,
    position: usize,
    refusal: Refusal,
    field: Option<&str>,
    result: redis_model::Result<Outcome<Vec<()>>>,
) {
    let is_key = |key: Option<&str>| key.is_some_and(|key| key.ends_with(":99"));
    match (refusal, result) {
        (Refusal::Missing, Ok(Outcome::Missing(missing))) => {
            assert!(is_key(Some(missing.key())), "{name}: {missing}");
            assert_eq!(missing.member(), Some(position), "{name}");
        }
        (Refusal::Conflict, Ok(Outcome::Conflict(conflict))) => {
            assert!(is_key(Some(conflict.key())), "{name}: {conflict}");
            assert_eq!(conflict.member(), Some(position), "{name}");
            assert_eq!(conflict.fields().next(), field, "{name}");
        }
        (Refusal::Error(what), Err(error)) => {
            let kind = format!("{:?}", error.kind());
            assert!(kind == what || error.code() == Some(what), "{name}: {error}");
            assert!(is_key(error.key()), "{name}: {error}");
            assert_eq!((error.member(), error.field()), (Some(position), field), "{name}: {error}");
            assert!(!error.is_partial() && !error.is_applied(), "{name}: {error}");
            assert!(
                error.to_string().ends_with("; nothing of its atomic step was applied"),
                "{name}: {error}"
            );
            assert_ne!(error.kind(), ErrorKind::Connection);
        }
        (_, result) => panic!("{name}: {result:?}"),
    }
}

fn applied_in_every_position(con: &mut Connection) {
    let kinds = kinds::applied();
    redis::cmd("FLUSHALL").exec(con).unwrap();
    kinds.iter().enumerate().for_each(|(id, kind)| (kind.alone)(con, id as u64));
    let alone = values(con);
    // Each kind comes first, last and in every position between.
    for first in 0..kinds.len() {
        redis::cmd("FLUSHALL").exec(con).unwrap();
        let ids = (first..kinds.len()).chain(0..first);
        let members: Vec<Member> = ids.map(|id| member(&kinds[id], con, id)).collect();
        let outcome = transaction(members).run(con).unwrap();
        assert_eq!(outcome, Outcome::Applied(vec![(); kinds.len()]));
        assert_eq!(values(con), alone, "{} first", kinds[first].name);
    }
}

fn member(kind: &Kind, con: &mut Connection, id: usize) -> Member {
    (kind.member)(con, id as u64)
}

/// Returns all keys with their values, and for each if it expires.
fn values(con: &mut Connection) -> Vec<(String, Vec<String>, bool)> {
    let contents = contents(con);
    let value = |key: &String| {
        let kind: String = redis::cmd("TYPE").arg(key).query(con).unwrap();
        if kind == "string" {
            let bytes: Vec<u8> = redis::cmd("GET").arg(key).query(con).unwrap();
            return vec![bytes.escape_ascii().to_string()];
        }
        let pairs: Vec<(String, String)> = redis::cmd("HGETALL").arg(key).query(con).unwrap();
        let mut pairs: Vec<_> =
            pairs.into_iter().map(|(name, value)| name + "=" + &value).collect();
        pairs.sort();
        pairs
    };
    let mut value = value;
    contents.iter().map(|(key, _, expires)| (key.clone(), value(key), *expires >= 0)).collect()
}
