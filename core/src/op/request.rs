//! Requests: commands, with what the executors have to know about each.

use std::io::{self, Write};
use std::ops::Range;
use std::{fmt, mem};

use redis::{Cmd, RedisWrite};

use super::Script;
use super::fast_path::{FastPath, Refusal};
use super::key_words::ReplyKeys;
use crate::codec::Location;
use crate::error::{Error, ErrorKind, Result, ValueError};
use crate::field::FieldType;
use crate::redis_rs;

/// About so many commands and bytes are sent at once: more is not faster, and takes memory
/// here and in the server.
pub(super) const AT_ONCE: usize = 1000;
pub(super) const BYTES_AT_ONCE: usize = 1 << 20;

/// The bytes that an argument takes besides its own, on the wire and in lists.
const ARGUMENT: usize = 16;

/// The commands of one or more operations.
///
/// The first command is inline, so that an operation of one command, as most are, needs
/// no list.
pub struct Request {
    first: Option<Command>,
    rest: Vec<Command>,
    /// The members of tuples and lists, each before those inside it.
    members: Vec<Member>,
    /// The approximate size of the commands in bytes.
    size: usize,
    /// Commands are being added for one item of a batch.
    in_item: bool,
    /// The atomic step that commands are being added to; 0 for none.
    atomic: u32,
    atomics: u32,
    /// Each operation adds one call of a script, as the members of a transaction must.
    scripts_only: bool,
}

/// A member of a tuple or a list, with the number of its commands, which is the number of
/// its replies.
#[derive(Default)]
pub(crate) struct Member {
    pub(crate) commands: usize,
    /// The number of the following members that are inside this one.
    pub(crate) members: usize,
    /// The error of encoding it, in which case it sends nothing.
    pub(crate) error: Option<Error>,
}

/// A command, written straight into redis-rs' own buffer.
pub(crate) struct Command {
    pub(crate) cmd: Cmd,
    pub(crate) script: Option<&'static Script>,
    /// The positions of its keys among its words.
    pub(crate) keys: Range<usize>,
    pub(crate) size: usize,
    pub(crate) in_item: bool,
    pub(crate) atomic: u32,
    /// One of its values could not be encoded.
    unfinished: bool,
    /// The knowledge about its keys.
    pub(super) keys_are: KeysAre,
    /// The length of the prefix that its keys got.
    pub(super) prefix: usize,
    /// The keys of its reply that have the prefix.
    pub(super) reply_keys: ReplyKeys,
    pub(super) fast_path: Option<Box<FastPath>>,
}

/// The bytes of an argument. Writing to memory writes all, so it needs no loop.
struct Argument<W>(W);

impl<W: Write> Write for Argument<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(&mut self.0, bytes)
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        Write::write(&mut self.0, bytes).map(drop)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The knowledge about a command's keys, for connections that prefix them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum KeysAre {
    /// The operation has named them.
    #[default]
    Named,
    /// The operation does not name them, so they may be anywhere.
    Guessed,
    /// The operation prefixes them itself.
    Prefixed,
}

/// Writes one command, argument by argument.
pub struct CommandWriter<'a> {
    command: &'a mut Command,
}

impl Request {
    // Not `Default`, because an operation must not replace the request that it is given.
    pub(crate) fn new() -> Self {
        let (rest, members) = (Vec::new(), Vec::new());
        let (first, scripts_only) = (None, false);
        Self { first, rest, members, size: 0, in_item: false, atomic: 0, atomics: 0, scripts_only }
    }

    /// Creates a request for the members of a transaction.
    pub(crate) fn of_scripts() -> Self {
        Self { scripts_only: true, ..Self::new() }
    }

    /// Returns `true` if an operation must be a call of a script, although a plain command
    /// would do.
    pub(crate) fn is_of_scripts(&self) -> bool {
        self.scripts_only
    }

