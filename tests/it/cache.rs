//! Caches: one load for many callers, times, tags, invalidation and failures.

use std::convert::Infallible;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};
use std::{env, thread};

use redis_model::embedded::Server;
use redis_model::patterns::Cache;
use redis_model::patterns::cache::Offline;
use redis_model::{ErrorKind, Json, Operation};

use crate::support::{Con, everywhere, fresh, runtime, server};

type Never<T> = Result<T, Infallible>;

const MINUTE: Duration = Duration::from_secs(60);

fn cache() -> Cache<u64> {
    Cache::new(format!("cache:{}", fresh()), MINUTE).jitter(0.0).early_refresh(0.0)
}

/// A loader that must not be called.
fn unused() -> Never<u64> {
    panic!("the value is stored")
}

#[test]
fn a_value_is_loaded_once_and_again_when_it_is_no_longer_fresh() {
    everywhere(|con| {
        let (cache, now) = (cache(), SystemTime::now());
        let first = con.run_flow(&mut cache.get_or_load(7, || Never::Ok(1)).at(now));
        assert_eq!(first.unwrap(), 1);
        let soon = now + MINUTE - Duration::from_millis(1);
        assert_eq!(con.run_flow(&mut cache.get_or_load(7, unused).at(soon)).unwrap(), 1);
        assert_eq!(con.run_flow(&mut cache.get(7).at(soon)).unwrap(), Some(1));
        let later = now + MINUTE;
        assert_eq!(con.run_flow(&mut cache.get(7).at(later)).unwrap(), None);
        let again = con.run_flow(&mut cache.get_or_load(7, || Never::Ok(2)).at(later));
        assert_eq!(again.unwrap(), 2);
        let metrics = cache.metrics();
        assert_eq!((metrics.hits, metrics.misses, metrics.loads), (2, 3, 2));
        assert_eq!((metrics.waits, metrics.discarded, metrics.offline), (0, 0, 0));
    });
}

#[test]
fn an_entry_always_expires() {
    let mut con = Con::sync();
    let prefix = format!("cache:{}", fresh());
    let cache = Cache::<u64>::new(&prefix, MINUTE).stale_for(MINUTE);
    let expires = |con: &mut Con, most: Duration| {
        let millis: i64 = con.raw(&["PTTL", &format!("{prefix}:1")]);
        assert!(millis > 0 && millis <= most.as_millis() as i64, "{millis}");
    };
    let failed = cache.get_or_load(1, || {
        expires(&mut Con::sync(), Duration::from_secs(10));
        Err("no")
    });
    assert_eq!(con.run_flow(&mut { failed }).unwrap_err().kind(), ErrorKind::Load);
    assert_eq!(con.raw::<i64>(&["PTTL", &format!("{prefix}:1")]), -2);
    con.run_flow(&mut cache.get_or_load(1, || Never::Ok(1))).unwrap();
    expires(&mut con, 2 * MINUTE);
}

/// The end of a prefix that child processes share with the test.
const PREFIX: &str = "CACHE_TEST_PREFIX";
const URL: &str = "CACHE_TEST_URL";

fn start_process(test: &str, prefix: &str) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture"]).env(PREFIX, prefix).env(URL, server().url());
    command.stdout(std::process::Stdio::null()).spawn().unwrap()
}

/// Part of the next test: 25 callers in a process of their own.
#[test]
fn callers_of_one_process() {
    let (Ok(prefix), Ok(url)) = (env::var(PREFIX), env::var(URL)) else { return };
    let client = redis::Client::open(url).unwrap();
    let cache = Cache::<u64>::new(&prefix, MINUTE);
    thread::scope(|scope| {
        for _ in 0..25 {
            scope.spawn(|| {
                let mut con = client.get_connection().unwrap();
                // All 100 callers begin together.
                let _: i64 =
                    redis::cmd("INCR").arg(format!("{prefix}:ready")).query(&mut con).unwrap();
                redis::cmd("BLPOP").arg(format!("{prefix}:go")).arg(30).exec(&mut con).unwrap();
                let load = || -> redis::RedisResult<u64> {
                    let mut con = client.get_connection()?;
                    thread::sleep(Duration::from_millis(50));
                    redis::cmd("INCR").arg(format!("{prefix}:loads")).query(&mut con)
                };
                assert_eq!(cache.get_or_load(1, load).run(&mut con).unwrap(), 1);
            });
        }
    });
}

