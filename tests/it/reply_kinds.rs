//! A write is reported as done only if the server answered that it was.

use redis_model::{ErrorKind, Json, Operation, RedisModel};
use serde::{Deserialize, Serialize};

use crate::support::{fresh, server};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "reply:hash:{id}")]
struct User {
    id: u64,
    name: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "reply:blob:{id}", blob = Json)]
struct Blob {
    id: u64,
    text: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "reply:versioned:{id}", blob = Json, version = 1)]
struct Versioned {
    id: u64,
    text: String,
}

/// An open `MULTI` makes every reply `QUEUED`.
#[test]
fn a_queued_write_is_not_reported_as_written() {
    fn check<O: Operation>(operation: O)
    where
        O::Output: std::fmt::Debug,
    {
        let mut con = server().connection().unwrap();
        // The server knows the script, so that it queues the call.
        drop(operation.run(&mut con));
        redis::cmd("MULTI").exec(&mut con).unwrap();
        let error = operation.run(&mut con).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Server, "{error}");
    }

    let id = fresh();
    check(User { id, name: Some("Ada".into()) }.save());
    check(User { id, name: None }.save());
    check(User { id, name: None }.create());
    for text in ["small".to_owned(), "large".repeat(1000)] {
        let blob = Blob { id, text: text.clone() };
        check(blob.save());
        check(blob.create());
        let versioned = Versioned { id, text };
        check(versioned.save());
        check(versioned.create());
    }
}

#[test]
fn a_commit_that_was_queued_is_not_reported_as_applied() {
    let mut con = server().connection().unwrap();
    let blob = Blob { id: fresh(), text: "old".into() };
    blob.save().run(&mut con).unwrap();
    let mut draft = Blob::edit(blob.id).run(&mut con).unwrap().unwrap();
    draft.text = "new".into();
    redis::cmd("MULTI").exec(&mut con).unwrap();
    assert_eq!(draft.commit().run(&mut con).unwrap_err().kind(), ErrorKind::Server);
}
