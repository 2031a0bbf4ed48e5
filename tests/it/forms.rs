//! Fields in the forms of other programs: unix times, texts of truth values, texts of `None`.

use std::fmt::Debug;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, FixedOffset, Utc};
use redis_model::field::UnixTime;
use redis_model::structures::Stream;
use redis_model::{ErrorKind, Json, RedisFields, RedisModel};

use crate::support::{Con, everywhere, fresh, on_one_server, pairs};

fn instant<T: UnixTime>(nanos: i128) -> T {
    T::from_unix_nanos(nanos).unwrap()
}

const SECOND: i128 = 1_000_000_000;
const NOW: i128 = 1_763_680_751_987_654_321;

/// Declares a model with each type of time, in one form, and a test of it.
macro_rules! each_type {
    ($($name:ident, $form:ident, $test:ident, $stored:literal, $kept:expr, $foreign:expr;)*) => {$(
        #[derive(Debug, Clone, PartialEq, RedisModel)]
        #[redis(key = "forms:times:{id}")]
        struct $name {
            id: u64,
            #[redis($form)]
            system: SystemTime,
            #[redis($form)]
            utc: DateTime<Utc>,
            #[redis($form)]
            fixed: DateTime<FixedOffset>,
            #[redis($form)]
            time: time::OffsetDateTime,
            #[redis($form)]
            jiff: jiff::Timestamp,
            #[redis($form)]
            zoned: Option<jiff::Zoned>,
        }

        impl $name {
            fn at(id: u64, nanos: i128) -> Self {
                let fixed: DateTime<FixedOffset> = instant(nanos);
                let zone = FixedOffset::east_opt(5400).unwrap();
                let zoned: jiff::Zoned = instant(nanos);
                Self {
                    id,
                    system: instant(nanos),
                    utc: instant(nanos),
                    fixed: fixed.with_timezone(&zone),
                    time: instant::<time::OffsetDateTime>(nanos)
                        .to_offset(time::UtcOffset::from_hms(-3, 30, 0).unwrap()),
                    jiff: instant(nanos),
                    zoned: Some(zoned.with_time_zone(jiff::tz::TimeZone::fixed(jiff::tz::offset(7)))),
                }
            }
        }

        #[test]
        fn $test() {
            everywhere(|con| {
                let (id, f) = (fresh(), $name::FIELDS);
                let key = $name::key(id);
                let names = ["system", "utc", "fixed", "time", "jiff", "zoned"];
                let all = |text: &str| {
                    let mut all: Vec<_> =
                        names.iter().map(|it| ((*it).to_owned(), text.to_owned())).collect();
                    all.sort();
                    all
                };
                let record = $name::at(id, NOW);
                con.run(record.save()).unwrap();
                assert_eq!(con.hash(&key), all($stored));
                // Times with a zone are the same time, in UTC.
                let kept = $name::at(id, $kept);
                assert_eq!(con.run($name::get(id)).unwrap(), Some(kept.clone()));

                // Each comparison, on each type, with the values themselves.
                let update = $name::update(id)
                    .only_if(f.system.eq(record.system))
                    .only_if(f.utc.at_least(kept.utc))
                    .only_if(f.fixed.at_most(record.fixed))
                    .only_if(f.time.eq(kept.time))
                    .only_if(f.jiff.at_least(instant::<jiff::Timestamp>(NOW - 10 * SECOND)))
                    .only_if(f.zoned.eq(kept.zoned.clone()))
                    .incr(f.system, 2)
                    .incr(f.zoned, -2)
                    .set(f.utc, instant::<DateTime<Utc>>(0))
                    .set_if_absent(f.jiff, instant::<jiff::Timestamp>(0))
                    .returning((f.system, f.utc, f.jiff));
                let (system, utc, jiff) = con.run(update).unwrap().applied().unwrap();
                assert_eq!((utc, jiff), (instant(0), kept.jiff));
                assert!(system > kept.system);
                let later = instant::<jiff::Timestamp>(NOW + 10 * SECOND);
                let update = $name::update(id).set(f.utc, kept.utc).only_if(f.jiff.at_least(later));
                assert!(con.run(update).unwrap().conflict().unwrap().contains(f.jiff));

                // An edit writes the form, too, and only what it changed.
                let mut draft = con.run($name::edit(id)).unwrap().unwrap();
                draft.system = kept.system;
                draft.utc = kept.utc;
                draft.zoned.clone_from(&kept.zoned);
                assert!(con.run(draft.commit()).unwrap().is_applied());
                assert_eq!(con.hash(&key), all($stored));

                // An increment beyond the type or the year 9999.
                for by in [i64::MAX, 300_000_000_000_000] {
                    let error = con.run($name::update(id).incr(f.jiff, by)).unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::OutOfRange, "{error}");
                }
                assert_eq!(con.hash(&key), all($stored));

                let foreign: &[&str] = &$foreign;
                for text in foreign.iter().chain(&["2025-11-20T23:19:11Z", "soon", ""]) {
                    for name in names {
                        con.raw::<()>(&["DEL", &key]);
                        con.run(kept.save()).unwrap();
                        con.raw::<()>(&["HSET", &key, name, text]);
                        let error = con.run($name::get(id)).unwrap_err();
                        assert!(error.is_invalid_value() && error.field() == Some(name), "{error}");
                        assert!(error.to_string().contains("unix time"), "{error}");
                        assert!(text.is_empty() || !error.to_string().contains(text), "{error}");
                    }
                }
            });
        }
    )*};
}

