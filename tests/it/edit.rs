//! Edits: only changed fields are written, and only over the values that were read.

use std::time::Duration;

use redis_model::codec::{KeyProvider, KeyRing, Sealed, Zstd};
use redis_model::{Draft, ErrorKind, Json, Operation, Outcome, RedisFields, RedisModel, Ttl};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, LazyLock};

use crate::support::{Con, Target, everywhere, fresh, on_sync_connections, pairs, runtime};

#[derive(Debug)]
struct AppKeys;

impl KeyProvider for AppKeys {
    fn ring() -> Arc<KeyRing> {
        static RING: LazyLock<Arc<KeyRing>> = LazyLock::new(|| Arc::new(KeyRing::new(1, [7; 32])));
        RING.clone()
    }
}

#[derive(Debug, Clone, PartialEq, RedisFields)]
struct Address {
    street: String,
    city: Option<String>,
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "edit:{id}")]
struct User {
    id: u64,
    name: String,
    nick: Option<String>,
    visits: u64,
    admin: bool,
    #[redis(alias = "mail")]
    email: Option<String>,
    #[redis(default)]
    level: u32,
    #[redis(codec = Json)]
    tags: Vec<String>,
    #[redis(codec = Sealed<Json, AppKeys>)]
    secret: String,
    #[redis(flatten)]
    home: Option<Address>,
}

fn saved(con: &mut Con) -> User {
    let user = User {
        id: fresh(),
        name: "Ada".into(),
        nick: None,
        visits: 7,
        admin: true,
        email: Some("ada@example.com".into()),
        level: 1,
        tags: vec!["a".into()],
        secret: "hidden".into(),
        home: None,
    };
    con.run(user.save()).unwrap();
    user
}

fn edit(con: &mut Con, id: u64) -> Draft<User> {
    con.run(User::edit(id)).unwrap().expect("a record")
}

#[test]
fn an_edit_without_changes_writes_nothing() {
    everywhere(|con| {
        let user = saved(con);
        let mut draft = edit(con, user.id);
        assert_eq!(*draft, user);
        draft.name.push('!');
        draft.name.pop();
        draft.secret = "hidden".into();
        draft.tags.sort();
        let commit = draft.commit();
        assert!(commit.is_empty());
        assert_eq!(commit.explain().unwrap().commands().len(), 0);
        con.raw::<()>(&["DEL", &user.redis_key()]);
        assert_eq!(con.run(&commit).unwrap(), Outcome::Applied(()));
        assert!(!con.run(User::exists(user.id)).unwrap());
    });
}

#[test]
fn only_changed_fields_are_written_and_checked() {
    everywhere(|con| {
        let mut user = saved(con);
        let key = user.redis_key();
        con.raw::<()>(&["HSET", &key, "unknown", "of a newer program"]);
        let mut draft = edit(con, user.id);
        draft.nick = Some("Al".into());
        draft.visits += 1;
        draft.email = None;
        let sent = draft.commit().explain().unwrap().to_string();
        for word in ["sets 4 nick Al visits 8 ", "absent nick", "eq visits bytes 7", "del email"] {
            assert!(sent.contains(word), "{word}: {sent}");
        }
        for name in ["name", "level", "tags", "secret", "home.street"] {
            for word in ["Al", "8", "del", "eq", "absent"] {
                assert!(!sent.contains(&format!("{word} {name}")), "{word} {name}: {sent}");
            }
        }
        // Another client changes a field that the draft does not change.
        con.raw::<()>(&["HSET", &key, "name", "Lovelace"]);
        con.raw::<()>(&["PEXPIRE", &key, "60000"]);
        assert!(con.run(draft.commit()).unwrap().is_applied());
        (user.nick, user.visits, user.email) = (Some("Al".into()), 8, None);
        user.name = "Lovelace".into();
        assert_eq!(con.run(User::get(user.id)).unwrap(), Some(user.clone()));
        assert_eq!(con.raw::<String>(&["HGET", &key, "unknown"]), "of a newer program");
        assert!(con.run(User::ttl(user.id)).unwrap().remaining().is_some());
    });
}

