//! Versions of a hash model, in a field of the hash.
//!
//! A record is read with the fields of all versions that are known, in one
//! command, and then made of those that its version has: one step, whichever
//! version it is. What is read is in this order: the version, the model's own
//! fields, the marker, the fields of each older version.

use std::vec;

use super::{HashModel, KeyOf, MARKER, NOT_A_VERSION, Reader, needs_marker, read, required};
use crate::codec::{newer_version, refused_migration, unlisted_version};
use crate::error::{Error, ErrorKind, Result, ValueError};
use crate::model::{RedisModel, Spec};
use crate::redis_rs::{ReplyValue, bytes_of, is_nil};

type Values = vec::IntoIter<ReplyValue>;

/// Where a hash model keeps its version, and which versions were before it:
/// the container attributes `version_field`, `version`, `migrate` and `on_mismatch`.
#[doc(hidden)]
#[derive(Debug)]
pub struct History<M: RedisModel> {
    field: Option<&'static str>,
    version: u8,
    pub(crate) is_miss: bool,
    each: fn(&mut dyn FnMut(Ancestor)),
    migrate: fn(u8, u8, &M::Id, Values, Reader<'_>) -> Result<M>,
}

/// A version before the current one.
pub struct Ancestor {
    pub(crate) spec: &'static Spec,
    /// The positions of the fields without which there is no record.
    pub(crate) required: fn() -> Vec<usize>,
}

/// The versions before a model, newest first: `(V2, (V1, ()))`. Each becomes
/// the next through `TryFrom`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be migrated to `{M}`",
    label = "cannot be migrated",
    note = "each version before is a hash model with the same id (`#[derive(RedisModel)]`), and becomes the next through `From` or `TryFrom<…, Error = redis_model::ValueError>`"
)]
#[doc(hidden)]
pub trait Ancestors<M: RedisModel> {
    fn each(visit: &mut dyn FnMut(Ancestor));

    /// Makes a record of the values of so many versions back.
    fn read(back: u8, version: u8, id: &M::Id, values: Values, row: Reader<'_>) -> Result<M>;
}

/// What a version before has to be.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no hash model, so it cannot be a version before",
    label = "not a hash model",
    note = "add `#[derive(RedisModel)]` to `{Self}`, with the attributes that it had: they say how it was stored"
)]
#[doc(hidden)]
pub trait Former: HashModel {}

#[diagnostic::do_not_recommend]
impl<M: HashModel> Former for M {}

impl<M: RedisModel> Ancestors<M> for () {
    fn each(_: &mut dyn FnMut(Ancestor)) {}

    fn read(_: u8, version: u8, _: &M::Id, _: Values, _: Reader<'_>) -> Result<M> {
        Err(unlisted_version(version).into())
    }
}

impl<M, P, Older> Ancestors<M> for (P, Older)
where
    M: RedisModel,
    P: Former + RedisModel<Id = M::Id> + TryInto<M>,
    ValueError: From<P::Error>,
    Older: Ancestors<P>,
{
    fn each(visit: &mut dyn FnMut(Ancestor)) {
        visit(Ancestor { spec: &P::SPEC, required: || required::<P>().collect() });
        Older::each(visit);
    }

    fn read(back: u8, version: u8, id: &M::Id, mut values: Values, row: Reader<'_>) -> Result<M> {
        let past = if back == 1 {
            read::record::<P>(id, row.of(values, &P::SPEC))?
        } else {
            values.by_ref().take(P::SPEC.read_names().count()).for_each(drop);
            Older::read(back - 1, version, id, values, row)?
        };
        past.try_into().map_err(|error| refused_migration(version, error).into())
    }
}

impl<M: RedisModel> History<M> {
    /// Of a model without versions.
    pub const NONE: Self = Self {
        field: None,
        version: 1,
        is_miss: false,
        each: <() as Ancestors<M>>::each,
        migrate: <() as Ancestors<M>>::read,
    };

    pub const fn new(field: &'static str, version: u8) -> Self {
        Self { field: Some(field), version, ..Self::NONE }
    }

    pub const fn past<A: Ancestors<M>>(self) -> Self {
        Self { each: A::each, migrate: A::read, ..self }
    }

    pub const fn miss(self) -> Self {
        Self { is_miss: true, ..self }
    }

    /// The field and what is in it, where records have a version.
    pub(crate) const fn kept(&self) -> Option<(&'static str, u8)> {
        match self.field {
            Some(field) => Some((field, self.version)),
            None => None,
        }
    }

    /// The versions before, newest first.
    pub(crate) fn ancestors(&self) -> Vec<Ancestor> {
        let mut ancestors = Vec::new();
        (self.each)(&mut |ancestor| ancestors.push(ancestor));
        ancestors
    }

