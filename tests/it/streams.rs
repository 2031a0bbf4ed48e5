//! Streams: entries, trims, consumer groups.

use std::time::Duration;

use redis_model::embedded::Server;
use redis_model::structures::stream::{AppendOptions, Encoded, GroupStart, Trim};
use redis_model::structures::{Command, Group, Stream, StreamEntry, StreamId};
use redis_model::{ErrorKind, Json, Operation, RedisFields, Result, Ttl, atomic};

use crate::support::{Con, everywhere, fresh, on_one_server, on_sync_connections};

const HOUR: Duration = Duration::from_secs(3600);

#[derive(Debug, Clone, PartialEq, RedisFields)]
struct Place {
    city: String,
    zip: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, RedisFields)]
#[redis(rename_all = "camelCase")]
struct Order {
    #[redis(alias = "client")]
    customer_id: u64,
    note: Option<String>,
    #[redis(codec = Json)]
    items: Vec<String>,
    #[redis(flatten)]
    from: Place,
    #[redis(flatten)]
    to: Option<Place>,
}

#[derive(Debug, Clone, PartialEq, RedisFields)]
struct Note {
    text: Option<String>,
    stars: Option<u8>,
}

type Numbers = Stream<u32, Encoded<Json>>;

fn order(customer_id: u64) -> Order {
    Order {
        customer_id,
        note: None,
        items: vec!["tea".into()],
        from: Place { city: "Oslo".into(), zip: None },
        to: Some(Place { city: "Rome".into(), zip: Some(184) }),
    }
}

fn key() -> String {
    format!("streams:{{{}}}", fresh())
}

fn numbers() -> Numbers {
    Stream::at(key())
}

fn id(millis: u64) -> StreamId {
    StreamId::from_millis(millis)
}

fn values<T>(entries: Vec<Result<StreamEntry<T>>>) -> Vec<T> {
    entries.into_iter().map(|entry| entry.unwrap().value).collect()
}

fn ids<T>(entries: &[Result<StreamEntry<T>>]) -> Vec<StreamId> {
    entries.iter().map(|entry| entry.as_ref().map(|entry| entry.id).unwrap()).collect()
}

/// Appends the numbers as entries with these ids.
fn fill(con: &mut Con, stream: &Numbers, numbers: impl IntoIterator<Item = u32>) {
    for number in numbers {
        con.run(stream.append_with_id(id(number.into()), number)).unwrap();
    }
}

fn sent<T>(command: &Command<T>) -> String {
    command.explain().unwrap().to_string()
}

#[test]
fn entries_are_read_as_they_were_appended() {
    everywhere(|con| {
        let orders = Stream::<Order>::at(key());
        let other = Order { note: Some("x".into()), to: None, items: Vec::new(), ..order(2) };
        let first = con.run(orders.append(order(1))).unwrap();
        let second = con.run(orders.append(&other)).unwrap();
        assert!(first < second);
        let all = con.run(orders.range(..).strict()).unwrap();
        let entry = |id, value| StreamEntry { id, value };
        assert_eq!(all, [entry(first, order(1)), entry(second, other.clone())]);
        assert_eq!(con.run(orders.get(second)).unwrap(), Some(other));
        assert_eq!(con.run(orders.get(StreamId::MAX)).unwrap(), None);
        assert_eq!(con.run(orders.len()).unwrap(), 2);
        assert_eq!(con.run(orders.info()).unwrap().last_id, second);
    });
}

