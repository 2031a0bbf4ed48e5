//! An event log that two groups of workers read: a stream, consumer groups, and entries of a
//! worker that was killed, which another one claims.
//!
//! `cargo run --example event_log`

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use redis_model::embedded::Server;
use redis_model::structures::stream::{GroupStart, Trim};
use redis_model::structures::{Group, Stream, StreamEntry, StreamId};
use redis_model::{Operation, RedisFields, RedisValue, Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, RedisValue)]
enum Kind {
    Ordered,
    Paid,
    Shipped,
}

/// An entry has these fields, as a hash would: `order 7 kind Paid cents 1999`.
#[derive(Debug, RedisFields)]
struct Event {
    order: u64,
    kind: Kind,
    cents: Option<u32>,
}

const ORDERS: u64 = 100;

/// In production so long that no living worker still processes an entry: minutes.
const DEAD_AFTER: Duration = Duration::from_millis(20);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = Server::named_or_private()?;
    let mut con = server.connection()?;
    // A new stream lives for a day. The key is one of this run, as the server may be shared.
    let log = Stream::<Event>::at(format!("example:event_log:{}", std::process::id()));
    let log = log.with_ttl(Duration::from_secs(24 * 3600));

    let groups = [log.group("billing"), log.group("statistics")];
    for group in &groups {
        assert!(group.create(GroupStart::Beginning).run(&mut con)?);
        // Every worker may create its group: a second time is no error.
        assert!(!group.create(GroupStart::Beginning).run(&mut con)?);
    }
    let appended = append_events(&log, &mut con)?;
    println!("appended {} events", appended.len());

    for group in &groups {
        let processed = work(group, &server)?;
        let times: usize = processed.values().sum();
        println!(
            "{}: processed {} events, {} of them twice",
            group.name(),
            processed.len(),
            times - processed.len()
        );
        // At least once: every event, those of the killed worker included.
        assert_eq!(processed.keys().copied().collect::<BTreeSet<_>>(), appended);
        assert_eq!(group.pending_summary().run(&mut con)?.count, 0);
    }

    // Both groups are done, so the older half is not needed any more.
    let removed = log.trim(Trim::max_len(appended.len() / 2)).run(&mut con)?;
    println!("removed {removed} events, {} are left", log.len().run(&mut con)?);
    log.delete().run(&mut con)?;
    Ok(())
}

/// Appends three events for each order, all of one order in one round trip.
fn append_events(log: &Stream<Event>, con: &mut redis::Connection) -> Result<BTreeSet<StreamId>> {
    let mut ids = BTreeSet::new();
    for order in 0..ORDERS {
        let event = |kind, cents| log.append(Event { order, kind, cents });
        let events =
            [event(Kind::Ordered, None), event(Kind::Paid, Some(1999)), event(Kind::Shipped, None)];
        ids.extend(events.run(con)?);
    }
    Ok(ids)
}

/// Runs two workers, of which one is killed. Returns how often each event was processed.
fn work(
    group: &Group<Event>,
    server: &Server,
) -> Result<BTreeMap<StreamId, usize>, Box<dyn std::error::Error>> {
    let mut processed = BTreeMap::new();

    // The first worker dies in the middle of its second page: it has processed one entry more
    // than it has acknowledged, and has read others that it never gets to.
    let mut con = server.connection()?;
    for entry in group.read_new("worker 1", 40).strict().run(&mut con)? {
        process(&entry, &mut processed);
        group.acknowledge(entry.id).run(&mut con)?;
    }
    let page = group.read_new("worker 1", 40).strict().run(&mut con)?;
    process(&page[0], &mut processed);
    drop(con);

    // The second worker processes the rest of the events.
    let mut con = server.connection()?;
    loop {
        let page = group.read_new("worker 2", 50).strict().run(&mut con)?;
        if page.is_empty() {
            break;
        }
        for entry in &page {
            process(entry, &mut processed);
        }
        let ids = page.iter().map(|entry| entry.id);
        assert_eq!(group.acknowledge_all(ids).run(&mut con)?, page.len());
    }

    // The entries of the first worker are still pending, and are claimed.
    let left = group.pending_of("worker 1", .., 1000).run(&mut con)?;
    println!("{}: worker 1 died with {} pending events", group.name(), left.len());
    std::thread::sleep(DEAD_AFTER);
    let mut start = None;
    loop {
        let claimed = group.auto_claim("worker 2", DEAD_AFTER, start, 15).run(&mut con)?;
        for entry in claimed.entries {
            let entry = entry?;
            process(&entry, &mut processed);
            group.acknowledge(entry.id).run(&mut con)?;
        }
        match claimed.next {
            None => break,
            next => start = next,
        }
    }
    group.delete_consumer("worker 1").run(&mut con)?;
    Ok(processed)
}

/// An event may be processed twice, so what a worker does must have the same effect twice.
fn process(entry: &StreamEntry<Event>, processed: &mut BTreeMap<StreamId, usize>) {
    let Event { order, kind, cents } = entry.value;
    assert!(order < ORDERS && (kind == Kind::Paid) == cents.is_some());
    *processed.entry(entry.id).or_default() += 1;
}
