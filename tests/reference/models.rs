//! The models, each with a description for the reference and with a conversion of programs
//! into operations.

use std::time::Duration;

use redis_model::op::BoxedOperation;
use redis_model::{
    Condition, HashModel, Json, Operation, Outcome, RedisFields, RedisModel, Update,
};

use crate::program::{Change, Check, KeyTtl, Program, Returning};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Bool,
    Int {
        min: i128,
        max: i128,
    },
    Float,
    /// A `Vec<u8>` of one number, as JSON.
    Json,
}

/// A field, as the documentation describes it.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) aliases: &'static [&'static str],
    pub(crate) kind: Kind,
    pub(crate) default: Option<&'static str>,
    /// The text that is read as `None`.
    pub(crate) none_text: Option<&'static str>,
    pub(crate) is_required: bool,
    /// For a field of the flattened struct: `true` if the struct requires it.
    pub(crate) in_place: Option<bool>,
    pub(crate) is_option: bool,
    /// The TTL in milliseconds that a write sets.
    pub(crate) ttl: Option<u64>,
}

pub(crate) trait Modelled: HashModel<Id = u64> + Send + Sync + 'static {
    fn columns() -> Vec<Column>;

    fn composed(id: u64, program: &Program) -> Update<Self>;

    /// Returns the program as an operation whose values are text.
    fn operation(id: u64, program: &Program) -> BoxedOperation<'static, Outcome<Vec<String>>>;
}

#[derive(Debug, RedisFields)]
pub(crate) struct Place {
    lat: i32,
    #[redis(alias = "lng")]
    lon: i32,
    label: Option<String>,
}

#[derive(Debug, RedisModel)]
#[redis(key = "strict:{id}")]
pub(crate) struct Strict {
    id: u64,
    #[redis(alias = "nom", alias = "n")]
    name: String,
    small: u8,
    #[redis(alias = "sum")]
    total: i64,
    #[redis(default)]
    points: u64,
    #[redis(default)]
    gauge: f64,
    share: Option<f64>,
    nick: Option<String>,
    #[redis(empty_as_none)]
    note: Option<String>,
    flag: Option<bool>,
    #[redis(codec = Json)]
    tags: Option<Vec<u8>>,
    #[redis(flatten)]
    place: Option<Place>,
}

/// A model without required fields.
#[derive(Debug, RedisModel)]
#[redis(key = "loose:{id}", ttl = "1h")]
pub(crate) struct Loose {
    id: u64,
    #[redis(alias = "nom", alias = "n", default)]
    name: String,
    #[redis(default)]
    small: u8,
    #[redis(alias = "sum", default)]
    total: i64,
    #[redis(default)]
    points: u64,
    #[redis(default)]
    gauge: f64,
    share: Option<f64>,
    nick: Option<String>,
    #[redis(empty_as_none)]
    note: Option<String>,
    flag: Option<bool>,
    #[redis(codec = Json)]
    tags: Option<Vec<u8>>,
    #[redis(flatten)]
    place: Option<Place>,
}

/// A model with fields that expire.
#[derive(Debug, RedisModel)]
#[redis(key = "lapsing:{id}", ttl = "1h", on_update = "refresh")]
pub(crate) struct Lapsing {
    id: u64,
    #[redis(alias = "nom", alias = "n")]
    name: String,
    small: u8,
    #[redis(alias = "sum")]
    total: i64,
    #[redis(default, ttl = "5m")]
    points: u64,
    #[redis(default, ttl = "5m")]
    gauge: f64,
    #[redis(ttl = "5m")]
    share: Option<f64>,
    #[redis(ttl = "10m")]
    nick: Option<String>,
    #[redis(empty_as_none, ttl = "10m")]
    note: Option<String>,
    flag: Option<bool>,
    #[redis(codec = Json)]
    tags: Option<Vec<u8>>,
    #[redis(flatten)]
    place: Option<Place>,
}

/// A model whose updates may be plain commands.
#[derive(Debug, RedisModel)]
#[redis(key = "bare:{id}")]
pub(crate) struct Bare {
    id: u64,
    total: i64,
    nick: Option<String>,
}

fn column(name: &'static str, kind: Kind) -> Column {
    Column {
        name,
        aliases: &[],
        kind,
        default: None,
        none_text: None,
        is_required: false,
        in_place: None,
        is_option: true,
        ttl: None,
    }
}

