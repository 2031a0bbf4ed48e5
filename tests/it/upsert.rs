//! Upserts: `or_insert`, `modify` with `or_insert_with`, and `get_or_insert_with`.

use std::cell::Cell;
use std::time::Duration;

use redis_model::{ErrorKind, Json, Operation, Outcome, RedisFields, RedisModel};
use serde::{Deserialize, Serialize};

use crate::support::{everywhere, fresh, on_one_server, on_sync_connections, pairs, runtime};

#[derive(Debug, Clone, PartialEq, RedisFields)]
struct Place {
    town: String,
    zip: Option<u32>,
}

/// A model with every attribute that adds something to a new record.
#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "upsert:{id}", ttl = "1h", version_field = "_v", version = 2, migrate(PageV1))]
struct Page {
    id: u64,
    hits: u64,
    #[redis(alias = "heading")]
    title: Option<String>,
    #[redis(codec = Json)]
    tags: Vec<String>,
    #[redis(flatten)]
    place: Option<Place>,
    #[redis(revision)]
    revision: u64,
}

#[derive(RedisModel)]
#[redis(key = "upsert:{id}")]
struct PageV1 {
    id: u64,
    hits: u64,
    old: Option<String>,
}

impl From<PageV1> for Page {
    fn from(page: PageV1) -> Self {
        Self { hits: page.hits, title: page.old, ..new(page.id) }
    }
}

fn new(id: u64) -> Page {
    let place = Some(Place { town: "Ayr".into(), zip: None });
    Page { id, hits: 1, title: None, tags: vec!["a".into()], place, revision: 0 }
}

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "upsert:notes:{id}")]
struct Notes {
    id: u64,
    note: Option<String>,
    seen: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "upsert:blob:{id}", blob = Json, ttl = "1h")]
struct Blob {
    id: u64,
    hits: u64,
}

/// A model whose records are not `Sync`.
#[derive(RedisModel)]
#[redis(key = "upsert:cell:{id}")]
struct WithCell {
    id: u64,
    hits: u64,
    #[redis(skip)]
    _cell: Cell<u8>,
}

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn an_update_inserts_the_whole_record_where_there_is_none() {
    everywhere(|con| {
        let (id, created, f) = (fresh(), fresh(), Page::FIELDS);
        let (key, other) = (Page::key(id).to_string(), Page::key(created).to_string());
        // What is left of another program stays, and what a reader would take for a field goes.
        for key in [&key, &other] {
            con.raw::<i64>(&[
                "HSET",
                key,
                "other",
                "1",
                "heading",
                "x",
                "old",
                "y",
                "place.zip",
                "7",
            ]);
        }
        assert!(con.run(new(created).create()).unwrap());
        let upsert =
            || Page::update(id).incr(f.hits, 5).or_insert(&new(id)).returning((f.hits, f.title));
        assert_eq!(con.run(upsert()).unwrap(), Outcome::Applied((1, None)));
        assert_eq!(con.hash(&key), con.hash(&other), "as a create writes it");
        assert!(con.raw::<i64>(&["TTL", &key]) > 3500);
        let inserted = Page { revision: 1, ..new(id) };
        assert_eq!(con.run(Page::get(id)).unwrap(), Some(inserted.clone()));

        con.run(Page::expire(id, MINUTE)).unwrap();
        assert_eq!(con.run(upsert()).unwrap(), Outcome::Applied((6, None)));
        let changed = Page { hits: 6, revision: 2, ..inserted };
        assert_eq!(con.run(Page::get(id)).unwrap(), Some(changed));
        assert!(con.raw::<i64>(&["TTL", &key]) <= 60, "an update keeps the TTL");
    });
}

#[test]
fn a_record_without_fields_is_inserted_with_its_marker() {
    on_one_server(|con| {
        let (id, f) = (fresh(), Notes::FIELDS);
        let empty = Notes { id, note: None, seen: None };
        let upsert = || Notes::update(id).incr(f.seen, 1).or_insert(&empty);
        con.run(upsert().required()).unwrap();
        assert_eq!(con.run(Notes::get(id)).unwrap().as_ref(), Some(&empty));
        con.run(upsert().required()).unwrap();
        assert_eq!(con.run(Notes::get(id)).unwrap().unwrap().seen, Some(1));
    });
}