each_type! {
    InSeconds, unix, whole_seconds, "1763680751", NOW - NOW % SECOND,
        ["1763680751.5", "1763680751123", "1e9"];
    InMillis, unix_ms, whole_milliseconds, "1763680751987", NOW - NOW % 1_000_000,
        ["1763680751987.5", "253402300800000"];
    InFractions, unix_float, seconds_with_a_fraction, "1763680751.987654321", NOW,
        ["1763680751123", "1,5", "inf", "nan"];
}

#[derive(Debug, PartialEq, RedisFields)]
struct Span<T> {
    #[redis(unix_ms)]
    from: T,
    #[redis(none_as = "never", unix)]
    until: Option<T>,
}

fn launch() -> SystemTime {
    instant(1_700_000_000 * SECOND)
}

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "forms:shapes:{id}")]
struct Shapes<T> {
    id: u64,
    #[redis(unix)]
    optional: Option<SystemTime>,
    #[redis(unix, default = "launch")]
    with_default: SystemTime,
    #[redis(unix_float, alias = "old")]
    generic: T,
    #[redis(flatten)]
    span: Span<SystemTime>,
    #[redis(flatten)]
    other: Option<Span<jiff::Timestamp>>,
}

#[test]
fn forms_work_in_options_with_defaults_in_generics_and_in_flattened_structs() {
    everywhere(|con| {
        type Model = Shapes<DateTime<Utc>>;
        let (id, f) = (fresh(), Model::FIELDS);
        let key = Model::key(id);
        let at = |seconds: i128| instant::<SystemTime>(seconds * SECOND);
        con.raw::<()>(&["HSET", &key, "old", "0.5", "span.from", "1500"]);
        let record = Model {
            id,
            optional: None,
            with_default: launch(),
            generic: instant(SECOND / 2),
            span: Span { from: instant(3 * SECOND / 2), until: None },
            other: None,
        };
        assert_eq!(con.run(Model::get(id)).unwrap(), Some(record));

        let update = Model::update(id)
            .only_if(f.with_default.eq(launch()))
            .only_if(f.optional.is_absent())
            .only_if(f.span.until.eq(None))
            .incr(f.with_default, 1)
            .incr(f.optional, 5)
            .incr(f.generic, 0.25)
            .incr(f.span.until, 7)
            .set(f.other.from, instant::<jiff::Timestamp>(0))
            .set(f.other.until, None)
            .returning((f.with_default, f.span.until));
        let returned = con.run(update).unwrap().applied();
        assert_eq!(returned, Some((at(1_700_000_001), Some(at(7)))));
        let stored = pairs([
            ("with_default", "1700000001"),
            ("optional", "5"),
            ("generic", "0.75"),
            ("span.from", "1500"),
            ("span.until", "7"),
            ("other.from", "0"),
            ("other.until", "never"),
        ]);
        assert_eq!(con.hash(&key), stored);
        let read = con.run(Model::get(id)).unwrap().unwrap();
        assert_eq!(read.other, Some(Span { from: instant(0), until: None }));
        con.run(read.save()).unwrap();
        assert_eq!(con.hash(&key), stored);
        con.run(Model { other: None, ..read }.save()).unwrap();
        assert!(!con.hash(&key).iter().any(|(name, _)| name.starts_with("other")));
    });
}

