//! Scans of a part of the keys.

use std::collections::BTreeSet;

use redis_model::flow::ScanPosition;
use redis_model::{ErrorKind, Json, RedisModel};
use serde::{Deserialize, Serialize};

use crate::support::{Con, everywhere, fresh};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "within:{run}:score:{{{game}}}:{year}:x")]
struct Score {
    run: u64,
    game: String,
    year: u16,
    points: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "within-file:{run}:{path:raw}:{page}", blob = Json)]
struct Page {
    run: u64,
    path: String,
    page: u32,
    text: String,
}

/// Games whose names are glob patterns of others, or parts of them.
const GAMES: [&str; 8] = ["chess", "chess2", "ch*", "ch?ss", "c[h]ess", r"c\hess", "che:ss", ""];

fn save(con: &mut Con) -> u64 {
    let run = fresh();
    for game in GAMES {
        for year in [20, 202, 2025, 2026] {
            con.run(Score { run, game: game.into(), year, points: 1 }.save()).unwrap();
        }
    }
    run
}

#[test]
fn exactly_the_records_of_the_leading_parts_are_found() {
    everywhere(|con| {
        let run = save(con);
        for game in GAMES {
            let mut scan = Score::scan().within((run, game)).page_size(100);
            let mut found = BTreeSet::new();
            while let Some(page) = con.run_flow(&mut scan).unwrap() {
                for score in page {
                    let Score { run: of, game, year, .. } = score.unwrap();
                    found.insert((of, game, year));
                }
            }
            let years = [20, 202, 2025, 2026];
            assert_eq!(found, years.map(|year| (run, game.to_owned(), year)).into(), "{game}");
            assert_eq!(con.run_flow(&mut Score::count().within((run, game))).unwrap(), 4);
        }
        assert_eq!(con.run_flow(&mut Score::count().within((run,))).unwrap(), 32);
        assert_eq!(con.run_flow(&mut Score::count().within((run, "go"))).unwrap(), 0);

        assert_eq!(con.run_flow(&mut Score::delete_all().within((run, "ch*"))).unwrap(), 4);
        assert_eq!(con.run_flow(&mut Score::count().within((run,))).unwrap(), 28);
        let mut rewrite = Score::rewrite_all().within((run, "chess"));
        while con.run_flow(&mut rewrite).unwrap().is_some() {}
        assert!(rewrite.current() == 4 && rewrite.failed() == 0);
        con.run_flow(&mut Score::delete_all().within((run,))).unwrap();
    });
}

#[test]
fn a_longer_raw_part_is_another_part() {
    everywhere(|con| {
        let run = fresh();
        for path in ["a", "a:1", "a:b", "b"] {
            let page = Page { run, path: path.into(), page: 1, text: "x".into() };
            con.run(page.save()).unwrap();
        }
        let mut scan = Page::scan_ids().within((run, "a"));
        assert_eq!(con.run_flow(&mut scan).unwrap(), Some(vec![(run, "a".to_owned(), 1)]));
        assert_eq!(con.run_flow(&mut scan).unwrap(), None);
        assert_eq!(con.run_flow(&mut Page::delete_all().within((run,))).unwrap(), 4);
    });
}

#[test]
fn a_position_belongs_to_its_part_of_the_keys() {
    everywhere(|con| {
        let run = save(con);
        let (mut seen, mut position) = (0, ScanPosition::START.to_string());
        loop {
            let scan = Score::scan_ids().within((run, "c[h]ess")).page_size(1);
            let mut scan = scan.resume_from(position.parse().unwrap());
            let Some(page) = con.run_flow(&mut scan).unwrap() else {
                position = scan.position().to_string();
                break;
            };
            seen += page.len();
            position = scan.position().to_string();
        }
        assert!(seen >= 4);
        // The position is behind keys that these scans have not returned.
        let position: ScanPosition = position.parse().unwrap();
        let mut others = [
            Score::scan_ids().within((run, "chess")).resume_from(position.clone()),
            Score::scan_ids().within((run,)).resume_from(position.clone()),
            Score::scan_ids().resume_from(position),
        ];
        for scan in &mut others {
            let error = con.run_flow(scan).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidOperation);
            assert!(error.to_string().contains("within"), "{error}");
        }
        con.run_flow(&mut Score::delete_all().within((run,))).unwrap();
    });
}
