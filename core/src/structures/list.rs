//! A Redis list.

use std::ops::{Bound, RangeBounds};
use std::time::Duration;

use super::blocking::{Blocking, wait_argument};
use super::command::{Command, Source, items, optional_item};
use super::consume::Consume;
use super::item::IntoItem;
use super::root::{count, moved, nothing, optional_count, structure};
use crate::codec::{Codec, Plain};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::op::Script;

static PUSH_CAPPED: Script = Script::new("push_capped", include_str!("push_capped.lua")).runs(1);

/// An end of a [`List`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// The end with index 0, which Redis calls left.
    Front,
    /// The end with index -1, which Redis calls right.
    Back,
}

impl End {
    fn word(self) -> &'static str {
        match self {
            Self::Front => "LEFT",
            Self::Back => "RIGHT",
        }
    }
}

structure! {
    /// A Redis list of items.
    ///
    /// Index 0 is the item at the front, -1 the one at the back.
    ///
    /// ```
    /// use redis_model::Operation;
    /// use redis_model::structures::List;
    ///
    /// # let server = redis_model::embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// let viewed = List::<u32>::at("user:7:viewed");
    /// viewed.push_front_all([1, 2, 3]).run(&mut con)?;
    /// // Keeps the three newest.
    /// assert_eq!(viewed.push_front_capped(4, 3).run(&mut con)?, 3);
    /// assert_eq!(viewed.range(..2).strict().run(&mut con)?, [4, 3]);
    /// assert_eq!(viewed.pop_back().run(&mut con)?, Some(2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    List<T, C = Plain>, "list"
}

impl<T, C: Codec<T>> List<T, C> {
    /// Adds an item at the front. Returns the new length.
    ///
    /// **Sends** [`LPUSH`](https://redis.io/commands/lpush).
    pub fn push_front(&self, item: impl IntoItem<T>) -> Command<usize> {
        self.root.create("LPUSH", &[]).item::<T, C, _>(item).returns(count)
    }

    /// Adds an item at the back. Returns the new length.
    ///
    /// **Sends** [`RPUSH`](https://redis.io/commands/rpush).
    pub fn push_back(&self, item: impl IntoItem<T>) -> Command<usize> {
        self.root.create("RPUSH", &[]).item::<T, C, _>(item).returns(count)
    }

    /// Adds items at the front, one after another, so that the last is at index 0. Returns
    /// the new length.
    ///
    /// **Sends** [`LPUSH`](https://redis.io/commands/lpush), or LLEN if there are no items.
    pub fn push_front_all<I: IntoItem<T>>(
        &self,
        items: impl IntoIterator<Item = I>,
    ) -> Command<usize> {
        self.push_all("LPUSH", items)
    }

    /// Adds items at the back, in order. Returns the new length.
    ///
    /// **Sends** [`RPUSH`](https://redis.io/commands/rpush), or LLEN if there are no items.
    pub fn push_back_all<I: IntoItem<T>>(
        &self,
        items: impl IntoIterator<Item = I>,
    ) -> Command<usize> {
        self.push_all("RPUSH", items)
    }

    fn push_all<I: IntoItem<T>>(
        &self,
        name: &str,
        items: impl IntoIterator<Item = I>,
    ) -> Command<usize> {
        match self.root.create(name, &[]).items::<T, C, _>(items) {
            Some(command) => command.returns(count),
            None => self.len(),
        }
    }

    /// Adds an item at the front if the list exists. Returns the new length, or 0.
    ///
    /// **Sends** [`LPUSHX`](https://redis.io/commands/lpushx).
    pub fn push_front_if_exists(&self, item: impl IntoItem<T>) -> Command<usize> {
        self.root.command("LPUSHX").item::<T, C, _>(item).returns(count)
    }

    /// Adds an item at the back if the list exists. Returns the new length, or 0.
    ///
    /// **Sends** [`RPUSHX`](https://redis.io/commands/rpushx).
    pub fn push_back_if_exists(&self, item: impl IntoItem<T>) -> Command<usize> {
        self.root.command("RPUSHX").item::<T, C, _>(item).returns(count)
    }

    /// Adds an item at the front and removes items from the back until there are at most
    /// `most`, in one step. Returns the new length.
    ///
    /// **Sends** the script `push_capped.lua`.
    pub fn push_front_capped(&self, item: impl IntoItem<T>, most: usize) -> Command<usize> {
        self.push_capped("LPUSH", item, most)
    }

