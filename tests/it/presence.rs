//! `get`, `exists`, `count`, `create`, `update` and `take` agree on which hashes are records.

use std::time::Duration;

use redis_model::embedded::Server;
use redis_model::{ErrorKind, Outcome, RedisModel, Ttl, Update};

use crate::support::{Con, fresh, on_one_server, pairs};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "presence:{id}")]
struct Person {
    id: u64,
    #[redis(alias = "nom")]
    name: String,
    age: u32,
    nick: Option<String>,
    #[redis(default)]
    visits: u32,
}

/// A model without required fields.
#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "presence:note:{id}")]
struct Note {
    id: u64,
    text: Option<String>,
    #[redis(default)]
    stars: u8,
}

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "presence:versioned:{id}")]
struct VersionedV1 {
    id: u64,
    text: Option<String>,
}

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "presence:versioned:{id}", version_field = "_v", version = 2, migrate(VersionedV1))]
struct Versioned {
    id: u64,
    title: String,
    note: Option<String>,
}

impl From<VersionedV1> for Versioned {
    fn from(old: VersionedV1) -> Self {
        Self { id: old.id, title: old.text.unwrap_or_default(), note: None }
    }
}

#[derive(Debug, PartialEq, Clone, Copy)]
enum Found {
    None,
    Damaged,
    Some,
}

/// Checks every verb on a hash with these fields, and that `get` returns the expected result.
fn agree<M>(con: &mut Con, fields: &[(&str, &str)], found: Found, update: fn(u64) -> Update<M>)
where
    M: redis_model::HashModel<Id = u64> + Send + Sync,
{
    let stored = |con: &mut Con| {
        let id = fresh();
        for (name, value) in fields {
            con.raw::<()>(&["HSET", &M::key(id), name, value]);
        }
        id
    };
    let id = stored(con);
    let exists = found != Found::None;
    let read = match con.run(M::get(id)) {
        Ok(None) => Found::None,
        Ok(Some(_)) => Found::Some,
        Err(_) => Found::Damaged,
    };
    assert_eq!(read, found, "get of {fields:?}");
    assert_eq!(con.run(M::exists(id)).unwrap(), exists, "exists of {fields:?}");
    assert_eq!(con.run(M::edit(id)).is_ok_and(|draft| draft.is_none()), !exists);
    let missing = con.run(update(id)).unwrap().is_missing();
    assert_eq!(missing, !exists, "update of {fields:?}");
    let id = stored(con);
    let taken = con.run_flow(&mut M::take(id));
    assert_eq!(taken.is_ok_and(|taken| taken.is_none()), !exists, "take of {fields:?}");
    let id = stored(con);
    let hour = Duration::from_secs(3600);
    let refreshed = con.run(M::get(id).refresh_for(hour));
    assert_eq!(refreshed.is_ok_and(|record| record.is_none()), !exists);
    // The fields of another program get no TTL.
    assert_eq!(con.run(M::ttl(id)).unwrap().remaining().is_some(), exists, "{fields:?}");
}

#[test]
fn all_verbs_agree_on_what_a_record_is() {
    on_one_server(|con| {
        use Found::{Damaged, None, Some};
        let person = |id| Person::update(id).set(Person::FIELDS.nick, "x");
        for (fields, found) in [
            (&[][..], None),
            (&[("nick", "Al")], None),
            (&[("visits", "1"), ("nick", "Al")], None),
            (&[("other", "program's"), ("_", "")], None),
            (&[("name", "Al")], Damaged),
            (&[("nom", "Al")], Damaged),
            (&[("age", "7"), ("nick", "Al")], Damaged),
            (&[("name", ""), ("age", "7")], Some),
            (&[("nom", "Al"), ("age", "7")], Some),
        ] {
            agree::<Person>(con, fields, found, person);
        }
        let note = |id| Note::update(id).set(Note::FIELDS.text, "x");
        for (fields, found) in [
            (&[][..], None),
            (&[("other", "program's")], None),
            (&[("_", "")], Some),
            (&[("text", "x")], Some),
            (&[("stars", "1")], Some),
        ] {
            agree::<Note>(con, fields, found, note);
        }
        let versioned = |id| Versioned::update(id).set(Versioned::FIELDS.note, "x");
        for (fields, found) in [
            (&[][..], None),
            (&[("note", "x")], None),
            (&[("_v", "2")], Damaged),
            (&[("_v", "2"), ("title", "x")], Some),
        ] {
            agree::<Versioned>(con, fields, found, versioned);
        }
        // A record of the first version, which an update leaves alone.
        let id = fresh();
        con.raw::<()>(&["HSET", &Versioned::key(id), "text", "x"]);
        assert!(con.run(Versioned::exists(id)).unwrap());
        assert!(con.run(Versioned::get(id)).unwrap().is_some());
        assert_eq!(con.run(versioned(id)).unwrap_err().kind(), ErrorKind::NoMigration);
    });
}

#[test]
fn create_writes_if_get_finds_no_record() {
    on_one_server(|con| {
        let id = fresh();
        let key = Person::key(id);
        con.raw::<()>(&["HSET", &key, "nick", "left over", "other", "program's"]);
        let person = Person { id, name: "Al".into(), age: 7, nick: None, visits: 0 };
        assert!(con.run(person.create()).unwrap());
        assert_eq!(con.run(Person::get(id)).unwrap(), Some(person.clone()));
        assert!(!con.run(person.create()).unwrap());
        assert_eq!(con.raw::<String>(&["HGET", &key, "other"]), "program's");
        // A damaged record is a record: `create` does not overwrite it.
        con.raw::<()>(&["HDEL", &key, "name"]);
        assert!(!con.run(person.create()).unwrap());
    });
}

