//! Lua scripts, known by the SHA-1 of their text.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use redis::Cmd;

/// A script, sent by its digest, or by its text if the server does not know it.
pub(crate) struct Script {
    /// The name of its file, for `explain`.
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    pub(crate) reads_only: bool,
    /// The position in `ARGV`, counted from one, of the name of a command that it runs.
    pub(super) runs: Option<usize>,
    /// Converts a call into a command with a reply that says the same, for users without
    /// permission to run scripts.
    pub(super) plain: Option<fn(&Cmd) -> Cmd>,
    sha: OnceLock<String>,
    /// A server has refused to run it by its digest. That is a hint: no result depends on it.
    refused: AtomicBool,
}

impl Script {
    pub(crate) const fn new(name: &'static str, text: &'static str) -> Self {
        Self {
            name,
            text,
            reads_only: false,
            runs: None,
            plain: None,
            sha: OnceLock::new(),
            refused: AtomicBool::new(false),
        }
    }

    /// Creates a script that changes nothing.
    pub(crate) const fn reading(name: &'static str, text: &'static str) -> Self {
        let mut script = Self::new(name, text);
        script.reads_only = true;
        script
    }

    /// Sets the position of the command that the script is given.
    pub(crate) const fn runs(mut self, argument: usize) -> Self {
        self.runs = Some(argument);
        self
    }

    /// Sets the command that is sent where scripts are not permitted.
    pub(crate) const fn or_plain(mut self, convert: fn(&Cmd) -> Cmd) -> Self {
        self.plain = Some(convert);
        self
    }

    pub(crate) fn plain_form(&self) -> Option<fn(&Cmd) -> Cmd> {
        self.plain
    }

    pub(crate) fn sha(&self) -> &str {
        self.sha.get_or_init(|| redis::Script::new(self.text).get_hash().to_owned())
    }

    pub(super) fn is_refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    pub(super) fn set_refused(&self, refused: bool) {
        if self.is_refused() != refused {
            self.refused.store(refused, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Script({})", self.name)
    }
}