const U8: Kind = Kind::Int { min: 0, max: u8::MAX as i128 };
const I32: Kind = Kind::Int { min: i32::MIN as i128, max: i32::MAX as i128 };
const I64: Kind = Kind::Int { min: i64::MIN as i128, max: i64::MAX as i128 };
const U64: Kind = Kind::Int { min: 0, max: u64::MAX as i128 };

/// The columns of the models with all fields. The fields with a default in `Loose` are required
/// in the others.
fn columns(required: bool, expire: bool) -> Vec<Column> {
    let own = |name, kind, default| Column {
        is_required: required,
        is_option: false,
        default: Some(default).filter(|_| !required),
        ..column(name, kind)
    };
    let minutes = |minutes: u64| Some(minutes * 60_000).filter(|_| expire);
    let placed = |name, kind, needed| Column { in_place: Some(needed), ..column(name, kind) };
    vec![
        Column { aliases: &["nom", "n"], ..own("name", Kind::Text, "") },
        own("small", U8, "0"),
        Column { aliases: &["sum"], ..own("total", I64, "0") },
        Column { default: Some("0"), is_option: false, ttl: minutes(5), ..column("points", U64) },
        Column {
            default: Some("0.0"),
            is_option: false,
            ttl: minutes(5),
            ..column("gauge", Kind::Float)
        },
        Column { ttl: minutes(5), ..column("share", Kind::Float) },
        Column { ttl: minutes(10), ..column("nick", Kind::Text) },
        Column { none_text: Some(""), ttl: minutes(10), ..column("note", Kind::Text) },
        column("flag", Kind::Bool),
        Column { none_text: Some("null"), ..column("tags", Kind::Json) },
        placed("place.lat", I32, true),
        Column { aliases: &["place.lng"], ..placed("place.lon", I32, true) },
        placed("place.label", Kind::Text, false),
    ]
}

fn number<N: std::str::FromStr>(text: &str) -> N {
    text.parse().unwrap_or_else(|_| panic!("the program has {text} for a number"))
}

fn json(text: &str) -> Option<Vec<u8>> {
    Some(vec![number(text.trim_matches(['[', ']']))])
}

fn with_options<M: HashModel>(mut update: Update<M>, program: &Program) -> Update<M> {
    update = match program.key_ttl {
        KeyTtl::Model => update,
        KeyTtl::Expire(millis) => update.expire(Duration::from_millis(millis)),
        KeyTtl::Persist => update.persist(),
    };
    if program.or_create { update.or_create() } else { update }
}

