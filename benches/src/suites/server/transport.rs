//! Single calls, batches, and many tasks on one connection.

use std::error::Error;
use std::hint::black_box;

use redis::Client;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis_model::{Operation, RedisModel};
use tokio::runtime::{Builder, Runtime};

use crate::hand::tuned;
use crate::lines::Lines;
use crate::models::{User, user};

const ID: u64 = 1_234_567;
const TASKS: usize = 64;

pub fn run(kind: &str, client: &Client, lines: &mut Lines<'_>) -> Result<(), Box<dyn Error>> {
    let (a, b) = (&mut client.get_connection()?, &mut client.get_connection()?);
    let one = user(ID);
    let many: Vec<_> = (ID..ID + 100).map(user).collect();
    let ids: Vec<_> = many.iter().map(|user| user.id).collect();
    lines.micros(
        &format!("{kind}: save, tuned"),
        1,
        || one.save().run(a).unwrap(),
        || tuned::save(b, &one).unwrap(),
    );
    lines.micros(
        &format!("{kind}: get, tuned"),
        1,
        || assert!(User::get(ID).run(a).unwrap().is_some()),
        || assert!(tuned::get(b, ID).unwrap().is_some()),
    );
    lines.micros(
        &format!("{kind}: batch of 100 saves, tuned"),
        100,
        || assert!(User::save_many(&many).run(a).unwrap().iter().all(Result::is_ok)),
        || tuned::save_many(b, &many).unwrap(),
    );
    lines.micros(
        &format!("{kind}: get_many of 100, tuned"),
        100,
        || assert!(User::get_many(ids.iter().copied()).run(a).unwrap().iter().all(Result::is_ok)),
        || assert!(tuned::get_many(b, &ids).unwrap().iter().all(Option::is_some)),
    );
    tasks(kind, client, lines)
}

/// Many tasks share one connection, on two threads.
fn tasks(kind: &str, client: &Client, lines: &mut Lines<'_>) -> Result<(), Box<dyn Error>> {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let ours = runtime.block_on(client.get_multiplexed_async_connection())?;
    let other = runtime.block_on(client.get_multiplexed_async_connection())?;
    let each = lines.quick_or(20, 2);
    let (runtime, one) = (&runtime, user(ID));
    let saved = &one;
    lines.micros(
        &format!("{kind}: saves of 64 tasks, tuned"),
        TASKS * each,
        || {
            in_tasks(runtime, &ours, each, |con| {
                let user = saved.clone();
                async move { user.save().run_on(&con).await.unwrap() }
            });
        },
        || {
            in_tasks(runtime, &other, each, |mut con| {
                let user = saved.clone();
                async move {
                    let cmd = tuned::save_cmd(&user);
                    tuned::done(&con.req_packed_command(&cmd).await.unwrap()).unwrap();
                }
            });
        },
    );
    lines.micros(
        &format!("{kind}: gets of 64 tasks, tuned"),
        TASKS * each,
        || {
            in_tasks(runtime, &ours, each, |con| async move {
                assert!(User::get(ID).run_on(&con).await.unwrap().is_some());
            });
        },
        || {
            in_tasks(runtime, &other, each, |mut con| async move {
                let reply = con.req_packed_command(&tuned::get_cmd(ID)).await.unwrap();
                assert!(black_box(tuned::read(ID, reply).unwrap()).is_some());
            });
        },
    );
    Ok(())
}

fn in_tasks<F: Future<Output = ()> + Send + 'static>(
    runtime: &Runtime,
    con: &MultiplexedConnection,
    each: usize,
    work: impl Fn(MultiplexedConnection) -> F,
) {
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let calls: Vec<_> = (0..each).map(|_| work(con.clone())).collect();
            runtime.spawn(async move {
                for call in calls {
                    call.await;
                }
            })
        })
        .collect();
    runtime.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
}
