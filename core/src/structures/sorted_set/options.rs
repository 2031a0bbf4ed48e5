//! Options of commands of sorted sets.

use super::super::root::CommandBuilder;
use crate::error::{Error, ErrorKind, Result};

/// Conditions of [`SortedSet::add_with`](super::SortedSet::add_with): which members are added
/// and which scores are changed. The default is all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AddOptions {
    only_new: bool,
    only_existing: bool,
    only_greater: bool,
    only_less: bool,
}

impl AddOptions {
    /// Creates options without conditions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds members and changes no scores: `NX`.
    pub fn only_new(self) -> Self {
        Self { only_new: true, ..self }
    }

    /// Changes scores and adds no members: `XX`.
    pub fn only_existing(self) -> Self {
        Self { only_existing: true, ..self }
    }

    /// Changes a score only to a greater one: `GT`.
    pub fn only_greater(self) -> Self {
        Self { only_greater: true, ..self }
    }

    /// Changes a score only to a smaller one: `LT`.
    pub fn only_less(self) -> Self {
        Self { only_less: true, ..self }
    }

    /// Returns the options as ZADD takes them, and others behind them.
    pub(super) fn words(self, others: &[&'static str]) -> Vec<&'static str> {
        let own = [
            (self.only_new, "NX"),
            (self.only_existing, "XX"),
            (self.only_greater, "GT"),
            (self.only_less, "LT"),
        ];
        let own = own.into_iter().filter_map(|(is_set, word)| is_set.then_some(word));
        own.chain(others.iter().copied()).collect()
    }

    pub(super) fn check(self) -> Result<()> {
        let compares = self.only_greater || self.only_less;
        let excludes = self.only_new && (self.only_existing || compares)
            || self.only_greater && self.only_less;
        if !excludes {
            return Ok(());
        }
        let message = "the options exclude each other: of `only_new`, `only_greater` and \
                       `only_less` at most one, and `only_new` not with `only_existing`";
        Err(Error::new(ErrorKind::InvalidOperation, message))
    }
}

/// The score of a member that several sets have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Aggregate {
    /// The sum of its scores.
    #[default]
    Sum,
    /// The least of its scores.
    Min,
    /// The greatest of its scores.
    Max,
}

impl Aggregate {
    /// Adds `WEIGHTS … AGGREGATE …`.
    pub(super) fn write<'a>(
        self,
        command: CommandBuilder<'a>,
        weights: impl Iterator<Item = f64>,
    ) -> CommandBuilder<'a> {
        let word = match self {
            Self::Sum => "SUM",
            Self::Min => "MIN",
            Self::Max => "MAX",
        };
        weights.fold(command.arg("WEIGHTS"), CommandBuilder::double).arg("AGGREGATE").arg(word)
    }
}
