//! Every operation over all slots, and the steps that are refused across them.

use std::collections::HashSet;
use std::time::Duration;

use redis_model::{ErrorKind, Json, Operation, Outcome, RedisModel, Ttl, atomic, batch};
use serde::{Deserialize, Serialize};

use crate::support::{Con, cluster, everywhere, fresh, on_node};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    name: String,
    email: Option<String>,
    visits: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "session:{id}", blob = Json, ttl = "1h")]
struct Session {
    id: u64,
    text: String,
}

/// Two models whose keys share a slot through the template's hash tag.
#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "{{cart:{id}}}:head")]
struct Head {
    id: u64,
    total: u32,
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "{{cart:{id}}}:line:{line}")]
struct Line {
    id: u64,
    line: u32,
    count: u32,
}

fn user() -> User {
    User { id: fresh(), name: "Al".into(), email: None, visits: 1 }
}

#[test]
fn every_operation_works_as_on_one_server() {
    everywhere(|con| {
        let f = User::FIELDS;
        let mut user = user();
        let id = user.id;
        let hour = Duration::from_secs(3600);
        con.run(user.save()).unwrap();
        assert!(!con.run(user.create()).unwrap());
        assert_eq!(con.run(User::get(id)).unwrap().as_ref(), Some(&user));
        assert_eq!(
            con.run(User::select(id, (f.name, f.email))).unwrap(),
            Some(("Al".into(), None))
        );
        let update = User::update(id).incr(f.visits, 1).set(f.email, "a@b").returning(f.visits);
        assert_eq!(con.run(update).unwrap(), Outcome::Applied(2));
        assert!(
            con.run(User::update(id).set(f.name, "x").only_if(f.visits.eq(7)))
                .unwrap()
                .conflict()
                .is_some()
        );
        assert!(con.run(User::update(fresh()).set(f.name, "x")).unwrap().is_missing());
        assert!(con.run(User::update(id).incr(f.visits, -3)).unwrap_err().is_out_of_range());
        user = con.run(User::get(id)).unwrap().unwrap();
        assert_eq!((user.visits, user.email.as_deref()), (2, Some("a@b")));
        assert!(con.run(User::exists(id)).unwrap());
        assert_eq!(con.run(User::ttl(id)).unwrap(), Ttl::Persistent);
        assert!(con.run(User::expire(id, hour)).unwrap());
        assert!(con.run(User::persist(id)).unwrap());
        assert_eq!(con.run(User::get(id).refresh_for(hour)).unwrap().as_ref(), Some(&user));
        assert_eq!(con.run_flow(&mut User::take(id)).unwrap(), Some(user));
        assert!(!con.run(User::delete(id)).unwrap());

        for size in [10, 5000] {
            let session = Session { id: fresh(), text: "x".repeat(size) };
            con.run(session.save()).unwrap();
            assert!(!con.run(session.create()).unwrap());
            assert!(matches!(con.run(Session::ttl(session.id)).unwrap(), Ttl::Expires(_)));
            assert_eq!(
                con.run(Session::get(session.id).refresh_for(hour)).unwrap().as_ref(),
                Some(&session)
            );
            assert_eq!(con.run_flow(&mut Session::take(session.id)).unwrap(), Some(session));
        }
    });
}

#[test]
fn a_tuple_over_several_slots_keeps_its_outputs_and_its_order() {
    everywhere(|con| {
        let users: Vec<User> = (0..4).map(|_| user()).collect();
        let f = User::FIELDS;
        let visit = |at: usize| User::update(users[at].id).incr(f.visits, 1).returning(f.visits);
        let ((), (), a, (b, c), read, nobody) = con
            .run((
                users[0].save(),
                users[1].save(),
                visit(0),
                (visit(1), visit(0)),
                User::get(users[0].id),
                User::get(fresh()),
            ))
            .unwrap();
        let seen = [a, b, c].map(|visits| visits.applied().unwrap());
        assert_eq!((seen, read.unwrap().visits, nobody), ([2, 2, 3], 3, None), "{}", con.name());
    });
}

