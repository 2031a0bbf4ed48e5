//! A Redis sorted set.

mod options;
mod range;

use std::time::Duration;

pub use options::{AddOptions, Aggregate};
pub use range::SortedRange;

use super::blocking::{Blocking, wait_argument};
use super::command::{Command, Source, items, optional_item};
use super::item::IntoItem;
use super::root::{
    CommandBuilder, combined, count, is_one, limited_count, no_items, none_of, optional_count,
    store, structure,
};
use super::scan::ScanItems;
use crate::codec::{Codec, Plain};
use crate::error::{Error, Result};
use crate::key::Key;
use crate::op::Reply;

structure! {
    /// A Redis sorted set: members with scores, in the order of their scores and, among equal
    /// scores, of their bytes.
    ///
    /// Scores are `f64`, infinite ones included; NaN is an error. A time as a score is a
    /// number of seconds or milliseconds, exact up to 2^53.
    ///
    /// ```
    /// use redis_model::Operation;
    /// use redis_model::structures::{SortedRange, SortedSet};
    ///
    /// # let server = redis_model::embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// let scores = SortedSet::<String>::at("scores:today");
    /// scores.add_all([("ada", 30.0), ("bob", 20.0), ("eve", 25.0)]).run(&mut con)?;
    /// assert_eq!(scores.incr("bob", 7.5).run(&mut con)?, 27.5);
    /// assert_eq!(scores.reverse_rank("bob").run(&mut con)?, Some(1));
    ///
    /// let best = scores.range_with_scores(SortedRange::ranks(..2).reversed());
    /// assert_eq!(best.strict().run(&mut con)?, [("ada".into(), 30.0), ("bob".into(), 27.5)]);
    /// let above = scores.range(SortedRange::scores(26.0..)).strict();
    /// assert_eq!(above.run(&mut con)?, ["bob", "ada"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    SortedSet<T, C = Plain>, "zset"
}

/// The largest count that ZRANDMEMBER takes with WITHSCORES.
const MOST_RANDOM: usize = isize::MAX as usize / 2;

/// A member with its score.
type Scored<T> = Result<(T, f64)>;

impl<T, C: Codec<T>> SortedSet<T, C> {
    /// Adds a member, or sets its score. Returns `true` if the set did not have it.
    ///
    /// **Sends** [`ZADD`](https://redis.io/commands/zadd).
    pub fn add(&self, member: impl IntoItem<T>, score: f64) -> Command<bool> {
        scored_item::<T, C>(self.root.create("ZADD", &[]), (member, score)).returns(is_one)
    }

    /// Adds members, or sets their scores. Returns the number of those that the set did not
    /// have.
    ///
    /// **Sends** [`ZADD`](https://redis.io/commands/zadd), or ZCARD if there are no members.
    pub fn add_all<I: IntoItem<T>>(
        &self,
        members: impl IntoIterator<Item = (I, f64)>,
    ) -> Command<usize> {
        self.each(self.root.create("ZADD", &[]), members)
    }

    /// Adds members or sets their scores, as far as the options permit. Returns the number of
    /// those that were added or changed.
    ///
    /// **Sends** [`ZADD … CH`](https://redis.io/commands/zadd), or ZCARD if there are no members.
    pub fn add_with<I: IntoItem<T>>(
        &self,
        options: AddOptions,
        members: impl IntoIterator<Item = (I, f64)>,
    ) -> Command<usize> {
        let words = options.words(&["CH"]);
        self.each(self.root.create("ZADD", &words).check(options.check()), members)
    }

    fn each<I: IntoItem<T>>(
        &self,
        command: CommandBuilder<'_>,
        members: impl IntoIterator<Item = (I, f64)>,
    ) -> Command<usize> {
        match command.each(members, scored_item::<T, C>) {
            Some(command) => command.returns(count),
            None => self.root.command("ZCARD").returns(none_of),
        }
    }

    /// Adds to the score of a member, which is 0 if the set does not have it. Returns the sum.
    ///
    /// **Sends** [`ZADD … INCR`](https://redis.io/commands/zadd).
    pub fn incr(&self, member: impl IntoItem<T>, by: f64) -> Command<f64> {
        let command = self.root.create("ZADD", &["INCR"]);
        scored_item::<T, C>(command, (member, by)).returns(|reply, _| reply.into_double())
    }