#[test]
fn entries_of_a_stream_keep_their_forms() {
    everywhere(|con| {
        let log = Stream::<Span<SystemTime>>::at(format!("forms:log:{}", fresh()));
        let entry = Span { from: instant(2 * SECOND), until: None };
        con.run(log.append(&entry)).unwrap();
        let fields: Vec<(String, Vec<(String, String)>)> =
            con.raw(&["XRANGE", log.key(), "-", "+"]);
        let [(_, fields)] = &fields[..] else { panic!("{fields:?}") };
        assert_eq!(*fields, pairs([("from", "2000"), ("until", "never")]));
        let read = con.run(log.range(..)).unwrap().remove(0).unwrap();
        assert_eq!(read.value, entry);
    });
}

#[test]
fn numbers_that_the_server_wrote_are_read_to_the_nearest_nanosecond() {
    on_one_server(|con| {
        let id = fresh();
        let key = InFractions::key(id);
        con.run(InFractions::at(id, NOW).save()).unwrap();
        con.raw::<String>(&["HINCRBYFLOAT", &key, "utc", "0.5"]);
        let stored: String = con.raw(&["HGET", &key, "utc"]);
        assert!(stored.len() > "1763680752.487654321".len(), "{stored}");
        let read = con.run(InFractions::get(id)).unwrap().unwrap();
        assert_eq!(read.utc, instant::<DateTime<Utc>>(NOW + SECOND / 2));

        // As redis-py writes `time.time()`.
        con.raw::<()>(&["HSET", &key, "utc", "1763680751.1234567"]);
        let read = con.run(InFractions::get(id)).unwrap().unwrap();
        assert_eq!(read.utc.timestamp_subsec_nanos(), 123_456_700);
    });
}

#[test]
fn times_that_a_form_does_not_hold_are_refused() {
    let mut con = Con::sync();
    let id = fresh();
    let kept = InSeconds::at(id, NOW);
    let leap = DateTime::<Utc>::from_timestamp(59, 1_500_000_000).unwrap();
    let far = UNIX_EPOCH + Duration::from_secs(253_402_300_800);
    let f = InSeconds::FIELDS;
    for (record, says) in [
        (InSeconds { utc: leap, ..kept.clone() }, "leap second"),
        (InSeconds { utc: DateTime::<Utc>::MAX_UTC, ..kept.clone() }, "year 9999"),
        (InSeconds { system: far, ..kept.clone() }, "year 9999"),
    ] {
        let error = con.run(record.save()).unwrap_err();
        assert!(error.is_invalid_value() && error.to_string().contains(says), "{error}");
    }
    let error = con.run(InSeconds::update(id).or_create().set(f.system, far)).unwrap_err();
    assert_eq!(error.field(), Some("system"));
    let error = con.run(InSeconds::update(id).incr(f.utc, 1).only_if(f.utc.eq(leap))).unwrap_err();
    assert_eq!(error.field(), Some("utc"));
    assert!(!con.raw::<bool>(&["EXISTS", &InSeconds::key(id)]));

    // The last times of each type.
    con.run(kept.save()).unwrap();
    for (name, last, next) in [
        ("system", "253402300799", "253402300800"),
        ("utc", "253402300799", "253402300800"),
        ("time", "253402300799", "253402300800"),
        ("jiff", "253402207200", "253402207201"),
        ("zoned", "253402207200", "253402207201"),
        ("jiff", "-253402207200", "-253402207201"),
    ] {
        con.raw::<()>(&["HSET", &InSeconds::key(id), name, last]);
        let read = con.run(InSeconds::get(id)).unwrap().unwrap();
        con.run(read.save()).unwrap();
        assert_eq!(con.raw::<String>(&["HGET", &InSeconds::key(id), name]), last);
        con.raw::<()>(&["HSET", &InSeconds::key(id), name, next]);
        let error = con.run(InSeconds::get(id)).unwrap_err();
        assert_eq!((error.field(), error.is_invalid_value()), (Some(name), true));
        con.run(kept.save()).unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "forms:texts:{id}")]
