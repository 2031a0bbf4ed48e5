//! A connection with an open MULTI: a queued command is not reported as applied.

use redis_model::{Json, Operation, RedisModel};
use serde::{Deserialize, Serialize};

use crate::support::{Con, fresh, server};

#[derive(RedisModel)]
#[redis(key = "queued:hash:{id}")]
struct Record {
    id: u64,
    name: String,
    nick: Option<String>,
}

#[derive(Serialize, Deserialize, RedisModel)]
#[redis(key = "queued:blob:{id}", blob = Json)]
struct Page {
    id: u64,
    text: String,
}

#[test]
fn a_write_that_was_only_queued_is_an_error() {
    for url in [server().url().to_owned(), server().url_resp3()] {
        let mut con = redis::Client::open(url).unwrap().get_connection().unwrap();
        redis::cmd("MULTI").exec(&mut con).unwrap();
        let id = fresh();
        let record = |nick| Record { id, name: "Ada".into(), nick };
        let page = |size| Page { id, text: "x".repeat(size) };
        let queued = |result: redis_model::Result<()>, what: &str| {
            let error = result.expect_err(what);
            assert!(error.to_string().contains("open MULTI"), "{what}: {error}");
        };
        queued(record(Some("a".into())).save().run(&mut con), "save by HSET");
        queued(record(None).save().run(&mut con), "save by a script");
        queued(record(None).create().run(&mut con).map(drop), "create of a hash");
        queued(page(10).save().run(&mut con), "save of a small blob");
        queued(page(5000).save().run(&mut con), "save of a large blob");
        queued(page(10).create().run(&mut con).map(drop), "create of a blob");
        queued(Page::get(id).run(&mut con).map(drop), "get of a blob");
        queued(Record::exists(id).run(&mut con).map(drop), "exists");
        let update = Record::update(id).or_create().set(Record::FIELDS.name, "x");
        queued(update.run(&mut con).map(drop), "update by HSET");
        let many = [record(None), record(Some("b".into()))];
        for saved in Record::save_many(&many).run(&mut con).unwrap() {
            queued(saved, "save_many");
        }
        redis::cmd("DISCARD").exec(&mut con).unwrap();
        let there: u8 = Con::sync().raw(&["EXISTS", &Record::key(id), &Page::key(id)]);
        assert_eq!(there, 0);
    }
}

#[test]
fn a_step_that_ends_a_foreign_multi_is_reported_as_applied() {
    let mut con = server().connection().unwrap();
    let id = fresh();
    redis::cmd("MULTI").exec(&mut con).unwrap();
    let record = Record { id, name: "Ada".into(), nick: Some("a".into()) };
    let step = redis_model::atomic((record.save(), Record::get(id)));
    let error = step.run(&mut con).map(drop).unwrap_err();
    assert!(error.is_applied() && error.to_string().contains("open MULTI"), "{error}");
    assert!(Record::get(id).run(&mut con).unwrap().is_some());
}
