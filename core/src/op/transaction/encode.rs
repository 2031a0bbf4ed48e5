//! The members of a transaction on their way to the server.

use super::script;
use crate::error::{Error, ErrorKind, Result};
use crate::op::slot::first_key;
use crate::op::{Command, Request};
use crate::redis_rs;

/// A script blocks the server, so a transaction is bounded.
const MAX_MEMBERS: usize = 100;

/// Redis takes 1024 * 1024 words in a command, and closes the connection at more.
const MAX_ARGUMENTS: usize = 1_000_000;

/// Collects the commands of a transaction's members.
#[derive(Debug)]
pub struct Members {
    request: Request,
    /// The positions of the members that send a command.
    positions: Vec<usize>,
    /// The number of members so far.
    count: usize,
}

impl Members {
    pub(super) fn new() -> Self {
        Self { request: Request::of_scripts(), positions: Vec::new(), count: 0 }
    }

    /// Adds the next member.
    pub(super) fn add(&mut self, encode: impl FnOnce(&mut Request) -> Result<()>) -> Result<()> {
        let position = self.count;
        self.count += 1;
        let encoded = encode(&mut self.request).and_then(|()| self.request.check_finished(0));
        encoded.map_err(|error| error.with_member(position))?;
        if self.request.len() > self.positions.len() {
            self.positions.push(position);
        }
        if self.request.len() > MAX_MEMBERS {
            let message = format!("a transaction has at most {MAX_MEMBERS} members");
            return Err(Error::new(ErrorKind::Limit, message).with_member(position));
        }
        Ok(())
    }

    /// Adds the one command of all members.
    pub(super) fn finish(self, request: &mut Request) -> Result<()> {
        let (commands, _) = self.request.into_parts();
        let commands: Vec<Command> = commands.collect();
        let mut words = 0;
        for (at, command) in commands.iter().enumerate() {
            let position = self.positions[at];
            if script::member(command.script).is_none() {
                let message = "the operation cannot be a member of a transaction";
                return Err(error(message.into(), command, position));
            }
            if let Some(other) =
                commands[..at].iter().position(|other| first_key(other) == first_key(command))
            {
                let message = format!(
                    "members {} and {position} of a transaction have the same key; each record \
                     can be a member once, because all conditions are checked before anything \
                     is written",
                    self.positions[other]
                );
                return Err(error(message, command, position));
            }
            words += redis_rs::arguments(&command.cmd).count();
        }
        if words > MAX_ARGUMENTS {
            let message = "a transaction of more than a million arguments";
            return Err(Error::new(ErrorKind::Limit, message));
        }
        if !commands.is_empty() {
            script::write(&commands, request);
        }
        Ok(())
    }
}

fn error(message: String, command: &Command, position: usize) -> Error {
    let key = first_key(command).map(String::from_utf8_lossy).unwrap_or_default();
    Error::new(ErrorKind::InvalidOperation, message).with_key(&key).with_member(position)
}
