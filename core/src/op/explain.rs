//! The commands of an operation, without sending them.

use std::fmt;
use std::ops::Range;

use super::exchange::Part;
use super::{Command, Exchange, Request, Topology, members_of};
use crate::error::Result;
use crate::redis_rs;

/// The commands of an operation; see [`Operation::explain`](super::Operation::explain).
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
/// assert_eq!(plan.to_string(), "HMGET user:7 name email\nHEXISTS user:8 name");
/// assert_eq!(plan.round_trips(), 1);
/// # Ok::<(), redis_model::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Explanation {
    commands: Vec<SentCommand>,
    round_trips: usize,
}

/// One command of an [`Explanation`].
#[derive(Clone, PartialEq, Eq)]
pub struct SentCommand {
    arguments: Vec<Vec<u8>>,
    script: Option<&'static str>,
    keys: Range<usize>,
}

impl Explanation {
    /// Asks the exchange with a single server what it sends.
    pub(super) fn of(mut request: Request) -> Result<Self> {
        if let Some(error) = request.take_error(0) {
            return Err(error);
        }
        let mut exchange = match Exchange::new(request, || Topology::SingleServer)? {
            Exchange::Single(single) => {
                return Ok(Self {
                    commands: vec![SentCommand::of(single.command())],
                    round_trips: 1,
                });
            }
            Exchange::Several(several) => several,
        };
        let mut this = Self { commands: Vec::new(), round_trips: 0 };
        while let Some(parts) = exchange.next_parts() {
            this.round_trips += 1;
            this.commands.extend(parts.into_iter().map(|part| match part {
                Part::Command(at) => SentCommand::of(exchange.command(at)),
                Part::Multi => SentCommand::named("MULTI"),
                Part::Exec | Part::Probe => SentCommand::named("EXEC"),
            }));
        }
        Ok(this)
    }

    /// Returns the commands, in the order in which they are sent.
    pub fn commands(&self) -> &[SentCommand] {
        &self.commands
    }

    /// Returns the number of round trips to a single server: one, or one for each thousand
    /// commands or megabyte, and none if nothing is sent. (A script that the server does not
    /// know yet costs one round trip more, once.)
    pub fn round_trips(&self) -> usize {
        self.round_trips
    }

    /// Returns the keys, in the order of the commands.
    pub fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.commands.iter().flat_map(SentCommand::keys)
    }
}

impl SentCommand {
    fn of(command: &Command) -> Self {
        let arguments = redis_rs::arguments(&command.cmd).map(<[u8]>::to_vec).collect();
        let script = command.script.map(|script| script.name);
        Self { arguments, script, keys: command.keys.clone() }
    }

    fn named(name: &str) -> Self {
        Self { arguments: vec![name.into()], script: None, keys: 0..0 }
    }

    /// Returns the command's name and its arguments.
    pub fn arguments(&self) -> &[Vec<u8>] {
        &self.arguments
    }

    /// Returns the name of the script that the command calls, if it calls one.
    pub fn script(&self) -> Option<&str> {
        self.script
    }

    /// Returns the command's first key.
    pub fn key(&self) -> Option<&[u8]> {
        self.keys().next()
    }

    /// Returns the command's keys.
    pub fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.arguments.iter().skip(self.keys.start).take(self.keys.len()).map(Vec::as_slice)
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
            write!(f, "{space}{}", Quoted(argument))?;
        }
        let Some(name) = self.script else { return Ok(()) };
        write!(f, " # {name}.lua")?;
        // The members of a transaction are hard to find in its many arguments.
        let members = if name == "transaction" { members_of(&self.arguments) } else { Vec::new() };
        for (at, (script, key)) in members.into_iter().enumerate() {
            let separator = if at > 0 { "," } else { ":" };
            write!(f, "{separator} {} {}", Quoted(script), Quoted(key))?;
        }
        Ok(())
    }
}

/// An argument as `redis-cli` reads it, with quotes if it needs them.
struct Quoted<'a>(&'a [u8]);

impl fmt::Display for Quoted<'_> {
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
