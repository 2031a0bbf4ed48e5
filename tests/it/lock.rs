//! Locks: exclusion while times to live hold, and errors when they do not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use redis_model::embedded::Server;
use redis_model::patterns::Lock;
use redis_model::{ErrorKind, Operation};

use crate::support::{Con, everywhere, fresh, on_sync_connections, runtime, server};

const TTL: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(20);

fn key() -> String {
    format!("lock:{}", fresh())
}

fn lock() -> Lock {
    Lock::at(key(), TTL)
}

#[test]
fn one_holder_at_a_time_and_only_that_one_releases_and_extends() {
    everywhere(|con| {
        let lock = lock();
        assert!(!con.run(lock.is_held()).unwrap());
        let guard = con.run(lock.try_acquire()).unwrap().unwrap();
        assert!(con.run(lock.try_acquire()).unwrap().is_none());
        assert!(con.run_flow(&mut lock.acquire(Duration::ZERO)).unwrap().is_none());
        assert!(con.run_flow(&mut lock.acquire(SHORT)).unwrap().is_none());
        con.raw::<()>(&["PEXPIRE", lock.key(), "5000"]);
        assert!(con.run(guard.remaining()).unwrap() <= Duration::from_secs(5));
        con.run(guard.extend()).unwrap();
        assert!(con.run(guard.remaining()).unwrap() > Duration::from_secs(50));
        con.run(guard.release()).unwrap();

        let next = con.run_flow(&mut lock.acquire(TTL)).unwrap().unwrap();
        assert!(next.fencing_number() > guard.fencing_number());
        for lost in [guard.extend(), guard.release()] {
            let error = con.run(lost).unwrap_err();
            assert!(error.is_lock_lost() && error.key() == Some(lock.key().as_str()), "{error}");
        }
        assert!(con.run(guard.remaining()).unwrap_err().is_lock_lost());
        // The first holder has not released the lock of the second.
        con.run(next.remaining()).unwrap();
        assert!(con.run(lock.force_release()).unwrap());
        assert!(con.run(next.extend()).unwrap_err().is_lock_lost());
        // Nobody waits any more.
        assert!(!con.raw::<bool>(&["EXISTS", &format!("{{{}}}:waiting", lock.key())]));
    });
}

/// The usual code: SETNX to take the lock, DEL to release it.
#[test]
fn the_usual_lock_is_never_released_after_a_death_or_by_the_wrong_holder() {
    let con = &mut Con::sync();
    let key = key();
    assert!(con.raw::<bool>(&["SETNX", &key, "1"]));
    // The holder dies: nothing ends its lock.
    assert_eq!(con.raw::<i64>(&["TTL", &key]), -1);
    con.raw::<()>(&["PEXPIRE", &key, "1"]);
    thread::sleep(Duration::from_millis(3));
    assert!(con.raw::<bool>(&["SETNX", &key, "1"]));
    // The holder who was late deletes the lock of the next one.
    assert!(con.raw::<bool>(&["DEL", &key]));
    assert!(con.raw::<bool>(&["SETNX", &key, "1"]), "two holders");

    // Ours ends by itself, and the late holder gets an error.
    let lock = Lock::at(self::key(), Duration::from_millis(2));
    let late = con.run(lock.try_acquire()).unwrap().unwrap();
    let next = con.run_flow(&mut lock.acquire(TTL)).unwrap().unwrap();
    assert!(con.run(late.release()).unwrap_err().is_lock_lost());
    assert!(next.fencing_number() > late.fencing_number());
}

