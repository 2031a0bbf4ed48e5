//! Two generations of a program at work on the same records: an older one never
//! undoes what a newer one wrote, if the change was deployed in the documented order.

use std::time::Duration;

use redis_model::codec::{Lz4, Postcard};
use redis_model::{Error, ErrorKind, Json, Outcome, RedisModel, ValueError};
use serde::{Deserialize, Serialize};

use crate::support::{Con, fresh, on_one_server, pairs};

/// The generations of a hash: before versions, the first, the second.
mod hash {
    use super::*;

    #[derive(Debug, Clone, PartialEq, RedisModel)]
    #[redis(key = "generations:hash:{id}", name = "User")]
    pub(super) struct Unversioned {
        pub(super) id: u64,
        pub(super) name: String,
        pub(super) visits: u32,
    }

    #[derive(Debug, Clone, PartialEq, RedisModel)]
    #[redis(key = "generations:hash:{id}", name = "User", version_field = "_v", version = 1)]
    pub(super) struct First {
        pub(super) id: u64,
        pub(super) name: String,
        pub(super) visits: u32,
    }

    /// `name` is split, and `visits` has another type and therefore another name.
    #[derive(Debug, Clone, PartialEq, RedisModel)]
    #[redis(
        key = "generations:hash:{id}",
        name = "User",
        version_field = "_v",
        version = 2,
        migrate(First)
    )]
    pub(super) struct Second {
        pub(super) id: u64,
        pub(super) first: String,
        pub(super) last: String,
        pub(super) visited: Option<String>,
    }

    impl TryFrom<First> for Second {
        type Error = ValueError;

        fn try_from(old: First) -> Result<Self, ValueError> {
            let (first, last) = old.name.split_once(' ').ok_or(ValueError::new("no last name"))?;
            let visited = Some(format!("{} times", old.visits));
            Ok(Self { id: old.id, first: first.into(), last: last.into(), visited })
        }
    }

    pub(super) fn first(id: u64) -> First {
        First { id, name: "Ada Lovelace".into(), visits: 7 }
    }

    pub(super) fn second(id: u64) -> Second {
        first(id).try_into().unwrap()
    }
}

fn assert_newer(error: &Error, model: &str, key: &str) {
    assert_eq!(error.kind(), ErrorKind::NewerVersion, "{error}");
    assert_eq!((error.model(), error.key()), (Some(model), Some(key)));
    assert!(error.to_string().contains("stored by version 2 of the model"), "{error}");
}

#[test]
fn an_older_program_does_not_write_into_a_newer_hash() {
    on_one_server(|con| {
        let (id, old) = (fresh(), hash::first);
        let key = hash::Second::key(id);
        con.run(hash::second(id).save().ttl(Duration::from_secs(3600))).unwrap();
        let before: Vec<u8> = con.raw(&["DUMP", &key]);
        let record = old(id);
        let day = Duration::from_secs(86400);
        for save in [
            record.save(),
            record.save().ttl(day),
            record.save().keep_ttl(),
            record.save().persist(),
        ] {
            assert_newer(&con.run(save).unwrap_err(), "User", &key);
        }
        let many = con.run(hash::First::save_many([&record, &old(fresh())])).unwrap();
        assert_newer(many[0].as_ref().unwrap_err(), "User", &key);
        assert!(many[1].is_ok());
        assert!(!con.run(record.create()).unwrap());
        let update = hash::First::update(id).incr(hash::First::FIELDS.visits, 1);
        assert_eq!(con.run(update).unwrap_err().kind(), ErrorKind::NewerVersion);
        let mut modify = hash::First::modify(id, |user| user.visits += 1);
        assert_newer(&con.run_flow(&mut modify).unwrap_err(), "User", &key);
        assert_newer(&con.run_flow(&mut hash::First::take(id)).unwrap_err(), "User", &key);
        assert_eq!(con.raw::<Vec<u8>>(&["DUMP", &key]), before);
        assert!((1..=3600).contains(&con.raw::<i64>(&["TTL", &key])));
        assert_eq!(con.run(hash::Second::get(id)).unwrap(), Some(hash::second(id)));
    });
}

