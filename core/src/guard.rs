//! Commands that would work on a key of any type, held back from other types.

use crate::key::Key;
use crate::model::{RedisModel, Storage};
use crate::op::{CommandWriter, Request, Script};

static GUARD: Script = Script::new("guard", include_str!("guard.lua"));

/// A call of `command` on `key` that fails with WRONGTYPE where the key holds
/// something that is not of `M`'s type.
pub(crate) fn command<'a, M: RedisModel>(
    request: &'a mut Request,
    command: &str,
    key: &Key,
    arguments: usize,
    bytes: usize,
) -> CommandWriter<'a> {
    let mut call = request.script(&GUARD, key, arguments + 2, bytes + 24);
    call.arg(M::Storage::TYPE).arg(command);
    call
}
