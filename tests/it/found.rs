//! Results as programs want them: found records, whole records, copies of operations.

use std::error::Error as _;
use std::sync::Arc;

use redis_model::structures::{Counter, List};
use redis_model::{Error, ErrorKind, Json, Operation, Outcome, Record, RedisFields, RedisModel};
use serde::{Deserialize, Serialize};

use crate::support::{everywhere, fresh, on_one_server};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "found:{id}")]
struct Item {
    id: u64,
    text: String,
    note: Option<String>,
}

fn items(count: usize) -> Vec<Item> {
    (0..count).map(|n| Item { id: fresh(), text: format!("text {n}"), note: None }).collect()
}

#[test]
fn found_returns_the_records_that_exist_in_order() {
    everywhere(|con| {
        let items = items(7);
        let ids: Vec<u64> = items.iter().map(|item| item.id).collect();
        for saved in con.run(Item::save_many(&items[..5])).unwrap() {
            saved.unwrap();
        }
        let mixed = [ids[4], ids[5], ids[0], ids[6], ids[0]];
        let found = con.run(Item::get_many(mixed).found()).unwrap();
        assert_eq!(found, [&items[4], &items[0], &items[0]].map(Clone::clone));
        let texts = con.run(Item::select_many(mixed, Item::FIELDS.text).found()).unwrap();
        assert_eq!(texts, ["text 4", "text 0", "text 0"]);
        assert_eq!(con.run(Item::get_many([0; 0]).found()).unwrap(), []);
        // In a tuple and an atomic step on one key, too.
        let both = (Item::get_many(&ids).found(), Item::exists(ids[0]));
        assert_eq!(con.run(both).unwrap(), (items[..5].to_vec(), true));
        let step = redis_model::atomic(Item::get_many([ids[1], ids[1]]).found());
        assert_eq!(con.run(step).unwrap().len(), 2);
        con.run(Item::delete_many(&ids)).unwrap();
    });
}

#[test]
fn found_fails_with_the_first_error_and_leaves_the_connection_usable() {
    everywhere(|con| {
        let items = items(4);
        let ids: Vec<u64> = items.iter().map(|item| item.id).collect();
        con.run(Item::save_many(&items)).unwrap().into_iter().for_each(|saved| saved.unwrap());
        for damaged in [2, 3] {
            con.raw::<()>(&["DEL", &items[damaged].redis_key()]);
            con.raw::<()>(&["SET", &items[damaged].redis_key(), "somebody's"]);
        }
        let error = con.run(Item::get_many(&ids).found()).unwrap_err();
        assert!(error.is_wrong_type() && error.key() == Some(&*items[2].redis_key()), "{error}");
        let select = Item::select_many(&ids, (Item::FIELDS.note, Item::FIELDS.text));
        let error = con.run(select.clone().found()).unwrap_err();
        assert!(error.is_wrong_type() && error.key() == Some(&*items[2].redis_key()), "{error}");
        let each = con.run(select).unwrap();
        assert!(
            matches!(&each[..], [Ok(Some((None, _))), Ok(Some(_)), Err(_), Err(_)]),
            "{each:?}"
        );
        let results = con.run((Item::get_many(&ids), Item::exists(ids[0]))).unwrap();
        assert!(results.1);
        con.run((Item::get_many(&ids).found(), Item::exists(ids[0]))).unwrap_err();
        assert!(con.run(Item::exists(ids[0])).unwrap());
        for id in &ids {
            con.raw::<()>(&["DEL", &Item::key(id)]);
        }
    });
}

#[test]
fn found_reads_many_records_in_parts() {
    on_one_server(|con| {
        let items = items(2345);
        let ids: Vec<u64> = items.iter().map(|item| item.id).collect();
        con.run(Item::save_many(&items)).unwrap();
        assert_eq!(Item::get_many(&ids).found().explain().unwrap().round_trips(), 3);
        assert_eq!(con.run(Item::get_many(&ids).found()).unwrap(), items);
        let texts = con.run(Item::select_many(&ids, Item::FIELDS.text).found()).unwrap();
        assert!(texts.iter().eq(items.iter().map(|item| &item.text)));
        con.raw::<()>(&["SET", &items[1700].redis_key(), "somebody's"]);
        let error = con.run(Item::get_many(&ids).found()).unwrap_err();
        assert_eq!(error.key(), Some(&*items[1700].redis_key()));
        con.run(Item::delete_many(&ids)).unwrap();
    });
}

#[derive(Debug, Clone, PartialEq, RedisFields)]
struct Address {
    street: String,
    zip: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "found:whole:{tenant}:{path:raw}", ttl = "1h")]
struct Whole {
    visits: u64,
    path: String,
    #[redis(alias = "mail")]
    email: Option<String>,
    #[redis(codec = Json)]
    tags: Vec<String>,
    #[redis(flatten)]
    home: Option<Address>,
    tenant: u32,
    #[redis(skip)]
    cached: bool,
    #[redis(revision)]
    revision: u64,
}