#[test]
fn conditions_and_changes_are_for_a_record_that_exists() {
    everywhere(|con| {
        let (id, f) = (fresh(), Page::FIELDS);
        let take = || {
            let update = Page::update(id).incr(f.hits, -1).only_if(f.hits.at_least(1));
            update.or_insert(&new(id)).returning(f.hits)
        };
        assert_eq!(con.run(take()).unwrap(), Outcome::Applied(1));
        assert_eq!(con.run(take()).unwrap(), Outcome::Applied(0));
        assert!(con.run(take()).unwrap().conflict().unwrap().contains(f.hits));
        let key = Page::key(id).to_string();
        con.raw::<i64>(&["DEL", &key]);
        con.run(take().expire(MINUTE).required()).unwrap();
        assert!((1..=60).contains(&con.raw::<i64>(&["TTL", &key])), "the update's own TTL");
    });
}

#[test]
fn a_record_to_insert_must_be_the_one_that_is_updated() {
    on_one_server(|con| {
        let (id, other, f) = (fresh(), fresh(), Page::FIELDS);
        let error = con.run(Page::update(id).incr(f.hits, 1).or_insert(&new(other))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidOperation);
        assert_eq!(error.key(), Some(&*Page::key(id).to_string()));
        assert!(error.to_string().contains(&Page::key(other).to_string()));
        let both = Page::update(id).incr(f.hits, 1).or_create().or_insert(&new(id));
        assert_eq!(con.run(both).unwrap_err().kind(), ErrorKind::InvalidOperation);

        let mut wrong = Page::modify(id, |page| page.hits += 1).or_insert_with(|| new(other));
        assert_eq!(con.run_flow(&mut wrong).unwrap_err().kind(), ErrorKind::InvalidOperation);
        let mut wrong = Page::modify(id, |page| page.id = other).or_insert_with(|| new(id));
        assert_eq!(con.run_flow(&mut wrong).unwrap_err().kind(), ErrorKind::InvalidOperation);
        let mut wrong = Page::get_or_insert_with(id, || new(other));
        assert_eq!(con.run_flow(&mut wrong).unwrap_err().kind(), ErrorKind::InvalidOperation);
        for id in [id, other] {
            assert_eq!(con.raw::<i64>(&["EXISTS", &Page::key(id).to_string()]), 0);
        }
        let key = Page::key(id).to_string();
        con.raw::<()>(&["SET", &key, "mine"]);
        let error = con.run(Page::update(id).incr(f.hits, 1).or_insert(&new(id))).unwrap_err();
        assert!(error.is_wrong_type(), "{error}");
    });
}

#[test]
fn an_insert_over_a_record_of_another_version_is_an_error() {
    on_one_server(|con| {
        let (id, f) = (fresh(), Page::FIELDS);
        let key = Page::key(id).to_string();
        con.raw::<i64>(&["HSET", &key, "hits", "7"]);
        let upsert = || Page::update(id).incr(f.hits, 1).or_insert(&new(id));
        assert_eq!(con.run(upsert()).unwrap_err().kind(), ErrorKind::NoMigration);
        con.raw::<i64>(&["HSET", &key, "_v", "3"]);
        assert_eq!(con.run(upsert()).unwrap_err().kind(), ErrorKind::NewerVersion);
        assert_eq!(con.hash(&key), pairs([("_v", "3"), ("hits", "7")]));
    });
}

