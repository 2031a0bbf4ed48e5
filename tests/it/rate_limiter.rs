//! Rate limits: exact under many clients, at any time that a client dies.

use std::thread;
use std::time::{Duration, SystemTime};

use redis_model::embedded::Server;
use redis_model::patterns::{RateLimit, RateLimiter};
use redis_model::{ErrorKind, Operation};

use crate::support::{Con, everywhere, fresh, on_sync_connections, runtime, server};

const MINUTE: Duration = Duration::from_secs(60);

fn limits(calls: u64) -> [RateLimit; 3] {
    [
        RateLimit::fixed_window(calls, MINUTE),
        RateLimit::sliding_window(calls, MINUTE),
        RateLimit::gcra(calls, MINUTE),
    ]
}

fn key() -> String {
    format!("limit:{}", fresh())
}

fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

/// Returns how many calls out of `calls` are allowed, from `first` on.
fn allowed(limiter: &RateLimiter, con: &mut Con, first: SystemTime, calls: u32) -> usize {
    let at = limiter.at_time(first);
    (0..calls).filter(|_| con.run(at.acquire()).unwrap().allowed).count()
}

#[test]
fn every_kind_allows_its_number_of_calls_and_then_says_how_long_to_wait() {
    everywhere(|con| {
        for limit in limits(3) {
            let limiter = RateLimiter::at(key(), limit).at_time(start());
            for left in [2, 1, 0] {
                let decision = con.run(limiter.acquire()).unwrap();
                assert!(decision.allowed && decision.remaining == left, "{decision:?}");
                assert_eq!(decision.retry_after, Duration::ZERO);
                assert_eq!(decision.reset_at, start() + decision.reset_after);
            }
            let refused = con.run(limiter.acquire()).unwrap();
            assert!(!refused.allowed && refused.remaining == 0, "{refused:?}");
            let before = start() + refused.retry_after - Duration::from_micros(1);
            assert!(!con.run(limiter.at_time(before).peek()).unwrap().allowed, "{limit:?}");
            let retry = start() + refused.retry_after;
            assert!(con.run(limiter.at_time(retry).peek()).unwrap().allowed, "{limit:?}");
            let empty = con.run(limiter.at_time(refused.reset_at).peek()).unwrap();
            assert_eq!((empty.remaining, empty.reset_after), (3, Duration::ZERO), "{limit:?}");
            assert!(con.run(limiter.reset()).unwrap() && !con.run(limiter.reset()).unwrap());
            assert!(con.run(limiter.acquire()).unwrap().allowed);
        }
    });
}

#[test]
fn a_peek_counts_nothing_and_a_call_may_cost_more_than_one() {
    let con = &mut Con::sync();
    for limit in limits(10) {
        let limiter = RateLimiter::at(key(), limit).at_time(start());
        assert_eq!(con.run(limiter.peek()).unwrap().remaining, 10);
        assert!(!con.raw::<bool>(&["EXISTS", limiter.key()]));
        assert_eq!(con.run(limiter.with_cost(7).acquire()).unwrap().remaining, 3);
        assert!(con.run(limiter.with_cost(3).peek()).unwrap().allowed);
        assert!(!con.run(limiter.with_cost(4).acquire()).unwrap().allowed);
        assert_eq!(con.run(limiter.with_cost(3).acquire()).unwrap().remaining, 0);
    }
}

/// The times of the calls are pseudo-random, and dense enough to meet every limit.
#[test]
fn no_window_of_any_place_has_more_calls_than_are_documented() {
    let con = &mut Con::sync();
    for limit in limits(7) {
        for step in [1_u64, 13, 977] {
            let limiter = RateLimiter::at(key(), limit);
            let (mut time, mut random, mut times) = (Duration::ZERO, step, Vec::new());
            for _ in 0..400 {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                time += Duration::from_micros((random >> 33) % (6_000_000 * step.min(3)));
                if con.run(limiter.at_time(start() + time).acquire()).unwrap().allowed {
                    times.push(time);
                }
            }
            assert!(times.len() > 20);
            for (first, begin) in times.iter().enumerate() {
                let within = times[first..].iter().filter(|time| **time - *begin < MINUTE).count();
                let most = match limit {
                    sliding if sliding == RateLimit::sliding_window(7, MINUTE) => 7,
                    _ => 14,
                };
                assert!(within <= most, "{limit:?}: {within} calls in a minute");
                // The exact bound of GCRA: the burst, and one more every 60/7 s.
                if limit == RateLimit::gcra(7, MINUTE) {
                    for (calls, last) in (1..).zip(&times[first..]) {
                        let paid = 7.0 + (*last - *begin).as_secs_f64() * 7.0 / 60.0;
                        assert!(f64::from(calls) <= paid + 1e-6, "{calls} calls, {paid} allowed");
                    }
                }
            }
        }
    }
}

