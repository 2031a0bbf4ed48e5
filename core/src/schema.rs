//! A model as data.

mod columns;
mod describe;
mod part;
pub(crate) mod visit;

pub use columns::{Column, Columns, FlatColumns, FlatNames};
pub(crate) use describe::describe;
pub use describe::{Description, FieldDescription};
pub use part::KeyPartType;
pub use visit::Visitor;

// Error messages name them by this path.
#[doc(hidden)]
pub use crate::hash::{Predecessors, SchemaVersions};
use crate::key::Template;
use crate::ttl::Expiry;

/// A model's name, key and stored names, known at compile time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Schema {
    /// The model's name, for errors and documentation.
    pub name: &'static str,
    /// The key's template, as written in the `key` attribute.
    pub key: &'static str,
    /// The stored names of a hash model's fields, in the struct's order, those
    /// of flattened structs with their prefix; none for a blob.
    pub fields: &'static [&'static str],
    /// The time to live that every save sets, in milliseconds.
    pub ttl: Option<u64>,
    /// `true` if an update sets the time to live anew: `on_update = "refresh"`.
    pub refresh: bool,
    options: Options,
}

/// Options of single fields. Few fields have any, so each is a short list with the
/// positions of the fields, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Options {
    /// The fields of the aliases, one each.
    alias_of: &'static [u16],
    aliases: &'static [&'static str],
    ttls: &'static [(u16, u64)],
    revision: Option<u16>,
    /// The fields of each flattened `Option`: the first, and the one behind the last.
    groups: &'static [(u16, u16)],
}

impl Options {
    const NONE: Self = Self { alias_of: &[], aliases: &[], ttls: &[], revision: None, groups: &[] };
}

#[doc(hidden)]
impl Schema {
    pub const fn new(
        name: &'static str,
        key: &'static str,
        fields: &'static [&'static str],
    ) -> Self {
        Self { name, key, fields, ttl: None, refresh: false, options: Options::NONE }
    }

    /// The schema of a model with flattened structs.
    pub const fn flattened<T: FlatColumns>(name: &'static str, key: &'static str) -> Self {
        Self { options: T::OPTIONS, ..Self::new(name, key, T::FIELDS) }
    }

    pub const fn aliases(mut self, of: &'static [u16], aliases: &'static [&'static str]) -> Self {
        (self.options.alias_of, self.options.aliases) = (of, aliases);
        self
    }

    pub const fn field_ttls(mut self, ttls: &'static [(u16, u64)]) -> Self {
        self.options.ttls = ttls;
        self
    }

    pub const fn revision(mut self, field: u16) -> Self {
        self.options.revision = Some(field);
        self
    }

    pub const fn ttl(self, millis: u64) -> Self {
        Self { ttl: Some(millis), ..self }
    }

    pub const fn refresh(self) -> Self {
        Self { refresh: true, ..self }
    }
}

impl Schema {
    pub(crate) fn template(&self) -> Template {
        Template(self.key)
    }

    pub(crate) fn expiry(&self) -> Expiry {
        Expiry::of_model(self.ttl)
    }

    /// Returns the change of the time to live that an update makes.
    pub(crate) fn expiry_of_update(&self) -> Expiry {
        if self.refresh { self.expiry() } else { Expiry::Keep }
    }

    /// Returns `true` if a write of some field takes more than its name and value.
    pub(crate) fn has_options(&self) -> bool {
        let Options { aliases, ttls, revision, .. } = self.options;
        !aliases.is_empty() || !ttls.is_empty() || revision.is_some()
    }

    /// Returns the names under which a field is read besides its own.
    pub(crate) fn aliases_of(&self, field: usize) -> &'static [&'static str] {
        let Options { alias_of, aliases, .. } = self.options;
        if aliases.is_empty() {
            return &[];
        }
        let first = alias_of.partition_point(|of| usize::from(*of) < field);
        let end = alias_of.partition_point(|of| usize::from(*of) <= field);
        &aliases[first..end]
    }

    pub(crate) fn ttl_of(&self, field: usize) -> Option<u64> {
        let mut ttls = self.options.ttls.iter();
        ttls.find(|(of, _)| usize::from(*of) == field).map(|(_, millis)| *millis)
    }

    /// Returns the names under which each field is looked for: its own, then its aliases.
    pub(crate) fn names_of(&self, field: usize) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.fields[field]).chain(self.aliases_of(field).iter().copied())
    }

    pub(crate) fn has_aliases(&self) -> bool {
        !self.options.aliases.is_empty()
    }

    /// Visits the names under which all fields are looked for, in their order.
    pub(crate) fn each_read_name(&self, visit: &mut dyn FnMut(&'static str)) {
        if !self.has_aliases() {
            return self.fields.iter().for_each(|name| visit(name));
        }
        self.read_names().for_each(visit);
    }

    /// Returns the names under which all fields are looked for, in their order.
    pub(crate) fn read_names(&self) -> impl Iterator<Item = &'static str> {
        (0..self.fields.len()).flat_map(|field| self.names_of(field))
    }

    /// Returns how many names [`read_names`](Self::read_names) returns.
    pub(crate) fn count_names(&self) -> usize {
        self.fields.len() + self.options.aliases.len()
    }

    /// Returns every alias, with the name of its field.
    pub(crate) fn aliases_by_name(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let Options { alias_of, aliases, .. } = self.options;
        let fields = self.fields;
        alias_of.iter().map(move |of| fields[usize::from(*of)]).zip(aliases.iter().copied())
    }

    /// Returns the fields that have a time to live of their own.
    pub(crate) fn ttls_by_name(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let fields = self.fields;
        self.options.ttls.iter().map(move |(of, millis)| (fields[usize::from(*of)], *millis))
    }

    /// Returns the position of the field that counts the writes.
    pub(crate) fn revision_field(&self) -> Option<usize> {
        self.options.revision.map(usize::from)
    }

    /// Returns the name of the field that counts the writes.
    pub(crate) fn revision_name(&self) -> Option<&'static str> {
        self.revision_field().map(|at| self.fields[at])
    }

    /// Returns the positions of the fields of each flattened `Option`, inner ones first.
    pub(crate) fn groups(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        self.options.groups.iter().map(|(first, end)| usize::from(*first)..usize::from(*end))
    }

    /// Returns `true` if the field is one of a flattened `Option`.
    pub(crate) fn is_in_option(&self, field: usize) -> bool {
        self.groups().any(|group| group.contains(&field))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_belong_to_their_fields() {
        static USER: Schema = Schema::new("User", "user:{id}", &["name", "mail", "zip"])
            .aliases(&[1, 1, 2], &["email", "e_mail", "postcode"]);
        assert!(USER.aliases_of(0).is_empty());
        assert_eq!(USER.aliases_of(1), ["email", "e_mail"]);
        assert_eq!(USER.aliases_of(2), ["postcode"]);
        let names: Vec<_> = USER.read_names().collect();
        assert_eq!(names, ["name", "mail", "email", "e_mail", "zip", "postcode"]);
        assert_eq!(USER.count_names(), names.len());
    }
}