#[test]
fn a_newer_program_that_commits_between_read_and_write_is_not_undone() {
    on_one_server(|con| {
        let id = fresh();
        con.run(hash::first(id).save()).unwrap();
        let mut draft = con.run(hash::First::edit(id)).unwrap().unwrap();
        draft.visits += 1;
        con.run(hash::second(id).save()).unwrap();
        let before = con.hash(&hash::Second::key(id));
        let outcome = con.run(draft.commit());
        assert!(
            matches!(&outcome, Ok(Outcome::Conflict(_)))
                || outcome.as_ref().is_err_and(|error| error.kind() == ErrorKind::NewerVersion),
            "{outcome:?}"
        );
        assert_eq!(con.hash(&hash::Second::key(id)), before);
    });
}

#[test]
fn an_older_program_overwrites_a_newer_record_when_asked_to() {
    on_one_server(|con| {
        let id = fresh();
        con.run(hash::second(id).save()).unwrap();
        con.run(hash::first(id).save().overwrite_newer()).unwrap();
        assert_eq!(con.run(hash::First::get(id)).unwrap(), Some(hash::first(id)));
        con.run(hash::second(id).save()).unwrap();
        let saved = con.run(hash::First::save_many([hash::first(id)]).overwrite_newer()).unwrap();
        assert!(saved[0].is_ok());
        assert_eq!(con.run(hash::Second::get(id)).unwrap(), Some(hash::second(id)));
    });
}

#[test]
fn a_record_whose_version_is_no_number_is_not_overwritten() {
    on_one_server(|con| {
        let (id, zeros) = (fresh(), "0".repeat(1 << 20));
        let key = hash::First::key(id);
        for version in ["", "x", "0", "300", "999", "-1", "1.0", " 1", "1e0", "0x1", &zeros] {
            con.run(hash::first(id).save().overwrite_newer()).unwrap();
            con.raw::<()>(&["HSET", &key, "_v", version]);
            let (read, saved) = (
                con.run(hash::First::get(id)),
                con.run(hash::First { visits: 9, ..hash::first(id) }.save()),
            );
            assert_eq!(read.unwrap_err().kind(), ErrorKind::InvalidValue);
            assert_eq!(saved.unwrap_err().kind(), ErrorKind::InvalidValue, "{version}");
            assert_eq!(con.raw::<String>(&["HGET", &key, "visits"]), "7");
        }
        // `save` accepts the same texts as a version as `get`.
        for version in ["1", "001", "+1"] {
            con.raw::<()>(&["HSET", &key, "_v", version]);
            assert_eq!(con.run(hash::First::get(id)).unwrap(), Some(hash::first(id)));
            con.run(hash::first(id).save()).unwrap();
            assert_eq!(con.raw::<String>(&["HGET", &key, "_v"]), "1");
        }
    });
}

/// Follows the documented order: first deploy `version = 1` everywhere.
#[test]
fn in_the_documented_order_no_generation_undoes_the_next() {
    on_one_server(|con| {
        let id = fresh();
        let key = hash::First::key(id);
        // Step 1: programs without a version and of the first version run at the same time.
        let unversioned = hash::Unversioned { id, name: "Ada Lovelace".into(), visits: 6 };
        con.run(unversioned.save()).unwrap();
        let f = hash::First::FIELDS;
        assert!(con.run(hash::First::update(id).incr(f.visits, 1)).unwrap().is_applied());
        assert_eq!(con.run(hash::First::get(id)).unwrap(), Some(hash::first(id)));
        con.run(hash::first(id).save()).unwrap();
        assert_eq!(con.run(hash::Unversioned::get(id)).unwrap().unwrap().visits, 7);
        con.run(unversioned.save()).unwrap();
        con.run(hash::first(id).save()).unwrap();

        // Step 2: programs of the first and the second version. The first writes the records that
        // it can read.
        assert_eq!(con.run(hash::Second::get(id)).unwrap(), Some(hash::second(id)));
        con.run(hash::first(id).save()).unwrap();
        let mut modify = hash::Second::modify(id, |user| user.last = "King".into());
        assert!(con.run_flow(&mut modify).unwrap().is_applied());
        assert_newer(&con.run(hash::First::get(id)).unwrap_err(), "User", &key);
        assert_newer(&con.run(hash::first(id).save()).unwrap_err(), "User", &key);
        assert_eq!(con.run(hash::Second::get(id)).unwrap().unwrap().last, "King");
    });
}

