//! Calls of the program's own classes, which `PickleOf` lists.

use redis_model::codec::{Codec, Location, Pickle, PickleCalls, PickleOf};
use redis_model::{ErrorKind, Json, RedisModel};
use serde::{Deserialize, Serialize};

use super::data;
use super::instances::pickles;

struct Classes;

impl PickleCalls for Classes {
    const CALLS: &'static [&'static str] =
        &["__main__.Color", "__main__.Level", "__main__.Reduced", "app.Outer.Inner", "os.system"];
}

fn read<T: Serialize + serde::de::DeserializeOwned>(pickle: &[u8]) -> Result<T, String> {
    PickleOf::<Classes>::decode(pickle, &Location::NOWHERE).map_err(|error| error.to_string())
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Color {
    Red,
}

#[test]
fn a_listed_call_is_its_arguments() {
    for pickle in pickles("an `Enum`") {
        assert_eq!(read::<Color>(&pickle).unwrap(), Color::Red);
        assert_eq!(read::<String>(&pickle).unwrap(), "red");
        assert!(data(&pickle).unwrap_err().contains("`PickleOf` lists those"));
    }
    for pickle in pickles("an `IntEnum`") {
        assert_eq!(read::<u8>(&pickle).unwrap(), 3);
    }
    for pickle in pickles("a `__reduce__` of the program") {
        assert_eq!(read::<(u8, u8)>(&pickle).unwrap(), (1, 2));
    }
    // `Flag` is not listed.
    for pickle in pickles("a `Flag`") {
        assert!(read::<u8>(&pickle).unwrap_err().contains("is not listed"));
    }
    // A class in a class, a set of the program's, and an enum by name, as Python 3.11.0 wrote.
    assert_eq!(read::<u8>(b"\x8c\x03app\x8c\x0bOuter.Inner\x93K\x07\x85R.").unwrap(), 7);
    assert_eq!(read::<Vec<u8>>(b"c__main__\nColor\n(K\x07l\x85R.").unwrap(), [7]);
    assert_eq!(
        read::<String>(b"c__builtin__\ngetattr\n(c__main__\nColor\nVRED\ntR.").unwrap(),
        "RED"
    );
    read::<String>(b"c__builtin__\ngetattr\n(cos\nsystem\nVRED\ntR.").unwrap_err();
}

/// A list is a list of data, so that a mistake in it does no harm, either.
#[test]
fn what_the_library_refuses_by_name_cannot_be_listed() {
    let error = read::<String>(b"cos\nsystem\n(Vls\ntR.").unwrap_err();
    assert!(error.contains("a call of `os.system`"), "{error}");
    // A class itself is no data, listed or not.
    let error = read::<String>(b"c__main__\nColor\n.").unwrap_err();
    assert!(error.contains("a class or function that is not listed"), "{error}");
}

#[test]
fn a_model_lists_the_codec() {
    #[derive(Debug, PartialEq, Serialize, Deserialize, RedisModel)]
    #[redis(key = "car:{id}", codecs = [Json, PickleOf<Classes>])]
    struct Car {
        id: u64,
        color: Color,
    }
    #[derive(Debug, Serialize, Deserialize, RedisModel)]
    #[redis(key = "car:{id}", codecs = [Json, Pickle])]
    struct Strict {
        id: u64,
        color: Color,
    }
    let pickle = b"}(Vid\nI7\nVcolor\nc__main__\nColor\n(Vred\ntRu.";
    assert_eq!(Car::from_bytes(pickle).unwrap(), Car { id: 7, color: Color::Red });
    let error = Strict::from_bytes(pickle).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Codec);
    assert!(error.to_string().contains(" at color"), "{error}");
    let written = PickleOf::<Classes>::encode(&Color::Red, &Location::NOWHERE, &mut Vec::new());
    assert!(written.unwrap_err().to_string().contains("only read"));
}