#[test]
fn a_field_that_another_client_changed_is_a_conflict_with_its_name() {
    everywhere(|con| {
        let user = saved(con);
        let (key, f) = (user.redis_key(), User::FIELDS);
        let mut draft = edit(con, user.id);
        (draft.visits, draft.nick, draft.name) = (8, Some("Al".into()), "B".into());
        con.raw::<()>(&["HSET", &key, "visits", "9", "nick", "other"]);
        let before = con.hash(&key);
        let outcome = con.run(draft.commit()).unwrap();
        let conflict = outcome.conflict().unwrap();
        assert_eq!(conflict.fields().collect::<Vec<_>>(), ["nick", "visits"]);
        assert!(conflict.contains(f.visits) && !conflict.contains(f.name));
        assert_eq!(con.hash(&key), before);

        // The same value as other text is a conflict, too.
        let mut draft = edit(con, user.id);
        draft.visits = 10;
        con.raw::<()>(&["HSET", &key, "visits", "09"]);
        assert!(con.run(draft.commit()).unwrap().conflict().is_some());
    });
}

#[test]
fn a_record_that_is_gone_is_not_created_again() {
    everywhere(|con| {
        let user = saved(con);
        let mut draft = edit(con, user.id);
        draft.visits = 8;
        con.raw::<()>(&["DEL", &user.redis_key()]);
        assert!(con.run(draft.commit()).unwrap().is_missing());
        assert!(!con.run(User::exists(user.id)).unwrap());
        assert!(con.run(User::edit(user.id)).unwrap().is_none());
    });
}

/// A value in another program's format and an absent field are no changes.
#[test]
fn values_in_another_format_are_left_alone() {
    everywhere(|con| {
        let user = saved(con);
        let key = user.redis_key();
        con.raw::<()>(&["HSET", &key, "visits", "007", "admin", "true", "tags", r#"[ "a" ]"#]);
        con.raw::<()>(&["HDEL", &key, "level", "email"]);
        con.raw::<()>(&["HSET", &key, "mail", "old@example.com"]);
        let before = con.hash(&key);
        let mut draft = edit(con, user.id);
        assert_eq!((draft.visits, draft.admin, draft.level), (7, true, 0));
        assert!(draft.commit().is_empty());

        // They are compared as stored, and written in this program's format.
        (draft.visits, draft.level) = (8, 1);
        draft.email = Some("new@example.com".into());
        assert!(con.run(draft.commit()).unwrap().is_applied());
        let mut expected: Vec<_> =
            before.into_iter().filter(|(name, _)| name != "mail" && name != "visits").collect();
        expected.extend(pairs([("visits", "8"), ("level", "1"), ("email", "new@example.com")]));
        expected.sort();
        assert_eq!(con.hash(&key), expected);
    });
}

#[test]
fn sealed_and_flattened_fields_can_be_edited() {
    everywhere(|con| {
        let mut user = saved(con);
        let mut draft = edit(con, user.id);
        let mut rival = edit(con, user.id);
        let home = Address { street: "Main St".into(), city: None };
        draft.secret = "another".into();
        draft.home = Some(home.clone());
        rival.secret = "third".into();
        assert!(con.run(draft.commit()).unwrap().is_applied());
        let conflict = con.run(rival.commit()).unwrap();
        assert_eq!(conflict.conflict().unwrap().fields().collect::<Vec<_>>(), ["secret"]);
        (user.secret, user.home) = ("another".into(), Some(home));
        assert_eq!(con.run(User::get(user.id)).unwrap(), Some(user.clone()));

        let mut draft = edit(con, user.id);
        draft.home = None;
        let sent = draft.commit().explain().unwrap().to_string();
        assert!(sent.contains("del home.street") && !sent.contains("del home.city"), "{sent}");
        assert!(con.run(draft.commit()).unwrap().is_applied());
        assert_eq!(con.run(User::get(user.id)).unwrap().unwrap().home, None);
    });
}

#[test]
fn a_key_cannot_be_edited() {
    everywhere(|con| {
        let user = saved(con);
        let mut draft = edit(con, user.id);
        draft.id += 1;
        let error = con.run(draft.commit()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidOperation);
        assert_eq!(error.key(), Some(&*user.redis_key()));
    });
}

#[derive(Debug, RedisModel)]
#[redis(key = "edit:versioned:{id}", ttl = "1h", on_update = "refresh")]
struct Versioned {
    id: u64,
    left: u64,
    right: u64,
    #[redis(revision)]
    version: u64,
}

#[test]
fn with_a_revision_every_other_write_is_a_conflict() {
    everywhere(|con| {
        let id = fresh();
        con.run(Versioned { id, left: 0, right: 0, version: 0 }.save()).unwrap();
        let [mut one, mut other] = [(); 2].map(|()| con.run(Versioned::edit(id)).unwrap().unwrap());
        assert_eq!(one.version, 1);
        (one.left, other.right) = (1, 1);
        con.run(Versioned::expire(id, Duration::from_secs(5))).unwrap();
        assert!(con.run(one.commit()).unwrap().is_applied());
        let left = con.run(Versioned::ttl(id)).unwrap().remaining().unwrap();
        assert!(left > Duration::from_secs(3000), "refreshed: {left:?}");
        let outcome = con.run(other.commit()).unwrap();
        assert!(outcome.conflict().unwrap().contains(Versioned::FIELDS.version));
        let now = con.run(Versioned::get(id)).unwrap().unwrap();
        assert_eq!((now.left, now.right, now.version), (1, 0, 2));

        let mut draft = con.run(Versioned::edit(id)).unwrap().unwrap();
        draft.version = 9;
        assert_eq!(con.run(draft.commit()).unwrap_err().field(), Some("version"));
    });
}

#[derive(Debug, RedisModel)]
#[redis(key = "edit:hollow:{id}")]
struct Hollow {
    id: u64,
    only: Option<String>,
}

#[test]
fn a_record_that_loses_its_last_field_is_still_there() {
    everywhere(|con| {
        let id = fresh();
        con.run(Hollow { id, only: Some("x".into()) }.save()).unwrap();
        let mut draft = con.run(Hollow::edit(id)).unwrap().unwrap();
        draft.only = None;
        assert!(con.run(draft.commit()).unwrap().is_applied());
        assert!(con.run(Hollow::get(id)).unwrap().unwrap().only.is_none());
    });
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "edit:blob:{id}", blob = Zstd<Json>)]
struct Page {
    id: u64,
    bytes: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "edit:sealed:{id}", blob = Sealed<Json, AppKeys>, ttl = "1h")]
