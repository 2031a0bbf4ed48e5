//! Blobs whose bytes do not hold their id, as other programs write them.

use redis_model::codec::{MsgPack, Postcard};
use redis_model::{Json, Outcome, RedisModel};
use serde::{Deserialize, Serialize};

use crate::support::{Con, everywhere, fresh, on_one_server};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "blobid:json:{id}", blob = Json)]
struct User {
    #[serde(skip)]
    id: u64,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "blobid:parts:{tenant}:{id}", blob = MsgPack)]
struct Member {
    name: String,
    #[serde(skip)]
    id: u64,
    #[serde(skip)]
    tenant: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "blobid:postcard:{id}", blob = Postcard)]
struct Compact {
    #[serde(skip)]
    id: u64,
    name: String,
}

/// Reads records with and without an id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "blobid:json:{id}", blob = Json)]
struct Either {
    #[serde(default)]
    id: u64,
    name: String,
}

/// Needs the id in the bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "blobid:json:{id}", blob = Json)]
struct Needy {
    id: u64,
    name: String,
}

#[derive(Serialize, Deserialize)]
struct OldUser {
    nick: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "blobid:old:{id}", blob = Json, version = 2, migrate(OldUser))]
struct Migrated {
    #[serde(skip)]
    id: u64,
    name: String,
}

impl From<OldUser> for Migrated {
    fn from(old: OldUser) -> Self {
        Self { id: 0, name: old.nick }
    }
}

fn user(id: u64, name: &str) -> User {
    User { id, name: name.into() }
}

fn store(con: &mut Con, name: &str) -> u64 {
    let id = fresh();
    con.raw::<()>(&["SET", &User::key(id), &format!(r#"{{"name":"{name}"}}"#)]);
    id
}

#[test]
fn every_read_fills_the_id_from_the_key() {
    everywhere(|con| {
        let (id, other) = (store(con, "Ada"), store(con, "Eve"));
        let ada = Some(user(id, "Ada"));
        assert_eq!(con.run(User::get(id)).unwrap(), ada);
        let refreshed = User::get(id).refresh_for(std::time::Duration::from_secs(900));
        assert_eq!(con.run(refreshed).unwrap(), ada);
        let both = con.run(User::get_many([id, other])).unwrap();
        let ids: Vec<_> = both.into_iter().map(|it| it.unwrap().unwrap().id).collect();
        assert_eq!(ids, [id, other]);
        assert_eq!(con.run((User::get(id), User::get(other))).unwrap().0, ada);
        assert_eq!(con.run(Either::get(id)).unwrap().unwrap().id, id);
        assert_eq!(con.run_flow(&mut User::take(id)).unwrap(), ada);
        let taken = con.run_flow(&mut User::take_many([other])).unwrap().remove(0).unwrap();
        assert_eq!(taken, Some(user(other, "Eve")));
    });
}

#[test]
fn every_write_leaves_the_id_out() {
    everywhere(|con| {
        let id = store(con, "Ada");
        let key = User::key(id);
        let mut draft = con.run(User::edit(id)).unwrap().unwrap();
        assert_eq!(draft.id, id);
        draft.name.push('!');
        assert!(matches!(con.run(draft.commit()).unwrap(), Outcome::Applied(_)));
        assert_eq!(con.raw::<String>(&["GET", &key]), r#"{"name":"Ada!"}"#);
        let ids = con.run_flow(&mut User::modify(id, |user| {
            user.name.push('?');
            user.id
        }));
        assert!(matches!(ids.unwrap(), Outcome::Applied(it) if it == id));
        let changed = con.run(User::get(id)).unwrap().unwrap();
        con.run(changed.save()).unwrap();
        assert_eq!(con.raw::<String>(&["GET", &key]), r#"{"name":"Ada!?"}"#);
        assert!(!con.run(user(id, "other").create()).unwrap());
    });
}

#[test]
fn a_key_of_several_parts_and_formats_without_names_fill_it_too() {
    everywhere(|con| {
        let (tenant, id) = ("acme".to_owned(), fresh());
        let member = Member { name: "Ada".into(), id, tenant };
        con.run(member.save()).unwrap();
        assert_eq!(con.run(Member::get(("acme", id))).unwrap(), Some(member));
        let compact = Compact { id, name: "Ada".into() };
        con.run(compact.save()).unwrap();
        assert_eq!(con.run(Compact::get(id)).unwrap(), Some(compact.clone()));
        // Only the key has the id, so the bytes have no use without one.
        assert_eq!(Compact::from_bytes(&compact.to_bytes().unwrap()).unwrap().id, 0);
    });
}

#[test]
fn an_older_version_without_an_id_gets_it_too() {
    everywhere(|con| {
        let id = fresh();
        con.raw::<()>(&["SET", &Migrated::key(id), r#"{"nick":"Ada"}"#]);
        let ada = Some(Migrated { id, name: "Ada".into() });
        assert_eq!(con.run(Migrated::get(id)).unwrap(), ada);
    });
}

#[test]
fn a_scan_fills_the_ids() {
    #[derive(Debug, Serialize, Deserialize, RedisModel)]
    #[redis(key = "blobid:scan:{id}", blob = Json)]
    struct Scanned {
        #[serde(skip)]
        id: u64,
        name: String,
    }

    let mut con = Con::sync();
    let mut expected = Vec::new();
    for _ in 0..30 {
        let id = fresh();
        expected.push(id);
        con.raw::<()>(&["SET", &Scanned::key(id), r#"{"name":"Ada"}"#]);
    }
    let mut scan = Scanned::scan();
    let mut found: Vec<u64> = Vec::new();
    while let Some(page) = con.run_flow(&mut scan).unwrap() {
        found.extend(page.into_iter().map(|it| it.unwrap().id));
    }
    found.sort_unstable();
    found.dedup();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn the_error_of_a_record_without_an_id_says_what_to_add() {
    on_one_server(|con| {
        let id = store(con, "Ada");
        let error = con.run(Needy::get(id)).unwrap_err();
        let expected = format!(
            "Needy `{}`, codec json: JSON of another shape than the type (line 1, column 14): the \
             field `id` is missing; add `#[serde(skip)]` to `id`, which the key has",
            Needy::key(id)
        );
        assert_eq!(error.to_string(), expected);
        // Another field is not in the key.
        con.raw::<()>(&["SET", &Needy::key(id), r#"{"id":7}"#]);
        let error = con.run(Needy::get(id)).unwrap_err().to_string();
        assert!(error.ends_with("): the field `name` is missing"), "{error}");
    });
}
