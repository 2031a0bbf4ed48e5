//! The errors of values of another shape name the path, wherever the value is stored.

use std::collections::BTreeMap;

use redis_model::codec::{Bincode, KeyRing, MsgPack, Postcard, Sealed, Zstd};
use redis_model::patterns::Queue;
use redis_model::structures::{List, Map, Value};
use redis_model::{Error, ErrorKind, Json, RedisModel, ValueError};
use serde::{Deserialize, Serialize};

use crate::support::{fresh, keys, on_one_server};

keys! {
    TestKeys: KeyRing::new(1, [1; 32]);
}

/// A line of an order, whose price is of any type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Line<P = u32> {
    name: String,
    price: P,
}

fn lines() -> Vec<Line<String>> {
    vec![Line { name: "hunter2".into(), price: "hunter3".into() }]
}

const PLACE: &str = "[0].price: expected a number (u32), found text";

#[track_caller]
fn ends<T: std::fmt::Debug>(result: Result<T, Error>, end: &str) -> Error {
    let error = result.expect_err("a value of another shape");
    assert!(error.to_string().ends_with(end), "{error}");
    assert!(!error.to_string().contains("hunter"), "{error}");
    assert_eq!(error.kind(), ErrorKind::Codec);
    error
}

macro_rules! orders {
    ($($module:ident $codec:ty;)*) => {$(
        mod $module {
            use super::*;

            #[derive(Debug, RedisModel)]
            #[redis(key = "paths:hash:{id}", name = "Order")]
            pub(super) struct Written { pub(super) id: u64, #[redis(codec = $codec)] pub(super) items: Vec<Line<String>> }

            #[derive(Debug, RedisModel)]
            #[redis(key = "paths:hash:{id}")]
            pub(super) struct Order { pub(super) id: u64, #[redis(codec = $codec)] pub(super) items: Vec<Line> }
        }

        #[test]
        fn $module() {
            on_one_server(|con| {
                let id = fresh();
                con.run($module::Written { id, items: lines() }.save()).unwrap();
                let end = format!("at {PLACE}");
                let error = ends(con.run($module::Order::get(id)), &end);
                assert_eq!(error.field(), Some("items"));
                let f = $module::Order::FIELDS;
                ends(con.run($module::Order::select(id, f.items)), &end);
                ends(con.run($module::Order::get_many([id])).unwrap().remove(0), &end);
                ends(con.run_flow(&mut $module::Order::take(id)), &end);
                ends(con.run($module::Order::edit(id)), &end);
            });
        }
    )*};
}

orders! {
    a_field_of_json Json;
    a_field_of_msgpack MsgPack;
    a_compressed_field Zstd<Json>;
    a_sealed_field Sealed<MsgPack, TestKeys>;
}

#[derive(Debug, Serialize, Deserialize)]
struct OldOrder {
    lines: Vec<Line>,
}

#[derive(Debug, Serialize, Deserialize, RedisModel)]
#[redis(key = "paths:blob:{id}", blob = Json, version = 2, migrate(OldOrder))]
struct Order {
    #[serde(skip)]
    id: u64,
    items: Vec<Line>,
}

impl TryFrom<OldOrder> for Order {
    type Error = ValueError;

    fn try_from(old: OldOrder) -> Result<Self, ValueError> {
        Ok(Self { id: 0, items: old.lines })
    }
}

#[derive(Debug, Serialize, Deserialize, RedisModel)]
#[redis(key = "paths:blob:{id}", blob = Json, version = 2, name = "Order")]
struct WrittenOrder {
    id: u64,
    items: Vec<Line<String>>,
}

#[test]
fn a_blob_with_an_envelope_and_one_of_an_older_version() {
    on_one_server(|con| {
        let id = fresh();
        con.run(WrittenOrder { id, items: lines() }.save()).unwrap();
        ends(con.run(Order::get(id)), &format!("at items{PLACE}"));
        con.raw::<()>(&[
            "SET",
            &Order::key(id),
            r#"{"lines":[{"name":"hunter2","price":"hunter3"}]}"#,
        ]);
        ends(con.run(Order::get(id)), &format!("at lines{PLACE}"));
    });
}

#[derive(Debug, Serialize, Deserialize, RedisModel)]
#[redis(key = "paths:compact:{id}", blob = Postcard, envelope = "none")]
struct Numbers {
    id: u64,
    flags: Vec<u8>,
}

#[derive(Debug, Serialize, Deserialize, RedisModel)]
#[redis(key = "paths:compact:{id}", blob = Postcard, envelope = "none")]
struct Flags {
    id: u64,
    flags: Vec<bool>,
}

#[test]
fn a_blob_without_names() {
    on_one_server(|con| {
        let id = fresh();
        con.run(Numbers { id, flags: vec![1, 0, 7] }.save()).unwrap();
        let error = con.run(Flags::get(id)).unwrap_err().to_string();
        assert!(
            error.contains("not postcard of this type at flags[2]: expected true or false"),
            "{error}"
        );
    });
}

#[test]
fn items_of_structures_and_jobs_of_queues() {
    on_one_server(|con| {
        let key = format!("paths:{}", fresh());
        let list = List::<Line<String>, Json>::at(&*key);
        con.run(list.push_back_all(lines())).unwrap();
        let mut items = con.run(List::<Line, Json>::at(&*key).range(..)).unwrap();
        let error = ends(items.remove(0), "at price: expected a number (u32), found text");
        assert_eq!((error.item(), error.key()), (Some(0), Some(&*key)));

        let key = format!("paths:{}", fresh());
        let value = Value::<Vec<Line<String>>, MsgPack>::at(&*key);
        con.run(value.set(lines())).unwrap();
        ends(con.run(Value::<Vec<Line>, MsgPack>::at(&*key).get()), &format!("at {PLACE}"));

        let key = format!("paths:{}", fresh());
        let map = Map::<String, BTreeMap<String, String>, Json>::at(&*key);
        con.run(map.set("hunter4", BTreeMap::from([("hunter5".to_owned(), "x".to_owned())])))
            .unwrap();
        let map = Map::<String, BTreeMap<String, u8>, Json>::at(&*key);
        ends(con.run(map.get("hunter4")), "at […]: expected a number (u8), found text");

        let name = format!("{{paths:{}}}", fresh());
        con.run(Queue::<Vec<Line<String>>, Json>::new(&name).push(lines())).unwrap();
        let mut jobs = con.run(Queue::<Vec<Line>, Json>::new(&name).take(1)).unwrap();
        ends(jobs.remove(0), &format!("at {PLACE}"));

        let key = format!("paths:{}", fresh());
        con.run(List::<(u8, u8), Bincode>::at(&*key).push_back((1, 2))).unwrap();
        let items = List::<(u8, bool), Bincode>::at(&*key).range(..);
        let error = con.run(items).unwrap().remove(0).unwrap_err().to_string();
        assert!(
            error.contains("not bincode of this type at [1]: expected true or false"),
            "{error}"
        );
    });
}
