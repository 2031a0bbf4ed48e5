//! Versions of a hash model, in a field of the hash.

use redis_model::{ErrorKind, Json, Operation, Outcome, RedisFields, RedisModel, ValueError};

use crate::support::{Con, everywhere, fresh, on_sync_connections, pairs};

/// The struct before it had a version.
#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "hv:{id}", name = "User")]
struct First {
    id: u64,
    name: String,
    #[redis(rename = "mail", alias = "e-mail")]
    email: Option<String>,
    visits: u32,
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "hv:{id}", name = "User", version_field = "_v", version = 2, migrate(First))]
struct Second {
    id: u64,
    first: String,
    last: String,
    email: Option<String>,
    #[redis(default)]
    visits: u64,
}

#[derive(Debug, Clone, PartialEq, RedisFields)]
struct Name {
    first: String,
    last: String,
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "hv:{id}", name = "User", version_field = "_v", version = 3, migrate(First, Second))]
struct User {
    id: u64,
    #[redis(flatten)]
    name: Name,
    #[redis(codec = Json)]
    emails: Vec<String>,
    visits: u64,
    nick: Option<String>,
}

/// Does not list the first version, and treats unknown versions as absent.
#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "hv:{id}", version_field = "_v", version = 3, migrate(Second), on_mismatch = "miss")]
struct Forgetful {
    id: u64,
    visits: u64,
}

impl TryFrom<First> for Second {
    type Error = ValueError;

    fn try_from(old: First) -> Result<Self, ValueError> {
        let (first, last) =
            old.name.split_once(' ').ok_or(ValueError::new("there is no last name"))?;
        let (first, last) = (first.to_owned(), last.to_owned());
        Ok(Self { id: old.id, first, last, email: old.email, visits: old.visits.into() })
    }
}

impl From<Second> for User {
    fn from(old: Second) -> Self {
        Self {
            id: old.id,
            name: Name { first: old.first, last: old.last },
            emails: old.email.into_iter().collect(),
            visits: old.visits,
            nick: None,
        }
    }
}

impl From<Second> for Forgetful {
    fn from(old: Second) -> Self {
        Self { id: old.id, visits: old.visits }
    }
}

fn first(id: u64) -> First {
    First { id, name: "Ada Lovelace".into(), email: Some("ada@example.com".into()), visits: 7 }
}

fn user(id: u64) -> User {
    User {
        id,
        name: Name { first: "Ada".into(), last: "Lovelace".into() },
        emails: vec!["ada@example.com".into()],
        visits: 7,
        nick: None,
    }
}

fn second(id: u64) -> Second {
    Second::try_from(first(id)).unwrap()
}

fn hash(con: &mut Con, id: u64) -> Vec<(String, String)> {
    con.hash(&format!("hv:{id}"))
}

const NOW: [(&str, &str); 5] = [
    ("_v", "3"),
    ("name.first", "Ada"),
    ("name.last", "Lovelace"),
    ("emails", "[\"ada@example.com\"]"),
    ("visits", "7"),
];

fn kind<T: std::fmt::Debug>(result: redis_model::Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}

#[test]
fn every_older_version_is_read_in_one_command() {
    everywhere(|con| {
        let id = fresh();
        con.run(first(id).save()).unwrap();
        assert_eq!(con.run(User::get(id)).unwrap(), Some(user(id)));
        con.run(second(id).save()).unwrap();
        assert_eq!(con.run(User::get(id)).unwrap(), Some(user(id)));
        con.run(user(id).save()).unwrap();
        assert_eq!(con.run(User::get(id)).unwrap(), Some(user(id)));
        let many = con.run(User::get_many([id, fresh()])).unwrap();
        assert!(matches!(&many[..], [Ok(Some(found)), Ok(None)] if *found == user(id)));
    });
    let plan = User::get(7).explain().unwrap();
    assert_eq!(
        plan.to_string(),
        "HMGET hv:7 _v name.first name.last emails visits nick _ \
         first last email visits name mail e-mail visits"
    );
}

#[test]
fn an_alias_is_read_in_an_older_version() {
    on_sync_connections(|con| {
        let id = fresh();
        let key = format!("hv:{id}");
        con.raw::<()>(&["HSET", &key, "name", "Ada Lovelace", "e-mail", "x", "visits", "1"]);
        assert_eq!(con.run(User::get(id)).unwrap().unwrap().emails, ["x"]);
    });
}

#[test]
fn a_save_writes_the_version_and_removes_what_older_ones_had() {
    everywhere(|con| {
        let id = fresh();
        con.run(first(id).save()).unwrap();
        con.raw::<()>(&["HSET", &format!("hv:{id}"), "others", "kept"]);
        con.run(user(id).save()).unwrap();
        let mut expected = pairs(NOW);
        expected.push(("others".into(), "kept".into()));
        expected.sort();
        assert_eq!(hash(con, id), expected);

        let id = fresh();
        assert!(con.run(user(id).create()).unwrap());
        assert_eq!(hash(con, id), pairs(NOW));
    });
}

