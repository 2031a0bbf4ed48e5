//! Any value of a pickle, with all kinds kept apart.

use std::fmt::{self, Write};

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::unhex;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Data {
    None,
    Bool(bool),
    Signed(i128),
    Unsigned(u128),
    /// The bits, so that NaN is equal to itself.
    Float(u64),
    Text(String),
    Bytes(Vec<u8>),
    Sequence(Vec<Data>),
    Map(Vec<(Data, Data)>),
}

/// The codec is for types that can be written, too.
impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Data;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_unit<E: Error>(self) -> Result<Data, E> {
        Ok(Data::None)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Data, E> {
        Ok(Data::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Data, E> {
        Ok(Data::Signed(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Data, E> {
        Ok(Data::Signed(value.into()))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Data, E> {
        Ok(Data::Signed(value))
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Data, E> {
        Ok(Data::Unsigned(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Data, E> {
        Ok(Data::Float(value.to_bits()))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Data, E> {
        Ok(Data::Text(value.to_owned()))
    }

    fn visit_bytes<E: Error>(self, value: &[u8]) -> Result<Data, E> {
        Ok(Data::Bytes(value.to_vec()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Data, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Data::Sequence(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Data, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Data::Map(entries))
    }
}

impl Data {
    /// Returns the value that `plain` in `catalog.py` wrote.
    pub(crate) fn of_json(json: &Value) -> Self {
        let (kind, value) = json.as_object().and_then(|it| it.iter().next()).expect("a kind");
        let list = || value.as_array().expect("a list").iter();
        let text = || value.as_str().expect("text");
        match &**kind {
            "constant" => match text() {
                "None" => Self::None,
                constant => Self::Bool(constant == "True"),
            },
            "int" => match text().parse() {
                Ok(value) => Self::Signed(value),
                Err(_) => Self::Unsigned(text().parse().expect("an integer")),
            },
            "float" => Self::Float(u64::from_str_radix(text(), 16).expect("bits")),
            "text" => Self::Text(text().to_owned()),
            "bytes" => Self::Bytes(unhex(text())),
            "sequence" => Self::Sequence(list().map(Self::of_json).collect()),
            "map" => Self::Map(
                list().map(|entry| (Self::of_json(&entry[0]), Self::of_json(&entry[1]))).collect(),
            ),
            kind => panic!("a kind that is none: {kind}"),
        }
    }
}

/// For people, in a table.
impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separated = |f: &mut fmt::Formatter<'_>, at: usize| match at {
            0 => Ok(()),
            _ => f.write_str(", "),
        };
        match self {
            Self::None => f.write_str("none"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Signed(value) => write!(f, "{value}"),
            Self::Unsigned(value) => write!(f, "{value}"),
            Self::Float(bits) => write!(f, "{:?}", f64::from_bits(*bits)),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Bytes(bytes) => write!(f, "b\"{}\"", bytes.escape_ascii()),
            Self::Sequence(items) => {
                f.write_char('[')?;
                for (at, item) in items.iter().enumerate() {
                    separated(f, at)?;
                    write!(f, "{item}")?;
                }
                f.write_char(']')
            }
            Self::Map(entries) => {
                f.write_char('{')?;
                for (at, (key, value)) in entries.iter().enumerate() {
                    separated(f, at)?;
                    write!(f, "{key}: {value}")?;
                }
                f.write_char('}')
            }
        }
    }
}