struct Texts {
    id: u64,
    utc: DateTime<Utc>,
    fixed: DateTime<FixedOffset>,
    offset: time::OffsetDateTime,
    system: SystemTime,
    note: String,
}

#[test]
fn the_text_of_an_unchanged_time_is_kept() {
    everywhere(|con| {
        let (id, f) = (fresh(), Texts::FIELDS);
        let key = Texts::key(id);
        let python = "2025-11-20T23:19:11.123456+00:00";
        let reset = |con: &mut Con| {
            for name in ["utc", "fixed", "offset", "system"] {
                con.raw::<()>(&["HSET", &key, name, python]);
            }
            con.raw::<()>(&["HSET", &key, "note", ""]);
        };
        let kept = |note| {
            let names = ["utc", "fixed", "offset", "system"].map(|name| (name, python));
            let [utc, fixed, offset, system] = names;
            pairs([utc, fixed, offset, system, ("note", note)])
        };
        reset(con);
        let mut draft = con.run(Texts::edit(id)).unwrap().unwrap();
        draft.note = "edited".into();
        assert!(con.run(draft.commit()).unwrap().is_applied());
        assert_eq!(con.hash(&key), kept("edited"));
        assert!(con.run(Texts::update(id).set(f.note, "updated")).unwrap().is_applied());
        assert_eq!(con.hash(&key), kept("updated"));

        // A type that knows its offset writes it in a save, too.
        let read = con.run(Texts::get(id)).unwrap().unwrap();
        con.run(read.save()).unwrap();
        assert_eq!(con.raw::<String>(&["HGET", &key, "fixed"]), python);
        assert_eq!(con.raw::<String>(&["HGET", &key, "utc"]), "2025-11-20T23:19:11.123456Z");
        con.raw::<()>(&["HSET", &key, "fixed", "2025-11-21T01:19:11.123456+02:00"]);
        let read = con.run(Texts::get(id)).unwrap().unwrap();
        con.run(read.save()).unwrap();
        let fixed: String = con.raw(&["HGET", &key, "fixed"]);
        assert_eq!(fixed, "2025-11-21T01:19:11.123456+02:00");
    });
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "forms:bools:{id}")]
struct Bools {
    id: u64,
    #[redis(bool = "True/False")]
    active: bool,
    #[redis(bool = "yes/no")]
    known: Option<bool>,
    #[redis(bool = "0/1")]
    inverted: bool,
    #[redis(bool = "1/", default)]
    php: bool,
    #[redis(bool = "y/n", none_as = "")]
    answered: Option<bool>,
}

#[test]
fn a_bool_is_one_of_its_two_texts() {
    everywhere(|con| {
        let (id, f) = (fresh(), Bools::FIELDS);
        let key = Bools::key(id);
        let record = Bools {
            id,
            active: true,
            known: Some(false),
            inverted: true,
            php: false,
            answered: None,
        };
        con.run(record.save()).unwrap();
        let stored = [("active", "True"), ("known", "no"), ("inverted", "0"), ("php", "")];
        let [active, known, inverted, php] = stored;
        assert_eq!(con.hash(&key), pairs([active, known, inverted, php, ("answered", "")]));
        assert_eq!(con.run(Bools::get(id)).unwrap(), Some(record.clone()));

        let update = Bools::update(id)
            .only_if(f.active.eq(true))
            .only_if(f.known.eq(false))
            .only_if(f.answered.is_absent())
            .set(f.active, false)
            .set(f.known, None)
            .set(f.php, true)
            .set_if_absent(f.answered, true)
            .returning((f.active, f.known, f.answered));
        assert_eq!(con.run(update).unwrap().applied(), Some((false, None, Some(true))));
        let now = [("active", "False"), ("inverted", "0"), ("php", "1"), ("answered", "y")];
        assert_eq!(con.hash(&key), pairs(now));
        let update = Bools::update(id).set(f.php, false).only_if(f.active.eq(true));
        assert!(con.run(update).unwrap().conflict().unwrap().contains(f.active));

        for (name, text) in [
            ("active", "1"),
            ("active", "true"),
            ("active", "TRUE"),
            ("active", ""),
            ("known", "True"),
            ("inverted", "false"),
            ("answered", "None"),
        ] {
            con.run(record.save()).unwrap();
            con.raw::<()>(&["HSET", &key, name, text]);
            let error = con.run(Bools::get(id)).unwrap_err();
            assert!(error.is_invalid_value() && error.field() == Some(name), "{error}");
        }
    });
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "forms:nones:{id}")]
struct Nones {
    id: u64,
    name: String,
    #[redis(none_as = "")]
    note: Option<String>,
    #[redis(none_as = "None")]
    score: Option<f64>,
    #[redis(none_as = "nil", default = "five")]
    limit: Option<u8>,
    #[redis(none_as = "null", codec = Json)]
    tags: Option<Vec<u8>>,
    #[redis(none_as = "-1")]
    parent: Option<i64>,
    #[redis(none_as = "", display)]
    shown: Option<u16>,
}