#[test]
fn a_record_that_cannot_be_migrated_is_reported_and_left_alone() {
    everywhere(|con| {
        let id = fresh();
        con.run(First { name: "Prince".into(), ..first(id) }.save()).unwrap();
        let before = hash(con, id);
        let error = con.run(User::get(id)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoMigration);
        assert!(
            error.to_string().contains("from version 1 refused it: there is no last name"),
            "{error}"
        );
        assert!(!format!("{error:?}").contains("Prince"));
        let mut modify = User::modify(id, |user| user.visits += 1);
        assert_eq!(kind(con.run_flow(&mut modify)), ErrorKind::NoMigration);
        assert_eq!(hash(con, id), before);
        assert_eq!(con.run(Forgetful::get(id)).unwrap(), None);
        assert!(con.run(Forgetful::edit(id)).unwrap().is_none());

        // A record of a later program is an error in earlier ones.
        con.run(user(id).save()).unwrap();
        let error = con.run(Second::get(id)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NewerVersion);
        assert!(error.to_string().contains("stored by version 3 of the model"), "{error}");
        assert_eq!(kind(con.run(Second::edit(id))), ErrorKind::NewerVersion);
        assert_eq!(
            kind(con.run(Second::select(id, Second::FIELDS.visits))),
            ErrorKind::NewerVersion
        );
        assert_eq!(kind(con.run_flow(&mut Second::take(id))), ErrorKind::NewerVersion);
        let f = Second::FIELDS;
        let late = Second::update(id).incr(f.visits, 1);
        assert_eq!(kind(con.run(late)), ErrorKind::NewerVersion);
        assert_eq!(hash(con, id), pairs(NOW));

        // A text that is not a version.
        for version in ["", "x", "0", "300", "-1"] {
            con.raw::<()>(&["HSET", &format!("hv:{id}"), "_v", version]);
            let error = con.run(User::get(id)).unwrap_err();
            assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidValue, Some("_v")));
            assert_eq!(kind(con.run_flow(&mut User::take(id))), ErrorKind::InvalidValue);
        }
        // A version that the model does not list.
        con.raw::<()>(&["HSET", &format!("hv:{id}"), "_v", "1"]);
        assert_eq!(con.run(Forgetful::get(id)).unwrap(), None);
        assert_eq!(con.run(Forgetful::select(id, Forgetful::FIELDS.visits)).unwrap(), None);
    });
}

#[test]
fn an_update_of_an_older_record_changes_nothing_and_names_the_fix() {
    everywhere(|con| {
        let (id, f) = (fresh(), User::FIELDS);
        con.run(first(id).save()).unwrap();
        let before = hash(con, id);
        for update in
            [User::update(id).incr(f.visits, 1), User::update(id).set(f.visits, 1).or_create()]
        {
            let error = con.run(update).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NoMigration);
            assert!(
                error.to_string().contains("`modify` changes the record and migrates it"),
                "{error}"
            );
        }
        assert_eq!(hash(con, id), before);

        con.run(user(id).save()).unwrap();
        let visits = con.run(User::update(id).incr(f.visits, 1).returning(f.visits)).unwrap();
        assert_eq!(visits, Outcome::Applied(8));

        let new = fresh();
        let made = User::update(new).set(f.visits, 1).set(f.emails, Vec::new()).or_create();
        let made = made.set(f.name.first, "Ada").set(f.name.last, "Lovelace");
        assert!(con.run(made).unwrap().is_applied());
        let names = [("name.first", "Ada"), ("name.last", "Lovelace")];
        let [first, last] = names;
        let stored = pairs([("_v", "3"), ("visits", "1"), ("emails", "[]"), first, last]);
        assert_eq!(hash(con, new), stored);
        assert!(con.run(User::update(fresh()).set(f.visits, 1)).unwrap().is_missing());
    });
}

#[test]
fn select_migrates_an_older_record_before_it_selects() {
    everywhere(|con| {
        let (id, f) = (fresh(), User::FIELDS);
        let selection = (f.name.last, f.emails, f.nick);
        let expected = Some(("Lovelace".to_owned(), vec!["ada@example.com".to_owned()], None));
        con.run(first(id).save()).unwrap();
        assert_eq!(con.run(User::select(id, selection)).unwrap(), expected);
        assert_eq!(con.run(User::select(id, f.nick)).unwrap(), Some(None));
        con.run(user(id).save()).unwrap();
        assert_eq!(con.run(User::select(id, selection)).unwrap(), expected);
        assert_eq!(con.run(User::select(id, f.nick)).unwrap(), Some(None));
        assert_eq!(con.run(User::select(fresh(), selection)).unwrap(), None);
    });
}

/// A second version that lists no first one, once with errors and once as a cache.
#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "hv:alone:{id}", version_field = "_v", version = 2)]
struct Alone {
    id: u64,
    count: u64,
}

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "hv:alone:{id}", version_field = "_v", version = 2, on_mismatch = "miss")]
struct AloneOrNone {
    id: u64,
    count: u64,
}

