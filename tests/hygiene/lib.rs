//! Generated code stands in the user's: nothing there may get in its way.
//!
//! No prelude, names of the library's and of `core` taken by other things, the
//! library itself under another name, and every lint that a user may deny.

#![no_implicit_prelude]
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    clippy::all,
    clippy::pedantic
)]
#![allow(dead_code, non_camel_case_types)]

extern crate std;

/// Names that generated code must not pick up.
mod shadow {
    #![allow(missing_docs, missing_debug_implementations, unreachable_pub)]

    pub mod core {}
    pub mod std {}
    pub mod redis_model {}
    pub mod __private {}
    pub struct Result;
    pub struct Option;
    pub struct Ok;
    pub struct Some;
    pub struct Default;
    pub struct Clone;
    pub struct String;
    pub struct Vec;
    pub struct Field;
    pub struct Fields;
    pub struct Schema;
    pub struct Visit;
    pub struct Hash;
    pub struct Blob;
    pub struct Plain;
    pub struct Reader;
    pub struct Set;
    pub struct Group;
    pub struct GroupVisitor;
    pub struct UntypedId;
    pub trait Structure {}
    pub trait RedisKeys {}
    pub trait RedisModel {}
    pub trait HashModel {}
    pub trait Iterator {}
}

mod shadowed {
    #![allow(unused_imports)]
    use super::shadow::*;

    /// A model among names that mean something else here.
    #[derive(::std::fmt::Debug, ::std::cmp::PartialEq, ::renamed::RedisModel)]
    #[redis(key = "hygiene:{id}", crate = "::renamed", ttl = "1h")]
    pub(crate) struct User {
        pub(crate) id: u64,
        pub(crate) name: ::std::string::String,
        pub(crate) nick: ::std::option::Option<::std::string::String>,
        #[redis(codec = ::renamed::Json)]
        pub(crate) tags: ::std::vec::Vec<u8>,
        #[redis(default)]
        pub(crate) count: u32,
        #[redis(skip)]
        pub(crate) skipped: bool,
    }
}

mod shadowed_keys {
    #![allow(unused_imports)]
    use super::shadow::*;

    /// A group of keys among names that mean something else here.
    #[derive(::std::fmt::Debug, ::renamed::RedisKeys)]
    #[redis(key = "hygiene:{id}", crate = "::renamed", ttl = "1h")]
    #[allow(clippy::struct_field_names)]
    pub(crate) struct Keys<S, GroupId> {
        pub(crate) g: ::renamed::structures::Set<GroupId>,
        pub(crate) keys: ::renamed::structures::List<u64, ::renamed::Json>,
        pub(crate) delete_all: S,
        #[redis(key = "hygiene:type:{id}")]
        pub(crate) r#type: ::renamed::structures::Counter<u64>,
    }
}

/// Fields under the names that generated code uses for itself.
#[derive(::std::fmt::Debug, ::renamed::RedisModel)]
#[redis(key = "hygiene:{row}:{it}", crate = "::renamed")]
pub struct Names {
    row: u64,
    it: u64,
    visit: u64,
    self_: u64,
    key: u64,
    ttl: u64,
    id: u64,
    r#type: u64,
    r#fn: ::std::option::Option<u64>,
    __rt: u64,
    name: u64,
    save: u64,
    update: u64,
    fields: u64,
}

/// A struct whose parameters are named as ours are.
#[derive(::std::fmt::Debug, ::renamed::RedisModel)]
#[redis(key = "hygiene:generic:{id}", crate = "::renamed")]
pub struct Generic<M, V, As, const N: usize> {
    id: u64,
    m: M,
    v: ::std::option::Option<V>,
    #[redis(codec = ::renamed::Json)]
    a: As,
    bytes: [u8; N],
}

/// A struct that nobody should use any more.
#[deprecated = "for testing that deriving does not use it either"]
#[derive(::std::fmt::Debug, ::renamed::RedisModel)]
#[redis(key = "hygiene:deprecated:{id}", crate = "::renamed")]
pub struct Deprecated {
    id: u64,
    old: u8,
}

