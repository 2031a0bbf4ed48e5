//! The memory of reading large structures in pages.

use redis_model::embedded::Server;
use redis_model::structures::stream::Encoded;
use redis_model::structures::{List, Map, Set, SortedRange, SortedSet, Stream, StreamId};
use redis_model::{Json, Operation, batch};

use crate::peak_memory;

const ITEMS: u32 = 1_000_000;
const PAGE: u32 = 1_000;

/// A page has 1,000 replies of some 100 bytes, in lists that grow by doubling.
const BOUND: usize = 2 << 20;

#[test]
#[ignore = "takes long: `.ci/run` runs this"]
fn pages_of_a_million_items_need_the_memory_of_a_page() {
    let server = Server::start().unwrap();
    let con = &mut server.connection().unwrap();
    let (list, set) = (List::<u32>::at("list"), Set::<u32>::at("set"));
    let (scores, map) = (SortedSet::<u32>::at("zset"), Map::<u32, u32>::at("map"));
    let log = Stream::<u32, Encoded<Json>>::at("log");
    let pages = || (0..ITEMS).step_by(PAGE as usize).map(|first| first..first + PAGE);
    let ((), written) = peak_memory(|| {
        for page in pages() {
            list.push_back_all(page.clone()).run(con).unwrap();
            set.add_all(page.clone()).run(con).unwrap();
            scores.add_all(page.clone().map(|n| (n, f64::from(n)))).run(con).unwrap();
            map.set_all(page.clone().map(|n| (n, n))).run(con).unwrap();
            batch(page.map(|n| log.append(n))).run(con).unwrap();
        }
    });
    assert!(written < BOUND, "writing: {written} bytes");

    let (read, memory) = peak_memory(|| {
        let mut read = 0_u64;
        for page in pages() {
            let range = page.start as isize..page.end as isize;
            let items = list.range(range.clone()).strict().run(con).unwrap();
            assert!(items.iter().copied().eq(page.clone()));
            let ranked = scores.range(SortedRange::ranks(range)).strict().run(con).unwrap();
            assert!(ranked.iter().copied().eq(page.clone()));
            let [first, end] = [page.start, page.end].map(f64::from);
            let scored = scores.range_with_scores(SortedRange::scores(first..end));
            assert!(scored.strict().run(con).unwrap().iter().map(|pair| pair.0).eq(page.clone()));
            let fields = map.get_each(page.clone()).strict().run(con).unwrap();
            assert!(fields.into_iter().flatten().eq(page.clone()));
            let members = set.contains_each(page.clone()).run(con).unwrap();
            assert!(members.into_iter().all(|is_member| is_member));
            read += items.len() as u64;
        }
        read
    });
    assert_eq!(read, u64::from(ITEMS));
    assert!(memory < BOUND, "reading: {memory} bytes");

    // Scans return a page, and a small one twice at most.
    let (found, memory) = peak_memory(|| {
        let members = set.scan().iter(con).map(Result::unwrap).count();
        let scored = scores.scan().iter(con).map(Result::unwrap).count();
        (members, scored, map.scan().iter(con).map(Result::unwrap).count())
    });
    let all = ITEMS as usize;
    assert!([found.0, found.1, found.2].iter().all(|found| (all..all + all / 100).contains(found)));
    assert!(memory < BOUND, "scanning: {memory} bytes");

    let (entries, memory) = peak_memory(|| {
        let (mut after, mut entries) = (StreamId::MIN, 0);
        loop {
            let page = log.read_after(after, PAGE as usize).strict().run(con).unwrap();
            let Some(last) = page.last() else { return entries };
            after = last.id;
            assert!(page.iter().map(|entry| entry.value).eq(entries..entries + PAGE));
            entries += PAGE;
        }
    });
    assert_eq!(entries, ITEMS);
    assert!(memory < BOUND, "reading a stream: {memory} bytes");

    // Removed in pages, too.
    let (popped, memory) = peak_memory(|| {
        let mut popped = 0;
        while let page @ 1.. = set.pop_many(PAGE as usize).strict().run(con).unwrap().len() {
            popped += page;
        }
        popped
    });
    assert_eq!(popped, ITEMS as usize);
    assert!(memory < BOUND, "removing: {memory} bytes");
}
