//! Conditions of writes: `delete`, `take`, `expire`, `persist` and `save` with `only_if`.

use std::time::Duration;

use redis_model::{
    Condition, ErrorKind, Json, Operation, Outcome, RedisFields, RedisModel, atomic,
};

use crate::support::{Con, everywhere, fresh, on_one_server, on_sync_connections, pairs, runtime};

#[derive(Debug, Clone, PartialEq, RedisFields)]
struct Address {
    street: String,
    zip: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "conditions:{id}", ttl = "1h")]
struct Order {
    id: u64,
    #[redis(alias = "status")]
    state: String,
    total: i64,
    weight: f64,
    held_by: Option<String>,
    #[redis(codec = Json)]
    items: Vec<String>,
    #[redis(flatten)]
    address: Option<Address>,
}

fn order(id: u64) -> Order {
    let (held_by, items) = (Some("Ada".into()), vec!["tea".into()]);
    let address = Some(Address { street: "High St".into(), zip: None });
    Order { id, state: "open".into(), total: 30, weight: 0.5, held_by, items, address }
}

/// A model whose writes are counted, of the second version.
#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "conditions:counted:{id}", version_field = "_v", version = 2)]
struct Counted {
    id: u64,
    text: Option<String>,
    #[redis(alias = "Size")]
    size: u64,
    #[redis(revision)]
    revision: u32,
}

fn saved(con: &mut Con) -> (u64, String) {
    let order = order(fresh());
    con.run(order.save()).unwrap();
    (order.id, order.redis_key().to_string())
}

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn a_verb_with_a_condition_is_applied_only_if_it_holds() {
    everywhere(|con| {
        let ((id, key), f) = (saved(con), Order::FIELDS);
        let before = con.hash(&key);
        let changed = Order { total: 1, held_by: None, ..order(id) };

        let refused = f.state.eq("paid");
        let conflict = con.run(Order::delete(id).only_if(refused)).unwrap();
        assert_eq!(conflict.conflict().unwrap().fields().collect::<Vec<_>>(), ["state"]);
        assert_eq!(conflict.conflict().unwrap().key(), key);
        assert!(con.run(Order::expire(id, MINUTE).only_if(f.total.lt(30))).unwrap().is_conflict());
        assert!(con.run(Order::persist(id).only_if(f.total.gt(30))).unwrap().is_conflict());
        assert!(
            con.run(changed.save().only_if(f.items.ne(vec!["tea".to_owned()])))
                .unwrap()
                .is_conflict()
        );
        assert_eq!(con.hash(&key), before);
        assert!(con.raw::<i64>(&["TTL", &key]) > 3500);

        let applied = Outcome::Applied(());
        assert_eq!(con.run(Order::expire(id, MINUTE).only_if(f.total.lt(31))).unwrap(), applied);
        assert!((1..=60).contains(&con.raw::<i64>(&["TTL", &key])));
        assert_eq!(con.run(Order::persist(id).only_if(f.held_by.ne("Bob"))).unwrap(), applied);
        assert_eq!(con.raw::<i64>(&["TTL", &key]), -1);
        assert_eq!(con.run(changed.save().only_if(f.weight.at_most(0.5))).unwrap(), applied);
        assert_eq!(con.run(Order::get(id)).unwrap(), Some(changed));
        assert!(con.raw::<i64>(&["TTL", &key]) > 3500, "a save sets the model's TTL");
        let street = f.address.street.one_of(["Low St", "High St"]);
        assert_eq!(
            con.run(Order::delete(id).only_if(street).only_if(f.held_by.ne("Ada"))).unwrap(),
            applied
        );
        assert_eq!(con.raw::<i64>(&["EXISTS", &key]), 0);
    });
}

