//! What is sent: commands, with what the executors have to know about each.

use std::ops::Range;
use std::{fmt, mem};

use redis::{Cmd, RedisWrite};

use super::Script;
use super::capability::{Capability, Cheaper};
use crate::codec::Place;
use crate::error::{Error, Result, ValueError};
use crate::field::Stored;

/// How many commands are sent at once, and how many bytes, roughly: more makes
/// nothing faster, and takes memory here and in the server.
pub(super) const AT_ONCE: usize = 1000;
pub(super) const BYTES_AT_ONCE: usize = 1 << 20;

/// What an argument takes beside its bytes, on the wire and in lists.
const ARGUMENT: usize = 16;

/// The commands of one or more operations.
///
/// The first command stands inline: an operation of one command, which is
/// most of them, costs no list.
#[derive(Default)]
pub struct Request {
    first: Option<Entry>,
    rest: Vec<Entry>,
    /// What the commands take up, roughly.
    size: usize,
    /// Whether what is added belongs to one item of a batch.
    in_item: bool,
    /// The atomic step that what is added belongs to; 0 for none.
    atomic: u32,
    atomics: u32,
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
    /// Where its keys stand among its words.
    pub(crate) keys: Range<usize>,
    pub(crate) size: usize,
    pub(crate) in_item: bool,
    pub(crate) atomic: u32,
    /// What may be sent in its place, where it is sent alone.
    pub(crate) cheaper: Option<Box<Cheaper>>,
}

/// Writes one command, argument by argument.
pub struct CommandWriter<'a> {
    command: &'a mut Command,
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
        self.push(cmd, None, 1..2, arguments * ARGUMENT + bytes)
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
        self.push(cmd, Some(script), 3..4, FIXED + arguments * ARGUMENT + bytes)
    }

    /// Adds a call of a script on several keys, which must share a slot on a
    /// cluster; its `ARGV` are written next.
    #[allow(dead_code)]
    pub(crate) fn script_on(
        &mut self,
        script: &'static Script,
        keys: &[&str],
        arguments: usize,
        bytes: usize,
    ) -> CommandWriter<'_> {
        let size = keys.iter().map(|key| key.len()).sum::<usize>() + bytes + 64;
        let mut cmd = Cmd::with_capacity(arguments + keys.len() + 3, size);
        cmd.write_arg(b"EVALSHA");
        cmd.write_arg(script.sha().as_bytes());
        cmd.write_arg(itoa::Buffer::new().format(keys.len()).as_bytes());
        for key in keys {
            cmd.write_arg(key.as_bytes());
        }
        self.push(cmd, Some(script), 3..3 + keys.len(), arguments * ARGUMENT + size)
    }

    fn push(
        &mut self,
        cmd: Cmd,
        script: Option<&'static Script>,
        keys: Range<usize>,
        size: usize,
    ) -> CommandWriter<'_> {
        self.size += size;
        let (in_item, atomic) = (self.in_item, self.atomic);
        let entry = self.add(Entry::Send(Command {
            cmd,
            script,
            keys,
            size,
            in_item,
            atomic,
            cheaper: None,
        }));
        match entry {
            Entry::Send(command) => CommandWriter { command },
            Entry::Unsent(_) => unreachable!("just added"),
        }
    }

    /// Adds what `encode` adds as one atomic step. A step within a step is
    /// part of it.
    pub(crate) fn atomic(&mut self, encode: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let outer = self.atomic;
        if outer == 0 {
            self.atomics += 1;
            self.atomic = self.atomics;
        }
        let encoded = encode(self);
        self.atomic = outer;
        encoded
    }

    /// Whether it is as large as what is sent at once should be.
    pub(crate) fn is_full(&self) -> bool {
        self.len() >= AT_ONCE || self.size >= BYTES_AT_ONCE
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
        let outer = mem::replace(&mut self.in_item, true);
        let encoded = encode(self);
        self.in_item = outer;
        if let Err(error) = encoded {
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

    /// The only command, to be sent in another's place.
    pub(crate) fn into_cmd(self) -> Cmd {
        match self.first {
            Some(Entry::Send(command)) => command.cmd,
            _ => Cmd::new(),
        }
    }

    /// The only entry, where there is just one.
    // It is the request itself, given back: not an error.
    #[allow(clippy::result_large_err)]
    pub(crate) fn into_single(mut self) -> Result<Entry, Self> {
        match self.first.take() {
            Some(only) if self.rest.is_empty() => Ok(only),
            first => Err(Self { first, ..self }),
        }
    }
}

impl CommandWriter<'_> {
    /// Says which words of the command are keys, counted from its name, which
    /// is 0. Without it the first argument is one, and the only one.
    pub fn keys(&mut self, words: Range<usize>) -> &mut Self {
        self.command.keys = words;
        self
    }

    /// Adds an argument.
    pub fn arg(&mut self, argument: impl AsRef<[u8]>) -> &mut Self {
        self.command.cmd.write_arg(argument.as_ref());
        self
    }

    /// Adds an integer as an argument.
    pub fn int(&mut self, number: impl itoa::Integer) -> &mut Self {
        self.arg(itoa::Buffer::new().format(number))
    }

    /// Says what does the same where a server has this capability.
    pub(crate) fn or_cheaper(
        &mut self,
        capability: &'static Capability,
        command: impl FnOnce() -> Cmd,
    ) {
        if capability.may_be_known() {
            self.command.cheaper = Some(Box::new(Cheaper { cmd: command(), capability }));
        }
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
        value.write(place, &mut self.command.cmd.writer_for_next_arg())
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