fn whole() -> Whole {
    Whole {
        visits: 1,
        path: format!("{}:a:b", fresh()),
        email: None,
        tags: vec!["a".into()],
        home: None,
        tenant: 7,
        cached: false,
        revision: 0,
    }
}

#[test]
fn an_update_returns_the_whole_record_as_it_is_after_it() {
    everywhere(|con| {
        let (f, mut record) = (Whole::FIELDS, whole());
        let id = (record.tenant, record.path.clone());
        con.run(record.save()).unwrap();
        con.raw::<()>(&["HSET", &record.redis_key(), "mail", "ada@example.com"]);
        let update = Whole::update(&id)
            .incr(f.visits, 2)
            .set(f.home.street, "High St")
            .returning((f.visits, Record, f.tags));
        let returned = con.run(update).unwrap().expect("a record");
        record.visits = 3;
        record.email = Some("ada@example.com".into());
        record.home = Some(Address { street: "High St".into(), zip: None });
        record.revision = 2;
        assert_eq!(returned, (3, record.clone(), vec!["a".to_owned()]));
        assert_eq!(con.run(Whole::get(&id)).unwrap(), Some(record.clone()));
        assert_eq!(con.run(Whole::select(&id, Record)).unwrap(), Some(record.clone()));
        let many = Whole::select_many([&id, &(8, id.1.clone())], (Record, f.visits));
        assert_eq!(con.run(many.found()).unwrap(), [(record, 3)]);
        let missing = Whole::update((8, &id.1)).incr(f.visits, 1).returning(Record);
        assert!(con.run(missing).unwrap().is_missing());
        con.run(Whole::delete(&id)).unwrap();
    });
}

#[test]
fn a_record_that_cannot_be_read_back_is_an_applied_error() {
    everywhere(|con| {
        let (f, record) = (Whole::FIELDS, whole());
        let id = (record.tenant, record.path.as_str());
        con.run(record.save()).unwrap();
        con.raw::<()>(&["HSET", &record.redis_key(), "tags", "hunter2"]);
        let update = Whole::update(id).incr(f.visits, 1).returning(Record);
        let error = con.run(update).unwrap_err();
        assert!(error.is_applied() && error.field() == Some("tags"), "{error}");
        assert!(!error.to_string().contains("hunter2"));
        assert_eq!(con.run(Whole::select(id, f.visits)).unwrap(), Some(2));
        con.run(Whole::delete(id)).unwrap();
    });
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "found:version:{id}")]
struct First {
    id: u64,
    name: String,
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "found:version:{id}", version_field = "_v", version = 2, migrate(First))]
struct Second {
    id: u64,
    names: String,
    count: u32,
}

impl From<First> for Second {
    fn from(first: First) -> Self {
        Self { id: first.id, names: format!("{}!", first.name), count: 0 }
    }
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "found:hollow:{id}")]
struct Hollow {
    id: u64,
    note: Option<String>,
}

#[test]
fn a_whole_record_is_selected_of_every_version_and_without_fields() {
    everywhere(|con| {
        let id = fresh();
        con.run(First { id, name: "Ada".into() }.save()).unwrap();
        let second = Second { id, names: "Ada!".into(), count: 0 };
        assert_eq!(con.run(Second::select(id, Record)).unwrap(), Some(second.clone()));
        let f = Second::FIELDS;
        let update = Second::update(id).incr(f.count, 1).returning(Record);
        assert_eq!(con.run(update.clone()).unwrap_err().kind(), ErrorKind::NoMigration);
        con.run(second.save()).unwrap();
        assert_eq!(con.run(update).unwrap().applied(), Some(Second { count: 1, ..second }));
        con.run(Second::delete(id)).unwrap();

        let hollow = Hollow { id, note: None };
        assert_eq!(con.run(Hollow::select(id, Record)).unwrap(), None);
        con.run(hollow.save()).unwrap();
        assert_eq!(con.run(Hollow::select(id, Record)).unwrap(), Some(hollow.clone()));
        let update = Hollow::update(id).remove(Hollow::FIELDS.note).returning(Record);
        assert_eq!(con.run(update).unwrap(), Outcome::Applied(hollow));
        con.run(Hollow::delete(id)).unwrap();
    });
}

#[test]
fn a_copy_of_an_operation_sends_the_same() {
    fn same<O: Operation + Clone>(operation: O) {
        let copy = operation.clone();
        drop(operation.explain().unwrap());
        assert_eq!(copy.explain().unwrap(), operation.explain().unwrap());
        drop(operation);
        assert!(!copy.explain().unwrap().commands().is_empty());
    }

    let (f, item) = (Item::FIELDS, Item { id: 7, text: "a".into(), note: None });
    let condition = f.text.eq(String::from("a"));
    same(Item::update(7).set(f.note, "b").only_if(condition.clone()).only_if(condition));
    same(Item::update(7).set(f.note, "b").returning((f.note, Record)));
    same((item.save(), item.create(), Item::get(7), Item::delete(7)));
    same((Item::exists(7), Item::ttl(7), Item::persist(7), Item::field_ttl(7, f.note)));
    same((Item::edit(7), Item::select(7, f.text), Item::select_many([7, 8], Record).found()));
    same((Item::get_many([7, 8]), Item::delete_many([7]), Item::save_many([&item])));
    same(Item::get(7).map(|item| item.is_some()));
    same(Item::get(7).boxed());
    same([Counter::<u32>::at("c").incr(1)]);
    same(List::<u32>::at("l").range(..).strict());
}

