//! Every operation of the structures.

use redis_model::op::BoxedOperation;
use redis_model::structures::stream::{Encoded, GroupStart, Trim};
use redis_model::structures::{
    AddOptions, Aggregate, Counter, End, Group, List, Map, Set, SortedRange, SortedSet, Stream,
    StreamId, Topic, Value,
};
use redis_model::{Json, RedisKeys};

use crate::operations::{HOUR, operations, unit};

fn value(key: &str) -> Value<String> {
    Value::at(key)
}

fn cached(key: &str) -> Value<Vec<u8>, Json> {
    Value::at(key).with_ttl(HOUR)
}

fn counter<N>(key: &str) -> Counter<N> {
    Counter::at(key)
}

fn list(key: &str) -> List<String> {
    List::at(key)
}

fn set(key: &str) -> Set<u64> {
    Set::at(key)
}

fn scores(key: &str) -> SortedSet<String> {
    SortedSet::at(key)
}

fn map(key: &str) -> Map<String, u32> {
    Map::at(key)
}

fn log(key: &str) -> Stream<u32, Encoded<Json>> {
    Stream::at(key)
}

fn workers(key: &str) -> Group<u32, Encoded<Json>> {
    log(key).group("workers")
}

const ID: StreamId = StreamId::MIN;

#[derive(Debug, RedisKeys)]
#[redis(key = "user:{id}", ttl = "1h")]
struct UserKeys {
    follows: Set<u64>,
    visits: Counter<u32>,
}

fn nothing<T>() -> [T; 0] {
    []
}

