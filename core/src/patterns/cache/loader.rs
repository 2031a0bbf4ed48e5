//! The four forms of a loader: sync or async, of a value or of an `Option`.

use std::error::Error as StdError;
use std::future::Future;

use crate::error::{Error, Result};

/// The error of a loader, of any type.
type BoxError = Box<dyn StdError + Send + Sync>;

/// A function that loads a value of a cache.
pub trait Loader<T>: Send {
    /// The result of the flow.
    type Output;

    /// `true` if the loader may find that there is no value.
    const MAY_BE_ABSENT: bool;

    /// Loads the value.
    fn load(self) -> impl Future<Output = Result<Option<T>, BoxError>> + Send;

    /// Returns the flow's result. `None` is passed only if the value may be absent.
    ///
    /// # Errors
    ///
    /// If there is no value although there has to be one.
    fn output(found: Option<T>) -> Result<Self::Output>;
}

/// Calls a function that returns a value.
#[derive(Debug, Clone)]
pub struct LoadSync<F>(pub(super) F);

/// Calls a function whose future returns a value.
#[derive(Debug, Clone)]
pub struct LoadAsync<F>(pub(super) F);

/// Calls a function that returns an `Option`.
#[derive(Debug, Clone)]
pub struct FindSync<F>(pub(super) F);

/// Calls a function whose future returns an `Option`.
#[derive(Debug, Clone)]
pub struct FindAsync<F>(pub(super) F);

macro_rules! loader {
    ($name:ident, $found:ty, $output:ty, $may_be_absent:literal, $wrap:expr, $unwrap:expr) => {
        impl<T, E, F> Loader<T> for $name<F>
        where
            T: Send,
            E: Into<BoxError>,
            F: FnOnce() -> Result<$found, E> + Send,
        {
            type Output = $output;

            const MAY_BE_ABSENT: bool = $may_be_absent;

            async fn load(self) -> Result<Option<T>, BoxError> {
                (self.0)().map($wrap).map_err(Into::into)
            }

            fn output(found: Option<T>) -> Result<$output> {
                $unwrap(found)
            }
        }
    };
    (async $name:ident, $found:ty, $output:ty, $may_be_absent:literal, $wrap:expr, $unwrap:expr) => {
        impl<T, E, F, U> Loader<T> for $name<F>
        where
            T: Send,
            E: Into<BoxError>,
            F: FnOnce() -> U + Send,
            U: Future<Output = Result<$found, E>> + Send,
        {
            type Output = $output;

            const MAY_BE_ABSENT: bool = $may_be_absent;

            async fn load(self) -> Result<Option<T>, BoxError> {
                (self.0)().await.map($wrap).map_err(Into::into)
            }

            fn output(found: Option<T>) -> Result<$output> {
                $unwrap(found)
            }
        }
    };
}

loader!(LoadSync, T, T, false, Some, present);
loader!(FindSync, Option<T>, Option<T>, true, std::convert::identity, Ok);
loader!(async LoadAsync, T, T, false, Some, present);
loader!(async FindAsync, Option<T>, Option<T>, true, std::convert::identity, Ok);

fn present<T>(found: Option<T>) -> Result<T> {
    found.ok_or_else(Error::unexpected_reply)
}
