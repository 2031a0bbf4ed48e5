//! Errors never contain stored bytes.

use std::error::Error as _;
use std::fmt::Debug;

use redis_model::codec::Bincode;
use redis_model::{Error, Json, Operation, RedisModel};
use serde::{Deserialize, Serialize};

use crate::support::{Con, fresh, on_one_server};

const SECRET: &str = "hunter2-correct-horse";

/// Returns all texts of an error and of its sources.
fn shown(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(inner) = source {
        text += &format!(" {inner} {inner:?} {inner:#?}");
        source = inner.source();
    }
    text
}

#[track_caller]
fn quiet<T: Debug>(result: Result<T, Error>) {
    let error = result.map(drop).expect_err("an error");
    assert!(!shown(&error).contains("hunter2"), "{error:?}");
    assert!(!error.is_connection(), "{error}");
}

#[derive(Debug, Serialize, Deserialize)]
enum Kind {
    A,
    B,
}

#[derive(Debug, RedisModel)]
#[redis(key = "secret:hash:{id}")]
struct Account {
    id: u64,
    number: u8,
    truth: bool,
    letter: char,
    float: f64,
    fixed: [u8; 2],
    text: String,
    #[redis(codec = Json)]
    json: Vec<Kind>,
    #[redis(codec = Bincode)]
    bincode: (u64, String),
}

#[derive(Debug, Serialize, Deserialize, RedisModel)]
#[redis(key = "secret:blob:{id}", blob = Json)]
struct Session {
    id: u64,
    kind: Kind,
}

/// A type whose errors contain its value.
#[derive(Debug)]
struct Telltale;

impl Serialize for Telltale {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom(format!("cannot store {SECRET}")))
    }
}

impl<'de> Deserialize<'de> for Telltale {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom(format!("cannot read {SECRET}")))
    }
}

#[derive(Debug, RedisModel)]
#[redis(key = "secret:telltale:{id}")]
struct Telling {
    id: u64,
    #[redis(codec = Json)]
    json: Telltale,
}

#[derive(Debug, Serialize, Deserialize, RedisModel)]
#[redis(key = "secret:tellblob:{id}", blob = Bincode)]
struct TellingBlob {
    id: u64,
    telltale: Telltale,
}

fn account(con: &mut Con) -> u64 {
    let id = fresh();
    let account = Account {
        id,
        number: 1,
        truth: true,
        letter: 'x',
        float: 1.0,
        fixed: [1, 2],
        text: SECRET.into(),
        json: vec![Kind::A, Kind::B],
        bincode: (1, SECRET.into()),
    };
    con.run(account.save()).unwrap();
    id
}

#[test]
fn errors_of_fields_that_cannot_be_read_contain_no_contents() {
    on_one_server(|con| {
        for name in ["number", "truth", "letter", "float", "fixed", "json", "bincode"] {
            for text in [SECRET.to_owned(), format!("\"{SECRET}\""), format!("[\"{SECRET}\"]")] {
                let id = account(con);
                con.raw::<()>(&["HSET", &Account::key(id), name, &text]);
                quiet(con.run(Account::get(id)));
                quiet(con.run(Account::get(id).refresh_for(std::time::Duration::from_secs(9))));
                quiet(con.run(Account::get_many([id])).unwrap().remove(0));
                let f = Account::FIELDS;
                quiet(con.run(Account::select(
                    id,
                    (f.number, f.truth, f.letter, f.float, f.fixed, f.json, f.bincode),
                )));
                let returning = Account::update(id).set(f.text, SECRET).returning((
                    f.number,
                    f.truth,
                    f.letter,
                    f.float,
                    (f.fixed, f.json, f.bincode),
                ));
                quiet(con.run(returning));
                quiet(con.run_flow(&mut Account::take(id)));
            }
        }
    });
}

#[test]
fn errors_of_writes_and_increments_contain_no_contents() {
    on_one_server(|con| {
        let (f, id) = (Account::FIELDS, account(con));
        con.raw::<()>(&["HSET", &Account::key(id), "number", SECRET, "float", SECRET]);
        quiet(con.run(Account::update(id).incr(f.number, 1)));
        quiet(con.run(Account::update(id).incr(f.float, 1)));
        let telling = Telling { id, json: Telltale };
        quiet(con.run(telling.save()));
        quiet(con.run(Telling::update(id).set(Telling::FIELDS.json, Telltale)));
        quiet(con.run(TellingBlob { id, telltale: Telltale }.save()));
        quiet(telling.save().explain());
        con.raw::<()>(&["HSET", &telling.redis_key(), "json", "1"]);
        quiet(con.run(Telling::get(id)));
    });
}

#[test]
fn errors_of_blobs_that_cannot_be_read_contain_no_contents() {
    on_one_server(|con| {
        let id = fresh();
        for text in [
            SECRET.to_owned(),
            format!("{{\"id\":\"{SECRET}\"}}"),
            format!("{{\"id\":1,\"kind\":\"{SECRET}\"}}"),
            format!("{{\"{SECRET}\":1}}"),
        ] {
            con.raw::<()>(&["SET", &Session::key(id), &text]);
            con.raw::<()>(&["SET", &TellingBlob::key(id), &text]);
            quiet(con.run(Session::get(id)));
            quiet(con.run(TellingBlob::get(id)));
            quiet(Session::from_bytes(text.as_bytes()));
        }
    });
}

#[test]
fn errors_of_wrong_types_and_refused_commands_contain_no_contents() {
    on_one_server(|con| {
        let (f, id) = (Account::FIELDS, fresh());
        con.raw::<()>(&["SET", &Account::key(id), SECRET]);
        quiet(con.run(Account::get(id)));
        quiet(con.run(Account::update(id).set(f.text, SECRET)));
        quiet(con.run(Account::update(id).or_create().set(f.text, SECRET)));
    });
}

#[test]
fn debug_of_operations_shows_only_the_key() {
    let session = Session { id: 1, kind: Kind::A };
    let update = Account::update(1)
        .set(Account::FIELDS.text, SECRET)
        .only_if(Account::FIELDS.text.eq(SECRET));
    let plan = update.explain().unwrap();
    assert!(plan.to_string().contains(SECRET));
    for text in [
        format!("{:?}", session.save()),
        format!("{update:?}"),
        format!("{plan:?}"),
        format!("{:?}", plan.commands()),
    ] {
        assert!(text.contains("secret:") && !text.contains("hunter2"), "{text}");
    }
}
