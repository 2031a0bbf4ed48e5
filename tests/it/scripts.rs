//! Scripts are sent again if the server has forgotten them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use redis_model::embedded::Server;
use redis_model::{Operation, RedisModel, atomic, batch};

use crate::support::{fresh, on_one_server};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "script:counter:{id}", ttl = "1h")]
struct Counter {
    id: u64,
    hits: u32,
}

const F: fn() -> <Counter as RedisModel>::Fields = || Counter::FIELDS;

fn hit(id: u64) -> redis_model::Update<Counter, redis_model::Field<Counter, u32>> {
    let f = F();
    Counter::update(id).or_create().incr(f.hits, 1).returning(f.hits)
}

#[test]
fn a_flush_before_any_operation_does_not_change_its_result() {
    on_one_server(|con| {
        let id = fresh();
        let flush = |con: &mut crate::support::Con| con.raw::<()>(&["SCRIPT", "FLUSH"]);
        let mut expected = 0;
        let mut next = |by: u32| {
            expected += by;
            expected
        };
        flush(con);
        assert_eq!(con.run(hit(id)).unwrap().applied(), Some(next(1)));
        flush(con);
        let (a, record, b) = con.run((hit(id), Counter::get(id), hit(id))).unwrap();
        assert_eq!((a.applied(), record.unwrap().hits), (Some(next(1)), 2));
        assert_eq!(b.applied(), Some(next(1)));
        flush(con);
        let (a, (b, c), d) = con.run((hit(id), atomic((hit(id), hit(id))), hit(id))).unwrap();
        let seen = [a, b, c, d].map(|hits| hits.applied().unwrap());
        assert_eq!(seen, [next(1), next(1), next(1), next(1)]);
        flush(con);
        // Only the step calls the script, so it sends the text itself.
        let (before, (a, b)) = con.run((Counter::exists(id), atomic((hit(id), hit(id))))).unwrap();
        assert!(before);
        assert_eq!((a.applied(), b.applied()), (Some(next(1)), Some(next(1))));
        flush(con);
        assert_eq!(con.run(atomic(hit(id))).unwrap().applied(), Some(next(1)));
    });
}

/// Another client flushes all scripts again and again while operations run alone, in pipelines
/// and in atomic steps.
#[test]
fn flushes_in_between_lose_nothing_and_apply_nothing_twice() {
    // A server of its own, because the flushes would slow other tests down.
    let server = Server::start().unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut con = server.connection().unwrap();
                while !done.load(Ordering::Relaxed) {
                    redis::cmd("SCRIPT").arg("FLUSH").exec(&mut con).unwrap();
                }
            });
        }
        let mut con = server.connection().unwrap();
        let (id, mut hits) = (fresh(), 0);
        for _ in 0..150 {
            hits += 1;
            assert_eq!(hit(id).run(&mut con).unwrap().applied(), Some(hits));
            let (a, b) = atomic((hit(id), hit(id))).run(&mut con).unwrap();
            assert_eq!((a.applied(), b.applied()), (Some(hits + 1), Some(hits + 2)));
            hits += 2;
            // In a pipeline a call without its script is sent again, unless a later call on its
            // key was executed: then the call is an error and was not applied.
            for result in batch((0..10).map(|_| hit(id))).run(&mut con).unwrap() {
                match result {
                    Ok(applied) => {
                        hits += 1;
                        assert_eq!(applied.applied(), Some(hits), "in the order of the batch");
                    }
                    Err(error) => {
                        assert!(error.to_string().contains("not applied"), "{error}");
                        assert_eq!(error.code(), Some("NOSCRIPT"));
                    }
                }
            }
            // Calls on different keys can be sent again in any order.
            let ids: Vec<_> = (0..10).map(|_| fresh()).collect();
            let all = batch(ids.iter().map(|id| hit(*id))).run(&mut con).unwrap();
            assert!(all.into_iter().all(|hits| hits.unwrap().applied() == Some(1)));
        }
        done.store(true, Ordering::Relaxed);
        assert_eq!(Counter::get(id).run(&mut con).unwrap().unwrap().hits, hits);
    });
}

#[test]
fn a_server_that_restarted_gets_the_scripts_again() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let folder = folder.path().display().to_string();
        // Answered writes must be on disk, because a kill ends the server.
        let arguments = ["--appendonly", "yes", "--appendfsync", "always", "--dir", &folder];
        arguments
            .into_iter()
            .fold(Server::options(), |options, argument| options.argument(argument))
            .start()
            .unwrap()
    };
    let id = fresh();
    let first = start();
    let mut con = first.connection().unwrap();
    assert_eq!(hit(id).run(&mut con).unwrap().applied(), Some(1));
    assert_eq!(hit(id).run(&mut con).unwrap().applied(), Some(2));
    drop(first);
    let second = start();
    let mut con = second.connection().unwrap();
    let (a, (b, c)) = (hit(id), atomic((hit(id), hit(id)))).run(&mut con).unwrap();
    assert_eq!([a, b, c].map(|hits| hits.applied().unwrap()), [3, 4, 5]);
}

#[test]
fn a_record_of_more_arguments_than_lua_unpacks_is_one_step() {
    on_one_server(|con| {
        let names: Vec<String> = (0..9000).map(|n| format!("f{n}")).collect();
        let key = Counter::key(fresh());
        let mut words: Vec<&str> = vec!["HSET", &key, "hits", "7"];
        names.iter().for_each(|name| words.extend([name.as_str(), "x"]));
        con.raw::<()>(&words);
        let id = Counter::parse_key(&key).unwrap();
        assert_eq!(con.run(hit(id)).unwrap().applied(), Some(8));
        assert_eq!(con.run_flow(&mut Counter::take(id)).unwrap(), Some(Counter { id, hits: 8 }));
    });
}

#[test]
fn scripts_survive_a_flush_alone_and_in_pipelines() {
    #[derive(Debug, PartialEq, RedisModel)]
    #[redis(key = "script:user:{id}")]
    struct User {
        id: u64,
        name: Option<String>,
        visits: i64,
    }
    on_one_server(|con| {
        let record = User { id: fresh(), name: None, visits: 1 };
        let f = User::FIELDS;
        let visit = || User::update(record.id).incr(f.visits, 1).returning(f.visits);
        for round in 1..4 {
            con.raw::<()>(&["SCRIPT", "FLUSH"]);
            con.run(record.save()).unwrap();
            con.raw::<()>(&["SCRIPT", "FLUSH"]);
            let (first, second, read) = con.run((visit(), visit(), User::get(record.id))).unwrap();
            assert_eq!((first.applied(), second.applied()), (Some(2), Some(3)), "round {round}");
            assert_eq!(read.unwrap().visits, 3);
            con.raw::<()>(&["SCRIPT", "FLUSH"]);
            assert_eq!(con.run(visit()).unwrap().applied(), Some(4));
            let seen = con.run(batch((0..5).map(|_| visit()))).unwrap();
            let seen: Vec<_> =
                seen.into_iter().map(|seen| seen.unwrap().applied().unwrap()).collect();
            assert_eq!(seen, [5, 6, 7, 8, 9]);
        }
    });
}
