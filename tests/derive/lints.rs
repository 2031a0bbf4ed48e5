//! Lints that the user denies for the crate and allows where they do not hold.

use std::fmt::Debug;

use redis_model::{Json, RedisFields, RedisModel, RedisValue};

use super::saved;

/// Fields that only the model reads.
#[derive(RedisModel)]
#[redis(key = "unread:{id}")]
#[allow(dead_code, reason = "the handles are not read either")]
struct Unread {
    id: u64,
    name: String,
    #[redis(flatten)]
    place: Place,
    #[redis(flatten)]
    other: Option<Place>,
    #[redis(default = "seven")]
    count: u32,
}

#[derive(RedisFields)]
#[allow(dead_code, reason = "the handles are not read either")]
struct Place {
    street: String,
    number: u32,
}

const fn seven() -> u32 {
    7
}

/// A name that is no Rust name.
#[derive(RedisModel)]
#[redis(key = "naming:{theId}")]
#[allow(non_snake_case)]
struct Naming {
    theId: u64,
    fullName: String,
    #[redis(default = "makeEmpty")]
    __nick: String,
}

#[allow(non_snake_case)]
const fn makeEmpty() -> String {
    String::new()
}

#[derive(RedisModel)]
#[redis(key = "c:{id}")]
#[allow(non_camel_case_types)]
struct c_struct {
    id: u64,
    kind: kind_t,
}

#[derive(RedisValue)]
#[allow(non_camel_case_types)]
enum kind_t {
    small_one,
    big_one,
}

/// A type, a field, a function and a variant that are deprecated.
#[derive(RedisModel)]
#[redis(key = "deprecated:{id}")]
#[allow(deprecated)]
struct OfDeprecated {
    id: u64,
    #[deprecated]
    old: u8,
    #[redis(codec = OldCodec)]
    kept: Vec<u8>,
    #[redis(default = "old_default")]
    value: Old,
}

#[deprecated]
type OldCodec = Json;

#[deprecated]
#[derive(RedisValue)]
struct Old(u8);

#[deprecated]
#[allow(deprecated)]
const fn old_default() -> Old {
    Old(5)
}

/// A long type, a path longer than it must be, and a name that has the struct's in it.
#[derive(RedisModel)]
#[redis(key = "long:{long_id}")]
#[allow(
    clippy::type_complexity,
    clippy::struct_field_names,
    clippy::box_collection,
    clippy::option_option,
    clippy::struct_excessive_bools,
    unused_qualifications
)]
struct Long {
    long_id: u64,
    long_name: std::string::String,
    #[redis(codec = Json)]
    long_list: Vec<Vec<Option<(String, Box<Vec<u8>>, Option<Option<u8>>)>>>,
    long_a: bool,
    long_b: bool,
    long_c: bool,
    long_d: bool,
}

/// Every kind of field in a generic model.
#[derive(Debug, RedisModel)]
#[redis(key = "generic:{id}", ttl = "1h", on_update = "refresh")]
pub struct Generic<T, const N: usize>
where
    T: Debug + Clone,
{
    /// The id.
    pub id: u64,
    value: T,
    bytes: [u8; N],
    #[redis(ttl = "5m", alias = "old")]
    soon: Option<u8>,
    #[redis(revision)]
    revision: u32,
    #[redis(skip)]
    #[allow(dead_code)]
    skipped: Option<T>,
    #[redis(codec = Json, default)]
    list: Vec<String>,
    #[redis(display)]
    shown: i8,
}

/// The same in a struct that is flattened.
#[derive(Debug, RedisFields)]
pub struct GenericFields<T: Clone + 'static, const N: usize> {
    pub value: T,
    bytes: [u8; N],
    #[redis(skip)]
    #[allow(dead_code)]
    skipped: Option<T>,
}

#[derive(Debug, RedisModel)]
#[redis(key = "around:{id}")]
pub struct Around {
    id: u64,
    #[redis(flatten)]
    pub inside: GenericFields<u8, 2>,
    #[redis(flatten)]
    optional: Option<GenericFields<String, 1>>,
}

#[test]
fn lints_that_the_user_allows_do_not_fire() {
    let place = Place { street: "Strand".into(), number: 1 };
    let unread = Unread { id: 1, name: "n".into(), place, other: None, count: seven() };
    assert!(saved(&unread).contains("name n place.street Strand place.number 1 count 7"));
    let naming = Naming { theId: 1, fullName: "n".into(), __nick: makeEmpty() };
    assert!(saved(&naming).contains("fullName n __nick "));
    for (kind, name) in [(kind_t::small_one, "small_one"), (kind_t::big_one, "big_one")] {
        assert_eq!(saved(&c_struct { id: 1, kind }), format!("HSET c:1 kind {name}"));
    }
}

#[test]
#[allow(deprecated)]
fn deprecated_items_are_used_without_a_warning() {
    let record = OfDeprecated { id: 1, old: 2, kept: vec![3], value: old_default() };
    assert_eq!(saved(&record), "HSET deprecated:1 old 2 kept [3] value 5");
}

#[test]
fn types_of_any_length_are_taken() {
    let long = Long {
        long_id: 1,
        long_name: String::new(),
        long_list: Vec::new(),
        long_a: true,
        long_b: false,
        long_c: false,
        long_d: false,
    };
    assert!(saved(&long).contains("long_list [] long_a 1"));
    let generic = Generic {
        id: 1,
        value: 'x',
        bytes: [b'a'; 2],
        soon: None,
        revision: 0,
        skipped: None,
        list: Vec::new(),
        shown: -1,
    };
    assert!(saved(&generic).contains("generic:1"));
    let inside = GenericFields { value: 1, bytes: *b"ab", skipped: None };
    let around = Around { id: 1, inside, optional: None };
    assert!(saved(&around).contains("inside.value 1 inside.bytes ab"));
}