macro_rules! modelled {
    ($model:ident, $required:literal, $expire:literal) => {
        impl Modelled for $model {
            fn columns() -> Vec<Column> {
                columns($required, $expire)
            }

            fn composed(id: u64, program: &Program) -> Update<Self> {
                let f = Self::FIELDS;
                let mut it = <Self as RedisModel>::update(id);
                for (name, change) in &program.changes {
                    it = match change {
                        Change::Set(v) => match *name {
                            "name" => it.set(f.name, v),
                            "small" => it.set(f.small, number::<u8>(v)),
                            "total" => it.set(f.total, number::<i64>(v)),
                            "points" => it.set(f.points, number::<u64>(v)),
                            "gauge" => it.set(f.gauge, number::<f64>(v)),
                            "share" => it.set(f.share, number::<f64>(v)),
                            "nick" => it.set(f.nick, v),
                            "note" => it.set(f.note, v.clone()),
                            "flag" => it.set(f.flag, v == "1"),
                            "tags" => it.set(f.tags, json(v)),
                            "place.lat" => it.set(f.place.lat, number::<i32>(v)),
                            "place.lon" => it.set(f.place.lon, number::<i32>(v)),
                            _ => it.set(f.place.label, Some(v.clone())),
                        },
                        Change::SetIfAbsent(v) => match *name {
                            "name" => it.set_if_absent(f.name, v),
                            "small" => it.set_if_absent(f.small, number::<u8>(v)),
                            "total" => it.set_if_absent(f.total, number::<i64>(v)),
                            "points" => it.set_if_absent(f.points, number::<u64>(v)),
                            "gauge" => it.set_if_absent(f.gauge, number::<f64>(v)),
                            "share" => it.set_if_absent(f.share, number::<f64>(v)),
                            "nick" => it.set_if_absent(f.nick, v),
                            "note" => it.set_if_absent(f.note, v.clone()),
                            "flag" => it.set_if_absent(f.flag, v == "1"),
                            "tags" => it.set_if_absent(f.tags, json(v)),
                            "place.lat" => it.set_if_absent(f.place.lat, number::<i32>(v)),
                            "place.lon" => it.set_if_absent(f.place.lon, number::<i32>(v)),
                            _ => it.set_if_absent(f.place.label, Some(v.clone())),
                        },
                        Change::Remove => match *name {
                            "share" => it.remove(f.share),
                            "nick" => it.set(f.nick, None),
                            "note" => it.remove(f.note),
                            "flag" => it.remove(f.flag),
                            "tags" => it.set(f.tags, None),
                            "place.lat" => it.remove(f.place.lat),
                            "place.lon" => it.remove(f.place.lon),
                            _ => it.remove(f.place.label),
                        },
                        Change::Incr(by) => match *name {
                            "small" => it.incr(f.small, *by),
                            "total" => it.incr(f.total, *by),
                            "points" => it.incr(f.points, *by),
                            "place.lat" => it.incr(f.place.lat, *by),
                            _ => it.incr(f.place.lon, *by),
                        },
                        Change::IncrFloat(by) => match *name {
                            "gauge" => it.incr(f.gauge, *by),
                            _ => it.incr(f.share, *by),
                        },
                    };
                }
                for (name, check) in &program.checks {
                    it = it.only_if(Self::condition(name, check));
                }
                for (name, ttl) in &program.field_ttls {
                    it = match ttl {
                        Some(millis) => {
                            let after = Duration::from_millis(*millis);
                            match *name {
                                "points" => it.expire_field(f.points, after),
                                "share" => it.expire_field(f.share, after),
                                "nick" => it.expire_field(f.nick, after),
                                "note" => it.expire_field(f.note, after),
                                "tags" => it.expire_field(f.tags, after),
                                _ => it.expire_field(f.place.label, after),
                            }
                        }
                        None => match *name {
                            "points" => it.persist_field(f.points),
                            "share" => it.persist_field(f.share),
                            "nick" => it.persist_field(f.nick),
                            "note" => it.persist_field(f.note),
                            "tags" => it.persist_field(f.tags),
                            _ => it.persist_field(f.place.label),
                        },
                    };
                }
                with_options(it, program)
            }

            fn operation(
                id: u64,
                program: &Program,
            ) -> BoxedOperation<'static, Outcome<Vec<String>>> {
                let (f, update) = (Self::FIELDS, Self::composed(id, program));
                match program.returning {
                    Returning::Nothing => update.map(|it| it.map(|()| Vec::new())).boxed(),
                    Returning::Total => update
                        .returning(f.total)
                        .map(|it| it.map(|total| vec![total.to_string()]))
                        .boxed(),
                    Returning::Several => update
                        .returning((f.nick, (f.points, f.place.lon)))
                        .map(|it| {
                            it.map(|(nick, (points, lon))| {
                                vec![format!("{nick:?}"), points.to_string(), format!("{lon:?}")]
                            })
                        })
                        .boxed(),
                }
            }
        }

        impl $model {
            fn condition(name: &str, check: &Check) -> Condition<Self> {
                let f = Self::FIELDS;
                match check {
                    Check::Absent => match name {
                        "name" => f.name.is_absent(),
                        "total" => f.total.is_absent(),
                        "points" => f.points.is_absent(),
                        "share" => f.share.eq(None),
                        "nick" => f.nick.is_absent(),
                        "note" => f.note.eq(None),
                        "flag" => f.flag.is_absent(),
                        "tags" => f.tags.eq(None),
                        _ => f.place.lon.is_absent(),
                    },
                    Check::Present => match name {
                        "name" => f.name.is_present(),
                        "total" => f.total.is_present(),
                        "points" => f.points.is_present(),
                        "share" => f.share.is_present(),
                        "nick" => f.nick.is_present(),
                        "note" => f.note.is_present(),
                        "flag" => f.flag.is_present(),
                        "tags" => f.tags.is_present(),
                        _ => f.place.lon.is_present(),
                    },
                    Check::Equal(v) => match name {
                        "name" => f.name.eq(v.clone()),
                        "total" => f.total.eq(number::<i64>(v)),
                        "points" => f.points.eq(number::<u64>(v)),
                        "share" => f.share.eq(number::<f64>(v)),
                        "nick" => f.nick.eq(v.clone()),
                        "note" => f.note.eq(v.clone()),
                        "flag" => f.flag.eq(v == "1"),
                        "tags" => f.tags.eq(json(v)),
                        _ => f.place.lon.eq(number::<i32>(v)),
                    },
                    Check::Not(v) => match name {
                        "name" => f.name.ne(v.clone()),
                        "total" => f.total.ne(number::<i64>(v)),
                        "points" => f.points.ne(number::<u64>(v)),
                        "share" => f.share.ne(number::<f64>(v)),
                        "nick" => f.nick.ne(v.clone()),
                        "note" => f.note.ne(v.clone()),
                        "flag" => f.flag.ne(v == "1"),
                        "tags" => f.tags.ne(json(v)),
                        _ => f.place.lon.ne(number::<i32>(v)),
                    },
                    Check::AtLeast(v) => match name {
                        "total" => f.total.at_least(number::<i64>(v)),
                        "points" => f.points.at_least(number::<u64>(v)),
                        "share" => f.share.at_least(number::<f64>(v)),
                        _ => f.place.lon.at_least(number::<i32>(v)),
                    },
                    Check::AtMost(v) => match name {
                        "total" => f.total.at_most(number::<i64>(v)),
                        "points" => f.points.at_most(number::<u64>(v)),
                        "share" => f.share.at_most(number::<f64>(v)),
                        _ => f.place.lon.at_most(number::<i32>(v)),
                    },
                }
            }
        }
    };
}

