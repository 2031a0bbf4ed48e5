//! Operations: commands to send and how to read their replies, as values.
//!
//! An [`Operation`] does no IO. It encodes itself into a [`Request`] and
//! decodes itself from [`Replies`]; the two executors in [`crate::run`] are
//! all that knows about connections. So there is one of everything, not one
//! sync and one async, and what an operation sends can be shown and tested
//! without a server ([`Operation::explain`]).
//!
//! The alternative, methods on a connection trait, needs every verb twice and
//! hides what is sent. It was not taken.

mod atomic;
mod batch;
mod boxed;
mod capability;
mod effect;
mod exchange;
mod explain;
mod flow;
mod map;
mod option;
mod reply;
mod request;
mod script;
mod slot;
mod tuple;

#[cfg(any(feature = "tokio", feature = "smol"))]
use std::future::Future;
use std::ops::Range;

pub use atomic::{Atomic, atomic};
pub use batch::{Batch, batch};
pub use boxed::BoxedOperation;
pub(crate) use capability::Capability;
#[cfg(any(feature = "tokio", feature = "smol"))]
pub(crate) use exchange::Transmit;
pub(crate) use exchange::{Exchange, Payload, RawReply, Topology};
pub use explain::{Explanation, SentCommand};
pub(crate) use flow::{Ask, Next, run_without_import};
pub use flow::{Flow, Moment, Step};
pub use map::Map;
pub use reply::{Replies, Reply};
pub(crate) use request::Command;
pub use request::{CommandWriter, Request};
pub(crate) use script::Script;
pub(crate) use slot::slot_of;

#[cfg(any(feature = "tokio", feature = "smol"))]
use crate::connection::AsyncConnection;
use crate::connection::SyncConnection;
use crate::error::Result;

/// Something to do on a Redis server, as a value.
///
/// Run it with [`run`](Self::run) on any sync connection of redis-rs, or with
/// [`run_async`](Self::run_async) on any async one, as often as you like.
/// Tuples and arrays of operations are operations (one round trip, the first
/// error wins), and so are `Vec`s of them (one `Result` per item).
///
/// ```
/// # use redis_model::{Operation, RedisModel, embedded};
/// # #[derive(Debug, RedisModel)]
/// # #[redis(key = "user:{id}")]
/// # struct User { id: u64, name: String }
/// # let server = embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// let alice = User { id: 1, name: "Alice".into() };
/// let ((), known, nobody) = (alice.save(), User::exists(1), User::get(2)).run(&mut con)?;
/// assert!(known && nobody.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "an operation does nothing until it is run"]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an operation",
    label = "not something that can be run on a connection"
)]
pub trait Operation {
    /// What running it returns.
    type Output;

    /// Adds the commands to send.
    ///
    /// # Errors
    ///
    /// If the operation cannot be encoded. Nothing of it is sent then, so a
    /// failed write has changed nothing.
    fn encode(&self, request: &mut Request) -> Result<()>;

    /// Decodes the replies to the commands that [`encode`](Self::encode) added,
    /// one for each, in order. Others' replies cannot be reached from here.
    ///
    /// # Errors
    ///
    /// The server's error, or one of a reply that cannot be decoded.
    fn decode(&self, replies: &mut Replies) -> Result<Self::Output>;

    /// In how many parts it can be sent one after another; a part is a bounded
    /// number of commands. Only lists of independent operations have several.
    #[doc(hidden)]
    fn parts(&self) -> usize {
        1
    }

    /// Adds the commands of some parts from this one on; up to which it is.
    #[doc(hidden)]
    fn encode_from(&self, part: usize, request: &mut Request) -> Result<usize> {
        let _ = part;
        self.encode(request)?;
        Ok(1)
    }

    /// Adds what became of these parts to the output so far.
    #[doc(hidden)]
    fn decode_parts(
        &self,
        parts: Range<usize>,
        replies: Result<Replies>,
        so_far: Option<Self::Output>,
    ) -> Result<Self::Output> {
        let _ = (parts, so_far);
        self.decode(&mut replies?)
    }

