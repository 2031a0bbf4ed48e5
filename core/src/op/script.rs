//! Lua scripts, known by the SHA-1 of their text.

use std::fmt;
use std::sync::OnceLock;

/// A script, sent by its digest, or by its text if the server does not know it.
pub(crate) struct Script {
    /// The name of its file, for `explain`.
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    pub(crate) reads_only: bool,
    /// Its keys behind the first are in the slot of the first, because `{first}` is their tag.
    pub(crate) keys_beside: bool,
    sha: OnceLock<String>,
}

impl Script {
    pub(crate) const fn new(name: &'static str, text: &'static str) -> Self {
        Self { name, text, reads_only: false, keys_beside: false, sha: OnceLock::new() }
    }

    /// Creates a script that changes nothing.
    pub(crate) const fn reading(name: &'static str, text: &'static str) -> Self {
        Self { name, text, reads_only: true, keys_beside: false, sha: OnceLock::new() }
    }

    /// Marks a script of which all keys behind the first are beside it.
    pub(crate) const fn with_keys_beside(mut self) -> Self {
        self.keys_beside = true;
        self
    }

    pub(crate) fn sha(&self) -> &str {
        self.sha.get_or_init(|| redis::Script::new(self.text).get_hash().to_owned())
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Script({})", self.name)
    }
}
