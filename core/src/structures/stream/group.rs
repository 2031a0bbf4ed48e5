//! Consumer groups.

use std::borrow::Borrow;
use std::fmt;
use std::ops::RangeBounds;
use std::time::Duration;

use super::super::blocking::{Blocking, wait_millis};
use super::super::command::Command;
use super::super::root::{CommandBuilder, count, is_one, no_items, none_of, nothing};
use super::entry::{entries, read_entries, read_pending};
use super::format::EntryFormat;
use super::id::{ids, inclusive};
use super::info::each_consumer;
use super::pending::{auto_claimed, each_pending, summary};
use super::read::{Read, check_count};
use super::{
    AutoClaimed, ConsumerInfo, PendingEntry, PendingSummary, Stream, StreamEntry, StreamId, each_id,
};
use crate::error::Result;
use crate::op::Script;
use crate::ttl::millis;

/// XGROUP CREATE that sets a TTL if it creates the stream.
static CREATE_GROUP: Script = Script::new("create_group", include_str!("create_group.lua"));

/// The entry after which a [`Group`] begins to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GroupStart {
    /// The group reads all entries of the stream.
    Beginning,
    /// The group reads entries that are appended from now on.
    New,
    /// The group reads the entries after this id.
    After(StreamId),
}

impl GroupStart {
    fn word(self) -> String {
        match self {
            Self::Beginning => StreamId::MIN.to_string(),
            Self::New => "$".to_owned(),
            Self::After(id) => id.to_string(),
        }
    }
}

/// A consumer group of a [`Stream`]: each entry is delivered to one of the group's consumers.
///
/// An entry that a consumer has read is *pending* until it is acknowledged. If the consumer
/// dies, another one [claims](Self::auto_claim) its pending entries, so an entry may be
/// delivered more than once. A consumer exists from its first read on.
///
/// Operations on a group that does not exist are errors of the kind
/// [`Server`](crate::ErrorKind::Server) with the code `NOGROUP`; [`acknowledge`](Self::acknowledge)
/// returns `false`.
///
/// ```
/// use std::time::Duration;
/// use redis_model::{Json, Operation};
/// use redis_model::structures::Stream;
/// use redis_model::structures::stream::{Encoded, GroupStart};
///
/// # let server = redis_model::embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// let mails = Stream::<String, Encoded<Json>>::at("mails");
/// let senders = mails.group("senders");
/// assert!(senders.create(GroupStart::Beginning).run(&mut con)?);
/// mails.append("hello").run(&mut con)?;
///
/// let read = senders.read_new("worker 1", 10).strict().run(&mut con)?;
/// assert_eq!(read[0].value, "hello");
/// // Worker 1 dies before it acknowledges the entry, which worker 2 claims.
/// let claimed = senders.auto_claim("worker 2", Duration::ZERO, None, 10).run(&mut con)?;
/// let entry = claimed.entries.into_iter().next().unwrap()?;
/// assert_eq!(entry.value, "hello");
/// assert!(senders.acknowledge(entry.id).run(&mut con)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Group<T, C = super::Fields> {
    stream: Stream<T, C>,
    name: String,
}

impl<T, C: EntryFormat<T>> Group<T, C> {
    pub(super) fn new(stream: Stream<T, C>, name: String) -> Self {
        Self { stream, name }
    }

