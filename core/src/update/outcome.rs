//! The result of a conditional write.

use std::fmt;
use std::vec;

use crate::error::{Error, Result};
use crate::field::Field;
use crate::model::RedisModel;
use crate::op::Reply;
use crate::redis_rs::ReplyValue;

/// The result of an update.
#[must_use = "an update may find no record, or a condition that does not hold"]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<R> {
    /// The update was applied, with the output of [`returning`](crate::Update::returning).
    Applied(R),
    /// There is no such record, and the update did not create one.
    Missing,
    /// The conditions on these fields do not hold, and nothing was changed.
    Conflict(Conflict),
}

/// The fields whose conditions did not hold.
#[derive(Clone, PartialEq, Eq)]
pub struct Conflict {
    fields: Vec<String>,
}

impl<R> Outcome<R> {
    /// Returns `true` if the update was applied.
    pub fn is_applied(&self) -> bool {
        matches!(self, Self::Applied(_))
    }

    /// Returns the output, if the update was applied.
    pub fn applied(self) -> Option<R> {
        match self {
            Self::Applied(returned) => Some(returned),
            Self::Missing | Self::Conflict(_) => None,
        }
    }

    /// Returns `true` if there is no such record.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }

    /// Returns the fields in conflict, if there were any.
    pub fn conflict(&self) -> Option<&Conflict> {
        match self {
            Self::Conflict(conflict) => Some(conflict),
            Self::Applied(_) | Self::Missing => None,
        }
    }

    /// Changes the output.
    pub fn map<T>(self, change: impl FnOnce(R) -> T) -> Outcome<T> {
        match self {
            Self::Applied(returned) => Outcome::Applied(change(returned)),
            Self::Missing => Outcome::Missing,
            Self::Conflict(conflict) => Outcome::Conflict(conflict),
        }
    }

    /// Returns the output.
    ///
    /// # Panics
    ///
    /// Panics with `message` if the update was not applied.
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

    /// Returns the conflict of a blob, which has no fields to name.
    pub(crate) fn of_all() -> Self {
        Self { fields: Vec::new() }
    }

    /// Returns the conflict in the field that an error names.
    pub(crate) fn about(error: &Error) -> Self {
        Self { fields: error.field().map(str::to_owned).into_iter().collect() }
    }

    /// Returns the stored names of the fields.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(String::as_str)
    }

    /// Returns `true` if this field is one of them.
    pub fn contains<M: RedisModel, V, Enc>(&self, field: Field<M, V, Enc>) -> bool {
        self.fields().any(|name| name == field.name())
    }
}

impl fmt::Debug for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.fields).finish()
    }
}
