//! Ids of entries.

use std::fmt;
use std::ops::{Bound, RangeBounds};
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use crate::error::{Error, Result, ValueError};
use crate::op::Reply;

/// The id of an entry: the time of its creation and a number that orders the entries of one
/// millisecond.
///
/// Its text, such as `1526919030474-55`, is that of Redis, and it is a
/// [`RedisValue`](crate::RedisValue): a reader can store its position in a field or in a
/// [`Value`](crate::structures::Value).
///
/// ```
/// use redis_model::structures::StreamId;
///
/// let id: StreamId = "1526919030474-55".parse()?;
/// assert_eq!(id, StreamId::new(1526919030474, 55));
/// assert!(id < StreamId::from_millis(1526919030475));
/// assert_eq!(id.to_string(), "1526919030474-55");
/// # Ok::<(), redis_model::ValueError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct StreamId {
    /// Milliseconds since 1970, by the clock of the server, if the server chose the id.
    pub millis: u64,
    /// The number within the millisecond.
    pub sequence: u64,
}

impl StreamId {
    /// The id before all others. No entry has it.
    pub const MIN: Self = Self::new(0, 0);
    /// The greatest id.
    pub const MAX: Self = Self::new(u64::MAX, u64::MAX);

    const WRONG: ValueError = ValueError::new("not an id of an entry such as 1526919030474-55");

    /// Creates an id.
    pub const fn new(millis: u64, sequence: u64) -> Self {
        Self { millis, sequence }
    }

    /// Returns the first id of a millisecond.
    pub const fn from_millis(millis: u64) -> Self {
        Self::new(millis, 0)
    }

    /// Returns the first id of a time, whose fraction of a millisecond is cut off. A time
    /// before 1970 is [`MIN`](Self::MIN).
    pub fn from_time(time: SystemTime) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    /// Returns the time in the id, or `None` if `SystemTime` cannot represent it.
    pub fn time(self) -> Option<SystemTime> {
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(self.millis))
    }

    /// Returns the id after this one.
    pub const fn next(self) -> Option<Self> {
        match (self.sequence.checked_add(1), self.millis.checked_add(1)) {
            (Some(sequence), _) => Some(Self::new(self.millis, sequence)),
            (None, Some(millis)) => Some(Self::from_millis(millis)),
            (None, None) => None,
        }
    }

    /// Returns the id before this one.
    pub const fn previous(self) -> Option<Self> {
        match (self.sequence.checked_sub(1), self.millis.checked_sub(1)) {
            (Some(sequence), _) => Some(Self::new(self.millis, sequence)),
            (None, Some(millis)) => Some(Self::new(millis, u64::MAX)),
            (None, None) => None,
        }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.millis, self.sequence)
    }
}

impl FromStr for StreamId {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let number = |digits: &str| {
            // `parse` takes a plus sign, too.
            let digits = Some(digits).filter(|digits| !digits.starts_with('+'));
            digits.and_then(|digits| digits.parse().ok()).ok_or(Self::WRONG)
        };
        let (millis, sequence) = text.split_once('-').ok_or(Self::WRONG)?;
        Ok(Self::new(number(millis)?, number(sequence)?))
    }
}

impl crate::value::RedisValue for StreamId {
    fn write<W: std::io::Write>(&self, out: &mut W) -> Result<(), ValueError> {
        crate::value::put_display(out, self)
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        crate::value::parse(&bytes, Self::WRONG)
    }
}

/// Decodes an id.
pub(super) fn id(reply: Reply) -> Result<StreamId> {
    reply.into_text()?.parse().map_err(|_| Error::unexpected_reply())
}

/// Decodes an id or nil.
pub(super) fn optional_id(reply: Reply) -> Result<Option<StreamId>> {
    if reply.is_nil() { Ok(None) } else { id(reply).map(Some) }
}

/// Decodes an array of ids.
pub(super) fn ids(reply: Reply) -> Result<Vec<StreamId>> {
    reply.into_items()?.map(id).collect()
}

/// Returns the first and the last id of a range, as XRANGE takes them.
pub(super) fn inclusive(range: impl RangeBounds<StreamId>) -> [String; 2] {
    let text = |id: Option<StreamId>| id.map(|id| id.to_string());
    let first = match range.start_bound() {
        Bound::Unbounded => Some("-".to_owned()),
        Bound::Included(first) => text(Some(*first)),
        Bound::Excluded(before) => text(before.next()),
    };
    let last = match range.end_bound() {
        Bound::Unbounded => Some("+".to_owned()),
        Bound::Included(last) => text(Some(*last)),
        Bound::Excluded(end) => text(end.previous()),
    };
    // There is nothing before the least id and after the greatest: an empty range.
    first.zip(last).map_or(["+".to_owned(), "-".to_owned()], |(first, last)| [first, last])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_text_that_redis_returns_is_an_id() {
        for wrong in ["", "5", "5-", "-5", "+5-0", "5-+1", "5-1-2", "5-18446744073709551616", "*"] {
            assert!(wrong.parse::<StreamId>().is_err(), "{wrong}");
        }
        let greatest = "18446744073709551615-18446744073709551615";
        assert_eq!(greatest.parse(), Ok(StreamId::MAX));
    }

    #[test]
    fn neighbours_cross_the_border_of_a_millisecond() {
        let last = StreamId::new(4, u64::MAX);
        assert_eq!(last.next(), Some(StreamId::from_millis(5)));
        assert_eq!(StreamId::from_millis(5).previous(), Some(last));
        assert_eq!((StreamId::MAX.next(), StreamId::MIN.previous()), (None, None));
    }

    #[test]
    fn excluded_bounds_are_those_of_the_neighbours() {
        let id = |millis| StreamId::new(millis, 7);
        assert_eq!(inclusive(id(1)..id(2)), ["1-7", "2-6"]);
        assert_eq!(inclusive((Bound::Excluded(id(1)), Bound::Unbounded)), ["1-8", "+"]);
        assert_eq!(inclusive(..=id(2)), ["-", "2-7"]);
        assert_eq!(inclusive(..StreamId::MIN), ["+", "-"]);
        assert_eq!(inclusive((Bound::Excluded(StreamId::MAX), Bound::Unbounded)), ["+", "-"]);
    }
}