#[test]
fn a_hundred_misses_of_four_processes_load_once() {
    let mut con = Con::sync();
    let prefix = format!("cache:{}", fresh());
    let processes: Vec<_> =
        (0..4).map(|_| start_process("cache::callers_of_one_process", &prefix)).collect();
    while con.raw::<Option<u32>>(&["GET", &format!("{prefix}:ready")]) != Some(100) {
        thread::yield_now();
    }
    let go = format!("{prefix}:go");
    let mut push = vec!["RPUSH", &go];
    push.extend(["1"; 100]);
    con.raw::<()>(&push);
    for mut process in processes {
        assert!(process.wait().unwrap().success());
    }
    assert_eq!(con.raw::<u32>(&["GET", &format!("{prefix}:loads")]), 1);
}

#[test]
fn the_usual_calls_load_many_times_and_keep_a_value_that_was_invalidated() {
    let mut con = Con::sync();
    // GET, load, SETEX: both callers miss before one of them stores.
    let key = format!("cache:{}", fresh());
    let misses = [0, 1].map(|_| con.raw::<Option<String>>(&["GET", &key]).is_none());
    assert_eq!(misses, [true, true]);
    // The value changes, and is invalidated between another caller's load and SETEX.
    con.raw::<()>(&["DEL", &key]);
    con.raw::<()>(&["SETEX", &key, "60", "old"]);
    assert_eq!(con.raw::<String>(&["GET", &key]), "old");

    // The same with a cache: the old value is not stored.
    let cache = cache();
    let load = || {
        assert!(cache.invalidate(1).run(&mut server().connection().unwrap()).unwrap());
        Never::Ok(1)
    };
    assert_eq!(con.run_flow(&mut cache.get_or_load(1, load)).unwrap(), 1);
    assert_eq!(con.run_flow(&mut cache.get_or_load(1, || Never::Ok(2))).unwrap(), 2);
    assert_eq!(cache.metrics().discarded, 1);
}

#[test]
fn a_loader_that_died_delays_the_others_by_its_lease() {
    let client = server().client().unwrap();
    runtime().block_on(async {
        let con = client.get_multiplexed_async_connection().await.unwrap();
        let cache = cache().lease(Duration::from_secs(5)).longest_wait(Duration::ZERO);
        let now = SystemTime::now();
        {
            let never = || std::future::pending::<Never<u64>>();
            let mut call = cache.get_or_load_async(1, never).at(now);
            let dropped = tokio::time::timeout(Duration::from_millis(20), call.run_on(&con)).await;
            assert!(dropped.is_err());
        }
        let load = |value| move || async move { Never::Ok(value) };
        // Within the lease a caller that does not wait loads for itself.
        let own = cache
            .get_or_load_async(1, load(2))
            .at(now + Duration::from_millis(4999))
            .run_on(&con)
            .await;
        assert_eq!(own.unwrap(), 2);
        assert_eq!(cache.get(1).at(now).run_on(&con).await.unwrap(), None);
        let after = now + Duration::from_secs(5);
        assert_eq!(cache.get_or_load_async(1, load(3)).at(after).run_on(&con).await.unwrap(), 3);
        assert_eq!(cache.get(1).at(after).run_on(&con).await.unwrap(), Some(3));
        assert_eq!((cache.metrics().waits, cache.metrics().loads), (0, 3));
    });
}

#[test]
fn others_get_the_stale_value_while_one_loads() {
    everywhere(|con| {
        let cache = cache().stale_for(MINUTE);
        let now = SystemTime::now();
        con.run_flow(&mut cache.get_or_load(1, || Never::Ok(1)).at(now)).unwrap();
        let later = now + MINUTE;
        let mut other = Con::sync_to(con.target);
        let load = || {
            let stale = other.run_flow(&mut cache.get_or_load(1, unused).at(later));
            assert_eq!(stale.unwrap(), 1);
            Never::Ok(2)
        };
        assert_eq!(con.run_flow(&mut cache.get_or_load(1, load).at(later)).unwrap(), 2);
        let much_later = later + 2 * MINUTE;
        assert_eq!(con.run_flow(&mut cache.get(1).at(much_later)).unwrap(), None);
        assert_eq!(cache.metrics().stale, 1);
    });
}

