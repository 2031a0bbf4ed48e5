//! What only some servers can, used where it is cheaper and safe to try.
//!
//! A connection of redis-rs does not tell which server it is to, and after a
//! fail-over it may be another, so what one was found to know cannot be relied
//! on later. What can be relied on is a server's own answer. So a command that
//! others refuse without doing anything, and without repeating its arguments
//! (as they do for a command of an unknown name), is tried; what is refused is
//! sent again as what every server knows, and not tried any more.

use std::sync::atomic::{AtomicBool, Ordering};

use redis::Cmd;

use crate::error::Error;

/// An option of a command that older servers take for a syntax error, or a command
/// that takes less than the script in whose place it is tried.
#[derive(Debug)]
pub(crate) struct Capability {
    /// Whether some server has refused it: a hint, on which no result depends.
    refused: AtomicBool,
    /// The words of a refusal.
    refusal: &'static str,
    /// Whether a server that refused once refuses always.
    is_final: bool,
}

/// A way of doing the same as a command that only some servers know.
pub(crate) struct Cheaper {
    pub(crate) cmd: Cmd,
    pub(crate) capability: &'static Capability,
}

impl Capability {
    pub(crate) const fn new() -> Self {
        Self { refused: AtomicBool::new(false), refusal: "syntax error", is_final: true }
    }

    /// A command that every server knows, and refuses in these words for some values.
    pub(crate) const fn of_values(refusal: &'static str) -> Self {
        Self { refusal, is_final: false, ..Self::new() }
    }

    pub(crate) fn may_be_known(&self) -> bool {
        !self.refused.load(Ordering::Relaxed)
    }

    /// Whether this is an older server's answer to it.
    pub(crate) fn is_refused_by(&self, error: &Error) -> bool {
        let refused = error.code() == Some("ERR") && error.to_string().contains(self.refusal);
        if refused && self.is_final {
            self.refused.store(true, Ordering::Relaxed);
        }
        refused
    }
}