struct Secret {
    id: u64,
    text: String,
}

#[test]
fn a_blob_is_replaced_if_its_bytes_are_those_that_were_read() {
    everywhere(|con| {
        let id = fresh();
        let page = Page { id, bytes: (0..=255).collect() };
        con.run(page.save()).unwrap();
        let [mut one, mut other] = [(); 2].map(|()| con.run(Page::edit(id)).unwrap().unwrap());
        assert!(one.commit().is_empty());
        one.bytes.push(0);
        other.bytes.push(1);
        assert!(con.run(one.commit()).unwrap().is_applied());
        assert_eq!(con.run(other.commit()).unwrap().conflict().unwrap().fields().count(), 0);
        assert_eq!(con.run(Page::get(id)).unwrap().unwrap(), one.into_record());
        con.raw::<()>(&["DEL", &Page::key(id)]);
        assert!(con.run(other.commit()).unwrap().is_missing());
        con.raw::<()>(&["RPUSH", &Page::key(id), "a list"]);
        assert!(con.run(other.commit()).unwrap_err().is_wrong_type());
    });
}

#[test]
fn a_sealed_blob_is_edited_and_keeps_its_time_to_live() {
    everywhere(|con| {
        let id = fresh();
        con.run(Secret { id, text: "one".into() }.save().ttl(Duration::from_secs(100))).unwrap();
        let mut draft = con.run(Secret::edit(id)).unwrap().unwrap();
        assert!(draft.commit().is_empty());
        draft.text = "two".into();
        assert!(con.run(draft.commit()).unwrap().is_applied());
        assert!(con.run(Secret::ttl(id)).unwrap().remaining().unwrap() <= Duration::from_secs(100));
        let mut draft = con.run(Secret::edit(id)).unwrap().unwrap();
        assert_eq!(draft.text, "two");
        draft.text = "three".into();
        assert!(con.run(draft.commit().persist()).unwrap().is_applied());
        assert_eq!(con.run(Secret::ttl(id)).unwrap(), Ttl::Persistent);
        let mut draft = con.run(Secret::edit(id)).unwrap().unwrap();
        draft.text = "four".into();
        let zero = con.run(draft.commit().expire(Duration::ZERO)).unwrap_err();
        assert_eq!(zero.kind(), ErrorKind::InvalidOperation);
        assert_eq!(con.run(Secret::get(id)).unwrap().unwrap().text, "three");
    });
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "edit:counted:{id}")]
struct Counted {
    id: u64,
    left: u64,
    right: u64,
}

