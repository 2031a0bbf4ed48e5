//! `SET … IFEQ`, with which newer servers replace a blob: the client tries it on every server
//! and falls back on a script if an older server refuses it.

use std::time::Duration;

use redis_model::embedded::Server;
use redis_model::{Json, Operation, Outcome, RedisModel};
use serde::{Deserialize, Serialize};

use crate::support::{everywhere, fresh};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "set_ifeq:{id}", blob = Json)]
struct Page {
    id: u64,
    text: String,
}

#[test]
fn an_older_server_that_refuses_set_ifeq_loses_no_commit() {
    everywhere(|con| {
        let id = fresh();
        con.run(Page { id, text: "one".into() }.save()).unwrap();
        for text in ["two", "three"] {
            let mut draft = con.run(Page::edit(id)).unwrap().unwrap();
            draft.text = text.into();
            let late = draft.commit();
            assert_eq!(con.run(draft.commit()).unwrap(), Outcome::Applied(()));
            assert!(con.run(late).unwrap().conflict().is_some());
            assert_eq!(con.run(Page::get(id)).unwrap().unwrap().text, text);
        }
    });
}

/// Returns the number of calls of a command.
fn calls(con: &mut redis::Connection, command: &str) -> u64 {
    let stats: String = redis::cmd("INFO").arg("commandstats").query(con).unwrap();
    let line =
        stats.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:calls=")));
    line.and_then(|rest| rest.split(',').next()?.parse().ok()).unwrap_or(0)
}

/// Needs a process that has not used an older server, because a process does not retry a
/// command that a server has refused.
#[test]
#[ignore = "needs VALKEY_9: `.ci/run` gets one and runs this"]
fn a_newer_server_replaces_a_blob_by_set_ifeq() {
    let binary = std::env::var("VALKEY_9").expect("VALKEY_9 names no server; see `.ci/run`");
    let server = Server::options().binary(&binary).start().unwrap();
    for url in [server.url().to_owned(), server.url_resp3()] {
        let con = &mut redis::Client::open(url).unwrap().get_connection().unwrap();
        let id = 7;
        Page { id, text: "one".into() }.save().ttl(Duration::from_secs(100)).run(con).unwrap();
        let [mut one, mut other] = [(); 2].map(|()| Page::edit(id).run(con).unwrap().unwrap());
        (one.text, other.text) = ("two".into(), "three".into());
        let (scripts, sets) = (calls(con, "evalsha"), calls(con, "set"));
        assert_eq!(one.commit().run(con).unwrap(), Outcome::Applied(()));
        assert!(other.commit().run(con).unwrap().conflict().is_some());
        assert!(Page::ttl(id).run(con).unwrap().remaining().is_some());
        assert_eq!((calls(con, "evalsha"), calls(con, "set")), (scripts, sets + 2));
        assert_eq!(Page::get(id).run(con).unwrap().unwrap().text, "two");
        redis::cmd("DEL").arg(&*Page::key(id)).exec(con).unwrap();
        assert!(other.commit().run(con).unwrap().is_missing());
        redis::cmd("RPUSH").arg(&*Page::key(id)).arg("x").exec(con).unwrap();
        assert!(other.commit().run(con).unwrap_err().is_wrong_type());

        // In a pipeline the client uses the script: a refusal would come after the next commands.
        redis::cmd("DEL").arg(&*Page::key(id)).exec(con).unwrap();
        Page { id, text: "one".into() }.save().run(con).unwrap();
        let mut draft = Page::edit(id).run(con).unwrap().unwrap();
        draft.text = "four".into();
        let (committed, read) = (draft.commit(), Page::get(id)).run(con).unwrap();
        assert_eq!((committed, read.unwrap().text), (Outcome::Applied(()), "four".into()));
    }
}
