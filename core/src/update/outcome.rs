//! What became of a conditional write.

use std::fmt;
use std::vec;

use crate::error::{Error, Result};
use crate::field::Field;
use crate::model::RedisModel;
use crate::op::Reply;
use crate::redis_rs::ReplyValue;

/// What became of an update.
#[must_use = "an update may find no record, or a condition that does not hold"]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<R> {
    /// It was applied; with what [`returning`](crate::Update::returning) asked for.
    Applied(R),
    /// There is no such record, and none was created.
    Missing,
    /// These fields are not as the conditions had them, and nothing was changed.
    Conflict(Conflict),
}

/// The fields for which an update was not applied.
#[derive(Clone, PartialEq, Eq)]
pub struct Conflict {
    fields: Vec<String>,
}

impl<R> Outcome<R> {
    /// Whether it was applied.
    pub fn is_applied(&self) -> bool {
        matches!(self, Self::Applied(_))
    }

    /// What was returned, if it was applied.
    pub fn applied(self) -> Option<R> {
        match self {
            Self::Applied(returned) => Some(returned),
            Self::Missing | Self::Conflict(_) => None,
        }
    }

    /// Whether there is no such record.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }

    /// The fields in conflict, if there were any.
    pub fn conflict(&self) -> Option<&Conflict> {
        match self {
            Self::Conflict(conflict) => Some(conflict),
            Self::Applied(_) | Self::Missing => None,
        }
    }

    /// The same with another output.
    pub fn map<T>(self, change: impl FnOnce(R) -> T) -> Outcome<T> {
        match self {
            Self::Applied(returned) => Outcome::Applied(change(returned)),
            Self::Missing => Outcome::Missing,
            Self::Conflict(conflict) => Outcome::Conflict(conflict),
        }
    }

    /// What was returned.
    ///
    /// # Panics
    ///
    /// If it was not applied, with `message`.
    #[track_caller]
    pub fn expect(self, message: &str) -> R {
        match self {
            Self::Applied(returned) => returned,
            Self::Missing => panic!("{message}: there is no such record"),
            Self::Conflict(conflict) => panic!("{message}: conflict in {conflict:?}"),
        }
    }
}

impl Conflict {
    pub(crate) fn read(names: vec::IntoIter<ReplyValue>) -> Result<Self> {
        names
            .map(|name| Reply(name).into_text())
            .collect::<Result<_>>()
            .map(|fields| Self { fields })
    }

    /// The conflict of a record that has no fields to name.
    pub(crate) fn of_all() -> Self {
        Self { fields: Vec::new() }
    }

    /// The conflict in the field that an error is about.
    pub(crate) fn about(error: &Error) -> Self {
        Self { fields: error.field().map(str::to_owned).into_iter().collect() }
    }

    /// The stored names of the fields.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(String::as_str)
    }

    /// Whether this field is one of them.
    pub fn contains<M: RedisModel, V, Enc>(&self, field: Field<M, V, Enc>) -> bool {
        self.fields().any(|name| name == field.name())
    }
}

impl fmt::Debug for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.fields).finish()
    }
}
