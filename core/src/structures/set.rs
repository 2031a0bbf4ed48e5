//! A Redis set.

use super::command::{Command, items, optional_item};
use super::item::IntoItem;
use super::root::{
    CommandBuilder, count, each_is_one, is_one, limited_count, moved, no_items, none_of, store,
    structure,
};
use super::scan::ScanItems;
use crate::codec::{Codec, Plain};
use crate::error::Result;
use crate::key::Key;

structure! {
    /// A Redis set of members.
    ///
    /// ```
    /// use redis_model::Operation;
    /// use redis_model::structures::Set;
    ///
    /// # let server = redis_model::embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// let [mine, yours] = [7, 8].map(|id| Set::<u64>::at(format!("user:{id}:follows")));
    /// assert_eq!(mine.add_all([1, 2, 3]).run(&mut con)?, 3);
    /// yours.add_all([2, 3, 4]).run(&mut con)?;
    /// assert!(mine.contains(2).run(&mut con)?);
    /// let mut common = mine.intersection([&yours]).strict().run(&mut con)?;
    /// common.sort();
    /// assert_eq!(common, [2, 3]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    Set<T, C = Plain>, "set"
}

impl<T, C: Codec<T>> Set<T, C> {
    /// Adds a member. Returns `true` if the set did not have it.
    ///
    /// **Sends** [`SADD`](https://redis.io/commands/sadd).
    pub fn add(&self, member: impl IntoItem<T>) -> Command<bool> {
        self.root.create("SADD", &[]).item::<T, C, _>(member).returns(is_one)
    }

    /// Adds members. Returns the number of those that the set did not have.
    ///
    /// **Sends** [`SADD`](https://redis.io/commands/sadd), or SCARD if there are no members.
    pub fn add_all<I: IntoItem<T>>(&self, members: impl IntoIterator<Item = I>) -> Command<usize> {
        self.each(self.root.create("SADD", &[]), members)
    }

    /// Removes a member. Returns `true` if the set had it.
    ///
    /// **Sends** [`SREM`](https://redis.io/commands/srem).
    pub fn remove(&self, member: impl IntoItem<T>) -> Command<bool> {
        self.root.command("SREM").item::<T, C, _>(member).returns(is_one)
    }

    /// Removes members. Returns the number of those that the set had.
    ///
    /// **Sends** [`SREM`](https://redis.io/commands/srem), or SCARD if there are no members.
    pub fn remove_all<I: IntoItem<T>>(
        &self,
        members: impl IntoIterator<Item = I>,
    ) -> Command<usize> {
        self.each(self.root.command("SREM"), members)
    }

    fn each<I: IntoItem<T>>(
        &self,
        command: CommandBuilder<'_>,
        members: impl IntoIterator<Item = I>,
    ) -> Command<usize> {
        match command.items::<T, C, _>(members) {
            Some(command) => command.returns(count),
            None => self.root.command("SCARD").returns(none_of),
        }
    }

    /// Returns `true` if the set has the member.
    ///
    /// **Sends** [`SISMEMBER`](https://redis.io/commands/sismember).
    pub fn contains(&self, member: impl IntoItem<T>) -> Command<bool> {
        self.root.command("SISMEMBER").item::<T, C, _>(member).returns(is_one)
    }

    /// Returns for each item, in order, `true` if it is a member.
    ///
    /// **Sends** [`SMISMEMBER`](https://redis.io/commands/smismember), or SCARD if there are no
    /// items.
    pub fn contains_each<I: IntoItem<T>>(
        &self,
        items: impl IntoIterator<Item = I>,
    ) -> Command<Vec<bool>> {
        match self.root.command("SMISMEMBER").items::<T, C, _>(items) {
            Some(command) => command.returns(each_is_one),
            None => self.root.command("SCARD").returns(no_items),
        }
    }

    /// Returns all members, in no order.
    ///
    /// **Sends** [`SMEMBERS`](https://redis.io/commands/smembers).
    pub fn members(&self) -> Command<Vec<Result<T>>> {
        self.root.command("SMEMBERS").returns(items::<T, C>)
    }

    /// Goes through all members, a page at a time, for large sets.
    ///
    /// **Sends** [`SSCAN`](https://redis.io/commands/sscan), once for each page.
    pub fn scan(&self) -> ScanItems<T> {
        ScanItems::new(&self.root, "SSCAN", items::<T, C>)
    }

    /// Returns the number of members.
    ///
    /// **Sends** [`SCARD`](https://redis.io/commands/scard).
    pub fn len(&self) -> Command<usize> {
        self.root.command("SCARD").returns(count)
    }

    /// Returns a random member.
    ///
    /// **Sends** [`SRANDMEMBER`](https://redis.io/commands/srandmember).
    pub fn random(&self) -> Command<Option<T>> {
        self.root.command("SRANDMEMBER").returns(optional_item::<T, C>)
    }

