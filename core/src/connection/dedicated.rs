//! Async connections for operations that wait.

use std::fmt;

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{AsyncConnectionConfig, Client, Cmd, Pipeline, RedisFuture, Value};

use crate::error::Result;

/// An async connection that nobody shares and that has no response timeout, for
/// [operations that wait](crate::structures::Blocking).
///
/// ```
/// # use std::time::Duration;
/// use redis_model::Operation;
/// use redis_model::connection::Dedicated;
/// use redis_model::structures::List;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let server = redis_model::embedded::Server::start()?;
/// # let client = server.client()?;
/// let mut con = Dedicated::open(&client).await?;
/// let jobs = List::<String>::at("jobs");
/// jobs.push_back("mail").run_async(&mut con).await?;
/// let job = jobs.pop_front_blocking(Duration::from_secs(5)).run_async(&mut con).await?;
/// assert_eq!(job.as_deref(), Some("mail"));
/// # Ok(())
/// # }
/// ```
pub struct Dedicated<C> {
    inner: C,
}

impl Dedicated<MultiplexedConnection> {
    /// Opens a connection without a response timeout.
    ///
    /// # Errors
    ///
    /// Kind [`Connection`](crate::ErrorKind::Connection) if the server cannot be reached, and
    /// those of a refused login.
    pub async fn open(client: &Client) -> Result<Self> {
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        Ok(Self::new(client.get_multiplexed_async_connection_with_config(&config).await?))
    }
}

impl<C: ConnectionLike> Dedicated<C> {
    /// Wraps a connection of which the caller knows that nobody else uses it or a clone of it,
    /// and that its response timeout is longer than the longest wait.
    pub fn new(con: C) -> Self {
        Self { inner: con }
    }

    /// Returns the connection.
    pub fn into_inner(self) -> C {
        self.inner
    }
}

impl<C: ConnectionLike> ConnectionLike for Dedicated<C> {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        self.inner.req_packed_command(cmd)
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        cmd: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        self.inner.req_packed_commands(cmd, offset, count)
    }

    fn get_db(&self) -> i64 {
        self.inner.get_db()
    }
}

impl<C> fmt::Debug for Dedicated<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dedicated").finish_non_exhaustive()
    }
}