    /// Adds a command. `arguments` and `bytes` are at least as many as will be written, so
    /// that its buffers are allocated once.
    pub fn command(&mut self, name: &str, arguments: usize, bytes: usize) -> CommandWriter<'_> {
        let mut cmd = Cmd::with_capacity(arguments + 1, bytes + name.len());
        cmd.write_arg(name.as_bytes());
        let mut command = self.push(cmd, None, 1..2, arguments * ARGUMENT + bytes);
        command.uncertain_keys(true);
        command
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

    /// Adds a call of a script on this number of keys, which are written next, and then its
    /// `ARGV`.
    pub(crate) fn script_of_keys(
        &mut self,
        script: &'static Script,
        keys: usize,
        arguments: usize,
        bytes: usize,
    ) -> CommandWriter<'_> {
        const FIXED: usize = "EVALSHA".len() + 40 + 3;
        let mut cmd = Cmd::with_capacity(arguments + 3, FIXED + bytes);
        for argument in ["EVALSHA", script.sha(), itoa::Buffer::new().format(keys)] {
            cmd.write_arg(argument.as_bytes());
        }
        self.push(cmd, Some(script), 3..3 + keys, FIXED + arguments * ARGUMENT + bytes)
    }

    /// Adds a command that was written before.
    pub(crate) fn prepared(
        &mut self,
        cmd: Cmd,
        script: Option<&'static Script>,
        keys: Range<usize>,
    ) -> CommandWriter<'_> {
        let size = redis_rs::arguments(&cmd).map(|argument| argument.len() + ARGUMENT).sum();
        self.push(cmd, script, keys, size)
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
        let command = Command {
            cmd,
            script,
            keys,
            size,
            in_item,
            atomic,
            unfinished: false,
            keys_are: KeysAre::Named,
            prefix: 0,
            reply_keys: ReplyKeys::None,
            fast_path: None,
        };
        CommandWriter { command: self.add(command) }
    }

    /// Makes what `encode` adds one atomic step. A step within a step is part of it.
    ///
    /// # Errors
    ///
    /// The first error of a member: the whole step is refused then.
    pub(crate) fn atomic(&mut self, encode: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let (outer, start) = (self.atomic, self.members.len());
        if outer == 0 {
            self.atomics += 1;
            self.atomic = self.atomics;
        }
        let encoded = encode(self);
        self.atomic = outer;
        encoded?;
        self.take_error(start).map_or(Ok(()), Err)
    }

    /// Returns `true` if the request is as large as one that is sent at once should be.
    pub(crate) fn is_full(&self) -> bool {
        self.len() >= AT_ONCE || self.size >= BYTES_AT_ONCE
    }

    fn add(&mut self, command: Command) -> &mut Command {
        if self.first.is_none() {
            return self.first.insert(command);
        }
        let at = self.rest.len();
        self.rest.push(command);
        &mut self.rest[at]
    }

    pub(super) fn commands_mut(&mut self) -> impl Iterator<Item = &mut Command> {
        self.first.iter_mut().chain(&mut self.rest)
    }

    pub(crate) fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.rest.len()
    }

    /// Reserves memory for the members of a list.
    pub(crate) fn reserve_members(&mut self, count: usize) {
        self.members.reserve(count);
    }

    /// Makes what `encode` adds a member of a tuple or an array.
    pub(crate) fn member(&mut self, encode: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let (at, start) = (self.members.len(), self.len());
        self.members.push(Member::default());
        let encoded = encode(self);
        let (commands, members) = (self.len() - start, self.members.len() - at - 1);
        self.members[at] = Member { commands, members, error: None };
        encoded
    }

    /// Checks that no command is half-written, because an operation ignored an error.
    pub(crate) fn check_finished(&self, start: usize) -> Result<()> {
        if !self.first.iter().chain(&self.rest).skip(start).any(|command| command.unfinished) {
            return Ok(());
        }
        let message =
            "a command was left half-written; an operation must return the errors of `encode`";
        Err(Error::new(ErrorKind::InvalidOperation, message))
    }

    /// Makes what `encode` adds an item of a list. An item that cannot be encoded sends
    /// nothing and keeps its error; the other items are not affected.
    pub(crate) fn item(&mut self, encode: impl FnOnce(&mut Self) -> Result<()>) {
        let (at, start, size) = (self.members.len(), self.len(), self.size);
        let outer = mem::replace(&mut self.in_item, true);
        let encoded = self.member(encode).and_then(|()| self.check_finished(start));
        self.in_item = outer;
        if let Err(error) = encoded {
            self.rest.truncate(start.saturating_sub(1));
            if start == 0 {
                self.first = None;
            }
            self.size = size;
            self.members.truncate(at);
            self.members.push(Member { error: Some(error), ..Member::default() });
        }
    }

    /// Removes the error of the first item that could not be encoded, from the member at
    /// `start` on.
    pub(crate) fn take_error(&mut self, start: usize) -> Option<Error> {
        self.members[start..].iter_mut().find_map(|member| member.error.take())
    }

    pub(crate) fn into_parts(self) -> (impl Iterator<Item = Command>, Vec<Member>) {
        (self.first.into_iter().chain(self.rest), self.members)
    }

    /// Returns the only command, to be sent in another's place.
    pub(crate) fn into_cmd(self) -> Cmd {
        self.first.map_or_else(Cmd::new, |command| command.cmd)
    }

    /// Returns the only command, with its members, or the request if it has
    /// no command or several.
    // The request itself is given back; it is not an error.
    #[allow(clippy::result_large_err)]
    pub(crate) fn into_single(mut self) -> Result<(Command, Vec<Member>), Self> {
        match self.first.take() {
            Some(only) if self.rest.is_empty() => Ok((only, self.members)),
            first => Err(Self { first, ..self }),
        }
    }
}

