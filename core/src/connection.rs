//! The connections that run operations, and wrappers for write timeouts, for operations that
//! wait, and for a prefix of all keys.
//!
//! The traits rename those of redis-rs, so that a sync connection in place of an async one is a
//! clear compile error.
//!
//! [`permissions`] lists what users with an ACL must be permitted to do.
#![doc = include_str!("connection/redis_rs.md")]

#[cfg(feature = "aio")]
mod dedicated;
pub mod permissions;
mod prefixed;
pub(crate) mod wire;

use std::fmt;
use std::io;

#[cfg(feature = "aio")]
pub use dedicated::Dedicated;
pub use prefixed::Prefixed;

use redis::{Cmd, ConnectionLike, RedisError, RedisResult, Value};

#[cfg(feature = "aio")]
use wire::AsyncWire;
use wire::SyncWire;

/// Any sync connection of redis-rs: a connection, a client, a cluster
/// connection, the guard of a pool, or a `dyn` one; and a [`Prefixed`] one of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a sync connection",
    label = "not a sync connection of redis-rs",
    note = "on an async connection use `.run_async(&mut con).await`, which needs the feature `tokio` or `smol`",
    note = "if it is a connection of redis-rs, it is one of another version of that crate: use the version that this crate re-exports as `redis_model::redis`"
)]
pub trait SyncConnection: SyncWire {}

#[diagnostic::do_not_recommend]
impl<C: redis::ConnectionLike + ?Sized> SyncConnection for C {}

#[diagnostic::do_not_recommend]
impl<C: redis::ConnectionLike + ?Sized> SyncConnection for Prefixed<C> {}

/// Any async connection of redis-rs: a multiplexed one, a connection manager,
/// a cluster connection, the guard of a pool, or a `dyn` one; and a [`Prefixed`] one of these.
/// The first three are cheap to clone, and [`run_on`](crate::Operation::run_on) takes a reference to one.
#[cfg(feature = "aio")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an async connection",
    label = "not an async connection of redis-rs",
    note = "on a sync connection use `.run(&mut con)`; an async one comes from `client.get_multiplexed_async_connection()`",
    note = "if it is a connection of redis-rs, it is one of another version of that crate: use the version that this crate re-exports as `redis_model::redis`"
)]
pub trait AsyncConnection: AsyncWire {}

#[cfg(feature = "aio")]
#[diagnostic::do_not_recommend]
impl<C: redis::aio::ConnectionLike + ?Sized> AsyncConnection for C {}

#[cfg(feature = "aio")]
#[diagnostic::do_not_recommend]
impl<C: redis::aio::ConnectionLike + ?Sized> AsyncConnection for Prefixed<C> {}

/// No connection has it: the methods that run operations on async connections are refused
/// with a hint until a feature turns them on.
#[cfg(not(feature = "aio"))]
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "async connections need the feature `tokio` or `smol` of `redis-model`",
    label = "the feature is not turned on",
    note = "write `redis-model = {{ version = \"…\", features = [\"tokio\"] }}` in `Cargo.toml`, or use a sync connection and `.run(&mut con)`"
)]
pub trait NeedsFeature {
    fn never<T>(&self) -> std::future::Ready<T>;
}

/// A sync connection that refuses to be used after an I/O error.
///
/// Redis-rs 1.8 keeps a sync connection open if a write timeout cuts a request off. The server
/// may answer the part that it received, and the next request then reads that reply. With this
/// wrapper every later request is an error
/// ([`is_connection`](crate::Error::is_connection)), and `is_open` returns `false`, so that a
/// pool replaces the connection. Use it for connections with a write timeout.
///
/// ```
/// # use std::time::Duration;
/// # use redis_model::connection::PoisonOnError;
/// # use redis_model::{Operation, RedisModel, embedded};
/// # #[derive(RedisModel)]
/// # #[redis(key = "user:{id}")]
/// # struct User { id: u64, name: String }
/// # let server = embedded::Server::start()?;
/// # let client = server.client()?;
/// let con = client.get_connection()?;
/// con.set_write_timeout(Some(Duration::from_secs(1)))?;
/// let mut con = PoisonOnError::new(con);
/// assert!(User::get(7).run(&mut con)?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PoisonOnError<C> {
    inner: C,
    poisoned: bool,
}

impl<C: ConnectionLike> PoisonOnError<C> {
    /// Wraps a connection.
    pub fn new(con: C) -> Self {
        Self { inner: con, poisoned: false }
    }

    /// Returns `true` if an I/O error has made the connection unusable.
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
    }

    fn guard<T>(&mut self, request: impl FnOnce(&mut C) -> RedisResult<T>) -> RedisResult<T> {
        if self.poisoned {
            let message = "an earlier request on this connection failed; open a new connection";
            return Err(RedisError::from(io::Error::new(io::ErrorKind::NotConnected, message)));
        }
        let returned = request(&mut self.inner);
        self.poisoned = returned.as_ref().is_err_and(RedisError::is_io_error);
        returned
    }
}

impl<C: ConnectionLike> ConnectionLike for PoisonOnError<C> {
    fn req_packed_command(&mut self, cmd: &[u8]) -> RedisResult<Value> {
        self.guard(|con| con.req_packed_command(cmd))
    }

    fn req_packed_commands(
        &mut self,
        cmd: &[u8],
        offset: usize,
        count: usize,
    ) -> RedisResult<Vec<Value>> {
        self.guard(|con| con.req_packed_commands(cmd, offset, count))
    }

    fn req_command(&mut self, cmd: &Cmd) -> RedisResult<Value> {
        self.guard(|con| con.req_command(cmd))
    }

    fn get_db(&self) -> i64 {
        self.inner.get_db()
    }

    fn supports_pipelining(&self) -> bool {
        self.inner.supports_pipelining()
    }

    fn check_connection(&mut self) -> bool {
        !self.poisoned && self.inner.check_connection()
    }

    fn is_open(&self) -> bool {
        !self.poisoned && self.inner.is_open()
    }
}

impl<C> fmt::Debug for PoisonOnError<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoisonOnError").field("poisoned", &self.poisoned).finish_non_exhaustive()
    }
}