#[test]
fn one_caller_refreshes_a_fresh_value_early() {
    everywhere(|con| {
        // Each call would refresh it.
        let cache = cache().early_refresh(1e12);
        let mut slow = cache.get_or_load(1, || {
            thread::sleep(Duration::from_millis(2));
            Never::Ok(1)
        });
        con.run_flow(&mut slow).unwrap();
        let mut other = Con::sync_to(con.target);
        let load = || {
            assert_eq!(other.run_flow(&mut cache.get_or_load(1, unused)).unwrap(), 1);
            Never::Ok(2)
        };
        assert_eq!(con.run_flow(&mut cache.get_or_load(1, load)).unwrap(), 2);
        assert_eq!((cache.metrics().early, cache.metrics().hits), (1, 1));
        // A refresh that fails leaves the value.
        let mut slow = cache.get_or_load(2, || {
            thread::sleep(Duration::from_millis(2));
            Never::Ok(1)
        });
        con.run_flow(&mut slow).unwrap();
        assert_eq!(con.run_flow(&mut cache.get_or_load(2, || Err("no"))).unwrap(), 1);
    });
}

#[test]
fn an_absence_is_stored_if_asked_for() {
    everywhere(|con| {
        let now = SystemTime::now();
        let absent = || Never::Ok(None);
        let cache = cache();
        assert_eq!(con.run_flow(&mut cache.find_or_load(1, absent)).unwrap(), None);
        assert_eq!(
            con.run_flow(&mut cache.find_or_load(1, || Never::Ok(Some(1)))).unwrap(),
            Some(1)
        );

        let cache = self::cache().absent_for(MINUTE / 2);
        assert_eq!(con.run_flow(&mut cache.find_or_load(1, absent).at(now)).unwrap(), None);
        let unused = || -> Never<Option<u64>> { panic!("the absence is stored") };
        let soon = now + MINUTE / 3;
        assert_eq!(con.run_flow(&mut cache.find_or_load(1, unused).at(soon)).unwrap(), None);
        let later = now + MINUTE / 2;
        let found = con.run_flow(&mut cache.find_or_load(1, || Never::Ok(Some(2))).at(later));
        assert_eq!(found.unwrap(), Some(2));
        assert_eq!(con.run_flow(&mut cache.find_or_load(2, absent)).unwrap(), None);
        // A loader that always returns a value does not take an absence.
        assert_eq!(con.run_flow(&mut cache.get_or_load(2, || Never::Ok(3))).unwrap(), 3);
    });
}

#[test]
fn a_load_that_finds_nothing_removes_the_old_value() {
    everywhere(|con| {
        let now = SystemTime::now();
        let cache = cache().stale_for(10 * MINUTE);
        let found = || Never::Ok(Some(1));
        assert_eq!(con.run_flow(&mut cache.find_or_load(1, found).at(now)).unwrap(), Some(1));
        let (stale, absent) = (now + 2 * MINUTE, || Never::Ok(None));
        assert_eq!(con.run_flow(&mut cache.find_or_load(1, absent).at(stale)).unwrap(), None);
        assert_eq!(con.run_flow(&mut cache.get(1).at(stale)).unwrap(), None);
    });
}

#[test]
fn a_failure_is_kept_if_asked_for() {
    everywhere(|con| {
        let now = SystemTime::now();
        let fail = || Err::<u64, _>(std::io::Error::other("database"));
        let cache = cache();
        let error = con.run_flow(&mut cache.get_or_load(1, fail).at(now)).unwrap_err();
        assert_eq!((error.kind(), error.model()), (ErrorKind::Load, Some("Cache")));
        let source = std::error::Error::source(&error).unwrap();
        assert!(source.downcast_ref::<std::io::Error>().is_some(), "{source}");
        assert_eq!(con.run_flow(&mut cache.get_or_load(1, || Never::Ok(1)).at(now)).unwrap(), 1);

        let cache = self::cache().failures_for(MINUTE).stale_for(MINUTE);
        con.run_flow(&mut cache.get_or_load(1, fail).at(now)).unwrap_err();
        let error = con.run_flow(&mut cache.get_or_load(1, unused).at(now)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Load);
        assert!(std::error::Error::source(&error).is_none());
        let later = now + MINUTE;
        assert_eq!(con.run_flow(&mut cache.get_or_load(1, || Never::Ok(1)).at(later)).unwrap(), 1);
        // The stale value is returned instead of the error, also without another load.
        let stale = later + MINUTE;
        assert_eq!(con.run_flow(&mut cache.get_or_load(1, fail).at(stale)).unwrap(), 1);
        assert_eq!(con.run_flow(&mut cache.get_or_load(1, unused).at(stale)).unwrap(), 1);
        assert_eq!(cache.metrics().failures, 2);
    });
}

