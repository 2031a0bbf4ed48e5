//! The periods of a leaderboard.

/// A time for which a [`Leaderboard`](super::Leaderboard) counts, in UTC or the time zone of
/// [`utc_offset`](super::Leaderboard::utc_offset).
///
/// Months are not here, because their lengths differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Period {
    /// An hour of the clock.
    Hour,
    /// From midnight to midnight.
    Day,
    /// From Monday to Sunday.
    Week,
    /// A period that never ends, and whose keys do not expire.
    AllTime,
}

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

impl Period {
    /// Returns the length in microseconds; 0 for one that never ends.
    pub(super) fn micros(self) -> i64 {
        match self {
            Self::Hour => HOUR,
            Self::Day => DAY,
            Self::Week => 7 * DAY,
            Self::AllTime => 0,
        }
    }

    /// Returns the microseconds that are added to a time before it is divided into periods.
    pub(super) fn offset(self) -> i64 {
        match self {
            // 1 January 1970 was a Thursday.
            Self::Week => 3 * DAY,
            Self::Hour | Self::Day | Self::AllTime => 0,
        }
    }

    /// Returns the suffixes of the keys that take turns.
    pub(super) fn boards(self) -> Vec<String> {
        let name = match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::AllTime => return vec!["all".to_owned()],
        };
        vec![format!("{name}:0"), format!("{name}:1")]
    }
}