    /// Adds an item at the back and removes items from the front until there are at most
    /// `most`, in one step. Returns the new length.
    ///
    /// **Sends** the script `push_capped.lua`.
    pub fn push_back_capped(&self, item: impl IntoItem<T>, most: usize) -> Command<usize> {
        self.push_capped("RPUSH", item, most)
    }

    fn push_capped(&self, name: &str, item: impl IntoItem<T>, most: usize) -> Command<usize> {
        let command = self.root.script(&PUSH_CAPPED, &[]).arg(name).size(most);
        command.optional_int(self.root.millis()).item::<T, C, _>(item).returns(count)
    }

    /// Removes and returns the item at the front.
    ///
    /// An item that cannot be decoded is removed, too, and the error says so
    /// ([`is_applied`](crate::Error::is_applied)).
    ///
    /// **Sends** [`LPOP`](https://redis.io/commands/lpop).
    pub fn pop_front(&self) -> Command<Option<T>> {
        self.root.command("LPOP").removes().returns(optional_item::<T, C>)
    }

    /// Removes and returns the item at the back; see [`pop_front`](Self::pop_front).
    ///
    /// **Sends** [`RPOP`](https://redis.io/commands/rpop).
    pub fn pop_back(&self) -> Command<Option<T>> {
        self.root.command("RPOP").removes().returns(optional_item::<T, C>)
    }

    /// Removes and returns up to `most` items from the front, the first one first.
    ///
    /// **Sends** [`LPOP key count`](https://redis.io/commands/lpop).
    pub fn pop_front_many(&self, most: usize) -> Command<Vec<Result<T>>> {
        self.root.command("LPOP").size(most).removes().returns(items::<T, C>)
    }

    /// Removes and returns up to `most` items from the back, the last one first.
    ///
    /// **Sends** [`RPOP key count`](https://redis.io/commands/rpop).
    pub fn pop_back_many(&self, most: usize) -> Command<Vec<Result<T>>> {
        self.root.command("RPOP").size(most).removes().returns(items::<T, C>)
    }

    /// Returns the items in a range of indexes: `..10` the first ten, `-10..` the last ten,
    /// `..` all of them. (Clippy takes `1..-1` for a mistake; `(Bound::Included(1),
    /// Bound::Excluded(-1))` is the same range.)
    ///
    /// **Sends** [`LRANGE`](https://redis.io/commands/lrange).
    pub fn range(&self, range: impl RangeBounds<isize>) -> Command<Vec<Result<T>>> {
        let (start, stop) = inclusive(range);
        self.root.command("LRANGE").int(start).int(stop).returns(items::<T, C>)
    }

    /// Returns the item at an index.
    ///
    /// **Sends** [`LINDEX`](https://redis.io/commands/lindex).
    pub fn get(&self, index: isize) -> Command<Option<T>> {
        self.root.command("LINDEX").int(index).returns(optional_item::<T, C>)
    }

    /// Returns the number of items.
    ///
    /// **Sends** [`LLEN`](https://redis.io/commands/llen).
    pub fn len(&self) -> Command<usize> {
        self.root.command("LLEN").returns(count)
    }

    /// Returns the first index of an item, compared by its bytes.
    ///
    /// **Sends** [`LPOS`](https://redis.io/commands/lpos).
    pub fn position(&self, item: impl IntoItem<T>) -> Command<Option<usize>> {
        self.root.command("LPOS").item::<T, C, _>(item).returns(optional_count)
    }

    /// Replaces the item at an index.
    ///
    /// # Errors
    ///
    /// Kind [`Server`](crate::ErrorKind::Server) with the code `ERR` if there is no such index,
    /// [`InvalidOperation`](crate::ErrorKind::InvalidOperation) if it needs more than 32 bits.
    ///
    /// **Sends** [`LSET`](https://redis.io/commands/lset).
    pub fn set(&self, index: isize, item: impl IntoItem<T>) -> Command<()> {
        // Redis 7 uses the lowest 32 bits of the index, and would replace another item.
        let valid = i32::try_from(index).map(|_| ()).map_err(|_| {
            Error::new(ErrorKind::InvalidOperation, "an index of `set` has at most 32 bits")
        });
        self.root.command("LSET").check(valid).int(index).item::<T, C, _>(item).returns(nothing)
    }

    /// Removes all items that are equal to `item`, compared by their bytes. Returns their
    /// number.
    ///
    /// **Sends** [`LREM key 0`](https://redis.io/commands/lrem).
    pub fn remove(&self, item: impl IntoItem<T>) -> Command<usize> {
        self.root.command("LREM").int(0).item::<T, C, _>(item).returns(count)
    }

