//! Scans: every record once, nothing else, and resumed at a position.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::TryStreamExt;
use redis_model::embedded::Server;
use redis_model::flow::ScanPosition;
use redis_model::{ErrorKind, Json, Operation, RedisModel};
use serde::{Deserialize, Serialize};

use crate::support::{fresh, on_one_server, runtime};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "scan:{run}:user:{id}")]
struct User {
    run: u64,
    id: String,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "scan:blob:{id}", blob = Json)]
struct Session {
    id: u64,
    token: String,
}

/// Glob characters in a key match themselves only.
#[derive(Debug, RedisModel)]
#[redis(key = "scan[*]?:{id}")]
struct Odd {
    id: u32,
    name: String,
}

fn users(count: u64) -> Vec<User> {
    let run = fresh();
    (0..count)
        .map(|id| User { run, id: format!("{id}:{{*}}"), name: format!("user {id}") })
        .collect()
}

#[test]
fn a_scan_finds_every_record_and_only_those_of_its_model() {
    on_one_server(|con| {
        // The pattern matches the records of other runs, too: compare the ids.
        let users = users(2500);
        let run = users[0].run;
        for saved in con.run(User::save_many(&users)).unwrap() {
            saved.unwrap();
        }
        let key = users[0].redis_key();
        con.raw::<()>(&["HSET", &format!("{key}:cart"), "name", "not a user"]);
        con.raw::<()>(&["SET", &format!("scan:{run}:user:text"), "another type"]);

        let mut found = BTreeMap::new();
        let mut scan = User::scan().page_size(200);
        let mut pages = 0;
        while let Some(page) = con.run_flow(&mut scan).unwrap() {
            assert!(!page.is_empty());
            pages += 1;
            for user in page {
                let user = user.unwrap();
                if user.run == run {
                    found.insert(user.id.clone(), user);
                }
            }
        }
        assert!(pages >= 10, "{pages}");
        assert_eq!(found.len(), users.len());
        assert!(users.iter().all(|user| found[&user.id] == *user));
        // After its end a scan returns no more pages.
        assert_eq!(con.run_flow(&mut scan).unwrap().map(|page| page.len()), None);

        let mut ids = BTreeSet::new();
        let mut scan = User::scan_ids();
        while let Some(page) = con.run_flow(&mut scan).unwrap() {
            ids.extend(page.into_iter().filter(|(of, _)| *of == run).map(|(_, id)| id));
        }
        assert_eq!(ids, users.iter().map(|user| user.id.clone()).collect());
    });
}

#[test]
fn a_scan_resumes_in_another_process_at_its_position() {
    on_one_server(|con| {
        let users = users(1200);
        let run = users[0].run;
        for saved in con.run(User::save_many(&users)).unwrap() {
            saved.unwrap();
        }
        let mut position = ScanPosition::START.to_string();
        let mut seen = BTreeSet::new();
        loop {
            let mut scan = User::scan_ids().page_size(100).resume_from(position.parse().unwrap());
            let Some(page) = con.run_flow(&mut scan).unwrap() else { break };
            seen.extend(page.into_iter().filter(|(of, _)| *of == run));
            position = scan.position().to_string();
        }
        assert_eq!(seen.len(), users.len());
    });
}

#[test]
fn a_cluster_position_is_refused_by_a_single_server() {
    on_one_server(|con| {
        let mut scan = User::scan_ids().resume_from("cluster/0-5".parse().unwrap());
        assert_eq!(con.run_flow(&mut scan).unwrap_err().kind(), ErrorKind::InvalidOperation);
    });
}

