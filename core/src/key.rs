//! Keys: text built from a template such as `"tenant:{tenant}:user:{id}"`.
//!
//! The template is text that the derive has checked, so reading its segments cannot
//! fail. Values are escaped (`%`, `:`, `{`, `}` and control bytes become `%XX`), and the
//! derive accepts only templates in which an escaped part ends at such a character or at
//! the end of the key. Therefore no id can leave its part of the key or choose the
//! cluster slot, and a key parses back to its id. `{id:raw}` is not escaped. `{{` and
//! `}}` are literal braces.

mod id;
mod leading;
mod named;
mod part;
mod template;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Deref;

pub(crate) use id::{
    ErasedPart, KeyReader, KeyWriter, VisitPart, WritePart, read, write, write_parts,
};
pub use id::{IntoId, ModelId};
pub(crate) use leading::KeyRange;
pub use leading::LeadingParts;
pub(crate) use named::write_named;
pub use named::{KeyParts, UntypedId};
pub use part::{KeyPart, PartWriter};
pub(crate) use template::{Segment, Segments, Template, push_glob};

/// A Redis key, as text.
///
/// Error messages, logs and `Debug` show keys. Put a hash of a secret into a key, never
/// the secret (see [`RedisModel`](macro@crate::RedisModel#keys)).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

impl Key {
    /// Creates a key from its text, without a template.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn build(template: Template, write: impl FnOnce(KeyWriter<'_>)) -> Self {
        // Reserve space for an id as long as a UUID, so that most keys allocate once.
        let mut text = String::with_capacity(template.0.len() + 40);
        write(KeyWriter::new(template, &mut text));
        Self(text)
    }

    /// Returns the key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Key {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Key {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl AsRef<[u8]> for Key {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Key {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&Key> for Key {
    fn from(key: &Key) -> Self {
        key.clone()
    }
}

impl From<Key> for String {
    fn from(key: Key) -> Self {
        key.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl PartialEq<str> for Key {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Key {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl redis::ToRedisArgs for Key {
    fn write_redis_args<W: redis::RedisWrite + ?Sized>(&self, out: &mut W) {
        out.write_arg(self.0.as_bytes());
    }
}

impl redis::ToSingleRedisArg for Key {}
