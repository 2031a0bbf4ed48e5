//! One blob in place of another, if that is still there.

use std::fmt;

use crate::key::Key;
use crate::op::{Request, Script};
use crate::ttl::Expiry;

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
    /// A command that answers as that of an update does.
    pub(crate) fn write(&self, key: &Key, expiry: Expiry, request: &mut Request) {
        let bytes = self.old.len() + self.new.len() + 32;
        let mut command = request.script(&SWAP, key, 4, bytes);
        super::set_expiry(command.arg(&self.old).arg(&self.new), expiry);
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
