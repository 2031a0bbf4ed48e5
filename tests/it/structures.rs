//! Structures, on every kind of connection.

use std::fmt::Debug;
use std::time::Duration;

use redis_model::op::BoxedOperation;
use redis_model::structures::{Counter, End, List, Map, Set, SortedRange, SortedSet, Value};
use redis_model::{Error, ErrorKind, Json, Operation, Ttl, atomic, batch};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::support::{Con, Target, everywhere, fresh, on_sync_connections, server};

const HOUR: Duration = Duration::from_secs(3600);
const SECRET: &str = "hunter2-correct-horse";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Order {
    id: u64,
    items: Vec<String>,
}

fn order(id: u64) -> Order {
    Order { id, items: vec!["x".repeat(id as usize), "ü".into()] }
}

fn key(name: &str) -> String {
    format!("structures:{{{}}}:{name}", fresh())
}

/// Returns two keys of one slot.
fn two_keys() -> [String; 2] {
    let tag = fresh();
    ["a", "b"].map(|name| format!("structures:{{{tag}}}:{name}"))
}

/// Checks an error about one of several items.
#[track_caller]
fn is_about(error: &Error, structure: &str, key: &str, item: usize, applied: bool) {
    assert_eq!(error.item(), Some(item), "{error}");
    assert_eq!(error.key(), Some(key), "{error}");
    assert_eq!(error.is_applied(), applied, "{error}");
    assert!(matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::Codec), "{error}");
    let shown = format!("{error} {error:?}");
    assert!(shown.contains(structure) && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn one_item_that_cannot_be_decoded_does_not_hide_the_others() {
    everywhere(|con| {
        let key = key("list");
        let list = List::<u32>::at(&*key);
        con.raw::<()>(&["RPUSH", &key, "1", SECRET, "3"]);
        let found = con.run(list.range(..)).unwrap();
        assert_eq!((found[0].as_ref().unwrap(), found[2].as_ref().unwrap()), (&1, &3));
        is_about(found[1].as_ref().unwrap_err(), "List", &key, 1, false);
        is_about(&con.run(list.range(..).strict()).unwrap_err(), "List", &key, 1, false);
        let error = con.run(list.get(1)).unwrap_err();
        assert!(error.key() == Some(&*key) && !error.is_applied(), "{error}");
        assert_eq!(con.run(list.len()).unwrap(), 3);

        let popped = con.run(list.pop_front_many(5)).unwrap();
        assert_eq!(popped[0].as_ref().unwrap(), &1);
        is_about(popped[1].as_ref().unwrap_err(), "List", &key, 1, true);
        assert!(!con.run(list.exists()).unwrap());
    });
}

#[test]
fn maps_and_sorted_sets_name_the_pair_that_cannot_be_decoded() {
    everywhere(|con| {
        let [hash, zset] = two_keys();
        con.raw::<()>(&["HSET", &hash, "a", "1", "b", SECRET]);
        let map = Map::<String, u8>::at(&*hash);
        let all = con.run(map.get_all()).unwrap();
        assert_eq!(all.iter().filter(|pair| pair.is_ok()).count(), 1);
        let each = con.run(map.get_each(["a", "b", "none"])).unwrap();
        assert_eq!((each[0].as_ref().unwrap(), each[2].as_ref().unwrap()), (&Some(1), &None));
        is_about(each[1].as_ref().unwrap_err(), "Map", &hash, 1, false);
        let keys = con.run(Map::<u8, String>::at(&*hash).get_all()).unwrap();
        is_about(keys[0].as_ref().unwrap_err(), "Map", &hash, 0, false);

        con.raw::<()>(&["ZADD", &zset, "1", SECRET, "2", "7"]);
        let scores = SortedSet::<u8>::at(&*zset);
        let all = con.run(scores.range_with_scores(SortedRange::ranks(..))).unwrap();
        is_about(all[0].as_ref().unwrap_err(), "SortedSet", &zset, 0, false);
        assert_eq!(all[1].as_ref().unwrap(), &(7, 2.0));
        let popped = con.run(scores.pop_min_many(2)).unwrap();
        is_about(popped[0].as_ref().unwrap_err(), "SortedSet", &zset, 0, true);
    });
}

#[test]
fn a_removed_item_that_cannot_be_decoded_is_marked_as_applied() {
    #[track_caller]
    fn applied<T: Debug>(result: redis_model::Result<T>, key: &str) {
        let error = result.expect_err("an item that cannot be decoded");
        assert!(error.is_applied() && error.key() == Some(key), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
    everywhere(|con| {
        let [a, b] = two_keys();
        let list = List::<u8>::at(&*a);
        for operation in [list.pop_front(), list.pop_back()] {
            con.raw::<()>(&["RPUSH", &a, SECRET]);
            applied(con.run(operation), &a);
            assert!(!con.run(list.exists()).unwrap());
        }
        con.raw::<()>(&["RPUSH", &a, SECRET]);
        applied(con.run(list.pop_back_many(1).strict()), &a);
        con.raw::<()>(&["RPUSH", &a, SECRET]);
        applied(con.run(list.move_item(End::Front, &List::at(&*b), End::Back)), &a);
        assert_eq!(con.raw::<Vec<String>>(&["LRANGE", &b, "0", "-1"]), [SECRET]);

        let set = Set::<u8>::at(&*a);
        con.raw::<()>(&["SADD", &a, SECRET]);
        applied(con.run(set.pop()), &a);
        con.raw::<()>(&["SADD", &a, SECRET]);
        applied(con.run(set.pop_many(2).strict()), &a);

        let scores = SortedSet::<u8>::at(&*a);
        for operation in [scores.pop_min(), scores.pop_max()] {
            con.raw::<()>(&["ZADD", &a, "1", SECRET]);
            applied(con.run(operation), &a);
        }

        let value = Value::<u8>::at(&*a);
        con.raw::<()>(&["SET", &a, SECRET]);
        applied(con.run(value.get_and_refresh(HOUR)), &a);
        assert!(con.run(value.ttl()).unwrap().remaining().is_some());
        applied(con.run(value.get_and_set(7)), &a);
        assert_eq!(con.run(value.get()).unwrap(), Some(7));
        con.raw::<()>(&["SET", &a, SECRET]);
        applied(con.run(value.get_and_delete()), &a);
        assert_eq!(con.run(value.get()).unwrap(), None);
        con.raw::<()>(&["SET", &a, SECRET]);
        applied(con.run(Counter::<u8>::at(&*a).get_and_delete()), &a);
        // A refused write is not applied.
        con.raw::<()>(&["RPUSH", &a, SECRET]);
        assert!(!con.run(value.get_and_delete()).unwrap_err().is_applied());
    });
}

#[test]
fn codecs_and_types_of_other_crates_are_items() {
    everywhere(|con| {
        let orders = List::<Order, Json>::at(key("orders"));
        con.run(orders.push_back_all([order(1), order(2)])).unwrap();
        assert_eq!(con.run(orders.range(..).strict()).unwrap(), [order(1), order(2)]);
        assert_eq!(con.run(orders.position(order(2))).unwrap(), Some(1));
        assert_eq!(con.run(orders.pop_front()).unwrap(), Some(order(1)));

        let ids = Set::<Uuid>::at(key("ids"));
        let [one, two] = [1, 2].map(Uuid::from_u128);
        assert_eq!(con.run(ids.add_all([one, two, one])).unwrap(), 2);
        assert_eq!(con.run(ids.contains_each([two, Uuid::nil()])).unwrap(), [true, false]);

        let by_name = Map::<String, Order, Json>::at(key("by-name"));
        assert!(con.run(by_name.set("a", order(3))).unwrap());
        assert_eq!(con.run(by_name.get("a")).unwrap(), Some(order(3)));
        let all = con.run(by_name.get_all().strict()).unwrap();
        assert_eq!(all, [("a".to_owned(), order(3))]);

        let best = SortedSet::<Order, Json>::at(key("best"));
        con.run(best.add(order(1), f64::INFINITY)).unwrap();
        assert_eq!(con.run(best.score(order(1))).unwrap(), Some(f64::INFINITY));

        let value = Value::<Option<Order>, Json>::at(key("value"));
        con.run(value.set(None::<Order>)).unwrap();
        assert_eq!(con.run(value.get()).unwrap(), Some(None));
        con.raw::<()>(&["SET", value.key(), &format!("{{\"id\": \"{SECRET}\"}}")]);
        let error = con.run(value.get()).unwrap_err();
        assert_eq!((error.kind(), error.key()), (ErrorKind::Codec, Some(&**value.key())));
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    });
}

#[test]
fn operations_run_in_tuples_batches_and_atomic_steps() {
    everywhere(|con| {
        let [a, b] = two_keys();
        let (list, count) = (List::<u8>::at(&*a), Counter::<u8>::at(&*b));
        let step = (list.push_back_all([1, 2]), count.incr(200), list.range(..).strict());
        assert_eq!(con.run(step).unwrap(), (2, 200, vec![1, 2]));
        let step = atomic((list.pop_front(), count.get(), list.len()));
        assert_eq!(con.run(step).unwrap(), (Some(1), 200, 1));
        let keys: Vec<_> = (0..300).map(|_| key("many")).collect();
        let sets = || keys.iter().map(|key| Set::<u8>::at(key.as_str()).with_ttl(HOUR));
        let added = con.run(batch(sets().map(|set| set.add_all([1, 2, 3])))).unwrap();
        assert!(added.into_iter().all(|added| added.unwrap() == 3));
        let ttls = con.run(batch(sets().map(|set| set.ttl()))).unwrap();
        assert!(ttls.into_iter().all(|ttl| ttl.unwrap().remaining().is_some()));
        let moved = con.run(batch([list.move_item(End::Back, &list, End::Front)])).unwrap();
        assert_eq!(moved.into_iter().next().unwrap().unwrap(), Some(2));
    });
}

#[test]
fn an_increment_out_of_range_changes_nothing_on_every_connection() {
    everywhere(|con| {
        let count = Counter::<u128>::at(key("u128")).with_ttl(HOUR);
        con.run(count.set(u128::MAX - 1)).unwrap();
        assert_eq!(con.run(count.incr(1)).unwrap(), u128::MAX);
        assert!(con.run(count.incr(1)).unwrap_err().is_out_of_range());
        assert_eq!(con.run(count.decr(u128::MAX)).unwrap(), 0);
        assert!(con.run(count.decr(1)).unwrap_err().is_out_of_range());
        let native = Counter::<i64>::at(key("i64"));
        assert_eq!(con.run(native.incr(i64::MAX)).unwrap(), i64::MAX);
        let error = con.run(native.incr(1)).unwrap_err();
        assert!(error.is_out_of_range() && error.key() == Some(&**native.key()), "{error}");
        con.raw::<()>(&["SET", native.key(), SECRET]);
        let error = con.run(native.incr(1)).unwrap_err();
        assert!(error.is_invalid_value() && !error.to_string().contains("hunter2"), "{error}");
    });
}

#[test]
fn a_hundred_thousand_items_are_written_in_one_command() {
    const MANY: u32 = 100_000;
    on_sync_connections(|con: &mut Con| {
        for ttl in [false, true] {
            let with = |name: &str| (key(name), ttl);
            fn at<S: redis_model::structures::Structure>((key, ttl): (String, bool)) -> S {
                if ttl { S::at(key).with_ttl(HOUR) } else { S::at(key) }
            }
            let list: List<u32> = at(with("list"));
            assert_eq!(con.run(list.push_back_all(0..MANY)).unwrap(), MANY as usize);
            assert_eq!(con.run(list.push_front_all(0..MANY)).unwrap(), 2 * MANY as usize);
            let ends = (list.get(0), list.get(-1), list.len(), list.ttl());
            let (front, back, length, left) = con.run(ends).unwrap();
            assert_eq!((front, back, length), (Some(MANY - 1), Some(MANY - 1), 2 * MANY as usize));
            assert_eq!(left != Ttl::Persistent, ttl);
            assert!(
                con.run(list.range(..MANY as isize).strict())
                    .unwrap()
                    .into_iter()
                    .rev()
                    .eq(0..MANY)
            );

            let set: Set<u32> = at(with("set"));
            let twice = (0..MANY).chain(0..MANY);
            assert_eq!(con.run(set.add_all(twice)).unwrap(), MANY as usize);
            assert_eq!(con.run(set.remove_all(1..MANY)).unwrap(), MANY as usize - 1);
            assert_eq!(con.run(set.ttl()).unwrap() != Ttl::Persistent, ttl);

            let scores: SortedSet<u32> = at(with("zset"));
            let members = || (0..MANY).map(|member| (member, f64::from(member)));
            assert_eq!(con.run(scores.add_all(members())).unwrap(), MANY as usize);
            assert_eq!(con.run(scores.add_all(members())).unwrap(), 0);
            assert_eq!(con.run(scores.pop_max()).unwrap(), Some((MANY - 1, f64::from(MANY - 1))));
            assert_eq!(con.run(scores.ttl()).unwrap() != Ttl::Persistent, ttl);

            let map: Map<u32, u32> = at(with("map"));
            assert_eq!(con.run(map.set_all((0..MANY).map(|n| (n, n / 2)))).unwrap(), MANY as usize);
            let (middle, length) = con.run((map.get(MANY / 2), map.len())).unwrap();
            assert_eq!((middle, length), (Some(MANY / 4), MANY as usize));
            assert_eq!(con.run(map.ttl()).unwrap() != Ttl::Persistent, ttl);
            for key in [list.key(), set.key(), scores.key(), map.key()] {
                con.raw::<()>(&["UNLINK", key]);
            }
        }
    });
}

/// A write that cannot set its TTL writes nothing, instead of a key that lives for ever.
#[test]
fn a_user_who_may_not_expire_keys_writes_nothing_that_should_expire() {
    let mut admin = server().connection().unwrap();
    let user = format!("no-expire-{}", fresh());
    let rules = ["on", "nopass", "~*", "+@all", "-pexpire"];
    redis::cmd("ACL").arg("SETUSER").arg(&user).arg(&rules).exec(&mut admin).unwrap();
    let con = &mut server().connection().unwrap();
    redis::cmd("AUTH").arg(&user).arg("any").exec(con).unwrap();
    let [a, b] = two_keys();
    let list = || List::<u8>::at(&*a).with_ttl(HOUR);
    let set = || Set::<u8>::at(&*a).with_ttl(HOUR);
    let scores = || SortedSet::<u8>::at(&*a).with_ttl(HOUR);
    let map = || Map::<u8, u8>::at(&*a).with_ttl(HOUR);
    let (other_list, other_set) = (List::<u8>::at(&*b), Set::<u8>::at(&*b));
    let other_scores = SortedSet::<u8>::at(&*b);

    let mut refused = |result: redis_model::Result<()>| {
        let error = result.expect_err("a write without its TTL");
        assert_eq!(error.code(), Some("NOPERM"), "{error}");
        let exists: bool = redis::cmd("EXISTS").arg(&a).query(&mut admin).unwrap();
        assert!(!exists, "{error}");
    };
    refused(list().push_back(1).run(con).map(drop));
    refused(list().push_front_all([1, 2]).run(con).map(drop));
    refused(list().push_back_capped(1, 3).run(con).map(drop));
    refused(set().add(1).run(con).map(drop));
    refused(set().add_all([1, 2]).run(con).map(drop));
    refused(scores().add(1, 1.0).run(con).map(drop));
    refused(scores().incr(1, 1.0).run(con).map(drop));
    refused(map().set(1, 1).run(con).map(drop));
    refused(map().set_if_absent(1, 1).run(con).map(drop));
    refused(map().incr(1, 1).run(con).map(drop));
    refused(Counter::<u8>::at(&*a).with_ttl(HOUR).incr(1).run(con).map(drop));
    refused(Counter::<f64>::at(&*a).with_ttl(HOUR).incr(1.5).run(con).map(drop));
    other_list.push_back(1).run(con).unwrap();
    refused(other_list.move_item(End::Front, &list(), End::Front).run(con).map(drop));
    assert_eq!(other_list.len().run(con).unwrap(), 1);
    assert!(other_list.delete().run(con).unwrap());
    other_set.add_all([1, 2]).run(con).unwrap();
    refused(other_set.move_to(&set(), 1).run(con).map(drop));
    refused(set().store_union([&other_set]).run(con).map(drop));
    assert_eq!(other_set.len().run(con).unwrap(), 2);
    // Without a time to live the permission is not needed.
    assert_eq!(Set::<u8>::at(&*a).store_union([&other_set]).run(con).unwrap(), 2);
    assert!(set().delete().run(con).unwrap() && other_set.delete().run(con).unwrap());
    other_scores.add(1, 1.0).run(con).unwrap();
    assert!(scores().store_union([&other_scores]).run(con).is_err());
    assert!(!scores().exists().run(con).unwrap());
}

#[test]
fn a_moved_member_creates_a_set_with_its_ttl() {
    everywhere(|con| {
        let [a, b] = two_keys();
        let (from, to) = (Set::<u8>::at(&*a), Set::<u8>::at(&*b).with_ttl(HOUR));
        con.run(from.add_all([1, 2])).unwrap();
        assert!(con.run(from.move_to(&to, 1)).unwrap());
        assert!(con.run(to.ttl()).unwrap().remaining().is_some());
        assert!(con.run(to.persist()).unwrap());
        assert!(con.run(from.move_to(&to, 2)).unwrap());
        assert_eq!(con.run(to.ttl()).unwrap(), Ttl::Persistent);
        assert_eq!(con.run(from.ttl()).unwrap(), Ttl::Missing);
    });
}

/// Only a write can leave a step half done.
#[test]
fn a_read_beside_an_error_is_no_partial_step() {
    let con = &mut server().connection().unwrap();
    let [a, b] = two_keys();
    Counter::<u8>::at(&*b).set(1).run(con).unwrap();
    let (list, set) = (List::<u8>::at(&*a), Set::<u8>::at(&*a));
    let (scores, map) = (SortedSet::<u8>::at(&*a), Map::<u8, u8>::at(&*a));
    let reads: Vec<BoxedOperation<'_, ()>> = vec![
        list.position(1).map(drop).boxed(),
        list.range(..).map(drop).boxed(),
        list.get(0).map(drop).boxed(),
        set.random().map(drop).boxed(),
        set.random_many(2).map(drop).boxed(),
        set.members().map(drop).boxed(),
        set.contains_each([1, 2]).map(drop).boxed(),
        set.union([&set]).map(drop).boxed(),
        set.intersection([&set]).map(drop).boxed(),
        set.difference([&set]).map(drop).boxed(),
        set.intersection_len([&set], 3).map(drop).boxed(),
        scores.count(SortedRange::scores(..)).map(drop).boxed(),
        scores.count(SortedRange::members(..)).map(drop).boxed(),
        scores.random().map(drop).boxed(),
        scores.range(SortedRange::ranks(..)).map(drop).boxed(),
        scores.union([&scores]).map(drop).boxed(),
        scores.scores([1]).map(drop).boxed(),
        map.get_all().map(drop).boxed(),
        map.keys().map(drop).boxed(),
        map.ttl().map(drop).boxed(),
    ];
    for read in reads {
        let error = atomic((&read, List::<u8>::at(&*b).len())).run(con).unwrap_err();
        assert!(error.is_wrong_type() && !error.is_partial(), "{read:?}: {error}");
    }
    let write = list.push_back(1);
    let error = atomic((write, List::<u8>::at(&*b).len())).run(con).unwrap_err();
    assert!(error.is_partial(), "{error}");
}

/// An open MULTI only queues a command: no item was removed.
#[test]
fn a_queued_pop_is_not_applied() {
    let con = &mut server().connection().unwrap();
    redis::cmd("MULTI").exec(con).unwrap();
    let error = List::<u8>::at(key("queued")).pop_front().run(con).unwrap_err();
    assert!(!error.is_applied() && error.to_string().contains("open MULTI"), "{error}");
}

#[test]
fn a_ttl_of_zero_is_an_error_and_nothing_is_sent() {
    let con = &mut Con::sync_to(Target::Server);
    let zero = || Duration::ZERO;
    let list = List::<u8>::at(key("zero")).with_ttl(zero());
    for error in [
        con.run(list.push_back(1)).unwrap_err(),
        con.run(list.push_back_capped(1, 2)).unwrap_err(),
        con.run(list.expire(zero())).unwrap_err(),
        con.run(List::at(key("from")).move_item(End::Front, &list, End::Back)).unwrap_err(),
        con.run(Counter::<u8>::at(key("zero")).with_ttl(zero()).incr(1)).unwrap_err(),
        con.run(Value::<u8>::at(key("zero")).with_ttl(zero()).set(1)).unwrap_err(),
        con.run(Value::<u8>::at(key("zero")).get_and_refresh(zero())).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidOperation, "{error}");
    }
}
