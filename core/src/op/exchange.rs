//! One request's way to the server and back, without IO.
//!
//! The executors ask what to send, send it, and hand back what came. What has
//! to be known about scripts, atomic steps and clusters is decided here, once
//! for all executors:
//!
//! - Scripts are called by digest. In a pipeline the first call of each brings
//!   its text, and so does the first call in an atomic step, where nothing can
//!   be sent again. Elsewhere a command that failed with NOSCRIPT did nothing
//!   and is sent again with the text, unless a later command on the same key
//!   was executed: then the order would be lost, and the error says so.
//! - Large requests are sent in bounded parts.
//! - On a cluster all that is sent at once has one slot. Redis-rs sends a
//!   pipeline *as a whole* again after a redirection of any of its commands,
//!   which would count increments twice and, while a slot is being moved, write
//!   keys to the wrong node. In MULTI/EXEC a redirection aborts everything, so
//!   the commands of one slot go out in one, and, if that was aborted, one by
//!   one: redis-rs redirects single commands as it should.

mod builder;
mod pipelined;
#[cfg(test)]
mod tests;

use redis::{Cmd, Pipeline, RedisResult, Value};

use super::reply::EntryResult;
use super::request::Member;
use super::slot::Slots;
use super::{Command, Replies, Request};
use crate::error::Result;
use crate::redis_rs;

use builder::Part;
use pipelined::Pipelined;

/// The kind of server that a connection reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topology {
    SingleServer,
    Cluster,
    /// One or the other.
    #[cfg_attr(not(any(feature = "tokio", feature = "smol")), allow(dead_code))]
    Unknown,
}

/// What to send next.
pub(crate) struct Transmit {
    pub(crate) payload: Payload,
    parts: Vec<Part>,
}

pub(crate) enum Payload {
    Single(Cmd),
    Pipeline(Pipeline),
}

/// What redis-rs returned for a [`Transmit`].
pub(crate) enum RawReply {
    Single(RedisResult<Value>),
    Pipeline(RedisResult<Vec<Value>>),
}

/// The exchange of one request.
pub(crate) enum Exchange {
    /// One command alone, which is most of them: it takes no lists.
    Single(SingleCommand),
    Several(Box<Pipelined>),
}

impl Exchange {
    /// Begins an exchange.
    ///
    /// # Errors
    ///
    /// `CrossSlot` if one step has keys of several slots. Nothing is sent then.
    pub(crate) fn new(request: Request, topology: impl Fn() -> Topology) -> Result<Self> {
        request.check_finished(0)?;
        match request.into_single() {
            Ok((command, members)) => {
                Ok(Self::Single(SingleCommand::new(command, members, topology)))
            }
            Err(request) => {
                Pipelined::new(request, topology()).map(|several| Self::Several(Box::new(several)))
            }
        }
    }

    pub(crate) fn next(&mut self) -> Option<Transmit> {
        match self {
            Self::Single(single) => single.next(),
            Self::Several(several) => several.next(),
        }
    }

    /// Returns what to send side by side: one thing for each slot.
    #[cfg(any(feature = "tokio", feature = "smol"))]
    pub(crate) fn next_of_each_slot(&mut self) -> Vec<Transmit> {
        match self {
            Self::Single(single) => single.next().into_iter().collect(),
            Self::Several(several) => several.next_of_each_slot(),
        }
    }

    /// Takes in what came for what was sent.
    ///
    /// # Errors
    ///
    /// `CrossSlot` if the connection turns out to be a cluster's, and one step
    /// has keys of several slots.
    pub(crate) fn received(&mut self, sent: Transmit, raw: RawReply) -> Result<()> {
        match self {
            Self::Single(single) => single.received(sent, raw),
            Self::Several(several) => return several.received(sent, raw),
        }
        Ok(())
    }

    /// Returns the replies once there is nothing more to send.
    ///
    /// # Errors
    ///
    /// The connection's error if the server answered none of several commands.
    pub(crate) fn into_replies(self) -> Result<Replies> {
        match self {
            Self::Single(single) => Ok(single.into_replies()),
            Self::Several(several) => several.into_replies(),
        }
    }
}

/// The exchange of one command.
pub(crate) struct SingleCommand {
    command: Command,
    members: Vec<Member>,
    reply: Option<Result<super::Reply>>,
}

impl SingleCommand {
    fn new(command: Command, members: Vec<Member>, topology: impl Fn() -> Topology) -> Self {
        let several_keys = command.keys.len() > 1;
        let refused = if several_keys && topology() == Topology::Cluster {
            Slots::default().add(&command).err()
        } else {
            None
        };
        Self { command, members, reply: refused.map(Err) }
    }

    fn next(&mut self) -> Option<Transmit> {
        if self.reply.is_some() {
            return None;
        }
        let cmd = match &mut self.command.cheaper {
            Some(cheaper) => &mut cheaper.cmd,
            None => &mut self.command.cmd,
        };
        Some(Transmit { payload: Payload::Single(std::mem::take(cmd)), parts: Vec::new() })
    }

    fn received(&mut self, sent: Transmit, raw: RawReply) {
        let RawReply::Single(raw) = raw else { return };
        let cheaper = self.command.cheaper.take();
        if cheaper.is_none()
            && let Payload::Single(cmd) = sent.payload
        {
            self.command.cmd = cmd;
        }
        match redis_rs::reply(raw) {
            Err(error) if cheaper.is_some_and(|it| it.capability.is_refused_by(&error)) => {}
            Err(error) if error.is_no_script() && self.command.has_digest() => {
                self.command.bring_text();
            }
            reply => self.reply = Some(reply),
        }
    }

    fn into_replies(self) -> Replies {
        match self.reply {
            Some(reply) => Replies::one(EntryResult::single(reply), self.members),
            None => Replies::many(Vec::new(), self.members),
        }
    }
}