    /// Runs the operation on a sync connection, cluster connection, client or
    /// pool guard, and returns its output.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind) for the reasons. After an error that
    /// [`needs_reconnect`](crate::Error::needs_reconnect), drop the connection:
    /// after a write timeout redis-rs keeps a sync one open, and the next
    /// operation on it could read a reply that is not its own.
    /// [`PoisonOnError`](crate::PoisonOnError) wraps a connection so that this
    /// cannot happen.
    fn run<C>(&self, con: &mut C) -> Result<Self::Output>
    where
        C: SyncConnection + ?Sized,
    {
        crate::run::run(self, con)
    }

    /// Runs the operation on an async connection, connection manager, cluster
    /// connection or pool guard. Behind a `dyn` several commands on keys of one
    /// slot go out in MULTI/EXEC, as it may be a cluster's.
    #[cfg(any(feature = "tokio", feature = "smol"))]
    fn run_async<C>(&self, con: &mut C) -> impl Future<Output = Result<Self::Output>> + Send
    where
        Self: Sync,
        Self::Output: Send,
        C: AsyncConnection + Send + ?Sized,
    {
        crate::run::run_async(self, con)
    }

    /// Runs the operation on an async cluster connection, with the commands of
    /// different slots side by side.
    ///
    /// [`run_async`](Self::run_async) can use the connection that it is given
    /// for one thing at a time, so on a cluster it does one slot after the
    /// other. Redis-rs' cluster connections are cheap to clone, and the clones
    /// share what is below; with those, the slots' commands are all on their
    /// way at once. The results are the same, and in the same order.
    #[cfg(any(feature = "tokio", feature = "smol"))]
    fn run_side_by_side<C>(&self, con: &C) -> impl Future<Output = Result<Self::Output>> + Send
    where
        Self: Sync,
        Self::Output: Send,
        C: AsyncConnection + Clone + Send + Sync,
    {
        crate::run::run_side_by_side(self, con)
    }

    /// The exact commands that running it sends, without a server.
    fn explain(&self) -> Result<Explanation> {
        let mut request = Request::new();
        self.encode(&mut request)?;
        Explanation::of(request)
    }

    /// The same operation on the heap, without its type: for lists of
    /// operations of different types with the same output.
    ///
    /// ```
    /// # use redis_model::{Operation, RedisModel, batch};
    /// # #[derive(RedisModel)]
    /// # #[redis(key = "user:{id}")]
    /// # struct User { id: u64, name: String }
    /// let checks = vec![User::exists(1).boxed(), User::delete(2).boxed()];
    /// assert_eq!(batch(checks).explain()?.commands().len(), 2);
    /// # Ok::<(), redis_model::Error>(())
    /// ```
    fn boxed<'a>(self) -> BoxedOperation<'a, Self::Output>
    where
        Self: Sized + Send + Sync + 'a,
    {
        BoxedOperation::new(self)
    }

    /// The same operation with another output.
    fn map<T, F>(self, change: F) -> Map<Self, F>
    where
        Self: Sized,
        F: Fn(Self::Output) -> T,
    {
        Map::new(self, change)
    }
}

impl<O: Operation + ?Sized> Operation for &O {
    type Output = O::Output;

    fn encode(&self, request: &mut Request) -> Result<()> {
        (**self).encode(request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<O::Output> {
        (**self).decode(replies)
    }

    fn parts(&self) -> usize {
        (**self).parts()
    }

    fn encode_from(&self, part: usize, request: &mut Request) -> Result<usize> {
        (**self).encode_from(part, request)
    }

    fn decode_parts(
        &self,
        parts: Range<usize>,
        replies: Result<Replies>,
        so_far: Option<O::Output>,
    ) -> Result<O::Output> {
        (**self).decode_parts(parts, replies, so_far)
    }
}
