//! Operations: commands to send and how to decode their replies, as values.
//!
//! An [`Operation`] does no IO. It encodes itself into a [`Request`] and decodes itself
//! from [`Replies`]; only the two executors use a connection. So there is one of
//! everything for sync and async, and the commands can be shown and tested without a
//! server ([`Operation::explain`]).
//!
//! The types of the verbs, such as [`Get`], are those that the methods of
//! [`RedisModel`](crate::RedisModel) return.
//!
//! The alternative, methods on a connection trait, needs every verb twice and hides the
//! commands. It was not taken.

mod atomic;
mod batch;
mod boxed;
mod effect;
mod exchange;
mod explain;
mod fast_path;
mod found;
mod key_words;
mod map;
mod option;
mod permission;
mod prefix;
mod raw_command;
mod reply;
mod request;
mod required;
mod script;
mod slot;
mod transaction;
mod tuple;
mod typed_command;

#[cfg(feature = "aio")]
use std::future::Future;

pub use atomic::{Atomic, atomic};
#[cfg(feature = "aio")]
pub(crate) use batch::Parts;
pub(crate) use batch::forward_to_list;
pub use batch::{Batch, batch};
#[doc(hidden)]
pub use batch::{List, SendRequest};
pub use boxed::BoxedOperation;
#[cfg(feature = "aio")]
pub(crate) use exchange::Transmit;
pub(crate) use exchange::{Exchange, Payload, RawReply, Topology};
pub use explain::{Explanation, SentCommand};
pub(crate) use fast_path::Refusal;
pub use found::Found;
pub(crate) use key_words::ReplyKeys;
pub use map::Map;
pub(crate) use prefix::Prefix;
pub use raw_command::{RawCommand, command};
pub use reply::{Replies, Reply};
pub(crate) use request::Command;
pub use request::{CommandWriter, Request};
pub use required::Required;
pub(crate) use script::Script;
pub(crate) use slot::{hash_tag, slot_of};
pub(crate) use transaction::members_of;
pub use transaction::{Transaction, Transactional, transaction};
pub(crate) use typed_command::{READ_TYPED, TYPED_COMMAND};

#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::SyncConnection;
use crate::error::Result;
pub use crate::hash::SelectMany;
pub use crate::update::Conditional;
use crate::update::Outcome;
pub use crate::verbs::{
    Create, Delete, DeleteMany, DeleteUnchanged, Exists, Expire, Get, GetMany, GetTtl, Persist,
    Returning, Save, SaveMany, WithoutScript,
};

/// An operation on a Redis server, as a value.
///
/// Run it, as often as you like, with [`run`](Self::run) on any sync connection of redis-rs,
/// and with [`run_on`](Self::run_on) or [`run_async`](Self::run_async) on any async one.
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
    label = "not an operation",
    note = "a flow, such as an operation that waits (`Blocking`), runs alone and not in a tuple, a batch or an atomic step: call its own `run`"
)]
pub trait Operation {
    /// The result of a run.
    type Output;

    /// Adds the commands to send.
    ///
    /// # Errors
    ///
    /// An operation that cannot be encoded returns an error and is not sent, so it changes
    /// nothing.
    fn encode(&self, request: &mut Request) -> Result<()>;

    /// Decodes the replies to the commands that [`encode`](Self::encode) added, one for
    /// each, in order. The replies to other operations cannot be read.
    ///
    /// # Errors
    ///
    /// The server's error, or the error of a reply that cannot be decoded.
    fn decode(&self, replies: &mut Replies) -> Result<Self::Output>;

    /// Returns the operation as a list of independent ones, if it is one: the parts of a
    /// list are sent one after another.
    #[doc(hidden)]
    #[inline(always)]
    fn as_list(&self) -> Option<&dyn List<Self::Output>> {
        None
    }

    /// Runs the operation on a sync connection, cluster connection, client or
    /// pool guard, and returns its output.
    ///
    /// # Errors
    ///
    /// [`ErrorKind`](crate::ErrorKind) lists the reasons. After an error that
    /// [`needs_reconnect`](crate::Error::needs_reconnect), drop the connection:
    /// redis-rs keeps a sync one open after a write timeout, and the next
    /// operation on it could read the reply of another.
    /// [`PoisonOnError`](crate::connection::PoisonOnError) wraps a connection so that this
    /// cannot happen.
    #[inline(always)]
    fn run<C>(&self, con: &mut C) -> Result<Self::Output>
    where
        C: SyncConnection + ?Sized,
    {
        crate::run::run(self, con)
    }

