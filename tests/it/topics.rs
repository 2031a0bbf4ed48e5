//! Topics and subscriptions, sync and async, RESP2 and RESP3.

mod faults;
mod sharded;
mod support;

use std::thread;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use redis::Client;
use redis_model::structures::{AsyncSubscriber, Counter, Event, Subscription, Topic};
use redis_model::{ErrorKind, Json, Operation, atomic, batch};

use self::support::{Kind, PATIENCE, message, num_pat, num_sub, on_each_kind, until};
use crate::support::{Con, Target, everywhere, fresh, on_one_server, runtime, server};

fn name(name: &str) -> String {
    format!("topics:{name}:{}", fresh())
}

#[test]
fn messages_arrive_in_order_with_their_channel() {
    on_each_kind(|kind| {
        let [one, other] = ["one", "other"].map(name);
        let mut subscriber = kind.open(&Subscription::<u64>::to([&*one, &*other]));
        let mut con = Con::sync();
        for number in 0..100 {
            let channel = if number % 2 == 0 { &one } else { &other };
            let topic = Topic::<u64>::at(&**channel);
            assert_eq!(con.run(topic.publish(number)).unwrap(), 1);
            let event = Event::Message { channel: channel.clone(), pattern: None, value: number };
            assert_eq!(subscriber.event().unwrap(), event);
        }
    });
}

#[test]
fn a_channel_that_matches_a_pattern_too_has_an_event_for_each() {
    on_each_kind(|kind| {
        let channel = name("both");
        let pattern = format!("{channel}*");
        let subscription = Subscription::<String>::to([&*channel]).patterns([&*pattern]);
        let mut subscriber = kind.open(&subscription);
        let mut con = Con::sync();
        assert_eq!(con.run(Topic::<String>::at(&*channel).publish("hello")).unwrap(), 2);
        let expected = |pattern| {
            let (channel, value) = (channel.clone(), "hello".to_owned());
            Event::Message { channel, pattern, value }
        };
        assert_eq!(subscriber.event().unwrap(), expected(None));
        assert_eq!(subscriber.event().unwrap(), expected(Some(pattern.clone())));

        let only_pattern = Subscription::<String>::to_patterns([&*pattern]);
        let mut subscriber = kind.open(&only_pattern);
        let other = format!("{channel}.x");
        con.run(Topic::<String>::at(&*other).publish("hi")).unwrap();
        let event =
            Event::Message { channel: other, pattern: Some(pattern), value: "hi".to_owned() };
        assert_eq!(subscriber.event().unwrap(), event);
    });
}

#[test]
fn a_message_that_cannot_be_decoded_is_one_error() {
    on_each_kind(|kind| {
        let channel = name("undecodable");
        let topic = Topic::<Vec<u32>, Json>::at(&*channel);
        let mut subscriber = kind.open(&topic.subscription());
        let mut con = Con::sync();
        let _: i64 = con.raw(&["PUBLISH", &channel, "hunter2"]);
        con.run(topic.publish(vec![1, 2])).unwrap();
        let error = subscriber.event().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Codec);
        assert_eq!((error.model(), error.key()), (Some("Topic"), Some(&*channel)));
        assert!(!format!("{error} {error:?}").contains("hunter"));
        assert_eq!(subscriber.event().unwrap().into_value(), Some(vec![1, 2]));
    });
}

#[test]
fn a_message_that_cannot_be_encoded_is_not_published() {
    on_one_server(|con| {
        let topic = Topic::<f64, Json>::at(name("unencodable"));
        assert_eq!(con.run(topic.publish(f64::NAN)).unwrap_err().model(), Some("Topic"));
    });
}

#[test]
fn channels_are_added_and_removed_while_messages_arrive() {
    on_each_kind(|kind| {
        let [one, other] = ["one", "other"].map(name);
        let pattern = format!("{other}*");
        let mut subscriber = kind.open(&Subscription::<u64>::to([&*one]));
        let mut con = Con::sync();
        let publish = |con: &mut Con, channel: &str, number: u64| {
            con.run(Topic::<u64>::at(channel).publish(number)).unwrap()
        };
        // These wait in the socket and are read before the confirmation.
        for number in 0..500 {
            publish(&mut con, &one, number);
        }
        subscriber.subscribe(&other).unwrap();
        assert_eq!(publish(&mut con, &other, 500), 1);
        subscriber.subscribe_patterns(&pattern).unwrap();
        assert_eq!(publish(&mut con, &other, 501), 2);
        let values: Vec<_> = (0..503).map(|_| subscriber.event().unwrap().into_value()).collect();
        assert_eq!(values, (0..=501).chain([501]).map(Some).collect::<Vec<_>>());

        subscriber.unsubscribe(&one).unwrap();
        assert_eq!((publish(&mut con, &one, 502), publish(&mut con, &other, 503)), (0, 2));
        subscriber.unsubscribe_patterns(&pattern).unwrap();
        assert_eq!(publish(&mut con, &other, 504), 1);
        subscriber.unsubscribe(&other).unwrap();
        assert_eq!(publish(&mut con, &other, 505), 0);
        let values: Vec<_> = (0..3).map(|_| subscriber.event().unwrap().into_value()).collect();
        assert_eq!(values, [503, 503, 504].map(Some));
        assert_eq!(subscriber.event_within(Duration::from_millis(20)).unwrap(), None);

        // A subscription without channels stays open.
        subscriber.subscribe(&one).unwrap();
        assert_eq!(publish(&mut con, &one, 506), 1);
        assert_eq!(subscriber.event().unwrap().into_value(), Some(506));
    });
}

