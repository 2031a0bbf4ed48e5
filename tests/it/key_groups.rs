//! Groups of keys: their keys and TTLs, and operations on all keys of a group.

use std::time::Duration;

use redis_model::structures::{Counter, List, Map, Set, SortedSet, Value};
use redis_model::{ErrorKind, Json, Operation, RedisKeys, RedisModel, Ttl, atomic};

use crate::support::{Con, Target, everywhere, fresh, on_one_server, server};

#[derive(Debug, Clone, RedisKeys)]
#[redis(key = "group:{id}")]
struct UserKeys {
    followers: Set<u64>,
    timeline: List<u64>,
    #[redis(ttl = "1h")]
    drafts: List<Vec<u8>, Json>,
    #[redis(key = "group:score:{id}")]
    score: Counter<u32>,
}

/// All keys are in one slot.
#[derive(Debug, RedisKeys)]
#[redis(key = "{{group:{id}}}", id = u64, ttl = "1d")]
struct TaggedKeys {
    names: SortedSet<String>,
    #[redis(ttl = "1m")]
    token: Value<String>,
    options: Map<String, bool>,
}

/// A model whose keys are the beginning of the group's.
#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "{{group:{id}}}")]
struct Tagged {
    id: u64,
    name: String,
}

#[derive(Debug, RedisKeys)]
#[redis(key = "group:{tenant}:{id}", rename_all = "camelCase")]
struct MemberKeys {
    sent_mail: List<String>,
    #[redis(rename = "in")]
    received_mail: List<String>,
    #[redis(key = "group:{id}:of:{tenant}")]
    logins: Counter<u64>,
    r#type: Value<u8>,
}

#[derive(Debug, RedisKeys)]
#[redis(key = "file-{path:raw}")]
struct FileKeys {
    readers: Set<u64>,
}

#[derive(Debug, RedisKeys)]
#[redis(key = "group:all")]
struct GlobalKeys {
    users: Set<u64>,
}

#[derive(Debug, RedisKeys)]
#[redis(key = "group:typed:{tenant}:{id}", id = (String, u64))]
struct TypedKeys {
    users: Set<u64>,
}

#[derive(Debug, RedisKeys)]
#[redis(key = "group:generic:{id}", id = <Tagged as RedisModel>::Id)]
struct GenericKeys<T, S> {
    items: List<T, Json>,
    any: S,
}

#[test]
fn a_key_is_the_groups_key_and_the_fields_name() {
    let keys = UserKeys::of(7);
    assert_eq!(keys.followers.key(), "group:7:followers");
    assert_eq!(keys.score.key(), "group:score:7");
    let all = ["group:7:followers", "group:7:timeline", "group:7:drafts", "group:score:7"];
    assert_eq!(keys.redis_keys(), all);

    let keys = MemberKeys::of(("acme", 7));
    let all = ["group:acme:7:sentMail", "group:acme:7:in", "group:7:of:acme", "group:acme:7:type"];
    assert_eq!(keys.redis_keys(), all);
    assert_eq!(GlobalKeys::of(()).users.key(), "group:all:users");
    let keys = GenericKeys::<String, Set<u8>>::of(7);
    assert_eq!(keys.items.key(), "group:generic:7:items");
    assert_eq!(keys.any.key(), "group:generic:7:any");
}

#[test]
fn an_id_is_escaped_as_that_of_a_model() {
    let keys = MemberKeys::of(("a:{b}%", String::from("ü:1")));
    assert_eq!(keys.sent_mail.key(), "group:a%3A%7Bb%7D%25:ü%3A1:sentMail");
    assert_eq!(keys.logins.key(), "group:ü%3A1:of:a%3A%7Bb%7D%25");
    assert_eq!(FileKeys::of("a:b/{c}").readers.key(), "file-a:b/{c}:readers");
    let (key, keys) = (Tagged::key(7), TaggedKeys::of(7));
    assert_eq!(keys.names.key().as_str(), format!("{key}:names"));
}

#[test]
fn a_typed_id_takes_what_a_model_takes() {
    let (tenant, id) = (String::from("acme"), 7);
    let all = ["group:typed:acme:7:users"];
    assert_eq!(TypedKeys::of(("acme", 7)).redis_keys(), all);
    assert_eq!(TypedKeys::of((&tenant, &id)).redis_keys(), all);
    assert_eq!(TypedKeys::of(&(tenant.clone(), id)).redis_keys(), all);
    assert_eq!(UserKeys::of(&tenant).followers.key(), "group:acme:followers");
}

#[test]
fn the_ttl_is_set_by_the_write_that_creates_the_key() {
    let within = |ttl: Ttl, seconds: u64| {
        let Ttl::Expires(left) = ttl else { panic!("{ttl:?}") };
        assert!(left > Duration::from_secs(seconds / 2) && left <= Duration::from_secs(seconds));
    };
    everywhere(|con| {
        let keys = UserKeys::of(fresh());
        con.run(keys.drafts.push_back(vec![1])).unwrap();
        con.run(keys.timeline.push_back(1)).unwrap();
        within(con.run(keys.drafts.ttl()).unwrap(), 3600);
        assert_eq!(con.run(keys.timeline.ttl()).unwrap(), Ttl::Persistent);
        assert!(con.run(keys.drafts.persist()).unwrap());
        con.run(keys.drafts.push_back(vec![2])).unwrap();
        assert_eq!(con.run(keys.drafts.ttl()).unwrap(), Ttl::Persistent);

        let keys = TaggedKeys::of(fresh());
        con.run((keys.names.incr("a", 1.0), keys.token.set("t"), keys.options.set("dark", true)))
            .unwrap();
        within(con.run(keys.names.ttl()).unwrap(), 86_400);
        within(con.run(keys.token.ttl()).unwrap(), 60);
        within(con.run(keys.options.ttl()).unwrap(), 86_400);
    });
}

