//! Entries, decoded one by one.

use super::super::command::Source;
use super::format::EntryFormat;
use super::id::{StreamId, id};
use crate::codec::Location;
use crate::error::{Error, Result};
use crate::key::Key;
use crate::op::Reply;

/// An entry of a [`Stream`](super::Stream).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamEntry<T> {
    /// The id.
    pub id: StreamId,
    /// The value.
    pub value: T,
}

/// A `Result` for each entry. The [error](crate::Error::entry) of an entry that cannot be
/// decoded has the id, by which the entry can be removed or acknowledged.
pub(super) type Entries<T> = Vec<Result<StreamEntry<T>>>;

/// An entry as the server returned it; without fields if it was deleted.
struct RawEntry {
    id: StreamId,
    pairs: Option<Vec<(Reply, Reply)>>,
}

/// Splits an entry, or returns `None` for nil: older servers return that for a pending entry
/// that was deleted.
fn split(reply: Reply) -> Result<Option<RawEntry>> {
    if reply.is_nil() {
        return Ok(None);
    }
    let mut parts = reply.into_items()?;
    let id = id(parts.next().ok_or_else(Error::unexpected_reply)?)?;
    let pairs = match parts.next() {
        Some(pairs) if !pairs.is_nil() => Some(pairs.into_pairs()?),
        _ => None,
    };
    Ok(Some(RawEntry { id, pairs }))
}

fn decode<T, C: EntryFormat<T>>(
    pairs: Vec<(Reply, Reply)>,
    id: StreamId,
    source: &Source,
) -> Result<T> {
    C::read(pairs, &Location::at_key(&source.key))
        .map_err(|error| source.locate(error.with_entry(id)))
}

/// Returns the entries that are not nil, each decoded by `decode`.
fn each<T>(reply: Reply, decode: impl Fn(RawEntry) -> Option<Result<T>>) -> Result<Vec<Result<T>>> {
    if reply.is_nil() {
        return Ok(Vec::new());
    }
    let entry = |(at, reply)| match split(reply) {
        Ok(entry) => decode(entry?),
        Err(error) => Some(Err(error.with_item(at))),
    };
    Ok(reply.into_items()?.enumerate().filter_map(entry).collect())
}

/// Decodes an array of entries, without those that were deleted. Nil is an empty array.
pub(super) fn entries<T, C: EntryFormat<T>>(reply: Reply, source: &Source) -> Result<Entries<T>> {
    each(reply, |RawEntry { id, pairs }| {
        let value = decode::<T, C>(pairs?, id, source);
        Some(value.map(|value| StreamEntry { id, value }))
    })
}

/// Decodes an array of entries; those that were deleted are `None`.
fn optional_entries<T, C: EntryFormat<T>>(
    reply: Reply,
    source: &Source,
) -> Result<Entries<Option<T>>> {
    each(reply, |RawEntry { id, pairs }| {
        let value = pairs.map(|pairs| decode::<T, C>(pairs, id, source)).transpose();
        Some(value.map(|value| StreamEntry { id, value }))
    })
}

/// Decodes the value of the only entry, if there is one.
pub(super) fn value<T, C: EntryFormat<T>>(reply: Reply, source: &Source) -> Result<Option<T>> {
    let entry = entries::<T, C>(reply, source)?.into_iter().next().transpose()?;
    Ok(entry.map(|entry| entry.value))
}

/// Decodes the entries of each stream of a reply of XREAD, which has one for each stream
/// with entries.
pub(super) fn entries_by_key<T, C: EntryFormat<T>>(
    reply: Reply,
    source: &Source,
) -> Result<Vec<(Key, Entries<T>)>> {
    let stream = |(key, reply): (Reply, Reply)| {
        let source = Source {
            structure: source.structure,
            key: Key::new(key.into_text()?),
            ..source.clone()
        };
        let entries = entries::<T, C>(reply, &source)?;
        Ok((source.key, entries))
    };
    reply.into_pairs()?.into_iter().map(stream).collect()
}

/// Decodes a reply of XREAD about one stream.
pub(super) fn read_entries<T, C: EntryFormat<T>>(
    reply: Reply,
    source: &Source,
) -> Result<Entries<T>> {
    only_stream(reply)?.map_or(Ok(Vec::new()), |reply| entries::<T, C>(reply, source))
}

/// Decodes a reply of XREADGROUP about the pending entries of one stream.
pub(super) fn read_pending<T, C: EntryFormat<T>>(
    reply: Reply,
    source: &Source,
) -> Result<Entries<Option<T>>> {
    only_stream(reply)?.map_or(Ok(Vec::new()), |reply| optional_entries::<T, C>(reply, source))
}

fn only_stream(reply: Reply) -> Result<Option<Reply>> {
    Ok(reply.into_pairs()?.into_iter().next().map(|(_, entries)| entries))
}
