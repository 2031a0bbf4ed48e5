//! Rankings of players by score, for several periods at once.

mod period;
mod ranking;

use std::fmt;
use std::marker::PhantomData;
use std::time::SystemTime;

pub use period::Period;
pub use ranking::{Entry, Ranking, Standing};

use super::beside::key_beside;
use super::clock::micros_since_1970;
use crate::codec::{Codec, Plain};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::op::{Reply, Script};
use crate::structures::command::Source;
use crate::structures::root::{CommandBuilder, Root, is_one};
use crate::structures::{Command, IntoItem};

static SUBMIT: Script = Script::new(
    "submit",
    concat!(include_str!("leaderboard/boards.lua"), include_str!("leaderboard/submit.lua")),
)
.with_keys_beside();
static REMOVE: Script = Script::new(
    "remove",
    concat!(include_str!("leaderboard/boards.lua"), include_str!("leaderboard/remove.lua")),
)
.with_keys_beside();

/// A ranking of players by score, for several periods at once.
///
/// **Use it** for high scores, contests and statistics that are read by rank. A
/// [`SortedSet`](crate::structures::SortedSet) is enough if equal scores may be in any order
/// and there is one period.
///
/// **It does not promise** exact arithmetic: scores are `f64`, which hold integers up to 2^53.
/// A sum that is submitted again after the connection broke may count twice. It keeps the
/// current and the last of each period, no archive. A server that evicts keys
/// (`allkeys-…`) may lose one of a board's two keys, after which players may appear twice.
///
/// ```
/// use redis_model::Operation;
/// use redis_model::patterns::{Leaderboard, Period};
///
/// # let server = redis_model::embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// let board = Leaderboard::<String>::at("tetris").periods([Period::Day, Period::AllTime]);
/// for (player, score) in [("ada", 300.0), ("bob", 200.0), ("eve", 300.0), ("bob", 250.0)] {
///     board.submit(player, score).run(&mut con)?;
/// }
/// // Best scores: a lower one changes nothing.
/// let [today, ever] = board.submit("ada", 100.0).run(&mut con)?[..] else { unreachable!() };
/// assert!(!today.changed && today.score == 300.0 && ever.rank == 0);
///
/// // Ada reached 300 before Eve.
/// let top = board.ranking(Period::Day).top(10).strict().run(&mut con)?;
/// assert_eq!(top.iter().map(|entry| &*entry.player).collect::<Vec<_>>(), ["ada", "eve", "bob"]);
/// assert_eq!(board.ranking(Period::AllTime).get("bob").run(&mut con)?.unwrap().rank, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Atomicity
///
/// A submission is one script: the comparison with the old score, the change in all periods and
/// the expiries. In the usual code (`ZSCORE`, compare, `ZADD`) two submissions of one player at
/// the same time may keep the lower score.
///
/// # Storage
///
/// Each board is a sorted set and a hash, such as `{tetris}:day:0` and `{tetris}:day:0:players`.
/// Periods take turns with `:0` and `:1`, and each expires at the end of the next period. The
/// server's clock decides on the period, so clients' clocks do not matter. Members of the sorted
/// set begin with the time of their score, so other programs read them by cutting off 16 digits.
///
/// # Other libraries
///
/// | library | what it does |
/// |---|---|
/// | redis-py recipes | `ZADD` and `ZREVRANGE`: equal scores are ordered by name, one key for each day has to be named and expired by the program |
/// | Redisson `RScoredSortedSet` | a typed sorted set with `ZADD GT` and ranks; ties and periods are the program's |
///
/// Here ties are ordered by time, and all periods are written in one step.
pub struct Leaderboard<T, C = Plain> {
    root: Root,
    periods: Vec<Period>,
    /// The time zone of periods: microseconds ahead of UTC.
    offset: i64,
    keep: Keep,
    lowest_first: bool,
    now: Option<SystemTime>,
    types: PhantomData<fn() -> (T, C)>,
}

/// The effect of a submission on the score that a player has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Keep {
    /// The better score stays.
    #[default]
    Best,
    /// The new score replaces the old one.
    Latest,
    /// The new score is added to the old one.
    Sum,
}

/// The result of a submission in one period.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Submitted {
    /// `true` if the player's score was changed.
    pub changed: bool,
    /// The player's score after the submission.
    pub score: f64,
    /// The number of players who are better, 0 for the best.
    pub rank: usize,
}

impl<T, C> Leaderboard<T, C> {
    /// Creates a leaderboard under this key, which keeps the best score of each player for
    /// [all time](Period::AllTime), and of which the highest is first. Nothing is sent.
    pub fn at(key: impl Into<Key>) -> Self {
        Self {
            root: Root::new("Leaderboard", "zset", key.into()),
            periods: vec![Period::AllTime],
            offset: 0,
            keep: Keep::Best,
            lowest_first: false,
            now: None,
            types: PhantomData,
        }
    }

    /// Sets the periods for which a submission counts.
    pub fn periods(self, periods: impl IntoIterator<Item = Period>) -> Self {
        Self { periods: periods.into_iter().collect(), ..self }
    }

    /// Sets which score stays: the best, the latest or the sum.
    pub fn keep(self, keep: Keep) -> Self {
        Self { keep, ..self }
    }

    /// Makes low scores the best ones, as in a race.
    pub fn lowest_first(self) -> Self {
        Self { lowest_first: true, ..self }
    }

    /// Sets the time zone in which days and weeks begin, as minutes ahead of UTC. It does not
    /// change with daylight saving time.
    pub fn utc_offset(self, minutes: i32) -> Self {
        Self { offset: i64::from(minutes) * 60_000_000, ..self }
    }