#[test]
fn without_a_record_nothing_is_written() {
    everywhere(|con| {
        let (id, f) = (fresh(), Order::FIELDS);
        let (key, holds) = (Order::key(id).to_string(), || f.held_by.is_absent());
        assert!(con.run(Order::delete(id).only_if(holds())).unwrap().is_missing());
        assert!(con.run(Order::expire(id, MINUTE).only_if(holds())).unwrap().is_missing());
        assert!(con.run(Order::persist(id).only_if(holds())).unwrap().is_missing());
        assert!(con.run(order(id).save().only_if(holds())).unwrap().is_missing());
        assert!(con.run_flow(&mut Order::take(id).only_if(holds())).unwrap().is_missing());
        assert_eq!(con.raw::<i64>(&["EXISTS", &key]), 0);
        // A hash that is no record belongs to another program.
        con.raw::<i64>(&["HSET", &key, "other", "1"]);
        assert!(con.run(Order::delete(id).only_if(holds())).unwrap().is_missing());
        assert!(con.run(Order::expire(id, MINUTE).only_if(holds())).unwrap().is_missing());
        assert_eq!((con.hash(&key), con.raw::<i64>(&["TTL", &key])), (pairs([("other", "1")]), -1));
    });
}

#[test]
fn a_key_of_another_type_is_left_alone() {
    on_one_server(|con| {
        let (id, f) = (fresh(), Order::FIELDS);
        let key = Order::key(id).to_string();
        con.raw::<()>(&["SET", &key, "mine"]);
        let errors = [
            con.run(Order::delete(id).only_if(f.total.ne(1))).unwrap_err(),
            con.run(Order::expire(id, MINUTE).only_if(f.total.ne(1))).unwrap_err(),
            con.run(order(id).save().only_if(f.total.ne(1))).unwrap_err(),
            con.run_flow(&mut Order::take(id).only_if(f.total.ne(1))).unwrap_err(),
        ];
        assert!(errors.iter().all(|error| error.is_wrong_type() && error.key() == Some(&*key)));
        assert_eq!(con.raw::<String>(&["GET", &key]), "mine");
        assert_eq!(con.raw::<i64>(&["TTL", &key]), -1);
    });
}

#[test]
fn a_conditional_save_writes_what_a_save_writes() {
    everywhere(|con| {
        let (one, other) = (saved(con).0, saved(con).0);
        for id in [one, other] {
            let key = Order::key(id).to_string();
            con.raw::<i64>(&["HSET", &key, "unknown", "stays", "status", "old"]);
        }
        let record = |id| Order { held_by: None, address: None, total: -5, ..order(id) };
        con.run(record(one).save().ttl(MINUTE)).unwrap();
        let conditional = record(other).save().ttl(MINUTE).only_if(Order::FIELDS.total.eq(30));
        assert!(con.run(conditional).unwrap().is_applied());
        let [one, other] = [one, other].map(|id| Order::key(id).to_string());
        assert_eq!(con.hash(&one), con.hash(&other));
        assert!((1..=60).contains(&con.raw::<i64>(&["TTL", &other])));
    });
}

#[test]
fn a_value_under_an_alias_is_compared_and_stays_where_it_is() {
    on_one_server(|con| {
        let ((id, key), f) = (saved(con), Order::FIELDS);
        con.raw::<i64>(&["HDEL", &key, "state"]);
        con.raw::<i64>(&["HSET", &key, "status", "paid"]);
        let before = con.hash(&key);
        assert!(
            con.run(Order::expire(id, MINUTE).only_if(f.state.eq("paid"))).unwrap().is_applied()
        );
        assert_eq!(con.hash(&key), before);
        let taken = con.run_flow(&mut Order::take(id).only_if(f.state.eq("paid"))).unwrap();
        assert_eq!(taken.expect("the order").state, "paid");
    });
}

