//! Lua scripts, known by the SHA-1 of their text.

use std::fmt;
use std::sync::{LazyLock, OnceLock};

/// A script, sent by its digest, or by its text if the server does not know it.
pub(crate) struct Script {
    /// The name of its file, for `explain`.
    pub(crate) name: &'static str,
    text: Text,
    pub(crate) reads_only: bool,
    sha: OnceLock<String>,
}

enum Text {
    Fixed(&'static str),
    Composed(LazyLock<String>),
}

impl Script {
    pub(crate) const fn new(name: &'static str, text: &'static str) -> Self {
        Self { name, text: Text::Fixed(text), reads_only: false, sha: OnceLock::new() }
    }

    /// Creates a script whose text is put together from other scripts.
    pub(crate) const fn composed(name: &'static str, text: fn() -> String) -> Self {
        let text = Text::Composed(LazyLock::new(text));
        Self { name, text, reads_only: false, sha: OnceLock::new() }
    }

    /// Creates a script that changes nothing.
    pub(crate) const fn reading(name: &'static str, text: &'static str) -> Self {
        Self { name, text: Text::Fixed(text), reads_only: true, sha: OnceLock::new() }
    }

    pub(crate) fn text(&self) -> &str {
        match &self.text {
            Text::Fixed(text) => text,
            Text::Composed(text) => text,
        }
    }

    pub(crate) fn sha(&self) -> &str {
        self.sha.get_or_init(|| redis::Script::new(self.text()).get_hash().to_owned())
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Script({})", self.name)
    }
}
