//! What an operation sends, without sending it.

use std::fmt;

use super::request::Entry;
use super::{Command, Request};
use crate::error::Result;

/// The exact commands of an operation; see [`Operation::explain`](super::Operation::explain).
///
/// `Display` shows them as they would be typed into `redis-cli`, a line each,
/// **with the values in them**. `Debug` leaves the values out.
///
/// ```
/// # use redis_model::{Operation, RedisModel};
/// # #[derive(RedisModel)]
/// # #[redis(key = "user:{id}")]
/// # struct User { id: u64, name: String, email: Option<String> }
/// let plan = (User::get(7), User::exists(8)).explain()?;
/// assert_eq!(plan.to_string(), "HMGET user:7 name email\nEXISTS user:8");
/// assert_eq!(plan.round_trips(), 1);
/// # Ok::<(), redis_model::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Explanation {
    commands: Vec<SentCommand>,
}

/// One command of an [`Explanation`].
#[derive(Clone, PartialEq, Eq)]
pub struct SentCommand {
    arguments: Vec<Vec<u8>>,
    script: Option<&'static str>,
}

impl Explanation {
    pub(super) fn of(request: Request) -> Result<Self> {
        let shown = |entry| match entry {
            Entry::Send(command) => Ok(SentCommand::of(&command)),
            Entry::Unsent(error) => Err(error),
        };
        request.into_entries().map(shown).collect::<Result<_>>().map(|commands| Self { commands })
    }

    /// The commands, in the order in which they are sent.
    pub fn commands(&self) -> &[SentCommand] {
        &self.commands
    }

    /// How often the program waits for the server: once for everything, and
    /// not at all where nothing is sent. (A script that the server does not
    /// know yet costs one round trip more, once.)
    pub fn round_trips(&self) -> usize {
        usize::from(!self.commands.is_empty())
    }

    /// The keys, in the order of the commands.
    pub fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.commands.iter().filter_map(SentCommand::key)
    }
}

impl SentCommand {
    fn of(command: &Command) -> Self {
        let arguments = crate::redis_rs::arguments(&command.cmd).map(<[u8]>::to_vec).collect();
        Self { arguments, script: command.script.map(|script| script.name) }
    }

    /// The command's name and arguments, exactly.
    pub fn arguments(&self) -> &[Vec<u8>] {
        &self.arguments
    }

    /// The name of the script that the command calls, if it calls one.
    pub fn script(&self) -> Option<&str> {
        self.script
    }

    /// The key that it is about.
    pub fn key(&self) -> Option<&[u8]> {
        let at = if self.script.is_some() { 3 } else { 1 };
        self.arguments.get(at).map(Vec::as_slice)
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, command) in self.commands.iter().enumerate() {
            let newline = if at > 0 { "\n" } else { "" };
            write!(f, "{newline}{command}")?;
        }
        Ok(())
    }
}

impl fmt::Display for SentCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, argument) in self.arguments.iter().enumerate() {
            let space = if at > 0 { " " } else { "" };
            write!(f, "{space}{}", Typed(argument))?;
        }
        self.script.map_or(Ok(()), |name| write!(f, " # {name}.lua"))
    }
}

/// An argument as `redis-cli` takes it: quoted where it has to be.
struct Typed<'a>(&'a [u8]);

impl fmt::Display for Typed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |b: &u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'\'' | b'\\');
        match std::str::from_utf8(self.0) {
            Ok(text) if !text.is_empty() && self.0.iter().all(plain) => f.write_str(text),
            _ => write!(f, "\"{}\"", self.0.escape_ascii()),
        }
    }
}

impl fmt::Debug for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.commands).finish()
    }
}

impl fmt::Debug for SentCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name =
            self.arguments.first().map_or("", |name| std::str::from_utf8(name).unwrap_or(""));
        let key = self.key().map(|key| key.escape_ascii().to_string());
        f.debug_struct(name).field("key", &key).field("arguments", &self.arguments.len()).finish()
    }
}
