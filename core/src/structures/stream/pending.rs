//! Entries that consumers have read and not acknowledged.

use std::time::Duration;

use super::super::command::Source;
use super::entry::{Entries, entries};
use super::format::EntryFormat;
use super::id::{StreamId, id, ids, optional_id};
use super::info::{name, number};
use crate::error::{Error, Result};
use crate::op::Reply;

/// The pending entries of a group; see [`Group::pending_summary`](super::Group::pending_summary).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PendingSummary {
    /// The number of pending entries.
    pub count: u64,
    /// The least id of a pending entry.
    pub first: Option<StreamId>,
    /// The greatest id of a pending entry.
    pub last: Option<StreamId>,
    /// The consumers that have pending entries, each with their number.
    pub consumers: Vec<(String, u64)>,
}

/// A pending entry; see [`Group::pending`](super::Group::pending).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingEntry {
    /// The id.
    pub id: StreamId,
    /// The consumer that has read or claimed the entry.
    pub consumer: String,
    /// The time since the entry was delivered to the consumer, exact to the millisecond.
    pub idle: Duration,
    /// The number of deliveries. An entry with many of them may be one that makes consumers
    /// fail.
    pub deliveries: u64,
}

/// A page of claimed entries; see [`Group::auto_claim`](super::Group::auto_claim).
#[derive(Debug)]
#[non_exhaustive]
pub struct AutoClaimed<T> {
    /// The id to continue with, or `None` if all pending entries were looked at.
    pub next: Option<StreamId>,
    /// The claimed entries.
    pub entries: Vec<Result<super::StreamEntry<T>>>,
    /// The entries that were removed from the stream, and are not pending any more. Servers
    /// before Redis 7 do not return them.
    pub deleted: Vec<StreamId>,
}

pub(super) fn summary(reply: Reply, _: &Source) -> Result<PendingSummary> {
    let mut parts = reply.into_items()?;
    let mut part = || parts.next().ok_or_else(Error::unexpected_reply);
    let count = number(part()?)?;
    let (first, last) = (optional_id(part()?)?, optional_id(part()?)?);
    let consumer = |(consumer, count)| Ok((name(consumer)?, number(count)?));
    let consumers = part()?.into_pairs()?.into_iter().map(consumer).collect::<Result<_>>()?;
    Ok(PendingSummary { count, first, last, consumers })
}

pub(super) fn each_pending(reply: Reply, _: &Source) -> Result<Vec<PendingEntry>> {
    let entry = |reply: Reply| {
        let mut parts = reply.into_items()?;
        let mut part = || parts.next().ok_or_else(Error::unexpected_reply);
        Ok(PendingEntry {
            id: id(part()?)?,
            consumer: name(part()?)?,
            idle: Duration::from_millis(number(part()?)?),
            deliveries: number(part()?)?,
        })
    };
    reply.into_items()?.map(entry).collect()
}

pub(super) fn auto_claimed<T, C: EntryFormat<T>>(
    reply: Reply,
    source: &Source,
) -> Result<AutoClaimed<T>> {
    let mut parts = reply.into_items()?;
    let mut part = || parts.next().ok_or_else(Error::unexpected_reply);
    let next = Some(id(part()?)?).filter(|next| *next != StreamId::MIN);
    let entries: Entries<T> = entries::<T, C>(part()?, source)?;
    let deleted = parts.next().map_or(Ok(Vec::new()), ids)?;
    Ok(AutoClaimed { next, entries, deleted })
}
