//! Keys of many parts, of private types, and with constants of their fields' names in scope.

use redis_model::{KeyPart, RedisModel, RedisValue};
use serde::{Deserialize, Serialize};

use super::saved;

/// A pattern `ID` would be this constant.
#[allow(dead_code)]
const ID: u64 = 7;

#[derive(Debug, RedisModel)]
#[redis(key = "constant:{ID}")]
#[allow(non_snake_case)]
struct Constant {
    ID: u64,
    row: u64,
    it: u8,
    visit: u8,
}

#[derive(Debug, Serialize, Deserialize, RedisModel)]
#[redis(key = "constant:{ID}:{id}", blob = redis_model::Json)]
#[allow(non_snake_case)]
struct ConstantBlob {
    ID: u64,
    id: u64,
}

/// The names of the derive's own variables, and a unit struct of the model's field.
#[allow(dead_code, non_camel_case_types)]
struct name;

#[derive(Debug, RedisModel)]
#[redis(key = "unit:{name}")]
struct Unit {
    name: String,
    at: u8,
}

#[derive(Debug, RedisModel)]
#[redis(key = "{a}:{b}:{c}:{d}:{e}:{f}:{g}:{h}:{i}:{j}:{k}:{l}")]
#[allow(clippy::many_single_char_names)]
struct Twelve {
    l: u8,
    k: i64,
    j: Region,
    i: String,
    h: char,
    g: bool,
    f: u128,
    e: Box<str>,
    d: Code,
    c: u16,
    b: std::net::IpAddr,
    a: u64,
    value: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, RedisValue, KeyPart)]
#[redis(rename_all = "lowercase")]
enum Region {
    Eu,
    Us,
}

#[derive(Debug, Clone, PartialEq, Eq, RedisValue, KeyPart)]
struct Code(u32);

#[test]
fn constants_of_the_same_name_are_no_patterns() {
    assert_eq!(
        saved(&Constant { ID: 1, row: 2, it: 3, visit: 4 }),
        "HSET constant:1 row 2 it 3 visit 4"
    );
    assert_eq!(ConstantBlob { ID: 1, id: 2 }.redis_key(), "constant:1:2");
    assert_eq!(saved(&Unit { name: "n".into(), at: 1 }), "HSET unit:n at 1");
}

#[test]
fn a_key_has_up_to_twelve_parts() {
    let record = Twelve {
        a: 1,
        b: [127, 0, 0, 1].into(),
        c: 3,
        d: Code(4),
        e: "e:".into(),
        f: 6,
        g: true,
        h: 'h',
        i: "i".into(),
        j: Region::Eu,
        k: -11,
        l: 12,
        value: 13,
    };
    let key = record.redis_key();
    assert_eq!(key, "1:127.0.0.1:3:4:e%3A:6:true:h:i:eu:-11:12");
    let (a, .., j, k, l) = Twelve::parse_key(&key).unwrap();
    assert_eq!((a, j, k, l), (1, Region::Eu, -11, 12));
}
