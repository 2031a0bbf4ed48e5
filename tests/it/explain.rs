//! `explain`: the exact commands of an operation, without a server.

use redis_model::op::Explanation;
use redis_model::{Json, Operation, RedisModel, Result};
use serde::{Deserialize, Serialize};

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
fn explain_shows_the_exact_commands() {
    let show = |plan: Result<Explanation>| plan.unwrap().to_string();
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
    assert_eq!(show(Blob::get(7).refresh_for(hour).explain()), "GETEX op:blob:7 PX 3600000");
    assert_eq!((User::get(7), User::get(8)).explain().unwrap().round_trips(), 1);
}
