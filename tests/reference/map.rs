//! The reference: an update of a plain map, in the words of the documentation.

use std::collections::{BTreeMap, BTreeSet};

use redis_model::ErrorKind;
use redis_model::schema::Schema;

use crate::models::{Column, Kind};
use crate::program::{Change, Check, KeyTtl, Program, Returning};

/// The longest texts that an update accepts as numbers.
const LONGEST_INTEGER: usize = 60;
const LONGEST_FLOAT: usize = 400;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) text: String,
    /// The TTL in milliseconds; `None` if the field does not expire.
    pub(crate) ttl: Option<u64>,
}

/// A hash.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct State {
    pub(crate) fields: BTreeMap<String, Entry>,
    pub(crate) ttl: Option<u64>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expected {
    Applied(Vec<String>),
    Missing,
    Conflict(Vec<String>),
    /// Nothing was written, and the error names this field.
    Refused(ErrorKind, Option<String>),
    /// The update was applied, and this field of what it returns cannot be read.
    Unreadable(ErrorKind, String),
}

impl Expected {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Applied(_) => "applied",
            Self::Missing => "missing",
            Self::Conflict(_) => "conflict",
            Self::Refused(..) => "refused",
            Self::Unreadable(..) => "unreadable",
        }
    }
}

/// The model and the hash, while an update runs.
struct Run<'a> {
    columns: &'a [Column],
    program: &'a Program,
    state: State,
}

/// Applies an update, and returns the result that the library should return.
pub(crate) fn apply(
    state: &mut State,
    columns: &[Column],
    spec: &Schema,
    program: &Program,
) -> Expected {
    let mut run = Run { columns, program, state: state.clone() };
    match run.all(spec) {
        Ok(expected) => {
            *state = run.state;
            expected
        }
        Err(expected) => expected,
    }
}

