//! Hashes of a struct that was changed: the old record is read right or is an error that names
//! the field.

use redis_model::{ErrorKind, Json, RedisFields, RedisModel, RedisValue};

use crate::support::{Con, everywhere, fresh};

#[derive(Debug, Clone, PartialEq, RedisValue)]
enum Status {
    Open,
    Done,
}

/// The struct that wrote all records.
#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "schema:{id}")]
struct Old {
    id: u64,
    name: String,
    small: u8,
    large: u64,
    negative: i32,
    flag: bool,
    ratio: f64,
    nick: Option<String>,
    status: Status,
    street: String,
    zip: Option<u32>,
    #[redis(codec = Json)]
    tags: Vec<String>,
}

fn old() -> Old {
    Old {
        id: fresh(),
        name: "Ada".into(),
        small: 200,
        large: 1 << 60,
        negative: -1,
        flag: true,
        ratio: 0.5,
        nick: None,
        status: Status::Done,
        street: "Main St".into(),
        zip: Some(7),
        tags: vec!["a".into()],
    }
}

type Read<T> = redis_model::Result<Option<T>>;

/// Declares the changed struct, and reads a record of the old one.
macro_rules! now {
    ($con:ident, { $($(#[$($attribute:tt)*])* $field:ident: $ty:ty),* $(,)? }) => {{
        #[derive(Debug, Clone, PartialEq, RedisModel)]
        #[redis(key = "schema:{id}")]
        struct Old { id: u64, $($(#[$($attribute)*])* $field: $ty),* }
        let record = old();
        $con.run(record.save()).unwrap();
        let read: Read<Old> = $con.run(Old::get(record.id));
        // Every verb that reads reports the error.
        if read.is_err() {
            assert!($con.run(Old::edit(record.id)).is_err());
        }
        (read, record.redis_key().to_string())
    }};
}

fn errs<T: std::fmt::Debug>((read, key): (Read<T>, String), kind: ErrorKind, field: &str) {
    let error = read.unwrap_err();
    assert_eq!((error.kind(), error.field()), (kind, Some(field)));
    assert_eq!((error.model(), error.key()), (Some("Old"), Some(&*key)));
    assert!(!error.is_connection());
}

fn five() -> u8 {
    5
}

#[test]
fn an_added_field_has_its_default_or_is_reported_missing() {
    everywhere(|con| {
        let read = now!(con, { name: String, #[redis(default)] new: u8, #[redis(default = "five")] other: u8, maybe: Option<u8> });
        let it = read.0.unwrap().unwrap();
        assert_eq!((&*it.name, it.new, it.other, it.maybe), ("Ada", 0, 5, None));
        errs(now!(con, { name: String, new: u8 }), ErrorKind::MissingField, "new");
    });
}

#[test]
fn a_removed_field_stays_and_a_renamed_one_needs_an_alias() {
    everywhere(|con| {
        // Removed and reordered: fields are found by name.
        let (read, key) = now!(con, { ratio: f64, name: String });
        let it = read.unwrap().unwrap();
        assert_eq!((it.ratio, &*it.name), (0.5, "Ada"));
        con.run(it.save()).unwrap();
        assert_eq!(con.raw::<String>(&["HGET", &key, "street"]), "Main St");

        errs(now!(con, { ratio: f64, full_name: String }), ErrorKind::MissingField, "full_name");
        // A hash that has none of a struct's fields holds no record of it.
        assert_eq!(now!(con, { full_name: String }).0.unwrap(), None);
        let (read, _) = now!(con, { #[redis(alias = "name")] full_name: String });
        assert_eq!(read.unwrap().unwrap().full_name, "Ada");
        // Without an alias an optional field is read as `None`: nothing shows that it was renamed.
        let (read, _) = now!(con, { name: String, post_code: Option<u32> });
        assert_eq!(read.unwrap().unwrap().post_code, None);
    });
}

#[test]
fn a_wider_number_is_read_and_a_narrower_one_checks_its_range() {
    everywhere(|con| {
        let (read, _) = now!(con, { small: u64, large: i128, negative: i64 });
        let it = read.unwrap().unwrap();
        assert_eq!((it.small, it.large, it.negative), (200, 1 << 60, -1));
        let (read, _) = now!(con, { small: u16, negative: i8 });
        assert_eq!(read.unwrap().unwrap().negative, -1);
        errs(now!(con, { small: i8 }), ErrorKind::InvalidValue, "small");
        errs(now!(con, { large: u32 }), ErrorKind::InvalidValue, "large");
        errs(now!(con, { negative: u32 }), ErrorKind::InvalidValue, "negative");
    });
}

#[test]
fn a_field_of_another_type_is_read_if_its_text_is_valid() {
    everywhere(|con| {
        // Every stored value is text.
        let (read, _) =
            now!(con, { small: String, flag: String, ratio: String, status: String, tags: String });
        let it = read.unwrap().unwrap();
        assert_eq!((&*it.small, &*it.flag, &*it.ratio), ("200", "1", "0.5"));
        assert_eq!((&*it.status, &*it.tags), ("Done", r#"["a"]"#));
        let (read, _) = now!(con, { small: f64, flag: u8, name: Vec<u8> });
        let it = read.unwrap().unwrap();
        assert_eq!((it.small, it.flag, it.name), (200.0, 1, b"Ada".to_vec()));
        errs(now!(con, { name: u8 }), ErrorKind::InvalidValue, "name");
        errs(now!(con, { name: bool }), ErrorKind::InvalidValue, "name");
        errs(now!(con, { small: bool }), ErrorKind::InvalidValue, "small");
        errs(now!(con, { ratio: u8 }), ErrorKind::InvalidValue, "ratio");
        errs(now!(con, { name: char }), ErrorKind::InvalidValue, "name");
        errs(now!(con, { #[redis(codec = Json)] name: String }), ErrorKind::Codec, "name");
        errs(now!(con, { #[redis(codec = Json)] tags: Vec<u8> }), ErrorKind::Codec, "tags");
        let (read, _) = now!(con, { #[redis(codec = Json)] small: u16 });
        assert_eq!(read.unwrap().unwrap().small, 200);
    });
}

#[test]
fn a_required_field_can_become_optional_and_not_the_reverse() {
    everywhere(|con| {
        let (read, _) = now!(con, { name: Option<String>, small: Option<u8>, #[redis(codec = Json)] tags: Option<Vec<String>> });
        let it = read.unwrap().unwrap();
        assert_eq!(
            (it.name.as_deref(), it.small, it.tags),
            (Some("Ada"), Some(200), Some(vec!["a".into()]))
        );
        let (read, _) = now!(con, { zip: u32 });
        assert_eq!(read.unwrap().unwrap().zip, 7);
        errs(now!(con, { name: String, nick: String }), ErrorKind::MissingField, "nick");
        let (read, _) = now!(con, { name: String, #[redis(default)] nick: String });
        assert_eq!(read.unwrap().unwrap().nick, "");
    });
}

#[derive(Debug, Clone, PartialEq, RedisValue)]
enum More {
    Open,
    #[redis(alias = "Done")]
    Finished,
    Late,
}

#[derive(Debug, Clone, PartialEq, RedisValue)]
enum Fewer {
    Open,
}

#[derive(Debug, Clone, PartialEq, RedisValue)]
enum Others {
    Open,
    #[redis(other)]
    Unknown(String),
}

#[test]
fn an_unknown_variant_is_an_error_or_the_other_variant() {
    everywhere(|con| {
        let (read, _) = now!(con, { status: More });
        assert_eq!(read.unwrap().unwrap().status, More::Finished);
        errs(now!(con, { status: Fewer }), ErrorKind::InvalidValue, "status");
        let (read, key) = now!(con, { status: Others });
        let it = read.unwrap().unwrap();
        assert_eq!(it.status, Others::Unknown("Done".into()));
        con.run(it.save()).unwrap();
        assert_eq!(con.raw::<String>(&["HGET", &key, "status"]), "Done");
    });
}

#[derive(Debug, Clone, PartialEq, RedisFields)]
struct Address {
    street: String,
    zip: Option<u32>,
}

#[test]
fn fields_that_move_into_a_flattened_struct_are_reported_missing() {
    everywhere(|con| {
        // The names of the fields change, and an alias cannot name a field outside of the struct.
        errs(
            now!(con, { name: String, #[redis(flatten)] home: Address }),
            ErrorKind::MissingField,
            "home.street",
        );
        let (read, _) = now!(con, { name: String, #[redis(flatten)] home: Option<Address> });
        assert_eq!(read.unwrap().unwrap().home, None);
    });
}

#[test]
fn fields_of_a_newer_program_survive_every_write_of_an_older_one() {
    #[derive(Debug, Clone, PartialEq, RedisModel)]
    #[redis(key = "schema:{id}")]
    struct New {
        id: u64,
        name: String,
        added: String,
    }

    everywhere(|con| {
        let mut record = old();
        let (id, f) = (record.id, Old::FIELDS);
        con.run(record.save()).unwrap();
        con.run(New { id, name: "Ada".into(), added: "kept".into() }.save()).unwrap();
        let added = |con: &mut Con| con.raw::<String>(&["HGET", &Old::key(id), "added"]);

        record.small = 1;
        con.run(record.save()).unwrap();
        assert_eq!(added(con), "kept");
        assert!(con.run(Old::update(id).set(f.nick, "Al").remove(f.zip)).unwrap().is_applied());
        assert_eq!(added(con), "kept");
        let mut draft = con.run(Old::edit(id)).unwrap().unwrap();
        (draft.large, draft.nick) = (2, None);
        assert!(con.run(draft.commit()).unwrap().is_applied());
        assert_eq!(added(con), "kept");
        let new = con.run(New::get(id)).unwrap().unwrap();
        assert_eq!((new.added, con.run(Old::get(id)).unwrap().unwrap().large), ("kept".into(), 2));
        assert!(con.run(New::delete(id)).unwrap());
    });
}
