//! Lua scripts, known by the SHA-1 of their text.

use std::fmt;
use std::sync::OnceLock;

/// A script, sent by its digest, or by its text if the server does not know it.
pub(crate) struct Script {
    /// The name of its file, for `explain`.
    pub(crate) name: &'static str,
    pub(crate) reads_only: bool,
    source: Source,
    sent: OnceLock<Sent>,
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
        Self { name, reads_only: false, source: Source::Fixed(source), sent: OnceLock::new() }
    }

    /// Creates a script whose text is put together from other scripts.
    pub(crate) const fn composed(name: &'static str, source: fn() -> String) -> Self {
        Self { name, reads_only: false, source: Source::Composed(source), sent: OnceLock::new() }
    }

    /// Creates a script that changes nothing.
    pub(crate) const fn reading(name: &'static str, source: &'static str) -> Self {
        Self { name, reads_only: true, source: Source::Fixed(source), sent: OnceLock::new() }
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
