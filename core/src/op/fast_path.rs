//! A cheaper command that is tried in a script's place.
//!
//! A connection of redis-rs does not report which server it reaches, and after a
//! fail-over that may be another one. So what a server supports is learnt from its answer:
//! the cheaper command is one that a server which does not support it refuses without
//! executing it, and without repeating its arguments (as servers do for a command of an
//! unknown name). The script is sent after a refusal.

use std::sync::atomic::{AtomicBool, Ordering};

use redis::{Cmd, RedisWrite};

use crate::error::Error;
use crate::redis_rs;

/// A command that is tried where it is sent alone.
pub(crate) struct FastPath {
    pub(crate) cmd: Cmd,
    pub(crate) refusal: &'static Refusal,
}

/// The error with which a server refuses a [`FastPath`].
#[derive(Debug)]
pub(crate) struct Refusal {
    message: &'static str,
    /// A server that refused the command once will always refuse it.
    is_final: bool,
    /// A final refusal has been seen, so the command is not tried any more. That is a hint:
    /// no result depends on it.
    seen: AtomicBool,
}

impl FastPath {
    /// Adds a prefix to the key, which is the first argument.
    pub(super) fn add_prefix(&mut self, prefix: &str) {
        let mut cmd = Cmd::new();
        for (at, word) in redis_rs::arguments(&self.cmd).enumerate() {
            let before = if at == 1 { prefix.as_bytes() } else { b"" };
            cmd.write_arg(&[before, word].concat());
        }
        self.cmd = cmd;
    }
}

impl Refusal {
    /// The refusal of an option that the server does not know.
    pub(crate) const fn of_option() -> Self {
        Self { message: "syntax error", is_final: true, seen: AtomicBool::new(false) }
    }

    /// The refusal of some stored values.
    pub(crate) const fn of_values(message: &'static str) -> Self {
        Self { message, is_final: false, seen: AtomicBool::new(false) }
    }

    pub(super) fn is_expected(&self) -> bool {
        self.seen.load(Ordering::Relaxed)
    }

    /// Returns `true` if the error is this refusal.
    pub(super) fn is(&self, error: &Error) -> bool {
        let refused = error.code() == Some("ERR") && error.to_string().contains(self.message);
        if refused && self.is_final {
            self.seen.store(true, Ordering::Relaxed);
        }
        refused
    }
}
