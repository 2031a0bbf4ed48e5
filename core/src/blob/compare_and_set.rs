//! A new blob for an old one that has not changed.

use std::fmt;

use crate::error::{Error, Result};
use crate::key::Key;
use crate::op::{Refusal, Reply, Request, Script};
use crate::ttl::Expiry;
use crate::update::{self, Conflict, Missing, Outcome};

/// `SET … IFEQ`, of Valkey 8.1 and Redis 8.4.
static SET_IF_EQUAL: Refusal = Refusal::of_option();

pub(crate) static COMPARE_AND_SET: Script =
    Script::new("blob_compare_and_set", include_str!("compare_and_set.lua"));

/// A blob as it was when it was read.
#[derive(Clone)]
pub struct Snapshot {
    pub(super) stored: Vec<u8>,
    /// The record as it is encoded for a comparison.
    pub(super) written: Vec<u8>,
}

impl Snapshot {
    /// Returns the stored bytes.
    pub(crate) fn stored(&self) -> Vec<u8> {
        self.stored.clone()
    }
}

/// A new value for a blob that must still have the old one.
#[derive(Clone)]
pub struct CompareAndSet {
    pub(crate) old: Vec<u8>,
    pub(crate) new: Vec<u8>,
}

impl CompareAndSet {
    /// Adds a script or, if the server knows it, `SET … IFEQ … GET`, at about a third of
    /// the cost.
    pub(crate) fn encode(&self, key: &Key, expiry: Expiry, request: &mut Request) {
        let bytes = self.old.len() + self.new.len() + 32;
        let mut command = request.script(&COMPARE_AND_SET, key, 4, bytes);
        super::set_expiry(command.arg(&self.old).arg(&self.new), expiry);
        command.or_faster(&SET_IF_EQUAL, || {
            let mut set = Request::new();
            let mut command = set.command("SET", 7, key.len() + bytes);
            command.arg(key).arg(&self.new).arg("IFEQ").arg(&self.old).arg("GET");
            super::set_expiry(&mut command, expiry);
            set.into_cmd()
        });
    }

    /// Decodes the reply to either command.
    pub(crate) fn decode(
        &self,
        reply: Reply,
        model: &'static str,
        key: &Key,
    ) -> Result<Outcome<()>> {
        if reply.is_array() {
            return update::outcome(reply, model, key, Error::unexpected_reply)
                .map(|outcome| outcome.map(drop));
        }
        // The old value, whether or not the new one was written.
        Ok(match reply.into_bytes()? {
            None => Outcome::Missing(Missing::new(model, key)),
            Some(held) if held == self.old => Outcome::Applied(()),
            Some(_) => Outcome::Conflict(Conflict::of_all(model, key)),
        })
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").field("bytes", &self.stored.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for CompareAndSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompareAndSet").field("bytes", &self.new.len()).finish_non_exhaustive()
    }
}
