//! Leaderboards: ties by time, several periods, and the better of two concurrent scores.

use std::thread;
use std::time::{Duration, SystemTime};

use redis_model::embedded::Server;
use redis_model::patterns::{Entry, Keep, Leaderboard, Period, Ranking};
use redis_model::structures::{SortedSet, Strict};
use redis_model::{ErrorKind, Json, Operation};

use crate::support::{Con, everywhere, fresh, on_sync_connections, server};

const DAY: Duration = Duration::from_secs(86_400);
const HOUR: Duration = Duration::from_secs(3600);

fn board() -> Leaderboard<String> {
    Leaderboard::at(format!("board:{}", fresh()))
}

/// Returns Monday, 13 November 2023, 00:00 UTC.
fn monday() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_699_833_600)
}

fn names(con: &mut Con, ranking: &Ranking<String>) -> Vec<String> {
    let top = con.run(ranking.top(100).strict()).unwrap();
    assert!(top.iter().enumerate().all(|(rank, entry)| entry.rank == rank));
    top.into_iter().map(|entry| entry.player).collect()
}

#[test]
fn the_earlier_of_two_equal_scores_is_better_whatever_the_names() {
    everywhere(|con| {
        for lowest_first in [false, true] {
            let board = if lowest_first { board().lowest_first() } else { board() };
            let ranking = board.ranking(Period::AllTime);
            let order = ["m", "z", "a"];
            for (at, player) in (0..).zip(order) {
                let at = monday() + Duration::from_micros(at);
                con.run(board.at_time(at).submit(player, -7.5)).unwrap();
            }
            assert_eq!(names(con, &ranking), order);
            // The same score again does not lose the earlier time.
            let again = con.run(board.at_time(monday() + HOUR).submit("m", -7.5)).unwrap();
            assert!(!again[0].changed && again[0].rank == 0);
            assert_eq!(names(con, &ranking), order);
            let better = if lowest_first { -8.0 } else { -7.0 };
            let result = con.run(board.submit("a", better)).unwrap()[0];
            assert!(result.changed && result.rank == 0 && result.score == better);
            assert_eq!(names(con, &ranking), ["a", "m", "z"]);
            let worse = if lowest_first { 100.0 } else { -100.0 };
            let result = con.run(board.submit("a", worse)).unwrap()[0];
            assert!(!result.changed && result.rank == 0 && result.score == better);
        }
    });
}

#[test]
fn the_latest_score_or_the_sum_is_kept_if_asked() {
    everywhere(|con| {
        let latest = board().keep(Keep::Latest);
        let sum = board().keep(Keep::Sum);
        for score in [5.0, 9.0, 0.25] {
            con.run(latest.submit("ada", score)).unwrap();
            con.run(sum.submit("ada", score)).unwrap();
        }
        let standing = |board: &Leaderboard<String>, con: &mut Con| {
            con.run(board.ranking(Period::AllTime).get("ada")).unwrap().unwrap()
        };
        assert_eq!(standing(&latest, con).score, 0.25);
        assert_eq!(standing(&sum, con).score, 14.25);
        assert_eq!(con.run(sum.submit("ada", -14.25)).unwrap()[0].score.to_string(), "0");
        con.run(sum.submit("ada", f64::MAX)).unwrap();
        let error = con.run(sum.submit("ada", f64::MAX)).unwrap_err();
        assert!(error.is_out_of_range(), "{error}");
        assert_eq!(standing(&sum, con).score, f64::MAX);
    });
}

#[test]
fn pages_and_neighbours_are_read_by_rank() {
    everywhere(|con| {
        let board = Leaderboard::<u32>::at(format!("board:{}", fresh()));
        for player in 0..25 {
            con.run(board.submit(player, f64::from(100 - player))).unwrap();
        }
        let ranking = board.ranking(Period::AllTime);
        let players = |con: &mut Con, page: Strict<Entry<u32>>| -> Vec<(usize, u32)> {
            con.run(page).unwrap().into_iter().map(|it| (it.rank, it.player)).collect()
        };
        assert_eq!(con.run(ranking.len()).unwrap(), 25);
        assert_eq!(
            players(con, ranking.page(2, 10).strict()),
            [(20, 20), (21, 21), (22, 22), (23, 23), (24, 24)]
        );
        assert_eq!(players(con, ranking.page(3, 10).strict()), []);
        assert_eq!(players(con, ranking.page(usize::MAX, 2).strict()), []);
        assert_eq!(players(con, ranking.range(3..5).strict()), [(3, 3), (4, 4)]);
        assert_eq!(players(con, ranking.top(0).strict()), []);
        assert_eq!(players(con, ranking.around(0, 2).strict()), [(0, 0), (1, 1), (2, 2)]);
        assert_eq!(players(con, ranking.around(12, 1).strict()), [(11, 11), (12, 12), (13, 13)]);
        assert_eq!(players(con, ranking.around(24, usize::MAX).strict()).len(), 25);
        assert_eq!(players(con, ranking.around(99, 1).strict()), []);
        assert!(con.run(ranking.get(99)).unwrap().is_none());
        assert!(con.run(board.remove(3)).unwrap() && !con.run(board.remove(3)).unwrap());
        assert_eq!(con.run(ranking.get(4)).unwrap().unwrap().rank, 3);
        assert!(con.run(board.clear()).unwrap() && !con.run(board.clear()).unwrap());
        assert_eq!(con.run(ranking.len()).unwrap(), 0);
    });
}