#[test]
fn a_call_counts_in_a_sliding_window_for_at_most_a_twentieth_too_long() {
    let con = &mut Con::sync();
    for offset in [0, 1, 1_499_999, 2_999_999] {
        let limiter = RateLimiter::at(key(), RateLimit::sliding_window(1, MINUTE));
        let first = start() + Duration::from_micros(offset);
        assert_eq!(allowed(&limiter, con, first, 2), 1);
        assert_eq!(allowed(&limiter, con, first + MINUTE - Duration::from_micros(1), 1), 0);
        assert_eq!(allowed(&limiter, con, first + MINUTE + MINUTE / 20, 1), 1);
    }
}

#[test]
fn sixty_four_clients_never_get_more_than_the_limit() {
    for limit in limits(100) {
        let key = key();
        let threads: Vec<_> = (0..64)
            .map(|_| {
                let limiter = RateLimiter::at(key.as_str(), limit).at_time(start());
                thread::spawn(move || {
                    let con = &mut server().connection().unwrap();
                    (0..10).filter(|_| limiter.acquire().run(con).unwrap().allowed).count()
                })
            })
            .collect();
        let allowed: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
        assert_eq!(allowed, 100, "{limit:?}");
    }
}

/// The server's clock decides here, and the decisions say what it was.
#[test]
fn sixty_four_clients_stay_below_the_limit_in_every_window_of_the_servers_clock() {
    const WINDOW: Duration = Duration::from_millis(50);
    for limit in [
        RateLimit::fixed_window(20, WINDOW),
        RateLimit::sliding_window(20, WINDOW),
        RateLimit::gcra(20, WINDOW),
    ] {
        let key = key();
        let threads: Vec<_> = (0..64)
            .map(|_| {
                let limiter = RateLimiter::at(key.as_str(), limit);
                thread::spawn(move || {
                    let con = &mut server().connection().unwrap();
                    let decisions = (0..80).map(|_| limiter.acquire().run(con).unwrap());
                    decisions.filter(|decision| decision.allowed).collect::<Vec<_>>()
                })
            })
            .collect();
        let allowed = threads.into_iter().flat_map(|thread| thread.join().unwrap());
        let mut allowed: Vec<_> =
            allowed.map(|it| (it.reset_at - it.reset_after, it.reset_at)).collect();
        allowed.sort_unstable();
        assert!(allowed.len() > 40, "{} calls", allowed.len());
        for (first, (begin, ends)) in allowed.iter().enumerate() {
            let later = &allowed[first..];
            let within = later.iter().filter(|(time, _)| *time < *begin + WINDOW).count();
            if limit == RateLimit::sliding_window(20, WINDOW) {
                assert!(within <= 20, "{within} calls in a window");
            } else if limit == RateLimit::fixed_window(20, WINDOW) {
                let of_window = allowed.iter().filter(|(_, other)| other == ends).count();
                assert!(of_window <= 20, "{of_window} calls in a window");
            } else {
                for (calls, (last, _)) in (1..).zip(later) {
                    let time = last.duration_since(*begin).unwrap();
                    let most = 20.0 + time.as_secs_f64() * 20.0 / WINDOW.as_secs_f64();
                    assert!(f64::from(calls) <= most + 1e-6, "{calls} calls, {most} allowed");
                }
            }
        }
    }
}

/// The usual code counts with INCR and sets the expiry with a second command.
#[test]
fn a_client_killed_at_any_time_leaves_no_state_without_an_expiry() {
    let server = Server::start().unwrap();
    let mut con = server.connection().unwrap();
    // What a client leaves that dies between INCR and EXPIRE.
    redis::cmd("INCR").arg("usual").exec(&mut con).unwrap();
    assert_eq!(redis::cmd("TTL").arg("usual").query::<i64>(&mut con).unwrap(), -1);

    let clients: Vec<_> = (0..8)
        .map(|id| {
            let url = server.url().to_owned();
            thread::spawn(move || {
                let client = redis::Client::open(url.as_str()).unwrap();
                // A connection may be killed before it is ready.
                let connect = || (0..).find_map(|_| client.get_connection().ok()).unwrap();
                let (mut con, mut killed) = (connect(), 0);
                for call in 0..1000 {
                    let limit = limits(3)[call % 3];
                    let limiter = RateLimiter::at(format!("limit:{id}:{call}"), limit);
                    if let Err(error) = limiter.acquire().run(&mut con) {
                        assert!(error.is_connection(), "{error}");
                        (con, killed) = (connect(), killed + 1);
                    }
                }
                killed
            })
        })
        .collect();
    while clients.iter().any(|client| !client.is_finished()) {
        let mut kill = redis::cmd("CLIENT");
        kill.arg("KILL").arg("TYPE").arg("normal").arg("SKIPME").arg("yes");
        kill.exec(&mut con).unwrap();
        thread::sleep(Duration::from_millis(1));
    }
    let killed: u32 = clients.into_iter().map(|client| client.join().unwrap()).sum();
    assert!(killed > 8, "{killed}");
    let keys: Vec<String> = redis::cmd("KEYS").arg("limit:*").query(&mut con).unwrap();
    assert!(keys.len() > 1000, "{}", keys.len());
    for key in keys {
        assert!(redis::cmd("PTTL").arg(&key).query::<i64>(&mut con).unwrap() > 0, "{key}");
    }
}

