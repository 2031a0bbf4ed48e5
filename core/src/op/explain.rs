//! What an operation sends, without sending it.

use std::fmt;
use std::ops::Range;

use super::request::{AT_ONCE, BYTES_AT_ONCE};
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
    pub(super) fn of(mut request: Request) -> Result<Self> {
        if let Some(error) = request.take_error(0) {
            return Err(error);
        }
        request.check_finished(0)?;
        let alone = request.len() == 1;
        let (mut commands, mut step, mut round_trips) = (Vec::new(), 0, 0);
        let (mut count, mut size) = (AT_ONCE, 0);
        for command in request.into_parts().0 {
            let next = if alone { 0 } else { command.atomic };
            if step != next {
                commands.extend((step != 0).then(|| SentCommand::named("EXEC")));
                commands.extend((next != 0).then(|| SentCommand::named("MULTI")));
            }
            // As the exchange does it: a step is never taken apart.
            if (next == 0 || step != next) && (count >= AT_ONCE || size >= BYTES_AT_ONCE) {
                (round_trips, count, size) = (round_trips + 1, 0, 0);
            }
            (step, count, size) = (next, count + 1, size + command.size);
            commands.push(SentCommand::of(&command));
        }
        commands.extend((step != 0).then(|| SentCommand::named("EXEC")));
        Ok(Self { commands, round_trips })
    }

    /// The commands, in the order in which they are sent.
    pub fn commands(&self) -> &[SentCommand] {
        &self.commands
    }

    /// How often the program waits for a single server: once, or once for each
    /// thousand commands or megabyte, and not at all where nothing is sent. (A
    /// script that the server does not know yet costs one round trip more, once.)
    pub fn round_trips(&self) -> usize {
        self.round_trips
    }

    /// The keys, in the order of the commands.
    pub fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.commands.iter().flat_map(SentCommand::keys)
    }
}

impl SentCommand {
    fn of(command: &Command) -> Self {
        let arguments = crate::redis_rs::arguments(&command.cmd).map(<[u8]>::to_vec).collect();
        let script = command.script.map(|script| script.name);
        Self { arguments, script, keys: command.keys.clone() }
    }

    fn named(name: &str) -> Self {
        Self { arguments: vec![name.into()], script: None, keys: 0..0 }
    }

    /// The command's name and arguments, exactly.
    pub fn arguments(&self) -> &[Vec<u8>] {
        &self.arguments
    }

    /// The name of the script that the command calls, if it calls one.
    pub fn script(&self) -> Option<&str> {
        self.script
    }

    /// The key that it is about, or the first of several.
    pub fn key(&self) -> Option<&[u8]> {
        self.keys().next()
    }

    /// The keys that it is about.
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