    /// Adds to the score of a member, as far as the options permit. Returns the sum, or `None`
    /// if nothing was changed.
    ///
    /// **Sends** [`ZADD … INCR`](https://redis.io/commands/zadd).
    pub fn incr_with(
        &self,
        options: AddOptions,
        member: impl IntoItem<T>,
        by: f64,
    ) -> Command<Option<f64>> {
        let words = options.words(&["INCR"]);
        let command = self.root.create("ZADD", &words).check(options.check());
        scored_item::<T, C>(command, (member, by)).returns(optional_double)
    }

    /// Removes a member. Returns `true` if the set had it.
    ///
    /// **Sends** [`ZREM`](https://redis.io/commands/zrem).
    pub fn remove(&self, member: impl IntoItem<T>) -> Command<bool> {
        self.root.command("ZREM").item::<T, C, _>(member).returns(is_one)
    }

    /// Removes members. Returns the number of those that the set had.
    ///
    /// **Sends** [`ZREM`](https://redis.io/commands/zrem), or ZCARD if there are no members.
    pub fn remove_all<I: IntoItem<T>>(
        &self,
        members: impl IntoIterator<Item = I>,
    ) -> Command<usize> {
        match self.root.command("ZREM").items::<T, C, _>(members) {
            Some(command) => command.returns(count),
            None => self.root.command("ZCARD").returns(none_of),
        }
    }

    /// Returns the score of a member.
    ///
    /// **Sends** [`ZSCORE`](https://redis.io/commands/zscore).
    pub fn score(&self, member: impl IntoItem<T>) -> Command<Option<f64>> {
        self.root.command("ZSCORE").item::<T, C, _>(member).returns(optional_double)
    }

    /// Returns the scores of several items, in order; `None` for those that are not members.
    ///
    /// **Sends** [`ZMSCORE`](https://redis.io/commands/zmscore), or ZCARD if there are no items.
    pub fn scores<I: IntoItem<T>>(
        &self,
        members: impl IntoIterator<Item = I>,
    ) -> Command<Vec<Option<f64>>> {
        match self.root.command("ZMSCORE").items::<T, C, _>(members) {
            Some(command) => command.returns(|reply, source| {
                reply.into_items()?.map(|score| optional_double(score, source)).collect()
            }),
            None => self.root.command("ZCARD").returns(no_items),
        }
    }

    /// Returns the number of members with a lower score, or an equal one and lower bytes.
    ///
    /// **Sends** [`ZRANK`](https://redis.io/commands/zrank).
    pub fn rank(&self, member: impl IntoItem<T>) -> Command<Option<usize>> {
        self.root.command("ZRANK").item::<T, C, _>(member).returns(optional_count)
    }

    /// Returns the number of members with a higher score, or an equal one and higher bytes:
    /// 0 for the best of a ranking.
    ///
    /// **Sends** [`ZREVRANK`](https://redis.io/commands/zrevrank).
    pub fn reverse_rank(&self, member: impl IntoItem<T>) -> Command<Option<usize>> {
        self.root.command("ZREVRANK").item::<T, C, _>(member).returns(optional_count)
    }

    /// Goes through all members with their scores, in no order and a page at a time.
    ///
    /// **Sends** [`ZSCAN`](https://redis.io/commands/zscan), once for each page.
    pub fn scan(&self) -> ScanItems<(T, f64)> {
        ScanItems::new(&self.root, "ZSCAN", scored_items::<T, C>)
    }

    /// Removes and returns the member with the lowest score. If there is none, the server
    /// waits for one, for ever (`None`) or for a time, which is rounded up to milliseconds.
    ///
    /// **Sends** [`BZPOPMIN`](https://redis.io/commands/bzpopmin).
    pub fn pop_min_blocking(
        &self,
        wait: impl Into<Option<Duration>>,
    ) -> Blocking<Option<(T, f64)>> {
        self.pop_blocking("BZPOPMIN", wait.into())
    }

    /// Removes and returns the member with the highest score; see
    /// [`pop_min_blocking`](Self::pop_min_blocking).
    ///
    /// **Sends** [`BZPOPMAX`](https://redis.io/commands/bzpopmax).
    pub fn pop_max_blocking(
        &self,
        wait: impl Into<Option<Duration>>,
    ) -> Blocking<Option<(T, f64)>> {
        self.pop_blocking("BZPOPMAX", wait.into())
    }

    fn pop_blocking(&self, name: &str, wait: Option<Duration>) -> Blocking<Option<(T, f64)>> {
        let command = self.root.command(name).arg(wait_argument(wait)).removes();
        Blocking::new(command.returns(|reply, source| {
            if reply.is_nil() {
                return Ok(None);
            }
            let mut parts = reply.into_items()?.skip(1);
            let mut part = || parts.next().ok_or_else(Error::unexpected_reply);
            scored::<T, C>(part()?, part()?, source).map(Some)
        }))
    }

