//! Scans of large sets, sorted sets and maps.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt;
use redis_model::structures::{Map, Set, SortedSet};
use redis_model::{Operation, Result};

use crate::support::{AsyncCon, Target, fresh, runtime, server};

const ITEMS: u32 = 5000;

#[test]
fn every_member_of_a_set_is_found() {
    let mut con = server().connection().unwrap();
    let set = Set::<u32>::at(format!("scan:set:{}", fresh()));
    set.add_all(0..ITEMS).run(&mut con).unwrap();
    let found: Result<BTreeSet<u32>> = set.scan().page_size(100).iter(&mut con).collect();
    assert_eq!(found.unwrap(), (0..ITEMS).collect());
}

#[test]
fn every_member_of_a_sorted_set_is_found_with_its_score() {
    for target in Target::ALL {
        let set = SortedSet::<u32>::at(format!("scan:sorted:{}", fresh()));
        let scored = || (0..ITEMS).map(|member| (member, f64::from(member) / 4.0));
        let mut con = target.async_connection();
        runtime().block_on(async {
            con.run(set.add_all(scored())).await.unwrap();
            let mut found = BTreeMap::new();
            let mut scan = set.scan();
            while let Some(page) = con.run_flow(&mut scan).await.unwrap() {
                for item in page {
                    let (member, score) = item.unwrap();
                    found.insert(member, score);
                }
            }
            assert_eq!(found, scored().collect());
        });
    }
}

#[test]
fn every_field_of_a_map_is_found_over_both_protocols() {
    for url in [server().url().to_owned(), server().url_resp3()] {
        let mut con = redis::Client::open(url).unwrap().get_connection().unwrap();
        let map = Map::<u32, String>::at(format!("scan:map:{}", fresh()));
        let fields = || (0..ITEMS).map(|field| (field, format!("value {field}")));
        map.set_all(fields()).run(&mut con).unwrap();
        let found: Result<BTreeMap<u32, String>> = map.scan().iter(&mut con).collect();
        assert_eq!(found.unwrap(), fields().collect());
    }
}

#[test]
fn a_stream_of_members_is_the_same() {
    let set = Set::<u32>::at(format!("scan:stream:{}", fresh()));
    let AsyncCon::Server(mut con) = Target::Server.async_connection() else { unreachable!() };
    runtime().block_on(async {
        set.add_all(0..ITEMS).run_async(&mut con).await.unwrap();
        let found: Vec<_> = set.scan().stream(&mut con).collect().await;
        let found: Result<BTreeSet<u32>> = found.into_iter().collect();
        assert_eq!(found.unwrap(), (0..ITEMS).collect());
    });
}

#[test]
fn a_pattern_selects_members_and_an_undecodable_one_is_one_error() {
    let mut con = server().connection().unwrap();
    let set = Set::<u32>::at(format!("scan:pattern:{}", fresh()));
    set.add_all(0..100).run(&mut con).unwrap();
    redis::cmd("SADD").arg(set.key()).arg("garbage").exec(&mut con).unwrap();
    let found: Vec<_> = set.scan().iter(&mut con).collect();
    assert_eq!(found.iter().filter(|item| item.is_ok()).count(), 100);
    let errors: Vec<_> = found.into_iter().filter_map(Result::err).collect();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].key(), Some(set.key().as_str()));
    let nineties: Result<Vec<u32>> = set.scan().matching("9?").iter(&mut con).collect();
    assert_eq!(nineties.unwrap().len(), 10);
}

#[test]
fn a_key_of_another_type_is_an_error() {
    let mut con = server().connection().unwrap();
    let set = Set::<u32>::at(format!("scan:wrong:{}", fresh()));
    redis::cmd("SET").arg(set.key()).arg("text").exec(&mut con).unwrap();
    let found: Vec<_> = set.scan().iter(&mut con).collect();
    assert_eq!(found.len(), 1);
    assert!(found[0].as_ref().unwrap_err().is_wrong_type());
}
