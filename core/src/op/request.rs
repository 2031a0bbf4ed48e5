//! What is sent: commands, with what the executors have to know about each.

use std::fmt;

use redis::{Cmd, RedisWrite};

use super::Script;
use crate::codec::Place;
use crate::error::{Error, Result, ValueError};
use crate::field::Stored;

/// The commands of one or more operations.
///
/// The first command stands inline: an operation of one command, which is
/// most of them, costs no list.
#[derive(Default)]
pub struct Request {
    first: Option<Entry>,
    rest: Vec<Entry>,
}

/// A command to send, or the error of an item that could not be encoded, which
/// stands where its reply would.
pub(crate) enum Entry {
    Send(Command),
    Unsent(Error),
}

/// A command, written straight into redis-rs' own buffer.
pub(crate) struct Command {
    pub(crate) cmd: Cmd,
    pub(crate) script: Option<&'static Script>,
}

/// Writes one command, argument by argument.
pub struct CommandWriter<'a> {
    cmd: &'a mut Cmd,
}

impl Request {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds a command. `arguments` and `bytes` are what it is going to need at
    /// most, so that its buffers are allocated once.
    pub fn command(&mut self, name: &str, arguments: usize, bytes: usize) -> CommandWriter<'_> {
        let mut cmd = Cmd::with_capacity(arguments + 1, bytes + name.len());
        cmd.write_arg(name.as_bytes());
        self.push(Command { cmd, script: None })
    }

    /// Adds a call of a script on one key; its `ARGV` are written next.
    pub(crate) fn script(
        &mut self,
        script: &'static Script,
        key: &str,
        arguments: usize,
        bytes: usize,
    ) -> CommandWriter<'_> {
        const FIXED: usize = "EVALSHA".len() + 40 + 1;
        let mut cmd = Cmd::with_capacity(arguments + 4, FIXED + key.len() + bytes);
        for argument in ["EVALSHA", script.sha(), "1", key] {
            cmd.write_arg(argument.as_bytes());
        }
        self.push(Command { cmd, script: Some(script) })
    }

    fn push(&mut self, command: Command) -> CommandWriter<'_> {
        let entry = self.add(Entry::Send(command));
        match entry {
            Entry::Send(command) => CommandWriter { cmd: &mut command.cmd },
            Entry::Unsent(_) => unreachable!("just added"),
        }
    }

    fn add(&mut self, entry: Entry) -> &mut Entry {
        if self.first.is_none() {
            return self.first.insert(entry);
        }
        let at = self.rest.len();
        self.rest.push(entry);
        &mut self.rest[at]
    }

    pub(crate) fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.rest.len()
    }

    /// Adds what `encode` adds or, if that fails, its error: in either case
    /// the other items of a batch are not concerned.
    pub(crate) fn item(&mut self, encode: impl FnOnce(&mut Self) -> Result<()>) {
        let start = self.len();
        if let Err(error) = encode(self) {
            self.rest.truncate(start.saturating_sub(1));
            if start == 0 {
                self.first = None;
            }
            self.add(Entry::Unsent(error));
        }
    }

    pub(crate) fn into_entries(self) -> impl Iterator<Item = Entry> {
        self.first.into_iter().chain(self.rest)
    }

    /// The only entry, where there is just one.
    pub(crate) fn into_single(mut self) -> Result<Entry, Self> {
        match self.first.take() {
            Some(only) if self.rest.is_empty() => Ok(only),
            first => Err(Self { first, ..self }),
        }
    }
}

impl CommandWriter<'_> {
    /// Adds an argument.
    pub fn arg(&mut self, argument: impl AsRef<[u8]>) -> &mut Self {
        self.cmd.write_arg(argument.as_ref());
        self
    }

    /// Adds an integer as an argument.
    pub fn int(&mut self, number: impl itoa::Integer) -> &mut Self {
        self.arg(itoa::Buffer::new().format(number))
    }

    /// Adds a field's value, written straight into the command.
    ///
    /// After an error the command is unusable; returned from `encode`, it
    /// drops the whole request.
    pub(crate) fn value<As, V: Stored<As>>(
        &mut self,
        value: &V,
        place: &Place<'_>,
    ) -> Result<(), ValueError> {
        value.write(place, &mut self.cmd.writer_for_next_arg())
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("commands", &self.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for CommandWriter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommandWriter").finish_non_exhaustive()
    }
}