const ROUNDS: u64 = 200;

/// Runs two editors, each in a task of its own. `count` has the change of each.
fn two_editors(target: Target, id: u64, count: [fn(&mut Counted); 2]) -> [u64; 2] {
    let con = target.async_connection();
    runtime().block_on(async {
        con.clone().run(Counted { id, left: 0, right: 0 }.save()).await.unwrap();
        let editor = |count: fn(&mut Counted)| {
            let mut con = con.clone();
            tokio::spawn(async move {
                let mut conflicts = 0;
                for _ in 0..ROUNDS {
                    loop {
                        let mut draft = con.run(Counted::edit(id)).await.unwrap().unwrap();
                        count(&mut draft);
                        match con.run(draft.commit()).await.unwrap() {
                            Outcome::Applied(()) => break,
                            Outcome::Conflict(_) => conflicts += 1,
                            Outcome::Missing(_) => panic!("gone"),
                        }
                    }
                }
                conflicts
            })
        };
        let [one, other] = count.map(editor);
        [one.await.unwrap(), other.await.unwrap()]
    })
}

#[test]
fn two_editors_of_different_fields_never_conflict() {
    on_sync_connections(|con| {
        let id = fresh();
        let conflicts = two_editors(con.target, id, [|it| it.left += 1, |it| it.right += 1]);
        assert_eq!(conflicts, [0, 0]);
        let counted = con.run(Counted::get(id)).unwrap();
        assert_eq!(counted, Some(Counted { id, left: ROUNDS, right: ROUNDS }));
    });
}

#[test]
fn the_second_of_two_editors_of_one_field_gets_a_conflict() {
    on_sync_connections(|con| {
        let id = fresh();
        let conflicts = two_editors(con.target, id, [|it| it.left += 1, |it| it.left += 1]);
        // Each commit that was reported as applied was applied once, and no other was.
        assert_eq!(con.run(Counted::get(id)).unwrap().unwrap().left, 2 * ROUNDS);
        assert!(conflicts.iter().sum::<u64>() > 0, "they never met");
    });
}

#[test]
fn modify_retries_until_no_other_client_was_faster() {
    const TASKS: u64 = 8;
    on_sync_connections(|con| {
        let id = fresh();
        con.run(Counted { id, left: 0, right: 0 }.save()).unwrap();
        let shared = con.target.async_connection();
        runtime().block_on(async {
            let tasks: Vec<_> = (0..TASKS)
                .map(|_| {
                    let mut con = shared.clone();
                    tokio::spawn(async move {
                        for _ in 0..50 {
                            let mut modify = Counted::modify(id, |it| it.left += 1).attempts(1000);
                            assert!(con.run_flow(&mut modify).await.unwrap().is_applied());
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
        assert_eq!(con.run(Counted::get(id)).unwrap().unwrap().left, TASKS * 50);
    });
}

#[test]
fn modify_gives_up_after_its_attempts_and_creates_nothing() {
    everywhere(|con| {
        let id = fresh();
        let missing = con.run_flow(&mut Counted::modify(id, |it| it.left = 1)).unwrap();
        assert!(missing.is_missing());

        con.run(Counted { id, left: 0, right: 0 }.save()).unwrap();
        let (mut rival, mut calls) = (Con::sync_to(con.target), 0);
        // Another client is faster every time.
        let mut modify = Counted::modify(id, |it| {
            calls += 1;
            let f = Counted::FIELDS;
            rival.run(Counted::update(id).incr(f.left, 1)).unwrap().expect("a record");
            it.left = 1000;
        })
        .attempts(3);
        let outcome = con.run_flow(&mut modify).unwrap();
        assert!(outcome.conflict().unwrap().contains(Counted::FIELDS.left));
        assert_eq!((calls, con.run(Counted::get(id)).unwrap().unwrap().left), (3, 3));

        let mut refused = Counted::modify(id, |it| {
            if it.left > 2 {
                return Err("enough");
            }
            it.left += 1;
            Ok(())
        });
        assert_eq!(con.run_flow(&mut refused).unwrap(), Outcome::Applied(Err("enough")));
        assert_eq!(con.run(Counted::get(id)).unwrap().unwrap().left, 3);
    });
}