operations! {
    value("v").get();
    value("v").get_and_refresh(HOUR);
    value("v").get_and_delete();
    value("v").set("x");
    value("v").set_with_ttl("x", HOUR);
    value("v").set_if_absent("x");
    value("v").set_if_present("x");
    value("v").get_and_set("x");
    value("v").compare_and_set("x", "y");
    value("v").compare_and_delete("x");
    value("v").delete();
    value("v").exists();
    value("v").expire(HOUR);
    value("v").persist();
    value("v").ttl();
    cached("v").get();
    cached("v").set(vec![1]);
    cached("v").set_if_absent(vec![1]);
    cached("v").set_if_present(vec![1]);
    cached("v").get_and_set(vec![1]);
    cached("v").compare_and_set(vec![1], vec![2]);
    cached("v").compare_and_delete(vec![1]);
    counter::<i64>("c").get();
    counter::<i64>("c").incr(5);
    counter::<i64>("c").decr(5);
    counter::<i64>("c").decr(i64::MIN);
    counter::<i64>("c").with_ttl(HOUR).incr(5);
    counter::<u128>("c").incr(u128::MAX);
    counter::<f64>("c").incr(0.25);
    counter::<f64>("c").with_ttl(HOUR).decr(0.25);
    counter::<u8>("c").set(5);
    counter::<u8>("c").with_ttl(HOUR).set(5);
    counter::<u8>("c").get_and_set(5);
    counter::<u8>("c").get_and_delete();
    list("l").push_front("x");
    list("l").push_back("x");
    list("l").with_ttl(HOUR).push_back("x");
    list("l").push_front_all(["x", "y"]);
    list("l").push_back_all(["x", "y"]);
    list("l").push_back_all(nothing::<&str>());
    list("l").with_ttl(HOUR).push_front_all(["x", "y"]);
    list("l").push_front_if_exists("x");
    list("l").push_back_if_exists("x");
    list("l").push_front_capped("x", 9);
    list("l").with_ttl(HOUR).push_back_capped("x", 9);
    list("l").pop_front();
    list("l").pop_back();
    list("l").pop_front_many(3);
    list("l").pop_back_many(usize::MAX);
    list("l").range(..);
    list("l").range(-3..);
    list("l").range(..0);
    list("l").range(1..=2).strict();
    list("l").get(-1);
    list("l").len();
    list("l").position("x");
    list("l").set(0, "x");
    list("l").remove("x");
    list("l").remove_from(End::Front, "x", 2);
    list("l").remove_from(End::Back, "x", 2);
    list("l").remove_from(End::Back, "x", 0);
    list("l").insert_before("x", "y");
    list("l").insert_after("x", "y");
    list("l").trim(..100);
    list("l").trim(..0);
    list("l").move_item(End::Front, &list("m"), End::Back);
    list("l").move_item(End::Front, &list("m").with_ttl(HOUR), End::Back);
    list("l").delete();
    list("l").delete().without_script();
    list("l").expire(HOUR).without_script();
    list("l").ttl().without_script();
    value("v").set("x").without_script();
    map("h").field_ttl("a").without_script();
    set("s").add(1);
    set("s").with_ttl(HOUR).add(1);
    set("s").add_all([1, 2]);
    set("s").with_ttl(HOUR).add_all([1, 2]);
    set("s").add_all(nothing::<u64>());
    set("s").remove(1);
    set("s").remove_all([1, 2]);
    set("s").remove_all(nothing::<u64>());
    set("s").contains(1);
    set("s").contains_each([1, 2]);
    set("s").contains_each(nothing::<u64>());
    set("s").members();
    set("s").len();
    set("s").random();
    set("s").random_many(3);
    set("s").pop();
    set("s").pop_many(3);
    set("s").move_to(&set("t"), 1);
    set("s").move_to(&set("t").with_ttl(HOUR), 1);
    set("s").union([&set("t")]);
    set("s").intersection([&set("t"), &set("u")]);
    set("s").difference([]);
    set("s").intersection_len([&set("t")], None);
    set("s").intersection_len([&set("t")], 5);
    set("s").intersection_len([&set("t")], 0);
    set("s").store_union([&set("t"), &set("u")]);
    set("s").store_intersection([&set("t"), &set("u")]);
    set("s").with_ttl(HOUR).store_difference([&set("t"), &set("u")]);
    scores("z").add("x", 1.5);
    scores("z").with_ttl(HOUR).add("x", f64::INFINITY);
    scores("z").add_all([("x", 1.0), ("y", -0.5)]);
    scores("z").add_all(nothing::<(&str, f64)>());
    scores("z").add_with(AddOptions::new().only_new(), [("x", 1.0)]);
    scores("z").with_ttl(HOUR).add_with(AddOptions::new().only_existing().only_greater(), [("x", 1.0)]);
    scores("z").incr("x", 2.0);
    scores("z").with_ttl(HOUR).incr("x", 2.0);
    scores("z").incr_with(AddOptions::new().only_less(), "x", 2.0);
    scores("z").remove("x");
    scores("z").remove_all(["x", "y"]);
    scores("z").remove_all(nothing::<&str>());
    scores("z").score("x");
    scores("z").scores(["x", "y"]);
    scores("z").scores(nothing::<&str>());
    scores("z").rank("x");
    scores("z").reverse_rank("x");
    scores("z").len();
    scores("z").range(SortedRange::ranks(..10));
    scores("z").range(SortedRange::ranks(..10).reversed());
    scores("z").range(SortedRange::scores(1.0..2.0));
    scores("z").range(SortedRange::scores(..=2.0).reversed().limit(5, 10));
    scores("z").range(SortedRange::members("a".."c"));
    scores("z").range(SortedRange::members("a"..).reversed().limit(0, 1));
    scores("z").range_with_scores(SortedRange::ranks(..));
    scores("z").range_with_scores(SortedRange::scores(..).limit(5, 10));
    scores("z").store_range(&scores("y"), SortedRange::scores(1.0..));
    scores("z").count(SortedRange::scores(1.0..));
    scores("z").count(SortedRange::members(..="b"));
    scores("z").remove_range(SortedRange::ranks(10..));
    scores("z").remove_range(SortedRange::scores(..1.0));
    scores("z").remove_range(SortedRange::members(.."b"));
    scores("z").pop_min();
    scores("z").pop_max();
    scores("z").pop_min_many(3);
    scores("z").pop_max_many(3);
    scores("z").random();
    scores("z").random_many(3);
    scores("z").random_many(usize::MAX);
    scores("z").union([&scores("y")]);
    scores("z").union_with(2.0, [(&scores("y"), 0.5)], Aggregate::Max);
    scores("z").intersection([&scores("y")]);
    scores("z").intersection_with(2.0, [(&scores("y"), 0.5)], Aggregate::Min);
    scores("z").difference([&scores("y")]);
    scores("z").intersection_len([&scores("y")], None);
    scores("z").intersection_len([&scores("y")], 5);
    scores("z").store_union([&scores("y"), &scores("x")]);
    scores("z").store_union_with([(&scores("y"), 2.0)], Aggregate::Sum);
    scores("z").with_ttl(HOUR).store_intersection([&scores("y"), &scores("x")]);
    scores("z").store_intersection_with([(&scores("y"), 2.0)], Aggregate::Max);
    scores("z").store_difference([&scores("y"), &scores("x")]);
    map("h").get("a");
    map("h").get_each(["a", "b"]);
    map("h").get_each(nothing::<&str>());
    map("h").get_all();
    map("h").set("a", 1);
    map("h").with_ttl(HOUR).set("a", 1);
    map("h").set_all([("a", 1), ("b", 2)]);
    map("h").with_ttl(HOUR).set_all([("a", 1), ("b", 2)]);
    map("h").set_all(nothing::<(&str, u32)>());
    map("h").set_if_absent("a", 1);
    map("h").with_ttl(HOUR).set_if_absent("a", 1);
    map("h").remove("a");
    map("h").remove_all(["a", "b"]);
    map("h").remove_all(nothing::<&str>());
    map("h").contains("a");
    map("h").keys();
    map("h").values();
    map("h").len();
    map("h").set_with_ttl("a", 1, HOUR);
    map("h").with_ttl(HOUR).set_with_ttl("a", 1, HOUR);
    map("h").expire_field("a", HOUR);
    map("h").persist_field("a");
    map("h").field_ttl("a");
    map("h").incr("a", 5);
    map("h").with_ttl(HOUR).incr("a", -5);
    log("x").append(7);
    log("x").with_ttl(HOUR).append(7);
    log("x").append_with_id(ID.next().unwrap(), 7);
    log("x").append_trimmed(7, Trim::max_len(1000).approximate());
    log("x").trim(Trim::max_len(1000));
    log("x").remove(ID);
    log("x").remove_all([ID, ID]);
    log("x").len();
    log("x").get(ID);
    log("x").range(..);
    log("x").range_limited(ID.., 10);
    log("x").reverse_range(..);
    log("x").reverse_range_limited(..ID, 10);
    log("x").read_after(ID, 10);
    log("x").read_after_with(ID, [(&log("y"), ID)], 10);
    log("x").info();
    log("x").groups();
    log("x").delete();
    workers("x").create(GroupStart::New);
    workers("x").delete();
    workers("x").set_id(GroupStart::Beginning);
    workers("x").delete_consumer("ada");
    workers("x").consumers();
    workers("x").read_new("ada", 10);
    workers("x").read_new_no_ack("ada", None);
    workers("x").read_pending("ada", ID, 10);
    workers("x").acknowledge(ID);
    workers("x").acknowledge_all([ID, ID]);
    workers("x").claim("ada", HOUR, [ID]);
    workers("x").claim_ids("ada", HOUR, [ID]);
    workers("x").auto_claim("ada", HOUR, None, 10);
    workers("x").pending_summary();
    workers("x").pending(.., 10);
    workers("x").pending_of("ada", .., 10);
    Topic::<String>::at("news").publish("x");
    Topic::<String>::at("news").publish_sharded("x");
    UserKeys::of(7).delete_all();
    UserKeys::of(7).expire_all(HOUR);
    UserKeys::of(7).persist_all();
    UserKeys::of(7).count_existing();
    UserKeys::of(7).follows.add(8);
    (value("v").set("x"), (list("l").len(), set("s").add(1)));
    redis_model::batch([list("l").len(), list("m").len()]);
    redis_model::atomic((counter::<i64>("c").incr(1), list("c").len()));
}
