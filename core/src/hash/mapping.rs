//! A hash model without its type, for the code that all models share.
//!
//! A record is read with the fields of all listed versions in one command, and then
//! decoded by the version that it has. The names to read are in this order: the version
//! field, the model's own names, the marker, the names of each older version.

use std::ops::Range;
use std::vec;

use super::{HashModel, MARKER, NOT_A_VERSION, VersionList};
use crate::codec::newer_version;
use crate::erased::AnyRecord;
use crate::error::{Error, ErrorKind, Result};
use crate::field::Slot;
use crate::key::Key;
use crate::op::Reply;
use crate::redis_rs::{ReplyValue, bytes_of, is_nil};
use crate::schema::Schema;
use crate::schema::visit::{Purpose, visit_types};

/// The names, types and versions of a hash model.
#[derive(Debug, Clone, Copy)]
pub struct Mapping {
    pub(crate) schema: &'static Schema,
    pub(super) versions: &'static VersionList,
    types: VisitTypes,
}

/// Visits the fields of a model without a record.
type VisitTypes = fn(Purpose<'_>);

/// A record of a hash model, with its key.
#[derive(Clone, Copy)]
pub(crate) struct MappedRecord<'a> {
    pub(crate) mapping: Mapping,
    pub(crate) key: &'a Key,
    record: &'a dyn AnyRecord,
}

impl MappedRecord<'_> {
    pub(super) fn each_field(&self, visit: &mut dyn FnMut(usize, &dyn Slot)) {
        let mut at = 0;
        self.record.each_field(&mut |slot| {
            visit(at, slot);
            at += 1;
        });
    }
}

impl Mapping {
    #[inline(always)]
    pub(crate) fn of<M: HashModel>() -> Self {
        Self { schema: &M::SCHEMA, versions: &M::VERSIONS.list, types: visit_types::<M> }
    }

    /// The mapping of a struct whose derive found mistakes.
    pub(crate) fn stub(schema: &'static Schema) -> Self {
        Self { schema, versions: &VersionList::NONE, types: |_| () }
    }

    pub(crate) fn record<'a>(self, record: &'a dyn AnyRecord, key: &'a Key) -> MappedRecord<'a> {
        MappedRecord { mapping: self, key, record }
    }

    /// Returns for each field whether a record without it cannot be read.
    fn requirements(self) -> Vec<bool> {
        let mut required = Vec::with_capacity(self.schema.fields.len());
        (self.types)(Purpose::Fields(&mut |slot| required.push(slot.is_required())));
        required
    }

    /// Returns the positions of the required fields: those that every record has.
    pub(crate) fn required(self) -> impl Iterator<Item = usize> {
        let requirements = self.requirements().into_iter().enumerate();
        let required = requirements.filter(|(_, required)| *required).map(|(at, _)| at);
        required.filter(move |at| !self.schema.is_in_option(*at))
    }

    /// Returns `true` for a field without which the record, or the flattened `Option`
    /// that the field belongs to, cannot be read.
    pub(crate) fn is_needed(self, name: &str) -> bool {
        self.schema.fields.iter().zip(self.requirements()).any(|(it, needed)| *it == name && needed)
    }

    /// Returns `true` if a record may have none of the model's fields.
    pub(crate) fn needs_marker(self) -> bool {
        let (mut at, mut required) = (0, false);
        (self.types)(Purpose::FindField(&mut |slot| {
            required |= slot.is_required() && !self.schema.is_in_option(at);
            at += 1;
            required
        }));
        !required
    }

