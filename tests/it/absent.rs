//! Updates of absent fields: defaults, empty texts, and flattened `Option`s, which are stored
//! as a whole or not at all.

use std::sync::{Arc, LazyLock};

use redis_model::codec::{KeyProvider, KeyRing, Sealed, Signed};
use redis_model::{ErrorKind, Json, Outcome, RedisFields, RedisModel};

use crate::support::{everywhere, fresh};

fn hundred() -> u32 {
    100
}

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "absent:quota:{id}")]
struct Quota {
    id: u64,
    name: String,
    #[redis(default = "hundred")]
    quota: u32,
    #[redis(default = "half")]
    share: f64,
    #[redis(default)]
    used: i64,
    #[redis(empty_as_none)]
    note: Option<String>,
}

fn half() -> f64 {
    0.5
}

/// Stores a record without the fields that were added later.
fn old(con: &mut crate::support::Con) -> u64 {
    let id = fresh();
    con.raw::<()>(&["HSET", &Quota::key(id), "name", "n", "note", ""]);
    id
}

#[test]
fn an_increment_starts_at_the_fields_default() {
    everywhere(|con| {
        let (id, f) = (old(con), Quota::FIELDS);
        let spent = Quota::update(id).incr(f.quota, -30).incr(f.share, 0.25).incr(f.used, 30);
        let spent = spent.returning((f.quota, f.share, f.used));
        assert_eq!(con.run(&spent).unwrap(), Outcome::Applied((70, 0.75, 30)));
        assert_eq!(con.run(&spent).unwrap(), Outcome::Applied((40, 1.0, 60)));
        let overdrawn = con.run(Quota::update(id).incr(f.quota, -41)).unwrap_err();
        assert!(overdrawn.is_out_of_range());
        // In a record that the update creates, too.
        let id = fresh();
        let made = Quota::update(id).or_create().set(f.name, "n").incr(f.quota, 1);
        let made = made.returning(f.quota);
        assert_eq!(con.run(made).unwrap(), Outcome::Applied(101));
    });
}

#[test]
fn a_condition_compares_with_the_default() {
    everywhere(|con| {
        let (id, f) = (old(con), Quota::FIELDS);
        let set = |condition| Quota::update(id).set(f.name, "x").only_if(condition);
        for holds in [
            f.quota.eq(100),
            f.quota.at_least(100),
            f.used.eq(0),
            f.used.at_most(0),
            f.share.eq(0.5),
            f.quota.is_absent(),
        ] {
            assert!(con.run(set(holds)).unwrap().is_applied());
        }
        for fails in [f.quota.eq(0), f.quota.at_most(99), f.used.at_least(1), f.used.is_present()] {
            assert!(con.run(set(fails)).unwrap().conflict().is_some());
        }
        assert_eq!(con.run(Quota::get(id)).unwrap().unwrap().quota, 100);
    });
}

#[test]
fn an_empty_text_is_absent_if_the_field_reads_it_as_none() {
    everywhere(|con| {
        let (id, f) = (old(con), Quota::FIELDS);
        let set = |condition| Quota::update(id).set(f.name, "x").only_if(condition);
        assert!(con.run(set(f.note.is_absent())).unwrap().is_applied());
        assert!(con.run(set(f.note.eq(None))).unwrap().is_applied());
        assert!(con.run(set(f.note.is_present())).unwrap().conflict().is_some());
        assert!(con.run(Quota::update(id).set_if_absent(f.note, "first")).unwrap().is_applied());
        assert_eq!(con.run(Quota::get(id)).unwrap().unwrap().note.as_deref(), Some("first"));
    });
}

fn serif() -> Option<String> {
    Some("serif".into())
}

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "absent:page:{id}")]
struct Page {
    id: u64,
    name: String,
    #[redis(codec = Json, default = "serif")]
    title: Option<String>,
    #[redis(empty_as_none, default = "serif")]
    text: Option<String>,
    #[redis(codec = Sealed<Json, AppKeys>, default = "serif")]
    secret: Option<String>,
    #[redis(codec = Json, default)]
    code: Option<String>,
}