/// A blob.
#[derive(::std::fmt::Debug, ::serde::Serialize, ::serde::Deserialize, ::renamed::RedisModel)]
#[redis(key = "hygiene:blob:{id}", blob = ::renamed::Json, crate = "::renamed")]
pub struct Session {
    id: u64,
}

/// Nothing but a key.
#[derive(::std::fmt::Debug, ::renamed::RedisModel)]
#[redis(key = "hygiene:only:{id}", crate = "::renamed")]
pub struct OnlyKey<T> {
    id: T,
}

/// A struct and another one of which the first one's handles might be named.
#[derive(::std::fmt::Debug, ::renamed::RedisModel)]
#[redis(key = "hygiene:twin:{id}", crate = "::renamed")]
pub struct Twin {
    id: u64,
    #[redis(codec = ::renamed::Json)]
    fields: TwinFields,
}

/// See [`Twin`].
#[derive(::std::fmt::Debug, ::serde::Serialize, ::serde::Deserialize)]
pub struct TwinFields {
    name: ::std::string::String,
}

mod shadowed_values {
    #![allow(unused_imports)]
    use super::shadow::*;

    /// An enum among names that mean something else here.
    #[derive(
        ::std::fmt::Debug,
        ::std::clone::Clone,
        ::std::cmp::PartialEq,
        ::renamed::RedisValue,
        ::renamed::KeyPart,
    )]
    #[redis(rename_all = "snake_case", crate = "::renamed")]
    pub(crate) enum Status {
        Some,
        None,
        #[redis(other)]
        Ok(::std::string::String),
    }

    /// Stored as a number.
    #[derive(
        ::std::fmt::Debug, ::std::clone::Clone, ::std::cmp::PartialEq, ::renamed::RedisValue,
    )]
    #[redis(repr = "int", crate = "::renamed")]
    pub(crate) enum Level {
        Err = 3,
        Default,
    }

    /// A newtype whose parameter is named as ours are.
    #[derive(
        ::std::fmt::Debug,
        ::std::clone::Clone,
        ::std::cmp::PartialEq,
        ::renamed::RedisValue,
        ::renamed::KeyPart,
    )]
    #[redis(crate = "::renamed")]
    pub(crate) struct Wrapped<W>(pub(crate) W);

    /// A struct that is flattened.
    #[derive(
        ::std::fmt::Debug, ::std::clone::Clone, ::std::cmp::PartialEq, ::renamed::RedisFields,
    )]
    #[redis(crate = "::renamed")]
    pub(crate) struct Address {
        pub(crate) row: ::std::string::String,
        #[redis(alias = "at")]
        pub(crate) it: ::std::option::Option<u32>,
        pub(crate) r#type: Level,
    }

    /// A model of all of them.
    #[derive(
        ::std::fmt::Debug, ::std::clone::Clone, ::std::cmp::PartialEq, ::renamed::RedisModel,
    )]
    #[redis(key = "hygiene:{status}:{id}", crate = "::renamed")]
    pub(crate) struct All {
        pub(crate) id: Wrapped<u64>,
        pub(crate) status: Status,
        #[redis(flatten)]
        pub(crate) home: Address,
        #[redis(flatten)]
        pub(crate) work: ::std::option::Option<Address>,
        #[redis(ttl = "5m")]
        pub(crate) code: ::std::option::Option<u8>,
        #[redis(default = "five")]
        pub(crate) count: u8,
        #[redis(display)]
        pub(crate) shown: u16,
        #[redis(empty_as_none)]
        pub(crate) note: ::std::option::Option<::std::string::String>,
        #[redis(unix)]
        pub(crate) created: ::std::time::SystemTime,
        #[redis(bool = "yes/no", none_as = "")]
        pub(crate) known: ::std::option::Option<::core::primitive::bool>,
        #[redis(revision)]
        pub(crate) version: u64,
    }

    fn five() -> u8 {
        5
    }
}

/// A field and a variant that nobody should use any more.
#[derive(::std::fmt::Debug, ::renamed::RedisModel)]
#[redis(key = "hygiene:deprecated_field:{id}", crate = "::renamed")]
pub struct DeprecatedField {
    id: u64,
    #[deprecated = "as above"]
    old: u8,
}