    /// Returns the number of members.
    ///
    /// **Sends** [`ZCARD`](https://redis.io/commands/zcard).
    pub fn len(&self) -> Command<usize> {
        self.root.command("ZCARD").returns(count)
    }

    /// Returns the members of a range, in its order.
    ///
    /// **Sends** [`ZRANGE`](https://redis.io/commands/zrange).
    pub fn range(&self, range: SortedRange) -> Command<Vec<Result<T>>> {
        range.write(self.root.command("ZRANGE")).returns(items::<T, C>)
    }

    /// Returns the members of a range with their scores, in its order.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidOperation`](crate::ErrorKind::InvalidOperation) for a range of
    /// [members](SortedRange::members), all of which must have the same score.
    ///
    /// **Sends** [`ZRANGE … WITHSCORES`](https://redis.io/commands/zrange).
    pub fn range_with_scores(&self, range: SortedRange) -> Command<Vec<Scored<T>>> {
        let command = range.write(self.root.command("ZRANGE")).check(range.check_scored());
        command.arg("WITHSCORES").returns(scored_items::<T, C>)
    }

    /// Replaces this set by a range of another. Returns the number of members.
    ///
    /// **Sends** [`ZRANGESTORE`](https://redis.io/commands/zrangestore), after a check of the
    /// keys' types.
    pub fn store_range(&self, of: &Self, range: SortedRange) -> Command<usize> {
        range.write(store(&self.root, "ZRANGESTORE", "", &[of.key()])).returns(count)
    }

    /// Returns the number of members in a range of scores or members.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidOperation`](crate::ErrorKind::InvalidOperation) for a range of ranks and
    /// for one with a limit.
    ///
    /// **Sends** [`ZCOUNT`](https://redis.io/commands/zcount) or
    /// [`ZLEXCOUNT`](https://redis.io/commands/zlexcount).
    pub fn count(&self, range: SortedRange) -> Command<usize> {
        let command = self.root.command(range.count_command()).check(range.check_countable());
        range.write_bounds(command).returns(count)
    }

    /// Removes the members of a range. Returns their number.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidOperation`](crate::ErrorKind::InvalidOperation) for a range with a limit,
    /// and for reversed ranks.
    ///
    /// **Sends** [`ZREMRANGEBYRANK`](https://redis.io/commands/zremrangebyrank),
    /// [`ZREMRANGEBYSCORE`](https://redis.io/commands/zremrangebyscore) or
    /// [`ZREMRANGEBYLEX`](https://redis.io/commands/zremrangebylex).
    pub fn remove_range(&self, range: SortedRange) -> Command<usize> {
        range.write_bounds(self.root.command(range.remove_command())).returns(count)
    }

    /// Removes and returns the member with the lowest score. A member that cannot be decoded
    /// is removed, too, and the error says so ([`is_applied`](crate::Error::is_applied)).
    ///
    /// **Sends** [`ZPOPMIN`](https://redis.io/commands/zpopmin).
    pub fn pop_min(&self) -> Command<Option<(T, f64)>> {
        self.root.command("ZPOPMIN").removes().returns(scored_item_of::<T, C>)
    }

    /// Removes and returns the member with the highest score; see [`pop_min`](Self::pop_min).
    ///
    /// **Sends** [`ZPOPMAX`](https://redis.io/commands/zpopmax).
    pub fn pop_max(&self) -> Command<Option<(T, f64)>> {
        self.root.command("ZPOPMAX").removes().returns(scored_item_of::<T, C>)
    }

    /// Removes and returns up to `most` members, the lowest score first.
    ///
    /// **Sends** [`ZPOPMIN key count`](https://redis.io/commands/zpopmin).
    pub fn pop_min_many(&self, most: usize) -> Command<Vec<Scored<T>>> {
        self.root.command("ZPOPMIN").size(most).removes().returns(scored_items::<T, C>)
    }

    /// Removes and returns up to `most` members, the highest score first.
    ///
    /// **Sends** [`ZPOPMAX key count`](https://redis.io/commands/zpopmax).
    pub fn pop_max_many(&self, most: usize) -> Command<Vec<Scored<T>>> {
        self.root.command("ZPOPMAX").size(most).removes().returns(scored_items::<T, C>)
    }