#[test]
fn a_tag_invalidates_its_entries_and_loads_in_progress() {
    everywhere(|con| {
        let cache = cache();
        let all = |id| [format!("user:{id}"), "all".to_owned()];
        for id in [1, 2] {
            let mut call = cache.get_or_load(id, || Never::Ok(id)).tags(all(id));
            assert_eq!(con.run_flow(&mut call).unwrap(), id);
        }
        con.run_flow(&mut cache.invalidate_tag("user:1")).unwrap();
        assert_eq!(con.run_flow(&mut cache.get(1).tags(all(1))).unwrap(), None);
        assert_eq!(con.run_flow(&mut cache.get(2).tags(all(2))).unwrap(), Some(2));
        let mut other = Con::sync_to(con.target);
        let load = || {
            other.run_flow(&mut cache.invalidate_tag("all")).unwrap();
            Never::Ok(3)
        };
        assert_eq!(con.run_flow(&mut cache.get_or_load(1, load).tags(all(1))).unwrap(), 3);
        for id in [1, 2] {
            assert_eq!(con.run_flow(&mut cache.get(id).tags(all(id))).unwrap(), None);
        }
        con.run_flow(&mut cache.put(1, 4).tags(all(1))).unwrap();
        assert_eq!(con.run_flow(&mut cache.get(1).tags(all(1))).unwrap(), Some(4));
    });
}

#[test]
fn a_tag_that_is_lost_invalidates_its_entries() {
    let mut con = Con::sync();
    let prefix = format!("cache:{}", fresh());
    let cache = Cache::<u64>::new(&prefix, MINUTE);
    con.run_flow(&mut cache.put(1, 1).tags(["a"])).unwrap();
    assert_eq!(con.raw::<u32>(&["DEL", &format!("{prefix}:tag:a")]), 1);
    assert_eq!(con.run_flow(&mut cache.get(1).tags(["a"])).unwrap(), None);
}

#[test]
fn entries_are_invalidated_together_and_a_put_is_not_overwritten_by_a_load() {
    everywhere(|con| {
        let cache = cache();
        for id in 0..5 {
            con.run_flow(&mut cache.put(id, id)).unwrap();
        }
        let deleted = con.run(cache.invalidate_many([0, 1, 2, 9])).unwrap();
        let deleted: Vec<bool> = deleted.into_iter().map(Result::unwrap).collect();
        assert_eq!(deleted, [true, true, true, false]);
        assert_eq!(con.run_flow(&mut cache.get(1)).unwrap(), None);
        assert_eq!(con.run_flow(&mut cache.get(3)).unwrap(), Some(3));
        let mut other = Con::sync_to(con.target);
        let load = || {
            other.run_flow(&mut cache.put(1, 11)).unwrap();
            Never::Ok(10)
        };
        assert_eq!(con.run_flow(&mut cache.get_or_load(1, load)).unwrap(), 10);
        assert_eq!(con.run_flow(&mut cache.get(1)).unwrap(), Some(11));
    });
}

#[test]
fn a_key_of_another_type_is_an_error_and_stays() {
    everywhere(|con| {
        let prefix = format!("cache:{}", fresh());
        let cache = Cache::<u64>::new(&prefix, MINUTE);
        let key = format!("{prefix}:1");
        con.raw::<()>(&["SET", &key, "secret"]);
        let errors = [
            con.run_flow(&mut cache.get_or_load(1, unused)).unwrap_err(),
            con.run_flow(&mut cache.get(1)).unwrap_err(),
            con.run_flow(&mut cache.put(1, 1)).unwrap_err(),
            con.run(cache.invalidate(1)).unwrap_err(),
        ];
        for error in errors {
            assert!(error.is_wrong_type(), "{error}");
            assert_eq!((error.model(), error.key()), (Some("Cache"), Some(&*key)));
        }
        assert_eq!(con.raw::<String>(&["GET", &key]), "secret");
        let tag = format!("{prefix}:tag:a");
        con.raw::<()>(&["RPUSH", &tag, "1"]);
        assert!(con.run_flow(&mut cache.invalidate_tag("a")).unwrap_err().is_wrong_type());
        assert!(con.run_flow(&mut cache.get(2).tags(["a"])).unwrap_err().is_wrong_type());
        assert_eq!(con.raw::<u32>(&["LLEN", &tag]), 1);
    });
}

