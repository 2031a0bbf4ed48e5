//! Attributes of fields: aliases, defaults, encodings, flattened structs, revisions.

use std::fmt;
use std::str::FromStr;

use redis_model::{RedisFields, RedisModel, RedisValue};

use crate::support::{everywhere, fresh, pairs};

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "attributes:alias:{id}", hash)]
struct Renamed {
    id: u64,
    #[redis(alias = "nick", alias = "nickname")]
    name: Option<String>,
    #[redis(alias = "count")]
    visits: u64,
    plain: Option<String>,
}

#[test]
fn a_value_under_an_alias_is_read_and_moved() {
    everywhere(|con| {
        let (id, f) = (fresh(), Renamed::FIELDS);
        let key = Renamed::key(id);
        let reset = |con: &mut crate::support::Con| {
            con.raw::<()>(&["DEL", &key]);
            con.raw::<()>(&["HSET", &key, "nickname", "Al", "count", "41", "other", "kept"]);
        };
        reset(con);
        let expected = Renamed { id, name: Some("Al".into()), visits: 41, plain: None };
        assert_eq!(con.run(Renamed::get(id)).unwrap(), Some(expected));
        let selection = (f.visits, (f.plain, f.name));
        let selected = Some((41, (None, Some("Al".to_owned()))));
        assert_eq!(con.run(Renamed::select(id, selection)).unwrap(), selected);
        assert_eq!(con.run(Renamed::select(id, f.plain)).unwrap(), Some(None));

        // An update increments the value under the old name and moves it to the new one.
        let update = Renamed::update(id)
            .incr(f.visits, 1)
            .only_if(f.visits.eq(41))
            .only_if(f.name.is_present())
            .set_if_absent(f.name, "Bo")
            .returning((f.visits, f.name));
        assert_eq!(con.run(update).unwrap().applied(), Some((42, Some("Al".into()))));
        let moved = pairs([("name", "Al"), ("visits", "42"), ("other", "kept")]);
        assert_eq!(con.hash(&key), moved);

        // A removed field does not come back under an old name.
        reset(con);
        assert!(con.run(Renamed::update(id).remove(f.name)).unwrap().is_applied());
        assert_eq!(con.run(Renamed::get(id)).unwrap().unwrap().name, None);
        reset(con);
        con.run(Renamed { id, name: None, visits: 1, plain: None }.save()).unwrap();
        assert_eq!(con.hash(&key), pairs([("visits", "1"), ("other", "kept")]));

        // A conflict moves nothing.
        reset(con);
        let update = Renamed::update(id).incr(f.visits, 1).only_if(f.name.is_absent());
        assert!(con.run(update).unwrap().conflict().unwrap().contains(f.name));
        assert_eq!(con.raw::<String>(&["HGET", &key, "count"]), "41");

        // The new name wins.
        con.raw::<()>(&["HSET", &key, "visits", "7"]);
        assert_eq!(con.run(Renamed::get(id)).unwrap().unwrap().visits, 7);
        assert_eq!(
            con.run_flow(&mut Renamed::take(id)).unwrap().unwrap().name.as_deref(),
            Some("Al")
        );
        assert_eq!(con.run(Renamed::get(id)).unwrap(), None);
    });
}

#[derive(Debug, Clone, PartialEq)]
struct Version2(u8, u8);

impl fmt::Display for Version2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

impl FromStr for Version2 {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (major, minor) = text.split_once('.').ok_or(text)?;
        Ok(Self(major.parse().map_err(|_| text)?, minor.parse().map_err(|_| text)?))
    }
}

fn plenty() -> u32 {
    1000
}

fn list<T>() -> Option<T> {
    None
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "attributes:ways:{id}")]
struct Ways<T> {
    id: u64,
    #[redis(display)]
    version: Version2,
    #[redis(display, rename = "older")]
    previous: Option<Version2>,
    #[redis(default = "plenty")]
    left: u32,
    #[redis(default = "list", codec = redis_model::Json)]
    generic: Option<T>,
    #[redis(empty_as_none)]
    note: Option<String>,
}

