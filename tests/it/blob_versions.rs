//! Versions of a blob model, and a change of its codec as a rolling deploy.

use redis_model::codec::{MsgPack, Postcard};
use redis_model::{ErrorKind, Json, Operation, RedisModel, ValueError};
use serde::{Deserialize, Serialize};

use crate::support::{Con, everywhere, fresh, on_sync_connections};

/// Declares the versions of a model, one module for each codec.
macro_rules! generations {
    ($($module:ident $codec:ident)*) => {$(
        mod $module {
            use super::*;

            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
            #[redis(key = "versions:{id}", blob = $codec, name = "User")]
            pub(super) struct First { pub(super) id: u64, pub(super) name: String }

            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
            #[redis(key = "versions:{id}", blob = $codec, name = "User", version = 2, migrate(First))]
            pub(super) struct Second { pub(super) id: u64, pub(super) first: String, pub(super) last: String }

            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
            #[redis(key = "versions:{id}", blob = $codec, name = "User", version = 3, migrate(First, Second))]
            pub(super) struct User { pub(super) id: u64, pub(super) names: Vec<String> }

            /// Does not list the first version.
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
            #[redis(key = "versions:{id}", blob = $codec, name = "User", version = 3, migrate(Second))]
            pub(super) struct Forgetful { pub(super) id: u64, pub(super) names: Vec<String> }

            impl TryFrom<First> for Second {
                type Error = ValueError;
                fn try_from(old: First) -> Result<Self, ValueError> {
                    let (first, last) = old.name.split_once(' ').ok_or(ValueError::new("there is no last name"))?;
                    Ok(Self { id: old.id, first: first.to_owned(), last: last.to_owned() })
                }
            }

            impl From<Second> for User {
                fn from(old: Second) -> Self {
                    Self { id: old.id, names: vec![old.first, old.last] }
                }
            }

            impl From<Second> for Forgetful {
                fn from(old: Second) -> Self {
                    Self { id: old.id, names: vec![old.first, old.last] }
                }
            }

            #[test]
            fn every_older_version_is_read() {
                everywhere(|con| {
                    let id = fresh();
                    let names = vec!["Alice".to_owned(), "Example".to_owned()];
                    con.run(First { id, name: "Alice Example".into() }.save()).unwrap();
                    assert_eq!(con.run(User::get(id)).unwrap().unwrap().names, names);
                    con.run(Second { id, first: "Alice".into(), last: "Example".into() }.save()).unwrap();
                    assert_eq!(con.run(User::get(id)).unwrap().unwrap().names, names);
                    let now = User { id, names };
                    con.run(now.save()).unwrap();
                    assert_eq!(con.run(User::get(id)).unwrap(), Some(now));
                });
            }

            #[test]
            fn failed_migrations_are_reported() {
                let old = First { id: 1, name: "Prince".into() }.to_bytes().unwrap();
                let error = User::from_bytes(&old).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::NoMigration);
                assert!(error.to_string().contains("from version 1 refused it: there is no last name"), "{error}");
                assert!(!format!("{error:?}").contains("Prince"));

                let old = First { id: 1, name: "Alice Example".into() }.to_bytes().unwrap();
                let error = Forgetful::from_bytes(&old).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::NoMigration);
                assert!(error.to_string().contains("version 1"), "{error}");

                let new = User { id: 1, names: vec![] }.to_bytes().unwrap();
                for error in [Second::from_bytes(&new).unwrap_err(), First::from_bytes(&new).unwrap_err()] {
                    assert_eq!(error.kind(), ErrorKind::NewerVersion);
                }
            }
        }
    )*};
}

generations! {
    json Json
    msgpack MsgPack
    postcard Postcard
}

/// The programs of a rolling deploy from JSON to MessagePack.
mod generation {
    use super::*;

    macro_rules! session {
        ($name:ident: $($attributes:tt)*) => {
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
            #[redis(key = "deploy:{id}", name = "Session", $($attributes)*)]
            pub(super) struct $name { pub(super) id: u64, pub(super) user: String, pub(super) hits: Vec<u32> }
        };
    }

    session!(Before: blob = Json);
    session!(First: codecs = [Json, MsgPack]);
    session!(Second: codecs = [MsgPack, Json]);
    session!(After: blob = MsgPack);
    session!(Compact: codecs = [Postcard, MsgPack]);
}

#[test]
fn adjacent_generations_read_each_others_records() {
    use generation::{After, Before, Compact, First, Second};

    fn pass<A, B>(
        con: &mut Con,
        id: u64,
        made: impl Fn(u64, String, Vec<u32>) -> A,
        user: impl Fn(&B) -> (String, Vec<u32>),
    ) where
        A: RedisModel<Id = u64> + Sync,
        B: RedisModel<Id = u64> + Send,
    {
        let (name, hits) = (format!("user-{id}"), vec![1, 2, id as u32]);
        con.run(made(id, name.clone(), hits.clone()).save()).unwrap();
        let read = con.run(B::get(id)).unwrap().expect("it was just saved");
        assert_eq!(
            user(&read),
            (name, hits),
            "{} to {}",
            std::any::type_name::<A>(),
            std::any::type_name::<B>()
        );
    }

    macro_rules! both_ways {
        ($con:ident, $a:ident, $b:ident) => {
            pass(
                $con,
                fresh(),
                |id, user, hits| $a { id, user, hits },
                |it: &$b| (it.user.clone(), it.hits.clone()),
            );
            pass(
                $con,
                fresh(),
                |id, user, hits| $b { id, user, hits },
                |it: &$a| (it.user.clone(), it.hits.clone()),
            );
        };
    }

    everywhere(|con| {
        both_ways!(con, Before, First);
        both_ways!(con, First, Second);
        both_ways!(con, Second, After);
        pass(
            con,
            fresh(),
            |id, user, hits| After { id, user, hits },
            |it: &Compact| (it.user.clone(), it.hits.clone()),
        );
        // Skipping a step is an error, not garbage.
        let id = fresh();
        con.run(After { id, user: "alice".into(), hits: vec![] }.save()).unwrap();
        let error = con.run(Before::get(id)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Foreign);
        assert!(error.to_string().contains("it looks like MessagePack"), "{error}");
    });
}

#[test]
fn an_old_and_a_new_program_write_one_record_in_turn() {
    use generation::{First, Second};
    on_sync_connections(|con| {
        let id = fresh();
        con.run(First { id, user: "alice".into(), hits: vec![0] }.save()).unwrap();
        for turn in 1..=20 {
            // Each program adds to the record of the other.
            if turn % 2 == 0 {
                let mut session = con.run(First::get(id)).unwrap().unwrap();
                session.hits.push(turn);
                con.run(session.save()).unwrap();
            } else {
                let mut session = con.run(Second::get(id)).unwrap().unwrap();
                session.hits.push(turn);
                con.run(session.save()).unwrap();
            }
        }
        let hits = con.run(First::get(id).map(|session| session.unwrap().hits)).unwrap();
        assert_eq!(hits, (0..=20).collect::<Vec<_>>());
    });
}