#[test]
fn a_value_of_another_version_is_loaded_again() {
    everywhere(|con| {
        let prefix = format!("cache:{}", fresh());
        let old = Cache::<String, Json>::new(&prefix, MINUTE);
        con.run_flow(&mut old.put(1, "text".to_owned())).unwrap();
        let new = Cache::<Vec<u8>, Json>::new(&prefix, MINUTE);
        assert_eq!(con.run_flow(&mut new.get(1)).unwrap(), None);
        let loaded = con.run_flow(&mut new.get_or_load(1, || Never::Ok(vec![1])));
        assert_eq!(loaded.unwrap(), [1]);
        assert_eq!(con.run_flow(&mut new.get(1)).unwrap(), Some(vec![1]));
    });
}

#[test]
fn without_a_server_calls_load_or_fail_as_asked() {
    let server = Server::start().unwrap();
    let mut con = server.connection().unwrap();
    let async_con =
        runtime().block_on(server.client().unwrap().get_multiplexed_async_connection()).unwrap();
    let pid = server.pid().unwrap().to_string();
    assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());

    let cache = cache();
    for _ in 0..3 {
        assert_eq!(cache.get_or_load(1, || Never::Ok(1)).run(&mut con).unwrap(), 1);
        assert_eq!(cache.get(1).run(&mut con).unwrap(), None);
        let load = || async { Never::Ok(1) };
        let call = async { cache.get_or_load_async(1, load).tags(["a"]).run_on(&async_con).await };
        assert_eq!(runtime().block_on(call).unwrap(), 1);
        assert!(cache.put(1, 1).run(&mut con).is_err());
    }
    assert_eq!((cache.metrics().offline, cache.metrics().loads), (9, 6));
    let error = cache.get_or_load(1, || Err("no")).run(&mut con).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Load);

    let cache = cache.offline(Offline::Fail);
    let error = cache.get_or_load(1, unused).run(&mut con).unwrap_err();
    assert!(error.is_connection(), "{error}");
    assert!(cache.get(1).run(&mut con).unwrap_err().is_connection());
}

#[test]
fn a_server_that_dies_during_a_load_does_not_lose_the_value() {
    let server = Server::start().unwrap();
    let mut con = server.connection().unwrap();
    let pid = server.pid().unwrap().to_string();
    let load = || {
        assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
        Never::Ok(1)
    };
    let cache = cache();
    assert_eq!(cache.get_or_load(1, load).run(&mut con).unwrap(), 1);
    assert_eq!((cache.metrics().offline, cache.metrics().loads), (1, 1));
}

#[test]
fn callers_that_wait_get_the_value_of_the_one_that_loads() {
    let cache = cache();
    let calls = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let load = || {
                    calls.fetch_add(1, Ordering::Relaxed);
                    // Until all others wait.
                    while cache.metrics().waits < 15 {
                        thread::yield_now();
                    }
                    Never::Ok(9)
                };
                let mut con = server().connection().unwrap();
                assert_eq!(cache.get_or_load(1, load).run(&mut con).unwrap(), 9);
            });
        }
    });
    assert_eq!(calls.into_inner(), 1);
    let metrics = cache.metrics();
    assert_eq!((metrics.misses, metrics.waits, metrics.hits), (16, 15, 15));
}

#[test]
fn a_user_who_may_not_expire_keys_changes_nothing() {
    let server = Server::start().unwrap();
    let mut admin = server.connection().unwrap();
    redis::cmd("ACL")
        .arg(&["SETUSER", "app", "on", ">pass", "~*", "+@all", "-pexpire"])
        .exec(&mut admin)
        .unwrap();
    let mut con = server.connection().unwrap();
    redis::cmd("AUTH").arg("app").arg("pass").exec(&mut con).unwrap();
    let cache = cache();
    for error in [
        cache.get_or_load(1, unused).run(&mut con).unwrap_err(),
        cache.put(1, 1).run(&mut con).unwrap_err(),
    ] {
        assert_eq!(error.code(), Some("NOPERM"), "{error}");
    }
    assert_eq!(redis::cmd("DBSIZE").query::<u32>(&mut admin).unwrap(), 0);
}
