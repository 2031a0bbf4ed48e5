//! Flows: work that takes several round trips.
//!
//! A scan, a bounded retry or a lock that waits is a loop around operations. A
//! [`Flow`] is that loop, as one async function. It does no IO: it asks its [`Io`]
//! to run an operation or to pause, and the sync or async executor does what was
//! asked. So there is one flow for sync and async, and the connection is never part
//! of its future.
//!
//! The other types are the flows that the methods of
//! [`RedisModel`](crate::RedisModel) return, and what belongs to them.
//!
//! The alternative, a state machine with one method for each step, needs a name and a
//! place in a struct for everything that lives longer than a step. It was not taken.

mod io;
mod required;

use std::future::Future;

pub use io::Io;
pub(crate) use io::{Clock, Request as IoRequest};
pub use required::Required;

#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::SyncConnection;
#[doc(hidden)]
pub use crate::edit::MakeRecord;
pub use crate::edit::{Modify, OrInsertWith};
use crate::error::Result;
pub use crate::key::LeadingParts;
pub use crate::scan::{Count, DeleteAll, RewriteAll, Rewritten, Scan, ScanIds, ScanPosition};
pub use crate::verbs::{GetOrInsertWith, Take, TakeIf, TakeMany};

/// Work that takes several round trips: scans, retries, waiting.
///
/// A flow is run like an operation, with [`run`](Self::run) on a sync connection and
/// [`run_async`](Self::run_async) or [`run_on`](Self::run_on) on an async one. A flow
/// within a flow is awaited: `self.inner.steps(io).await?`. The flows of this crate have
/// these methods without an import of the trait.
///
/// On an async connection a flow may await other futures too, such as the loader of a
/// cache. On a sync connection there is no runtime to wake them, so that is an error.
///
/// ```
/// use std::time::Duration;
/// use redis_model::flow::{Flow, Io};
/// use redis_model::{Operation, RedisModel, Result};
/// # use redis_model::embedded;
///
/// #[derive(RedisModel)]
/// #[redis(key = "job:{id}")]
/// struct Job { id: u64, result: Option<String> }
///
/// /// Waits until a job has its result.
/// struct WaitForResult { id: u64, patience: Duration }
///
/// impl Flow for WaitForResult {
///     type Output = Option<String>;
///
///     async fn steps(&mut self, io: &Io) -> Result<Option<String>> {
///         loop {
///             let found = io.run(Job::select(self.id, Job::FIELDS.result)).await?;
///             match found.flatten() {
///                 None if io.elapsed() < self.patience => io.pause(Duration::from_millis(5)).await?,
///                 result => return Ok(result),
///             }
///         }
///     }
/// }
///
/// # let server = embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// Job { id: 1, result: Some("42".into()) }.save().run(&mut con)?;
/// let result = WaitForResult { id: 1, patience: Duration::from_secs(5) }.run(&mut con)?;
/// assert_eq!(result.as_deref(), Some("42"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a flow does nothing until it is run"]
#[diagnostic::on_unimplemented(message = "`{Self}` is not a flow", label = "not a flow")]
pub trait Flow: Sized {
    /// The result of a run.
    type Output;

    /// Does the work, one operation or pause of `io` at a time.
    ///
    /// The next run calls the function again, with the state that the flow has by then. A
    /// run whose future is dropped ends at the `await` that it has reached.
    ///
    /// # Errors
    ///
    /// Whatever the flow returns: an error of one of its operations, for example.
    fn steps(&mut self, io: &Io) -> impl Future<Output = Result<Self::Output>> + Send;

    /// Runs the flow on a sync connection; a pause blocks the thread.
    ///
    /// # Errors
    ///
    /// The error of [`steps`](Self::steps), or kind
    /// [`InvalidOperation`](crate::ErrorKind::InvalidOperation) if the flow awaits
    /// something other than its [`Io`].
    fn run<C>(&mut self, con: &mut C) -> Result<Self::Output>
    where
        C: SyncConnection + ?Sized,
    {
        crate::run::run_flow(self, con)
    }