#[test]
fn an_entry_has_the_fields_that_are_not_none() {
    let orders = Stream::<Order>::at("orders");
    let place = "from.city Oslo to.city Rome to.zip 184";
    assert_eq!(
        sent(&orders.append(order(1))),
        format!(r#"XADD orders * customerId 1 items "[\"tea\"]" {place}"#)
    );
    let json = Stream::<Vec<u32>, Encoded<Json>>::at("json");
    assert_eq!(sent(&json.append(vec![1, 2])), "XADD json * data [1,2]");
}

#[test]
fn an_entry_without_fields_has_a_marker() {
    everywhere(|con| {
        let notes = Stream::<Note>::at(key());
        let note = Note { text: None, stars: None };
        con.run(notes.append(&note)).unwrap();
        assert_eq!(values(con.run(notes.range(..)).unwrap()), [note]);
    });
}

#[test]
fn a_flattened_option_without_values_is_refused() {
    #[derive(Debug, RedisFields)]
    struct Outer {
        id: u32,
        #[redis(flatten)]
        note: Option<Note>,
    }
    let append = Stream::<Outer>::at("s")
        .append(Outer { id: 1, note: Some(Note { text: None, stars: None }) });
    let error = append.explain().unwrap_err();
    assert!(error.is_invalid_value(), "{error}");
    assert_eq!((error.model(), error.key()), (Some("Stream"), Some("s")));
}

#[test]
fn entries_of_other_programs_may_have_other_fields_in_any_order() {
    everywhere(|con| {
        let orders = Stream::<Order>::at(key());
        let words =
            ["XADD", orders.key(), "*", "from.city", "Bonn", "colour", "red", "items", "[]"];
        con.raw::<String>(&[&words[..], &["client", "1", "client", "5"]].concat());
        let found = values(con.run(orders.range(..)).unwrap());
        let from = Place { city: "Bonn".into(), zip: None };
        assert_eq!(found, [Order { from, to: None, items: Vec::new(), ..order(5) }]);
    });
}

#[test]
fn an_entry_that_cannot_be_decoded_does_not_hide_the_others() {
    everywhere(|con| {
        let orders = Stream::<Order>::at(key());
        for entry in
            ["1-0 customerId hunter2 items [] from.city Bonn", "2-0 customerId 7 from.city Bonn"]
        {
            let words = ["XADD", orders.key()].into_iter().chain(entry.split(' '));
            con.raw::<String>(&words.collect::<Vec<_>>());
        }
        con.run(orders.append_with_id(id(3), order(3))).unwrap();

        let read = con.run(orders.range(..)).unwrap();
        let errors: Vec<_> = read[..2].iter().map(|entry| entry.as_ref().unwrap_err()).collect();
        assert_eq!(errors[0].entry(), Some(id(1)));
        assert_eq!(errors[0].field(), Some("customerId"));
        let shown = format!(
            "Stream `{}`, entry 1-0, field `customerId`: not an integer of type u64",
            orders.key()
        );
        assert_eq!(errors[0].to_string(), shown);
        assert!(errors[1].is_missing_field());
        let shown =
            format!("Stream `{}`, entry 2-0, field `items`: missing in the entry", orders.key());
        assert_eq!(errors[1].to_string(), shown);
        assert_eq!(read[2].as_ref().unwrap().value, order(3));
        assert_eq!(con.run(orders.get(id(1))).unwrap_err().entry(), Some(id(1)));
    });
}

#[test]
fn an_entry_without_the_codecs_field_is_an_error() {
    everywhere(|con| {
        let stream = numbers();
        con.raw::<String>(&["XADD", stream.key(), "1-0", "payload", "5"]);
        con.raw::<String>(&["XADD", stream.key(), "2-0", "data", "{"]);
        let read = con.run(stream.range(..)).unwrap();
        let [Err(missing), Err(damaged)] = &read[..] else { panic!("{read:?}") };
        assert_eq!((missing.kind(), missing.field()), (ErrorKind::MissingField, Some("data")));
        assert_eq!((damaged.codec(), damaged.entry()), (Some("json"), Some(id(2))));
    });
}

#[test]
fn ranges_include_their_bounds_as_rust_does() {
    everywhere(|con| {
        let stream = numbers();
        fill(con, &stream, 1..=5);
        let mut read = |command| values(con.run(command).unwrap());
        assert_eq!(read(stream.range(id(2)..id(4))), [2, 3]);
        assert_eq!(read(stream.range(id(2)..=id(4))), [2, 3, 4]);
        assert_eq!(read(stream.range(..StreamId::MIN)), [0; 0]);
        assert_eq!(read(stream.range(id(4)..id(2))), [0; 0]);
        assert_eq!(read(stream.range_limited(id(2).., 2)), [2, 3]);
        assert_eq!(read(stream.range_limited(.., 0)), [0; 0]);
        assert_eq!(read(stream.reverse_range(..id(3))), [2, 1]);
        assert_eq!(read(stream.reverse_range_limited(.., 2)), [5, 4]);
        assert_eq!(read(stream.read_after(id(3), None)), [4, 5]);
        assert_eq!(read(stream.read_after(id(3), 1)), [4]);
        assert_eq!(read(stream.read_after(id(5), None)), [0; 0]);
    });
}

#[test]
fn several_streams_are_read_at_once() {
    everywhere(|con| {
        let base = key();
        let [a, b, c] = ["a", "b", "c"].map(|it| Numbers::at(format!("{base}:{it}")));
        fill(con, &a, 1..=3);
        con.raw::<String>(&["XADD", c.key(), "1-0", "wrong", "1"]);
        let others = [(&b, StreamId::MIN), (&c, StreamId::MIN)];
        let read = con.run(a.read_after_with(id(1), others, 1)).unwrap();
        let [(first, of_a), (second, of_c)] = &read[..] else { panic!("{read:?}") };
        assert_eq!((first, second), (a.key(), c.key()));
        assert_eq!(ids(of_a), [id(2)]);
        let error = of_c[0].as_ref().unwrap_err();
        assert_eq!((error.key(), error.entry()), (Some(c.key().as_str()), Some(id(1))));
    });
}

#[test]
fn a_count_of_zero_is_refused_where_redis_reads_all() {
    let group = numbers().group("g");
    let refused = [
        numbers().read_after(StreamId::MIN, 0).explain(),
        group.read_new("c", 0).explain(),
        group.read_pending("c", StreamId::MIN, 0).explain(),
        group.auto_claim("c", HOUR, None, 0).explain(),
    ];
    for error in refused.map(Result::unwrap_err) {
        assert_eq!(error.kind(), ErrorKind::InvalidOperation);
    }
}

#[test]
fn an_append_trims_in_the_same_step() {
    everywhere(|con| {
        let stream = numbers();
        fill(con, &stream, 1..=3);
        con.run(stream.append_trimmed(9, Trim::max_len(2))).unwrap();
        assert_eq!(values(con.run(stream.range(..)).unwrap()), [3, 9]);
        con.run(stream.append_trimmed(10, Trim::min_id(id(4)))).unwrap();
        assert_eq!(values(con.run(stream.range(..)).unwrap()), [9, 10]);
        assert_eq!(con.run(stream.trim(Trim::max_len(0))).unwrap(), 2);
        assert_eq!(con.run(stream.trim(Trim::max_len(5).limit(10))).unwrap(), 0);
        assert_eq!(con.run(stream.len()).unwrap(), 0);
    });
}

#[test]
fn options_of_an_append_stand_where_redis_reads_them() {
    let stream = Numbers::at("s");
    let options = AppendOptions::new().only_existing().id(id(7)).trim(Trim::max_len(9).limit(2));
    assert_eq!(
        sent(&stream.append_with(options, 5)),
        "XADD s NOMKSTREAM MAXLEN ~ 9 LIMIT 2 7-0 data 5"
    );
    assert_eq!(
        sent(&stream.append_trimmed(5, Trim::min_id(id(3)).approximate())),
        "XADD s MINID ~ 3-0 * data 5"
    );
    assert_eq!(sent(&stream.trim(Trim::min_id(id(3)))), "XTRIM s MINID 3-0");
    assert_eq!(sent(&stream.range(id(1)..id(2))), "XRANGE s 1-0 1-18446744073709551615");
    assert_eq!(sent(&stream.reverse_range_limited(.., 3)), "XREVRANGE s + - COUNT 3");
    assert_eq!(sent(&stream.read_after(id(1), 10)), "XREAD COUNT 10 STREAMS s 1-0");
    assert_eq!(sent(&stream.get(id(1))), "XRANGE s 1-0 1-0");
    assert_eq!(sent(&stream.remove_all([id(1), id(2)])), "XDEL s 1-0 2-0");
    assert_eq!(sent(&stream.remove_all([] as [StreamId; 0])), "XLEN s");
}

#[test]
fn an_append_to_an_existing_stream_alone_creates_none() {
    everywhere(|con| {
        let stream = numbers().with_ttl(HOUR);
        let options = AppendOptions::new().only_existing();
        assert_eq!(con.run(stream.append_with(options, 1)).unwrap(), None);
        assert!(!con.run(stream.exists()).unwrap());
        con.run(stream.append(1)).unwrap();
        assert!(con.run(stream.append_with(options.id(StreamId::MAX), 2)).unwrap().is_some());
    });
}

#[test]
fn an_id_that_is_not_greater_is_refused() {
    everywhere(|con| {
        let stream = numbers();
        fill(con, &stream, [5]);
        let error = con.run(stream.append_with_id(id(5), 6)).unwrap_err();
        assert_eq!((error.code(), error.key()), (Some("ERR"), Some(stream.key().as_str())));
        assert_eq!(values(con.run(stream.range(..)).unwrap()), [5]);
    });
}

#[test]
fn only_the_write_that_creates_a_stream_sets_its_ttl() {
    everywhere(|con| {
        let stream = numbers().with_ttl(HOUR);
        let error = con.run(stream.append_with_id(StreamId::MIN, 1)).unwrap_err();
        assert_eq!(error.code(), Some("ERR"), "{error}");
        assert_eq!(con.run(stream.ttl()).unwrap(), Ttl::Missing);

        con.run(stream.append_trimmed(1, Trim::max_len(10).approximate())).unwrap();
        assert!(matches!(con.run(stream.ttl()).unwrap(), Ttl::Expires(left) if left <= HOUR));
        assert!(con.run(stream.persist()).unwrap());
        con.run(stream.append(2)).unwrap();
        assert_eq!(con.run(stream.ttl()).unwrap(), Ttl::Persistent);
        assert_eq!(values(con.run(stream.range(..)).unwrap()), [1, 2]);

        let stream = numbers().with_ttl(HOUR);
        let group = stream.group("g");
        assert!(con.run(group.create(GroupStart::New)).unwrap());
        assert!(matches!(con.run(stream.ttl()).unwrap(), Ttl::Expires(_)));
        assert!(!con.run(group.create(GroupStart::New)).unwrap());
        assert!(con.run(stream.persist()).unwrap());
        assert!(con.run(stream.group("h").create(GroupStart::Beginning)).unwrap());
        assert_eq!(con.run(stream.ttl()).unwrap(), Ttl::Persistent);
    });
}

#[test]
fn other_types_are_refused_and_not_changed() {
    on_sync_connections(|con| {
        let stream = numbers();
        con.raw::<()>(&["RPUSH", stream.key(), "a"]);
        let lived = stream.clone().with_ttl(HOUR);
        let group = stream.group("g");
        let operations = vec![
            stream.append(1).map(drop).boxed(),
            lived.append(1).map(drop).boxed(),
            stream.trim(Trim::max_len(0)).map(drop).boxed(),
            stream.remove(id(1)).map(drop).boxed(),
            stream.remove_all([] as [StreamId; 0]).map(drop).boxed(),
            stream.len().map(drop).boxed(),
            stream.range(..).map(drop).boxed(),
            stream.read_after(StreamId::MIN, 1).map(drop).boxed(),
            stream.info().map(drop).boxed(),
            stream.delete().map(drop).boxed(),
            group.create(GroupStart::New).map(drop).boxed(),
            lived.group("g").create(GroupStart::New).map(drop).boxed(),
            group.read_new("c", 1).map(drop).boxed(),
            group.acknowledge(id(1)).map(drop).boxed(),
            group.claim("c", HOUR, [id(1)]).map(drop).boxed(),
            group.auto_claim("c", HOUR, None, 1).map(drop).boxed(),
            group.pending_summary().map(drop).boxed(),
        ];
        for operation in operations {
            let error = con.run(operation).unwrap_err();
            assert!(error.is_wrong_type(), "{error}");
            assert_eq!(error.key(), Some(stream.key().as_str()));
        }
        assert_eq!(con.raw::<Vec<String>>(&["LRANGE", stream.key(), "0", "-1"]), ["a"]);
        assert_eq!(con.raw::<i64>(&["PTTL", stream.key()]), -1);
    });
}

#[test]
fn entries_of_a_consumer_that_died_are_claimed_by_another() {
    everywhere(|con| {
        let stream = numbers();
        let group = stream.group("workers");
        assert!(con.run(group.create(GroupStart::Beginning)).unwrap());
        assert!(!con.run(group.create(GroupStart::New)).unwrap());
        fill(con, &stream, 1..=5);

        // The consumer `a` acknowledges one of three and dies.
        assert_eq!(values(con.run(group.read_new("a", 3)).unwrap()), [1, 2, 3]);
        assert!(con.run(group.acknowledge(id(2))).unwrap());
        assert!(!con.run(group.acknowledge(id(2))).unwrap());
        assert_eq!(values(con.run(group.read_new("b", None)).unwrap()), [4, 5]);
        assert_eq!(values(con.run(group.read_new("b", 10)).unwrap()), [0; 0]);

        let summary = con.run(group.pending_summary()).unwrap();
        assert_eq!((summary.count, summary.first, summary.last), (4, Some(id(1)), Some(id(5))));
        assert_eq!(summary.consumers, [("a".to_owned(), 2), ("b".to_owned(), 2)]);
        let pending = con.run(group.pending_of("a", .., 10)).unwrap();
        assert_eq!(pending.iter().map(|entry| entry.id).collect::<Vec<_>>(), [id(1), id(3)]);
        assert!(pending.iter().all(|entry| entry.consumer == "a" && entry.deliveries == 1));
        assert_eq!(con.run(group.pending(id(2)..id(5), 10)).unwrap().len(), 2);

        // An hour has not passed.
        assert_eq!(values(con.run(group.claim("b", HOUR, [id(1), id(3)])).unwrap()), [0; 0]);
        let claimed = con.run(group.auto_claim("b", HOUR, None, 10)).unwrap();
        assert!(claimed.entries.is_empty() && claimed.next.is_none());

        assert_eq!(values(con.run(group.claim("b", Duration::ZERO, [id(1)])).unwrap()), [1]);
        let mut claimed = con.run(group.auto_claim("b", Duration::ZERO, id(2), 1)).unwrap();
        assert_eq!(ids(&claimed.entries), [id(3)]);
        claimed = con.run(group.auto_claim("b", Duration::ZERO, claimed.next, 10)).unwrap();
        assert_eq!((values(claimed.entries), claimed.next), (vec![4, 5], None));

        let first = con.run(group.pending(..=id(1), 1)).unwrap();
        assert_eq!((first[0].deliveries, &*first[0].consumer), (2, "b"));
        assert_eq!(con.run(group.claim_ids("a", Duration::ZERO, [id(1)])).unwrap(), [id(1)]);
        assert_eq!(con.run(group.pending_of("a", .., 10)).unwrap()[0].deliveries, 2);
        let all = [id(1), id(2), id(3), id(4), id(5)];
        assert_eq!(con.run(group.acknowledge_all(all)).unwrap(), 4);
        assert_eq!(con.run(group.pending_summary()).unwrap().count, 0);
        assert_eq!(con.run(group.acknowledge_all([] as [StreamId; 0])).unwrap(), 0);
        assert!(con.run(group.claim("a", HOUR, [] as [StreamId; 0])).unwrap().is_empty());
    });
}

#[test]
fn a_restarted_consumer_reads_what_it_has_not_acknowledged() {
    everywhere(|con| {
        let stream = numbers();
        let group = stream.group("g");
        con.run(group.create(GroupStart::Beginning)).unwrap();
        fill(con, &stream, 1..=3);
        con.run(group.read_new("a", 10)).unwrap();
        con.run(group.acknowledge(id(1))).unwrap();
        con.run(stream.remove(id(2))).unwrap();
        let pending = con.run(group.read_pending("a", StreamId::MIN, 10)).unwrap();
        assert_eq!(ids(&pending), [id(2), id(3)]);
        assert_eq!(values(pending), [None, Some(3)]);
        assert_eq!(values(con.run(group.read_pending("a", id(2), 1)).unwrap()), [Some(3)]);
        assert!(con.run(group.read_pending("b", StreamId::MIN, None)).unwrap().is_empty());
    });
}

#[test]
fn removed_entries_are_left_out_of_claims() {
    everywhere(|con| {
        let stream = numbers();
        let group = stream.group("g");
        con.run(group.create(GroupStart::Beginning)).unwrap();
        fill(con, &stream, 1..=4);
        con.run(group.read_new("a", 10)).unwrap();
        con.run(stream.remove_all([id(1), id(3)])).unwrap();
        let claimed = con.run(group.claim("b", Duration::ZERO, [id(1), id(2)])).unwrap();
        assert_eq!(ids(&claimed), [id(2)]);
        let claimed = con.run(group.auto_claim("b", Duration::ZERO, None, 10)).unwrap();
        assert_eq!(ids(&claimed.entries), [id(2), id(4)]);
        assert_eq!(claimed.deleted, [id(3)]);
    });
}

#[test]
fn an_entry_that_cannot_be_decoded_is_acknowledged_by_the_id_of_its_error() {
    everywhere(|con| {
        let stream = numbers();
        let group = stream.group("g");
        con.run(group.create(GroupStart::Beginning)).unwrap();
        con.raw::<String>(&["XADD", stream.key(), "1-0", "data", "no"]);
        fill(con, &stream, [2]);
        let read = con.run(group.read_new("a", None)).unwrap();
        let error = read[0].as_ref().unwrap_err();
        assert_eq!(read[1].as_ref().unwrap().value, 2);
        assert!(con.run(group.acknowledge(error.entry().unwrap())).unwrap());
        assert_eq!(con.run(group.pending_summary()).unwrap().count, 1);
    });
}

#[test]
fn a_group_begins_where_it_is_told() {
    everywhere(|con| {
        let stream = numbers();
        fill(con, &stream, 1..=3);
        for (name, start, expected) in [
            ("all", GroupStart::Beginning, vec![1, 2, 3]),
            ("some", GroupStart::After(id(2)), vec![3]),
            ("new", GroupStart::New, vec![]),
        ] {
            let group = stream.group(name);
            con.run(group.create(start)).unwrap();
            assert_eq!(values(con.run(group.read_new("c", 10)).unwrap()), expected, "{name}");
        }
        let group = stream.group("new");
        con.run(group.set_id(GroupStart::After(id(1)))).unwrap();
        assert_eq!(values(con.run(group.read_new_no_ack("c", 10)).unwrap()), [2, 3]);
        assert_eq!(con.run(group.pending_summary()).unwrap(), Default::default());
    });
}

#[test]
fn groups_and_consumers_are_listed_and_deleted() {
    everywhere(|con| {
        let stream = numbers();
        let group = stream.group("g");
        con.run(group.create(GroupStart::Beginning)).unwrap();
        fill(con, &stream, 1..=3);
        con.run(group.read_new("a", 2)).unwrap();
        let info = con.run(stream.info()).unwrap();
        assert_eq!((info.len, info.groups, info.last_id), (3, 1, id(3)));
        let groups = con.run(stream.groups()).unwrap();
        let [found] = &groups[..] else { panic!("{groups:?}") };
        assert_eq!((&*found.name, found.consumers, found.pending), ("g", 1, 2));
        assert_eq!(found.last_delivered, id(2));
        let consumers = con.run(group.consumers()).unwrap();
        assert_eq!((&*consumers[0].name, consumers[0].pending), ("a", 2));
        assert!(consumers[0].idle < HOUR);

        assert_eq!(con.run(group.delete_consumer("a")).unwrap(), 2);
        assert!(con.run(group.consumers()).unwrap().is_empty());
        assert!(con.run(group.delete()).unwrap());
        assert!(!con.run(group.delete()).unwrap());
        let error = con.run(group.read_new("a", 1)).unwrap_err();
        assert_eq!(error.code(), Some("NOGROUP"), "{error}");
    });
}

#[test]
fn commands_of_groups_are_those_of_redis() {
    let stream = Numbers::at("s");
    let group: Group<_, _> = stream.group("g");
    for (command, expected) in [
        (group.create(GroupStart::New).explain(), "XGROUP CREATE s g $ MKSTREAM"),
        (group.delete().explain(), "XGROUP DESTROY s g"),
        (group.set_id(GroupStart::Beginning).explain(), "XGROUP SETID s g 0-0"),
        (group.delete_consumer("c").explain(), "XGROUP DELCONSUMER s g c"),
        (group.read_new("c", 9).explain(), "XREADGROUP GROUP g c COUNT 9 STREAMS s >"),
        (group.read_new_no_ack("c", None).explain(), "XREADGROUP GROUP g c NOACK STREAMS s >"),
        (group.read_pending("c", id(4), None).explain(), "XREADGROUP GROUP g c STREAMS s 4-0"),
        (group.acknowledge_all([id(1), id(2)]).explain(), "XACK s g 1-0 2-0"),
        (group.claim("c", Duration::from_micros(1500), [id(1)]).explain(), "XCLAIM s g c 2 1-0"),
        (group.claim_ids("c", HOUR, [id(1)]).explain(), "XCLAIM s g c 3600000 1-0 JUSTID"),
        (group.auto_claim("c", HOUR, None, 9).explain(), "XAUTOCLAIM s g c 3600000 0-0 COUNT 9"),
        (group.pending_summary().explain(), "XPENDING s g"),
        (group.pending(.., 9).explain(), "XPENDING s g - + 9"),
        (group.pending_of("c", id(1).., 9).explain(), "XPENDING s g 1-0 + 9 c"),
        (group.consumers().explain(), "XINFO CONSUMERS s g"),
        (stream.groups().explain(), "XINFO GROUPS s"),
        (stream.info().explain(), "XINFO STREAM s"),
    ] {
        let command = command.unwrap();
        assert_eq!(command.to_string(), expected);
        assert_eq!(command.commands()[0].key(), Some(&b"s"[..]), "{expected}");
    }
    let both = [("a", "b"), ("b", "a")].map(|(one, other)| {
        let read = Numbers::at(one).read_after_with(id(1), [(&Numbers::at(other), id(2))], None);
        read.explain().unwrap()
    });
    assert_eq!(both[0].to_string(), "XREAD STREAMS a b 1-0 2-0");
    assert_eq!(both[1].commands()[0].keys().collect::<Vec<_>>(), [b"b", b"a"]);
}

#[test]
fn a_group_that_exists_is_no_error_of_an_atomic_step() {
    // The sync cluster connection of redis-rs returns an error in a transaction and no replies.
    on_one_server(|con| {
        let stream = numbers();
        let group = stream.group("g");
        con.run(group.create(GroupStart::Beginning)).unwrap();
        let step = atomic((stream.append_with_id(id(1), 1), group.create(GroupStart::New)));
        assert_eq!(con.run(step).unwrap(), (id(1), false));
        assert_eq!(con.run(stream.len()).unwrap(), 1);
    });
}

#[test]
fn a_position_is_stored_as_a_value() {
    on_one_server(|con| {
        let position = redis_model::structures::Value::<StreamId>::at(key());
        con.run(position.set(StreamId::MAX)).unwrap();
        assert_eq!(con.run(position.get()).unwrap(), Some(StreamId::MAX));
    });
}

/// Runs the commands whose replies differ between servers.
fn replies_are_read_on(binary: &str) {
    let binary = std::env::var(binary).expect("names no server; see `.ci/run`");
    let server = Server::options().binary(binary).start().unwrap();
    for url in [server.url().to_owned(), server.url_resp3()] {
        let mut con = redis::Client::open(url).unwrap().get_connection().unwrap();
        let con = &mut con;
        let stream = numbers().with_ttl(HOUR);
        let group = stream.group("g");
        assert!(group.create(GroupStart::Beginning).run(con).unwrap());
        assert!(!group.create(GroupStart::Beginning).run(con).unwrap());
        for number in 1..=4 {
            stream.append_with_id(id(number), number as u32).run(con).unwrap();
        }
        assert_eq!(values(group.read_new("a", 10).run(con).unwrap()), [1, 2, 3, 4]);
        stream.remove_all([id(1), id(3)]).run(con).unwrap();
        let pending = group.read_pending("a", StreamId::MIN, None).run(con).unwrap();
        assert_eq!(values(pending), [None, Some(2), None, Some(4)]);
        assert_eq!(group.pending_summary().run(con).unwrap().count, 4);
        let claimed = group.claim("b", Duration::ZERO, [id(1), id(2)]).run(con).unwrap();
        assert_eq!(values(claimed), [2]);
        let claimed = group.auto_claim("b", Duration::ZERO, None, 10).run(con).unwrap();
        assert_eq!((values(claimed.entries), claimed.deleted), (vec![2, 4], vec![id(3)]));
        assert_eq!(group.pending(.., 10).run(con).unwrap().len(), 2);
        assert_eq!(stream.info().run(con).unwrap().entries_added, Some(4));
        assert_eq!(stream.groups().run(con).unwrap()[0].pending, 2);
        let consumers = group.consumers().run(con).unwrap();
        assert!(consumers.iter().all(|consumer| consumer.inactive.is_some()), "{consumers:?}");
        assert!(stream.ttl().run(con).unwrap().remaining().is_some());
    }
}

#[test]
#[ignore = "needs REDIS_8: `.ci/run` gets one and runs this"]
fn redis_8_returns_replies_that_are_read() {
    replies_are_read_on("REDIS_8");
}

#[test]
#[ignore = "needs VALKEY_9: `.ci/run` gets one and runs this"]
fn valkey_9_returns_replies_that_are_read() {
    replies_are_read_on("VALKEY_9");
}