#[test]
fn only_a_save_counts_as_a_write_and_a_stale_one_is_a_conflict() {
    on_one_server(|con| {
        let (id, f) = (fresh(), Counted::FIELDS);
        let key = Counted::key(id).to_string();
        let mut record = Counted { id, text: Some("a".into()), size: 1, revision: 0 };
        con.run(record.save()).unwrap();
        con.run(Counted::expire(id, MINUTE).only_if(f.size.eq(1))).unwrap().expect("a record");
        con.run(Counted::persist(id).only_if(f.size.eq(1))).unwrap().expect("a record");
        assert_eq!(con.raw::<String>(&["HGET", &key, "revision"]), "1");

        (record.text, record.size) = (None, 2);
        let stale = con.run(record.save().only_if(f.size.eq(1))).unwrap();
        assert!(stale.conflict().unwrap().contains(f.revision));
        record.revision = 1;
        con.raw::<i64>(&["HSET", &key, "revision", "001"]);
        con.run(record.save().only_if(f.size.eq(1))).unwrap().expect("the same revision");
        assert_eq!(con.hash(&key), pairs([("_v", "2"), ("revision", "2"), ("size", "2")]));
        con.raw::<i64>(&["HSET", &key, "revision", "4294967295"]);
        record.revision = u32::MAX;
        let error = con.run(record.save().only_if(f.size.eq(2))).unwrap_err();
        assert!(error.is_out_of_range(), "{error}");
    });
}

#[test]
fn a_record_of_another_version_is_an_error_and_stays() {
    on_one_server(|con| {
        let (id, f) = (fresh(), Counted::FIELDS);
        let key = Counted::key(id).to_string();
        for (version, kind) in [("1", ErrorKind::NoMigration), ("3", ErrorKind::NewerVersion)] {
            con.raw::<i64>(&["HSET", &key, "_v", version, "size", "1", "revision", "1"]);
            let before = con.hash(&key);
            let record = Counted { id, text: None, size: 2, revision: 1 };
            let errors = [
                con.run(Counted::delete(id).only_if(f.size.eq(1))).unwrap_err(),
                con.run(Counted::expire(id, MINUTE).only_if(f.size.eq(1))).unwrap_err(),
                con.run(record.save().only_if(f.size.eq(1))).unwrap_err(),
                con.run_flow(&mut Counted::take(id).only_if(f.size.eq(1))).unwrap_err(),
            ];
            for error in errors {
                assert_eq!((error.kind(), error.key()), (kind, Some(&*key)));
            }
            assert_eq!((con.hash(&key), con.raw::<i64>(&["TTL", &key])), (before, -1));
        }
        let record = Counted { id, text: None, size: 2, revision: 1 };
        let error = con.run(record.save().overwrite_newer().only_if(f.size.eq(1))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidOperation);
    });
}

#[test]
fn a_bad_condition_is_an_error_before_anything_is_sent() {
    on_one_server(|con| {
        let (id, f) = (saved(con).0, Order::FIELDS);
        let nan = Order::delete(id).only_if(f.weight.ne(f64::NAN)).explain().unwrap_err();
        assert_eq!((nan.field(), nan.kind()), (Some("weight"), ErrorKind::InvalidValue));
        let nested = Condition::any([Condition::all([f.weight.one_of([1.0, f64::INFINITY])])]);
        assert!(con.run(Order::delete(id).only_if(nested)).unwrap_err().is_invalid_value());
        let zip = f.address.zip;
        for none in [zip.at_least(None), zip.at_most(None), zip.gt(None), zip.lt(None)] {
            let error = con.run(Order::delete(id).only_if(none)).unwrap_err();
            assert_eq!(
                (error.field(), error.kind()),
                (Some("address.zip"), ErrorKind::InvalidOperation)
            );
        }
        let zero = Order::expire(id, Duration::ZERO).only_if(f.total.eq(30));
        assert_eq!(con.run(zero).unwrap_err().kind(), ErrorKind::InvalidOperation);
        assert!(con.run(Order::exists(id)).unwrap());
    });
}

#[test]
fn conditions_of_nothing_hold_always_or_never() {
    on_one_server(|con| {
        let ((id, _), f) = (saved(con), Order::FIELDS);
        let never = con.run(Order::delete(id).only_if(Condition::any([]))).unwrap();
        assert_eq!(never.conflict().unwrap().fields().count(), 0);
        assert!(never.ok().unwrap_err().to_string().contains("a condition does not hold"));
        let none: [&str; 0] = [];
        let never = con.run(Order::delete(id).only_if(f.state.one_of(none))).unwrap();
        assert!(never.conflict().unwrap().contains(f.state));
        assert!(con.run(Order::delete(id).only_if(Condition::all([]))).unwrap().is_applied());
    });
}

