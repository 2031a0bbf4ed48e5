//! The same operations on every kind of connection of redis-rs and its pools.

use redis_model::{Operation, Outcome, RedisModel, atomic, batch};

use crate::support::{fresh, runtime, server};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "connection:user:{id}")]
struct User {
    id: u64,
    name: String,
    visits: u32,
}

/// Runs a plain command, a script, a pipeline, an atomic step and a batch, and checks
/// their results.
macro_rules! operations {
    (|$operation:ident| $run:expr) => {{
        let (f, id) = (User::FIELDS, fresh());
        let user = User { id, name: "Al".into(), visits: 1 };
        let visit = || User::update(id).incr(f.visits, 1).returning(f.visits);
        let $operation = user.save();
        $run.unwrap();
        let $operation = visit();
        assert_eq!($run.unwrap(), Outcome::Applied(2));
        let $operation = (visit(), User::get(id), User::exists(fresh()));
        assert_eq!(
            $run.unwrap(),
            (Outcome::Applied(3), Some(User { visits: 3, ..user.clone() }), false)
        );
        let $operation = atomic((visit(), visit()));
        assert_eq!($run.unwrap(), (Outcome::Applied(4), Outcome::Applied(5)));
        let $operation = batch((0..1500).map(|_| visit()));
        let last = $run.unwrap().pop().expect("one for each").unwrap();
        assert_eq!(last, Outcome::Applied(1505));
        let $operation = (User::get(id), User::delete(id));
        assert_eq!($run.unwrap(), (Some(User { visits: 1505, ..user }), true));
    }};
}

fn sync<C: redis::ConnectionLike + ?Sized>(con: &mut C) {
    operations!(|operation| operation.run(con));
}

async fn on_async<C: redis::aio::ConnectionLike + Send + ?Sized>(con: &mut C) {
    operations!(|operation| operation.run_async(con).await);
}

#[test]
fn operations_run_on_sync_connections_clients_and_dyn() {
    let client = server().client().unwrap();
    let mut con = client.get_connection().unwrap();
    sync(&mut con);
    sync(&mut client.clone());
    sync(&mut con as &mut dyn redis::ConnectionLike);
    let mut boxed: Box<dyn redis::ConnectionLike> = Box::new(con);
    sync(&mut *boxed);
}

#[test]
fn operations_run_on_guards_of_r2d2() {
    let pool = r2d2::Pool::builder().max_size(2).build(server().client().unwrap()).unwrap();
    sync(&mut pool.get().unwrap());
    sync(&mut *pool.get().unwrap());
}

#[test]
fn operations_run_on_async_connections_managers_and_dyn() {
    runtime().block_on(async {
        let client = server().client().unwrap();
        let mut con = client.get_multiplexed_async_connection().await.unwrap();
        on_async(&mut con).await;
        on_async(&mut client.get_connection_manager().await.unwrap()).await;
        let mut boxed: Box<dyn redis::aio::ConnectionLike + Send> = Box::new(con.clone());
        on_async(&mut *boxed).await;
        on_async(&mut con as &mut (dyn redis::aio::ConnectionLike + Send)).await;
        // By a reference to a connection that can be cloned.
        operations!(|operation| operation.run_on(&con).await);
    });
}

#[test]
fn operations_run_on_guards_of_bb8_and_deadpool() {
    runtime().block_on(async {
        let url = server().url();
        let manager = bb8_redis::RedisConnectionManager::new(url).unwrap();
        let pool = bb8::Pool::builder().max_size(2).build(manager).await.unwrap();
        on_async(&mut *pool.get().await.unwrap()).await;
        let config = deadpool_redis::Config::from_url(url);
        let pool = config.create_pool(Some(deadpool_redis::Runtime::Tokio1)).unwrap();
        on_async(&mut pool.get().await.unwrap()).await;
    });
}

#[test]
fn the_futures_of_operations_can_be_spawned() {
    let client = server().client().unwrap();
    runtime().block_on(async move {
        let con = client.get_multiplexed_async_connection().await.unwrap();
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let mut con = con.clone();
                tokio::spawn(async move {
                    let record = User { id: fresh(), name: "Al".into(), visits: 1 };
                    (record.save(), User::get(record.id)).run_async(&mut con).await.unwrap().1
                })
            })
            .collect();
        for task in tasks {
            assert!(task.await.unwrap().is_some());
        }
    });
}

#[test]
fn operations_run_on_references_and_dyn_references() {
    let mut con = server().connection().unwrap();
    let record = User { id: fresh(), name: "Al".into(), visits: 1 };
    record.save().run(&mut con as &mut dyn redis::ConnectionLike).unwrap();
    record.save().run(&mut &mut con).unwrap();
    let mut client = server().client().unwrap();
    assert_eq!(User::get(record.id).run(&mut client).unwrap(), Some(record));
}
