//! Where a value is stored.

use std::cell::Cell;
use std::fmt;

/// Where a value is stored: a codec may bind what it writes to it, so that a
/// value which was copied to another place is refused.
///
/// ```
/// use redis_model::{Codec, Json, Place};
///
/// // Outside a model there is no key; most codecs do not ask for it anyway.
/// let mut bytes = Vec::new();
/// Json::encode(&vec![1, 2], &Place::NOWHERE, &mut bytes)?;
/// assert_eq!(bytes, b"[1,2]");
/// assert!(Place::NOWHERE.key().is_none() && Place::NOWHERE.field().is_none());
/// # Ok::<(), redis_model::ValueError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Place<'a> {
    key: Option<&'a dyn fmt::Display>,
    field: Option<&'a str>,
    aliases: &'a [&'a str],
    header: &'a [u8],
    stale: Option<&'a Cell<bool>>,
    compared: bool,
}

impl<'a> Place<'a> {
    /// Outside Redis: a file, a message.
    pub const NOWHERE: Place<'static> =
        Place { key: None, field: None, aliases: &[], header: &[], stale: None, compared: false };

    pub(crate) fn key_of(key: &'a dyn fmt::Display) -> Self {
        Self { key: Some(key), ..Place::NOWHERE }
    }

    pub(crate) fn with_field(self, field: &'a str) -> Self {
        Self { field: Some(field), aliases: &[], ..self }
    }

    pub(crate) fn with_aliases(self, aliases: &'a [&'a str]) -> Self {
        Self { aliases, ..self }
    }

    /// With the envelope that stands before the value.
    pub(crate) fn with_header(self, header: &'a [u8]) -> Self {
        Self { header, ..self }
    }

    /// With a flag to raise for what should be written anew.
    pub(crate) fn noting(self, stale: &'a Cell<bool>) -> Self {
        Self { stale: Some(stale), ..self }
    }

    /// Of what is only compared and never stored.
    pub(crate) fn compared(self) -> Self {
        Self { compared: true, ..self }
    }

    /// Whether the bytes are not to be stored, only compared with what the
    /// codec writes for another value at this place: a codec that writes
    /// random bytes leaves them out then, or every value would differ from itself.
    pub fn is_compared(&self) -> bool {
        self.compared
    }

    /// For a codec that could read a value, but would write it otherwise now,
    /// such as with a newer key.
    pub fn needs_rewrite(&self) {
        if let Some(stale) = self.stale {
            stale.set(true);
        }
    }

    /// The envelope that stands before the value; empty where there is none.
    pub fn header(&self) -> &[u8] {
        self.header
    }

    /// The Redis key, where the value is in Redis.
    pub fn key(&self) -> Option<&dyn fmt::Display> {
        self.key
    }

    /// The hash field, where the value is in one.
    pub fn field(&self) -> Option<&str> {
        self.field
    }

    /// Other names that the field had: a value that is read may have been
    /// written under one of them, and be bound to it. A field that is written
    /// is so under its [name](Self::field).
    pub fn aliases(&self) -> &[&'a str] {
        self.aliases
    }
}

impl fmt::Debug for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.map(|key| key.to_string());
        f.debug_struct("Place").field("key", &key).field("field", &self.field).finish()
    }
}