    /// Sets the time of operations, for tests. Without it the server's clock decides. The
    /// server's own clock still expires the keys.
    pub fn at_time(&self, now: SystemTime) -> Self {
        Self { now: Some(now), ..self.clone() }
    }

    /// Returns the key, from which those of the boards are made.
    pub fn key(&self) -> &Key {
        self.root.key()
    }

    /// Returns the ranking of one period. Nothing is sent.
    pub fn ranking(&self, period: Period) -> Ranking<T, C> {
        Ranking::new(self.clone(), period)
    }

    /// Deletes all rankings, those of the last periods included. Returns `true` if there were
    /// any.
    ///
    /// **Sends** the script `remove.lua`, which calls [`DEL`](https://redis.io/commands/del).
    pub fn clear(&self) -> Command<bool> {
        self.call(&REMOVE, &self.periods).arg("all").returns(is_one)
    }

    /// Begins a call of a script on the boards of these periods.
    fn call(&self, script: &'static Script, periods: &[Period]) -> CommandBuilder<'_> {
        let keys: Vec<Key> = periods
            .iter()
            .flat_map(|period| period.boards())
            .flat_map(|board| [board.clone(), format!("{board}:players")])
            .map(|suffix| key_beside(self.key(), &suffix))
            .collect();
        let command = self.root.script(script, &keys.iter().collect::<Vec<_>>());
        let command = command.optional_int(self.now.map(micros_since_1970).transpose());
        let distinct = periods.iter().enumerate().all(|(at, it)| !periods[..at].contains(it));
        let valid = if periods.is_empty() || !distinct {
            let message = "a leaderboard has at least one period, and each one once";
            Err(Error::new(ErrorKind::InvalidOperation, message))
        } else {
            Ok(())
        };
        let sign = if self.lowest_first { 1 } else { -1 };
        let command = command.check(valid).int(sign).int(periods.len());
        periods.iter().fold(command, |command, period| {
            command.int(period.micros()).int(period.offset() + self.offset)
        })
    }
}

impl<T, C: Codec<T>> Leaderboard<T, C> {
    /// Submits the score of a player to all periods. Returns the result for each, in the order
    /// of [`periods`](Self::periods).
    ///
    /// Among players with the same score, the one who reached it first is better.
    ///
    /// # Errors
    ///
    /// [`InvalidValue`](ErrorKind::InvalidValue) for a score that is not finite,
    /// [`OutOfRange`](ErrorKind::OutOfRange) if a sum would not be.
    /// [`InvalidOperation`](ErrorKind::InvalidOperation) for no periods or one twice. An error of
    /// the server if its clock was set back by two periods or more, until the newer scores
    /// expire. Nothing is changed then.
    ///
    /// **Sends** the script `submit.lua`, which calls [`ZADD`](https://redis.io/commands/zadd),
    /// [`HSET`](https://redis.io/commands/hset) and
    /// [`PEXPIRE`](https://redis.io/commands/pexpire) for each period.
    pub fn submit(&self, player: impl IntoItem<T>, score: f64) -> Command<Vec<Submitted>> {
        let valid = if score.is_finite() {
            Ok(())
        } else {
            Err(Error::new(ErrorKind::InvalidValue, "a score is a finite number"))
        };
        let keep = match self.keep {
            Keep::Best => "best",
            Keep::Latest => "latest",
            Keep::Sum => "sum",
        };
        let command = self.call(&SUBMIT, &self.periods).check(valid).arg(keep).double(score);
        command.item::<T, C, _>(player).returns(submitted)
    }

    /// Removes a player from all rankings, those of the last periods included. Returns `true` if
    /// one of them had the player.
    ///
    /// **Sends** the script `remove.lua`, which calls [`ZREM`](https://redis.io/commands/zrem)
    /// and [`HDEL`](https://redis.io/commands/hdel) for each period.
    pub fn remove(&self, player: impl IntoItem<T>) -> Command<bool> {
        let command = self.call(&REMOVE, &self.periods).arg("player");
        command.item::<T, C, _>(player).returns(is_one)
    }
}

fn submitted(reply: Reply, _: &Source) -> Result<Vec<Submitted>> {
    if !reply.is_array() {
        return Err(match reply.into_int()? {
            -1 => Error::new(ErrorKind::OutOfRange, "the sum of scores is not a finite number"),
            _ => Error::unexpected_reply(),
        });
    }
    let mut parts = reply.into_items()?;
    let mut all = Vec::new();
    while let Some(changed) = parts.next() {
        let mut part = || parts.next().ok_or_else(Error::unexpected_reply);
        let (score, rank) = (part()?.into_double()?, part()?.into_int()?);
        let rank = usize::try_from(rank).map_err(|_| Error::unexpected_reply())?;
        all.push(Submitted { changed: changed.into_int()? == 1, score, rank });
    }
    Ok(all)
}

// Deriving would require the same of the type parameters.
impl<T, C> Clone for Leaderboard<T, C> {
    fn clone(&self) -> Self {
        let Self { root, periods, offset, keep, lowest_first, now, types } = self;
        Self {
            root: root.clone(),
            periods: periods.clone(),
            offset: *offset,
            keep: *keep,
            lowest_first: *lowest_first,
            now: *now,
            types: *types,
        }
    }
}

impl<T, C> fmt::Debug for Leaderboard<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leaderboard")
            .field("key", self.key())
            .field("periods", &self.periods)
            .field("keep", &self.keep)
            .finish_non_exhaustive()
    }
}
