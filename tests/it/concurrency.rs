//! Many tasks at once.

use redis_model::{Operation, RedisModel};

use crate::support::{fresh, runtime, server};

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
    let id = fresh();
    let f = Counter::FIELDS;
    let mut con = server().connection().unwrap();
    // Above 2^53, where doubles would lose them.
    let start = 1 << 60;
    Counter { id, guarded: start, plain: 0, name: None }.save().run(&mut con).unwrap();
    let client = server().client().unwrap();
    runtime().block_on(async {
        let con = client.get_multiplexed_async_connection().await.unwrap();
        let task = |_| {
            let mut con = con.clone();
            tokio::spawn(async move {
                let (guarded, plain) = (
                    Counter::update(id).incr(f.guarded, 1),
                    Counter::update(id).or_create().incr(f.plain, 1),
                );
                for _ in 0..ROUNDS {
                    let (a, b) = (&guarded, &plain).run_async(&mut con).await.unwrap();
                    assert!(a.is_applied() && b.is_applied());
                }
            })
        };
        for task in (0..TASKS).map(task).collect::<Vec<_>>() {
            task.await.unwrap();
        }
    });
    let counted = Counter::get(id).run(&mut con).unwrap().unwrap();
    assert_eq!((counted.guarded - start, counted.plain), (TASKS * ROUNDS, (TASKS * ROUNDS) as i64));
}

#[test]
fn no_reader_sees_half_a_record_or_none() {
    #[derive(RedisModel)]
    #[redis(key = "concurrency:pair:{id}", ttl = "1h")]
    struct Pair {
        id: u64,
        left: u64,
        right: Option<u64>,
        twin: u64,
    }
    let id = fresh();
    let mut con = server().connection().unwrap();
    Pair { id, left: 0, right: Some(0), twin: 0 }.save().run(&mut con).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..2_u64 {
            scope.spawn(move || {
                let mut con = server().connection().unwrap();
                for round in 0..2000_u64 {
                    let value = round * 2 + writer;
                    let right = (value % 3 != 0).then_some(value);
                    Pair { id, left: value, right, twin: value }.save().run(&mut con).unwrap();
                }
            });
        }
        scope.spawn(|| {
            let mut con = server().connection().unwrap();
            for _ in 0..4000 {
                let seen = Pair::get(id).run(&mut con).unwrap().expect("there is always a record");
                assert_eq!(seen.left, seen.twin);
                assert_eq!(
                    seen.right,
                    (seen.left % 3 != 0 || seen.left == 0 && seen.right.is_some())
                        .then_some(seen.left)
                );
            }
        });
    });
}
