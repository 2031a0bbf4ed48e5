//! Facts about a stream, its groups and their consumers.

use std::time::Duration;

use super::super::command::Source;
use super::id::{StreamId, id};
use crate::error::{Error, Result};
use crate::op::Reply;

/// Facts about a stream; see [`Stream::info`](super::Stream::info).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamInfo {
    /// The number of entries.
    pub len: u64,
    /// The id of the last entry that was appended, also if it was removed.
    pub last_id: StreamId,
    /// The number of entries that were ever appended; `None` before Redis 7.
    pub entries_added: Option<u64>,
    /// The number of consumer groups.
    pub groups: u64,
}

/// Facts about a consumer group; see [`Stream::groups`](super::Stream::groups).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupInfo {
    /// The name.
    pub name: String,
    /// The number of consumers.
    pub consumers: u64,
    /// The number of pending entries.
    pub pending: u64,
    /// The last entry that was delivered.
    pub last_delivered: StreamId,
    /// The number of entries that were not delivered yet; `None` before Redis 7, and if
    /// the server cannot tell because entries were removed.
    pub lag: Option<u64>,
}

/// Facts about a consumer; see [`Group::consumers`](super::Group::consumers).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConsumerInfo {
    /// The name.
    pub name: String,
    /// The number of pending entries.
    pub pending: u64,
    /// The time since the consumer's last attempt to read or claim, exact to the millisecond.
    pub idle: Duration,
    /// The time since the consumer read or claimed an entry; `None` before Redis 7.2, and if
    /// it never has.
    pub inactive: Option<Duration>,
}

/// Facts with their names.
struct Facts(Vec<(Reply, Reply)>);

impl Facts {
    fn of(reply: Reply) -> Result<Self> {
        reply.into_named().map(Self)
    }

    /// Returns a fact that the server may not know.
    fn find(&mut self, name: &str) -> Option<Reply> {
        let at = self.0.iter().position(|(it, _)| it.is_text(name))?;
        Some(self.0.swap_remove(at).1).filter(|fact| !fact.is_nil())
    }

    fn get(&mut self, name: &str) -> Result<Reply> {
        self.find(name).ok_or_else(Error::unexpected_reply)
    }
}

pub(super) fn stream_info(reply: Reply, _: &Source) -> Result<StreamInfo> {
    let mut facts = Facts::of(reply)?;
    Ok(StreamInfo {
        len: number(facts.get("length")?)?,
        last_id: id(facts.get("last-generated-id")?)?,
        entries_added: facts.find("entries-added").map(number).transpose()?,
        groups: number(facts.get("groups")?)?,
    })
}

pub(super) fn each_group(reply: Reply, _: &Source) -> Result<Vec<GroupInfo>> {
    let group = |reply| {
        let mut facts = Facts::of(reply)?;
        Ok(GroupInfo {
            name: name(facts.get("name")?)?,
            consumers: number(facts.get("consumers")?)?,
            pending: number(facts.get("pending")?)?,
            last_delivered: id(facts.get("last-delivered-id")?)?,
            lag: facts.find("lag").map(number).transpose()?,
        })
    };
    reply.into_items()?.map(group).collect()
}

pub(super) fn each_consumer(reply: Reply, _: &Source) -> Result<Vec<ConsumerInfo>> {
    let consumer = |reply| {
        let mut facts = Facts::of(reply)?;
        let inactive = facts.find("inactive").map(Reply::into_int).transpose()?;
        Ok(ConsumerInfo {
            name: name(facts.get("name")?)?,
            pending: number(facts.get("pending")?)?,
            idle: Duration::from_millis(number(facts.get("idle")?)?),
            // -1 if the consumer has read nothing.
            inactive: inactive
                .and_then(|millis| u64::try_from(millis).ok())
                .map(Duration::from_millis),
        })
    };
    reply.into_items()?.map(consumer).collect()
}

/// Decodes a number that is not negative, which some replies contain as text.
pub(super) fn number(reply: Reply) -> Result<u64> {
    let text = reply.into_number_text()?.and_then(|text| String::from_utf8(text).ok());
    text.and_then(|text| text.parse().ok()).ok_or_else(Error::unexpected_reply)
}

/// Decodes the name of a group or a consumer. Bytes that are not UTF-8, which only another
/// program can have chosen, are replaced.
pub(super) fn name(reply: Reply) -> Result<String> {
    let name = reply.into_bytes()?.ok_or_else(Error::unexpected_reply)?;
    Ok(String::from_utf8_lossy(&name).into_owned())
}