    /// The names that only older versions have.
    pub(crate) fn former(&self) -> Vec<&'static str> {
        let mut former: Vec<&'static str> = Vec::new();
        (self.each)(&mut |ancestor| {
            for name in ancestor.spec.read_names() {
                let known = Some(name) == self.field || M::SPEC.read_names().any(|now| now == name);
                if !known && !former.contains(&name) {
                    former.push(name);
                }
            }
        });
        former
    }

    /// Every name to read, in order; some are named twice.
    pub(super) fn each_name(&self, visit: &mut dyn FnMut(&'static str)) {
        let marker = (self.field.is_some() || needs_marker::<M>()).then_some(MARKER);
        self.field.into_iter().chain(M::SPEC.read_names()).chain(marker).for_each(&mut *visit);
        (self.each)(&mut |ancestor| ancestor.spec.read_names().for_each(&mut *visit));
    }

    pub(super) fn count_names(&self) -> usize {
        let mut count = 0;
        self.each_name(&mut |_| count += 1);
        count
    }

    /// Visits the presence names, each with its position among the names to read.
    /// There is a record where the hash has one of them: a field that every record of
    /// some version has, under its name or an alias, or the version. A version without
    /// required fields contributes all its names and the marker.
    pub(super) fn each_presence(&self, visit: &mut dyn FnMut(usize, &'static str)) {
        let mut at = 0;
        if let Some(field) = self.field {
            visit(at, field);
            at += 1;
        }
        let required: Vec<_> = required::<M>().collect();
        let mut marks = required.is_empty();
        at = presence_of(&M::SPEC, &required, at, visit);
        let marker = at;
        at += usize::from(marks || self.field.is_some());
        (self.each)(&mut |ancestor| {
            let required = (ancestor.required)();
            marks |= required.is_empty();
            at = presence_of(ancestor.spec, &required, at, visit);
        });
        if marks {
            visit(marker, MARKER);
        }
    }

    /// Returns the presence names, each once.
    pub(crate) fn presence_names(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        self.each_presence(&mut |_, name| {
            if !names.contains(&name) {
                names.push(name);
            }
        });
        names
    }

    /// Returns `true` if these values of the names to read are of a record.
    pub(super) fn is_record(&self, values: &[ReplyValue]) -> bool {
        let has = |at: usize| values.get(at).is_some_and(|value| !is_nil(value));
        let mut found = (0..values.len()).all(has);
        if !found {
            self.each_presence(&mut |at, _| found |= has(at));
        }
        found
    }

    pub(super) fn has_past(&self) -> bool {
        let mut any = false;
        (self.each)(&mut |_| any = true);
        any
    }

    /// The version of a record, by what its field holds. One that was stored
    /// before there were versions has none, and is of the first.
    fn version_of(&self, value: Option<&ReplyValue>) -> Result<u8> {
        let Some(bytes) = value.and_then(bytes_of) else { return Ok(1) };
        let version = str::from_utf8(bytes).ok().and_then(|text| text.parse().ok());
        version.filter(|version| (1..=254).contains(version)).ok_or_else(|| {
            let field = self.field.unwrap_or_default();
            Error::new(ErrorKind::InvalidValue, NOT_A_VERSION).with_field(field)
        })
    }

    /// How many versions a record is back, and its version.
    pub(super) fn age_of(&self, values: &[ReplyValue]) -> Result<(u8, u8)> {
        let version = if self.field.is_some() { self.version_of(values.first())? } else { 1 };
        match self.version.checked_sub(version) {
            Some(back) => Ok((back, version)),
            None => Err(newer_version(version, self.version).into()),
        }
    }

    /// Makes a record of what was read.
    pub(super) fn read(&self, id: &M::Id, mut values: Values, row: Reader<'_>) -> Result<M> {
        let (back, version) = self.age_of(values.as_slice())?;
        if self.field.is_some() {
            values.next();
        }
        if back == 0 {
            return read::record(id, row.of(values, &M::SPEC));
        }
        values.by_ref().take(M::SPEC.read_names().count() + 1).for_each(drop);
        (self.migrate)(back, version, id, values, row)
    }
}

/// Visits the presence names of one version, whose fields are read from the position
/// `at` on, and returns the position behind them.
fn presence_of(
    spec: &'static Spec,
    required: &[usize],
    mut at: usize,
    visit: &mut dyn FnMut(usize, &'static str),
) -> usize {
    for (field, name) in spec.fields.iter().enumerate() {
        for name in std::iter::once(name).chain(spec.extra(field).aliases) {
            if required.is_empty() || required.contains(&field) {
                visit(at, name);
            }
            at += 1;
        }
    }
    at
}

/// Makes a record of what was read; `None` if one of another version is to
/// count as absent.
pub(super) fn record<M: HashModel>(id: &M::Id, values: Values) -> Result<Option<M>> {
    let key = KeyOf::<M>(id);
    match M::HISTORY.read(id, values, Reader::empty(&key)) {
        Err(error) if M::HISTORY.is_miss && error.is_mismatch() => Ok(None),
        made => made.map(Some),
    }
}

impl std::fmt::Debug for Ancestor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ancestor").field("model", &self.spec.name).finish_non_exhaustive()
    }
}