    /// Returns the names under which these fields are read.
    pub(crate) fn names(self, fields: &[u16]) -> Vec<&'static str> {
        fields.iter().flat_map(|field| self.schema.names_of(usize::from(*field))).collect()
    }

    /// Returns the largest revision that the field's type holds.
    pub(crate) fn max_revision(self) -> &'static str {
        let (mut at, mut max) = (0, "");
        (self.types)(Purpose::Fields(&mut |slot| {
            if self.schema.revision_field() == Some(at) {
                max = slot.info().max_revision;
            }
            at += 1;
        }));
        max
    }

    /// Returns the flattened `Option`s that need a field and have one of those that
    /// `is_changed` names.
    pub(crate) fn groups(self, is_changed: impl Fn(&str) -> bool) -> Vec<Group> {
        let names = |fields: Range<usize>| &self.schema.fields[fields];
        let mut groups = Vec::new();
        for members in self.schema.groups() {
            if !names(members.clone()).iter().any(|name| is_changed(name)) {
                continue;
            }
            let requirements = self.requirements();
            let is_inner = |at: usize| {
                let innermost = self.schema.groups().find(|group| group.contains(&at));
                innermost.as_ref() != Some(&members)
            };
            let needed = members.clone().filter(|at| requirements[*at] && !is_inner(*at));
            let needed: Vec<_> = needed.map(|at| self.schema.fields[at]).collect();
            if !needed.is_empty() {
                groups.push(Group { needed, members: names(members) });
            }
        }
        groups
    }

    /// Returns the version field and the current version, if the model has them.
    pub(crate) fn version(self) -> Option<(&'static str, u8)> {
        self.versions.field.map(|field| (field, self.versions.current))
    }

    /// Returns the older versions, newest first.
    fn predecessors(self) -> Vec<Self> {
        let mut predecessors = Vec::new();
        (self.versions.predecessors)(&mut |predecessor| predecessors.push(predecessor));
        predecessors
    }

    pub(super) fn has_predecessors(self) -> bool {
        !self.predecessors().is_empty()
    }

    /// Returns the names that only older versions have.
    pub(crate) fn former_names(self) -> Vec<&'static str> {
        let mut former: Vec<&'static str> = Vec::new();
        for predecessor in self.predecessors() {
            for name in predecessor.schema.read_names() {
                let is_known = Some(name) == self.versions.field
                    || self.schema.read_names().any(|now| now == name);
                if !is_known && !former.contains(&name) {
                    former.push(name);
                }
            }
        }
        former
    }

    /// Visits every name to read, in order; some are named twice.
    pub(crate) fn each_name(self, visit: &mut dyn FnMut(&'static str)) {
        self.versions.field.into_iter().for_each(&mut *visit);
        self.schema.each_read_name(visit);
        if self.reads_marker() {
            visit(MARKER);
        }
        for predecessor in self.predecessors() {
            predecessor.schema.each_read_name(visit);
        }
    }

    fn reads_marker(self) -> bool {
        self.versions.field.is_some() || self.needs_marker()
    }

    pub(crate) fn count_names(self) -> usize {
        let version = usize::from(self.versions.field.is_some());
        let own = version + self.schema.count_names() + usize::from(self.reads_marker());
        let predecessors = self.predecessors().into_iter();
        own + predecessors.map(|predecessor| predecessor.schema.count_names()).sum::<usize>()
    }

    /// Visits the presence names, each with its position among the names to read.
    /// There is a record if the hash has one of them: a field that every record of
    /// some version has, under its name or an alias, or the version. A version without
    /// required fields contributes all its names and the marker.
    fn each_presence(self, visit: &mut dyn FnMut(usize, &'static str)) {
        let mut at = 0;
        if let Some(field) = self.versions.field {
            visit(at, field);
            at += 1;
        }
        let mut marks = self.presence_from(at, visit);
        at += self.schema.count_names();
        let marker = at;
        at += usize::from(marks || self.versions.field.is_some());
        for predecessor in self.predecessors() {
            marks |= predecessor.presence_from(at, visit);
            at += predecessor.schema.count_names();
        }
        if marks {
            visit(marker, MARKER);
        }
    }

    /// Visits the presence names of one version, whose fields are read from the position
    /// `at` on. Returns `true` if its records may have none of its fields.
    fn presence_from(self, mut at: usize, visit: &mut dyn FnMut(usize, &'static str)) -> bool {
        let required: Vec<_> = self.required().collect();
        for field in 0..self.schema.fields.len() {
            for name in self.schema.names_of(field) {
                if required.is_empty() || required.contains(&field) {
                    visit(at, name);
                }
                at += 1;
            }
        }
        required.is_empty()
    }

    /// Returns the positions of the presence names among the names to read.
    pub(super) fn presence_positions(self) -> Vec<usize> {
        let mut positions = Vec::new();
        self.each_presence(&mut |at, _| positions.push(at));
        positions
    }

    /// Returns the presence names, each once.
    pub(crate) fn presence_names(self) -> Vec<&'static str> {
        if !self.schema.has_aliases() && self.versions.field.is_none() && !self.has_predecessors() {
            let mut names = Vec::with_capacity(self.schema.fields.len());
            let mut at = 0;
            (self.types)(Purpose::Fields(&mut |slot| {
                if slot.is_required() && !self.schema.is_in_option(at) {
                    names.push(self.schema.fields[at]);
                }
                at += 1;
            }));
            if !names.is_empty() {
                return names;
            }
        }
        let mut names = Vec::new();
        self.each_presence(&mut |_, name| {
            if !names.contains(&name) {
                names.push(name);
            }
        });
        names
    }

    /// Returns the values of the names to read, `None` if they are of no record.
    pub(crate) fn values(self, reply: Reply) -> Result<Option<vec::IntoIter<ReplyValue>>> {
        let values = reply.into_row(self.count_names())?;
        let has = |at: usize| values.as_slice().get(at).is_some_and(|value| !is_nil(value));
        let mut found = (0..values.len()).all(has);
        if !found {
            self.each_presence(&mut |at, _| found |= has(at));
        }
        Ok(found.then_some(values))
    }

    /// Returns how many versions before the current one these values are, and their
    /// version. A record without the version field is of version 1.
    pub(super) fn versions_behind(self, values: &[ReplyValue]) -> Result<(u8, u8)> {
        let current = self.versions.current;
        let Some(field) = self.versions.field else { return Ok((current - 1, 1)) };
        let version = match values.first().and_then(bytes_of) {
            None => 1,
            Some(bytes) => parse_version(bytes).ok_or_else(|| {
                Error::new(ErrorKind::InvalidValue, NOT_A_VERSION).with_field(field)
            })?,
        };
        match current.checked_sub(version) {
            Some(behind) => Ok((behind, version)),
            None => Err(newer_version(version, current).into()),
        }
    }

    /// Returns the position of the first value of the version that is so many before the
    /// current one, and its schema.
    pub(super) fn version_at(self, behind: u8) -> Option<(usize, &'static Schema)> {
        let own = usize::from(self.versions.field.is_some());
        let Some(older) = behind.checked_sub(1) else { return Some((own, self.schema)) };
        let mut at = own + self.schema.count_names() + usize::from(self.reads_marker());
        let mut predecessors = self.predecessors().into_iter();
        for predecessor in predecessors.by_ref().take(older.into()) {
            at += predecessor.schema.count_names();
        }
        predecessors.next().map(|predecessor| (at, predecessor.schema))
    }

    /// Returns each older version's names with their values.
    pub(super) fn former_values(self, values: &[ReplyValue]) -> Vec<(&'static str, &ReplyValue)> {
        let first = self.version_at(1).map_or(values.len(), |(at, _)| at);
        let predecessors = self.predecessors();
        let names = predecessors.iter().flat_map(|predecessor| predecessor.schema.read_names());
        names.zip(values.get(first..).unwrap_or_default()).collect()
    }
}

/// A flattened `Option`, whose fields are there together or not at all.
///
/// A struct that is `None` has none of its fields in the hash, one that is `Some` has all
/// that it needs. An update names single fields. So it could leave a part of one, and the
/// record could not be read any more.
#[derive(Debug)]
pub(crate) struct Group {
    /// The fields that it needs if it has any.
    pub(crate) needed: Vec<&'static str>,
    pub(crate) members: &'static [&'static str],
}

fn parse_version(bytes: &[u8]) -> Option<u8> {
    let version = str::from_utf8(bytes).ok()?.parse().ok()?;
    (1..=254).contains(&version).then_some(version)
}
