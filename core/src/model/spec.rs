//! A model as data.

use crate::key::Template;
use crate::ttl::Expiry;

/// What a model is called and where it is kept, known at compile time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// The model's name, for errors and documentation.
    pub name: &'static str,
    /// The key's template, as written in the `key` attribute.
    pub key: &'static str,
    /// The stored names of a hash model's fields, in the struct's order; none for a blob.
    pub fields: &'static [&'static str],
    /// The time to live that every save sets, in milliseconds.
    pub ttl: Option<u64>,
}

impl Spec {
    #[doc(hidden)]
    pub const fn new(
        name: &'static str,
        key: &'static str,
        fields: &'static [&'static str],
    ) -> Self {
        Self { name, key, fields, ttl: None }
    }

    #[doc(hidden)]
    pub const fn ttl(self, millis: u64) -> Self {
        Self { ttl: Some(millis), ..self }
    }

    pub(crate) fn template(&self) -> Template {
        Template(self.key)
    }

    pub(crate) fn expiry(&self) -> Expiry {
        Expiry::of_model(self.ttl)
    }
}
