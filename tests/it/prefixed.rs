//! Connections with a prefix never meet the keys of another one.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;

use redis_model::connection::{Dedicated, Prefixed};
use redis_model::flow::Flow;
use redis_model::patterns::{
    Cache, Leaderboard, Lock, Period, Queue, RateLimit, RateLimiter, Sessions,
};
use redis_model::structures::stream::Encoded;
use redis_model::structures::{Counter, Event, List, Set, Stream, StreamId, Subscription, Topic};
use redis_model::{ErrorKind, Json, Operation, RedisKeys, RedisModel, atomic};
use serde::{Deserialize, Serialize};

use crate::support::{Con, Target, cluster, everywhere_with_prefixes, fresh, runtime, server};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    name: String,
    visits: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "{{{tenant}}}:blob:{id}", blob = Json)]
struct Blob {
    tenant: String,
    id: u64,
    text: String,
}

#[derive(Debug, RedisKeys)]
#[redis(key = "{{user:{id}}}")]
struct UserKeys {
    follows: Set<u64>,
    seen: Counter<u32>,
}

const MINUTE: Duration = Duration::from_secs(60);

fn user(id: u64) -> User {
    User { id, name: format!("user {id}"), visits: 0 }
}

fn blob(id: u64) -> Blob {
    Blob { tenant: "acme".into(), id, text: "x".into() }
}

/// Returns the sorted ids of a scan in small pages.
fn ids(con: &mut Con) -> Vec<u64> {
    let (mut scan, mut ids) = (User::scan_ids().page_size(50), BTreeSet::new());
    while let Some(page) = con.run_flow(&mut scan).unwrap() {
        ids.extend(page);
    }
    ids.into_iter().collect()
}

#[test]
fn records_of_two_prefixes_never_meet() {
    everywhere_with_prefixes(|[one, other], [prefix, _]| {
        let users: Vec<_> = (0..200).map(user).collect();
        for saved in one.run(User::save_many(&users)).unwrap() {
            saved.unwrap();
        }
        for id in 100..300 {
            other.run((user(id).save(), blob(id).save())).unwrap();
        }
        assert_eq!(one.raw::<String>(&["TYPE", &format!("{prefix}user:7")]), "hash");
        assert_eq!(ids(one), (0..200).collect::<Vec<_>>());
        assert_eq!(ids(other), (100..300).collect::<Vec<_>>());
        assert_eq!(one.run_flow(&mut User::count()).unwrap(), 200);
        assert_eq!(one.run_flow(&mut Blob::count()).unwrap(), 0);
        assert_eq!(other.run_flow(&mut Blob::count().within(("acme",))).unwrap(), 200);
        assert!(one.run(User::get(250)).unwrap().is_none());

        let f = User::FIELDS;
        let update = User::update(150).incr(f.visits, 1).returning(f.visits);
        assert_eq!(one.run(&update).unwrap().applied(), Some(1));
        assert_eq!(other.run(&update).unwrap().applied(), Some(1));
        let created = User::update(999).or_create().set(f.name, "x").incr(f.visits, 1);
        assert!(one.run(created).unwrap().is_applied() && !other.run(User::exists(999)).unwrap());
        assert!(other.run_flow(&mut User::take(999)).unwrap().is_none());
        assert!(one.run_flow(&mut User::take(999)).unwrap().is_some());
        assert!(one.run_flow(&mut User::modify(7, |user| user.visits = 5)).unwrap().is_applied());
        let mut draft = other.run(Blob::edit(("acme", 150))).unwrap().unwrap();
        draft.text = "new".into();
        assert!(other.run(draft.commit()).unwrap().is_applied());

        assert_eq!(one.run_flow(&mut User::delete_all()).unwrap(), 200);
        assert_eq!(ids(other).len(), 200);
        assert_eq!(other.run_flow(&mut Blob::delete_all()).unwrap(), 200);
        assert_eq!(other.run_flow(&mut User::delete_all()).unwrap(), 200);
    });
}

#[test]
fn a_scan_with_a_prefix_resumes_at_its_position() {
    everywhere_with_prefixes(|[con, other], _| {
        let users: Vec<_> = (0..300).map(user).collect();
        for saved in con.run(User::save_many(&users)).unwrap() {
            saved.unwrap();
        }
        let (mut seen, mut position) = (BTreeSet::new(), String::from("start"));
        loop {
            let mut scan = User::scan_ids().page_size(50).resume_from(position.parse().unwrap());
            let Some(page) = con.run_flow(&mut scan).unwrap() else { break };
            seen.extend(page);
            position = scan.position().to_string();
        }
        assert_eq!(seen, (0..300).collect());
        let mut scan = User::scan_ids().resume_from(position.parse().unwrap());
        let error = other.run_flow(&mut scan).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidOperation, "{error}");
        con.run_flow(&mut User::delete_all()).unwrap();
    });
}

