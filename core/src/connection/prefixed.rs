//! Connections whose keys all begin with a prefix.

use std::fmt;
use std::sync::Arc;

use redis::Client;

use crate::error::Result;
use crate::op::Prefix;

/// A connection that puts a prefix before every key and channel: for environments, tenants and
/// tests that share a server.
///
/// It wraps any sync or async connection, client or pool guard, and can be cloned if the
/// connection can. (A `dyn` one is a `Box<Prefixed<dyn ConnectionLike>>`.) Operations, flows, structures, patterns and scans run on it as on any other,
/// and never meet a key of another prefix: `scan`, `count` and `delete_all` too.
///
/// ```
/// use redis_model::connection::Prefixed;
/// use redis_model::{Operation, RedisModel};
///
/// #[derive(Debug, PartialEq, RedisModel)]
/// #[redis(key = "user:{id}")]
/// struct User { id: u64, name: String }
///
/// # let server = redis_model::embedded::Server::start()?;
/// # let client = server.client()?;
/// let mut one = Prefixed::new(client.get_connection()?, "test1:");
/// let mut other = Prefixed::new(client.get_connection()?, "test2:");
/// User { id: 7, name: "Ada".into() }.save().run(&mut one)?;   // the key test1:user:7
///
/// assert!(User::get(7).run(&mut one)?.is_some());
/// assert!(User::get(7).run(&mut other)?.is_none());
/// assert_eq!(User::delete_all().run(&mut other)?, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # The prefix
///
/// End it with a `:`, and let no prefix be the beginning of another: with `a:` and `a:b:` the
/// key `b:user:7` of the first is the key `user:7` of the second, and a connection without a
/// prefix meets all keys. An empty prefix is none.
///
/// A prefix with a brace is an error of each run
/// ([`InvalidOperation`](crate::ErrorKind::InvalidOperation)), because it would choose the
/// cluster slot of all keys. Hash tags keep their meaning: `{acme}:user` and `{acme}:cart` share
/// a slot with any prefix. (The keys `acme` and `{acme}:cart` share one only without.)
///
/// # What is shown without it
///
/// [`explain`](crate::Operation::explain), the keys of errors and all results, such as the key
/// that `pop_front_blocking_of` returns, are the same as without a prefix. What the
/// server shows (`MONITOR`, its slow log, its own messages) has the prefix, and
/// [`key`](Self::key) returns a key as the server has it. A sealed value is bound to the key
/// without the prefix.
///
/// # What is refused
///
/// `Prefixed` is no connection of redis-rs: a command that redis-rs sends has no known keys.
/// So `redis::cmd(…).query(&mut con)` does not compile; use [`command`](crate::command()), or
/// [`get_mut`](Self::get_mut) and prefixed keys of your own. A raw command or an operation of
/// your own is an error that names the command, and nothing is sent, if its keys do not stand
/// together (`MSET`), if it does not name them (`KEYS`, `SCAN`, `FLUSHDB`, `SORT … BY`), or if
/// it is not known and does not [name](crate::op::RawCommand::keys) them. A script must use
/// the keys in `KEYS` only. A batch with such a command fails as a whole, or, if it is sent in
/// parts, from the part with the command on.
///
/// # Subscriptions
///
/// A [`Subscription`](crate::structures::Subscription) takes a `Prefixed<redis::Client>`:
///
/// ```
/// # use redis_model::Operation;
/// # use redis_model::connection::Prefixed;
/// # use redis_model::structures::{Event, Topic};
/// # let server = redis_model::embedded::Server::start()?;
/// let mut client = Prefixed::new(server.client()?, "test42:");
/// let news = Topic::<String>::at("news");
/// let mut subscriber = news.subscription().subscribe(&client)?;
/// assert_eq!(news.publish("hi").run(&mut client)?, 1);
/// let Some(Event::Message { channel, .. }) = subscriber.next().transpose()? else { panic!() };
/// assert_eq!(channel, "news");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Prefixed<C: ?Sized> {
    prefix: Prefix,
    /// The last field, so that a `Prefixed<dyn ConnectionLike>` is possible.
    inner: C,
}

impl<C> Prefixed<C> {
    /// Wraps a connection.
    pub fn new(con: C, prefix: impl AsRef<str>) -> Self {
        Self { inner: con, prefix: Prefix::new(prefix.as_ref()) }
    }

    /// Returns the connection.
    pub fn into_inner(self) -> C {
        self.inner
    }

    /// Returns the parts, of which the prefix is valid.
    pub(crate) fn into_parts(self) -> Result<(C, Option<Prefix>)> {
        self.prefix.check()?;
        let prefix = self.used_prefix().cloned();
        Ok((self.inner, prefix))
    }
}

impl<C: ?Sized> Prefixed<C> {
    /// Returns the prefix.
    pub fn prefix(&self) -> &str {
        self.prefix.as_str()
    }

    /// Returns a key as the server has it, for commands that redis-rs sends.
    pub fn key(&self, key: impl AsRef<str>) -> String {
        self.prefix.key(key.as_ref())
    }

    /// Returns the connection. What is sent on it has no prefix.
    pub fn get_mut(&mut self) -> &mut C {
        &mut self.inner
    }

    pub(crate) fn get_ref(&self) -> &C {
        &self.inner
    }

    pub(crate) fn used_prefix(&self) -> Option<&Prefix> {
        Some(&self.prefix).filter(|prefix| !prefix.as_str().is_empty())
    }
}

/// Without a prefix.
impl From<&Client> for Prefixed<Client> {
    fn from(client: &Client) -> Self {
        Self::new(client.clone(), "")
    }
}

/// Without a prefix.
impl From<&Arc<Client>> for Prefixed<Client> {
    fn from(client: &Arc<Client>) -> Self {
        Self::from(&**client)
    }
}

impl From<&Prefixed<Client>> for Prefixed<Client> {
    fn from(client: &Prefixed<Client>) -> Self {
        client.clone()
    }
}

/// Without a prefix.
#[cfg(feature = "cluster")]
impl From<redis::cluster::ClusterClientBuilder> for Prefixed<redis::cluster::ClusterClientBuilder> {
    fn from(cluster: redis::cluster::ClusterClientBuilder) -> Self {
        Self::new(cluster, "")
    }
}

impl<C: ?Sized> fmt::Debug for Prefixed<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prefixed").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}
