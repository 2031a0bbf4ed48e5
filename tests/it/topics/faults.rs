//! Subscriptions whose connection is lost, or whose server refuses or answers nothing.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use redis::Client;
use redis_model::Operation;
use redis_model::embedded::Server;
use redis_model::structures::{Event, Subscription, Topic};

use super::support::{AnySubscriber, Kind, message, on_each_kind, until};

/// A thread that publishes numbers, one after the other, and goes on when the server restarts.
struct Publisher {
    /// The next number. Smaller ones have been published, or lost with the server.
    next: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Publisher {
    fn start(client: Client) -> Self {
        let (next, stop) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        let (counter, stopped) = (next.clone(), stop.clone());
        let thread = thread::spawn(move || {
            let topic = Topic::<u64>::at("numbers");
            let mut con = None;
            while !stopped.load(Ordering::SeqCst) {
                let Some(open) = &mut con else {
                    con = client.get_connection().ok();
                    thread::yield_now();
                    continue;
                };
                let number = counter.fetch_add(1, Ordering::SeqCst);
                if topic.publish(number).run(open).is_err() {
                    con = None;
                }
            }
        });
        Self { next, stop, thread: Some(thread) }
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(thread::panicking() || ended.is_none_or(|ended| ended.is_ok()));
    }
}

/// Reads numbers until the connection was lost once and `count` more numbers were read. None is
/// read twice, and from the first number that was published after the event none is missing.
fn read_over_a_loss<C>(subscriber: &mut AnySubscriber<u64, C>, publisher: &Publisher, count: u64)
where
    C: redis_model::codec::Codec<u64>,
{
    let mut numbers = BTreeSet::new();
    let mut expected = None;
    let mut rest = count;
    while rest > 0 {
        match subscriber.event().unwrap() {
            Event::Message { value, .. } => {
                assert!(numbers.last().is_none_or(|last| *last < value), "{value} twice");
                numbers.insert(value);
                rest -= u64::from(expected.is_some());
            }
            Event::Resubscribed => {
                assert_eq!(expected, None, "lost twice");
                expected = Some(publisher.next.load(Ordering::SeqCst));
            }
            event => panic!("{event:?}"),
        }
    }
    let expected = expected.unwrap();
    let last = *numbers.last().unwrap();
    // The number before `expected` may have been on its way.
    let missing: Vec<_> = (expected..=last).filter(|it| !numbers.contains(it)).collect();
    assert!(missing.is_empty(), "published after the event and missing: {missing:?}");
}

#[test]
fn a_killed_connection_is_opened_again_and_then_misses_nothing() {
    on_each_kind(|kind| {
        let server = Server::start().unwrap();
        let mut con = server.connection().unwrap();
        let subscription = Subscription::<u64>::to(["numbers"]).patterns(["other*"]);
        let mut subscriber = kind.open_on(&kind.client(server.url()), &subscription);
        let publisher = Publisher::start(server.client().unwrap());
        for _ in 0..3 {
            (0..10).for_each(|_| drop(subscriber.event().unwrap()));
            let kill = redis::cmd("CLIENT").arg(&["KILL", "TYPE", "pubsub"]).query(&mut con);
            assert_eq!(kill, Ok(1));
            read_over_a_loss(&mut subscriber, &publisher, 100);
        }
        drop(publisher);
        // The pattern is subscribed to again as well.
        assert_eq!(Topic::<u64>::at("other").publish(u64::MAX).run(&mut con).unwrap(), 1);
        until("the last message", || subscriber.event().unwrap().into_value() == Some(u64::MAX));
    });
}

fn start_on(port: u16) -> Server {
    let options = Server::options().argument("--port").argument(port.to_string());
    options.argument("--bind").argument("127.0.0.1").start().unwrap()
}

/// Returns a free port, below those that the system gives to outgoing connections.
fn free_port() -> u16 {
    let listens = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let first = 22_100 + u16::try_from(std::process::id() % 5000).unwrap();
    (first..).find(listens).unwrap()
}

#[test]
fn a_subscription_survives_a_restart_of_the_server() {
    // One after the other, because each kind has the port for itself.
    on_each_kind(|kind| {
        let port = free_port();
        let mut server = Some(start_on(port));
        let url = format!("redis://127.0.0.1:{port}");
        let mut subscriber =
            kind.open_on(&kind.client(&url), &Subscription::<u64>::to(["numbers"]));
        let publisher = Publisher::start(Client::open(url).unwrap());
        (0..10).for_each(|_| drop(subscriber.event().unwrap()));
        drop(server.take());
        // A change while the connection is lost is part of the next one.
        until("the subscriber notices the loss", || {
            subscriber.event_within(Duration::from_millis(1)).unwrap().is_none()
        });
        subscriber.subscribe("later").unwrap();
        let server = start_on(port);
        read_over_a_loss(&mut subscriber, &publisher, 100);
        let mut con = server.connection().unwrap();
        assert_eq!(Topic::<u64>::at("later").publish(0).run(&mut con).unwrap(), 1);
    });
}

#[test]
fn the_first_connection_is_not_tried_twice() {
    on_each_kind(|kind| {
        let client = kind.client("redis+unix:///nonexistent/socket");
        let error = kind.try_open(&client, &Subscription::<u64>::to(["a"])).err().unwrap();
        assert!(error.is_connection(), "{error}");
        assert_eq!(error.model(), Some("Topic"));
    });
}

#[test]
fn refused_credentials_are_an_error_at_once() {
    let server = Server::options().argument("--requirepass").argument("secret").start().unwrap();
    on_each_kind(|kind| {
        for (url, code) in [
            (server.url().to_owned(), ["NOAUTH", "WRONGPASS"]),
            (format!("{}?pass=wrong", server.url()), ["WRONGPASS", "WRONGPASS"]),
        ] {
            let subscription = Subscription::<u64>::to(["a"]);
            let error = kind.try_open(&kind.client(&url), &subscription).err().unwrap();
            assert!(error.code().is_some_and(|it| code.contains(&it)), "{kind:?}: {error:?}");
        }
    });
}

#[test]
fn a_user_who_may_not_subscribe_any_more_ends_the_subscription() {
    on_each_kind(|kind| {
        let server = Server::start().unwrap();
        let mut con = server.connection().unwrap();
        let mut acl = |words: &[&str]| redis::cmd("ACL").arg(words).exec(&mut con).unwrap();
        acl(&["SETUSER", "reader", "on", ">secret", "+@all", "resetchannels", "&a", "&b"]);
        let client = kind.client(&format!("{}?user=reader&pass=secret", server.url()));
        let mut subscriber = kind.open_on(&client, &Subscription::<u64>::to(["a"]));

        // A refused channel changes nothing.
        let error = subscriber.subscribe("c").unwrap_err();
        assert_eq!(error.code(), Some("NOPERM"));
        subscriber.subscribe("b").unwrap();
        let mut other = server.connection().unwrap();
        Topic::<u64>::at("b").publish(1).run(&mut other).unwrap();
        assert_eq!(subscriber.event().unwrap(), message("b", 1));

        // The server closes the connection of a user who loses a channel.
        acl(&["SETUSER", "reader", "resetchannels", "&b"]);
        let error = subscriber.event().unwrap_err();
        assert_eq!(error.code(), Some("NOPERM"));
        assert!(subscriber.next().is_none());

        acl(&["SETUSER", "reader", "&a"]);
        let mut subscriber = kind.open_on(&client, &Subscription::<u64>::to(["a"]));
        acl(&["DELUSER", "reader"]);
        assert_eq!(subscriber.event().unwrap_err().code(), Some("WRONGPASS"));
        assert!(subscriber.next().is_none());
    });
}

/// A server of one channel for RESP2, whose answers the test writes.
struct Scripted(TcpListener);

impl Scripted {
    fn start() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        (Self(listener), url)
    }

