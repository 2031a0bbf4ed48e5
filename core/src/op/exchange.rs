//! One request's way to the server and back, without IO.
//!
//! The executors ask what to send, send it, and hand the replies back. Scripts, atomic
//! steps and clusters are dealt with here, once for all executors:
//!
//! - Scripts are called by digest. In a pipeline the first call of each brings
//!   its text, and so does the first call in an atomic step, in which nothing can
//!   be sent again. A command outside atomic steps that failed with NOSCRIPT did nothing
//!   and is sent again with the text, unless a later command on the same key
//!   was executed: then the order would be lost, and the error reports that. The same holds
//!   for a user who may not run scripts by digest (`permission`).
//! - Large requests are sent in bounded parts.
//! - On a cluster all commands that are sent together have one slot. Redis-rs sends a
//!   pipeline *as a whole* again after a redirection of any of its commands,
//!   which would count increments twice and, while a slot is being moved, write
//!   keys to the wrong node. In MULTI/EXEC a redirection aborts everything, so
//!   the commands of one slot go out in one, and, if that was aborted, one by
//!   one: redis-rs redirects single commands as it should.

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

pub(super) use pipelined::Part;
use pipelined::Pipelined;

/// The kind of server that a connection reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topology {
    SingleServer,
    /// A cluster, over an async connection.
    #[cfg_attr(not(feature = "aio"), allow(dead_code))]
    Cluster,
    /// A cluster, over a sync connection. Redis-rs returns the first error of a pipeline in
    /// place of all its replies, so what need not be together is sent one by one.
    SyncCluster,
    /// One or the other.
    #[cfg_attr(not(feature = "aio"), allow(dead_code))]
    Unknown,
}

impl Topology {
    fn is_cluster(self) -> bool {
        matches!(self, Self::Cluster | Self::SyncCluster)
    }
}

/// Commands that are sent together.
pub(crate) struct Transmit {
    pub(crate) payload: Payload,
    parts: Vec<Part>,
}

pub(crate) enum Payload {
    Single(Cmd),
    Pipeline(Pipeline),
}

/// The value that redis-rs returned for a [`Transmit`].
pub(crate) enum RawReply {
    Single(RedisResult<Value>),
    Pipeline(RedisResult<Vec<Value>>),
}

/// The exchange of one request.
pub(crate) enum Exchange {
    /// One command alone, as most are. It needs no lists.
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

    /// Returns what to send next, or `None` if all commands are answered.
    pub(crate) fn next(&mut self) -> Option<Transmit> {
        match self {
            Self::Single(single) => single.next(),
            Self::Several(several) => several.next(),
        }
    }

    /// Returns what to send side by side: one transmit for each slot.
    #[cfg(feature = "aio")]
    pub(crate) fn next_of_each_slot(&mut self) -> Vec<Transmit> {
        match self {
            Self::Single(single) => single.next().into_iter().collect(),
            Self::Several(several) => several.next_of_each_slot(),
        }
    }

    /// Accepts the reply to a transmit.
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

    /// Returns the replies after the last one was accepted.
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
        let refused = if several_keys && topology().is_cluster() {
            Slots::default().add(&command).err()
        } else {
            None
        };
        Self { command, members, reply: refused.map(Err) }
    }

    pub(super) fn command(&self) -> &Command {
        &self.command
    }

    fn next(&mut self) -> Option<Transmit> {
        if self.reply.is_some() {
            return None;
        }
        let cmd = match &mut self.command.fast_path {
            Some(fast_path) => &mut fast_path.cmd,
            None => &mut self.command.cmd,
        };
        Some(Transmit { payload: Payload::Single(std::mem::take(cmd)), parts: Vec::new() })
    }

    fn received(&mut self, sent: Transmit, raw: RawReply) {
        let RawReply::Single(raw) = raw else { return };
        let fast_path = self.command.fast_path.take();
        if fast_path.is_none()
            && let Payload::Single(cmd) = sent.payload
        {
            self.command.cmd = cmd;
        }
        match redis_rs::reply(raw) {
            Err(error) if fast_path.is_some_and(|it| it.refusal.is(&error)) => {}
            Err(error) if error.is_no_script() && self.command.has_digest() => {
                self.command.bring_text();
            }
            Err(error) if self.command.has_other_form(&error) => self.command.take_other_form(),
            Err(error) => self.reply = Some(Err(self.command.explain_permission(error))),
            Ok(reply) => {
                if let Some(script) = self.command.script {
                    script.set_refused(!self.command.has_digest() && script.is_refused());
                }
                self.reply = Some(Ok(self.command.without_prefix(reply)));
            }
        }
    }

    fn into_replies(self) -> Replies {
        match self.reply {
            Some(reply) => Replies::one(EntryResult::single(reply), self.members),
            None => Replies::many(Vec::new(), self.members),
        }
    }
}
