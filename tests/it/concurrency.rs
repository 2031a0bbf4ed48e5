//! Concurrent writers and readers of one record.

use redis_model::RedisModel;

use crate::support::{Con, fresh, on_sync_connections, runtime};

#[derive(RedisModel)]
#[redis(key = "concurrency:{id}")]
struct Counter {
    id: u64,
    guarded: u64,
    plain: i64,
    name: Option<String>,
}

#[test]
fn sixty_four_tasks_lose_no_increment() {
    const TASKS: u64 = 64;
    const ROUNDS: u64 = 1000;
    on_sync_connections(|con| {
        let id = fresh();
        let f = Counter::FIELDS;
        // Above 2^53, where doubles would lose them.
        let start = 1 << 60;
        con.run(Counter { id, guarded: start, plain: 0, name: None }.save()).unwrap();
        let shared = con.target.async_connection();
        let task = |_| {
            let mut con = shared.clone();
            runtime().spawn(async move {
                let (guarded, plain) = (
                    Counter::update(id).incr(f.guarded, 1),
                    Counter::update(id).or_create().incr(f.plain, 1),
                );
                for _ in 0..ROUNDS {
                    let (a, b) = con.run((&guarded, &plain)).await.unwrap();
                    assert!(a.is_applied() && b.is_applied());
                }
            })
        };
        let tasks: Vec<_> = (0..TASKS).map(task).collect();
        runtime().block_on(async {
            for task in tasks {
                task.await.unwrap();
            }
        });
        let counted = con.run(Counter::get(id)).unwrap().unwrap();
        let sums = (counted.guarded - start, counted.plain);
        assert_eq!(sums, (TASKS * ROUNDS, (TASKS * ROUNDS) as i64));
    });
}

#[test]
fn no_reader_sees_a_partial_record_or_none() {
    #[derive(RedisModel)]
    #[redis(key = "concurrency:pair:{id}", ttl = "1h")]
    struct Pair {
        id: u64,
        left: u64,
        right: Option<u64>,
        twin: u64,
    }
    on_sync_connections(|con| {
        let (target, id) = (con.target, fresh());
        con.run(Pair { id, left: 0, right: Some(0), twin: 0 }.save()).unwrap();
        std::thread::scope(|scope| {
            for writer in 0..2_u64 {
                scope.spawn(move || {
                    let mut con = Con::sync_to(target);
                    for round in 0..2000_u64 {
                        let value = round * 2 + writer;
                        let right = (value % 3 != 0).then_some(value);
                        con.run(Pair { id, left: value, right, twin: value }.save()).unwrap();
                    }
                });
            }
            scope.spawn(move || {
                let mut con = Con::sync_to(target);
                for _ in 0..4000 {
                    let seen = con.run(Pair::get(id)).unwrap();
                    let seen = seen.expect("there is always a record");
                    assert_eq!(seen.left, seen.twin);
                    let has_right =
                        !seen.left.is_multiple_of(3) || seen.left == 0 && seen.right.is_some();
                    assert_eq!(seen.right, has_right.then_some(seen.left));
                }
            });
        });
    });
}
