//! A Redis stream.
//!
//! [`Stream`] appends and reads entries, [`Group`] is one of its consumer groups. The other
//! types are what their methods take and return.

mod entry;
mod format;
mod group;
mod id;
mod info;
mod options;
mod pending;
mod read;

use std::borrow::Borrow;
use std::ops::RangeBounds;
use std::time::Duration;

pub use entry::StreamEntry;
pub use format::{Encoded, EntryFormat, Fields};
pub use group::{Group, GroupStart};
pub use id::StreamId;
pub use info::{ConsumerInfo, GroupInfo, StreamInfo};
pub use options::{AppendOptions, Trim};
pub use pending::{AutoClaimed, PendingEntry, PendingSummary};

use self::entry::{entries, entries_by_key, read_entries, value};
use self::id::{id, inclusive, optional_id};
use self::info::{each_group, stream_info};
use self::read::Read;
use super::blocking::{Blocking, wait_millis};
use super::command::Command;
use super::item::IntoItem;
use super::root::{CommandBuilder, count, is_one, none_of, structure};
use crate::codec::Location;
use crate::error::Result;
use crate::key::Key;

structure! {
    /// A Redis stream: an append-only log of entries, each with an [id](StreamId).
    ///
    /// An entry is a list of fields and values, as a hash is. By default these are the fields
    /// of a struct that derives [`RedisFields`](macro@crate::RedisFields), so other programs
    /// read and write the same entries. `Stream<T, Encoded<Json>>` stores any type of a
    /// [codec](crate::codec) in the field `data`.
    ///
    /// Operations that read several entries return a `Result` for each. The error of an entry
    /// that cannot be decoded has its [id](crate::Error::entry).
    ///
    /// ```
    /// use redis_model::structures::Stream;
    /// use redis_model::{Operation, RedisFields};
    ///
    /// #[derive(Debug, PartialEq, RedisFields)]
    /// struct Reading { sensor: u32, celsius: f64, note: Option<String> }
    ///
    /// # let server = redis_model::embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// let readings = Stream::<Reading>::at("readings");
    /// let id = readings.append(Reading { sensor: 7, celsius: 21.5, note: None }).run(&mut con)?;
    /// readings.append(Reading { sensor: 8, celsius: 4.0, note: None }).run(&mut con)?;
    ///
    /// let all = readings.range(..).strict().run(&mut con)?;
    /// assert_eq!((all.len(), all[0].id, all[0].value.celsius), (2, id, 21.5));
    /// let newer = readings.read_after(id, 10).strict().run(&mut con)?;
    /// assert_eq!(newer[0].value.sensor, 8);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    Stream<T, C = Fields>, "stream"
}

impl<T, C: EntryFormat<T>> Stream<T, C> {
    /// Returns a handle of a consumer group. Nothing is sent.
    pub fn group(&self, name: impl Into<String>) -> Group<T, C> {
        Group::new(self.clone(), name.into())
    }

    /// Appends an entry. Returns the id that the server chose.
    ///
    /// **Sends** [`XADD`](https://redis.io/commands/xadd).
    pub fn append(&self, entry: impl IntoItem<T>) -> Command<StreamId> {
        self.xadd(AppendOptions::new(), entry).returns(|reply, _| id(reply))
    }

    /// Appends an entry with an id. Returns the id.
    ///
    /// # Errors
    ///
    /// Kind [`Server`](crate::ErrorKind::Server) with the code `ERR` if the id is not greater
    /// than all that the stream ever had.
    ///
    /// **Sends** [`XADD`](https://redis.io/commands/xadd).
    pub fn append_with_id(&self, id: StreamId, entry: impl IntoItem<T>) -> Command<StreamId> {
        let options = AppendOptions::new().id(id);
        self.xadd(options, entry).returns(|reply, _| self::id::id(reply))
    }

    /// Appends an entry and trims the stream in the same step. Returns the id that the server
    /// chose.
    ///
    /// **Sends** [`XADD … MAXLEN`](https://redis.io/commands/xadd) or `XADD … MINID`.
    pub fn append_trimmed(&self, entry: impl IntoItem<T>, trim: Trim) -> Command<StreamId> {
        self.xadd(AppendOptions::new().trim(trim), entry).returns(|reply, _| id(reply))
    }

    /// Appends an entry, as the options say. Returns the id, or `None` if the stream does not
    /// exist and the options [create none](AppendOptions::only_existing).
    ///
    /// **Sends** [`XADD`](https://redis.io/commands/xadd).
    pub fn append_with(
        &self,
        options: AppendOptions,
        entry: impl IntoItem<T>,
    ) -> Command<Option<StreamId>> {
        self.xadd(options, entry).returns(|reply, _| optional_id(reply))
    }