#[test]
fn a_subscription_can_begin_without_channels() {
    on_each_kind(|kind| {
        let channel = name("later");
        let mut subscriber = kind.open(&Subscription::<u64>::to(Vec::<String>::new()));
        assert_eq!(subscriber.event_within(Duration::from_millis(20)).unwrap(), None);
        subscriber.subscribe(&channel).unwrap();
        Con::sync().run(Topic::<u64>::at(&*channel).publish(1)).unwrap();
        assert_eq!(subscriber.event().unwrap().into_value(), Some(1));
    });
}

#[test]
fn a_subscriber_that_is_dropped_ends_its_subscriptions() {
    on_each_kind(|kind| {
        let channel = name("dropped");
        let subscriber = kind.open(&Subscription::<u64>::to([&*channel]));
        assert_eq!(num_sub(&channel), 1);
        drop(subscriber);
        until("the server drops the subscription", || num_sub(&channel) == 0);
    });
}

#[test]
fn a_handle_ends_a_subscriber_that_waits() {
    on_each_kind(|kind| {
        let channel = name("closed");
        let mut subscriber = kind.open(&Subscription::<u64>::to([&*channel]));
        let handle = subscriber.handle();
        assert!(!handle.is_closed());
        let thread = thread::spawn(move || {
            assert!(subscriber.next().is_none(), "an event without a message");
            subscriber
        });
        Con::sync().run(Topic::<u64>::at("topics:nobody").publish(1)).unwrap();
        handle.close();
        let mut subscriber = thread.join().unwrap();
        // The connection is closed before the subscriber is dropped.
        until("the server drops the subscription", || num_sub(&channel) == 0);
        assert!(handle.is_closed() && subscriber.next().is_none());
        let error = subscriber.subscribe(&channel).unwrap_err();
        assert_eq!(error.to_string(), "Topic: the subscription has ended");
        assert_eq!(error.kind(), ErrorKind::InvalidOperation);
    });
}

#[test]
fn a_sync_subscriber_waits_no_longer_than_its_timeout() {
    for client in [server().url().to_owned(), server().url_resp3()] {
        let client = Client::open(client).unwrap();
        let channel = name("timeout");
        let topic = Topic::<u64>::at(&*channel);
        let mut subscriber = topic.subscription().subscribe(&client).unwrap();
        for millis in [0, 1, 20, 150] {
            let timeout = Duration::from_millis(millis);
            let start = Instant::now();
            assert_eq!(subscriber.next_timeout(timeout).unwrap(), None);
            assert!(start.elapsed() >= timeout);
        }
        // Timeouts lose nothing.
        let mut con = Con::sync();
        for number in 0..20 {
            con.run(topic.publish(number)).unwrap();
            let event = subscriber.next_timeout(PATIENCE).unwrap();
            assert_eq!(event, Some(message(&channel, number)));
            assert_eq!(subscriber.next_timeout(Duration::from_millis(1)).unwrap(), None);
        }
        subscriber.handle().close();
        let error = subscriber.next_timeout(PATIENCE).unwrap_err();
        assert_eq!(error.to_string(), "Topic: the subscription has ended");
    }
}

#[test]
fn a_stream_loses_nothing_when_its_futures_are_dropped() {
    let channel = name("dropped-futures");
    let topic = Topic::<u64>::at(&*channel);
    runtime().block_on(async {
        let client = server().client().unwrap();
        let mut subscriber = topic.subscription().subscribe_async(&client).await.unwrap();
        let con = client.get_multiplexed_async_connection().await.unwrap();
        let publish = tokio::spawn(async move {
            for number in 0..200_u64 {
                topic.publish(number).run_on(&con).await.unwrap();
            }
        });
        let mut values = Vec::new();
        while values.len() < 200 {
            let next = tokio::time::timeout(Duration::from_micros(50), subscriber.next());
            if let Ok(event) = next.await {
                values.extend(event.unwrap().unwrap().into_value());
            }
        }
        publish.await.unwrap();
        assert_eq!(values, (0..200).collect::<Vec<_>>());
    });
}

