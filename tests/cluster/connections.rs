//! Pools of cluster connections.

use redis_model::{Operation, RedisModel, atomic};

use crate::support::{cluster, fresh, runtime};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "pooled:{id}")]
struct Pooled {
    id: u64,
    hits: u32,
}

fn records() -> Vec<Pooled> {
    (0..50).map(|_| Pooled { id: fresh(), hits: 1 }).collect()
}

#[test]
fn operations_run_on_guards_of_r2d2() {
    let client = redis::cluster::ClusterClient::new(cluster().urls()).unwrap();
    let pool = r2d2::Pool::builder().max_size(2).build(client).unwrap();
    let mut con = pool.get().unwrap();
    let records = records();
    assert!(Pooled::save_many(&records).run(&mut con).unwrap().iter().all(Result::is_ok));
    let read = Pooled::get_many(records.iter().map(|record| record.id)).run(&mut con).unwrap();
    let read: Vec<_> = read.into_iter().map(|record| record.unwrap().unwrap()).collect();
    assert_eq!(read, records);
    let apart = atomic((records[0].save(), records[1].save()));
    assert_eq!(apart.run(&mut con).unwrap_err().kind(), redis_model::ErrorKind::CrossSlot);
}

#[test]
fn operations_run_on_guards_of_deadpool() {
    runtime().block_on(async {
        let config = deadpool_redis::cluster::Config::from_urls(cluster().urls());
        let pool = config.create_pool(Some(deadpool_redis::Runtime::Tokio1)).unwrap();
        let mut con = pool.get().await.unwrap();
        let records = records();
        let saved = Pooled::save_many(&records).run_async(&mut con).await.unwrap();
        assert!(saved.iter().all(Result::is_ok));
        let ids = records.iter().map(|record| record.id);
        let read = Pooled::get_many(ids).run_async(&mut con).await.unwrap();
        let read: Vec<_> = read.into_iter().map(|record| record.unwrap().unwrap()).collect();
        assert_eq!(read, records);
    });
}
