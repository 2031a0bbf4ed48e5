//! The ranking of one period.

use std::fmt;
use std::ops::Range;

use super::{Leaderboard, Period};
use crate::codec::{Codec, Plain};
use crate::error::{Error, ErrorKind, Result};
use crate::op::{Reply, Script};
use crate::structures::command::Source;
use crate::structures::root::{CommandBuilder, count};
use crate::structures::{Command, IntoItem};

static READ: Script =
    Script::reading("read", concat!(include_str!("boards.lua"), include_str!("read.lua")))
        .with_keys_beside();

/// The ranking of one period; see [`Leaderboard::ranking`].
///
/// Ranks begin with 0 for the best.
///
/// ```
/// use redis_model::Operation;
/// use redis_model::patterns::{Leaderboard, Period};
///
/// # let server = redis_model::embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// let races = Leaderboard::<u32>::at("race").lowest_first();
/// for (player, seconds) in [(1, 61.5), (2, 59.0), (3, 60.25), (4, 70.0)] {
///     races.submit(player, seconds).run(&mut con)?;
/// }
/// let ranking = races.ranking(Period::AllTime);
/// let around = ranking.around(3, 1).strict().run(&mut con)?;
/// assert_eq!(around.iter().map(|it| (it.rank, it.player)).collect::<Vec<_>>(), [(0, 2), (1, 3), (2, 1)]);
/// let second_page = ranking.page(1, 3).strict().run(&mut con)?;
/// assert_eq!((second_page.len(), second_page[0].player), (1, 4));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Ranking<T, C = Plain> {
    board: Leaderboard<T, C>,
    period: Period,
    back: u8,
}

/// A player in a [`Ranking`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Entry<T> {
    /// The number of players who are better.
    pub rank: usize,
    /// The score.
    pub score: f64,
    /// The player.
    pub player: T,
}

/// The rank and the score of one player.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Standing {
    /// The number of players who are better.
    pub rank: usize,
    /// The score.
    pub score: f64,
}

impl<T, C> Ranking<T, C> {
    pub(super) fn new(board: Leaderboard<T, C>, period: Period) -> Self {
        Self { board, period, back: 0 }
    }

    /// Returns the ranking of the period before, which is kept until the current one ends.
    /// Before [`AllTime`](Period::AllTime) there is none; its operations are errors.
    pub fn previous(&self) -> Self {
        Self { board: self.board.clone(), period: self.period, back: 1 }
    }

    /// Returns the number of players.
    ///
    /// **Sends** the script `read.lua`, which calls [`ZCARD`](https://redis.io/commands/zcard).
    pub fn len(&self) -> Command<usize> {
        self.read("len").returns(count)
    }

    fn read(&self, what: &str) -> CommandBuilder<'_> {
        let message = if !self.board.periods.contains(&self.period) {
            Some("the leaderboard does not have this period")
        } else if self.back > 0 && self.period == Period::AllTime {
            Some("there is no period before all time")
        } else {
            None
        };
        let valid = message.map_or(Ok(()), |it| Err(Error::new(ErrorKind::InvalidOperation, it)));
        self.board.call(&READ, &[self.period]).check(valid).int(self.back).arg(what)
    }
}

impl<T, C: Codec<T>> Ranking<T, C> {
    /// Returns the best players, up to `most`.
    ///
    /// **Sends** the script `read.lua`, which calls [`ZRANGE`](https://redis.io/commands/zrange).
    pub fn top(&self, most: usize) -> Command<Vec<Result<Entry<T>>>> {
        self.range(0..most)
    }

    /// Returns a page of players: page 0 has the first `size` of them.
    ///
    /// **Sends** the script `read.lua`, which calls [`ZRANGE`](https://redis.io/commands/zrange).
    pub fn page(&self, number: usize, size: usize) -> Command<Vec<Result<Entry<T>>>> {
        let first = number.saturating_mul(size);
        self.range(first..first.saturating_add(size))
    }

    /// Returns the players of a range of ranks.
    ///
    /// **Sends** the script `read.lua`, which calls [`ZRANGE`](https://redis.io/commands/zrange).
    pub fn range(&self, ranks: Range<usize>) -> Command<Vec<Result<Entry<T>>>> {
        // A sorted set has fewer members, and Lua's numbers are exact below.
        let rank = |rank: usize| u64::try_from(rank).unwrap_or(u64::MAX).min(1 << 50);
        let (start, end) = (rank(ranks.start), rank(ranks.end));
        let command = self.read("range").int(start).int(end.saturating_sub(start));
        command.returns(entries::<T, C>)
    }

    /// Returns a player with up to `each_side` players before and after; nothing if the ranking
    /// does not have the player.
    ///
    /// **Sends** the script `read.lua`, which calls [`ZRANK`](https://redis.io/commands/zrank)
    /// and [`ZRANGE`](https://redis.io/commands/zrange).
    pub fn around(
        &self,
        player: impl IntoItem<T>,
        each_side: usize,
    ) -> Command<Vec<Result<Entry<T>>>> {
        let each_side = u64::try_from(each_side).unwrap_or(u64::MAX).min(1 << 50);
        let command = self.read("around").item::<T, C, _>(player).int(each_side);
        command.returns(entries::<T, C>)
    }

    /// Returns the rank and the score of a player, if the ranking has the player.
    ///
    /// **Sends** the script `read.lua`, which calls [`ZRANK`](https://redis.io/commands/zrank)
    /// and [`ZSCORE`](https://redis.io/commands/zscore).
    pub fn get(&self, player: impl IntoItem<T>) -> Command<Option<Standing>> {
        self.read("player").item::<T, C, _>(player).returns(|reply, source| {
            if reply.is_nil() {
                return Ok(None);
            }
            let mut parts = reply.into_items()?;
            let mut part = || parts.next().ok_or_else(Error::unexpected_reply);
            let (rank, score) = (count(part()?, source)?, part()?.into_double()?);
            Ok(Some(Standing { rank, score }))
        })
    }
}

/// Decodes the rank of the first entry and the entries.
fn entries<T, C: Codec<T>>(reply: Reply, source: &Source) -> Result<Vec<Result<Entry<T>>>> {
    if reply.is_nil() {
        return Ok(Vec::new());
    }
    let mut parts = reply.into_items()?;
    let first = count(parts.next().ok_or_else(Error::unexpected_reply)?, source)?;
    let mut entries = Vec::new();
    while let Some(player) = parts.next() {
        let at = entries.len();
        let score = parts.next().ok_or_else(Error::unexpected_reply)?.into_double()?;
        let player = player.into_bytes()?.ok_or_else(Error::unexpected_reply)?;
        let player = source.item::<T, C>(player).map_err(|error| error.with_item(at));
        entries.push(player.map(|player| Entry { rank: first + at, score, player }));
    }
    Ok(entries)
}

impl<T, C> Clone for Ranking<T, C> {
    fn clone(&self) -> Self {
        Self { board: self.board.clone(), period: self.period, back: self.back }
    }
}

impl<T, C> fmt::Debug for Ranking<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("Ranking");
        f.field("key", self.board.key()).field("period", &self.period).field("back", &self.back);
        f.finish()
    }
}