#[test]
fn a_subscriber_is_a_stream_that_can_be_sent_to_a_task() {
    fn is_stream(subscriber: AsyncSubscriber<u64>) -> impl StreamExt + Unpin + Send + 'static {
        subscriber
    }
    let channel = name("task");
    let topic = Topic::<u64>::at(&*channel);
    let events = runtime().block_on(async {
        let client = server().client().unwrap();
        let subscriber = topic.subscription().subscribe_async(&client).await.unwrap();
        let handle = subscriber.handle();
        let task = tokio::spawn(is_stream(subscriber).count());
        handle.close();
        task.await.unwrap()
    });
    assert_eq!(events, 0);
}

#[test]
fn a_message_is_published_to_all_nodes_of_a_cluster_and_in_atomic_steps() {
    everywhere(|con| {
        let id = fresh();
        let channel = format!("topics:{{{id}}}");
        let topic = Topic::<u64>::at(&*channel);
        let client = match con.target {
            Target::Server => server().client().unwrap(),
            Target::Cluster => crate::support::cluster().nodes()[0].client().unwrap(),
        };
        let mut subscriber = Kind::Sync.open_on(&client, &topic.subscription());
        let counters = [name("a"), format!("topics:a:{{{id}}}")].map(Counter::<u64>::at);
        con.run(topic.publish(1)).unwrap();
        con.run((counters[0].incr(1), topic.publish(2), counters[1].incr(1))).unwrap();
        con.run(atomic((counters[1].incr(1), topic.publish(3)))).unwrap();
        con.run(atomic(topic.publish(4))).unwrap();
        let other_slot = con.run(atomic((counters[0].incr(1), topic.publish(5))));
        match con.target {
            Target::Server => assert_eq!(other_slot.unwrap(), (2, 1)),
            Target::Cluster => assert_eq!(other_slot.unwrap_err().kind(), ErrorKind::CrossSlot),
        }
        con.run(batch((6..9).map(|number| topic.publish(number)))).unwrap();
        // Messages of different nodes may overtake each other.
        let mut values: Vec<_> =
            (0..7).map(|_| subscriber.event().unwrap().into_value().unwrap()).collect();
        values.sort_unstable();
        let expected: &[u64] = if con.target == Target::Server {
            &[1, 2, 3, 4, 5, 6, 7]
        } else {
            &[1, 2, 3, 4, 6, 7, 8]
        };
        assert_eq!(values, expected);
    });
}

#[test]
fn a_sharded_message_goes_to_the_node_that_owns_the_channels_slot() {
    everywhere(|con| {
        let channel = name("sharded");
        let clients = match con.target {
            Target::Server => vec![server().client().unwrap()],
            Target::Cluster => {
                crate::support::cluster().nodes().iter().map(|it| it.client().unwrap()).collect()
            }
        };
        let subscribe = redis::cmd("SSUBSCRIBE").arg(&channel).get_packed_command();
        // Only the slot's primary and its replica accept the subscription.
        let mut subscribed: Vec<_> = clients
            .iter()
            .filter_map(|client| {
                let mut con = client.get_connection().unwrap();
                con.send_packed_command(&subscribe).unwrap();
                let refused = matches!(con.recv_response(), Ok(redis::Value::ServerError(_)));
                (!refused).then_some(con)
            })
            .collect();
        assert!(!subscribed.is_empty());
        con.run(Topic::<u64>::at(&*channel).publish_sharded(42)).unwrap();
        let expected = format!("{:?}", redis::Value::BulkString(b"42".to_vec()));
        for con in &mut subscribed {
            con.set_read_timeout(Some(PATIENCE)).unwrap();
            assert!(format!("{:?}", con.recv_response().unwrap()).contains(&expected));
        }
    });
}

#[test]
fn the_number_of_receivers_counts_channels_and_patterns() {
    let channel = name("number");
    let client = server().client().unwrap();
    let both = Subscription::<u64>::to([&*channel]).patterns([format!("{channel}*")]);
    assert_eq!(num_sub(&channel), 0);
    let (_one, _other) = (both.subscribe(&client).unwrap(), both.subscribe(&client).unwrap());
    assert_eq!(num_sub(&channel), 2);
    assert!(num_pat() >= 1);
    assert_eq!(Con::sync().run(Topic::<u64>::at(&*channel).publish(1)).unwrap(), 4);
    let plan = Topic::<u64>::at("news").publish(7).explain().unwrap();
    assert_eq!(plan.to_string(), "PUBLISH news 7");
}
