//! The reply to a transaction, handed to its members.

use std::vec;

use crate::error::{Error, Result, TransactionState};
use crate::op::reply::EntryResult;
use crate::op::{Replies, Reply};
use crate::redis_rs::{self, ReplyValue};

/// The reply of the script.
pub(super) enum Verdict {
    Applied(Applied),
    Refused(Refused),
}

/// The replies to the members, in their order.
#[derive(Debug)]
pub struct Applied {
    replies: vec::IntoIter<ReplyValue>,
    position: usize,
}

/// The reply to the first member that is not applied, while that is looked for.
#[derive(Debug)]
pub struct Refused {
    /// The number of commands before it.
    commands: usize,
    reply: Option<Result<Reply>>,
    state: TransactionState,
    position: usize,
}

impl Verdict {
    pub(super) fn of(reply: Reply) -> Result<Self> {
        let (status, mut rest) = reply.into_status()?;
        let state = match status.as_str() {
            "applied" => return Ok(Self::Applied(Applied::new(rest))),
            "refused" => TransactionState::NotApplied,
            "partial" => TransactionState::Partial,
            _ => return Err(Error::unexpected_reply()),
        };
        let mut next = || rest.next().map(Reply).ok_or_else(Error::unexpected_reply);
        let commands = usize::try_from(next()?.into_int()?);
        let (kind, reply) = (next()?.into_text()?, next()?);
        let reply = if kind == "error" {
            Err(redis_rs::error_of_text(&reply.into_text()?))
        } else {
            Ok(reply)
        };
        Ok(Self::Refused(Refused {
            commands: commands.map_err(|_| Error::unexpected_reply())?,
            reply: Some(reply),
            state,
            position: 0,
        }))
    }
}

impl Applied {
    pub(super) fn new(replies: vec::IntoIter<ReplyValue>) -> Self {
        Self { replies, position: 0 }
    }

    /// Decodes the next member from its reply, if it has `sent` a command.
    pub(super) fn member<T>(
        &mut self,
        sent: bool,
        decode: impl FnOnce(&mut Replies) -> Result<T>,
    ) -> Result<T> {
        let position = self.position;
        self.position += 1;
        let reply = if sent { self.replies.next().map(|value| Ok(Reply(value))) } else { None };
        // All members are applied, whatever is wrong with the reply to this one.
        decode(&mut replies(reply)).map_err(|error| error.with_member(position).applied())
    }
}

impl Refused {
    /// Decodes the next member from the reply, if it is the one that is not applied.
    pub(super) fn member<T>(
        &mut self,
        sent: bool,
        decode: impl FnOnce(&mut Replies) -> Result<T>,
    ) -> Option<(usize, Result<T>)> {
        let position = self.position;
        self.position += 1;
        if !sent {
            return None;
        }
        let Some(before) = self.commands.checked_sub(1) else {
            let decoded = decode(&mut replies(self.reply.take()));
            let located = |error: Error| error.with_member(position).with_transaction(self.state);
            return Some((position, decoded.map_err(located)));
        };
        self.commands = before;
        None
    }
}

fn replies(reply: Option<Result<Reply>>) -> Replies {
    match reply {
        Some(reply) => Replies::one(EntryResult::single(reply), Vec::new()),
        None => Replies::none(),
    }
}
