//! Types with two values each, codecs and names to choose from.

use crate::random::Random;

/// A type and two different values of it, as code.
#[derive(Clone)]
pub(crate) struct Sample {
    pub(crate) ty: String,
    pub(crate) values: [String; 2],
}

impl Sample {
    pub(crate) fn new(
        ty: impl Into<String>,
        first: impl Into<String>,
        second: impl Into<String>,
    ) -> Self {
        Self { ty: ty.into(), values: [first.into(), second.into()] }
    }

    /// The same in an `Option`, of which one value may be `None`.
    pub(crate) fn in_option(&self, random: &mut Random) -> Self {
        let [first, second] = self.values.each_ref().map(|value| format!("Some({value})"));
        let values = match random.below(3) {
            0 => [format!("None::<{}>", self.ty), second],
            1 => [first, format!("None::<{}>", self.ty)],
            _ => [first, second],
        };
        Self { ty: format!("Option<{}>", self.ty), values }
    }
}

/// The type and its values; `k`: can be in a key, `d`: has `Display` and `FromStr`,
/// `s`: has serde's traits, `0`: has a default.
type Row = (&'static str, &'static str, &'static str, &'static str);

const VALUES: &[Row] = &[
    ("u8", "7", "255", "kds0"),
    ("i16", "-5", "300", "kds0"),
    ("u32", "70_000", "0", "kds0"),
    ("i64", "-1", "i64::MAX", "kds0"),
    ("u64", "1", "u64::MAX", "kds0"),
    ("u128", "u128::MAX", "2", "kd0"),
    ("usize", "3", "4", "kds0"),
    ("bool", "true", "false", "kds0"),
    ("char", "'x'", "'é'", "kds0"),
    ("f32", "0.5", "-2.0", "ds0"),
    ("f64", "1.25", "1e300", "ds0"),
    ("String", "String::from(\"a b\")", "String::from(\"ü:{}%\")", "kds0"),
    ("Box<str>", "Box::from(\"x\")", "Box::from(\"\")", "ks0"),
    (
        "std::borrow::Cow<'static, str>",
        "std::borrow::Cow::Borrowed(\"c\")",
        "std::borrow::Cow::Borrowed(\"d:\")",
        "ks0",
    ),
    ("Vec<u8>", "vec![1, 2]", "vec![0, 255]", "s0"),
    ("[u8; 4]", "[1, 2, 3, 4]", "[0; 4]", "s0"),
    (
        "std::time::Duration",
        "std::time::Duration::from_millis(1500)",
        "std::time::Duration::from_secs(2)",
        "s0",
    ),
    (
        "std::net::IpAddr",
        "std::net::IpAddr::from([127, 0, 0, 1])",
        "std::net::IpAddr::from([1, 2, 3, 4])",
        "kds",
    ),
    ("std::net::Ipv4Addr", "std::net::Ipv4Addr::LOCALHOST", "std::net::Ipv4Addr::BROADCAST", "ds"),
    ("crate::kinds::Colour", "crate::kinds::Colour::DarkRed", "crate::kinds::Colour::Blue", "ks0"),
    ("crate::kinds::Level", "crate::kinds::Level::Low", "crate::kinds::Level::Highest", "ks0"),
    (
        "crate::kinds::Sku",
        "crate::kinds::Sku::from(\"a:1\")",
        "crate::kinds::Sku::from(\"b\")",
        "ks0",
    ),
];

const CODEC_VALUES: &[Row] = &[
    ("Vec<String>", "vec![String::from(\"a\")]", "Vec::new()", "s0"),
    (
        "std::collections::BTreeMap<String, u32>",
        "std::collections::BTreeMap::from([(String::from(\"k\"), 1)])",
        "std::collections::BTreeMap::new()",
        "s0",
    ),
    ("(u8, String)", "(1, String::from(\"x\"))", "(2, String::new())", "s0"),
    ("Option<Vec<u16>>", "Some(vec![1])", "None::<Vec<u16>>", "s0"),
    ("crate::kinds::Tag", "crate::kinds::Tag::new(\"t\")", "crate::kinds::Tag::new(\"\")", "s0"),
    (
        "Option<crate::kinds::Tag>",
        "None::<crate::kinds::Tag>",
        "Some(crate::kinds::Tag::new(\"u\"))",
        "s0",
    ),
    ("u64", "5", "6", "s0"),
];

pub(crate) const CODECS: &[&str] = &[
    "redis_model::Json",
    "redis_model::codec::MsgPack",
    "redis_model::codec::Cbor",
    "redis_model::codec::Postcard",
    "redis_model::codec::Bincode",
    "redis_model::codec::BincodeLegacy",
    "redis_model::codec::Zstd<redis_model::Json>",
    "redis_model::codec::Lz4<redis_model::codec::MsgPack>",
    "redis_model::codec::Sealed<redis_model::Json, crate::kinds::Ring>",
    "redis_model::codec::Signed<redis_model::codec::Cbor, crate::kinds::Ring>",
];

pub(crate) const CASES: &[&str] = &[
    "lowercase",
    "UPPERCASE",
    "PascalCase",
    "camelCase",
    "snake_case",
    "SCREAMING_SNAKE_CASE",
    "kebab-case",
    "SCREAMING-KEBAB-CASE",
];

pub(crate) const VISIBILITIES: &[&str] = &["", "", "pub ", "pub(crate) ", "pub(super) "];

pub(crate) const DURATIONS: &[&str] = &["90s", "1h30m", "30d", "2w"];

/// Names of fields: keywords, names that the derive uses, and others.
const NAMES: &[&str] = &[
    "r#type",
    "r#fn",
    "r#loop",
    "r#match",
    "r#async",
    "row",
    "it",
    "visit",
    "out",
    "at",
    "bytes",
    "key",
    "ttl",
    "fields",
    "save",
    "update",
    "name",
    "email_address",
    "street",
    "zip_code_2",
    "count",
    "note",
    "kind",
    "größe",
    "x",
];

fn sample(random: &mut Random, rows: &[Row], flags: &str) -> Sample {
    let rows: Vec<&Row> =
        rows.iter().filter(|row| flags.chars().all(|flag| row.3.contains(flag))).collect();
    let (ty, first, second, _) = random.pick(&rows);
    Sample::new(*ty, *first, *second)
}

/// Returns a type that a field holds as it is, with all of the flags.
pub(crate) fn value(random: &mut Random, flags: &str) -> Sample {
    sample(random, VALUES, flags)
}

/// Returns a type that needs a codec.
pub(crate) fn codec_value(random: &mut Random) -> Sample {
    sample(random, CODEC_VALUES, "")
}

/// Returns a point in time with two values that every form keeps.
pub(crate) fn time() -> Sample {
    let since = "std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000)";
    Sample::new("std::time::SystemTime", "std::time::UNIX_EPOCH", since)
}

/// Gives each field of a struct a name of its own.
pub(crate) struct Names {
    tuple: bool,
    given: Vec<String>,
}

impl Names {
    pub(crate) fn new(tuple: bool) -> Self {
        Self { tuple, given: Vec::new() }
    }

    pub(crate) fn next(&mut self, random: &mut Random) -> String {
        if self.tuple {
            // Numbered when all fields are in their order.
            return String::new();
        }
        let name = random.pick(NAMES);
        let name = match self.given.iter().any(|given| given == name) {
            true => format!("field_{}", self.given.len()),
            false => String::from(name),
        };
        self.given.push(name.clone());
        name
    }
}