#[test]
fn periods_begin_with_the_clock_and_the_last_one_stays_readable() {
    everywhere(|con| {
        let periods = [Period::Hour, Period::Day, Period::Week, Period::AllTime];
        let board = board().periods(periods);
        let sunday = monday() + 6 * DAY + 23 * HOUR;
        let submitted = con.run(board.at_time(sunday).submit("ada", 5.0)).unwrap();
        assert_eq!(submitted.len(), 4);
        let lengths = |con: &mut Con, at| {
            periods.map(|period| con.run(board.at_time(at).ranking(period).len()).unwrap())
        };
        assert_eq!(lengths(con, sunday + HOUR - Duration::from_micros(1)), [1, 1, 1, 1]);
        assert_eq!(lengths(con, sunday + HOUR), [0, 0, 0, 1]);
        let monday = board.at_time(sunday + HOUR);
        for period in [Period::Hour, Period::Day, Period::Week] {
            assert_eq!(names(con, &monday.ranking(period).previous()), ["ada"]);
        }
        con.run(monday.submit("bob", 1.0)).unwrap();
        assert_eq!(names(con, &monday.ranking(Period::Week)), ["bob"]);
        assert_eq!(names(con, &monday.ranking(Period::Week).previous()), ["ada"]);
        assert_eq!(names(con, &monday.ranking(Period::AllTime)), ["ada", "bob"]);
        // Two weeks later the same keys have their turn again, with nothing left in them.
        let later = board.at_time(sunday + 14 * DAY);
        assert_eq!(names(con, &later.ranking(Period::Week)), [] as [&str; 0]);
        con.run(later.submit("eve", 1.0)).unwrap();
        assert_eq!(names(con, &later.ranking(Period::Week)), ["eve"]);
        assert_eq!(names(con, &later.ranking(Period::AllTime)), ["ada", "bob", "eve"]);
        assert!(con.run(board.remove("ada")).unwrap());
        assert_eq!(names(con, &later.ranking(Period::AllTime)), ["bob", "eve"]);
    });
}

#[test]
fn a_clock_that_was_set_back_deletes_no_newer_board() {
    let con = &mut Con::sync();
    let board = board().periods([Period::AllTime, Period::Day]);
    let (early, late) = (board.at_time(monday()), board.at_time(monday() + 2 * DAY));
    con.run(late.submit("ada", 1.0)).unwrap();
    con.run(early.submit("bob", 2.0)).unwrap_err();
    assert_eq!(names(con, &late.ranking(Period::Day)), ["ada"]);
    assert_eq!(names(con, &late.ranking(Period::AllTime)), ["ada"]);
}

#[test]
fn keys_of_periods_expire_at_the_end_of_the_next_one() {
    let con = &mut Con::sync();
    let board = board().periods([Period::Day, Period::AllTime]).utc_offset(60);
    // 00:00 in the time zone.
    let midnight = monday() - HOUR;
    con.run(board.at_time(midnight).submit("ada", 1.0)).unwrap();
    let mut found = 0;
    for (suffix, ttl) in [("day:0", 172_800_000), ("day:1", 172_800_000), ("all", -1)] {
        for part in ["", ":players"] {
            let key = format!("{{{}}}:{suffix}{part}", board.key());
            match con.raw::<i64>(&["PTTL", &key]) {
                -2 => {}
                left => {
                    found += 1;
                    assert!((ttl - 5000..=ttl).contains(&left), "{key} {left}");
                }
            }
        }
    }
    assert_eq!(found, 4);
    let before = board.at_time(midnight - Duration::from_micros(1));
    assert_eq!(con.run(before.ranking(Period::Day).len()).unwrap(), 0);
}