    /// Returns a random member.
    ///
    /// **Sends** [`ZRANDMEMBER`](https://redis.io/commands/zrandmember).
    pub fn random(&self) -> Command<Option<T>> {
        self.root.command("ZRANDMEMBER").returns(optional_item::<T, C>)
    }

    /// Returns up to `most` different random members with their scores.
    ///
    /// **Sends** [`ZRANDMEMBER … WITHSCORES`](https://redis.io/commands/zrandmember).
    pub fn random_many(&self, most: usize) -> Command<Vec<Scored<T>>> {
        let command =
            self.root.command("ZRANDMEMBER").size(most.min(MOST_RANDOM)).arg("WITHSCORES");
        command.returns(scored_items::<T, C>)
    }

    /// Returns the members of this set and of others; scores are added up.
    ///
    /// **Sends** [`ZUNION … WITHSCORES`](https://redis.io/commands/zunion), after a check of
    /// the keys' types.
    pub fn union<'a>(
        &'a self,
        others: impl IntoIterator<Item = &'a Self>,
    ) -> Command<Vec<Scored<T>>> {
        self.combined("ZUNION", weightless(others), None)
    }

    /// Returns the members of several sets. Each score is multiplied by its set's weight;
    /// those of one member are aggregated. `weight` is that of this set.
    ///
    /// **Sends** [`ZUNION … WEIGHTS … AGGREGATE … WITHSCORES`](https://redis.io/commands/zunion),
    /// after a check of the keys' types.
    pub fn union_with<'a>(
        &'a self,
        weight: f64,
        others: impl IntoIterator<Item = (&'a Self, f64)>,
        aggregate: Aggregate,
    ) -> Command<Vec<Scored<T>>> {
        self.combined("ZUNION", others, Some((weight, aggregate)))
    }

    /// Returns the members that this set and all others have; scores are added up.
    ///
    /// **Sends** [`ZINTER … WITHSCORES`](https://redis.io/commands/zinter), after a check of
    /// the keys' types.
    pub fn intersection<'a>(
        &'a self,
        others: impl IntoIterator<Item = &'a Self>,
    ) -> Command<Vec<Scored<T>>> {
        self.combined("ZINTER", weightless(others), None)
    }

    /// Like [`union_with`](Self::union_with), for members that all sets have.
    ///
    /// **Sends** [`ZINTER … WEIGHTS … AGGREGATE … WITHSCORES`](https://redis.io/commands/zinter),
    /// after a check of the keys' types.
    pub fn intersection_with<'a>(
        &'a self,
        weight: f64,
        others: impl IntoIterator<Item = (&'a Self, f64)>,
        aggregate: Aggregate,
    ) -> Command<Vec<Scored<T>>> {
        self.combined("ZINTER", others, Some((weight, aggregate)))
    }

    /// Returns the members that this set has and none of the others.
    ///
    /// **Sends** [`ZDIFF … WITHSCORES`](https://redis.io/commands/zdiff), after a check of the
    /// keys' types.
    pub fn difference<'a>(
        &'a self,
        others: impl IntoIterator<Item = &'a Self>,
    ) -> Command<Vec<Scored<T>>> {
        self.combined("ZDIFF", weightless(others), None)
    }

    fn combined<'a>(
        &'a self,
        name: &str,
        others: impl IntoIterator<Item = (&'a Self, f64)>,
        weighted: Option<(f64, Aggregate)>,
    ) -> Command<Vec<Scored<T>>> {
        let (others, weights): (Vec<_>, Vec<_>) =
            others.into_iter().map(|(set, weight)| (set.key(), weight)).unzip();
        let command = combined(&self.root, name, &others);
        let command = match weighted {
            Some((own, aggregate)) => aggregate.write(command, std::iter::once(own).chain(weights)),
            None => command,
        };
        command.arg("WITHSCORES").returns(scored_items::<T, C>)
    }

    /// Returns the number of members that this set and all others have, counted up to `limit`.
    ///
    /// **Sends** [`ZINTERCARD`](https://redis.io/commands/zintercard), after a check of the
    /// keys' types.
    pub fn intersection_len<'a>(
        &'a self,
        others: impl IntoIterator<Item = &'a Self>,
        limit: impl Into<Option<usize>>,
    ) -> Command<usize> {
        let others: Vec<&Key> = others.into_iter().map(Self::key).collect();
        limited_count(combined(&self.root, "ZINTERCARD", &others), limit.into())
    }

    /// Replaces this set by the union of others; scores are added up. Returns the number of
    /// members. The key keeps its time to live.
    ///
    /// **Sends** [`ZUNIONSTORE`](https://redis.io/commands/zunionstore), after a check of the
    /// keys' types.
    pub fn store_union<'a>(&'a self, of: impl IntoIterator<Item = &'a Self>) -> Command<usize> {
        self.stored("ZUNIONSTORE", weightless(of), None)
    }

    /// Replaces this set by the union of others, with weights.
    ///
    /// **Sends** [`ZUNIONSTORE … WEIGHTS … AGGREGATE`](https://redis.io/commands/zunionstore),
    /// after a check of the key's type.
    pub fn store_union_with<'a>(
        &'a self,
        of: impl IntoIterator<Item = (&'a Self, f64)>,
        aggregate: Aggregate,
    ) -> Command<usize> {
        self.stored("ZUNIONSTORE", of, Some(aggregate))
    }

    /// Replaces this set by the intersection of others; scores are added up. Returns the
    /// number of members. The key keeps its time to live.
    ///
    /// **Sends** [`ZINTERSTORE`](https://redis.io/commands/zinterstore), after a check of the
    /// keys' types.
    pub fn store_intersection<'a>(
        &'a self,
        of: impl IntoIterator<Item = &'a Self>,
    ) -> Command<usize> {
        self.stored("ZINTERSTORE", weightless(of), None)
    }

    /// Replaces this set by the intersection of others, with weights.
    ///
    /// **Sends** [`ZINTERSTORE … WEIGHTS … AGGREGATE`](https://redis.io/commands/zinterstore),
    /// after a check of the key's type.
    pub fn store_intersection_with<'a>(
        &'a self,
        of: impl IntoIterator<Item = (&'a Self, f64)>,
        aggregate: Aggregate,
    ) -> Command<usize> {
        self.stored("ZINTERSTORE", of, Some(aggregate))
    }

    /// Replaces this set by the members that the first of others has and the rest do not.
    /// Returns the number of members.
    ///
    /// **Sends** [`ZDIFFSTORE`](https://redis.io/commands/zdiffstore), after a check of the keys'
    /// types.
    pub fn store_difference<'a>(
        &'a self,
        of: impl IntoIterator<Item = &'a Self>,
    ) -> Command<usize> {
        self.stored("ZDIFFSTORE", weightless(of), None)
    }

    fn stored<'a>(
        &'a self,
        name: &str,
        of: impl IntoIterator<Item = (&'a Self, f64)>,
        aggregate: Option<Aggregate>,
    ) -> Command<usize> {
        let of: Vec<_> = of.into_iter().map(|(set, weight)| (set.key(), weight)).collect();
        let keys: Vec<&Key> = of.iter().map(|(key, _)| *key).collect();
        let command = store(&self.root, name, "count", &keys);
        match aggregate {
            Some(aggregate) => aggregate.write(command, of.iter().map(|(_, weight)| *weight)),
            None => command,
        }
        .returns(count)
    }
}