#[test]
fn nothing_that_a_client_sends_depends_on_its_clock() {
    let limiter = RateLimiter::at("limit", RateLimit::gcra(3, MINUTE));
    let sent = |limiter: &RateLimiter| limiter.acquire().explain().unwrap().to_string();
    let earlier = sent(&limiter);
    thread::sleep(Duration::from_millis(2));
    assert_eq!(sent(&limiter), earlier);
    assert!(earlier.contains("take \"\" gcra 1 20000000 3 1"), "{earlier}");

    // The server's clock is the one that counts.
    let mut con = server().connection().unwrap();
    let limiter = RateLimiter::at(key(), RateLimit::fixed_window(3, MINUTE));
    let decision = limiter.acquire().run(&mut con).unwrap();
    let (secs, _): (u64, u64) = redis::cmd("TIME").query(&mut con).unwrap();
    let ends = decision.reset_at.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    assert!((secs + 59..=secs + 60).contains(&ends), "{ends} {secs}");
}

#[test]
fn several_limiters_count_a_call_all_or_not_at_all() {
    everywhere(|con| {
        let tag = fresh();
        let [user, address, day] =
            ["user", "address", "day"].map(|name| format!("{{{tag}}}:{name}"));
        let [fixed, sliding, gcra] = limits(2);
        let user = RateLimiter::at(user, gcra).at_time(start());
        let address = RateLimiter::at(address, sliding).with_cost(2);
        let day = RateLimiter::at(day, fixed);
        let all = || RateLimiter::acquire_all([&user, &address, &day]);
        let decisions = con.run(all()).unwrap();
        assert!(decisions.iter().all(|decision| decision.allowed));
        assert_eq!(decisions.iter().map(|it| it.remaining).collect::<Vec<_>>(), [1, 0, 1]);
        let decisions = con.run(all()).unwrap();
        let each: Vec<_> = decisions.iter().map(|it| (it.allowed, it.remaining)).collect();
        assert_eq!(each, [(true, 1), (false, 0), (true, 1)]);
        let peeked = con.run(RateLimiter::peek_all([&user, &day])).unwrap();
        assert!(peeked.iter().all(|it| it.allowed && it.remaining == 1));
    });
}

#[test]
fn a_key_of_another_program_is_an_error_that_names_it_and_changes_nothing() {
    on_sync_connections(|con| {
        let tag = fresh();
        let [good, list, text] = ["good", "list", "text"].map(|name| format!("{{{tag}}}:{name}"));
        con.raw::<()>(&["RPUSH", &list, "secret"]);
        con.raw::<()>(&["SET", &text, "secret"]);
        for limit in limits(3) {
            let [good, list, text] =
                [&good, &list, &text].map(|key| RateLimiter::at(key.as_str(), limit));
            let errors = [
                con.run(list.acquire()).unwrap_err(),
                con.run(RateLimiter::acquire_all([&good, &list])).unwrap_err(),
            ];
            for error in errors {
                assert!(error.is_wrong_type(), "{error}");
                assert_eq!(error.key(), Some(list.key().as_str()));
            }
            let errors = [
                con.run(text.peek()).unwrap_err(),
                con.run(RateLimiter::acquire_all([&good, &text])).unwrap_err(),
            ];
            for error in errors {
                assert!(
                    error.is_invalid_value() && !error.to_string().contains("secret"),
                    "{error}"
                );
                assert_eq!(error.key(), Some(text.key().as_str()));
            }
            assert!(con.run(list.reset()).unwrap_err().is_wrong_type());
        }
        assert!(!con.raw::<bool>(&["EXISTS", &good]));
        assert_eq!(con.raw::<String>(&["GET", &text]), "secret");
    });
}