    /// Runs the flow on an async connection; a pause blocks nothing, on any async runtime.
    ///
    /// # Errors
    ///
    /// The error of [`steps`](Self::steps).
    #[cfg(feature = "aio")]
    fn run_async<C>(&mut self, con: &mut C) -> impl Future<Output = Result<Self::Output>> + Send
    where
        Self: Send,
        Self::Output: Send,
        C: AsyncConnection + Send + ?Sized,
    {
        crate::run::aio::run_flow(self, crate::run::aio::Exclusive(con))
    }

    /// Runs the flow on an async connection that is cheap to clone, as
    /// [`Operation::run_on`](crate::Operation::run_on) does.
    ///
    /// # Errors
    ///
    /// The error of [`steps`](Self::steps).
    #[cfg(feature = "aio")]
    fn run_on<C>(&mut self, con: &C) -> impl Future<Output = Result<Self::Output>> + Send
    where
        Self: Send,
        Self::Output: Send,
        C: AsyncConnection + Clone + Send + Sync,
    {
        crate::run::aio::run_flow(self, crate::run::aio::Shared(con))
    }

    /// The feature `tokio` or `smol` turns the method on.
    #[cfg(not(feature = "aio"))]
    #[doc(hidden)]
    fn run_async<C>(&mut self, con: &mut C) -> std::future::Ready<Result<Self::Output>>
    where
        C: crate::connection::NeedsFeature + ?Sized,
    {
        con.never()
    }

    /// The feature `tokio` or `smol` turns the method on.
    #[cfg(not(feature = "aio"))]
    #[doc(hidden)]
    fn run_on<C>(&mut self, con: &C) -> std::future::Ready<Result<Self::Output>>
    where
        C: crate::connection::NeedsFeature + ?Sized,
    {
        con.never()
    }
}

/// The methods of [`Flow`] that run it, as a flow's own: they need no import of the trait.
macro_rules! inherent_run {
    ($(impl[$($generics:tt)*] $flow:ty;)*) => {$(
        impl<$($generics)*> $flow {
            /// Runs the flow on a sync connection; a pause blocks the thread.
            ///
            /// # Errors
            ///
            /// See the method that returned the flow.
            pub fn run<C>(
                &mut self,
                con: &mut C,
            ) -> $crate::error::Result<<Self as $crate::flow::Flow>::Output>
            where
                C: $crate::connection::SyncConnection + ?Sized,
            {
                $crate::flow::Flow::run(self, con)
            }

            /// Runs the flow on an async connection; a pause blocks nothing.
            ///
            /// # Errors
            ///
            /// See the method that returned the flow.
            #[cfg(feature = "aio")]
            pub fn run_async<C>(
                &mut self,
                con: &mut C,
            ) -> impl Future<Output = $crate::error::Result<<Self as $crate::flow::Flow>::Output>> + Send
            where
                Self: Send,
                <Self as $crate::flow::Flow>::Output: Send,
                C: $crate::connection::AsyncConnection + Send + ?Sized,
            {
                $crate::flow::Flow::run_async(self, con)
            }

            /// Runs the flow on an async connection that is cheap to clone.
            ///
            /// # Errors
            ///
            /// See the method that returned the flow.
            #[cfg(feature = "aio")]
            pub fn run_on<C>(
                &mut self,
                con: &C,
            ) -> impl Future<Output = $crate::error::Result<<Self as $crate::flow::Flow>::Output>> + Send
            where
                Self: Send,
                <Self as $crate::flow::Flow>::Output: Send,
                C: $crate::connection::AsyncConnection + Clone + Send + Sync,
            {
                $crate::flow::Flow::run_on(self, con)
            }

            /// The feature `tokio` or `smol` turns the method on.
            #[cfg(not(feature = "aio"))]
            #[doc(hidden)]
            pub fn run_async<C>(&mut self, con: &mut C) -> std::future::Ready<$crate::error::Result<<Self as $crate::flow::Flow>::Output>>
            where
                C: $crate::connection::NeedsFeature + ?Sized,
            {
                con.never()
            }

            /// The feature `tokio` or `smol` turns the method on.
            #[cfg(not(feature = "aio"))]
            #[doc(hidden)]
            pub fn run_on<C>(&mut self, con: &C) -> std::future::Ready<$crate::error::Result<<Self as $crate::flow::Flow>::Output>>
            where
                C: $crate::connection::NeedsFeature + ?Sized,
            {
                con.never()
            }
        }
    )*};
}

pub(crate) use inherent_run;
