//! Hashes of other programs: any reply to the command that reads a record.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use redis_model::codec::MsgPack;
use redis_model::redis::{Cmd, ConnectionLike, RedisResult, Value};
use redis_model::{Json, Operation, RedisFields, RedisModel, RedisValue};

use super::{Target, in_proportion};

#[derive(Debug, RedisValue)]
enum Plan {
    Free,
    #[redis(rename = "paid")]
    Paid,
    #[redis(other)]
    Unknown,
}

#[derive(Debug, RedisFields)]
struct Address {
    street: String,
    zip: Option<u32>,
}

#[derive(Debug, RedisModel)]
#[redis(key = "row:{id}")]
struct Row {
    id: u64,
    name: String,
    small: i8,
    large: u128,
    share: f32,
    #[redis(alias = "on")]
    flag: bool,
    letter: char,
    bytes: Vec<u8>,
    four: [u8; 4],
    took: Duration,
    at: SystemTime,
    #[redis(display)]
    from: IpAddr,
    plan: Plan,
    #[redis(codec = Json)]
    tags: Vec<String>,
    #[redis(codec = MsgPack, default)]
    counts: Option<Vec<u64>>,
    nick: Option<String>,
    #[redis(flatten)]
    address: Option<Address>,
}

/// A connection that returns a given reply and keeps the command.
struct Canned {
    reply: Option<Value>,
    sent: Vec<Vec<u8>>,
}

impl ConnectionLike for Canned {
    fn req_command(&mut self, cmd: &Cmd) -> RedisResult<Value> {
        self.sent = cmd
            .args_iter()
            .map(|arg| match arg {
                redis_model::redis::Arg::Simple(bytes) => bytes.to_vec(),
                _ => unreachable!("no cursor is sent"),
            })
            .collect();
        Ok(self.reply.take().expect("one command"))
    }

    fn req_packed_command(&mut self, _: &[u8]) -> RedisResult<Value> {
        unreachable!("a lone command goes out as a command")
    }

    fn req_packed_commands(&mut self, _: &[u8], _: usize, _: usize) -> RedisResult<Vec<Value>> {
        unreachable!("a lone command goes out as a command")
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

fn get(reply: Value) -> Option<Row> {
    let mut con = Canned { reply: Some(reply), sent: Vec::new() };
    match Row::get(7).run(&mut con) {
        Ok(row) => row,
        Err(error) => {
            assert!(!error.is_connection(), "{error}");
            assert!(error.to_string().starts_with("Row"), "{error}");
            None
        }
    }
}

/// Returns the names and values that a save writes.
fn saved(row: &Row) -> Vec<Vec<u8>> {
    let mut con = Canned { reply: Some(Value::Int(1)), sent: Vec::new() };
    row.save().run(&mut con).expect("what was read can be written");
    // The script gets their number first and the names to remove last.
    let fields = con.sent.split_off(13);
    let number = String::from_utf8(con.sent.remove(12)).expect("text").parse().expect("a number");
    fields.into_iter().take(number).collect()
}

/// Builds a reply from the bytes: values in order, each of a kind and a length.
fn reply(mut bytes: &[u8]) -> Value {
    let mut values = Vec::new();
    while let [kind, length, rest @ ..] = bytes {
        let (value, rest) = rest.split_at((*length as usize).min(rest.len()));
        bytes = rest;
        let text = || String::from_utf8_lossy(value).into_owned();
        values.push(match kind % 16 {
            0 => Value::Nil,
            1 => Value::Int(i64::from(*length)),
            2 => Value::SimpleString(text()),
            3 => Value::Okay,
            4 => Value::Array(vec![Value::BulkString(value.to_vec())]),
            5 => Value::Boolean(*length > 0),
            6 => Value::Double(f64::from(*length)),
            7 => Value::Map(vec![(Value::Nil, Value::BulkString(value.to_vec()))]),
            _ => Value::BulkString(value.to_vec()),
        });
    }
    Value::Array(values)
}

/// Returns the fields as a reply, in the order in which a record is read.
fn row(fields: &[Vec<u8>]) -> Value {
    let mut con = Canned { reply: Some(Value::Array(Vec::new())), sent: Vec::new() };
    let _ = Row::get(7).run(&mut con);
    let value = |name: &Vec<u8>| {
        let mut pairs = fields.chunks_exact(2);
        pairs
            .find(|pair| pair[0] == *name)
            .map_or(Value::Nil, |pair| Value::BulkString(pair[1].clone()))
    };
    Value::Array(con.sent[2..].iter().map(value).collect())
}

fn check(bytes: &[u8]) -> bool {
    let Some(read) = get(reply(bytes)) else { return false };
    let again = get(row(&saved(&read))).expect("what was written can be read");
    // Compare the `Debug` texts, because a NaN is not equal to itself.
    assert_eq!(format!("{again:?}"), format!("{read:?}"));
    true
}

fn seed() -> Vec<u8> {
    let full = Row {
        id: 7,
        name: "Alice".into(),
        small: -7,
        large: u128::MAX,
        share: 0.1,
        flag: true,
        letter: 'é',
        bytes: vec![0, 255],
        four: *b"four",
        took: Duration::from_millis(1500),
        at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000),
        from: IpAddr::from([127, 0, 0, 1]),
        plan: Plan::Paid,
        tags: vec!["admin".into()],
        counts: Some(vec![1, 2, 3]),
        nick: Some(String::new()),
        address: Some(Address { street: "High Street".into(), zip: Some(12345) }),
    };
    let Value::Array(values) = row(&saved(&full)) else { unreachable!("a row") };
    let mut seed = Vec::new();
    for value in values {
        match value {
            Value::BulkString(bytes) => {
                seed.extend([8, bytes.len() as u8]);
                seed.extend(bytes);
            }
            _ => seed.extend([0, 0]),
        }
    }
    seed
}

pub(super) const ROWS: Target =
    Target { name: "rows", check, seeds: || vec![seed()], memory: in_proportion };