#[test]
fn numbers_that_make_no_sense_are_refused_before_anything_is_sent() {
    let day = Duration::from_secs(86_400);
    let refused = [
        RateLimiter::at("limit", RateLimit::fixed_window(0, MINUTE)),
        RateLimiter::at("limit", RateLimit::sliding_window(1, Duration::ZERO)),
        RateLimiter::at("limit", RateLimit::gcra(1, MINUTE).burst(0)),
        RateLimiter::at("limit", RateLimit::gcra(1, Duration::MAX)),
        RateLimiter::at("limit", RateLimit::gcra(3, MINUTE)).with_cost(0),
        RateLimiter::at("limit", RateLimit::gcra(3, MINUTE)).with_cost(4),
        RateLimiter::at("limit", RateLimit::gcra(3, MINUTE))
            .at_time(SystemTime::UNIX_EPOCH - MINUTE),
    ];
    for limiter in refused {
        let error = limiter.acquire().explain().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidOperation, "{limiter:?}");
    }
    let large = RateLimiter::at("limit", RateLimit::gcra(10_000_000, day).burst(1_000_000));
    assert!(large.acquire().explain().is_ok());
    let same = RateLimiter::acquire_all([&large, &large]).explain().unwrap_err();
    assert_eq!(same.kind(), ErrorKind::InvalidOperation);
    let none = RateLimiter::acquire_all([]).explain().unwrap_err();
    assert_eq!(none.kind(), ErrorKind::InvalidOperation);
    let (a, b) = (RateLimiter::at("a", limits(1)[0]), RateLimiter::at("b", limits(1)[0]));
    let con = &mut Con::sync_to(crate::support::Target::Cluster);
    let error = con.run(RateLimiter::acquire_all([&a, &b])).unwrap_err();
    assert_eq!(error.code(), Some("CROSSSLOT"), "{error}");
}

#[test]
fn a_limit_that_changes_keeps_its_calls_and_a_clock_that_is_set_back_frees_nobody() {
    let con = &mut Con::sync();
    for (few, many) in limits(2).into_iter().zip(limits(7)) {
        let key = key();
        let limiter = RateLimiter::at(key.as_str(), few);
        assert_eq!(allowed(&limiter, con, start(), 3), 2);
        assert_eq!(allowed(&limiter, con, start() - Duration::from_secs(1), 3), 0, "{few:?}");
        let limiter = RateLimiter::at(key.as_str(), many);
        assert_eq!(allowed(&limiter, con, start(), 9), 5, "{few:?}");
        // A clock that was a year ahead does not block for a year.
        let ahead = start() + Duration::from_secs(365 * 86_400);
        assert_eq!(allowed(&limiter, con, ahead, 9), 7);
        let later = start() + 3 * MINUTE;
        assert_eq!(allowed(&limiter, con, later, 1), 0);
        assert!(con.run(limiter.at_time(later + MINUTE + MINUTE / 20).peek()).unwrap().allowed);
    }
}

#[test]
fn a_user_who_may_not_write_changes_nothing() {
    let server = Server::start().unwrap();
    let mut admin = server.connection().unwrap();
    let mut acl = redis::cmd("ACL");
    acl.arg("SETUSER").arg("reader").arg("on").arg(">pw").arg("~*").arg("+@all").arg("-set");
    acl.exec(&mut admin).unwrap();
    let mut con = server.connection().unwrap();
    redis::cmd("AUTH").arg("reader").arg("pw").exec(&mut con).unwrap();
    let [a, b] = ["a", "b"].map(|key| RateLimiter::at(key, limits(1)[0]));
    let error = RateLimiter::acquire_all([&a, &b]).run(&mut con).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(RateLimiter::peek_all([&a, &b]).run(&mut con).unwrap()[0].allowed);
    assert_eq!(redis::cmd("DBSIZE").query::<u64>(&mut admin).unwrap(), 0);
}

#[test]
fn a_wait_ends_with_a_permit_or_at_once_if_there_is_not_enough_time() {
    let limit = RateLimit::gcra(20, Duration::from_secs(1)).burst(1);
    let limiter = RateLimiter::at(key(), limit);
    let con = &mut server().connection().unwrap();
    assert!(limiter.acquire().run(con).unwrap().allowed);
    let refused = limiter.acquire_within(Duration::from_millis(1)).run(con).unwrap();
    assert!(!refused.allowed);
    assert!(limiter.acquire_within(Duration::from_secs(10)).run(con).unwrap().allowed);
    runtime().block_on(async {
        let con = server().client().unwrap().get_multiplexed_async_connection().await.unwrap();
        let waits = (0..4).map(|_| {
            let (limiter, con) = (limiter.clone(), con.clone());
            tokio::spawn(async move {
                limiter.acquire_within(Duration::from_secs(10)).run_on(&con).await.unwrap().allowed
            })
        });
        for wait in waits.collect::<Vec<_>>() {
            assert!(wait.await.unwrap());
        }
    });
}