#[test]
fn none_is_stored_if_the_default_is_another_value() {
    everywhere(|con| {
        let (id, f) = (fresh(), Page::FIELDS);
        let page = |font: fn() -> Option<String>| Page {
            id,
            name: "n".into(),
            title: font(),
            text: font(),
            secret: font(),
            code: None,
        };
        let fonts = |con: &mut crate::support::Con| con.run(Page::get(id)).unwrap().unwrap();
        con.run(page(|| None).save()).unwrap();
        assert_eq!(fonts(con), page(|| None));
        let names = ["title", "text", "code"];
        let stored: Vec<Option<String>> =
            names.map(|name| con.raw(&["HGET", &Page::key(id), name])).into();
        assert_eq!(stored, [Some("null".into()), Some("".into()), None]);
        // A field that the record does not have is the default.
        let removed = Page::update(id).remove(f.title).remove(f.text).remove(f.secret);
        assert!(con.run(removed).unwrap().is_applied());
        assert_eq!(fonts(con), page(serif));
        // An update, and a draft.
        let none = Page::update(id).set(f.title, None::<String>).set(f.text, None::<String>);
        assert!(con.run(none.set(f.secret, None::<String>)).unwrap().is_applied());
        assert_eq!(fonts(con), page(|| None));
        con.run(page(|| Some("mono".into())).save()).unwrap();
        let mut draft = con.run(Page::edit(id)).unwrap().unwrap();
        (draft.title, draft.text, draft.secret) = (None, None, None);
        assert!(con.run(draft.commit()).unwrap().is_applied());
        assert_eq!(fonts(con), page(|| None));
    });
}

#[test]
fn a_condition_tells_a_stored_none_from_a_default() {
    everywhere(|con| {
        let (id, f) = (fresh(), Page::FIELDS);
        let set = |condition| Page::update(id).set(f.name, "x").only_if(condition);
        con.raw::<()>(&["HSET", &Page::key(id), "name", "n"]);
        for holds in [f.title.eq(serif()), f.text.eq(serif()), f.title.is_absent()] {
            assert!(con.run(set(holds)).unwrap().is_applied());
        }
        for fails in [f.title.eq(None::<String>), f.text.eq(None::<String>)] {
            assert!(con.run(set(fails)).unwrap().conflict().is_some());
        }
        let none = Page::update(id).set(f.title, None::<String>).set(f.text, None::<String>);
        assert!(con.run(none).unwrap().is_applied());
        for holds in [f.title.eq(None::<String>), f.text.eq(None::<String>), f.text.is_present()] {
            assert!(con.run(set(holds)).unwrap().is_applied());
        }
        for fails in [f.title.eq(serif()), f.text.eq(serif()), f.text.is_absent()] {
            assert!(con.run(set(fails)).unwrap().conflict().is_some());
        }
    });
}

/// Serde stores `None` in a blob, whatever the default is.
#[test]
fn a_blob_keeps_none_beside_a_default() {
    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize, RedisModel)]
    #[redis(key = "absent:blob:{id}", blob = Json)]
    struct Leaf {
        id: u64,
        #[serde(default = "serif")]
        title: Option<String>,
    }

    everywhere(|con| {
        let id = fresh();
        con.run(Leaf { id, title: None }.save()).unwrap();
        assert_eq!(con.run(Leaf::get(id)).unwrap(), Some(Leaf { id, title: None }));
    });
}

#[derive(Debug, Clone, PartialEq, RedisFields)]
struct Zone {
    name: String,
    #[redis(default)]
    offset: i32,
}

#[derive(Debug, Clone, PartialEq, RedisFields)]
struct Place {
    lat: f64,
    lon: f64,
    note: Option<String>,
    #[redis(flatten)]
    zone: Option<Zone>,
}

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "absent:place:{id}")]
struct Visit {
    id: u64,
    name: String,
    #[redis(flatten)]
    place: Option<Place>,
}