#[test]
fn a_copy_of_a_flow_runs_by_itself() {
    everywhere(|con| {
        let item = Item { id: fresh(), text: "a".into(), note: None };
        con.run(item.save()).unwrap();
        let mut modify = Item::modify(item.id, |item| item.text.push('b'));
        let mut copy = modify.clone();
        con.run_flow(&mut modify).unwrap().expect("a record");
        con.run_flow(&mut copy).unwrap().expect("a record");

        let mut draft = con.run(Item::edit(item.id)).unwrap().unwrap();
        assert_eq!(draft.text, "abb");
        draft.text.push('c');
        let commit = draft.commit();
        drop(draft);
        assert!(con.run(commit.clone()).unwrap().is_applied());
        assert!(con.run(commit).unwrap().conflict().is_some());

        let mut take = Item::take(item.id);
        let mut copy = take.clone();
        assert_eq!(con.run_flow(&mut take).unwrap().unwrap().text, "abbc");
        assert_eq!(con.run_flow(&mut copy).unwrap(), None);
    });
}

#[test]
fn a_copy_of_an_error_says_the_same_and_shares_its_source() {
    fn check<T: Send + Sync + Clone>(_: &T) {}

    everywhere(|con| {
        let item = Item { id: fresh(), text: "a".into(), note: None };
        con.raw::<()>(&["SET", &item.redis_key(), "somebody's"]);
        let error = con.run(Item::get(item.id)).unwrap_err();
        check(&error);
        let copy = error.clone();
        assert_eq!(copy.to_string(), error.to_string());
        assert_eq!(
            (copy.kind(), copy.key(), copy.code()),
            (error.kind(), error.key(), error.code())
        );
        assert_eq!(copy.source().is_some(), error.source().is_some());
        con.raw::<()>(&["DEL", &item.redis_key()]);
    });

    let refused = redis::Client::open("redis+unix:///nowhere/at/all").unwrap();
    let error: Error = refused.get_connection().map(drop).unwrap_err().into();
    let shared: Vec<Arc<Error>> = vec![Arc::new(error.clone()), Arc::new(error)];
    let sources: Vec<_> =
        shared.iter().map(|error| error.source().unwrap() as *const _ as *const u8).collect();
    assert_eq!(sources[0], sources[1]);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "found:session:{token}", blob = Json, ttl = "2h")]
struct Session {
    token: String,
    user: u64,
}

#[test]
fn refresh_sets_the_ttl_of_the_model() {
    use std::time::Duration;

    const HOUR: Duration = Duration::from_secs(3600);
    assert_eq!((Whole::TTL, Session::TTL, Item::TTL), (Some(HOUR), Some(2 * HOUR), None));
    everywhere(|con| {
        let (record, session) = (whole(), Session { token: fresh().to_string(), user: 7 });
        let (key, blob) = (record.redis_key(), session.redis_key());
        let id = (record.tenant, record.path.as_str());
        let hours = |con: &mut crate::support::Con, key: &str| -> i64 {
            (con.raw::<i64>(&["PTTL", key]) + 60_000) / 3_600_000
        };
        con.run((record.save().persist(), session.save().persist())).unwrap();
        assert_eq!(con.run(Whole::get(id).refresh()).unwrap().unwrap().path, record.path);
        assert_eq!(con.run(Session::get(&session.token).refresh()).unwrap(), Some(session.clone()));
        assert_eq!((hours(con, &key), hours(con, &blob)), (1, 2));
        con.run(Whole::get(id).refresh_for(5 * HOUR)).unwrap();
        con.run(Session::get(&session.token).refresh_for(6 * HOUR)).unwrap();
        assert_eq!((hours(con, &key), hours(con, &blob)), (5, 6));

        let f = Whole::FIELDS;
        con.run(Whole::update(id).incr(f.visits, 1)).unwrap().expect("a record");
        assert_eq!(hours(con, &key), 5);
        con.run(Whole::update(id).incr(f.visits, 1).refresh()).unwrap().expect("a record");
        assert_eq!(hours(con, &key), 1);
        let mut draft = con.run(Session::edit(&session.token)).unwrap().unwrap();
        draft.user = 8;
        con.run(draft.commit().refresh()).unwrap().expect("a record");
        assert_eq!(hours(con, &blob), 2);
        con.run((Whole::delete(id), Session::delete(&session.token))).unwrap();
    });
}