    /// Removes up to `most` items that are equal to `item`, beginning at an end. Returns their
    /// number.
    ///
    /// **Sends** [`LREM`](https://redis.io/commands/lrem), or LLEN if `most` is zero.
    pub fn remove_from(&self, end: End, item: impl IntoItem<T>, most: usize) -> Command<usize> {
        // To LREM, 0 means all.
        if most == 0 {
            return self.root.command("LLEN").returns(|reply, _| reply.into_int().map(|_| 0));
        }
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let most = if end == End::Back { -most } else { most };
        self.root.command("LREM").int(most).item::<T, C, _>(item).returns(count)
    }

    /// Inserts an item before the first that is equal to `pivot`. Returns the new length, or
    /// `None` if there is no such item.
    ///
    /// **Sends** [`LINSERT … BEFORE`](https://redis.io/commands/linsert).
    pub fn insert_before(
        &self,
        pivot: impl IntoItem<T>,
        item: impl IntoItem<T>,
    ) -> Command<Option<usize>> {
        self.insert("BEFORE", pivot, item)
    }

    /// Inserts an item after the first that is equal to `pivot`. Returns the new length, or
    /// `None` if there is no such item.
    ///
    /// **Sends** [`LINSERT … AFTER`](https://redis.io/commands/linsert).
    pub fn insert_after(
        &self,
        pivot: impl IntoItem<T>,
        item: impl IntoItem<T>,
    ) -> Command<Option<usize>> {
        self.insert("AFTER", pivot, item)
    }

    fn insert(
        &self,
        place: &str,
        pivot: impl IntoItem<T>,
        item: impl IntoItem<T>,
    ) -> Command<Option<usize>> {
        let command = self.root.command("LINSERT").arg(place);
        command.item::<T, C, _>(pivot).item::<T, C, _>(item).returns(|reply, _| {
            // -1 for no such pivot, 0 for no list.
            Ok(usize::try_from(reply.into_int()?).ok().filter(|length| *length > 0))
        })
    }

    /// Removes all items outside of a range of indexes.
    ///
    /// **Sends** [`LTRIM`](https://redis.io/commands/ltrim).
    pub fn trim(&self, range: impl RangeBounds<isize>) -> Command<()> {
        let (start, stop) = inclusive(range);
        self.root.command("LTRIM").int(start).int(stop).returns(nothing)
    }

    /// Moves an item from an end of this list to an end of another, which may be the same
    /// list, in one step. Returns the item.
    ///
    /// The item is moved even if it cannot be decoded, so a worker that fails can find it in
    /// the other list.
    ///
    /// **Sends** [`LMOVE`](https://redis.io/commands/lmove), after a check of the other key's
    /// type.
    pub fn move_item(&self, from: End, to: &Self, at: End) -> Command<Option<T>> {
        let command = moved(&self.root, &to.root, "LMOVE");
        command.arg(from.word()).arg(at.word()).removes().returns(optional_item::<T, C>)
    }
}

impl<T, C: Codec<T>> List<T, C> {
    /// Removes and returns the item at the front. If there is none, the server waits for one,
    /// for ever (`None`) or for a time, which is rounded up to milliseconds.
    ///
    /// If the connection breaks while the client waits, an item may be lost; see
    /// [`move_item_blocking`](Self::move_item_blocking).
    ///
    /// **Sends** [`BLPOP`](https://redis.io/commands/blpop).
    pub fn pop_front_blocking(&self, wait: impl Into<Option<Duration>>) -> Blocking<Option<T>> {
        self.pop_blocking("BLPOP", wait.into())
    }

    /// Removes and returns the item at the back; see
    /// [`pop_front_blocking`](Self::pop_front_blocking).
    ///
    /// **Sends** [`BRPOP`](https://redis.io/commands/brpop).
    pub fn pop_back_blocking(&self, wait: impl Into<Option<Duration>>) -> Blocking<Option<T>> {
        self.pop_blocking("BRPOP", wait.into())
    }

    fn pop_blocking(&self, name: &str, wait: Option<Duration>) -> Blocking<Option<T>> {
        let command = self.root.command(name).arg(wait_argument(wait)).removes();
        Blocking::new(command.returns(|reply, source| {
            let popped = reply.into_pairs()?.into_iter().next();
            popped.map_or(Ok(None), |(_, item)| source.optional_item::<T, C>(item))
        }))
    }

