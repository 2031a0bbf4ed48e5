//! One blob in place of another, if that is still there.

use std::fmt;

use crate::error::{Error, Result};
use crate::key::Key;
use crate::op::{Refusal, Reply, Request, Script};
use crate::ttl::Expiry;
use crate::update::{self, Conflict, Outcome};

/// `SET … IFEQ`, of Valkey 8.1 and Redis 8.4.
static SET_IF_EQUAL: Refusal = Refusal::of_option();

static SWAP: Script = Script::new("blob_swap", include_str!("swap.lua"));

/// What a blob was when it was read.
pub struct Held {
    pub(super) stored: Vec<u8>,
    /// As it would be written, to be compared.
    pub(super) written: Vec<u8>,
}

/// What a blob must be, and what it is to be.
pub struct Swap {
    pub(crate) old: Vec<u8>,
    pub(crate) new: Vec<u8>,
}

impl Swap {
    /// A script or, where the server knows it, `SET … IFEQ … GET`, at about a
    /// third of the cost.
    pub(crate) fn write(&self, key: &Key, expiry: Expiry, request: &mut Request) {
        let bytes = self.old.len() + self.new.len() + 32;
        let mut command = request.script(&SWAP, key, 4, bytes);
        super::set_expiry(command.arg(&self.old).arg(&self.new), expiry);
        command.or_faster(&SET_IF_EQUAL, || {
            let mut set = Request::new();
            let mut command = set.command("SET", 7, key.len() + bytes);
            command.arg(key).arg(&self.new).arg("IFEQ").arg(&self.old).arg("GET");
            super::set_expiry(&mut command, expiry);
            set.into_cmd()
        });
    }

    /// What became of it, whichever it was.
    pub(crate) fn outcome(&self, reply: Reply) -> Result<Outcome<()>> {
        if reply.is_array() {
            return update::outcome(reply, Error::unexpected_reply)
                .map(|outcome| outcome.map(drop));
        }
        // What was there before, whether or not it was written.
        Ok(match reply.into_bytes()? {
            None => Outcome::Missing,
            Some(held) if held == self.old => Outcome::Applied(()),
            Some(_) => Outcome::Conflict(Conflict::of_all()),
        })
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("bytes", &self.stored.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Swap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Swap").field("bytes", &self.new.len()).finish_non_exhaustive()
    }
}