impl Run<'_> {
    fn column(&self, name: &str) -> &Column {
        self.columns.iter().find(|column| column.name == name).expect("a column of the model")
    }

    fn has(&self, name: &str) -> bool {
        self.state.fields.contains_key(name)
    }

    /// Returns the stored text of a field, under its name or else its first alias.
    fn entry(&self, column: &Column) -> Option<&Entry> {
        let names = std::iter::once(&column.name).chain(column.aliases);
        names.filter_map(|name| self.state.fields.get(*name)).next()
    }

    /// Returns the text of a field that has a value.
    fn value(&self, column: &Column) -> Option<&str> {
        let text = self.entry(column).map(|entry| entry.text.as_str());
        text.filter(|text| Some(*text) != column.none_text)
    }

    fn is_record(&self) -> bool {
        let needs_marker = self.columns.iter().all(|column| !column.is_required);
        let mut counted = self.columns.iter().filter(|column| needs_marker || column.is_required);
        counted.any(|column| self.entry(column).is_some()) || needs_marker && self.has("_")
    }

    fn change_of(&self, name: &str) -> Option<&Change> {
        let mut changes = self.program.changes.iter();
        // The library leaves out what changes nothing.
        let change = changes.find(|(changed, _)| *changed == name).map(|(_, change)| change)?;
        let empties = name == "note";
        match change {
            Change::SetIfAbsent(text) if empties && text.is_empty() => None,
            Change::Set(text) if empties && text.is_empty() => Some(&Change::Remove),
            change => Some(change),
        }
    }

    fn all(&mut self, spec: &Schema) -> Result<Expected, Expected> {
        let is_new = !self.is_record();
        if is_new && !self.program.or_create {
            return Err(Expected::Missing);
        }
        self.conditions()?;
        if is_new {
            self.required_fields()?;
        }
        self.flattened()?;
        let sums = self.increments()?;
        self.write(sums);
        self.expire(spec, is_new);
        Ok(self.returned().unwrap_or_else(|unreadable| unreadable))
    }

    fn conditions(&self) -> Result<(), Expected> {
        let checks = self.program.checks.iter();
        let failing = checks.filter(|(name, check)| !self.holds(self.column(name), check));
        let mut failing: Vec<_> = failing.map(|(name, _)| (*name).to_owned()).collect();
        let mut named = BTreeSet::new();
        failing.retain(|name| named.insert(name.clone()));
        if failing.is_empty() { Ok(()) } else { Err(Expected::Conflict(failing)) }
    }

    fn holds(&self, column: &Column, check: &Check) -> bool {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let value = self.value(column).or(column.default);
        let (asked, allowed): (&str, &[_]) = match check {
            Check::Absent => return self.value(column).is_none(),
            Check::Present => return self.value(column).is_some(),
            // An empty text is `None` to such a field.
            Check::Equal(asked) if asked.is_empty() && column.none_text == Some("") => {
                return self.value(column).is_none();
            }
            Check::Not(asked) if asked.is_empty() && column.none_text == Some("") => {
                return self.value(column).is_some();
            }
            // `None` is not the value.
            Check::Not(_) if value.is_none() => return true,
            Check::Not(asked) => (asked, &[Less, Greater]),
            Check::Equal(asked) => (asked, &[Equal]),
            Check::AtLeast(asked) => (asked, &[Equal, Greater]),
            Check::AtMost(asked) => (asked, &[Equal, Less]),
        };
        let Some(value) = value else { return false };
        let order = match column.kind {
            Kind::Int { .. } => integer(value).zip(integer(asked)).map(|(a, b)| a.cmp(&b)),
            Kind::Float => float(value).zip(float(asked)).and_then(|(a, b)| a.partial_cmp(&b)),
            Kind::Bool => truth(value).zip(truth(asked)).map(|(a, b)| a.cmp(&b)),
            Kind::Text | Kind::Json => Some(value.cmp(asked)),
        };
        order.is_some_and(|order| allowed.contains(&order))
    }

    fn required_fields(&self) -> Result<(), Expected> {
        let lacks = self.columns.iter().any(|column| {
            column.is_required && matches!(self.change_of(column.name), None | Some(Change::Remove))
        });
        if lacks { Err(Expected::Refused(ErrorKind::MissingField, None)) } else { Ok(()) }
    }

    /// Checks that a flattened struct has all its required fields or none.
    fn flattened(&self) -> Result<(), Expected> {
        let members = || self.columns.iter().filter(|column| column.in_place.is_some());
        if members().all(|column| self.change_of(column.name).is_none()) {
            return Ok(());
        }
        let will_have = |column: &Column| match self.change_of(column.name) {
            Some(Change::Remove) => false,
            Some(_) => true,
            None => self.entry(column).is_some(),
        };
        if !members().any(will_have) {
            return Ok(());
        }
        let lacking = members().find(|column| column.in_place == Some(true) && !will_have(column));
        match lacking {
            Some(column) => {
                Err(Expected::Refused(ErrorKind::MissingField, Some(column.name.to_owned())))
            }
            None => Ok(()),
        }
    }

    /// Returns the sums, in the order of the changes.
    fn increments(&self) -> Result<Vec<(&'static str, String)>, Expected> {
        let mut sums = Vec::new();
        for (name, change) in &self.program.changes {
            let column = self.column(name);
            let refuse = |kind| Err(Expected::Refused(kind, Some((*name).to_owned())));
            let value = self.value(column).or(column.default).unwrap_or("0");
            match (change, column.kind) {
                (Change::Incr(by), Kind::Int { min, max }) => {
                    let signless = min < 0 || !value.starts_with('-');
                    let held = integer(value).filter(|held| (min..=max).contains(held) && signless);
                    let Some(held) = held else { return refuse(ErrorKind::InvalidValue) };
                    let sum = held + by;
                    if !(min..=max).contains(&sum) {
                        return refuse(ErrorKind::OutOfRange);
                    }
                    sums.push((*name, sum.to_string()));
                }
                (Change::IncrFloat(by), _) => {
                    let Some(held) = float(value) else { return refuse(ErrorKind::InvalidValue) };
                    if !(held + by).is_finite() {
                        return refuse(ErrorKind::OutOfRange);
                    }
                    sums.push((*name, (held + by).to_string()));
                }
                _ => {}
            }
        }
        Ok(sums)
    }

    fn write(&mut self, sums: Vec<(&'static str, String)>) {
        let before =
            Run { columns: self.columns, program: self.program, state: self.state.clone() };
        let needs_marker = self.columns.iter().all(|column| !column.is_required);
        let fields = &mut self.state.fields;
        if needs_marker {
            fields.entry("_".to_owned()).or_insert(Entry { text: String::new(), ttl: None });
        }
        // A value under an alias moves to the name, unchanged.
        for column in self.columns {
            if let Some(entry) = before.entry(column) {
                fields.insert(column.name.to_owned(), entry.clone());
            }
            column.aliases.iter().for_each(|alias| drop(fields.remove(*alias)));
        }
        for column in self.columns {
            let name = column.name.to_owned();
            let written = |text: &str| Entry { text: text.to_owned(), ttl: column.ttl };
            match before.change_of(column.name) {
                None => {}
                Some(Change::Set(text)) => drop(fields.insert(name, written(text))),
                Some(Change::SetIfAbsent(_)) if before.value(column).is_some() => {}
                Some(Change::SetIfAbsent(text)) => drop(fields.insert(name, written(text))),
                Some(Change::Remove) => drop(fields.remove(&name)),
                Some(Change::Incr(_) | Change::IncrFloat(_)) => {
                    let sum = sums.iter().find(|(summed, _)| *summed == column.name);
                    let mut entry = written(&sum.expect("each increment has a sum").1);
                    // An increment keeps the TTL of a value.
                    if before.value(column).is_some() {
                        entry.ttl = before.entry(column).and_then(|entry| entry.ttl);
                    }
                    fields.insert(name, entry);
                }
            }
        }
        for (name, ttl) in &self.program.field_ttls {
            if let Some(entry) = fields.get_mut(*name) {
                entry.ttl = *ttl;
            }
        }
    }

    fn expire(&mut self, spec: &Schema, is_new: bool) {
        match self.program.key_ttl {
            KeyTtl::Expire(millis) => self.state.ttl = Some(millis),
            KeyTtl::Persist => self.state.ttl = None,
            KeyTtl::Model if spec.refresh || is_new && spec.ttl.is_some() => {
                self.state.ttl = spec.ttl;
            }
            KeyTtl::Model => {}
        }
    }

    /// Returns the values that `returning` reads, or the first field that it cannot read.
    fn returned(&self) -> Result<Expected, Expected> {
        let unreadable = |name: &str, value: Option<&str>| {
            let kind = match value {
                Some(_) => ErrorKind::InvalidValue,
                None => ErrorKind::MissingField,
            };
            Expected::Unreadable(kind, name.to_owned())
        };
        let number = |name: &str| {
            let column = self.column(name);
            let value = self.value(column).or(column.default);
            value.and_then(|value| read(value, column.kind)).ok_or_else(|| unreadable(name, value))
        };
        match self.program.returning {
            Returning::Nothing => Ok(Expected::Applied(Vec::new())),
            Returning::Total => Ok(Expected::Applied(vec![number("total")?])),
            Returning::Several if self.columns.len() == 2 => Ok(Expected::Applied(Vec::new())),
            Returning::Several => {
                let nick = format!("{:?}", self.value(self.column("nick")));
                let points = number("points")?;
                let lon = match self.value(self.column("place.lon")) {
                    None => None,
                    Some(_) => Some(number("place.lon")?),
                };
                let lon = lon.map_or("None".to_owned(), |lon| format!("Some({lon})"));
                Ok(Expected::Applied(vec![nick, points, lon]))
            }
        }
    }
}

/// Returns the integer that an update reads in a text, of any type.
fn integer(text: &str) -> Option<i128> {
    let short = text.len() <= LONGEST_INTEGER;
    text.parse().ok().filter(|_| short)
}

/// Returns the integer that `get` reads.
fn read(text: &str, kind: Kind) -> Option<String> {
    let Kind::Int { min, max } = kind else { return None };
    let number: i128 = text.parse().ok()?;
    let fits = (min..=max).contains(&number) && (min < 0 || !text.starts_with('-'));
    fits.then(|| number.to_string())
}

fn float(text: &str) -> Option<f64> {
    let is_decimal = text.bytes().all(|byte| b"0123456789.eE+-".contains(&byte));
    let number: f64 = text.parse().ok().filter(|_| is_decimal && text.len() <= LONGEST_FLOAT)?;
    number.is_finite().then_some(number)
}

fn truth(text: &str) -> Option<bool> {
    match text {
        "1" | "true" | "True" => Some(true),
        "0" | "false" | "False" => Some(false),
        _ => None,
    }
}
