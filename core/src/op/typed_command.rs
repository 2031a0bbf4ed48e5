//! Commands that work on a key of any type, restricted to one.

use super::{CommandWriter, Request, Script};

pub(crate) static TYPED_COMMAND: Script =
    Script::new("typed_command", include_str!("typed_command.lua")).runs(2);
/// The same script, for a command that changes nothing.
pub(crate) static READ_TYPED: Script =
    Script::reading("typed_command", include_str!("typed_command.lua")).runs(2);

impl Script {
    /// Returns `true` if the script only checks the key's type before it runs a command.
    pub(crate) fn checks_type(&self) -> bool {
        std::ptr::eq(self, &TYPED_COMMAND) || std::ptr::eq(self, &READ_TYPED)
    }
}

impl Request {
    /// Adds a call of `command` on `key` that fails with WRONGTYPE if the key holds another
    /// type than `redis_type`; its arguments behind the key are written next.
    pub(crate) fn typed_command(
        &mut self,
        redis_type: &str,
        command: &str,
        key: &str,
        arguments: usize,
        bytes: usize,
    ) -> CommandWriter<'_> {
        let mut call = self.script(&TYPED_COMMAND, key, arguments + 2, bytes + 24);
        call.arg(redis_type).arg(command);
        call
    }
}
