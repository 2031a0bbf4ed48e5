//! Lua scripts, known by the SHA-1 of their text.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use redis::Cmd;

/// A script, sent by its digest, or by its text if the server does not know it.
pub(crate) struct Script {
    /// The name of its file, for `explain`.
    pub(crate) name: &'static str,
    pub(crate) reads_only: bool,
    /// The position in `ARGV`, counted from one, of the name of a command that it runs.
    pub(super) runs: Option<usize>,
    /// Converts a call into a command with a reply that says the same, for users without
    /// permission to run scripts.
    pub(super) plain: Option<fn(&Cmd) -> Cmd>,
    /// Its keys behind the first are in the slot of the first, because `{first}` is their tag.
    pub(crate) keys_beside: bool,
    source: Source,
    sent: OnceLock<Sent>,
    /// A server has refused to run it by its digest. That is a hint: no result depends on it.
    refused: AtomicBool,
}

enum Source {
    Fixed(&'static str),
    /// Put together from other scripts.
    Composed(fn() -> String),
}

struct Sent {
    text: String,
    sha: String,
}

impl Script {
    pub(crate) const fn new(name: &'static str, source: &'static str) -> Self {
        Self::of(name, Source::Fixed(source))
    }

    /// Creates a script whose text is put together from other scripts.
    pub(crate) const fn composed(name: &'static str, source: fn() -> String) -> Self {
        Self::of(name, Source::Composed(source))
    }

    const fn of(name: &'static str, source: Source) -> Self {
        Self {
            name,
            reads_only: false,
            runs: None,
            plain: None,
            keys_beside: false,
            source,
            sent: OnceLock::new(),
            refused: AtomicBool::new(false),
        }
    }

    /// Creates a script that changes nothing.
    pub(crate) const fn reading(name: &'static str, source: &'static str) -> Self {
        let mut script = Self::new(name, source);
        script.reads_only = true;
        script
    }

    /// Marks a script of which all keys behind the first are beside it.
    pub(crate) const fn with_keys_beside(mut self) -> Self {
        self.keys_beside = true;
        self
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

    /// Returns the text that is sent.
    pub(crate) fn text(&self) -> &str {
        &self.sent().text
    }

    pub(crate) fn sha(&self) -> &str {
        &self.sent().sha
    }

    fn sent(&self) -> &Sent {
        self.sent.get_or_init(|| {
            let text = match self.source {
                Source::Fixed(source) => without_comments(source),
                Source::Composed(compose) => without_comments(&compose()),
            };
            let sha = redis::Script::new(&text).get_hash().to_owned();
            Sent { text, sha }
        })
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

/// Returns a script without indentation and lines of comments, which are two thirds of it:
/// in a pipeline the text is sent.
fn without_comments(source: &str) -> String {
    let lines = source.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut text = String::with_capacity(source.len());
    for line in lines.filter(|line| !line.starts_with("--")) {
        text.push_str(line);
        text.push('\n');
    }
    text
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Script({})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_left_out_and_code_is_kept() {
        let text = "-- A comment.\nlocal a = 'x -- y' -- stays\n\n  -- Another.\n  return a\n";
        assert_eq!(without_comments(text), "local a = 'x -- y' -- stays\nreturn a\n");
    }
}