/// The usual code reads the score, compares, and writes with ZADD.
#[test]
fn the_better_of_two_scores_at_the_same_time_is_kept() {
    let con = &mut Con::sync();
    let usual = SortedSet::<String>::at(format!("board:{}", fresh()));
    let (first, second) =
        (con.run(usual.score("ada")).unwrap(), con.run(usual.score("ada")).unwrap());
    // Both clients see no score, so both write theirs.
    assert!(first.is_none() && second.is_none());
    con.run(usual.add("ada", 900.0)).unwrap();
    con.run(usual.add("ada", 100.0)).unwrap();
    assert_eq!(con.run(usual.score("ada")).unwrap(), Some(100.0), "the better score was lost");

    let (best, sum) = (board(), board().keep(Keep::Sum));
    let threads: Vec<_> = (0..16)
        .map(|thread| {
            let (best, sum) = (best.clone(), sum.clone());
            thread::spawn(move || {
                let con = &mut server().connection().unwrap();
                for each in 0..50 {
                    let score = f64::from((each * 37 + thread * 11) % 997);
                    best.submit(["ada", "bob"][each as usize % 2], score).run(con).unwrap();
                    sum.submit("ada", 1.0).run(con).unwrap();
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    for (player, parity) in [("ada", 0), ("bob", 1)] {
        let expected = (0..16).flat_map(|thread| (0..50).map(move |each| (each, thread)));
        let expected = expected.filter(|(each, _)| each % 2 == parity);
        let expected = expected.map(|(each, thread)| (each * 37 + thread * 11) % 997).max();
        let score = con.run(best.ranking(Period::AllTime).get(player)).unwrap().unwrap().score;
        assert_eq!(score, f64::from(expected.unwrap()));
    }
    assert_eq!(con.run(best.ranking(Period::AllTime).len()).unwrap(), 2);
    assert_eq!(con.run(sum.ranking(Period::AllTime).get("ada")).unwrap().unwrap().score, 800.0);
}

#[test]
fn players_go_through_a_codec_and_may_have_any_bytes() {
    on_sync_connections(|con| {
        let board = Leaderboard::<(u8, String), Json>::at(format!("board:{}", fresh()));
        let player = (7, "ü \"x\"\n".to_owned());
        con.run(board.submit(&player, 1e-300)).unwrap();
        let top = con.run(board.ranking(Period::AllTime).top(1).strict()).unwrap();
        assert_eq!((&top[0].player, top[0].score), (&player, 1e-300));
        let bytes = Leaderboard::<Vec<u8>>::at(format!("board:{}", fresh()));
        for player in [&b""[..], b"n", b"\0\xff", b"1"] {
            con.run(bytes.submit(player, 2.0)).unwrap();
        }
        assert_eq!(con.run(bytes.ranking(Period::AllTime).len()).unwrap(), 4);
        assert!(con.run(bytes.remove(&b""[..])).unwrap());
        // A player of another type is an error of its own.
        let numbers = Leaderboard::<u32>::at(bytes.key());
        let top = con.run(numbers.ranking(Period::AllTime).top(9)).unwrap();
        let errors: Vec<_> = top.iter().filter_map(|it| it.as_ref().err()).collect();
        assert_eq!((top.len(), errors.len()), (3, 2));
        assert_eq!(errors[0].key(), Some(bytes.key().as_str()));
        assert_eq!(errors[1].item(), Some(1));
    });
}

#[test]
fn a_key_of_another_type_is_an_error_and_nothing_is_changed() {
    on_sync_connections(|con| {
        for suffix in ["day:0", "day:1", "all", "all:players"] {
            let board = board().periods([Period::Day, Period::AllTime]);
            let other = format!("{{{}}}:{suffix}", board.key());
            con.raw::<()>(&["SET", &other, "secret"]);
            let errors = [
                con.run(board.remove("ada")).map(drop).unwrap_err(),
                con.run(board.clear()).map(drop).unwrap_err(),
            ];
            for error in errors {
                assert!(
                    error.is_wrong_type() && error.key() == Some(board.key().as_str()),
                    "{error}"
                );
            }
            for day in 0..2 {
                let submitted = con.run(board.at_time(monday() + day * DAY).submit("ada", 1.0));
                assert!(submitted.is_ok() || submitted.unwrap_err().is_wrong_type());
            }
            assert_eq!(con.raw::<String>(&["GET", &other]), "secret");
            if suffix.starts_with("all") {
                assert!(con.run(board.ranking(Period::AllTime).len()).unwrap_err().is_wrong_type());
                assert_eq!(con.run(board.at_time(monday()).ranking(Period::Day).len()).unwrap(), 0);
            }
        }
    });
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_sent() {
    let board = Leaderboard::<u32>::at("board");
    for score in [f64::NAN, f64::INFINITY] {
        assert!(board.submit(1, score).explain().unwrap_err().is_invalid_value());
    }
    let none = board.clone().periods([]);
    let twice = board.clone().periods([Period::Day, Period::Day]);
    let errors = [
        none.submit(1, 1.0).explain().unwrap_err(),
        twice.submit(1, 1.0).explain().unwrap_err(),
        board.ranking(Period::Day).len().explain().unwrap_err(),
        board.ranking(Period::AllTime).previous().len().explain().unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::InvalidOperation, "{error}");
    }
}

#[test]
fn a_user_without_a_command_changes_nothing() {
    let server = Server::start().unwrap();
    let mut admin = server.connection().unwrap();
    for refused in ["zadd", "zrem", "zrank", "hset", "del", "pexpire"] {
        let mut acl = redis::cmd("ACL");
        acl.arg("SETUSER").arg("user").arg("reset").arg("on").arg(">pw").arg("~*").arg("+@all");
        acl.arg(format!("-{refused}")).exec(&mut admin).unwrap();
        let mut con = server.connection().unwrap();
        redis::cmd("AUTH").arg("user").arg("pw").exec(&mut con).unwrap();
        let board = board().periods([Period::Week, Period::AllTime]);
        let error = board.submit("ada", 1.0).run(&mut con).unwrap_err();
        assert_eq!(error.code(), Some("NOPERM"), "{refused}: {error}");
        assert_eq!(redis::cmd("DBSIZE").query::<u64>(&mut admin).unwrap(), 0);
    }
}