    /// Returns up to `most` different random members.
    ///
    /// **Sends** [`SRANDMEMBER key count`](https://redis.io/commands/srandmember).
    pub fn random_many(&self, most: usize) -> Command<Vec<Result<T>>> {
        self.root.command("SRANDMEMBER").size(most).returns(items::<T, C>)
    }

    /// Removes and returns a random member. A member that cannot be decoded is removed, too,
    /// and the error says so ([`is_applied`](crate::Error::is_applied)).
    ///
    /// **Sends** [`SPOP`](https://redis.io/commands/spop).
    pub fn pop(&self) -> Command<Option<T>> {
        self.root.command("SPOP").removes().returns(optional_item::<T, C>)
    }

    /// Removes and returns up to `most` random members.
    ///
    /// **Sends** [`SPOP key count`](https://redis.io/commands/spop).
    pub fn pop_many(&self, most: usize) -> Command<Vec<Result<T>>> {
        self.root.command("SPOP").size(most).removes().returns(items::<T, C>)
    }

    /// Moves a member to another set. Returns `true` if this set had it.
    ///
    /// **Sends** [`SMOVE`](https://redis.io/commands/smove), after a check of the other key's
    /// type.
    pub fn move_to(&self, other: &Self, member: impl IntoItem<T>) -> Command<bool> {
        let command = moved(&self.root, &other.root, "SMOVE");
        command.item::<T, C, _>(member).returns(is_one)
    }

    /// Returns the members of this set and of others, each once.
    ///
    /// **Sends** [`SUNION`](https://redis.io/commands/sunion).
    pub fn union<'a>(
        &'a self,
        others: impl IntoIterator<Item = &'a Self>,
    ) -> Command<Vec<Result<T>>> {
        self.combined("SUNION", others)
    }

    /// Returns the members that this set and all others have.
    ///
    /// **Sends** [`SINTER`](https://redis.io/commands/sinter).
    pub fn intersection<'a>(
        &'a self,
        others: impl IntoIterator<Item = &'a Self>,
    ) -> Command<Vec<Result<T>>> {
        self.combined("SINTER", others)
    }

    /// Returns the members that this set has and none of the others.
    ///
    /// **Sends** [`SDIFF`](https://redis.io/commands/sdiff).
    pub fn difference<'a>(
        &'a self,
        others: impl IntoIterator<Item = &'a Self>,
    ) -> Command<Vec<Result<T>>> {
        self.combined("SDIFF", others)
    }

    fn combined<'a>(
        &'a self,
        name: &str,
        others: impl IntoIterator<Item = &'a Self>,
    ) -> Command<Vec<Result<T>>> {
        let others: Vec<&Key> = others.into_iter().map(Self::key).collect();
        let command = self.root.command(name).keys(1..2 + others.len());
        others.iter().fold(command, |command, key| command.arg(key)).returns(items::<T, C>)
    }

    /// Returns the number of members that this set and all others have, counted up to `limit`.
    ///
    /// **Sends** [`SINTERCARD`](https://redis.io/commands/sintercard).
    pub fn intersection_len<'a>(
        &'a self,
        others: impl IntoIterator<Item = &'a Self>,
        limit: impl Into<Option<usize>>,
    ) -> Command<usize> {
        let others: Vec<&Key> = others.into_iter().map(Self::key).collect();
        let command = self.root.command_without_key("SINTERCARD").int(others.len() + 1);
        let command = others.iter().fold(command.arg(self.key()), CommandBuilder::arg);
        limited_count(command.keys(2..3 + others.len()), limit.into())
    }

    /// Replaces this set by the union of others. Returns the number of members.
    ///
    /// The key keeps its time to live.
    ///
    /// **Sends** [`SUNIONSTORE`](https://redis.io/commands/sunionstore), after a check of the
    /// keys' types.
    pub fn store_union<'a>(&'a self, of: impl IntoIterator<Item = &'a Self>) -> Command<usize> {
        self.stored("SUNIONSTORE", of)
    }

    /// Replaces this set by the intersection of others. Returns the number of members.
    ///
    /// **Sends** [`SINTERSTORE`](https://redis.io/commands/sinterstore), after a check of the
    /// keys' types.
    pub fn store_intersection<'a>(
        &'a self,
        of: impl IntoIterator<Item = &'a Self>,
    ) -> Command<usize> {
        self.stored("SINTERSTORE", of)
    }

    /// Replaces this set by the members that the first of others has and the rest do not.
    /// Returns the number of members.
    ///
    /// **Sends** [`SDIFFSTORE`](https://redis.io/commands/sdiffstore), after a check of the keys'
    /// types.
    pub fn store_difference<'a>(
        &'a self,
        of: impl IntoIterator<Item = &'a Self>,
    ) -> Command<usize> {
        self.stored("SDIFFSTORE", of)
    }

    fn stored<'a>(&'a self, name: &str, of: impl IntoIterator<Item = &'a Self>) -> Command<usize> {
        let of: Vec<&Key> = of.into_iter().map(Self::key).collect();
        store(&self.root, name, "", &of).returns(count)
    }
}