/// The loss that the documentation warns of.
#[test]
fn a_program_without_a_version_misses_a_field_of_a_new_name_and_type() {
    on_one_server(|con| {
        let id = fresh();
        con.run(hash::second(id).save()).unwrap();
        assert_eq!(con.run(hash::Unversioned::get(id)).unwrap(), None);
        let visits = hash::Unversioned::select(id, hash::Unversioned::FIELDS.visits);
        assert_eq!(con.run(visits).unwrap(), None);
    });
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "generations:alias:{id}")]
struct OldName {
    id: u64,
    mail: Option<String>,
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "generations:alias:{id}")]
struct NewAsAlias {
    id: u64,
    #[redis(alias = "email")]
    mail: Option<String>,
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "generations:alias:{id}")]
struct Swapped {
    id: u64,
    #[redis(alias = "mail")]
    email: Option<String>,
}

/// First deploy the new name as an alias everywhere, then swap the two.
#[test]
fn a_rename_loses_nothing_if_the_alias_is_deployed_first() {
    on_one_server(|con| {
        let (id, mail) = (fresh(), |text: &str| Some(text.to_owned()));
        let key = OldName::key(id);
        con.run(OldName { id, mail: mail("a") }.save()).unwrap();
        // Step 1: old programs, and programs that know the new name as an alias.
        let read = con.run(NewAsAlias::get(id)).unwrap().unwrap();
        con.run(NewAsAlias { mail: mail("b"), ..read }.save()).unwrap();
        assert_eq!(con.run(OldName::get(id)).unwrap().unwrap().mail, mail("b"));
        // Step 2: programs with the alias, and programs that have swapped the names.
        con.run(Swapped { id, email: mail("c") }.save()).unwrap();
        assert_eq!(con.hash(&key), pairs([("_", ""), ("email", "c")]));
        assert_eq!(con.run(NewAsAlias::get(id)).unwrap().unwrap().mail, mail("c"));
        con.run(NewAsAlias { id, mail: mail("d") }.save()).unwrap();
        assert_eq!(con.run(Swapped::get(id)).unwrap().unwrap().email, mail("d"));
    });
}

macro_rules! blobs {
    ($($module:ident: $codec:ty, $envelope:meta;)*) => {$(
        mod $module {
            use super::*;

            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
            #[redis(key = "generations:blob:{id}", blob = $codec, name = "Doc", version = 1)]
            #[$envelope]
            struct First {
                id: u64,
                text: String,
            }

            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
            #[redis(key = "generations:blob:{id}", blob = $codec, name = "Doc", version = 2, migrate(First))]
            #[$envelope]
            struct Second {
                id: u64,
                texts: Vec<String>,
            }

            impl From<First> for Second {
                fn from(old: First) -> Self {
                    Self { id: old.id, texts: vec![old.text] }
                }
            }

            #[test]
            fn an_older_program_does_not_write_over_a_newer_blob() {
                on_one_server(|con| {
                    for text in ["small".to_owned(), "large ".repeat(1000)] {
                        let id = fresh();
                        let key = First::key(id);
                        let old = First { id, text };
                        // The first version may write what it can read.
                        con.run(old.save()).unwrap();
                        con.run(old.save()).unwrap();
                        assert_eq!(con.run(First::get(id)).unwrap().as_ref(), Some(&old));

                        let new = Second::from(old.clone());
                        con.run(new.save().ttl(Duration::from_secs(3600))).unwrap();
                        let before: Vec<u8> = con.raw(&["GET", &key]);
                        for save in [old.save(), old.save().ttl(Duration::from_secs(9)), old.save().keep_ttl(), old.save().persist()] {
                            assert_newer(&con.run(save).unwrap_err(), "Doc", &key);
                        }
                        let many = con.run(First::save_many([&old])).unwrap();
                        assert_newer(many[0].as_ref().unwrap_err(), "Doc", &key);
                        assert!(!con.run(old.create()).unwrap());
                        assert_newer(&con.run_flow(&mut First::take(id)).unwrap_err(), "Doc", &key);
                        assert_newer(&con.run(First::edit(id)).unwrap_err(), "Doc", &key);
                        assert_eq!(con.raw::<Vec<u8>>(&["GET", &key]), before);
                        assert!(con.raw::<i64>(&["TTL", &key]) > 3000);

                        con.run(old.save().overwrite_newer()).unwrap();
                        assert_eq!(con.run(First::get(id)).unwrap().as_ref(), Some(&old));
                        assert_eq!(con.run(Second::get(id)).unwrap(), Some(new));
                    }
                });
            }

            #[test]
            fn a_save_with_a_version_keeps_and_sets_times_to_live() {
                on_one_server(|con| {
                    let record = First { id: fresh(), text: "x".into() };
                    let key = record.redis_key();
                    con.run(record.save().ttl(Duration::from_secs(3600))).unwrap();
                    assert!(con.raw::<i64>(&["TTL", &key]) > 3000);
                    con.run(record.save()).unwrap();
                    assert!(con.raw::<i64>(&["TTL", &key]) > 3000);
                    con.run(record.save().persist()).unwrap();
                    assert_eq!(con.raw::<i64>(&["TTL", &key]), -1);
                });
            }

            #[test]
            fn a_save_with_a_version_leaves_other_types_and_later_envelopes_alone() {
                on_one_server(|con| {
                    let record = First { id: fresh(), text: "x".into() };
                    let key = record.redis_key();
                    con.raw::<()>(&["HSET", &key, "somebody's", "data"]);
                    assert!(con.run(record.save()).unwrap_err().is_wrong_type());
                    assert_eq!(con.raw::<String>(&["HGET", &key, "somebody's"]), "data");
                    con.raw::<()>(&["DEL", &key]);
                    let later = b"\xC1\xFElater";
                    redis::cmd("SET").arg(&*key).arg(later).exec(&mut crate::support::server().connection().unwrap()).unwrap();
                    assert_eq!(con.run(First::get(record.id)).unwrap_err().kind(), ErrorKind::NewerVersion);
                    assert_eq!(con.run(record.save()).unwrap_err().kind(), ErrorKind::NewerVersion);
                    assert_eq!(con.raw::<Vec<u8>>(&["GET", &key]), later);
                    // A value without an envelope is overwritten, as by a model without a version.
                    for other in ["", "\u{1}", "text", "{}"] {
                        con.raw::<()>(&["SET", &key, other]);
                        con.run(record.save()).unwrap();
                    }
                    assert_eq!(con.run(First::get(record.id)).unwrap(), Some(record));
                });
            }
        }
    )*};
}