    fn xadd(&self, options: AppendOptions, entry: impl IntoItem<T>) -> CommandBuilder<'_> {
        let words = options.words();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let command = if options.creates() {
            self.root.create("XADD", &words)
        } else {
            words.iter().fold(self.root.command("XADD"), CommandBuilder::arg)
        };
        match entry.with_item(|entry| C::write(entry, &Location::at_key(self.key()))) {
            Ok(pairs) => {
                pairs.iter().fold(command, |command, (name, value)| command.arg(name).arg(value))
            }
            Err(error) => command.check(Err(error)),
        }
    }

    /// Removes the oldest entries. Returns their number.
    ///
    /// **Sends** [`XTRIM`](https://redis.io/commands/xtrim).
    pub fn trim(&self, trim: Trim) -> Command<usize> {
        trim.words().iter().fold(self.root.command("XTRIM"), CommandBuilder::arg).returns(count)
    }

    /// Removes an entry. Returns `true` if there was one.
    ///
    /// A consumer that has received the entry still has it as a pending one, without a value.
    ///
    /// **Sends** [`XDEL`](https://redis.io/commands/xdel).
    pub fn remove(&self, id: StreamId) -> Command<bool> {
        self.root.command("XDEL").arg(id.to_string()).returns(is_one)
    }

    /// Removes entries; see [`remove`](Self::remove). Returns the number of those that there
    /// were.
    ///
    /// **Sends** [`XDEL`](https://redis.io/commands/xdel), or XLEN if there are no ids.
    pub fn remove_all(
        &self,
        ids: impl IntoIterator<Item = impl Borrow<StreamId>>,
    ) -> Command<usize> {
        match each_id(self.root.command("XDEL"), ids) {
            Some(command) => command.returns(count),
            None => self.root.command("XLEN").returns(none_of),
        }
    }

    /// Returns the number of entries.
    ///
    /// **Sends** [`XLEN`](https://redis.io/commands/xlen).
    pub fn len(&self) -> Command<usize> {
        self.root.command("XLEN").returns(count)
    }

    /// Returns the value of an entry.
    ///
    /// **Sends** [`XRANGE`](https://redis.io/commands/xrange).
    pub fn get(&self, id: StreamId) -> Command<Option<T>> {
        let id = id.to_string();
        self.root.command("XRANGE").arg(&id).arg(&id).returns(value::<T, C>)
    }

    /// Returns the entries with ids in a range, the oldest first: `..` for all of them.
    ///
    /// **Sends** [`XRANGE`](https://redis.io/commands/xrange).
    pub fn range(&self, ids: impl RangeBounds<StreamId>) -> Command<Vec<Result<StreamEntry<T>>>> {
        self.xrange(ids).returns(entries::<T, C>)
    }

    /// Returns the first entries of a range, at most `most`.
    ///
    /// **Sends** [`XRANGE … COUNT`](https://redis.io/commands/xrange).
    pub fn range_limited(
        &self,
        ids: impl RangeBounds<StreamId>,
        most: usize,
    ) -> Command<Vec<Result<StreamEntry<T>>>> {
        self.xrange(ids).arg("COUNT").size(most).returns(entries::<T, C>)
    }

    /// Returns the entries with ids in a range, the newest first.
    ///
    /// **Sends** [`XREVRANGE`](https://redis.io/commands/xrevrange).
    pub fn reverse_range(
        &self,
        ids: impl RangeBounds<StreamId>,
    ) -> Command<Vec<Result<StreamEntry<T>>>> {
        self.xrevrange(ids).returns(entries::<T, C>)
    }

    /// Returns the last entries of a range, at most `most`, the newest first.
    ///
    /// **Sends** [`XREVRANGE … COUNT`](https://redis.io/commands/xrevrange).
    pub fn reverse_range_limited(
        &self,
        ids: impl RangeBounds<StreamId>,
        most: usize,
    ) -> Command<Vec<Result<StreamEntry<T>>>> {
        self.xrevrange(ids).arg("COUNT").size(most).returns(entries::<T, C>)
    }

    fn xrange(&self, ids: impl RangeBounds<StreamId>) -> CommandBuilder<'_> {
        let [first, last] = inclusive(ids);
        self.root.command("XRANGE").arg(first).arg(last)
    }

    fn xrevrange(&self, ids: impl RangeBounds<StreamId>) -> CommandBuilder<'_> {
        let [first, last] = inclusive(ids);
        self.root.command("XREVRANGE").arg(last).arg(first)
    }

    /// Returns the entries after an id, at most `count`, the oldest first:
    /// [`StreamId::MIN`] for the first ones.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidOperation`](crate::ErrorKind::InvalidOperation) for a count of zero.
    ///
    /// **Sends** [`XREAD`](https://redis.io/commands/xread).
    pub fn read_after(
        &self,
        id: StreamId,
        count: impl Into<Option<usize>>,
    ) -> Command<Vec<Result<StreamEntry<T>>>> {
        self.xread(id, count.into(), None)
    }

    /// Returns the entries after an id, at most `count`. If there are none, the server waits
    /// for one, for ever (`None`) or for a time, which is rounded up to milliseconds.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidOperation`](crate::ErrorKind::InvalidOperation) for a count of zero, and
    /// those of [`Blocking`].
    ///
    /// **Sends** [`XREAD … BLOCK`](https://redis.io/commands/xread).
    pub fn read_after_blocking(
        &self,
        id: StreamId,
        count: impl Into<Option<usize>>,
        wait: impl Into<Option<Duration>>,
    ) -> Blocking<Vec<Result<StreamEntry<T>>>> {
        Blocking::new(self.xread(id, count.into(), Some(wait_millis(wait.into()))))
    }

    /// Returns the command that reads the entries after an id. With `block` the server waits
    /// for entries for so many milliseconds.
    fn xread(
        &self,
        after: StreamId,
        count: Option<usize>,
        block: Option<u64>,
    ) -> Command<Vec<Result<StreamEntry<T>>>> {
        let read = Read { count, block, ..Read::default() };
        let streams = [(&**self.key(), after.to_string())];
        read.command(&self.root, &streams).returns(read_entries::<T, C>)
    }

    /// Returns the entries of several streams, each after an id of its own, and at most
    /// `count` of each stream. A stream without such entries is left out.
    ///
    /// On a cluster all streams must be in one slot.
    ///
    /// ```
    /// use redis_model::{Json, Operation};
    /// use redis_model::structures::{Stream, StreamId};
    /// use redis_model::structures::stream::Encoded;
    ///
    /// # let server = redis_model::embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// let [a, b] = ["a", "b"].map(Stream::<u32, Encoded<Json>>::at);
    /// b.append(5).run(&mut con)?;
    /// let read = a.read_after_with(StreamId::MIN, [(&b, StreamId::MIN)], 10).run(&mut con)?;
    /// let [(key, entries)] = &read[..] else { panic!("one stream has an entry") };
    /// assert_eq!((key, entries[0].as_ref().unwrap().value), (b.key(), 5));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Kind [`InvalidOperation`](crate::ErrorKind::InvalidOperation) for a count of zero.
    ///
    /// **Sends** [`XREAD`](https://redis.io/commands/xread).
    #[allow(clippy::type_complexity)]
    pub fn read_after_with<'a>(
        &'a self,
        id: StreamId,
        others: impl IntoIterator<Item = (&'a Self, StreamId)>,
        count: impl Into<Option<usize>>,
    ) -> Command<Vec<(Key, Vec<Result<StreamEntry<T>>>)>> {
        let read = Read { count: count.into(), ..Read::default() };
        let streams = std::iter::once((self, id)).chain(others);
        let streams: Vec<_> =
            streams.map(|(stream, after)| (&**stream.key(), after.to_string())).collect();
        read.command(&self.root, &streams).returns(entries_by_key::<T, C>)
    }

    /// Returns the length, the last id and other facts about the stream.
    ///
    /// # Errors
    ///
    /// Kind [`Server`](crate::ErrorKind::Server) with the code `ERR` if there is no stream.
    ///
    /// **Sends** [`XINFO STREAM`](https://redis.io/commands/xinfo-stream).
    pub fn info(&self) -> Command<StreamInfo> {
        self.subcommand("XINFO", "STREAM").returns(stream_info)
    }

    /// Returns the consumer groups.
    ///
    /// # Errors
    ///
    /// Kind [`Server`](crate::ErrorKind::Server) with the code `ERR` if there is no stream.
    ///
    /// **Sends** [`XINFO GROUPS`](https://redis.io/commands/xinfo-groups).
    pub fn groups(&self) -> Command<Vec<GroupInfo>> {
        self.subcommand("XINFO", "GROUPS").returns(each_group)
    }

    /// Begins a command of two words, behind which the key is.
    fn subcommand(&self, name: &str, subcommand: &str) -> CommandBuilder<'_> {
        self.root.command_without_key(name).arg(subcommand).arg(self.key()).keys(2..3)
    }
}

/// Adds ids, or returns `None` if there are none.
fn each_id<'a>(
    command: CommandBuilder<'a>,
    ids: impl IntoIterator<Item = impl Borrow<StreamId>>,
) -> Option<CommandBuilder<'a>> {
    command.each(ids, |command, id| command.arg(id.borrow().to_string()))
}