#[test]
fn select_reports_a_version_that_is_not_listed_as_get_does() {
    everywhere(|con| {
        let (id, f, or_none) = (fresh(), Alone::FIELDS, AloneOrNone::FIELDS);
        con.raw::<()>(&["HSET", &Alone::key(id), "count", "7"]);
        for version in [None, Some("1")] {
            if let Some(version) = version {
                con.raw::<()>(&["HSET", &Alone::key(id), "_v", version]);
            }
            let error = con.run(Alone::get(id)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NoMigration, "{error}");
            for selected in [
                con.run(Alone::select(id, ())).map(drop),
                con.run(Alone::select(id, f.count)).map(drop),
                con.run(Alone::select(id, (f.count, f.count))).map(drop),
                con.run(Alone::select(id, (f.count, f.count, f.count))).map(drop),
            ] {
                assert_eq!(selected.unwrap_err().to_string(), error.to_string());
            }
            assert_eq!(con.run(AloneOrNone::get(id)).unwrap(), None);
            assert_eq!(con.run(AloneOrNone::select(id, or_none.count)).unwrap(), None);
        }
        con.run(Alone { id, count: 8 }.save()).unwrap();
        assert_eq!(con.run(Alone::select(id, f.count)).unwrap(), Some(8));
        assert_eq!(con.run(AloneOrNone::select(id, or_none.count)).unwrap(), Some(8));
    });
}

#[test]
fn modify_migrates_an_older_record() {
    everywhere(|con| {
        let id = fresh();
        con.run(first(id).save()).unwrap();
        let before = hash(con, id);
        // Without a change nothing is written.
        let mut modify = User::modify(id, |_| ());
        assert_eq!(con.run_flow(&mut modify).unwrap(), Outcome::Applied(()));
        assert_eq!(hash(con, id), before);

        let mut modify = User::modify(id, |user| user.nick = Some("ada".into()));
        assert_eq!(con.run_flow(&mut modify).unwrap(), Outcome::Applied(()));
        let mut expected = pairs(NOW);
        expected.push(("nick".into(), "ada".into()));
        expected.sort();
        assert_eq!(hash(con, id), expected);
    });
}

#[test]
fn a_migration_over_a_change_of_the_old_record_is_a_conflict() {
    everywhere(|con| {
        for (field, value) in [("name", "Ada King"), ("visits", "8"), ("mail", "x"), ("_v", "2")] {
            let id = fresh();
            con.run(first(id).save()).unwrap();
            let mut draft = con.run(User::edit(id)).unwrap().unwrap();
            draft.nick = Some("ada".into());
            // An older program without versions writes.
            con.raw::<()>(&["HSET", &format!("hv:{id}"), field, value]);
            let before = hash(con, id);
            let outcome = con.run(draft.commit()).unwrap();
            let conflict = outcome.conflict().expect("a conflict");
            assert_eq!(conflict.fields().collect::<Vec<_>>(), [field]);
            assert_eq!(hash(con, id), before);
        }
    });
}

#[test]
fn take_reads_any_version_and_deletes_only_what_it_can_read() {
    everywhere(|con| {
        let id = fresh();
        for stored in 0..3 {
            match stored {
                0 => con.run(first(id).save()).unwrap(),
                1 => con.run(second(id).save()).unwrap(),
                _ => con.run(user(id).save()).unwrap(),
            }
            assert_eq!(con.run_flow(&mut User::take(id)).unwrap(), Some(user(id)));
            assert_eq!(hash(con, id), []);
        }
        // A field that its version requires is missing, although the current version has it.
        con.raw::<()>(&["HSET", &format!("hv:{id}"), "name", "Ada Lovelace", "emails", "[]"]);
        let error = con.run_flow(&mut User::take(id)).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::MissingField, Some("visits")));
        assert_eq!(hash(con, id).len(), 2);
        assert_eq!(con.run_flow(&mut User::take(fresh())).unwrap(), None);
    });
}

/// The first version, with a version field for later ones.
#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "hv:small:{id}", version_field = "made by", version = 1)]
struct Small {
    id: u64,
    count: u64,
}

#[test]
fn the_first_version_is_written_and_a_record_without_one_has_it() {
    let small = Small { id: 7, count: 1 };
    let plan = small.save().overwrite_newer().explain().unwrap();
    assert_eq!(plan.to_string(), "HSET hv:small:7 \"made by\" 1 count 1");
    on_sync_connections(|con| {
        let id = fresh();
        con.raw::<()>(&["HSET", &format!("hv:small:{id}"), "count", "1"]);
        assert_eq!(con.run(Small::get(id)).unwrap(), Some(Small { id, count: 1 }));
        let counted = Small::update(id).incr(Small::FIELDS.count, 1);
        assert_eq!(con.run(counted).unwrap(), Outcome::Applied(()));
    });
}
