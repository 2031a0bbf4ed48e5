//! Errors say where a value is wrong by the names of the program's types, and never
//! contain a part of the value.

use std::collections::BTreeMap;
use std::fmt;

use redis_model::Json;
use redis_model::codec::{
    Bincode, BincodeLegacy, Cbor, Codec, Location, MsgPack, Pickle, Postcard,
};
use serde::de::{DeserializeOwned, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use super::mutated::{Random, mutate};
use super::targets::encode;

fn error<C: Codec<T>, T>(bytes: &[u8]) -> Option<String> {
    C::decode(bytes, &Location::NOWHERE).err().map(|error| format!("{error} {error:?}"))
}

fn refused<C: Codec<T>, T>(bytes: &[u8]) -> String {
    match C::decode(bytes, &Location::NOWHERE) {
        Ok(_) => panic!("{} took a value of another shape", C::NAME),
        Err(error) => error.to_string(),
    }
}

/// An order of a shop, with a price, a state and notes of any type.
#[derive(Debug, Serialize, Deserialize)]
struct Order<P, S = u8, N = u8> {
    id: u8,
    items: Vec<Item<P>>,
    state: S,
    notes: BTreeMap<String, N>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Item<P> {
    name: String,
    price: P,
}

fn order<P: Clone, S, N>(price: P, other: P, state: S, note: N) -> Order<P, S, N> {
    let item = |price: &P| Item { name: "hunter2".into(), price: price.clone() };
    let items = vec![item(&other), item(&other), item(&other), item(&price)];
    Order { id: 1, items, state, notes: [("hunter3".into(), note)].into() }
}

#[derive(Debug, Serialize, Deserialize)]
enum State {
    Paid,
    Sent { day: u8, by: String },
    Back(u8, u8),
}

/// States of a later version.
#[derive(Debug, Serialize, Deserialize)]
enum Later {
    Paid,
    Sent { day: String, by: String },
    Back(u8, String),
    Lost,
}

/// Asserts how an order is refused by the formats with names. `read` is the type that
/// reads, and `expected` the message after the words for the shape.
macro_rules! named {
    ($value:expr, $read:ty, $expected:expr) => {{
        let value = $value;
        let json = refused::<Json, $read>(&encode::<Json, _>(&value));
        let (what, place) = json.split_once(')').expect("a position");
        assert!(what.starts_with("JSON of another shape than the type (line 1, column "), "{json}");
        assert_eq!(place, $expected);
        let expected = format!("MessagePack of another shape than the type{}", $expected);
        assert_eq!(refused::<MsgPack, $read>(&encode::<MsgPack, _>(&value)), expected);
        let expected = format!("CBOR of another shape than the type{}", $expected);
        assert_eq!(refused::<Cbor, $read>(&encode::<Cbor, _>(&value)), expected);
    }};
}

#[test]
fn errors_of_formats_with_names_have_the_path_and_what_was_expected() {
    named!(
        order("text".to_owned(), "".into(), 0_u8, 0_u8),
        Order<f64>,
        " at items[0].price: expected a number, found text"
    );
    let prices = |wrong: Option<u64>| order(wrong, Some(1), 0_u8, 0_u8);
    named!(
        prices(Some(300)),
        Order<u8>,
        " at items[3].price: expected a number (u8), found one out of its range"
    );
    named!(
        prices(Some(1)),
        Order<bool>,
        " at items[0].price: expected true or false, found an integer"
    );
    named!(
        prices(Some(1)),
        Order<Vec<u8>>,
        " at items[0].price: expected a list, found an integer"
    );
    named!(prices(Some(1)), Order<String>, " at items[0].price: expected text, found an integer");
    let pair = order(vec![1, 2], vec![1, 2, 3], 0_u8, 0_u8);
    let place = " at items[3].price: expected a list of 3 items, found";
    let json = refused::<Json, Order<(u8, u8, u8)>>(&encode::<Json, _>(&pair));
    assert!(json.ends_with(&format!("{place} 2 items")), "{json}");
    let msgpack = refused::<MsgPack, Order<(u8, u8, u8)>>(&encode::<MsgPack, _>(&pair));
    assert!(msgpack.ends_with(&format!("{place} 2 items")), "{msgpack}");
    // cbor4ii compares the lengths before it reads the items.
    let cbor = refused::<Cbor, Order<(u8, u8, u8)>>(&encode::<Cbor, _>(&pair));
    assert!(cbor.ends_with(&format!("{place} another number of them")), "{cbor}");
    // A key of a map is stored.
    named!(
        order(0_u8, 0, 0_u8, "text".to_owned()),
        Order<u8>,
        " at notes[…]: expected a number (u8), found text"
    );
    named!(
        order(0_u8, 0, 0_u8, vec![(1, 'a'), (300, 'b')]),
        Order<u8, u8, Vec<(u8, char)>>,
        " at notes[…][1][0]: expected a number (u8), found one out of its range"
    );
}

#[test]
fn errors_of_formats_with_names_have_the_names_of_variants() {
    let state = |state: Later| order(0_u8, 0, state, 0_u8);
    named!(
        state(Later::Lost),
        Order<u8, State>,
        " at state: expected one of `Paid`, `Sent`, `Back`, found another variant"
    );
    named!(
        state(Later::Sent { day: "hunter4".into(), by: "hunter5".into() }),
        Order<u8, State>,
        " at state.Sent.day: expected a number (u8), found text"
    );
    named!(
        state(Later::Back(1, "hunter4".into())),
        Order<u8, State>,
        " at state.Back[1]: expected a number (u8), found text"
    );
}

#[test]
fn a_missing_field_is_named() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Items {
        items: Vec<Item<u8>>,
    }
    for bytes in [
        &br#"{"items":[{"name":"hunter2","price":1},{"price":1}]}"#[..],
        br#"{"items":[{"name":"hunter2","price":1},{"price":1,"hunter2":{"name":"hunter2"}}]}"#,
    ] {
        let error = refused::<Json, Items>(bytes);
        assert!(error.ends_with(" at items[1]: the field `name` is missing"), "{error}");
    }
    let twice = refused::<Json, Items>(br#"{"items":[{"name":"hunter2","name":"hunter3"}]}"#);
    assert!(twice.ends_with(" at items[0]: the field `name` is there twice"), "{twice}");
}

#[test]
fn errors_of_formats_without_names_have_the_path() {
    type Flags = Order<bool>;
    fn check<C: Codec<Order<u8>> + Codec<Flags>>(name: &str) {
        let bytes = encode::<C, _>(&order(7_u8, 1, 0_u8, 0_u8));
        let expected = format!("not {name} of this type at items[3].price: expected true or false");
        assert!(
            refused::<C, Flags>(&bytes).starts_with(&expected),
            "{}",
            refused::<C, Flags>(&bytes)
        );
        let cut = &bytes[..bytes.len() - 12];
        let error = refused::<C, Order<u8>>(cut);
        assert!(error.starts_with(&format!("truncated {name} at ")), "{error}");
    }
    check::<Postcard>("postcard");
    check::<Bincode>("bincode");
    check::<BincodeLegacy>("bincode");
    let state = encode::<Postcard, _>(&order(0_u8, 0, Later::Lost, 0_u8));
    assert_eq!(
        refused::<Postcard, Order<u8, State>>(&state),
        "not postcard of this type at state: expected one of `Paid`, `Sent`, `Back` that the type accepts"
    );
    let back =
        encode::<Postcard, _>(&order(0_u8, 0, Later::Back(1, "hunter2hunter2".into()), 0_u8));
    let error = refused::<Postcard, Order<u8, State, bool>>(&back);
    assert!(error.contains(" at "), "{error}");
}

/// A long path shows the steps nearest to the value.
#[test]
fn a_long_path_is_cut() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Tree {
        children: Vec<Tree>,
    }
    let depth = 40;
    let deep = [r#"{"children":["#.repeat(depth), "7".into(), "]}".repeat(depth)].concat();
    let error = refused::<Json, Tree>(deep.as_bytes());
    let path = format!(" at …{}: expected a map, found an integer", ".children[0]".repeat(8));
    assert!(error.ends_with(&path), "{error}");
}

/// A refusal that the type ignores is not the place of a later one.
#[test]
fn a_refusal_that_the_type_ignores_is_forgotten() {
    #[derive(Debug, Default)]
    struct OrDefault(u8);

    impl<'de> Deserialize<'de> for OrDefault {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Ok(u8::deserialize(deserializer).map(Self).unwrap_or_default())
        }
    }

    impl Serialize for OrDefault {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.0.serialize(serializer)
        }
    }

    #[derive(Debug, Serialize, Deserialize)]
    struct Pair {
        first: OrDefault,
        second: u8,
    }
    let error = refused::<Json, Pair>(br#"{"first":"text","second":true}"#);
    assert!(error.ends_with(" at second: expected a number (u8), found true or false"), "{error}");
}

/// Any value, whose texts, keys and numbers are secrets.
#[derive(Debug, Clone)]
enum Any {
    Null,
    Bool(bool),
    Number(u64),
    Float(f64),
    Text(String),
    List(Vec<Any>),
    Map(Vec<(String, Any)>),
}

impl Serialize for Any {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Bool(value) => value.serialize(serializer),
            Self::Number(value) => value.serialize(serializer),
            Self::Float(value) => value.serialize(serializer),
            Self::Text(value) => value.serialize(serializer),
            Self::List(value) => value.serialize(serializer),
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

/// Only written.
impl<'de> Deserialize<'de> for Any {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(D::Error::custom("only written"))
    }
}

/// Protocol 0, in which a pickle is text.
fn pickle(value: &Any, out: &mut String) {
    match value {
        Any::Null => out.push('N'),
        Any::Bool(value) => out.push_str(if *value { "I01\n" } else { "I00\n" }),
        Any::Number(value) => out.push_str(&format!("L{value}L\n")),
        Any::Float(value) => out.push_str(&format!("F{value}\n")),
        Any::Text(value) => out.push_str(&format!("V{value}\n")),
        Any::List(items) => {
            out.push('(');
            items.iter().for_each(|item| pickle(item, out));
            out.push('l');
        }
        Any::Map(entries) => {
            out.push('(');
            for (key, value) in entries {
                out.push_str(&format!("V{key}\n"));
                pickle(value, out);
            }
            out.push('d');
        }
    }
}

const SECRET: &str = "hunter2";
/// A number whose digits are in no message.
const NUMBER: u64 = 98_765_432_109;

/// Texts that look like messages of serde with a secret in them.
const TEXTS: [&str; 12] = [
    "hunter2",
    "missing field `hunter2`",
    "duplicate field `hunter2`",
    "unknown field `hunter2`, expected `hunter2`",
    "unknown variant `hunter2`, expected `hunter2`",
    "invalid type: hunter2, expected hunter2",
    "invalid value: string \"hunter2\", expected hunter2",
    "invalid length 98765432109, expected hunter2",
    "Custom(\"missing field `hunter2`\")",
    "Core(Mismatch { name: \"hunter2\", found: 98765432109 })",
    "OtherString(\"missing field `name hunter2`",
    "trailing characters hunter2",
];

fn any(random: &mut Random, depth: usize) -> Any {
    let text = |random: &mut Random| TEXTS[random.below(TEXTS.len())].to_owned();
    match random.below(if depth == 0 { 5 } else { 9 }) {
        0 => Any::Null,
        1 => Any::Bool(random.below(2) == 0),
        2 => Any::Number(NUMBER),
        3 => Any::Float(NUMBER as f64 + 0.5),
        4 => Any::Text(text(random)),
        5 | 6 => Any::List((0..random.below(4)).map(|_| any(random, depth - 1)).collect()),
        _ => {
            let entries = (0..random.below(6)).map(|_| {
                let names = ["name", "kind", "list", "map", "inner", "own", "Sent", "day", "t"];
                let key = match random.below(4) {
                    0 => text(random),
                    _ => names[random.below(names.len())].to_owned(),
                };
                (key, any(random, depth - 1))
            });
            Any::Map(entries.collect())
        }
    }
}

/// A type whose errors and expectations quote what it read.
#[derive(Debug)]
struct Telltale;

impl Serialize for Telltale {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<'de> Deserialize<'de> for Telltale {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Expecting(String);

        impl<'de> Visitor<'de> for Expecting {
            type Value = Telltale;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Telltale, A::Error> {
                while let Some((key, text)) = map.next_entry::<String, String>()? {
                    if text.len() % 3 == 0 {
                        return Err(A::Error::invalid_length(NUMBER as usize, &Expecting(text)));
                    }
                    if text.len() % 3 == 1 {
                        return Err(A::Error::custom(text));
                    }
                    if key.len() % 2 == 0 {
                        return Err(A::Error::unknown_variant(&key, &[]));
                    }
                }
                Ok(Telltale)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Telltale, A::Error> {
                match seq.next_element::<String>()? {
                    Some(text) => Err(A::Error::custom(text)),
                    None => Ok(Telltale),
                }
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Telltale, E> {
                Err(E::custom(text))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Telltale, E> {
                Err(E::custom(format!("invalid length {number}")))
            }
        }

        deserializer.deserialize_any(Expecting(SECRET.to_owned()))
    }
}

/// Refuses a text with a message that is the text.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
struct Tried(String);

impl TryFrom<String> for Tried {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Err(text)
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "t")]
enum Tagged {
    Sent { day: u8, name: String },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u8),
    Text { name: Tried },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Strict {
    name: u8,
}

#[derive(Debug, Serialize, Deserialize)]
struct Flat {
    #[serde(flatten)]
    inner: Strict,
}

/// Everything at once.
#[derive(Debug, Serialize, Deserialize)]
struct Read<O> {
    name: Option<O>,
    kind: Option<State>,
    list: Option<Vec<O>>,
    map: Option<BTreeMap<String, O>>,
    inner: Option<Box<Read<O>>>,
}

/// Asserts that no error contains a secret. Returns the number of errors with a path.
fn quiet<T: Serialize + DeserializeOwned>(value: &Any) -> usize {
    let mut text = String::new();
    pickle(value, &mut text);
    let errors = [
        error::<Json, T>(&encode::<Json, _>(value)),
        error::<MsgPack, T>(&encode::<MsgPack, _>(value)),
        error::<Cbor, T>(&encode::<Cbor, _>(value)),
        error::<Pickle, T>(format!("{text}.").as_bytes()),
    ];
    quiet_errors(errors.into_iter().flatten())
}

fn quiet_errors(errors: impl Iterator<Item = String>) -> usize {
    let mut places = 0;
    for error in errors {
        assert!(!error.contains("hunter") && !error.contains("98765"), "{error}");
        places += usize::from(error.contains(" at "));
    }
    places
}

#[test]
fn no_error_contains_a_part_of_the_value_for_random_shapes() {
    let mut random = Random(1);
    let mut places = 0;
    for _ in 0..600 {
        let value = any(&mut random, 4);
        places += quiet::<Read<u8>>(&value)
            + quiet::<Read<String>>(&value)
            + quiet::<Read<(u8, bool)>>(&value)
            + quiet::<Read<[char; 2]>>(&value)
            + quiet::<Read<Telltale>>(&value)
            + quiet::<Read<Tried>>(&value)
            + quiet::<Read<Tagged>>(&value)
            + quiet::<Read<Untagged>>(&value)
            + quiet::<Read<Strict>>(&value)
            + quiet::<Read<Flat>>(&value)
            + quiet::<Read<f32>>(&value)
            + quiet::<BTreeMap<u8, String>>(&value)
            + quiet::<BTreeMap<Tried, u8>>(&value)
            + quiet::<Vec<Telltale>>(&value)
            + quiet::<State>(&value);
    }
    assert!(places > 2_000, "{places}");
}

#[test]
fn no_error_of_a_format_without_names_contains_a_part_of_the_value() {
    type Written = Order<String, Later, String>;
    fn check<C>(random: &mut Random) -> usize
    where
        C: Codec<Written> + Codec<Order<u8, State, Tried>> + Codec<Order<bool>>,
        C: Codec<Order<char, Later, u64>> + Codec<Read<u8>> + Codec<Read<Tried>>,
    {
        let value = order(SECRET.to_owned(), SECRET.to_owned(), Later::Lost, SECRET.to_owned());
        let bytes = encode::<C, _>(&value);
        let mut places = 0;
        for round in 0..2_000 {
            let mut bytes = bytes.clone();
            if round > 0 {
                mutate(random, &mut bytes);
            }
            let errors = [
                error::<C, Written>(&bytes),
                error::<C, Order<u8, State, Tried>>(&bytes),
                error::<C, Order<bool>>(&bytes),
                error::<C, Order<char, Later, u64>>(&bytes),
                error::<C, Read<u8>>(&bytes),
                error::<C, Read<Tried>>(&bytes),
            ];
            places += quiet_errors(errors.into_iter().flatten());
        }
        places
    }
    let random = &mut Random(1);
    for places in
        [check::<Postcard>(random), check::<Bincode>(random), check::<BincodeLegacy>(random)]
    {
        assert!(places > 2_000, "{places}");
    }
}