#[test]
fn a_record_that_cannot_be_read_hides_no_other() {
    // A server of its own, because the test counts all sessions.
    let server = Server::start().unwrap();
    let mut con = server.connection().unwrap();
    let sessions: Vec<_> = (0..50).map(|id| Session { id, token: "secret".into() }).collect();
    for saved in Session::save_many(&sessions).run(&mut con).unwrap() {
        saved.unwrap();
    }
    redis::cmd("SET").arg("scan:blob:7").arg("{broken: secret").exec(&mut con).unwrap();

    let found: Vec<_> = Session::scan().page_size(10).iter(&mut con).collect();
    assert_eq!(found.len(), 50);
    let errors: Vec<_> = found.iter().filter_map(|found| found.as_ref().err()).collect();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].key(), Some("scan:blob:7"));
    assert!(!errors[0].to_string().contains("secret"));

    let mut streamed = Vec::new();
    runtime().block_on(async {
        let client = server.client().unwrap();
        let mut con = client.get_multiplexed_async_connection().await.unwrap();
        let mut ids = Session::scan_ids().stream(&mut con);
        while let Some(id) = ids.try_next().await.unwrap() {
            streamed.push(id);
        }
    });
    streamed.sort_unstable();
    assert_eq!(streamed, (0..50).collect::<Vec<u64>>());
}

#[test]
fn records_are_counted_and_deleted_and_others_are_left() {
    let server = Server::start().unwrap();
    let mut con = server.connection().unwrap();
    for id in 0..3000 {
        redis::cmd("HSET")
            .arg(format!("scan[*]?:{id}"))
            .arg("name")
            .arg("x")
            .exec(&mut con)
            .unwrap();
    }
    // The pattern would match this key if its characters were not quoted.
    redis::cmd("HSET").arg("scan*x:1").arg("name").arg("x").exec(&mut con).unwrap();
    redis::cmd("SET").arg("scan[*]?:9999").arg("text").exec(&mut con).unwrap();

    let mut count = Odd::count();
    assert_eq!(count.run(&mut con).unwrap(), 3000);
    assert_eq!(count.run(&mut con).unwrap(), 3000);
    let mut delete = Odd::delete_all().page_size(100);
    assert_eq!(delete.run(&mut con).unwrap(), 3000);
    assert_eq!((delete.deleted(), Odd::count().run(&mut con).unwrap()), (3000, 0));
    let left: usize = redis::cmd("DBSIZE").query(&mut con).unwrap();
    assert_eq!(left, 2);
}

#[test]
fn a_lost_connection_ends_a_scan_that_then_goes_on() {
    let server = Server::start().unwrap();
    let mut con = server.connection().unwrap();
    let sessions: Vec<_> = (0..500).map(|id| Session { id, token: "x".into() }).collect();
    for saved in Session::save_many(&sessions).run(&mut con).unwrap() {
        saved.unwrap();
    }
    let mut scan = Session::scan_ids().page_size(50);
    let mut seen: BTreeSet<u64> = scan.run(&mut con).unwrap().unwrap().into_iter().collect();
    let mut other = server.connection().unwrap();
    redis::cmd("CLIENT").arg("KILL").arg("TYPE").arg("normal").exec(&mut other).unwrap();
    assert!(scan.run(&mut con).unwrap_err().is_connection());
    let mut con = server.connection().unwrap();
    while let Some(page) = scan.run(&mut con).unwrap() {
        seen.extend(page);
    }
    assert_eq!(seen.len(), 500);
}

/// A number has many texts, but a record has one key.
#[test]
fn keys_that_no_record_has_are_not_found() {
    let server = Server::start().unwrap();
    let mut con = server.connection().unwrap();
    for key in ["scan[*]?:1", "scan[*]?:01", "scan[*]?:+1", "scan[*]?:%31"] {
        redis::cmd("HSET").arg(key).arg("name").arg("x").exec(&mut con).unwrap();
    }
    let ids: Vec<u32> = Odd::scan_ids().iter(&mut con).map(Result::unwrap).collect();
    assert_eq!((ids, Odd::count().run(&mut con).unwrap()), (vec![1], 1));
    assert!(Odd::parse_key("scan[*]?:01").is_err());
    assert_eq!(Odd::delete_all().run(&mut con).unwrap(), 1);
}