#[test]
fn steps_groups_and_structures_use_the_prefix() {
    everywhere_with_prefixes(|[one, other], [prefix, _]| {
        let keys = UserKeys::of(7);
        let step = atomic((keys.follows.add(8), keys.seen.incr(1), keys.seen.incr(1)));
        assert_eq!(one.run(&step).unwrap(), (true, 1, 2));
        assert_eq!(other.run(keys.count_existing()).unwrap(), 0);
        assert_eq!(one.run(keys.count_existing()).unwrap(), 2);
        let found = one.raw::<bool>(&["EXISTS", &format!("{prefix}{{user:7}}:follows")]);
        assert!(found);

        let (a, b) = (List::<String>::at("{l}a"), List::<String>::at("{l}b"));
        one.run(b.push_back("x")).unwrap();
        let (c, d) = (Stream::<u32, Encoded<Json>>::at("{l}c"), Stream::at("{l}d"));
        one.run((c.append(1), d.append(2))).unwrap();
        // The keys of a reply are those that the caller knows.
        let read = one.run(c.read_after_with(StreamId::MIN, [(&d, StreamId::MIN)], None)).unwrap();
        let names: Vec<_> = read.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(names, ["{l}c", "{l}d"]);
        let read =
            one.run(atomic((c.read_after_with(StreamId::MIN, [], None), c.len()))).unwrap().0;
        assert_eq!(read[0].0, "{l}c");
        let sets = [Set::<u64>::at("{l}s"), Set::at("{l}t")];
        one.run((sets[0].add_all([1, 2]), sets[1].add_all([2, 3]))).unwrap();
        assert_eq!(one.run(sets[0].intersection_len([&sets[1]], None)).unwrap(), 1);
        assert_eq!(one.run(keys.delete_all()).unwrap(), 2);
        one.run((a.delete(), b.delete(), c.delete(), d.delete())).unwrap();
        one.run((sets[0].delete(), sets[1].delete())).unwrap();
    });
}

#[test]
fn patterns_use_the_prefix() {
    everywhere_with_prefixes(|[one, other], _| {
        let lock = Lock::at("lock", MINUTE);
        let guard = one.run(lock.try_acquire()).unwrap().unwrap();
        assert!(one.run(lock.try_acquire()).unwrap().is_none());
        let _held = other.run(lock.try_acquire()).unwrap().unwrap();
        one.run(guard.release()).unwrap();
        let second = one.run(lock.try_acquire()).unwrap().unwrap();
        assert!(guard.fencing_number() < second.fencing_number());

        let board = Leaderboard::<String>::at("race");
        one.run(board.submit("ada", 1.5)).unwrap();
        assert_eq!(one.run(board.ranking(Period::AllTime).len()).unwrap(), 1);
        assert_eq!(other.run(board.ranking(Period::AllTime).len()).unwrap(), 0);
        assert!(one.run(board.remove("ada")).unwrap());

        let queue = Queue::<u64>::new("mail");
        one.run(queue.push(7)).unwrap();
        assert_eq!(other.run(queue.take(5)).unwrap().len(), 0);
        let jobs = one.run(queue.take(5)).unwrap();
        one.run(queue.done(jobs[0].as_ref().unwrap().lease)).unwrap();

        let limit = RateLimiter::at("api", RateLimit::fixed_window(1, MINUTE));
        assert!(one.run(limit.acquire()).unwrap().allowed);
        assert!(!one.run(limit.acquire()).unwrap().allowed);
        assert!(other.run(limit.acquire()).unwrap().allowed);

        let cache = Cache::<u64>::new("cache", MINUTE);
        let load = |value| move || Ok::<_, Infallible>(value);
        assert_eq!(one.run_flow(&mut cache.get_or_load(1, load(1))).unwrap(), 1);
        assert_eq!(one.run_flow(&mut cache.get_or_load(1, load(2))).unwrap(), 1);
        assert_eq!(other.run_flow(&mut cache.get_or_load(1, load(3))).unwrap(), 3);

        let sessions = Sessions::<u64, Json>::at("session", MINUTE);
        let token = one.run(sessions.create_for("ada", 1)).unwrap();
        assert!(other.run(sessions.get(&token)).unwrap().is_none());
        assert!(one.run(sessions.get(&token)).unwrap().is_some());
    });
}

#[test]
fn errors_name_the_key_as_the_caller_knows_it() {
    everywhere_with_prefixes(|[con, _], [prefix, _]| {
        con.raw::<()>(&["SET", &format!("{prefix}user:7"), "text"]);
        let error = con.run(User::get(7)).unwrap_err();
        assert!(error.is_wrong_type() && error.key() == Some("user:7"));
        if con.target == Target::Cluster {
            let error = con.run(atomic((user(1).save(), user(2).save()))).unwrap_err();
            assert!(error.to_string().contains("`user:1` and `user:2`"), "{error}");
            assert!(!error.to_string().contains(prefix), "{error}");
        }
    });
}

#[test]
fn a_prefix_with_a_brace_is_refused_and_an_empty_one_is_none() {
    let mut con = Prefixed::new(server().connection().unwrap(), "{t}:");
    let error = User::get(7).run(&mut con).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidOperation);
    let error = Subscription::<u32>::to(["a"])
        .subscribe(Prefixed::new(server().client().unwrap(), "{t}:"))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidOperation);

    let (mut con, id) = (Prefixed::new(server().connection().unwrap(), ""), fresh());
    user(id).save().run(&mut con).unwrap();
    assert!(User::get(id).run(con.get_mut()).unwrap().is_some());
    User::delete(id).run(&mut con).unwrap();
}