#[test]
fn ten_thousand_records_over_all_slots_are_saved_and_read_in_batches() {
    for mut con in Con::all(cluster().urls()) {
        let users: Vec<User> = (0..10_000)
            .map(|n| User {
                name: format!("user {n}"),
                email: (n % 3 == 0).then(|| "a@b".into()),
                ..user()
            })
            .collect();
        let slots: HashSet<u64> = users
            .iter()
            .map(|user| on_node(cluster(), 0, &["CLUSTER", "KEYSLOT", &user.redis_key()]))
            .take(300)
            .collect();
        assert!(slots.len() > 250);
        // A record that cannot be saved must not affect the others.
        let bad = &users[5000];
        let set = redis::cluster::ClusterClient::new(cluster().urls()).unwrap();
        redis::cmd("SET")
            .arg(bad.redis_key())
            .arg("x")
            .exec(&mut set.get_connection().unwrap())
            .unwrap();

        let start = std::time::Instant::now();
        let saved = con.run(User::save_many(&users)).unwrap();
        let read = con.run(User::get_many(users.iter().map(|user| user.id))).unwrap();
        println!("{}: 10,000 saved and read in {:?}", con.name(), start.elapsed());
        for (at, user) in users.iter().enumerate() {
            if at == 5000 {
                assert!(saved[at].as_ref().unwrap_err().is_wrong_type());
                assert!(read[at].as_ref().unwrap_err().is_wrong_type());
            } else {
                assert!(saved[at].is_ok(), "{:?}", saved[at]);
                assert_eq!(read[at].as_ref().unwrap().as_ref(), Some(user));
            }
        }
        let sizes: Vec<u64> = (0..3).map(|node| on_node(cluster(), node, &["DBSIZE"])).collect();
        assert!(sizes.iter().all(|size| *size > 2500), "{sizes:?}");
        let deleted = con.run(User::delete_many(users.iter().map(|user| user.id))).unwrap();
        assert_eq!(deleted.iter().filter(|deleted| matches!(deleted, Ok(true))).count(), 9999);
    }
}

#[test]
fn keys_with_a_common_tag_share_a_slot_and_a_step() {
    everywhere(|con| {
        let id = fresh();
        let (head, lines) =
            (Head { id, total: 3 }, [1, 2].map(|line| Line { id, line, count: line }));
        let keys = [head.redis_key(), lines[0].redis_key(), lines[1].redis_key()];
        let slots = keys.map(|key| on_node::<u64>(cluster(), 0, &["CLUSTER", "KEYSLOT", &key]));
        assert!(slots[0] == slots[1] && slots[1] == slots[2], "{slots:?}");
        let ((), [(), ()]) =
            con.run(atomic((head.save(), [lines[0].save(), lines[1].save()]))).unwrap();
        let (h, l) = (Head::FIELDS, Line::FIELDS);
        let more = atomic((
            Head::update(id).incr(h.total, 5).returning(h.total),
            Line::update((id, 2)).incr(l.count, 5).returning(l.count),
            Line::get((id, 1)),
        ));
        let (total, count, line) = con.run(more).unwrap();
        assert_eq!(
            (total.applied(), count.applied(), line),
            (Some(8), Some(7), Some(lines[0].clone()))
        );
    });
}

#[test]
fn an_atomic_step_over_two_slots_is_refused_with_both_keys_and_changes_nothing() {
    everywhere(|con| {
        let (a, b, c) = (user(), user(), user());
        let error = con.run((c.save(), atomic((a.save(), b.save())))).unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::CrossSlot, Some("CROSSSLOT")));
        let text = error.to_string();
        assert!(text.contains(&*a.redis_key()) && text.contains(&*b.redis_key()), "{text}");
        assert!(!error.is_connection() && !error.is_partial());
        for user in [&a, &b, &c] {
            assert!(!con.run(User::exists(user.id)).unwrap(), "{}", con.name());
        }
        // In a batch the others are applied.
        let (head, line) = (Head { id: a.id, total: 1 }, Line { id: a.id, line: 1, count: 1 });
        let steps = vec![
            atomic((head.save().boxed(), line.save().boxed())),
            atomic((a.save().boxed(), b.save().boxed())),
        ];
        let results = con.run(batch(steps)).unwrap();
        assert!(results[0].is_ok());
        assert_eq!(results[1].as_ref().unwrap_err().kind(), ErrorKind::CrossSlot);
        assert!(con.run(Head::exists(a.id)).unwrap() && !con.run(User::exists(a.id)).unwrap());
    });
}

#[test]
fn scripts_survive_a_flush_on_every_node() {
    everywhere(|con| {
        let users: Vec<User> = (0..30).map(|_| user()).collect();
        let f = User::FIELDS;
        let flush = || (0..3).for_each(|node| on_node(cluster(), node, &["SCRIPT", "FLUSH"]));
        assert!(con.run(User::save_many(&users)).unwrap().iter().all(Result::is_ok));
        for round in 2..5 {
            flush();
            let visits = con
                .run(batch(
                    users
                        .iter()
                        .map(|user| User::update(user.id).incr(f.visits, 1).returning(f.visits)),
                ))
                .unwrap();
            assert!(
                visits.into_iter().all(|visits| visits.unwrap().applied() == Some(round)),
                "{}",
                con.name()
            );
        }
        let id = fresh();
        flush();
        let (h, l) = (Head::FIELDS, Line::FIELDS);
        let step = atomic((
            Head::update(id).or_create().incr(h.total, 1).returning(h.total),
            Line::update((id, 1)).or_create().incr(l.count, 1).returning(l.count),
            Head::update(id).or_create().incr(h.total, 1).returning(h.total),
        ));
        let (a, b, c) = con.run(&step).unwrap();
        assert_eq!(
            (a.applied(), b.applied(), c.applied()),
            (Some(1), Some(1), Some(2)),
            "{}",
            con.name()
        );
    });
}