    /// Accepts a connection and answers until the client has subscribed.
    fn accept(&self) -> TcpStream {
        let (stream, _) = self.0.accept().unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let mut stream = stream;
        loop {
            let line = lines.next().unwrap().unwrap();
            if line == "SETINFO" {
                stream.write_all(b"+OK\r\n").unwrap();
            } else if line == "SUBSCRIBE" {
                stream.write_all(b"*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n").unwrap();
                return stream;
            }
        }
    }
}

#[test]
fn a_message_that_arrives_in_pieces_is_read_as_one() {
    for kind in [Kind::Sync, Kind::Async] {
        let (server, url) = Scripted::start();
        let script = thread::spawn(move || {
            let mut stream = server.accept();
            stream.set_nodelay(true).unwrap();
            for piece in ["*3\r\n$7\r\nmes", "sage\r\n$1\r\na\r\n$2\r", "\n4", "2\r\n"] {
                stream.write_all(piece.as_bytes()).unwrap();
                // Longer than the wait of a sync subscriber.
                thread::sleep(Duration::from_millis(130));
            }
            stream
        });
        let mut subscriber = kind.open_on(&kind.client(&url), &Subscription::<u64>::to(["a"]));
        assert_eq!(subscriber.event().unwrap(), message("a", 42));
        drop(script.join().unwrap());
    }
}

#[test]
fn a_server_that_does_not_answer_a_ping_is_a_lost_connection() {
    for kind in [Kind::Sync, Kind::Async] {
        let (server, url) = Scripted::start();
        let script = thread::spawn(move || [server.accept(), server.accept()]);
        let subscription = Subscription::<u64>::to(["a"]).keep_alive(Duration::from_millis(20));
        let mut subscriber = kind.open_on(&kind.client(&url), &subscription);
        assert_eq!(subscriber.event().unwrap(), Event::Resubscribed);
        drop(script.join().unwrap());
    }
}

#[test]
fn a_server_that_answers_pings_keeps_its_connection() {
    on_each_kind(|kind| {
        let channel = format!("topics:ping:{}", crate::support::fresh());
        let topic = Topic::<u64>::at(&*channel);
        let keep_alive = Duration::from_millis(200);
        let mut subscriber = kind.open(&topic.subscription().keep_alive(keep_alive));
        let pings = || -> u64 {
            let stats: String = crate::support::Con::sync().raw(&["INFO", "commandstats"]);
            let line = stats.lines().find_map(|line| line.strip_prefix("cmdstat_ping:calls="));
            line.and_then(|line| line.split(',').next()?.parse().ok()).unwrap_or(0)
        };
        let before = pings();
        until("two pings", || {
            assert_eq!(subscriber.event_within(Duration::from_millis(50)).unwrap(), None);
            pings() >= before + 2
        });
        let mut con = crate::support::Con::sync();
        assert_eq!(con.run(topic.publish(7)).unwrap(), 1);
        assert_eq!(subscriber.event().unwrap(), message(&channel, 7));
    });
}

#[test]
fn a_subscriber_is_closed_while_the_server_is_away() {
    on_each_kind(|kind| {
        let server = Server::start().unwrap();
        let mut subscriber =
            kind.open_on(&kind.client(server.url()), &Subscription::<u64>::to(["a"]));
        let handle = subscriber.handle();
        drop(server);
        let thread = thread::spawn(move || subscriber.next().is_none());
        handle.close();
        until("the end", || thread.is_finished());
        assert!(thread.join().unwrap());
    });
}