impl CommandWriter<'_> {
    /// Sets which words of the command are keys, counted from its name, which is 0. By
    /// default the first argument is the only key.
    pub fn keys(&mut self, words: Range<usize>) -> &mut Self {
        if self.command.keys_are == KeysAre::Guessed {
            self.command.keys_are = KeysAre::Named;
        }
        self.command.keys = words;
        self
    }

    /// Marks keys that are a guess.
    pub(super) fn uncertain_keys(&mut self, uncertain: bool) {
        if uncertain {
            self.command.keys_are = KeysAre::Guessed;
        }
    }

    /// Marks a command whose keys and patterns the operation prefixes itself.
    pub(crate) fn prefixes_itself(&mut self) -> &mut Self {
        self.command.keys_are = KeysAre::Prefixed;
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

    /// Adds a [`FastPath`] that is tried before the command.
    pub(crate) fn or_faster(&mut self, refusal: &'static Refusal, cmd: impl FnOnce() -> Cmd) {
        if !refusal.is_expected() {
            self.command.fast_path = Some(Box::new(FastPath { cmd: cmd(), refusal }));
        }
    }

    /// Encodes a field's value straight into the command.
    ///
    /// # Errors
    ///
    /// The error of encoding the value. The command is then unusable, and `encode` must
    /// return the error.
    pub(crate) fn value<Enc, V: FieldType<Enc>>(
        &mut self,
        value: &V,
        location: &Location<'_>,
    ) -> Result<(), ValueError> {
        let written = value.write(location, &mut Argument(self.command.cmd.writer_for_next_arg()));
        self.command.unfinished |= written.is_err();
        written
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

impl Command {
    /// Returns `true` if the command calls a script by its digest.
    pub(super) fn has_digest(&self) -> bool {
        self.script.is_some() && redis_rs::arguments(&self.cmd).next() == Some(b"EVALSHA")
    }

    /// Replaces the digest of the script that the command calls by its text.
    pub(super) fn bring_text(&mut self) {
        if let Some(script) = self.script
            && self.has_digest()
        {
            self.cmd = redis_rs::with_script_text(&self.cmd, script.text());
        }
    }
}