fn five() -> Option<u8> {
    Some(5)
}

fn nones(id: u64) -> Nones {
    let (note, score, limit, tags) = (None, None, None, None);
    Nones { id, name: "n".into(), note, score, limit, tags, parent: None, shown: None }
}

#[test]
fn none_is_stored_as_its_text() {
    everywhere(|con| {
        let (id, f) = (fresh(), Nones::FIELDS);
        let key = Nones::key(id);
        let none = pairs([
            ("name", "n"),
            ("note", ""),
            ("score", "None"),
            ("limit", "nil"),
            ("tags", "null"),
            ("parent", "-1"),
            ("shown", ""),
        ]);
        con.run(nones(id).save()).unwrap();
        assert_eq!(con.hash(&key), none);
        assert_eq!(con.run(Nones::get(id)).unwrap(), Some(nones(id)));

        let full = Nones {
            note: Some("x".into()),
            score: Some(0.5),
            limit: Some(3),
            tags: Some(vec![1]),
            parent: Some(7),
            shown: Some(8),
            ..nones(id)
        };
        con.run(full.save()).unwrap();
        assert_eq!(con.run(Nones::get(id)).unwrap(), Some(full.clone()));
        // What leaves a value out elsewhere writes the text.
        let update = Nones::update(id)
            .remove(f.note)
            .set(f.score, None)
            .remove(f.limit)
            .set(f.tags, None)
            .remove(f.parent)
            .set(f.shown, None);
        assert!(con.run(update).unwrap().is_applied());
        assert_eq!(con.hash(&key), none);
        let mut draft = con.run(Nones::edit(id)).unwrap().unwrap();
        *draft = full.clone();
        assert!(con.run(draft.commit()).unwrap().is_applied());
        assert_eq!(con.run(Nones::get(id)).unwrap(), Some(full.clone()));
        let mut draft = con.run(Nones::edit(id)).unwrap().unwrap();
        *draft = nones(id);
        assert!(con.run(draft.commit()).unwrap().is_applied());
        assert_eq!(con.hash(&key), none);

        // Another program may leave the fields out.
        con.raw::<()>(&["DEL", &key]);
        con.raw::<()>(&["HSET", &key, "name", "n"]);
        let read = con.run(Nones::get(id)).unwrap();
        assert_eq!(read, Some(Nones { limit: five(), ..nones(id) }));
    });
}

