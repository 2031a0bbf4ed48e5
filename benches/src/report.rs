//! Rows of the table, and their targets.

use crate::rounds::Compared;

/// One line of the table: ours beside the other.
pub struct Row {
    pub suite: String,
    /// The work, the other side and the unit.
    pub name: String,
    pub ours: f64,
    pub other: f64,
    pub ratio: f64,
}

impl Row {
    pub fn new(suite: &str, name: impl Into<String>, ours: f64, other: f64) -> Self {
        let ratio = if ours == other { 1.0 } else { ours / other };
        Self { suite: suite.to_owned(), name: name.into(), ours, other, ratio }
    }

    /// Returns the row of work that was measured in rounds.
    pub fn compared(suite: &str, name: impl Into<String>, compared: Compared) -> Self {
        let Compared { ours, other, ratio } = compared;
        Self { suite: suite.to_owned(), name: name.into(), ours, other, ratio }
    }

    /// Returns the row as it is printed: tab-separated.
    pub fn line(&self) -> String {
        let [ours, other] = [self.ours, self.other].map(number);
        format!("{}: {}\t{ours}\t{other}\t{:.2}", self.suite, self.name, self.ratio)
    }

    /// Parses a line that [`line`](Self::line) returned.
    pub fn parse(line: &str) -> Option<Self> {
        let mut columns = line.split('\t');
        let (suite, name) = columns.next()?.split_once(": ")?;
        let mut next = || columns.next()?.parse().ok();
        let (ours, other, ratio) = (next()?, next()?, next()?);
        Some(Self { suite: suite.to_owned(), name: name.to_owned(), ours, other, ratio })
    }

    /// Returns `true` if ours is not behind. Rates are better if they are higher.
    pub fn is_better(&self) -> bool {
        if self.name.ends_with("(1/s)") { self.ratio >= 1.0 } else { self.ratio <= 1.0 }
    }

    pub fn target(&self) -> Option<Target> {
        let found = TARGETS
            .iter()
            .find(|(suite, part, _)| *suite == self.suite && self.name.contains(part));
        found.map(|(_, _, target)| *target)
    }
}

/// Writes a number with three significant digits or more.
pub fn number(number: f64) -> String {
    match number.abs() {
        large if large >= 100.0 => format!("{number:.0}"),
        medium if medium >= 10.0 => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

pub const HEAD: &str = "name\tours\tother\tratio";

/// The target of a row.
#[derive(Clone, Copy)]
pub enum Target {
    /// The largest ratio.
    Ratio(f64),
    /// The smallest ratio, where more is better.
    RatioAtLeast(f64),
    /// The largest value of ours.
    Ours(f64),
}

impl Target {
    pub fn is_met(self, row: &Row) -> bool {
        match self {
            Self::Ratio(most) => row.ratio <= most + 0.005,
            Self::RatioAtLeast(least) => row.ratio >= least - 0.005,
            Self::Ours(most) => row.ours <= most + 0.005,
        }
    }

    pub fn text(self) -> String {
        match self {
            Self::Ratio(most) => format!("≤ {most}"),
            Self::RatioAtLeast(least) => format!("≥ {least}"),
            Self::Ours(most) => format!("ours ≤ {most}"),
        }
    }
}

/// The suite, the text that its rows contain, and the target. The first match counts.
const TARGETS: &[(&str, &str, Target)] = &[
    ("cpu", "save, tuned (instructions)", Target::Ratio(1.0)),
    ("cpu", "get, tuned (instructions)", Target::Ratio(1.0)),
    ("cpu", "batch of 100 saves, tuned (instructions)", Target::Ratio(1.1)),
    ("cpu", "get_many of 100, tuned (instructions)", Target::Ratio(1.1)),
    ("cpu", "update, tuned (instructions)", Target::Ratio(1.1)),
    ("cpu", "save, tuned (allocations)", Target::Ours(2.0)),
    ("cpu", "get, tuned (allocations)", Target::Ours(2.0)),
    ("cpu", "update, tuned (allocations)", Target::Ours(3.0)),
    ("cpu", "get Postcard, tuned (instructions)", Target::Ratio(1.05)),
    ("cpu", "get Bincode, tuned (instructions)", Target::Ratio(1.05)),
    ("server", "guarded set and incr, MULTI", Target::Ours(2.5)),
    ("server", "save with None and TTL, MULTI", Target::Ours(1.3)),
    ("server", "redis-benchmark", Target::RatioAtLeast(1.0)),
    ("server", "guarded update by 16 writers", Target::RatioAtLeast(5.0)),
    ("peers", "", Target::Ratio(1.0)),
];
