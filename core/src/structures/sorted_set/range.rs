//! Ranges of a sorted set.

use std::ops::{Bound, RangeBounds};

use super::super::list::inclusive;
use super::super::root::{CommandBuilder, double_text};
use crate::error::{Error, ErrorKind, Result};

/// A range of a sorted set: of ranks, of scores, or of members that all have the same score.
///
/// ```
/// use redis_model::Operation;
/// use redis_model::structures::{SortedRange, SortedSet};
///
/// let scores = SortedSet::<String>::at("scores");
/// let page = SortedRange::scores(10.0..).reversed().limit(20, 10);
/// let plan = scores.range(page).explain()?;
/// assert_eq!(plan.to_string(), "ZRANGE scores +inf 10 BYSCORE REV LIMIT 20 10");
/// # Ok::<(), redis_model::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SortedRange {
    bounds: Bounds,
    reversed: bool,
    limit: Option<(usize, usize)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Bounds {
    Ranks(isize, isize),
    /// The least and the greatest score, as Redis reads them; `None` for NaN.
    Scores(Option<(String, String)>),
    Members(Vec<u8>, Vec<u8>),
}

impl SortedRange {
    /// Creates a range of ranks: `..10` are the ten lowest scores, `-10..` the ten highest.
    pub fn ranks(ranks: impl RangeBounds<isize>) -> Self {
        let (start, stop) = inclusive(ranks);
        Self::new(Bounds::Ranks(start, stop))
    }

    /// Creates a range of scores, such as `10.0..20.0` or `..=f64::INFINITY`.
    pub fn scores(scores: impl RangeBounds<f64>) -> Self {
        let score = |bound: Bound<&f64>, unbounded: &str| match bound {
            Bound::Unbounded => Some(unbounded.to_owned()),
            Bound::Included(score) => double_text(*score),
            Bound::Excluded(score) => double_text(*score).map(|text| format!("({text}")),
        };
        let least = score(scores.start_bound(), "-inf");
        Self::new(Bounds::Scores(least.zip(score(scores.end_bound(), "+inf"))))
    }

    /// Creates a range of members, compared by their bytes. It is defined for sets in which
    /// all members have the same score.
    ///
    /// ```
    /// use redis_model::Operation;
    /// use redis_model::structures::{SortedRange, SortedSet};
    ///
    /// let names = SortedSet::<String>::at("names");
    /// let plan = names.range(SortedRange::members("a".."c")).explain()?;
    /// assert_eq!(plan.to_string(), "ZRANGE names [a (c BYLEX");
    /// # Ok::<(), redis_model::Error>(())
    /// ```
    pub fn members<'a>(members: impl RangeBounds<&'a str>) -> Self {
        let member = |bound: Bound<&&str>, unbounded: &str| match bound {
            Bound::Unbounded => unbounded.into(),
            Bound::Included(member) => format!("[{member}").into_bytes(),
            Bound::Excluded(member) => format!("({member}").into_bytes(),
        };
        let least = member(members.start_bound(), "-");
        Self::new(Bounds::Members(least, member(members.end_bound(), "+")))
    }

    fn new(bounds: Bounds) -> Self {
        Self { bounds, reversed: false, limit: None }
    }

    /// Reverses the order: the highest score comes first and has rank 0.
    pub fn reversed(self) -> Self {
        Self { reversed: true, ..self }
    }

    /// Skips `offset` members of the range and takes `count`. Only for scores and members;
    /// ranks have bounds for that.
    pub fn limit(self, offset: usize, count: usize) -> Self {
        Self { limit: Some((offset, count)), ..self }
    }

    /// Adds the range as ZRANGE takes it.
    pub(super) fn write<'a>(&self, command: CommandBuilder<'a>) -> CommandBuilder<'a> {
        let command = match &self.bounds {
            Bounds::Ranks(start, stop) => {
                let limited = refuse(self.limit.is_some(), "ranks have bounds, so no limit");
                command.int(*start).int(*stop).check(limited)
            }
            _ => self.ordered_bounds(command),
        };
        let command = match &self.bounds {
            Bounds::Ranks(..) => command,
            Bounds::Scores(_) => command.arg("BYSCORE"),
            Bounds::Members(..) => command.arg("BYLEX"),
        };
        let command = if self.reversed { command.arg("REV") } else { command };
        match self.limit {
            Some((offset, count)) => command.arg("LIMIT").size(offset).size(count),
            None => command,
        }
    }

    /// Adds the bounds; reversed ones in the other order.
    fn ordered_bounds<'a>(&self, command: CommandBuilder<'a>) -> CommandBuilder<'a> {
        let mut bounds = self.texts();
        if self.reversed {
            bounds.reverse();
        }
        let command = command.check(self.check_bounds());
        bounds.iter().fold(command, |command, bound| command.arg(bound))
    }

    fn texts(&self) -> [Vec<u8>; 2] {
        match &self.bounds {
            Bounds::Ranks(start, stop) => [start, stop].map(|rank| rank.to_string().into_bytes()),
            Bounds::Scores(scores) => {
                let (least, greatest) = scores.clone().unwrap_or_default();
                [least.into_bytes(), greatest.into_bytes()]
            }
            Bounds::Members(least, greatest) => [least.clone(), greatest.clone()],
        }
    }

    fn check_bounds(&self) -> Result<()> {
        refuse(self.bounds == Bounds::Scores(None), "a bound of the scores is not a number")
    }

    pub(super) fn check_scored(&self) -> Result<()> {
        let members = matches!(self.bounds, Bounds::Members(..));
        refuse(members, "a range of members has one score for all; use `range`")
    }

    /// Adds the bounds alone to a command that takes no direction and no limit.
    pub(super) fn write_bounds<'a>(&self, command: CommandBuilder<'a>) -> CommandBuilder<'a> {
        let ranks = matches!(self.bounds, Bounds::Ranks(..));
        let command = command
            .check(self.check_bounds())
            .check(refuse(self.limit.is_some(), "this operation takes no limit"))
            .check(refuse(ranks && self.reversed, "this operation takes no reversed ranks"));
        self.texts().iter().fold(command, |command, bound| command.arg(bound))
    }

    /// Returns the command that counts the members.
    pub(super) fn count_command(&self) -> &'static str {
        if matches!(self.bounds, Bounds::Members(..)) { "ZLEXCOUNT" } else { "ZCOUNT" }
    }

    pub(super) fn check_countable(&self) -> Result<()> {
        let ranks = matches!(self.bounds, Bounds::Ranks(..));
        refuse(ranks, "ranks are numbers already; `len` returns the number of members")
    }

    /// Returns the command that removes the members.
    pub(super) fn remove_command(&self) -> &'static str {
        match self.bounds {
            Bounds::Ranks(..) => "ZREMRANGEBYRANK",
            Bounds::Scores(_) => "ZREMRANGEBYSCORE",
            Bounds::Members(..) => "ZREMRANGEBYLEX",
        }
    }
}

fn refuse(wrong: bool, message: &'static str) -> Result<()> {
    if wrong { Err(Error::new(ErrorKind::InvalidOperation, message)) } else { Ok(()) }
}