modelled!(Strict, true, false);
modelled!(Loose, false, false);
modelled!(Lapsing, true, true);

impl Modelled for Bare {
    fn columns() -> Vec<Column> {
        let total = Column { is_required: true, is_option: false, ..column("total", I64) };
        vec![total, column("nick", Kind::Text)]
    }

    fn composed(id: u64, program: &Program) -> Update<Self> {
        let f = Self::FIELDS;
        let mut it = <Self as RedisModel>::update(id);
        for (name, change) in &program.changes {
            it = match (*name, change) {
                ("total", Change::Set(v)) => it.set(f.total, number::<i64>(v)),
                ("total", Change::SetIfAbsent(v)) => it.set_if_absent(f.total, number::<i64>(v)),
                (_, Change::Set(v)) => it.set(f.nick, v),
                (_, Change::SetIfAbsent(v)) => it.set_if_absent(f.nick, v),
                (_, Change::Incr(by)) => it.incr(f.total, *by),
                (_, Change::Remove) => it.remove(f.nick),
                (name, Change::IncrFloat(_)) => panic!("{name} is no float"),
            };
        }
        for (name, check) in &program.checks {
            it = it.only_if(match (*name, check) {
                ("total", Check::Absent) => f.total.is_absent(),
                ("total", Check::Present) => f.total.is_present(),
                ("total", Check::Equal(v)) => f.total.eq(number::<i64>(v)),
                ("total", Check::Not(v)) => f.total.ne(number::<i64>(v)),
                (_, Check::AtLeast(v)) => f.total.at_least(number::<i64>(v)),
                (_, Check::AtMost(v)) => f.total.at_most(number::<i64>(v)),
                (_, Check::Absent) => f.nick.is_absent(),
                (_, Check::Present) => f.nick.is_present(),
                (_, Check::Equal(v)) => f.nick.eq(v.clone()),
                (_, Check::Not(v)) => f.nick.ne(v.clone()),
            });
        }
        for (_, ttl) in &program.field_ttls {
            it = match ttl {
                Some(millis) => it.expire_field(f.nick, Duration::from_millis(*millis)),
                None => it.persist_field(f.nick),
            };
        }
        with_options(it, program)
    }

    fn operation(id: u64, program: &Program) -> BoxedOperation<'static, Outcome<Vec<String>>> {
        let (f, update) = (Self::FIELDS, Self::composed(id, program));
        match program.returning {
            Returning::Total => {
                let update = update.returning(f.total);
                update.map(|it| it.map(|total| vec![total.to_string()])).boxed()
            }
            _ => update.map(|it| it.map(|()| Vec::new())).boxed(),
        }
    }
}