#[test]
fn the_operations_of_a_group_return_numbers_of_keys() {
    everywhere(|con| {
        let keys = TaggedKeys::of(fresh());
        assert_eq!(con.run(keys.count_existing()).unwrap(), 0);
        assert_eq!(con.run(keys.expire_all(Duration::from_secs(9))).unwrap(), 0);
        con.run((keys.names.incr("a", 1.0), keys.token.set("t"))).unwrap();
        assert_eq!(con.run(keys.count_existing()).unwrap(), 2);
        assert_eq!(con.run(keys.persist_all()).unwrap(), 2);
        assert_eq!(con.run(keys.persist_all()).unwrap(), 0);
        assert_eq!(con.run(keys.expire_all(Duration::from_micros(8_999_001))).unwrap(), 2);
        let left: i64 = con.raw(&["PTTL", keys.names.key()]);
        assert!(left > 0 && left <= 9000, "{left}");
        assert_eq!(con.run(keys.delete_all()).unwrap(), 2);
        assert_eq!(con.run(keys.count_existing()).unwrap(), 0);
        assert_eq!(con.run(keys.names.len()).unwrap(), 0);
    });
}

#[test]
fn one_key_of_another_type_and_nothing_is_changed() {
    everywhere(|con| {
        let keys = TaggedKeys::of(fresh());
        con.run(keys.names.incr("a", 1.0)).unwrap();
        con.raw::<()>(&["RPUSH", keys.options.key(), "somebody's"]);
        let before: i64 = con.raw(&["PTTL", keys.names.key()]);
        let operations = [
            keys.delete_all(),
            keys.expire_all(Duration::from_secs(1)),
            keys.persist_all(),
            keys.count_existing(),
        ];
        for operation in operations {
            let error = con.run(&operation).unwrap_err();
            assert!(error.is_wrong_type(), "{error}");
            assert_eq!(error.model(), Some("TaggedKeys"));
            assert_eq!(error.key(), Some(keys.options.key().as_str()));
        }
        let after: i64 = con.raw(&["PTTL", keys.names.key()]);
        assert!(after > 80_000_000 && after <= before, "{after}");
        assert_eq!(con.raw::<i64>(&["LLEN", keys.options.key()]), 1);
    });
}

#[test]
fn a_ttl_of_zero_is_refused_before_anything_is_sent() {
    let error = UserKeys::of(7).expire_all(Duration::ZERO).explain().unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::InvalidOperation, Some("UserKeys")));
}

#[test]
fn a_group_and_a_model_of_the_same_prefix_are_one_step() {
    everywhere(|con| {
        let id = fresh();
        let (keys, user) = (TaggedKeys::of(id), Tagged { id, name: "Ada".into() });
        let steps = (user.save(), keys.names.incr("a", 1.0), keys.token.set("t"));
        con.run(atomic(steps)).unwrap();
        assert_eq!(con.run(Tagged::get(id)).unwrap(), Some(user));
        assert_eq!(con.run(atomic((Tagged::delete(id), keys.delete_all()))).unwrap(), (true, 2));
        assert_eq!(con.run((Tagged::exists(id), keys.count_existing())).unwrap(), (false, 0));
    });
}

#[test]
fn a_failed_group_reports_that_the_rest_of_its_step_was_applied() {
    on_one_server(|con| {
        let id = fresh();
        let (keys, user) = (TaggedKeys::of(id), Tagged { id, name: "Ada".into() });
        con.run((user.save(), keys.names.incr("a", 1.0))).unwrap();
        con.raw::<()>(&["RPUSH", keys.token.key(), "somebody's"]);
        let error = con.run(atomic((Tagged::delete(id), keys.delete_all()))).unwrap_err();
        assert!(error.is_wrong_type() && error.is_partial(), "{error}");
        assert_eq!(error.key(), Some(keys.token.key().as_str()));
        assert_eq!(con.run((Tagged::exists(id), keys.names.len())).unwrap(), (false, 1));
    });
}

#[test]
fn a_scan_of_the_model_leaves_the_keys_of_the_group() {
    let mut con = Con::sync();
    let id = fresh();
    let (keys, user) = (TaggedKeys::of(id), Tagged { id, name: "Ada".into() });
    con.run((user.save(), keys.names.incr("a", 1.0))).unwrap();
    let mut scanned = server().connection().unwrap();
    let found: Vec<_> = Tagged::scan_ids().iter(&mut scanned).map(Result::unwrap).collect();
    assert!(found.contains(&id));
    assert_eq!(con.run(keys.count_existing()).unwrap(), 1);
}

#[test]
fn on_a_cluster_a_group_without_a_hash_tag_is_refused() {
    let mut con = Con::sync_to(Target::Cluster);
    let keys = UserKeys::of(fresh());
    con.run(keys.followers.add(1)).unwrap();
    for operation in [keys.delete_all(), keys.count_existing()] {
        let error = con.run(operation).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CrossSlot, "{error}");
    }
    assert!(con.run(keys.followers.exists()).unwrap());
}

#[test]
fn many_groups_are_deleted_in_one_round_trip() {
    everywhere(|con| {
        let groups = [fresh(), fresh(), fresh()].map(TaggedKeys::of);
        for keys in &groups {
            con.run(keys.token.set("t")).unwrap();
        }
        let deleted = con.run(groups.each_ref().map(RedisKeys::delete_all)).unwrap();
        assert_eq!(deleted, [1, 1, 1]);
    });
}