fn weightless<'a, S: 'a>(
    sets: impl IntoIterator<Item = &'a S>,
) -> impl Iterator<Item = (&'a S, f64)> {
    sets.into_iter().map(|set| (set, 1.0))
}

/// Adds a score and a member.
fn scored_item<'a, T, C: Codec<T>>(
    command: CommandBuilder<'a>,
    (member, score): (impl IntoItem<T>, f64),
) -> CommandBuilder<'a> {
    command.double(score).item::<T, C, _>(member)
}

fn optional_double(reply: Reply, _: &Source) -> Result<Option<f64>> {
    if reply.is_nil() { Ok(None) } else { reply.into_double().map(Some) }
}

/// Decodes a member and its score.
pub(super) fn scored<T, C: Codec<T>>(
    member: Reply,
    score: Reply,
    source: &Source,
) -> Result<(T, f64)> {
    let member = member.into_bytes()?.ok_or_else(Error::unexpected_reply)?;
    Ok((source.item::<T, C>(member)?, score.into_double()?))
}

pub(super) fn scored_items<T, C: Codec<T>>(
    reply: Reply,
    source: &Source,
) -> Result<Vec<Scored<T>>> {
    let item = |(at, (member, score))| {
        scored::<T, C>(member, score, source).map_err(|error| error.with_item(at))
    };
    Ok(reply.into_pairs()?.into_iter().enumerate().map(item).collect())
}

/// Decodes a member and its score, or nothing.
fn scored_item_of<T, C: Codec<T>>(reply: Reply, source: &Source) -> Result<Option<(T, f64)>> {
    let pair = reply.into_pairs()?.into_iter().next();
    pair.map(|(member, score)| scored::<T, C>(member, score, source)).transpose()
}