    /// Removes and returns the item at the front of the first list that has one, of this and
    /// others in order, together with the list's key. If all are empty, the server waits.
    ///
    /// **Sends** [`BLPOP`](https://redis.io/commands/blpop).
    pub fn pop_front_blocking_of<'a>(
        &'a self,
        others: impl IntoIterator<Item = &'a Self>,
        wait: impl Into<Option<Duration>>,
    ) -> Blocking<Option<(Key, T)>> {
        let others: Vec<_> = others.into_iter().map(Self::key).collect();
        let command = self.root.command("BLPOP").keys(1..2 + others.len());
        let command = others.iter().fold(command, |command, key| command.arg(key));
        let command = command.arg(wait_argument(wait.into())).removes();
        Blocking::new(command.returns(|reply, _| {
            let Some((key, item)) = reply.into_pairs()?.into_iter().next() else { return Ok(None) };
            let source =
                Source { structure: "List", key: Key::new(key.into_text()?), removes: true };
            let item = source.optional_item::<T, C>(item)?.ok_or_else(Error::unexpected_reply)?;
            Ok(Some((source.key, item)))
        }))
    }

    /// Moves an item to another list, as [`move_item`](Self::move_item) does. If there is none,
    /// the server waits for one.
    ///
    /// The item is in the other list whatever happens to this client, so a worker that dies
    /// loses nothing. If the server waits, a list that this creates gets no time to live:
    /// scripts cannot wait.
    ///
    /// **Sends** [`BLMOVE`](https://redis.io/commands/blmove).
    pub fn move_item_blocking(
        &self,
        from: End,
        to: &Self,
        at: End,
        wait: impl Into<Option<Duration>>,
    ) -> Blocking<Option<T>> {
        let command = self.root.command("BLMOVE").arg(to.key()).keys(1..3);
        let command = command.arg(from.word()).arg(at.word()).arg(wait_argument(wait.into()));
        Blocking::new(command.removes().returns(optional_item::<T, C>))
    }

    /// Takes the items one after another from an end, as an iterator or a stream that waits
    /// for new ones until it is [stopped](Consume::stop_handle).
    ///
    /// ```
    /// use redis_model::Operation;
    /// use redis_model::structures::{End, List};
    ///
    /// # let server = redis_model::embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// let jobs = List::<u32>::at("jobs");
    /// jobs.push_back_all([1, 2, 3]).run(&mut con)?;
    /// let consume = jobs.consume(End::Front);
    /// let stop = consume.stop_handle();
    /// let mut done = 0;
    /// for job in consume.iter(&mut con) {
    ///     done += job?;
    ///     if done == 6 {
    ///         stop.stop();
    ///     }
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// **Sends** [`BLPOP`](https://redis.io/commands/blpop) or
    /// [`BRPOP`](https://redis.io/commands/brpop), again and again.
    pub fn consume(&self, from: End) -> Consume<T, C> {
        Consume::new(self.clone(), from)
    }
}

/// Returns the first and last index of a range, as LRANGE takes them.
pub(super) fn inclusive(range: impl RangeBounds<isize>) -> (isize, isize) {
    const EMPTY: (isize, isize) = (1, 0);
    let start = match range.start_bound().cloned() {
        Bound::Included(start) => start,
        // Behind the last index there is nothing.
        Bound::Excluded(-1 | isize::MAX) => return EMPTY,
        Bound::Excluded(before) => before + 1,
        Bound::Unbounded => 0,
    };
    let stop = match range.end_bound().cloned() {
        Bound::Included(stop) => stop,
        // Before index 0 there is nothing; -1 would be the last.
        Bound::Excluded(0 | isize::MIN) => return EMPTY,
        Bound::Excluded(end) => end - 1,
        Bound::Unbounded => -1,
    };
    (start, stop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_that_ends_before_index_0_is_empty() {
        assert_eq!(inclusive(..0), (1, 0));
        assert_eq!(inclusive((Bound::Excluded(-1), Bound::Unbounded)), (1, 0));
    }

    #[test]
    fn negative_indexes_count_from_the_back() {
        assert_eq!(inclusive(-3..), (-3, -1));
        assert_eq!(inclusive(..-1), (0, -2));
        assert_eq!(inclusive((Bound::Included(1), Bound::Excluded(-1))), (1, -2));
        assert_eq!(inclusive(..), (0, -1));
    }
}
