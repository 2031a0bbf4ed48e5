//! redis-py reads what the structures wrote, and the structures read what redis-py wrote.

use std::thread;

use redis_model::structures::{
    Counter, Event, List, Map, Set, SortedRange, SortedSet, Stream, Topic, Value,
};
use redis_model::{Json, Operation, RedisFields, embedded::Server};

use crate::python::python;

const TEXT: &str = "Zoë 🦊 \"quoted\"\n";

#[derive(Debug, PartialEq, RedisFields)]
struct Reading {
    sensor: u32,
    note: Option<String>,
}

/// Checks that two structures hold the same, one written by each program.
macro_rules! same {
    ($con:expr, $name:literal, $at:expr, $read:expr) => {{
        let (at, read) = ($at, $read);
        let [ours, theirs] = ["ours", "theirs"].map(|from| read(at(format!("{from}:{}", $name))));
        assert_eq!(ours.run($con).unwrap(), theirs.run($con).unwrap(), $name);
    }};
}

#[test]
#[ignore = "needs python3 with redis: `.ci/run` has it and runs this"]
fn redis_py_reads_structures_and_structures_read_redis_py() {
    let server = Server::start().unwrap();
    let con = &mut server.connection().unwrap();
    let at = |name: &str| format!("ours:{name}");

    Value::<String>::at(at("text")).set(TEXT).run(con).unwrap();
    Value::<Vec<u8>>::at(at("bytes")).set((0..=255).collect::<Vec<u8>>()).run(con).unwrap();
    Value::<(u64, String), Json>::at(at("json")).set((7, TEXT.to_owned())).run(con).unwrap();
    Value::<bool>::at(at("bool")).set(true).run(con).unwrap();
    Counter::<i64>::at(at("counter")).incr(-41).run(con).unwrap();
    Counter::<u64>::at(at("large")).incr(u64::MAX).run(con).unwrap();
    Counter::<f64>::at(at("float")).incr(2.25).run(con).unwrap();
    List::<String>::at(at("list")).push_back_all(["a", "", TEXT]).run(con).unwrap();
    List::<f64>::at(at("floats")).push_back_all([0.1, -1e300]).run(con).unwrap();
    Set::<u64>::at(at("set")).add_all([1, 2, u64::MAX]).run(con).unwrap();
    let scores = [("low", f64::NEG_INFINITY), ("a", 0.1), (TEXT, 9e15)];
    SortedSet::<String>::at(at("scores")).add_all(scores).run(con).unwrap();
    Map::<String, i64>::at(at("map")).set_all([("a", 1), (TEXT, -2)]).run(con).unwrap();

    let readings = [(7, Some(TEXT.to_owned())), (8, None)];
    for (sensor, note) in readings {
        Stream::<Reading>::at(at("log")).append(Reading { sensor, note }).run(con).unwrap();
    }

    let url = url_for_python(&server);
    python(&["redis_py_reads", &url]);
    python(&["redis_py_writes", &url]);

    same!(con, "text", Value::<String>::at, |it: Value<_>| it.get());
    same!(con, "bytes", Value::<Vec<u8>>::at, |it: Value<_>| it.get());
    same!(con, "json", Value::<(u64, String), Json>::at, |it: Value<_, _>| it.get());
    same!(con, "bool", Value::<bool>::at, |it: Value<_>| it.get());
    same!(con, "counter", Counter::<i64>::at, |it: Counter<_>| it.get());
    same!(con, "large", Counter::<u64>::at, |it: Counter<_>| it.get());
    same!(con, "float", Counter::<f64>::at, |it: Counter<_>| it.get());
    same!(con, "list", List::<String>::at, |it: List<_>| it.range(..).strict());
    same!(con, "floats", List::<f64>::at, |it: List<_>| it.range(..).strict());
    let sorted = |it: Set<u64>| {
        it.members().strict().map(|mut members| {
            members.sort();
            members
        })
    };
    same!(con, "set", Set::<u64>::at, sorted);
    let all = || SortedRange::ranks(..);
    let read = |it: SortedSet<_>| it.range_with_scores(all()).strict();
    same!(con, "scores", SortedSet::<String>::at, read);
    same!(con, "map", Map::<String, i64>::at, |it: Map<_, _>| it.get_each(["a", TEXT]).strict());
    let entries = |it: Stream<Reading>| {
        it.range(..)
            .strict()
            .map(|entries| entries.into_iter().map(|entry| entry.value).collect::<Vec<_>>())
    };
    same!(con, "log", Stream::<Reading>::at, entries);
    assert_eq!(Counter::<i64>::at("theirs:counter").incr(1).run(con).unwrap(), -40);
    assert_eq!(Counter::<f64>::at("theirs:float").incr(0.25).run(con).unwrap(), 2.5);
    assert_eq!(Map::<String, i64>::at("theirs:map").incr(TEXT, 5).run(con).unwrap(), 3);
}

/// Returns the server's address: redis-py has another scheme for sockets.
fn url_for_python(server: &Server) -> String {
    server.url().replace("redis+unix://", "unix://")
}

#[test]
#[ignore = "needs python3 with redis: `.ci/run` has it and runs this"]
fn redis_py_receives_messages_and_sends_them() {
    let server = Server::start().unwrap();
    let url = url_for_python(&server);
    let theirs = Topic::<String>::at("theirs:topic").subscription();
    let mut subscriber = theirs.subscribe(&server.client().unwrap()).unwrap();
    python(&["redis_py_publishes", &url]);
    let event = subscriber.next().unwrap().unwrap();
    assert!(matches!(event, Event::Message { value, .. } if value == TEXT));

    let listener = thread::spawn(move || python(&["redis_py_listens", &url]));
    let con = &mut server.connection().unwrap();
    let ours = Topic::<String>::at("ours:topic");
    while ours.publish(TEXT).run(con).unwrap() == 0 {
        assert!(!listener.is_finished(), "redis-py ended before the message");
        thread::yield_now();
    }
    listener.join().unwrap();
}