blobs! {
    json: Json, redis(envelope = "full");
    short: Json, redis(envelope = "short");
    postcard: Postcard, redis(envelope = "full");
    compressed: Lz4<Json>, redis(envelope = "full");
}

/// A save of a model without a version does not look at the stored record, as documented.
#[test]
fn a_blob_without_a_version_is_refused_by_get_only() {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
    #[redis(key = "generations:plain:{id}", blob = Json, name = "Doc")]
    struct Unversioned {
        id: u64,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
    #[redis(key = "generations:plain:{id}", blob = Json, name = "Doc", version = 2)]
    struct Second {
        id: u64,
    }

    let (mut con, id) = (Con::sync(), fresh());
    con.run(Second { id }.save()).unwrap();
    let error = con.run(Unversioned::get(id)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NewerVersion);
    con.run(Unversioned { id }.save()).unwrap();
    assert_eq!(con.run(Unversioned::get(id)).unwrap(), Some(Unversioned { id }));
}

/// Two generations of a cache: each one replaces the entries that it cannot read.
#[test]
fn a_cache_replaces_an_entry_that_it_cannot_read() {
    #[derive(Debug, Clone, PartialEq, RedisModel)]
    #[redis(key = "generations:cache:{id}", version_field = "_v", version = 1)]
    #[redis(on_mismatch = "miss")]
    struct Cached {
        id: u64,
        text: String,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
    #[redis(key = "generations:cache:blob:{id}", blob = Json, version = 1, on_mismatch = "miss")]
    struct CachedBlob {
        id: u64,
        text: String,
    }

    on_one_server(|con| {
        let cached = Cached { id: fresh(), text: "x".into() };
        con.raw::<()>(&["HSET", &cached.redis_key(), "_v", "2", "other", "y"]);
        assert_eq!(con.run(Cached::get(cached.id)).unwrap(), None);
        con.run(cached.save()).unwrap();
        assert_eq!(con.run(Cached::get(cached.id)).unwrap(), Some(cached));

        let cached = CachedBlob { id: fresh(), text: "x".into() };
        let mut newer = cached.to_bytes().unwrap();
        newer[3] = 2;
        let mut raw = crate::support::server().connection().unwrap();
        redis::cmd("SET").arg(&*cached.redis_key()).arg(newer).exec(&mut raw).unwrap();
        assert_eq!(con.run(CachedBlob::get(cached.id)).unwrap(), None);
        con.run(cached.save()).unwrap();
        assert_eq!(con.run(CachedBlob::get(cached.id)).unwrap(), Some(cached));
    });
}
