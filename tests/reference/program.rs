//! Random programs, and the random hashes that they change.

use crate::map::{Entry, State};
use crate::models::{Column, Kind};
use crate::random::Random;

#[derive(Debug, Clone)]
pub(crate) enum Change {
    Set(String),
    SetIfAbsent(String),
    Remove,
    Incr(i128),
    IncrFloat(f64),
}

#[derive(Debug, Clone)]
pub(crate) enum Check {
    Absent,
    Present,
    Equal(String),
    Not(String),
    AtLeast(String),
    AtMost(String),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum KeyTtl {
    Model,
    Expire(u64),
    Persist,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Returning {
    Nothing,
    Total,
    Several,
}

/// One update.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) changes: Vec<(&'static str, Change)>,
    pub(crate) checks: Vec<(&'static str, Check)>,
    /// The TTL in milliseconds, or `None` to persist the field.
    pub(crate) field_ttls: Vec<(&'static str, Option<u64>)>,
    pub(crate) key_ttl: KeyTtl,
    pub(crate) or_create: bool,
    pub(crate) returning: Returning,
}

/// The columns with conditions, those with numbers first.
const CHECKED: &[&str] =
    &["total", "points", "share", "place.lon", "name", "nick", "note", "flag", "tags"];

/// The columns whose TTL an update may change.
const EXPIRING: &[&str] = &["points", "share", "nick", "note", "tags", "place.label"];

impl Program {
    pub(crate) fn random(random: &mut Random, columns: &[Column], fields_expire: bool) -> Self {
        let mut changes = Vec::new();
        let often = random.once_in(2);
        for column in columns {
            if random.once_in(if often { 3 } else { 8 }) {
                changes.push((column.name, change(random, column)));
            }
        }
        let or_create = random.once_in(2);
        if or_create && random.once_in(2) {
            set_all_required(random, columns, &mut changes);
        }
        let among = |names: &'static [&'static str]| -> Vec<&Column> {
            columns.iter().filter(|column| names.contains(&column.name)).collect()
        };
        let mut checks = Vec::new();
        while random.once_in(3) {
            let column = *random.pick(&among(CHECKED));
            checks.push((column.name, check(random, column)));
        }
        let mut field_ttls = Vec::new();
        if fields_expire && random.once_in(3) {
            let name = random.pick(&among(EXPIRING)).name;
            field_ttls.push((name, Some(1_000_000).filter(|_| !random.once_in(3))));
        }
        let key_ttl = match random.below(6) {
            0 => KeyTtl::Expire(5_000_000),
            1 => KeyTtl::Persist,
            _ => KeyTtl::Model,
        };
        let returning = *random.pick(&[Returning::Nothing, Returning::Total, Returning::Several]);
        Self { changes, checks, field_ttls, key_ttl, or_create, returning }
    }
}

fn set_all_required(
    random: &mut Random,
    columns: &[Column],
    changes: &mut Vec<(&'static str, Change)>,
) {
    for column in columns.iter().filter(|column| column.is_required) {
        changes.retain(|(name, _)| *name != column.name);
        let value = value(random, column);
        let change = match (random.below(3), column.kind) {
            (0, Kind::Int { .. }) => Change::Incr(1),
            (1, _) => Change::SetIfAbsent(value),
            _ => Change::Set(value),
        };
        changes.push((column.name, change));
    }
}

fn change(random: &mut Random, column: &Column) -> Change {
    loop {
        return match (random.below(4), column.kind) {
            (0, _) => Change::SetIfAbsent(value(random, column)),
            (1, _) if column.is_option => Change::Remove,
            (2 | 3, Kind::Int { .. }) => {
                let steps =
                    [1, -1, 5, -300, 300, i64::MAX as i128, i64::MIN as i128, u64::MAX as i128];
                Change::Incr(if random.once_in(2) { 1 } else { *random.pick(&steps) })
            }
            (2 | 3, Kind::Float) => {
                Change::IncrFloat(*random.pick(&[0.0, 0.25, -1.5, 1e300, f64::MAX]))
            }
            (1, _) => continue,
            _ => Change::Set(value(random, column)),
        };
    }
}

fn check(random: &mut Random, column: &Column) -> Check {
    match random.below(6) {
        0 => Check::Absent,
        5 => Check::Not(value(random, column)),
        1 => Check::Present,
        2 if matches!(column.kind, Kind::Int { .. } | Kind::Float) => {
            Check::AtLeast(value(random, column))
        }
        3 if matches!(column.kind, Kind::Int { .. } | Kind::Float) => {
            Check::AtMost(value(random, column))
        }
        _ => Check::Equal(value(random, column)),
    }
}

/// Returns a value of the column's type, as the library stores it.
fn value(random: &mut Random, column: &Column) -> String {
    let texts: &[&str] = match column.kind {
        Kind::Text => &["", "a", "b", "007"],
        Kind::Bool => &["0", "1"],
        Kind::Json => &["[1]", "[2]"],
        Kind::Float => &["0.0", "0.5", "-1.25", "100.0"],
        Kind::Int { min, max } => {
            let ends = [min, max, 0, 7, 100];
            return random.pick(&ends).to_string();
        }
    };
    (*random.pick(texts)).to_owned()
}

/// Returns a text that any program may have stored under the column's name.
fn stored(random: &mut Random, column: &Column) -> String {
    if random.once_in(2) {
        return value(random, column);
    }
    let foreign: &[&str] = match column.kind {
        Kind::Text => &["", "x", "null"],
        Kind::Bool => &["true", "False", "True", "yes", ""],
        Kind::Json => &["null", "[1]", "", "{}"],
        Kind::Float => &[
            "+5", "5", "1e-400", "1e-4951", ".5", "1e400", "nan", "0x10", "", " 1", "1e39", "LONG",
        ],
        Kind::Int { .. } => &[
            "007",
            "+5",
            "-0",
            "-5",
            "300",
            "5.0",
            "0x10",
            "",
            " 7",
            "x",
            "LONG",
            "18446744073709551615",
        ],
    };
    match *random.pick(foreign) {
        "LONG" => "9".repeat(random.below(500) + 61),
        text => text.to_owned(),
    }
}

/// Returns a hash as other programs and versions may have left it.
pub(crate) fn start(random: &mut Random, columns: &[Column], fields_expire: bool) -> State {
    let mut state = State::default();
    let fill = *random.pick(&[0, 30, 60, 95, 95]);
    // Half of the hashes are valid, so that some updates are applied and some are refused.
    let own = random.once_in(2);
    for column in columns {
        let in_place = column.in_place.is_some() && random.once_in(2);
        if random.below(100) >= fill || in_place {
            continue;
        }
        let text = if own { value(random, column) } else { stored(random, column) };
        let name = match column.aliases {
            [] => column.name,
            aliases if random.once_in(4) => random.pick(aliases),
            _ => column.name,
        };
        state.fields.insert(name.to_owned(), Entry { text, ttl: None });
        if !column.aliases.is_empty() && random.once_in(10) {
            let text = stored(random, column);
            state.fields.insert(random.pick(column.aliases).to_string(), Entry { text, ttl: None });
        }
    }
    if random.once_in(4) {
        let text = "of another program".to_owned();
        state.fields.insert("unknown".to_owned(), Entry { text, ttl: None });
    }
    if random.once_in(4) {
        state.fields.insert("_".to_owned(), Entry { text: String::new(), ttl: None });
    }
    if fields_expire {
        for entry in state.fields.values_mut() {
            if random.once_in(4) {
                entry.ttl = Some(if random.once_in(3) { 1 } else { 3_000_000 });
            }
        }
    }
    let lasts = state.fields.values().any(|entry| entry.ttl.is_none());
    state.ttl = Some(8_000_000).filter(|_| lasts && random.once_in(2));
    state
}