#[test]
fn many_that_upsert_one_record_lose_nothing() {
    const TASKS: u64 = 16;
    const ROUNDS: u64 = 25;
    on_sync_connections(|con| {
        let (id, f) = (fresh(), Page::FIELDS);
        let shared = con.target.async_connection();
        runtime().block_on(async {
            let tasks: Vec<_> = (0..TASKS)
                .map(|_| {
                    let mut con = shared.clone();
                    tokio::spawn(async move {
                        for _ in 0..ROUNDS {
                            let upsert = Page::update(id).incr(f.hits, 1).or_insert(&new(id));
                            con.run(upsert.required()).await.unwrap();
                            let modify = Page::modify(id, |page| page.hits += 1).attempts(1000);
                            let mut modify = modify.or_insert_with(|| Page { hits: 0, ..new(id) });
                            con.run_flow(&mut modify).await.unwrap().expect("applied");
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
        let page = con.run(Page::get(id)).unwrap().unwrap();
        assert_eq!((page.hits, page.revision), (2 * TASKS * ROUNDS, 2 * TASKS * ROUNDS));
    });
}

#[test]
fn modify_inserts_a_record_that_was_changed_like_one_that_was_read() {
    everywhere(|con| {
        let id = fresh();
        let mut modify = Page::modify(id, |page| {
            page.hits += 1;
            page.hits
        })
        .or_insert_with(|| new(id));
        assert_eq!(con.run_flow(&mut modify).unwrap(), Outcome::Applied(2));
        assert_eq!(con.run_flow(&mut modify).unwrap(), Outcome::Applied(3));
        let page = con.run(Page::get(id)).unwrap().unwrap();
        assert_eq!((page.hits, page.revision), (3, 2));
        let blob = Blob { id, hits: 0 };
        let mut modify = Blob::modify(id, |blob| blob.hits += 1).or_insert_with(|| blob.clone());
        con.run_flow(&mut modify).unwrap().expect("applied");
        let mut modify = modify.required();
        con.run_flow(&mut modify).unwrap();
        assert_eq!(con.run(Blob::get(id)).unwrap(), Some(Blob { id, hits: 2 }));
        assert!(con.raw::<i64>(&["TTL", &Blob::key(id).to_string()]) > 3500);
    });
}

#[test]
fn a_record_is_read_or_created_once() {
    everywhere(|con| {
        let (id, mut made) = (fresh(), 0);
        let mut make = || {
            made += 1;
            new(id)
        };
        let mut flow = Page::get_or_insert_with(id, &mut make);
        let first = con.run_flow(&mut flow).unwrap();
        assert_eq!(first, Page { revision: 1, ..new(id) }, "as it is stored");
        assert_eq!(con.run_flow(&mut flow).unwrap(), first);
        assert_eq!(made, 1);
        assert!(con.raw::<i64>(&["TTL", &Page::key(id).to_string()]) > 3500);
        // It can be saved.
        con.run(first.save()).unwrap();

        let blob =
            con.run_flow(&mut Blob::get_or_insert_with(id, || Blob { id, hits: 1 })).unwrap();
        assert_eq!(con.run(Blob::get(id)).unwrap(), Some(blob));
        let again =
            con.run_flow(&mut Blob::get_or_insert_with(id, || Blob { id, hits: 2 })).unwrap();
        assert_eq!(again.hits, 1);
    });
}

#[test]
fn of_many_that_create_a_record_all_get_the_same() {
    on_sync_connections(|con| {
        let shared = con.target.async_connection();
        for _ in 0..20 {
            let id = fresh();
            let all = runtime().block_on(async {
                let tasks: Vec<_> = (0..16_u64)
                    .map(|hits| {
                        let mut con = shared.clone();
                        tokio::spawn(async move {
                            let mut flow = Blob::get_or_insert_with(id, || Blob { id, hits });
                            con.run_flow(&mut flow).await.unwrap()
                        })
                    })
                    .collect();
                let mut all = Vec::new();
                for task in tasks {
                    all.push(task.await.unwrap());
                }
                all
            });
            let stored = con.run(Blob::get(id)).unwrap().unwrap();
            assert!(all.iter().all(|blob| *blob == stored), "{all:?}");
        }
    });
}

#[test]
fn a_record_that_is_not_sync_is_inserted_by_a_task() {
    let id = fresh();
    let mut con = crate::support::Target::Server.async_connection();
    let make = move || WithCell { id, hits: 1, _cell: Cell::new(0) };
    let hits = runtime().block_on(async move {
        let task = tokio::spawn(async move {
            con.run_flow(&mut WithCell::get_or_insert_with(id, make)).await.unwrap();
            let mut modify = WithCell::modify(id, |it| it.hits += 1).or_insert_with(make);
            con.run_flow(&mut modify).await.unwrap().expect("applied");
            con.run(WithCell::select(id, WithCell::FIELDS.hits)).await.unwrap()
        });
        task.await.unwrap()
    });
    assert_eq!(hits, Some(2));
}

#[test]
fn an_upsert_is_one_script() {
    let page = new(1);
    let upsert = Page::update(1).incr(Page::FIELDS.hits, 1).or_insert(&page);
    let plan = upsert.explain().unwrap();
    assert_eq!((plan.commands().len(), plan.round_trips()), (1, 1));
    assert_eq!(plan.commands()[0].script(), Some("update"));
}
