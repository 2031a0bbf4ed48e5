//! Keys: text built from a template such as `"tenant:{tenant}:user:{id}"`.
//!
//! The template stays text until a key is written; the derive has checked it,
//! so walking it needs no error path. What an id contributes is escaped (`%`,
//! `:`, `{`, `}` and control bytes become `%XX`), and the derive accepts only
//! templates in which an escaped part ends at such a character or at the key's
//! end: no id can leave its place in the key or take over a cluster hash tag, and
//! a key parses back to its id. `{id:raw}` opts out. `{{` and `}}` are literal braces.

mod id;
mod part;
mod template;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Deref;

pub use id::{IntoId, ModelId};
pub(crate) use id::{KeyReader, KeyWriter, read, write};
pub use part::{KeyPart, PartWriter};
pub(crate) use template::{Segment, Template, Walk};

/// A Redis key, as text.
///
/// Error messages, logs and `Debug` show keys: do not put a secret into one, but
/// a hash of it (see [`RedisModel`](macro@crate::RedisModel#keys)).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

impl Key {
    /// A key that was not built from a template.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn build(template: Template, write: impl FnOnce(KeyWriter<'_>)) -> Self {
        // Room for an id as long as a UUID, so that most keys are one allocation.
        let mut text = String::with_capacity(template.0.len() + 40);
        write(KeyWriter::new(template, &mut text));
        Self(text)
    }

    /// The key's text.
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
