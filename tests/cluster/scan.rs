//! Scans of a whole cluster, also while slots change their nodes.

use std::collections::BTreeSet;

use redis_model::embedded::Cluster;
use redis_model::flow::ScanPosition;
use redis_model::{ErrorKind, RedisModel, Result};

use crate::support::{Con, cluster, everywhere, fresh, on_node};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "scan:{run}:{id}")]
struct Item {
    run: u64,
    id: u64,
    name: String,
}

fn save(con: &mut Con, count: u64) -> Vec<Item> {
    let run = fresh();
    let items: Vec<_> = (0..count).map(|id| Item { run, id, name: format!("item {id}") }).collect();
    assert!(con.run(Item::save_many(&items)).unwrap().iter().all(Result::is_ok));
    items
}

#[test]
fn every_primary_is_scanned() {
    everywhere(|con| {
        let items = save(con, 3000);
        let (mut seen, mut scan) = (BTreeSet::new(), Item::scan().page_size(500));
        while let Some(page) = con.run_flow(&mut scan).unwrap() {
            let found =
                page.into_iter().map(|item| item.unwrap()).filter(|item| item.run == items[0].run);
            seen.extend(found.map(|item| (item.id, item.name)));
        }
        let expected = items.iter().map(|item| (item.id, item.name.clone())).collect();
        assert_eq!(seen, expected, "{}", con.name());
        // Later scans would read them again.
        con.run(Item::delete_many(items.iter().map(|item| (item.run, item.id)))).unwrap();
    });
}

/// Each page is read by a new scan that starts at the text of the last position.
#[test]
fn a_scan_of_a_cluster_resumes_at_its_position() {
    for mut con in Con::all(cluster().urls()) {
        let items = save(&mut con, 1500);
        let (mut seen, mut position) = (BTreeSet::new(), ScanPosition::START.to_string());
        loop {
            let mut scan = Item::scan_ids().page_size(200).resume_from(position.parse().unwrap());
            let Some(page) = con.run_flow(&mut scan).unwrap() else { break };
            seen.extend(page.into_iter().filter(|(run, _)| *run == items[0].run));
            position = scan.position().to_string();
        }
        assert_eq!(seen.len(), items.len(), "{}", con.name());
    }
}

#[test]
fn a_connection_to_one_node_scans_no_cluster() {
    let mut con = cluster().nodes()[0].connection().unwrap();
    let error = Item::scan_ids().page_size(10).iter(&mut con).find_map(Result::err).unwrap();
    assert_eq!(error.kind(), ErrorKind::InvalidOperation);
    assert!(error.to_string().contains("cluster connection"), "{error}");
}

#[test]
fn records_of_all_nodes_are_counted_and_deleted() {
    let cluster = Cluster::start().unwrap();
    for mut con in Con::all(cluster.urls()) {
        save(&mut con, 2000);
        assert_eq!(con.run_flow(&mut Item::count()).unwrap(), 2000, "{}", con.name());
        let deleted = con.run_flow(&mut Item::delete_all().page_size(300)).unwrap();
        assert_eq!(deleted, 2000, "{}", con.name());
        assert_eq!(con.run_flow(&mut Item::count()).unwrap(), 0, "{}", con.name());
    }
}

/// Moves slots with all their keys to another node.
fn move_slots(cluster: &Cluster, slots: std::ops::Range<u16>, from: usize, to: usize) {
    let id = |node: usize| on_node::<String>(cluster, node, &["CLUSTER", "MYID"]);
    let (from_id, to_id) = (id(from), id(to));
    let port = cluster.nodes()[to].url().rsplit(':').next().unwrap().to_owned();
    for slot in slots.map(|slot| slot.to_string()) {
        on_node::<()>(cluster, to, &["CLUSTER", "SETSLOT", &slot, "IMPORTING", &from_id]);
        on_node::<()>(cluster, from, &["CLUSTER", "SETSLOT", &slot, "MIGRATING", &to_id]);
        let keys: Vec<String> =
            on_node(cluster, from, &["CLUSTER", "GETKEYSINSLOT", &slot, "1000"]);
        let mut migrate = vec!["MIGRATE", "127.0.0.1", &port, "", "0", "5000", "KEYS"];
        migrate.extend(keys.iter().map(String::as_str));
        if !keys.is_empty() {
            on_node::<redis::Value>(cluster, from, &migrate);
        }
        for node in [to, from, (0..3).find(|node| *node != to && *node != from).unwrap()] {
            on_node::<()>(cluster, node, &["CLUSTER", "SETSLOT", &slot, "NODE", &to_id]);
        }
    }
}

/// Between the pages of a scan slots go to nodes that were scanned already, and
/// away from the one that is being scanned.
#[test]
fn slots_that_move_during_a_scan_are_not_passed_over() {
    let cluster = Cluster::start().unwrap();
    // The slots of the last node go to the first one, which was scanned by then, and back.
    let ways = [(0, 1, 0..90), (2, 0, 11000..11090), (2, 1, 12000..12090), (1, 0, 5500..5590)];
    for mut con in Con::all(cluster.urls()) {
        let items = save(&mut con, 2000);
        let mut scan = Item::scan_ids().page_size(60);
        let (mut seen, mut pages, mut moves) = (BTreeSet::new(), 0, ways.iter());
        while let Some(page) = con.run_flow(&mut scan).unwrap() {
            seen.extend(page.into_iter().filter(|(run, _)| *run == items[0].run));
            pages += 1;
            if pages % 8 == 0
                && let Some((from, to, slots)) = moves.next()
            {
                move_slots(&cluster, slots.clone(), *from, *to);
            }
        }
        assert!(moves.next().is_none(), "{pages} pages");
        assert_eq!(seen.len(), items.len(), "{}", con.name());
        for (from, to, slots) in &ways {
            move_slots(&cluster, slots.clone(), *to, *from);
        }
        con.run_flow(&mut Item::delete_all()).unwrap();
    }
}