#[test]
fn each_encoding_of_a_field_is_read_back() {
    everywhere(|con| {
        let (id, f) = (fresh(), Ways::<u8>::FIELDS);
        let key = Ways::<u8>::key(id);
        con.raw::<()>(&["HSET", &key, "version", "1.2", "note", ""]);
        let expected = Ways {
            id,
            version: Version2(1, 2),
            previous: None,
            left: 1000,
            generic: None,
            note: None,
        };
        assert_eq!(con.run(Ways::<u8>::get(id)).unwrap(), Some(expected.clone()));
        assert_eq!(con.run(Ways::<u8>::select(id, f.left)).unwrap(), Some(1000));
        let full = Ways {
            previous: Some(Version2(0, 9)),
            left: 3,
            generic: Some(4_u8),
            note: Some("n".into()),
            ..expected
        };
        con.run(full.save()).unwrap();
        assert_eq!(
            con.hash(&key),
            pairs([
                ("version", "1.2"),
                ("older", "0.9"),
                ("left", "3"),
                ("generic", "4"),
                ("note", "n")
            ])
        );
        assert_eq!(con.run(Ways::get(id)).unwrap(), Some(full.clone()));
        let update = Ways::<u8>::update(id)
            .set(f.version, Version2(2, 0))
            .set(f.previous, Version2(1, 9))
            .set(f.note, "")
            .incr(f.left, -1)
            .only_if(f.version.eq(Version2(1, 2)))
            .returning((f.version, f.previous, f.note, f.left));
        let returned = con.run(update).unwrap().applied();
        assert_eq!(returned, Some((Version2(2, 0), Some(Version2(1, 9)), None, 2)));
        con.run(Ways { note: Some(String::new()), ..full }.save()).unwrap();
        assert!(!con.raw::<bool>(&["HEXISTS", &key, "note"]));

        con.raw::<()>(&["HSET", &key, "version", "secret"]);
        let error = con.run(Ways::<u8>::get(id)).unwrap_err();
        assert!(error.is_invalid_value() && error.field() == Some("version"));
        assert!(!format!("{error} {error:?}").contains("secret"));
    });
}

#[derive(Debug, Clone, PartialEq, RedisFields)]
#[redis(rename_all = "camelCase")]
struct Address {
    street_name: String,
    #[redis(alias = "postcode")]
    zip: Option<u32>,
    #[redis(flatten)]
    geo: Option<Geo>,
    #[redis(default)]
    floor: u8,
}

#[derive(Debug, Clone, PartialEq, RedisFields)]
struct Geo {
    lat: f64,
    long: f64,
}

#[derive(Debug, Clone, PartialEq, RedisFields)]
struct Hints<T> {
    first: Option<T>,
    second: Option<T>,
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "attributes:flat:{id}")]
struct Person<T: RedisValue + 'static> {
    id: u64,
    name: String,
    #[redis(flatten)]
    home: Address,
    after: u8,
    #[redis(flatten, rename = "w")]
    work: Option<Address>,
    #[redis(flatten)]
    hints: Option<Hints<T>>,
    last: String,
}

fn address(zip: Option<u32>, geo: bool) -> Address {
    let geo = geo.then_some(Geo { lat: 0.5, long: -1.0 });
    Address { street_name: "Main".into(), zip, geo, floor: 2 }
}

fn person() -> Person<u8> {
    Person {
        id: fresh(),
        name: "Ada".into(),
        home: address(Some(1010), true),
        after: 1,
        work: Some(address(None, false)),
        hints: Some(Hints { first: None, second: Some(2) }),
        last: "z".into(),
    }
}

