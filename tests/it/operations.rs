//! Operations: together, explained, and however the scripts are known.

use redis_model::{Json, Operation, RedisModel, batch};
use serde::{Deserialize, Serialize};

use crate::support::{Con, everywhere, fresh};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "op:user:{id}")]
struct User {
    id: u64,
    name: Option<String>,
    visits: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "op:blob:{id}", blob = Json)]
struct Blob {
    id: u64,
    text: String,
}

fn user(id: u64) -> User {
    User { id, name: None, visits: 1 }
}

#[test]
fn tuples_arrays_and_vecs_are_one_round_trip() {
    everywhere(|con| {
        let (a, b, blob) = (user(fresh()), user(fresh()), Blob { id: fresh(), text: "t".into() });
        let ((), [(), ()], (read, missing)) = con
            .run((a.save(), [a.save(), b.save()], (User::get(a.id), Blob::get(blob.id))))
            .unwrap();
        assert_eq!((read.as_ref(), missing), (Some(&a), None));
        let all = con.run(vec![User::get(a.id), User::get(b.id), User::get(fresh())]).unwrap();
        let all: Vec<_> = all.into_iter().map(Result::unwrap).collect();
        assert_eq!(all, [Some(a.clone()), Some(b.clone()), None]);
        let many = con.run(User::get_many([b.id, a.id])).unwrap();
        let many: Vec<_> = many.into_iter().map(Result::unwrap).collect();
        assert_eq!(many, [Some(b), Some(a.clone())]);
        assert!(con.run(User::get(a.id).map(|user| user.is_some())).unwrap());
        assert!(con.run(Vec::<redis_model::op::Get<User>>::new()).unwrap().is_empty());
    });
}

#[test]
fn in_a_tuple_the_first_error_wins_and_the_rest_is_read() {
    everywhere(|con| {
        let (good, bad) = (user(fresh()), user(fresh()));
        con.raw::<()>(&["SET", &bad.own_key(), "x"]);
        let error = con.run((good.save(), User::get(bad.id), good.save())).unwrap_err();
        assert_eq!(error.key(), Some(&*bad.own_key()));
        // The connection is as good as before.
        assert_eq!(con.run(User::get(good.id)).unwrap(), Some(good));
    });
}

#[test]
fn in_a_batch_each_item_has_its_own_result() {
    #[derive(RedisModel)]
    #[redis(key = "op:float:{id}")]
    struct Float {
        id: u64,
        x: f64,
    }
    everywhere(|con| {
        let records = [1.0, f64::NAN, 3.0, 4.0].map(|x| Float { id: fresh(), x });
        con.raw::<()>(&["SET", &records[2].own_key(), "x"]);
        let saved = con.run((batch(records.iter().map(Float::save)), User::exists(1))).unwrap().0;
        assert_eq!(saved.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, false, true]);
        assert_eq!(saved[1].as_ref().unwrap_err().field(), Some("x"));
        assert!(saved[2].as_ref().unwrap_err().is_wrong_type());
        // A batch in which nothing can be sent, and a first item that cannot.
        let nan = || Float { id: 1, x: f64::NAN };
        assert!(con.run(batch([nan().save()])).unwrap()[0].is_err());
        let mixed = con.run(batch([nan().save(), records[0].save()])).unwrap();
        assert!(mixed[0].is_err() && mixed[1].is_ok());
    });
}

#[test]
fn scripts_survive_a_flush_alone_and_in_company() {
    everywhere(|con| {
        let record = user(fresh());
        let f = User::FIELDS;
        let visit = || User::update(record.id).incr(f.visits, 1).returning(f.visits);
        for round in 1..4 {
            con.raw::<()>(&["SCRIPT", "FLUSH"]);
            con.run(record.save()).unwrap();
            con.raw::<()>(&["SCRIPT", "FLUSH"]);
            let (first, second, read) = con.run((visit(), visit(), User::get(record.id))).unwrap();
            assert_eq!((first.applied(), second.applied()), (Some(2), Some(3)), "round {round}");
            assert_eq!(read.unwrap().visits, 3);
            con.raw::<()>(&["SCRIPT", "FLUSH"]);
            assert_eq!(con.run(visit()).unwrap().applied(), Some(4));
            let seen = con.run(batch((0..5).map(|_| visit()))).unwrap();
            let seen: Vec<_> =
                seen.into_iter().map(|seen| seen.unwrap().applied().unwrap()).collect();
            assert_eq!(seen, [5, 6, 7, 8, 9]);
        }
    });
}

#[test]
fn explain_shows_the_exact_commands() {
    let show = |plan: redis_model::Result<redis_model::op::Explanation>| plan.unwrap().to_string();
    let full = User { id: 7, name: Some("Al B".into()), visits: -3 };
    assert_eq!(show(full.save().explain()), r#"HSET op:user:7 name "Al B" visits -3"#);
    assert_eq!(show(User::get(7).explain()), "HMGET op:user:7 name visits");
    assert_eq!(show(User::select(7, User::FIELDS.name).explain()), "HMGET op:user:7 name visits");
    assert_eq!(show(User::exists(7).explain()), "HEXISTS op:user:7 visits");
    assert_eq!(show(User::ttl(7).explain()), "PTTL op:user:7");
    let (f, id) = (User::FIELDS, 7);
    let counted = User::update(id).or_create().incr(f.visits, 2).explain().unwrap();
    assert_eq!(counted.commands()[0].script(), Some("update"));
    assert_eq!(
        show(User::update(id).or_create().set(f.visits, 1).explain()),
        "HSET op:user:7 visits 1"
    );
    let guarded = User::update(id).set(f.name, "x").explain().unwrap();
    assert_eq!(guarded.commands()[0].script(), Some("update"));
    assert_eq!(guarded.keys().collect::<Vec<_>>(), [b"op:user:7"]);
    let none = user(7).save().explain().unwrap();
    assert_eq!(none.commands()[0].script(), Some("hash_save"));
    assert!(
        none.to_string().ends_with(
            "1 op:user:7 save \"\" \"\" \"\" \"\" \"\" 0 0 2 visits 1 name # hash_save.lua"
        ),
        "{none}"
    );

    let blob = Blob { id: 7, text: "t".into() };
    let json = r#""{\"id\":7,\"text\":\"t\"}""#;
    assert_eq!(show(blob.save().explain()), format!("SET op:blob:7 {json} GET KEEPTTL"));
    assert_eq!(show(blob.create().explain()), format!("SET op:blob:7 {json} NX KEEPTTL"));
    assert_eq!(show(Blob::get(7).explain()), "GET op:blob:7");
    let hour = std::time::Duration::from_secs(3600);
    assert_eq!(show(Blob::get(7).refresh(hour).explain()), "GETEX op:blob:7 PX 3600000");
    assert_eq!((User::get(7), User::get(8)).explain().unwrap().round_trips(), 1);
}

#[test]
fn futures_can_be_spawned() {
    let client = crate::support::server().client().unwrap();
    crate::support::runtime().block_on(async move {
        let con = client.get_multiplexed_async_connection().await.unwrap();
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let mut con = con.clone();
                tokio::spawn(async move {
                    let record = user(fresh());
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
fn connections_behind_references_and_clients_work() {
    let mut con = crate::support::server().connection().unwrap();
    let record = user(fresh());
    record.save().run(&mut con as &mut dyn redis::ConnectionLike).unwrap();
    record.save().run(&mut &mut con).unwrap();
    let mut client = crate::support::server().client().unwrap();
    assert_eq!(User::get(record.id).run(&mut client).unwrap(), Some(record));
    let _ = Con::sync();
}