#[test]
fn ten_thousand_acquisitions_by_sixteen_tasks_never_overlap() {
    const TASKS: u64 = 16;
    const EACH: u64 = 625;
    let (held, last, taken) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
        Arc::new(AtomicU64::new(0)),
    );
    let lock = lock();
    let begin = Instant::now();
    runtime().block_on(async {
        let client = server().client().unwrap();
        let mut tasks = Vec::new();
        for task in 0..TASKS {
            let con = client.get_multiplexed_async_connection().await.unwrap();
            let (lock, held, last, taken) =
                (lock.clone(), held.clone(), last.clone(), taken.clone());
            tasks.push(tokio::spawn(async move {
                for each in 0..EACH {
                    let guard = lock.acquire(TTL).run_on(&con).await.unwrap().unwrap();
                    assert!(!held.swap(true, Ordering::SeqCst), "two holders");
                    let before = last.swap(guard.fencing_number(), Ordering::SeqCst);
                    assert!(before < guard.fencing_number());
                    if (each + task) % 3 == 0 {
                        guard.extend().run_on(&con).await.unwrap();
                    } else {
                        tokio::task::yield_now().await;
                    }
                    taken.fetch_add(1, Ordering::SeqCst);
                    assert!(held.swap(false, Ordering::SeqCst));
                    guard.release().run_on(&con).await.unwrap();
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
    });
    assert_eq!(taken.load(Ordering::SeqCst), TASKS * EACH);
    let time = begin.elapsed();
    eprintln!("{} acquisitions by {TASKS} tasks in {time:?}", TASKS * EACH);
}

#[test]
fn all_who_wait_together_ask_a_bounded_number_of_times() {
    let server = Server::start().unwrap();
    let lock = lock();
    runtime().block_on(async {
        let client = server.client().unwrap();
        let con = client.get_multiplexed_async_connection().await.unwrap();
        let guard = lock.try_acquire().run_on(&con).await.unwrap().unwrap();
        let waits: Vec<_> = (0..100)
            .map(|_| {
                let (lock, con) = (lock.clone(), con.clone());
                tokio::spawn(async move {
                    lock.acquire(Duration::from_secs(1)).run_on(&con).await.unwrap()
                })
            })
            .collect();
        for wait in waits {
            assert!(wait.await.unwrap().is_none());
        }
        guard.release().run_on(&con).await.unwrap();
    });
    let mut con = server.connection().unwrap();
    let stats: String = redis::cmd("INFO").arg("commandstats").query(&mut con).unwrap();
    let calls = stats.lines().find_map(|line| line.strip_prefix("cmdstat_evalsha:calls="));
    let calls: u64 = calls.unwrap().split(',').next().unwrap().parse().unwrap();
    eprintln!("{calls} requests of 100 who waited for a second");
    // 250 a second, and the first and the last attempt of each.
    assert!(calls < 1000, "{calls}");
}

#[test]
fn a_waiting_client_gets_the_lock_of_a_holder_who_died() {
    let con = &mut Con::sync();
    let lock = Lock::at(key(), Duration::from_millis(50));
    let lost = con.run(lock.try_acquire()).unwrap().unwrap();
    let next = con.run_flow(&mut lock.acquire(TTL)).unwrap().unwrap();
    assert!(next.fencing_number() > lost.fencing_number());
}

#[test]
fn a_dropped_wait_takes_no_lock_later() {
    let lock = lock();
    runtime().block_on(async {
        let con = server().client().unwrap().get_multiplexed_async_connection().await.unwrap();
        let guard = lock.try_acquire().run_on(&con).await.unwrap().unwrap();
        let mut wait = lock.acquire(TTL);
        let dropped = tokio::time::timeout(SHORT, wait.run_on(&con)).await;
        assert!(dropped.is_err());
        guard.release().run_on(&con).await.unwrap();
        tokio::time::sleep(SHORT).await;
        assert!(!lock.is_held().run_on(&con).await.unwrap());
    });
    // It is forgotten, at the latest when the key expires: after two of the longest pauses and 1 s.
    let con = &mut Con::sync();
    let left: i64 = con.raw(&["PTTL", &format!("{{{}}}:waiting", lock.key())]);
    assert!((1..=9000).contains(&left), "{left}");
}

#[test]
fn fencing_numbers_grow_over_restarts_without_data_and_over_lost_counters() {
    let mut last = 0;
    for _ in 0..3 {
        let server = Server::start().unwrap();
        let mut con = server.connection().unwrap();
        let lock = Lock::at("lock", TTL);
        for round in 0..4 {
            let guard = lock.try_acquire().run(&mut con).unwrap().unwrap();
            assert!(guard.fencing_number() > last);
            last = guard.fencing_number();
            guard.release().run(&mut con).unwrap();
            if round == 2 {
                redis::cmd("DEL").arg("{lock}:fence").exec(&mut con).unwrap();
            }
        }
    }
    // A server whose clock is an hour behind that of the last one.
    let mut con = server().connection().unwrap();
    let (key, ahead) = (key(), last + 3_600_000_000);
    redis::cmd("SET").arg(format!("{{{key}}}:fence")).arg(ahead).exec(&mut con).unwrap();
    let guard = Lock::at(key, TTL).try_acquire().run(&mut con).unwrap().unwrap();
    assert_eq!(guard.fencing_number(), ahead + 1);
}

#[test]
fn a_call_that_a_cluster_client_sends_twice_takes_the_lock_once() {
    let con = &mut Con::sync();
    let lock = lock();
    let try_acquire = lock.try_acquire();
    let sent = try_acquire.explain().unwrap().to_string();
    let words: Vec<&str> = sent.split(' ').collect();
    let (token, ttl) = (words[6], words[7]);
    assert_eq!((token.len(), ttl), (32, "60000"), "{sent}");
    // Each run has a token of its own.
    assert_ne!(sent, try_acquire.explain().unwrap().to_string());
    let text = include_str!("../../core/src/patterns/lock/acquire.lua");
    let (fence, waiting) =
        (format!("{{{}}}:fence", lock.key()), format!("{{{}}}:waiting", lock.key()));
    let call = ["EVAL", text, "3", lock.key(), &fence, &waiting, token, ttl, "once", "0"];
    let first: (u8, String, String) = con.raw(&call);
    let second: (u8, String, String) = con.raw(&call);
    assert_eq!((first.0, &first.1, &first.2), (1, &second.1, &second.2));
    assert!(con.run(try_acquire).unwrap().is_none());
}

#[test]
fn a_key_of_another_type_is_an_error_and_nothing_is_changed() {
    on_sync_connections(|con| {
        for suffix in ["", ":fence", ":waiting"] {
            let lock = Lock::at(format!("{{{}}}", key()), TTL);
            let other = format!("{}{suffix}", lock.key());
            con.raw::<()>(&["RPUSH", &other, "secret"]);
            let error = con.run_flow(&mut lock.acquire(Duration::ZERO)).unwrap_err();
            assert!(error.is_wrong_type(), "{suffix}: {error}");
            assert_eq!(error.key(), Some(lock.key().as_str()));
            for key in ["", ":fence", ":waiting"].map(|suffix| format!("{}{suffix}", lock.key())) {
                assert_eq!(con.raw::<bool>(&["EXISTS", &key]), key == other, "{key}");
            }
        }
        let lock = lock();
        con.raw::<()>(&["SET", &format!("{{{}}}:fence", lock.key()), "secret"]);
        let error = con.run(lock.try_acquire()).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
        assert!(!con.run(lock.is_held()).unwrap());
        let zero = Lock::at("lock", Duration::ZERO).try_acquire().explain().unwrap_err();
        assert_eq!(zero.kind(), ErrorKind::InvalidOperation);
    });
}

#[test]
fn a_user_without_a_command_takes_no_lock() {
    let server = Server::start().unwrap();
    let mut admin = server.connection().unwrap();
    for refused in ["set", "zadd", "zrem", "pexpire"] {
        let mut acl = redis::cmd("ACL");
        acl.arg("SETUSER").arg("user").arg("reset").arg("on").arg(">pw").arg("~*").arg("+@all");
        acl.arg(format!("-{refused}")).exec(&mut admin).unwrap();
        let mut con = server.connection().unwrap();
        redis::cmd("AUTH").arg("user").arg("pw").exec(&mut con).unwrap();
        let error = lock().acquire(SHORT).run(&mut con).unwrap_err();
        assert_eq!(error.code(), Some("NOPERM"), "{error}");
        assert_eq!(redis::cmd("DBSIZE").query::<u64>(&mut admin).unwrap(), 0);
    }
}

#[test]
fn work_longer_than_the_time_to_live_keeps_the_lock() {
    for cluster in [false, true] {
        runtime().block_on(async {
            let target = if cluster {
                crate::support::Target::Cluster
            } else {
                crate::support::Target::Server
            };
            let mut con = tokio::task::block_in_place(|| target.async_connection());
            let lock = Lock::at(key(), Duration::from_millis(150));
            let guard = con.run(lock.try_acquire()).await.unwrap().unwrap();
            let work = async {
                tokio::time::sleep(Duration::from_millis(400)).await;
                7
            };
            let mut keep = guard.keep_while(work);
            assert_eq!(con.run_flow(&mut keep).await.unwrap(), 7);
            let error = con.run_flow(&mut keep).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidOperation);
            con.run(guard.release()).await.unwrap();
        });
    }
}

#[test]
fn work_ends_with_an_error_when_the_lock_is_lost_or_the_server_dies() {
    runtime().block_on(async {
        let server = Server::start().unwrap();
        let client = server.client().unwrap();
        let con = client.get_multiplexed_async_connection().await.unwrap();
        let lock = Lock::at("lock", Duration::from_millis(300));
        let guard = lock.try_acquire().run_on(&con).await.unwrap().unwrap();
        let forever = std::future::pending::<()>;
        let mut keep = guard.keep_while(forever());
        let release = lock.force_release();
        let (kept, released) = tokio::join!(keep.run_on(&con), release.run_on(&con));
        assert!(released.unwrap());
        assert!(kept.unwrap_err().is_lock_lost());

        let guard = lock.try_acquire().run_on(&con).await.unwrap().unwrap();
        let mut keep = guard.keep_while(forever());
        let die = async {
            tokio::time::sleep(SHORT).await;
            drop(server);
        };
        let (kept, ()) = tokio::join!(keep.run_on(&con), die);
        let error = kept.unwrap_err();
        assert!(error.is_lock_lost(), "{error}");
    });
}

#[test]
fn work_that_blocked_for_longer_than_the_lock_lived_ends_with_an_error() {
    let client = server().client().unwrap();
    runtime().block_on(async {
        let con = client.get_multiplexed_async_connection().await.unwrap();
        let lock = Lock::at(key(), Duration::from_millis(50));
        let guard = lock.try_acquire().run_on(&con).await.unwrap().unwrap();
        let work = async { thread::sleep(Duration::from_millis(60)) };
        let kept = guard.keep_while(work).run_on(&con).await;
        assert!(kept.unwrap_err().is_lock_lost());
    });
}

#[test]
fn work_is_kept_if_the_first_extension_fails() {
    let client = server().client().unwrap();
    runtime().block_on(async {
        let con = client.get_multiplexed_async_connection().await.unwrap();
        let lock = lock();
        let guard = lock.try_acquire().run_on(&con).await.unwrap().unwrap();
        let mut keep = guard.keep_while(async { 7 });
        let rename = |from: &str, to: &str| redis::cmd("RENAME").arg(from).arg(to).to_owned();
        let (held, beside) = (lock.key().as_str().to_owned(), key());
        rename(&held, &beside).exec_async(&mut con.clone()).await.unwrap();
        assert!(keep.run_on(&con).await.unwrap_err().is_lock_lost());
        rename(&beside, &held).exec_async(&mut con.clone()).await.unwrap();
        assert_eq!(keep.run_on(&con).await.unwrap(), 7);
    });
}

#[test]
fn a_guard_shows_no_token() {
    let con = &mut Con::sync();
    let lock = lock();
    let guard = con.run(lock.try_acquire()).unwrap().unwrap();
    let token: String = con.raw(&["GET", lock.key()]);
    let shown = format!("{guard:?} {:?} {lock:?}", guard.extend());
    assert!(shown.contains(lock.key().as_str()) && !shown.contains(&token), "{shown}");
}
