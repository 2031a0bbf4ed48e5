//! A `create` that is encoded already.

use std::fmt;
use std::ops::Range;

use redis::Cmd;

use super::{AnyModel, AnyRecord, Save, Write, decode_written};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::op::{Operation, Replies, Request, Script};

/// Writes a record if there is none, without a borrow of it: a record need not be `Sync`, so
/// a flow must not hold a reference to one while it waits. The output is `true` if the record
/// was created.
pub(crate) struct Create {
    model: AnyModel,
    key: Key,
    cmd: Cmd,
    script: Option<&'static Script>,
    keys: Range<usize>,
}

impl Create {
    /// Encodes the record, which must have this key.
    pub(crate) fn new(model: AnyModel, record: &dyn AnyRecord, key: &Key) -> Result<Self> {
        check_key(model, record, key)?;
        let expiry = model.schema().expiry();
        let write = Write { only_new: true, overwrite_newer: false, expiry };
        let mut request = Request::new();
        Save { model, record, write }.encode(&mut request)?;
        let Ok((command, _)) = request.into_single() else { return Err(Error::unexpected_reply()) };
        let (cmd, script, keys) = (command.cmd, command.script, command.keys);
        Ok(Self { model, key: key.clone(), cmd, script, keys })
    }
}

/// Checks that the record has this key.
pub(crate) fn check_key(model: AnyModel, record: &dyn AnyRecord, key: &Key) -> Result<()> {
    let own = record.key(model.schema().template());
    if own == *key {
        return Ok(());
    }
    let message = format!("the record to insert has another key, `{own}`");
    Err(model.locate(key, Error::new(ErrorKind::InvalidOperation, message)))
}

impl Operation for Create {
    type Output = bool;

    fn encode(&self, request: &mut Request) -> Result<()> {
        request.prepared(self.cmd.clone(), self.script, self.keys.clone());
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<bool> {
        decode_written(self.model, true, replies)
            .map_err(|error| self.model.locate(&self.key, error))
    }
}

impl fmt::Debug for Create {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Create").field("key", &self.key).finish_non_exhaustive()
    }
}
