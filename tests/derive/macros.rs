//! Structs that `macro_rules` macros make of types, names and attributes.

use std::fmt::Debug;

use redis_model::{Json, KeyPart, RedisFields, RedisModel, RedisValue};

use super::saved;

macro_rules! model {
    ($(#[$attribute:meta])* $vis:vis $name:ident, $key:literal, $id:ident: $id_type:ty {
        $($(#[$field_attribute:meta])* $field:ident: $type:ty),*
    }) => {
        $(#[$attribute])*
        #[redis(key = $key)]
        $vis struct $name {
            $id: $id_type,
            $($(#[$field_attribute])* $field: $type),*
        }
    };
}

model! {
    #[derive(Debug, RedisModel)]
    Made, "made:{id}", id: u64 {
        name: String,
        nick: Option<String>,
        #[redis(display)] shown: Option<u16>,
        #[redis(empty_as_none)] note: Option<String>,
        #[redis(codec = Json)] list: Vec<u8>,
        #[redis(flatten)] inner: Inner,
        #[redis(flatten)] outer: Option<Inner>,
        #[redis(default)] count: u8,
        #[redis(ttl = "5m")] soon: Option<u8>,
        r#type: u8
    }
}

#[derive(Debug, RedisFields)]
struct Inner {
    value: u8,
}

macro_rules! with_types {
    ($codec:ty, $default:literal, $part:ty, $flat:ty) => {
        #[derive(Debug, RedisModel)]
        #[redis(key = "typed:{a}:{b}")]
        struct Typed {
            a: $part,
            b: $part,
            #[redis(codec = $codec)]
            list: Vec<u8>,
            #[redis(default = $default)]
            count: u8,
            #[redis(flatten)]
            flat: $flat,
        }

        #[derive(Debug, serde::Serialize, serde::Deserialize, RedisModel)]
        #[redis(key = "typed:{a}", blob = $codec)]
        struct TypedBlob {
            a: $part,
        }
    };
}

with_types!(Json, "five", String, Option<Inner>);

const fn five() -> u8 {
    5
}

macro_rules! enumeration {
    ($name:ident { $($variant:ident = $value:expr),* }) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, RedisValue, KeyPart)]
        #[redis(repr = "int")]
        enum $name { $($variant = $value),* }
    };
}

enumeration!(Level { Low = 1, High = 1 + 2 });

macro_rules! newtype {
    ($name:ident($type:ty)) => {
        #[derive(Debug, Clone, PartialEq, Eq, RedisValue, KeyPart)]
        struct $name($type);
    };
}

newtype!(Sku(String));

/// Types in parentheses.
#[derive(Debug, RedisModel)]
#[redis(key = "brackets:{id}:{at}")]
#[allow(unused_parens)]
struct Brackets {
    id: (u64),
    at: (Level),
    #[redis(display)]
    shown: (Option<u16>),
    #[redis(empty_as_none)]
    note: (Option<(String)>),
    #[redis(none_as = "", unix)]
    since: (Option<(std::time::SystemTime)>),
    #[redis(bool = "yes/no")]
    known: (bool),
    #[redis(flatten)]
    inner: (Inner),
    #[redis(flatten)]
    outer: (Option<(Inner)>),
    #[redis(codec = (Json))]
    list: (Vec<u8>),
    #[redis(ttl = "1m")]
    soon: (Option<u8>),
}

#[test]
fn macros_pass_types_and_names_on() {
    let made = Made {
        id: 1,
        name: "n".into(),
        nick: None,
        shown: Some(2),
        note: None,
        list: vec![3],
        inner: Inner { value: 4 },
        outer: None,
        count: 5,
        soon: None,
        r#type: 6,
    };
    assert!(saved(&made).contains("name n shown 2 list [3] inner.value 4 count 5 type 6"));
    let typed = Typed { a: "x".into(), b: "y".into(), list: vec![1], count: five(), flat: None };
    assert!(saved(&typed).contains("typed:x:y"));
    assert!(saved(&typed).contains("list [1] count 5"));
    assert!(saved(&TypedBlob { a: "x".into() }).contains("typed:x"));
    assert_eq!(Sku::read_part("a"), Ok(Sku("a".into())));
    assert_eq!(Level::read(b"3".to_vec()), Ok(Level::High));
    assert_eq!(Level::read(b"1".to_vec()), Ok(Level::Low));
}

#[test]
fn types_may_stand_in_parentheses() {
    let record = Brackets {
        id: 1,
        at: Level::High,
        shown: Some(2),
        note: None,
        since: Some(std::time::UNIX_EPOCH),
        known: true,
        inner: Inner { value: 4 },
        outer: None,
        list: vec![3],
        soon: None,
    };
    assert!(saved(&record).contains("brackets:1:3"));
    assert!(saved(&record).contains("shown 2 since 0 known yes inner.value 4 list [3]"));
}
