//! The key and field under which a value is stored.

use std::cell::Cell;
use std::fmt;

/// The key and field under which a value is stored. A codec may bind what it writes
/// to its location, so that a value copied to another one is refused.
///
/// ```
/// use redis_model::Json;
/// use redis_model::codec::{Codec, Location};
///
/// // Most codecs ignore the location, and outside of Redis there is none.
/// let mut bytes = Vec::new();
/// Json::encode(&vec![1, 2], &Location::NOWHERE, &mut bytes)?;
/// assert_eq!(bytes, b"[1,2]");
/// assert!(Location::NOWHERE.key().is_none() && Location::NOWHERE.field().is_none());
/// # Ok::<(), redis_model::ValueError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Location<'a> {
    key: Option<&'a dyn fmt::Display>,
    field: Option<&'a str>,
    aliases: &'a [&'a str],
    header: &'a [u8],
    rewrite: Option<&'a Cell<bool>>,
    for_comparison: bool,
}

impl<'a> Location<'a> {
    /// A location outside of Redis, such as a file or a message.
    pub const NOWHERE: Location<'static> = Location {
        key: None,
        field: None,
        aliases: &[],
        header: &[],
        rewrite: None,
        for_comparison: false,
    };

    pub(crate) fn at_key(key: &'a dyn fmt::Display) -> Self {
        Self { key: Some(key), ..Location::NOWHERE }
    }

    pub(crate) fn with_field(self, field: &'a str) -> Self {
        Self { field: Some(field), aliases: &[], ..self }
    }

    pub(crate) fn with_aliases(self, aliases: &'a [&'a str]) -> Self {
        Self { aliases, ..self }
    }

    /// Adds the envelope before the value.
    pub(crate) fn with_header(self, header: &'a [u8]) -> Self {
        Self { header, ..self }
    }

    /// Adds the flag that [`mark_for_rewrite`](Self::mark_for_rewrite) sets.
    pub(crate) fn with_rewrite_flag(self, rewrite: &'a Cell<bool>) -> Self {
        Self { rewrite: Some(rewrite), ..self }
    }

    /// Marks the encoded value as one that is compared and never stored.
    pub(crate) fn for_comparison(self) -> Self {
        Self { for_comparison: true, ..self }
    }

    /// Returns `true` if the bytes are compared with those of another value at this
    /// location and never stored. A codec that writes random bytes must omit them
    /// then, because every value would differ from itself.
    pub fn is_for_comparison(&self) -> bool {
        self.for_comparison
    }

    /// Reports that a decoded value would be encoded differently now, for example
    /// with a newer key.
    pub fn mark_for_rewrite(&self) {
        if let Some(rewrite) = self.rewrite {
            rewrite.set(true);
        }
    }

    /// Returns the envelope before the value, or an empty slice if it has none.
    pub fn header(&self) -> &[u8] {
        self.header
    }

    /// Returns the Redis key, if the value is in Redis.
    pub fn key(&self) -> Option<&dyn fmt::Display> {
        self.key
    }

    /// Returns the hash field, if the value is in one.
    pub fn field(&self) -> Option<&str> {
        self.field
    }

    /// Returns the former names of the field. A value may have been written, and
    /// bound to its location, under one of them. Values are always written under the
    /// current [name](Self::field).
    pub fn aliases(&self) -> &[&'a str] {
        self.aliases
    }
}

impl fmt::Debug for Location<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.map(|key| key.to_string());
        f.debug_struct("Location").field("key", &key).field("field", &self.field).finish()
    }
}