#[test]
fn count_counts_the_records_that_get_finds() {
    let server = Server::start().unwrap();
    let con = &mut server.connection().unwrap();
    for id in 0..2500 {
        let field = if id % 2 == 0 { "name" } else { "nick" };
        redis::cmd("HSET").arg(&*Person::key(id)).arg(field).arg("x").exec(con).unwrap();
    }
    assert_eq!(Person::count().run(con).unwrap(), 1250);
    assert_eq!(Person::count().page_size(10).run(con).unwrap(), 1250);
}

#[test]
fn or_create_never_creates_what_get_cannot_read() {
    on_one_server(|con| {
        let f = Person::FIELDS;
        let updates: [fn(u64) -> Update<Person>; 6] = [
            |id| Person::update(id),
            |id| Person::update(id).remove(Person::FIELDS.nick),
            |id| Person::update(id).set(Person::FIELDS.nick, None),
            |id| Person::update(id).only_if(Person::FIELDS.nick.is_absent()),
            |id| Person::update(id).set(Person::FIELDS.name, "x").expire(Duration::from_secs(9)),
            |id| {
                Person::update(id)
                    .incr(Person::FIELDS.age, 1)
                    .set_if_absent(Person::FIELDS.nick, "x")
            },
        ];
        for update in updates {
            let id = fresh();
            let error = con.run(update(id).or_create()).unwrap_err();
            assert!(error.is_missing_field() && !error.is_applied(), "{error}");
            let text = error.to_string();
            assert!(text.contains("`name`") || text.contains("`age`"), "{text}");
            assert!(text.contains("`save`") && text.contains("`create`"), "{text}");
            assert_eq!(error.key(), Some(&*Person::key(id)));
            assert!(!con.raw::<bool>(&["EXISTS", &Person::key(id)]));
            // A hash with fields of another program only is not a record.
            con.raw::<()>(&["HSET", &Person::key(id), "nick", "x"]);
            if let Ok(outcome) = con.run(update(id).or_create()) {
                assert!(outcome.conflict().is_some_and(|conflict| conflict.contains(f.nick)));
            }
            assert_eq!(con.hash(&Person::key(id)), pairs([("nick", "x")]));
        }
        // An update that sets all required fields, in any way, creates the record.
        let id = fresh();
        let made = Person::update(id).or_create().set_if_absent(f.name, "Al").incr(f.age, 7);
        assert!(con.run(made).unwrap().is_applied());
        let person = Person { id, name: "Al".into(), age: 7, nick: None, visits: 0 };
        assert_eq!(con.run(Person::get(id)).unwrap(), Some(person));
        // An update of an existing record need not set them.
        assert!(con.run(Person::update(id).or_create()).unwrap().is_applied());
    });
}

#[test]
fn a_record_without_required_fields_stays_one_through_every_update() {
    on_one_server(|con| {
        let (id, f) = (fresh(), Note::FIELDS);
        assert!(con.run(Note::update(id).or_create()).unwrap().is_applied());
        assert_eq!(con.hash(&Note::key(id)), pairs([("_", "")]));
        let minute = Duration::from_secs(60);
        for stored in [&["text", "x"][..], &["text", "x", "other", "program's"]] {
            let id = fresh();
            let key = Note::key(id);
            con.raw::<()>(&[&["HSET", &key], stored].concat());
            assert!(con.run(Note::expire(id, minute)).unwrap());
            let removed = con.run(Note::update(id).remove(f.text)).unwrap();
            assert_eq!(removed, Outcome::Applied(()));
            assert_eq!(con.run(Note::get(id)).unwrap(), Some(Note { id, text: None, stars: 0 }));
            assert!(con.run(Note::ttl(id)).unwrap().remaining().is_some(), "{stored:?}");
        }
    });
}

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "presence:renamed:{id}")]
struct OldName {
    id: u64,
    name: String,
}

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "presence:renamed:{id}", version_field = "_v", version = 2, migrate(OldName))]
struct NewNames {
    id: u64,
    first: String,
    last: String,
}

impl From<OldName> for NewNames {
    fn from(old: OldName) -> Self {
        Self { id: old.id, first: old.name, last: String::new() }
    }
}

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "presence:alias:{id}")]
struct Alias {
    id: u64,
    #[redis(alias = "nom")]
    name: String,
}

#[test]
fn a_write_that_replaces_every_field_keeps_the_records_ttl() {
    on_one_server(|con| {
        let minute = Duration::from_secs(60);
        let lives = |ttl: Ttl| ttl.remaining().is_some_and(|left| left <= minute);
        let id = fresh();
        con.run(OldName { id, name: "Ada".into() }.save().ttl(minute)).unwrap();
        let mut draft = con.run(NewNames::edit(id)).unwrap().unwrap();
        draft.last = "Lovelace".into();
        assert!(con.run(draft.commit()).unwrap().is_applied());
        assert!(lives(con.run(NewNames::ttl(id)).unwrap()));

        let id = fresh();
        con.raw::<()>(&["HSET", &Alias::key(id), "nom", "Ada"]);
        con.run(Alias::expire(id, minute)).unwrap();
        let moved = con.run(Alias::update(id).set(Alias::FIELDS.name, "Bob")).unwrap();
        assert!(moved.is_applied());
        assert_eq!(con.hash(&Alias::key(id)), pairs([("name", "Bob")]));
        assert!(lives(con.run(Alias::ttl(id)).unwrap()));
    });
}
