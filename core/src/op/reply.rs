//! Replies: one for each command, decoded by the operation that sent it.

use std::fmt;
use std::vec;

use super::request::Member;
use crate::error::{Error, Result, TransactionState};
use crate::redis_rs::ReplyValue;

/// The reply to one command. Strings are moved out of it, not copied.
pub struct Reply(pub(crate) ReplyValue);

/// The replies to the commands of an operation, in order.
///
/// An operation reads its own replies only: a member of a tuple or a list that reads too
/// few or too many does not shift the others.
pub struct Replies {
    entries: Entries,
    /// The number of entries that belong to the operation that reads.
    left: usize,
    members: vec::IntoIter<Member>,
    members_left: usize,
    /// For each atomic step, the number of its commands that may have changed something.
    writes: Vec<usize>,
}

enum Entries {
    One(Option<EntryResult>),
    Many(vec::IntoIter<EntryResult>),
}

/// The result of one command.
pub(crate) struct EntryResult {
    pub(crate) reply: Result<Reply>,
    /// The atomic step that the command was part of; 0 for none.
    pub(crate) step: u32,
    /// The command was executed and may have changed something.
    pub(crate) wrote: bool,
}

impl EntryResult {
    pub(crate) fn single(reply: Result<Reply>) -> Self {
        Self { reply, step: 0, wrote: false }
    }
}

impl Replies {
    /// Returns the replies to no commands.
    pub(crate) fn none() -> Self {
        Self::new(Entries::One(None), 0, Vec::new(), Vec::new())
    }

    pub(crate) fn one(entry: EntryResult, members: Vec<Member>) -> Self {
        Self::new(Entries::One(Some(entry)), 1, members, Vec::new())
    }

    pub(crate) fn many(entries: Vec<EntryResult>, members: Vec<Member>) -> Self {
        let mut writes = Vec::new();
        for entry in entries.iter().filter(|entry| entry.step != 0 && entry.wrote) {
            let step = entry.step as usize;
            if writes.len() <= step {
                writes.resize(step + 1, 0);
            }
            writes[step] += 1;
        }
        let left = entries.len();
        Self::new(Entries::Many(entries.into_iter()), left, members, writes)
    }

    fn new(entries: Entries, left: usize, members: Vec<Member>, writes: Vec<usize>) -> Self {
        let members_left = members.len();
        Self { entries, left, members: members.into_iter(), members_left, writes }
    }

    /// Returns the next reply.
    ///
    /// # Errors
    ///
    /// The error that the server returned, or one of kind
    /// [`Server`](crate::ErrorKind::Server) if there are no more replies.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Reply> {
        self.next_entry().map_or_else(|| Err(Error::unexpected_reply()), |entry| entry.reply)
    }

    /// Decodes the next member of a tuple or a list from its own replies, even if `decode`
    /// reads too few or too many.
    pub(crate) fn member<T>(&mut self, decode: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let Some(member) = self.next_member() else { return Err(Error::unexpected_reply()) };
        if let Some(error) = member.error {
            return Err(error);
        }
        let commands = member.commands.min(self.left);
        let members = member.members.min(self.members_left);
        let rest = (self.left - commands, self.members_left - members);
        let others_wrote = self.others_wrote(commands);
        (self.left, self.members_left) = (commands, members);
        let decoded = decode(self);
        while self.next_entry().is_some() {}
        while self.next_member().is_some() {}
        (self.left, self.members_left) = rest;
        match decoded {
            Err(error) if others_wrote => Err(error.with_transaction(TransactionState::Partial)),
            decoded => decoded,
        }
    }

    fn next_entry(&mut self) -> Option<EntryResult> {
        self.left = self.left.checked_sub(1)?;
        match &mut self.entries {
            Entries::One(entry) => entry.take(),
            Entries::Many(entries) => entries.next(),
        }
    }

    fn next_member(&mut self) -> Option<Member> {
        self.members_left = self.members_left.checked_sub(1)?;
        self.members.next()
    }

    /// Returns `true` if the next `commands` entries are in an atomic step of
    /// which other commands may have changed something.
    fn others_wrote(&self, commands: usize) -> bool {
        let Entries::Many(entries) = &self.entries else { return false };
        let own = &entries.as_slice()[..commands];
        let step = own.first().map_or(0, |entry| entry.step);
        let own_writes = own.iter().filter(|entry| entry.step == step && entry.wrote).count();
        step != 0 && self.writes.get(step as usize).is_some_and(|all| *all > own_writes)
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").finish_non_exhaustive()
    }
}

impl fmt::Debug for Replies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replies").field("left", &self.left).finish_non_exhaustive()
    }
}