#[test]
fn a_conflict_names_each_field_once_and_only_those_in_the_way() {
    on_one_server(|con| {
        let ((id, _), f) = (saved(con), Order::FIELDS);
        let held = Condition::any([f.weight.eq(9.0), f.state.eq("open")]);
        let failed =
            Condition::any([f.total.lt(1), Condition::all([f.total.gt(40), f.items.eq(vec![])])]);
        let outcome = con.run(Order::delete(id).only_if(held).only_if(failed)).unwrap();
        assert_eq!(outcome.conflict().unwrap().fields().collect::<Vec<_>>(), ["total", "items"]);
    });
}

#[test]
fn conditional_verbs_are_members_of_tuples_batches_and_atomic_steps() {
    everywhere(|con| {
        let ((id, _), (other, _), f) = (saved(con), saved(con), Order::FIELDS);
        let delete = |id, state| Order::delete(id).only_if(f.state.eq(state));
        let (kept, expired) = con
            .run((delete(id, "paid"), Order::expire(id, MINUTE).only_if(f.total.eq(30))))
            .unwrap();
        assert!(kept.is_conflict() && expired.is_applied());
        let outcomes =
            con.run(vec![delete(id, "paid").required(), delete(other, "open").required()]).unwrap();
        assert!(outcomes[0].as_ref().unwrap_err().is_conflict() && outcomes[1].is_ok());
        let (deleted, found) = con.run(atomic((delete(id, "open"), Order::exists(id)))).unwrap();
        assert!(deleted.is_applied() && !found);
    });
}

#[test]
fn of_many_that_take_a_record_when_it_is_paid_one_gets_it() {
    on_sync_connections(|con| {
        let ((id, key), f) = (saved(con), Order::FIELDS);
        let shared = con.target.async_connection();
        let taken = runtime().block_on(async {
            let takers: Vec<_> = (0..8)
                .map(|_| {
                    let mut con = shared.clone();
                    tokio::spawn(async move {
                        loop {
                            let mut take = Order::take(id).only_if(f.state.eq("paid"));
                            match con.run_flow(&mut take).await {
                                Ok(Outcome::Applied(order)) => return Some(order),
                                Ok(Outcome::Missing(_)) => return None,
                                Ok(Outcome::Conflict(_)) => {}
                                Err(error) => assert!(error.is_conflict(), "{error}"),
                            }
                        }
                    })
                })
                .collect();
            let mut con = shared.clone();
            for total in 0..200 {
                let state = if total == 199 { "paid" } else { "open" };
                let update = Order::update(id).set(f.total, total).set(f.state, state);
                con.run(update.required()).await.unwrap();
            }
            let mut taken = Vec::new();
            for taker in takers {
                taken.extend(taker.await.unwrap());
            }
            taken
        });
        assert_eq!(taken, [Order { total: 199, state: "paid".into(), ..order(id) }]);
        assert_eq!(con.raw::<i64>(&["EXISTS", &key]), 0);
    });
}

#[test]
fn a_record_that_does_not_meet_the_condition_any_more_is_not_taken() {
    on_sync_connections(|con| {
        let ((id, _), f) = (saved(con), Order::FIELDS);
        let shared = con.target.async_connection();
        let taken = runtime().block_on(async {
            let mut other = shared.clone();
            let toggling = tokio::spawn(async move {
                for total in 0..300 {
                    let state = if total % 2 == 0 { "open" } else { "paid" };
                    let update = Order::update(id).set(f.state, state).set(f.total, total);
                    if other.run(update).await.unwrap().is_missing() {
                        return;
                    }
                }
            });
            let mut con = shared.clone();
            let taken = loop {
                let mut take = Order::take(id).only_if(f.state.eq("paid")).required();
                match con.run_flow(&mut take).await {
                    Ok(order) => break order,
                    Err(error) => assert!(error.is_conflict(), "{error}"),
                }
            };
            toggling.await.unwrap();
            taken
        });
        assert_eq!(taken.state, "paid");
        assert_eq!(taken.total % 2, 1);
    });
}