/// An enum of which a variant is deprecated.
#[derive(::std::fmt::Debug, ::renamed::RedisValue)]
#[redis(crate = "::renamed")]
pub enum DeprecatedVariant {
    /// Still in use.
    New,
    /// Not any more.
    #[deprecated = "as above"]
    Old,
}

/// Flattened, and deprecated.
#[deprecated = "as above"]
#[derive(::std::fmt::Debug, ::renamed::RedisFields)]
#[redis(crate = "::renamed")]
pub struct DeprecatedFields {
    old: u8,
}

mod nested {
    /// Visible in one module up, handles included.
    #[derive(::std::fmt::Debug, ::renamed::RedisModel)]
    #[redis(key = "hygiene:nested:{id}", crate = "::renamed")]
    pub(super) struct Inner {
        pub(super) id: u64,
        pub(super) open: u8,
        closed: u8,
    }

    pub(super) fn inner() -> Inner {
        Inner { id: 1, open: 2, closed: 3 }
    }
}

#[test]
fn generated_code_works_wherever_it_stands() {
    use ::renamed::{Operation, RedisKeys, RedisModel};
    use std::prelude::rust_2024::*;
    use std::{assert, assert_eq, vec};

    #[derive(::renamed::RedisModel)]
    #[redis(key = "hygiene:local:{id}", crate = "::renamed")]
    struct Local {
        id: u64,
        value: u8,
    }

    let user = shadowed::User {
        id: 7,
        name: "n".into(),
        nick: None,
        tags: vec![1],
        count: 2,
        skipped: true,
    };
    let f = <shadowed::User as RedisModel>::FIELDS;
    let plan = shadowed::User::select(7, (f.name, f.tags)).explain().unwrap();
    assert_eq!(plan.to_string(), "HMGET hygiene:7 name tags");
    assert!(user.save().keep_ttl().explain().unwrap().to_string().contains("name n"));

    let plan = nested::inner().save().explain().unwrap();
    assert_eq!(plan.to_string(), "HSET hygiene:nested:1 open 2 closed 3");
    let open = nested::Inner::FIELDS.open;
    assert_eq!(
        nested::Inner::select(1, open).explain().unwrap().to_string(),
        "HMGET hygiene:nested:1 open"
    );

    assert_eq!(
        Local { id: 1, value: 2 }.save().explain().unwrap().to_string(),
        "HSET hygiene:local:1 value 2"
    );
    assert_eq!(Names::FIELDS.r#type.name(), "type");
    assert_eq!(Names::key((1, 2)), "hygiene:1:2");
    assert_eq!(OnlyKey::<u64>::key(5), "hygiene:only:5");
    let generic: Generic<u8, char, Vec<u8>, 2> =
        Generic { id: 1, m: 2, v: Some('x'), a: vec![3], bytes: *b"hi" };
    assert_eq!(
        generic.save().explain().unwrap().to_string(),
        "HSET hygiene:generic:1 m 2 v x a [3] bytes hi"
    );
    assert_eq!(Session { id: 1 }.redis_key(), "hygiene:blob:1");
    assert_eq!(Twin::FIELDS.fields.name(), "fields");

    let home = shadowed_values::Address {
        row: "r".into(),
        it: None,
        r#type: shadowed_values::Level::Default,
    };
    let all = shadowed_values::All {
        id: shadowed_values::Wrapped(7),
        status: shadowed_values::Status::Some,
        home,
        work: None,
        code: None,
        count: 1,
        shown: 2,
        note: None,
        created: std::time::UNIX_EPOCH,
        known: None,
        version: 0,
    };
    assert_eq!(all.redis_key(), "hygiene:some:7");
    let plan = all.save().explain().unwrap().to_string();
    assert!(
        plan.contains("home.row r home.type 4 count 1 shown 2 created 0 known \"\" version 1"),
        "{plan}"
    );

    let keys: shadowed_keys::Keys<::renamed::structures::Value<u8>, u64> = RedisKeys::of(7);
    let all = ["hygiene:7:g", "hygiene:7:keys", "hygiene:7:delete_all", "hygiene:type:7"];
    assert_eq!(keys.redis_keys(), all);
    let plan = keys.delete_all().explain().unwrap().to_string();
    assert!(plan.contains("set list string string"), "{plan}");
}