#[test]
fn blocking_reads_and_pool_guards_have_the_prefix() {
    let (prefix, client) = (format!("t{}:", fresh()), server().client().unwrap());
    let pool = r2d2::Pool::builder().max_size(1).build(client.clone()).unwrap();
    let mut con = Prefixed::new(pool.get().unwrap(), &prefix);
    let (jobs, others) = (List::<u32>::at("jobs"), List::<u32>::at("others"));
    jobs.push_back_all([7, 8, 9]).run(&mut con).unwrap();
    let popped = others.pop_front_blocking_of([&jobs], MINUTE).run(&mut con).unwrap();
    assert_eq!(popped, Some((jobs.key().clone(), 7)));
    assert_eq!(jobs.pop_front_blocking(MINUTE).run(&mut con).unwrap(), Some(8));
    runtime().block_on(async {
        let mut con = Prefixed::new(Dedicated::open(&client).await.unwrap(), &prefix);
        let popped = jobs.pop_front_blocking(MINUTE).run_async(&mut con).await.unwrap();
        assert_eq!(popped, Some(9));
        // A clone of a connection has its prefix.
        let shared = client.get_multiplexed_async_connection().await.unwrap();
        let shared = Prefixed::new(shared, &prefix);
        jobs.push_back(1).run_on(&shared.clone()).await.unwrap();
        assert_eq!(jobs.len().run_on(&shared).await.unwrap(), 1);
        assert_eq!(User::count().run_on(&shared).await.unwrap(), 0);
        jobs.delete().run_on(&shared).await.unwrap();
    });
}

#[test]
fn channels_and_patterns_have_the_prefix() {
    let prefixes = [(); 2].map(|()| format!("t{}*:", fresh()));
    let [mut one, mut other] = prefixes.map(|it| Prefixed::new(server().client().unwrap(), it));
    let (news, sport) = (Topic::<u32>::at("news"), Topic::<u32>::at("news.sport"));
    let both = news.subscription().patterns(["news.*"]);
    let mut subscriber = both.subscribe(&one).unwrap();
    subscriber.subscribe(["late"]).unwrap();
    let mut stream = runtime().block_on(both.subscribe_async(&one)).unwrap();
    assert_eq!(news.publish(1).run(&mut other).unwrap(), 0);
    assert_eq!(news.publish(1).run(&mut one).unwrap(), 2);
    assert_eq!(sport.publish(2).run(&mut one).unwrap(), 2);
    let message = |channel: &str, pattern: Option<&str>, value| Event::Message {
        channel: channel.to_owned(),
        pattern: pattern.map(str::to_owned),
        value,
    };
    let expected = [message("news", None, 1), message("news.sport", Some("news.*"), 2)];
    for expected in expected {
        assert_eq!(subscriber.next().unwrap().unwrap(), expected);
        assert_eq!(runtime().block_on(stream.next()).unwrap().unwrap(), expected);
    }
    assert_eq!(Topic::<u32>::at("late").publish(3).run(&mut one).unwrap(), 1);
    assert_eq!(subscriber.next().unwrap().unwrap(), message("late", None, 3));
    subscriber.unsubscribe(["news", "late"]).unwrap();
    assert_eq!(news.publish(4).run(&mut one).unwrap(), 1);
}

#[test]
fn sharded_channels_have_the_prefix() {
    use redis_model::structures::ShardedSubscriber;

    let prefix = format!("t{}:", fresh());
    let builder = || redis::cluster::ClusterClientBuilder::new(cluster().urls());
    let orders = Topic::<u32>::at("orders");
    runtime().block_on(async {
        let opened = ShardedSubscriber::<u32>::open(Prefixed::new(builder(), &prefix), ["orders"]);
        let mut subscriber = opened.await.unwrap();
        let con = builder().build().unwrap().get_async_connection().await.unwrap();
        let con = Prefixed::new(con, &prefix);
        assert_eq!(orders.publish_sharded(7).run_on(&con).await.unwrap(), 1);
        let event = subscriber.next().await.unwrap().unwrap();
        let channel = "orders".to_owned();
        assert_eq!(event, Event::Message { channel, pattern: None, value: 7 });
    });
}

/// Flows of a program's own run with the prefix, too.
#[test]
fn a_flow_of_the_caller_uses_the_prefix() {
    struct Twice;

    impl Flow for Twice {
        type Output = i64;

        async fn steps(&mut self, io: &redis_model::flow::Io) -> redis_model::Result<i64> {
            let counter = Counter::<i64>::at("twice");
            io.run(counter.incr(1)).await?;
            io.run(counter.incr(1)).await
        }
    }

    everywhere_with_prefixes(|[one, other], _| {
        assert_eq!(one.run_flow(&mut Twice).unwrap(), 2);
        assert_eq!(other.run_flow(&mut Twice).unwrap(), 2);
    });
}