    /// Runs the operation on an async connection that cannot be cloned, such as a pool
    /// guard or a `dyn` connection, and returns its output. For others there is
    /// [`run_on`](Self::run_on).
    ///
    /// On a cluster connection the commands of one slot are sent after those of another. On
    /// a `dyn` connection, which may be a cluster's, several commands on keys of one slot are
    /// sent in MULTI/EXEC.
    ///
    /// # Errors
    ///
    /// [`ErrorKind`](crate::ErrorKind) lists the reasons.
    #[cfg(feature = "aio")]
    fn run_async<C>(&self, con: &mut C) -> impl Future<Output = Result<Self::Output>> + Send
    where
        Self: Sync,
        Self::Output: Send,
        C: AsyncConnection + Send + ?Sized,
    {
        crate::run::aio::run(self, crate::run::aio::Exclusive(con))
    }

    /// Runs the operation on an async connection that is cheap to clone, and returns its
    /// output: a multiplexed connection, a connection manager or a cluster connection, which
    /// a handler has as `&self.con`.
    ///
    /// Clones share the connection, so on a cluster the commands of different slots are sent
    /// side by side. The results are those of [`run_async`](Self::run_async), in the same
    /// order.
    ///
    /// ```
    /// use redis::aio::MultiplexedConnection;
    /// use redis_model::{Operation, RedisModel, Result};
    ///
    /// #[derive(RedisModel)]
    /// #[redis(key = "user:{id}")]
    /// struct User { id: u64, name: String }
    ///
    /// struct Handler { con: MultiplexedConnection }
    ///
    /// impl Handler {
    ///     async fn name(&self, id: u64) -> Result<Option<String>> {
    ///         User::select(id, User::FIELDS.name).run_on(&self.con).await
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind`](crate::ErrorKind) lists the reasons.
    #[cfg(feature = "aio")]
    fn run_on<C>(&self, con: &C) -> impl Future<Output = Result<Self::Output>> + Send
    where
        Self: Sync,
        Self::Output: Send,
        C: AsyncConnection + Clone + Send + Sync,
    {
        crate::run::aio::run(self, crate::run::aio::Shared(con))
    }

    /// The feature `tokio` or `smol` turns the method on.
    #[cfg(not(feature = "aio"))]
    #[doc(hidden)]
    fn run_async<C>(&self, con: &mut C) -> std::future::Ready<Result<Self::Output>>
    where
        C: crate::connection::NeedsFeature + ?Sized,
    {
        con.never()
    }

    /// The feature `tokio` or `smol` turns the method on.
    #[cfg(not(feature = "aio"))]
    #[doc(hidden)]
    fn run_on<C>(&self, con: &C) -> std::future::Ready<Result<Self::Output>>
    where
        C: crate::connection::NeedsFeature + ?Sized,
    {
        con.never()
    }

    /// Returns the commands that a run sends, without a server.
    ///
    /// # Errors
    ///
    /// The error of [`encode`](Self::encode).
    fn explain(&self) -> Result<Explanation> {
        let mut request = Request::new();
        self.encode(&mut request)?;
        Explanation::of(request)
    }

    /// Moves the operation to the heap, for lists of operations of different types with
    /// the same output.
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

    /// Makes errors of the outcomes in which a write was not applied, also in a tuple or a
    /// batch: the output is that of [`Outcome::Applied`].
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) and
    /// [`Conflict`](crate::ErrorKind::Conflict), as of [`Outcome::ok`]. Other members of a
    /// tuple or an [`atomic`] step are applied all the same.
    ///
    /// **Sends** what the operation sends.
    ///
    /// ```
    /// # use redis_model::{Operation, RedisModel, embedded};
    /// #[derive(RedisModel)]
    /// #[redis(key = "user:{id}")]
    /// struct User { id: u64, visits: u64, name: String }
    ///
    /// # let server = embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// User { id: 7, visits: 1, name: "Ada".into() }.save().run(&mut con)?;
    /// let f = User::FIELDS;
    /// let visit = |id| User::update(id).incr(f.visits, 1).returning(f.visits).required();
    /// let (visits, name) = (visit(7), User::select(7, f.name)).run(&mut con)?;
    /// assert_eq!((visits, name), (2, Some("Ada".into())));
    /// assert!(visit(8).run(&mut con).unwrap_err().is_not_found());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn required<R>(self) -> Required<Self>
    where
        Self: Sized + Operation<Output = Outcome<R>>,
    {
        Required::new(self)
    }

    /// Changes the output.
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

    fn as_list(&self) -> Option<&dyn List<O::Output>> {
        (**self).as_list()
    }
}