    /// Returns the stream.
    pub fn stream(&self) -> &Stream<T, C> {
        &self.stream
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Creates the group, and the stream if there is none. Returns `false` if there is such a
    /// group, which is not changed then.
    ///
    /// **Sends** [`XGROUP CREATE … MKSTREAM`](https://redis.io/commands/xgroup-create), or the
    /// script `create_group.lua` if the handle of the stream has a time to live.
    pub fn create(&self, start: GroupStart) -> Command<bool> {
        let root = &self.stream.root;
        let command = match root.millis() {
            Ok(None) => self.xgroup("CREATE").arg(start.word()).arg("MKSTREAM"),
            millis => root
                .script(&CREATE_GROUP, &[])
                .optional_int(millis)
                .arg(&self.name)
                .arg(start.word()),
        };
        let created = command.returns(|reply, source| nothing(reply, source).map(|()| true));
        created.on_error(|error| match error.code() {
            Some("BUSYGROUP") => Ok(false),
            _ => Err(error),
        })
    }

    /// Deletes the group with its consumers. Returns `true` if there was one.
    ///
    /// # Errors
    ///
    /// Kind [`Server`](crate::ErrorKind::Server) with the code `ERR` if there is no stream.
    ///
    /// **Sends** [`XGROUP DESTROY`](https://redis.io/commands/xgroup-destroy).
    pub fn delete(&self) -> Command<bool> {
        self.xgroup("DESTROY").returns(is_one)
    }

    /// Changes the entry after which the group reads. Pending entries stay pending.
    ///
    /// **Sends** [`XGROUP SETID`](https://redis.io/commands/xgroup-setid).
    pub fn set_id(&self, start: GroupStart) -> Command<()> {
        self.xgroup("SETID").arg(start.word()).returns(nothing)
    }

    /// Deletes a consumer. Returns the number of its pending entries, which **are not
    /// delivered any more**: let another consumer claim them first.
    ///
    /// **Sends** [`XGROUP DELCONSUMER`](https://redis.io/commands/xgroup-delconsumer).
    pub fn delete_consumer(&self, consumer: &str) -> Command<usize> {
        self.xgroup("DELCONSUMER").arg(consumer).returns(count)
    }

    /// Returns the consumers.
    ///
    /// **Sends** [`XINFO CONSUMERS`](https://redis.io/commands/xinfo-consumers).
    pub fn consumers(&self) -> Command<Vec<ConsumerInfo>> {
        self.stream.subcommand("XINFO", "CONSUMERS").arg(&self.name).returns(each_consumer)
    }

    /// Reads entries that no consumer of the group has read, at most `count`, and makes them
    /// pending entries of the consumer.
    ///
    /// An entry that cannot be decoded is pending, too. Acknowledge it by the
    /// [id](crate::Error::entry) of its error, or it is claimed again and again.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidOperation`](crate::ErrorKind::InvalidOperation) for a count of zero.
    ///
    /// **Sends** [`XREADGROUP … >`](https://redis.io/commands/xreadgroup).
    pub fn read_new(
        &self,
        consumer: &str,
        count: impl Into<Option<usize>>,
    ) -> Command<Vec<Result<StreamEntry<T>>>> {
        self.xreadgroup_new(consumer, count.into(), false, None)
    }

    /// Reads entries like [`read_new`](Self::read_new). If there are none, the server waits for
    /// one, for ever (`None`) or for a time, which is rounded up to milliseconds.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidOperation`](crate::ErrorKind::InvalidOperation) for a count of zero, and
    /// those of [`Blocking`].
    ///
    /// **Sends** [`XREADGROUP … BLOCK … >`](https://redis.io/commands/xreadgroup).
    pub fn read_new_blocking(
        &self,
        consumer: &str,
        count: impl Into<Option<usize>>,
        wait: impl Into<Option<Duration>>,
    ) -> Blocking<Vec<Result<StreamEntry<T>>>> {
        let block = Some(wait_millis(wait.into()));
        Blocking::new(self.xreadgroup_new(consumer, count.into(), false, block))
    }

    /// Reads entries like [`read_new`](Self::read_new), but as if the consumer acknowledged
    /// them at once: an entry is lost if the consumer dies.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidOperation`](crate::ErrorKind::InvalidOperation) for a count of zero.
    ///
    /// **Sends** [`XREADGROUP … NOACK … >`](https://redis.io/commands/xreadgroup).
    pub fn read_new_no_ack(
        &self,
        consumer: &str,
        count: impl Into<Option<usize>>,
    ) -> Command<Vec<Result<StreamEntry<T>>>> {
        self.xreadgroup_new(consumer, count.into(), true, None)
    }

    /// Returns the command that reads entries that no consumer has read. With `block` the
    /// server waits for entries for so many milliseconds.
    fn xreadgroup_new(
        &self,
        consumer: &str,
        count: Option<usize>,
        no_ack: bool,
        block: Option<u64>,
    ) -> Command<Vec<Result<StreamEntry<T>>>> {
        let read = Read { group: Some((&self.name, consumer)), count, block, no_ack };
        self.xreadgroup(&read, ">".to_owned()).returns(read_entries::<T, C>)
    }

    /// Returns the pending entries of a consumer after an id, at most `count`:
    /// [`StreamId::MIN`] for the first ones. A consumer that was restarted reads so what it
    /// has not acknowledged.
    ///
    /// The value is `None` if the entry was removed from the stream. Acknowledge it, because it
    /// stays pending.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidOperation`](crate::ErrorKind::InvalidOperation) for a count of zero.
    ///
    /// **Sends** [`XREADGROUP`](https://redis.io/commands/xreadgroup).
    pub fn read_pending(
        &self,
        consumer: &str,
        after: StreamId,
        count: impl Into<Option<usize>>,
    ) -> Command<Vec<Result<StreamEntry<Option<T>>>>> {
        let group = Some((&*self.name, consumer));
        let read = Read { group, count: count.into(), ..Read::default() };
        self.xreadgroup(&read, after.to_string()).returns(read_pending::<T, C>)
    }

    fn xreadgroup(&self, read: &Read<'_>, after: String) -> CommandBuilder<'_> {
        read.command(&self.stream.root, &[(self.stream.key(), after)])
    }

    /// Acknowledges an entry, which is not pending any more. Returns `true` if it was.
    ///
    /// **Sends** [`XACK`](https://redis.io/commands/xack).
    pub fn acknowledge(&self, id: StreamId) -> Command<bool> {
        self.command("XACK").arg(id.to_string()).returns(is_one)
    }

    /// Acknowledges entries. Returns the number of those that were pending.
    ///
    /// **Sends** [`XACK`](https://redis.io/commands/xack), or XLEN if there are no ids.
    pub fn acknowledge_all(
        &self,
        ids: impl IntoIterator<Item = impl Borrow<StreamId>>,
    ) -> Command<usize> {
        match each_id(self.command("XACK"), ids) {
            Some(command) => command.returns(count),
            None => self.xlen().returns(none_of),
        }
    }

    /// Makes pending entries those of a consumer, if they were delivered at least `min_idle`
    /// ago, and returns them. `min_idle` is rounded up to milliseconds.
    ///
    /// Two consumers that claim the same entry at the same time do not both get it unless
    /// `min_idle` is zero, because a claim counts as a delivery. Entries that were removed from
    /// the stream are left out.
    ///
    /// **Sends** [`XCLAIM`](https://redis.io/commands/xclaim), or XLEN if there are no ids.
    pub fn claim(
        &self,
        consumer: &str,
        min_idle: Duration,
        ids: impl IntoIterator<Item = impl Borrow<StreamId>>,
    ) -> Command<Vec<Result<StreamEntry<T>>>> {
        match each_id(self.command("XCLAIM").arg(consumer).int(millis(min_idle)), ids) {
            Some(command) => command.returns(entries::<T, C>),
            None => self.xlen().returns(no_items),
        }
    }

    /// Like [`claim`](Self::claim), but returns only the ids and does not count as a delivery.
    /// A consumer that needs long for an entry claims it for itself from time to time, so that
    /// no other consumer does.
    ///
    /// **Sends** [`XCLAIM … JUSTID`](https://redis.io/commands/xclaim), or XLEN if there are no
    /// ids.
    pub fn claim_ids(
        &self,
        consumer: &str,
        min_idle: Duration,
        ids: impl IntoIterator<Item = impl Borrow<StreamId>>,
    ) -> Command<Vec<StreamId>> {
        match each_id(self.command("XCLAIM").arg(consumer).int(millis(min_idle)), ids) {
            Some(command) => command.arg("JUSTID").returns(|reply, _| self::ids(reply)),
            None => self.xlen().returns(no_items),
        }
    }

    /// Looks at pending entries from an id on, and makes up to `count` of them those of a
    /// consumer, if they were delivered at least `min_idle` ago. `min_idle` is rounded up to
    /// milliseconds. Begin with `None`, and continue with [`AutoClaimed::next`].
    ///
    /// # Errors
    ///
    /// Kind [`InvalidOperation`](crate::ErrorKind::InvalidOperation) for a count of zero.
    ///
    /// **Sends** [`XAUTOCLAIM`](https://redis.io/commands/xautoclaim), which needs Redis 6.2.
    pub fn auto_claim(
        &self,
        consumer: &str,
        min_idle: Duration,
        start: impl Into<Option<StreamId>>,
        count: usize,
    ) -> Command<AutoClaimed<T>> {
        let start = start.into().unwrap_or(StreamId::MIN).to_string();
        let command = self.command("XAUTOCLAIM").arg(consumer).int(millis(min_idle)).arg(start);
        let command = command.arg("COUNT").size(count).check(check_count(Some(count)));
        command.returns(auto_claimed::<T, C>)
    }

    /// Returns the number of pending entries, the least and the greatest of their ids, and the
    /// number of each consumer.
    ///
    /// **Sends** [`XPENDING`](https://redis.io/commands/xpending).
    pub fn pending_summary(&self) -> Command<PendingSummary> {
        self.command("XPENDING").returns(summary)
    }

    /// Returns the pending entries with ids in a range, at most `most`, without their values.
    ///
    /// **Sends** [`XPENDING key group start end count`](https://redis.io/commands/xpending).
    pub fn pending(
        &self,
        ids: impl RangeBounds<StreamId>,
        most: usize,
    ) -> Command<Vec<PendingEntry>> {
        self.xpending(ids, most).returns(each_pending)
    }

    /// Returns the pending entries of a consumer with ids in a range, at most `most`, without
    /// their values.
    ///
    /// **Sends** [`XPENDING key group start end count consumer`](https://redis.io/commands/xpending).
    pub fn pending_of(
        &self,
        consumer: &str,
        ids: impl RangeBounds<StreamId>,
        most: usize,
    ) -> Command<Vec<PendingEntry>> {
        self.xpending(ids, most).arg(consumer).returns(each_pending)
    }

    fn xpending(&self, ids: impl RangeBounds<StreamId>, most: usize) -> CommandBuilder<'_> {
        let [first, last] = inclusive(ids);
        self.command("XPENDING").arg(first).arg(last).size(most)
    }

    /// Begins a command whose arguments are the key and the group.
    fn command(&self, name: &str) -> CommandBuilder<'_> {
        self.stream.root.command(name).arg(&self.name)
    }

    fn xgroup(&self, subcommand: &str) -> CommandBuilder<'_> {
        self.stream.subcommand("XGROUP", subcommand).arg(&self.name)
    }

    /// Begins the command that checks the key's type where there is nothing else to do.
    fn xlen(&self) -> CommandBuilder<'_> {
        self.stream.root.command("XLEN")
    }
}

// Deriving would require the same of the type parameters.
impl<T, C> Clone for Group<T, C> {
    fn clone(&self) -> Self {
        Self { stream: self.stream.clone(), name: self.name.clone() }
    }
}

impl<T, C> fmt::Debug for Group<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group").field("stream", &self.stream).field("name", &self.name).finish()
    }
}
