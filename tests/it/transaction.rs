//! `transaction`: writes of several records, all or nothing.

mod faults;
mod kinds;
mod members;
mod positions;
mod random;
mod throughput;

use redis::ConnectionLike;
use redis_model::{Json, RedisFields, RedisModel};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "{{tx}}:account:{id}")]
struct Account {
    id: u64,
    balance: u8,
    note: Option<String>,
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "{{tx}}:page:{id}", version_field = "_v", version = 1, ttl = "1h")]
struct Page {
    id: u64,
    #[redis(alias = "body")]
    text: String,
    #[redis(revision)]
    revision: u32,
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "{{tx}}:hollow:{id}")]
struct Hollow {
    id: u64,
    note: Option<String>,
    #[redis(flatten)]
    place: Option<Place>,
}

#[derive(Debug, Clone, PartialEq, RedisFields)]
struct Place {
    x: i32,
    y: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "{{tx}}:blob:{id}", blob = Json)]
struct Blob {
    id: u64,
    text: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "{{tx}}:event:{id}", blob = Json, version = 1)]
struct Event {
    id: u64,
    text: String,
}

fn account(id: u64, balance: u8) -> Account {
    Account { id, balance, note: None }
}

fn page(id: u64, revision: u32) -> Page {
    Page { id, text: "text".into(), revision }
}

fn hollow(id: u64) -> Hollow {
    Hollow { id, note: None, place: None }
}

fn blob(id: u64, text: &str) -> Blob {
    Blob { id, text: text.into() }
}

fn event(id: u64) -> Event {
    Event { id, text: "text".into() }
}

/// Returns all keys of a server, each with its value byte for byte and the time at which it
/// expires.
fn contents(con: &mut dyn ConnectionLike) -> Vec<(String, Vec<u8>, i64)> {
    let mut keys: Vec<String> = redis::cmd("KEYS").arg("*").query(con).unwrap();
    keys.sort();
    keys.into_iter()
        .map(|key| {
            let value = redis::cmd("DUMP").arg(&key).query(con).unwrap();
            let expires = redis::cmd("PEXPIRETIME").arg(&key).query(con).unwrap();
            (key, value, expires)
        })
        .collect()
}
