//! Options of XADD and XTRIM.

use super::id::StreamId;

/// The entries that a trim keeps: the newest, or those from an id on.
///
/// ```
/// use redis_model::Operation;
/// use redis_model::structures::Stream;
/// use redis_model::structures::stream::{Encoded, Trim};
/// use redis_model::Json;
///
/// let events = Stream::<u32, Encoded<Json>>::at("events");
/// let plan = events.trim(Trim::max_len(1000).approximate()).explain()?;
/// assert_eq!(plan.to_string(), "XTRIM events MAXLEN ~ 1000");
/// # Ok::<(), redis_model::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Trim {
    keep: Keep,
    approximate: bool,
    limit: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    Newest(usize),
    From(StreamId),
}

impl Trim {
    /// Keeps the newest entries, at most so many: `MAXLEN`.
    pub fn max_len(entries: usize) -> Self {
        Self { keep: Keep::Newest(entries), approximate: false, limit: None }
    }

    /// Keeps the entries with this id or a greater one: `MINID`. Needs Redis 6.2.
    pub fn min_id(id: StreamId) -> Self {
        Self { keep: Keep::From(id), approximate: false, limit: None }
    }

    /// Lets the server keep some entries more, if it can remove whole blocks of its memory
    /// then, which is much faster: `~`.
    pub fn approximate(self) -> Self {
        Self { approximate: true, ..self }
    }

    /// Removes at most about so many entries in one step, or any number for 0: `LIMIT`. Such a
    /// trim is [approximate](Self::approximate). Needs Redis 6.2.
    pub fn limit(self, entries: usize) -> Self {
        Self { approximate: true, limit: Some(entries), ..self }
    }

    /// Returns the words that XADD and XTRIM take.
    pub(super) fn words(self) -> Vec<String> {
        let (strategy, threshold) = match self.keep {
            Keep::Newest(entries) => ("MAXLEN", size(entries)),
            Keep::From(id) => ("MINID", id.to_string()),
        };
        let mut words = vec![strategy.to_owned()];
        if self.approximate {
            words.push("~".to_owned());
        }
        words.push(threshold);
        if let Some(limit) = self.limit {
            words.extend(["LIMIT".to_owned(), size(limit)]);
        }
        words
    }
}

/// Returns a number of entries as Redis reads it.
fn size(entries: usize) -> String {
    i64::try_from(entries).unwrap_or(i64::MAX).to_string()
}

/// Options of [`Stream::append_with`](super::Stream::append_with). By default the server
/// chooses the id, a stream is created, and nothing is trimmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[must_use]
pub struct AppendOptions {
    id: Option<StreamId>,
    trim: Option<Trim>,
    only_existing: bool,
}

impl AppendOptions {
    /// Creates the default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the id, which must be greater than all that the stream ever had.
    pub fn id(self, id: StreamId) -> Self {
        Self { id: Some(id), ..self }
    }

    /// Trims the stream in the same step.
    pub fn trim(self, trim: Trim) -> Self {
        Self { trim: Some(trim), ..self }
    }

    /// Creates no stream: `NOMKSTREAM`. Needs Redis 6.2.
    pub fn only_existing(self) -> Self {
        Self { only_existing: true, ..self }
    }

    pub(super) fn creates(self) -> bool {
        !self.only_existing
    }

    /// Returns the words that XADD takes between the key and the fields.
    pub(super) fn words(self) -> Vec<String> {
        let mut words = Vec::new();
        if self.only_existing {
            words.push("NOMKSTREAM".to_owned());
        }
        words.extend(self.trim.into_iter().flat_map(Trim::words));
        words.push(self.id.map_or_else(|| "*".to_owned(), |id| id.to_string()));
        words
    }
}
