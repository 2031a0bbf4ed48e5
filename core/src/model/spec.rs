//! A model as data.

use super::Extra;
use crate::key::Template;
use crate::ttl::Expiry;

/// What a model is called and where it is kept, known at compile time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Spec {
    /// The model's name, for errors and documentation.
    pub name: &'static str,
    /// The key's template, as written in the `key` attribute.
    pub key: &'static str,
    /// The stored names of a hash model's fields, in the struct's order, those
    /// of flattened structs with their prefix; none for a blob.
    pub fields: &'static [&'static str],
    /// What else there is to each field; empty where there is nothing to any.
    pub extras: &'static [Extra],
    /// The time to live that every save sets, in milliseconds.
    pub ttl: Option<u64>,
    /// Whether an update sets the time to live anew: `on_update = "refresh"`.
    pub refresh: bool,
}

impl Spec {
    #[doc(hidden)]
    pub const fn new(
        name: &'static str,
        key: &'static str,
        fields: &'static [&'static str],
    ) -> Self {
        Self { name, key, fields, extras: &[], ttl: None, refresh: false }
    }

    /// Whether a write of some field takes more than its name and value.
    pub(crate) fn has_extras(&self) -> bool {
        self.extras.iter().any(|extra| *extra != Extra::NONE)
    }

    #[doc(hidden)]
    pub const fn extras(self, extras: &'static [Extra]) -> Self {
        Self { extras, ..self }
    }

    #[doc(hidden)]
    pub const fn ttl(self, millis: u64) -> Self {
        Self { ttl: Some(millis), ..self }
    }

    #[doc(hidden)]
    pub const fn refresh(self) -> Self {
        Self { refresh: true, ..self }
    }

    pub(crate) fn template(&self) -> Template {
        Template(self.key)
    }

    pub(crate) fn expiry(&self) -> Expiry {
        Expiry::of_model(self.ttl)
    }

    /// What an update does to the time to live.
    pub(crate) fn expiry_of_update(&self) -> Expiry {
        if self.refresh { self.expiry() } else { Expiry::Keep }
    }

    pub(crate) fn extra(&self, at: usize) -> &'static Extra {
        self.extras.get(at).unwrap_or(&Extra::NONE)
    }

    /// The names under which the fields are looked for, each with its aliases behind it.
    pub(crate) fn read_names(&self) -> impl Iterator<Item = &'static str> {
        let (fields, extras) = (self.fields, self.extras);
        fields.iter().enumerate().flat_map(move |(at, name)| {
            let aliases = extras.get(at).map_or(&[][..], |extra| extra.aliases);
            std::iter::once(*name).chain(aliases.iter().copied())
        })
    }

    /// Every alias, with the name of its field.
    pub(crate) fn aliases(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let named = self.fields.iter().zip(self.extras);
        named.flat_map(|(name, extra)| extra.aliases.iter().map(|alias| (*name, *alias)))
    }

    /// The fields that have a time to live of their own.
    pub(crate) fn field_ttls(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let named = self.fields.iter().zip(self.extras);
        named.filter_map(|(name, extra)| extra.ttl.map(|millis| (*name, millis)))
    }

    /// The field that counts the writes.
    pub(crate) fn version(&self) -> Option<&'static str> {
        let mut named = self.fields.iter().zip(self.extras);
        named.find(|(_, extra)| extra.version).map(|(name, _)| *name)
    }
}
