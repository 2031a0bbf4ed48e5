//! Tuples, arrays and `Vec`s of operations: one round trip, typed outputs.

use redis_model::op::Get;
use redis_model::{Json, Operation, RedisModel};
use serde::{Deserialize, Serialize};

use crate::support::{fresh, on_one_server};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "tuple:user:{id}")]
struct User {
    id: u64,
    name: Option<String>,
    visits: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "tuple:blob:{id}", blob = Json)]
struct Blob {
    id: u64,
    text: String,
}

fn user(id: u64) -> User {
    User { id, name: None, visits: 1 }
}

#[test]
fn tuples_arrays_and_vecs_are_one_round_trip() {
    on_one_server(|con| {
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
        assert!(con.run(Vec::<Get<User>>::new()).unwrap().is_empty());
    });
}

#[test]
fn a_tuple_returns_the_first_error_and_reads_all_replies() {
    on_one_server(|con| {
        let (good, bad) = (user(fresh()), user(fresh()));
        con.raw::<()>(&["SET", &bad.redis_key(), "x"]);
        let error = con.run((good.save(), User::get(bad.id), good.save())).unwrap_err();
        assert_eq!(error.key(), Some(&*bad.redis_key()));
        // The connection stays usable.
        assert_eq!(con.run(User::get(good.id)).unwrap(), Some(good));
    });
}