#[test]
fn flattened_structs_are_stored_field_by_field() {
    type Model = Person<u8>;
    let f = Model::FIELDS;
    assert_eq!(f.home.geo.long.name(), "home.geo.long");
    assert_eq!(f.work.street_name.name(), "w.streetName");
    assert_eq!(f.hints.second.name(), "hints.second");
    assert_eq!(f.last.name(), "last");
    assert_eq!(f.work.zip.aliases(), ["w.postcode"]);
    everywhere(|con| {
        let mut record = person();
        let (id, key) = (record.id, record.redis_key());
        con.run(record.save()).unwrap();
        assert_eq!(
            con.hash(&key),
            pairs([
                ("name", "Ada"),
                ("home.streetName", "Main"),
                ("home.zip", "1010"),
                ("home.geo.lat", "0.5"),
                ("home.geo.long", "-1.0"),
                ("home.floor", "2"),
                ("after", "1"),
                ("w.streetName", "Main"),
                ("w.floor", "2"),
                ("hints.second", "2"),
                ("last", "z"),
            ])
        );
        assert_eq!(con.run(Model::get(id)).unwrap().as_ref(), Some(&record));
        let selection =
            (f.home.geo.lat, f.work.street_name, f.work.floor, f.hints.first, f.home.zip);
        assert_eq!(
            con.run(Model::select(id, selection)).unwrap(),
            Some((Some(0.5), Some("Main".into()), Some(2), None, Some(1010)))
        );
        let update = Model::update(id)
            .incr(f.home.floor, 1)
            .set(f.home.geo.lat, 1.5)
            .set(f.work.zip, 7)
            .remove(f.hints.second)
            .returning((f.home.floor, f.last));
        assert_eq!(con.run(update).unwrap().applied(), Some((3, "z".into())));
        record.home.floor = 3;
        record.home.geo = Some(Geo { lat: 1.5, long: -1.0 });
        record.work.as_mut().unwrap().zip = Some(7);
        record.hints = None;
        assert_eq!(con.run(Model::get(id)).unwrap().as_ref(), Some(&record));
        record.work = None;
        record.home.geo = None;
        con.run(record.save()).unwrap();
        assert_eq!(con.run(Model::get(id)).unwrap().as_ref(), Some(&record));
        assert_eq!(con.raw::<usize>(&["HLEN", &key]), 6);

        con.raw::<()>(&["HSET", &key, "w.floor", "9"]);
        let error = con.run(Model::get(id)).unwrap_err();
        assert!(error.is_missing_field() && error.field() == Some("w.streetName"), "{error}");
        con.raw::<()>(&["HDEL", &key, "w.floor"]);
        record.hints = Some(Hints { first: None, second: None });
        let error = con.run(record.save()).unwrap_err();
        assert!(
            error.is_invalid_value() && error.to_string().contains("read as `None`"),
            "{error}"
        );
        assert_eq!(con.run_flow(&mut Model::take(id)).unwrap().unwrap().hints, None);
    });
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "attributes:version:{id}", ttl = "1h", on_update = "refresh")]
struct Versioned {
    id: u64,
    name: String,
    #[redis(revision)]
    version: u32,
}

#[test]
fn every_write_checks_and_increments_the_revision() {
    everywhere(|con| {
        let (id, f) = (fresh(), Versioned::FIELDS);
        let first = Versioned { id, name: "a".into(), version: 0 };
        assert!(con.run(first.create()).unwrap());
        assert_eq!(con.run(Versioned::select(id, f.version)).unwrap(), Some(1));
        for stale in [first.clone(), Versioned { version: 7, ..first.clone() }] {
            let error = con.run(stale.save()).unwrap_err();
            assert!(error.is_conflict() && !error.is_connection(), "{error}");
        }
        let read = con.run(Versioned::get(id)).unwrap().unwrap();
        assert_eq!(read, Versioned { version: 1, ..first.clone() });
        con.run(Versioned { name: "b".into(), ..read }.save()).unwrap();
        assert_eq!(
            con.run(Versioned::get(id)).unwrap(),
            Some(Versioned { id, name: "b".into(), version: 2 })
        );
        let update = Versioned::update(id).set(f.name, "c").only_if(f.version.eq(2_u32));
        assert!(con.run(&update).unwrap().is_applied());
        assert!(con.run(&update).unwrap().conflict().unwrap().contains(f.version));
        assert_eq!(
            con.run(Versioned::select(id, (f.name, f.version))).unwrap(),
            Some(("c".into(), 3))
        );
        // A record that was deleted since it was read is not created again.
        con.raw::<()>(&["DEL", &Versioned::key(id)]);
        assert!(
            con.run(Versioned { id, name: "d".into(), version: 3 }.save())
                .unwrap_err()
                .is_conflict()
        );
        assert!(!con.run(Versioned::exists(id)).unwrap());
        let full = Versioned { id, name: "e".into(), version: u32::MAX };
        assert!(con.run(full.save()).unwrap_err().field() == Some("version"));
    });
}

#[test]
fn an_update_refreshes_the_ttl_of_a_model_with_on_update_refresh() {
    everywhere(|con| {
        let (id, f) = (fresh(), Versioned::FIELDS);
        con.run(Versioned { id, name: "a".into(), version: 0 }.save()).unwrap();
        con.raw::<()>(&["EXPIRE", &Versioned::key(id), "5"]);
        assert!(con.run(Versioned::update(id).set(f.name, "b")).unwrap().is_applied());
        assert!(con.raw::<u64>(&["TTL", &Versioned::key(id)]) > 3000);
    });
}
