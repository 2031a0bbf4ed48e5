//! The older versions of a model.

use std::convert::Infallible;

use super::{CodecList, OpenedValue};
use crate::error::{ErrorKind, ValueError};

/// The older versions of a model, newest first, as nested pairs: `(V2, (V1, ()))`.
/// Each is converted to the next by `TryFrom`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be migrated to `{M}`",
    label = "cannot be migrated",
    note = "implement `From` or `TryFrom<…, Error = redis_model::ValueError>` from each version to the next, and `serde::Serialize` and `serde::Deserialize` for the old ones"
)]
pub trait Predecessors<M, R> {
    /// Reads a value that is `back` versions older and converts it to the model.
    ///
    /// # Errors
    ///
    /// If the version is not in the list, or the value cannot be decoded or converted.
    fn read(back: u8, version: u8, value: &OpenedValue<'_>) -> Result<M, ValueError>;
}

impl<M, R> Predecessors<M, R> for () {
    fn read(_: u8, version: u8, _: &OpenedValue<'_>) -> Result<M, ValueError> {
        Err(unlisted_version(version))
    }
}

impl<M, R, P, Older> Predecessors<M, R> for (P, Older)
where
    R: CodecList<P>,
    P: TryInto<M>,
    ValueError: From<P::Error>,
    Older: Predecessors<P, R>,
{
    fn read(back: u8, version: u8, value: &OpenedValue<'_>) -> Result<M, ValueError> {
        let older = match back {
            1 => R::read(value)?,
            _ => Older::read(back - 1, version, value)?,
        };
        older.try_into().map_err(|error| refused_migration(version, error))
    }
}

/// Returns the error for a version that this program does not know yet.
pub(crate) fn newer_version(version: u8, current: u8) -> ValueError {
    let why =
        format!("stored by version {version} of the model; this program knows up to {current}");
    ValueError::computed(ErrorKind::NewerVersion, why)
}

/// Returns the error for a version that this program does not know any more.
pub(crate) fn unlisted_version(version: u8) -> ValueError {
    let why = format!("stored by version {version} of the model, which `migrate(…)` does not list");
    ValueError::computed(ErrorKind::NoMigration, why)
}

/// Returns the error for a value whose `TryFrom` failed.
pub(crate) fn refused_migration(version: u8, error: impl Into<ValueError>) -> ValueError {
    let why = format!("the migration from version {version} refused it: {}", error.into());
    ValueError::computed(ErrorKind::NoMigration, why)
}

/// For conversions that cannot fail.
impl From<Infallible> for ValueError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