#[test]
fn an_update_never_leaves_a_part_of_a_flattened_option() {
    everywhere(|con| {
        let id = fresh();
        let f = Visit::FIELDS;
        con.run(Visit { id, name: "n".into(), place: None }.save()).unwrap();
        let refused = |con: &mut crate::support::Con, update: redis_model::Update<Visit>, field| {
            let before = con.hash(&Visit::key(id));
            let error = con.run(update).unwrap_err();
            assert_eq!((error.kind(), error.field()), (ErrorKind::MissingField, Some(field)));
            assert_eq!(error.key(), Some(&*Visit::key(id)));
            assert_eq!(con.hash(&Visit::key(id)), before);
        };
        refused(con, Visit::update(id).set(f.place.lat, 1.0), "place.lon");
        refused(con, Visit::update(id).incr(f.place.lon, 1.0), "place.lat");
        refused(con, Visit::update(id).set(f.place.note, Some("x".to_owned())), "place.lat");
        refused(con, Visit::update(id).set_if_absent(f.place.zone.name, "CET"), "place.lat");

        let together = Visit::update(id).set(f.place.lat, 1.0).set(f.place.lon, 2.0);
        assert!(con.run(together).unwrap().is_applied());
        refused(con, Visit::update(id).remove(f.place.lat), "place.lat");
        refused(con, Visit::update(id).set(f.place.zone.offset, 60), "place.zone.name");
        assert!(con.run(Visit::update(id).set(f.place.zone.name, "CET")).unwrap().is_applied());
        refused(con, Visit::update(id).remove(f.place.lat).remove(f.place.lon), "place.lat");
        let zone = Zone { name: "CET".into(), offset: 0 };
        let place = Place { lat: 1.0, lon: 2.0, note: None, zone: Some(zone) };
        assert_eq!(con.run(Visit::get(id)).unwrap().unwrap().place, Some(place));

        let all = Visit::update(id).remove(f.place.lat).remove(f.place.lon);
        let all = all.remove(f.place.zone.name);
        assert!(con.run(all).unwrap().is_applied());
        assert_eq!(con.run(Visit::get(id)).unwrap().unwrap().place, None);
        // Without a record a plain command would create a part of one.
        let id = fresh();
        let made = Visit::update(id).or_create().set(f.name, "n").set(f.place.lat, 1.0);
        assert_eq!(con.run(made).unwrap_err().field(), Some("place.lon"));
        assert!(!con.run(Visit::exists(id)).unwrap());
    });
}

/// One editor removes the struct, the other sets an optional field of it.
#[test]
fn two_editors_together_leave_no_part_of_a_flattened_option() {
    everywhere(|con| {
        let id = fresh();
        let place = Place { lat: 1.0, lon: 2.0, note: None, zone: None };
        con.run(Visit { id, name: "n".into(), place: Some(place) }.save()).unwrap();
        let [mut one, mut other] = [(); 2].map(|()| con.run(Visit::edit(id)).unwrap().unwrap());
        one.place = None;
        other.place.as_mut().unwrap().note = Some("here".into());
        assert!(con.run(one.commit()).unwrap().is_applied());
        let outcome = con.run(other.commit()).unwrap();
        assert!(outcome.conflict().unwrap().contains(Visit::FIELDS.place.lat));
        assert_eq!(con.run(Visit::get(id)).unwrap().unwrap().place, None);
    });
}

#[derive(Debug)]
struct AppKeys;

impl KeyProvider for AppKeys {
    fn ring() -> Arc<KeyRing> {
        static RING: LazyLock<Arc<KeyRing>> = LazyLock::new(|| Arc::new(KeyRing::new(1, [7; 32])));
        RING.clone()
    }
}

#[derive(Debug, RedisModel)]
#[redis(key = "absent:sealed:{id}")]
struct Account {
    id: u64,
    #[redis(codec = Sealed<redis_model::Json, AppKeys>)]
    iban: String,
    #[redis(codec = Signed<redis_model::Json, AppKeys>)]
    limit: u32,
}

#[test]
fn a_value_with_a_different_encoding_each_time_is_not_compared() {
    everywhere(|con| {
        let (id, f) = (fresh(), Account::FIELDS);
        con.run(Account { id, iban: "FR".into(), limit: 5 }.save()).unwrap();
        let sealed = Account::update(id).set(f.limit, 6).only_if(f.iban.eq("FR".to_owned()));
        let error = con.run(sealed).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidOperation, Some("iban")));
        let signed = Account::update(id).set(f.limit, 6).only_if(f.limit.eq(5_u32));
        assert!(con.run(signed).unwrap().is_applied());
    });
}