#[test]
fn the_text_of_none_is_no_value_to_an_update() {
    everywhere(|con| {
        let (id, f) = (fresh(), Nones::FIELDS);
        let key = Nones::key(id);
        for missing in [false, true] {
            con.run(nones(id).save()).unwrap();
            if missing {
                con.raw::<()>(&["HDEL", &key, "note", "score", "tags", "parent", "shown"]);
            }
            let update = Nones::update(id)
                .only_if(f.note.is_absent())
                .only_if(f.note.eq(None))
                .only_if(f.score.eq(None))
                .only_if(f.limit.eq(None))
                .only_if(f.limit.is_present())
                .only_if(f.parent.eq(None))
                .only_if(f.tags.is_absent())
                .set_if_absent(f.note, "given")
                .incr(f.score, 1.5)
                .returning((f.note, f.score));
            let returned = con.run(update).unwrap().applied();
            assert_eq!(returned, Some((Some("given".into()), Some(1.5))), "missing: {missing}");
            let update = Nones::update(id).incr(f.score, 1).only_if(f.note.eq(None));
            assert!(con.run(update).unwrap().conflict().unwrap().contains(f.note));
            let update = Nones::update(id)
                .incr(f.score, -1)
                .only_if(f.score.at_least(1.5))
                .only_if(f.note.eq("given"))
                .set_if_absent(f.note, "other");
            assert!(con.run(update).unwrap().is_applied());
            assert_eq!(con.raw::<String>(&["HGET", &key, "score"]), "0.5");
            assert_eq!(con.raw::<String>(&["HGET", &key, "note"]), "given");
        }
        let update = Nones::update(id).set(f.name, "m").only_if(f.parent.eq(7));
        assert!(con.run(update).unwrap().conflict().unwrap().contains(f.parent));
    });
}

#[test]
fn a_value_with_the_text_of_none_is_refused() {
    let mut con = Con::sync();
    let (id, f) = (fresh(), Nones::FIELDS);
    for (record, field) in [
        (Nones { note: Some(String::new()), ..nones(id) }, "note"),
        (Nones { parent: Some(-1), ..nones(id) }, "parent"),
    ] {
        let error = con.run(record.save()).unwrap_err();
        assert_eq!((error.field(), error.is_invalid_value()), (Some(field), true), "{error}");
        assert!(error.to_string().contains("read as `None`"), "{error}");
    }
    let update = || Nones::update(id).or_create().set(f.name, "n");
    for error in [
        con.run(update().set(f.note, "")).unwrap_err(),
        con.run(update().set(f.note, String::new())).unwrap_err(),
        con.run(update().set(f.parent, Some(-1))).unwrap_err(),
        con.run(update().only_if(f.parent.eq(-1))).unwrap_err(),
    ] {
        assert!(error.to_string().contains("read as `None`"), "{error}");
    }
    assert!(!con.raw::<bool>(&["EXISTS", &Nones::key(id)]));
    con.run(nones(id).save()).unwrap();
    let mut draft = con.run(Nones::edit(id)).unwrap().unwrap();
    draft.parent = Some(-1);
    let error = con.run(draft.commit()).unwrap_err();
    assert_eq!(error.field(), Some("parent"), "{error}");
}

#[test]
fn a_description_names_the_forms() {
    let described = Bools::describe();
    let forms: Vec<_> = described.fields.iter().map(|field| (field.form, field.none_as)).collect();
    assert_eq!(
        forms,
        [
            (Some("True/False"), None),
            (Some("yes/no"), None),
            (Some("0/1"), None),
            (Some("1/"), None),
            (Some("y/n"), Some("")),
        ]
    );
    let table = described.to_string();
    assert!(table.contains("as `y/n`, `None` as an empty text"), "{table}");
    let table = Shapes::<SystemTime>::describe().to_string();
    assert!(table.contains("| `generic` | `SystemTime` | as `unix_float`, read from"), "{table}");
    assert!(table.contains("| as `unix`, `None` as `never`, may be absent |"), "{table}");
}

#[test]
fn the_text_of_none_beside_a_default_is_compared_as_text() {
    everywhere(|con| {
        let (id, f) = (fresh(), Nones::FIELDS);
        let touch = || Nones::update(id).set(f.name, "n");
        con.run(Nones { limit: Some(7), ..nones(id) }.save()).unwrap();
        assert!(con.run(touch().only_if(f.limit.eq(None))).unwrap().is_conflict());
        assert!(con.run(touch().only_if(f.limit.ne(None))).unwrap().is_applied());
        con.run(nones(id).save()).unwrap();
        assert!(con.run(touch().only_if(f.limit.eq(None))).unwrap().is_applied());
        assert!(con.run(touch().only_if(f.limit.ne(None))).unwrap().is_conflict());
    });
}
