//! Declares what to subscribe to.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use redis::Client;

use super::channels::{Change, ChangeKind, Channels};
#[cfg(feature = "aio")]
use super::subscriber::AsyncSubscriber;
use super::subscriber::{Subscriber, located};
use crate::codec::{Codec, Plain};
use crate::connection::Prefixed;
use crate::error::Result;
use crate::key::Key;
use crate::run::subscription::SyncDriver;

/// Channels and patterns to subscribe to, whose messages are of one type.
///
/// ```
/// use redis_model::structures::{Event, Subscription, Topic};
/// use redis_model::{Json, Operation};
///
/// # let server = redis_model::embedded::Server::start()?;
/// # let client = server.client()?;
/// # let mut con = server.connection()?;
/// let all = Subscription::<Vec<u32>, Json>::to(["orders"]).patterns(["orders.*"]);
/// let mut subscriber = all.subscribe(&client)?;
///
/// Topic::<Vec<u32>, Json>::at("orders.new").publish(vec![7, 8]).run(&mut con)?;
/// let event = subscriber.next().ok_or("closed")??;
/// let (channel, pattern) = ("orders.new".to_owned(), Some("orders.*".to_owned()));
/// assert_eq!(event, Event::Message { channel, pattern, value: vec![7, 8] });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Lost connections
///
/// A subscription opens a connection of its own. When the connection is lost, the subscriber
/// opens it again, after a random delay that doubles with each attempt, from 50 milliseconds
/// up to ten seconds. It subscribes to everything again and returns [`Event::Resubscribed`](crate::structures::Event::Resubscribed).
/// An error ends it only if another attempt would fail in the same way: the server refuses the
/// credentials (`NOAUTH`, `WRONGPASS`) or a channel (`NOPERM`), or the client's configuration
/// is invalid.
///
/// A subscription receives each message at most once. Put messages that must not be
/// missed into a stream or a list.
///
/// # Slow subscribers
///
/// A [`Subscriber`] leaves messages in the socket until they are asked for, and the server
/// closes the connection of one that is far behind (`client-output-buffer-limit pubsub`). An
/// [`AsyncSubscriber`] keeps them in memory, without a limit.
///
/// # Clusters
///
/// A subscription on one node receives the messages of all nodes. Sharded channels
/// (SSUBSCRIBE) have a subscriber of their own, `ShardedSubscriber` (feature `cluster`).
pub struct Subscription<T, C = Plain> {
    channels: Channels,
    keep_alive: Duration,
    types: PhantomData<fn() -> (T, C)>,
}

/// The silence after which a connection is checked.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

impl<T, C> Subscription<T, C> {
    /// Creates a subscription to channels. Nothing is sent.
    pub fn to(channels: impl IntoIterator<Item: Into<Key>>) -> Self {
        Self::new(Change::new(ChangeKind::Subscribe, channels))
    }

    /// Creates a subscription to [patterns](Self::patterns). Nothing is sent.
    pub fn to_patterns(patterns: impl IntoIterator<Item: Into<Key>>) -> Self {
        Self::new(Change::new(ChangeKind::SubscribePatterns, patterns))
    }

    fn new(change: Change) -> Self {
        let channels = Channels::default();
        Self { channels, keep_alive: KEEP_ALIVE, types: PhantomData }.with(&change)
    }

    fn with(mut self, change: &Change) -> Self {
        self.channels.apply(change);
        self
    }

    /// Adds channels.
    pub fn channels(self, channels: impl IntoIterator<Item: Into<Key>>) -> Self {
        self.with(&Change::new(ChangeKind::Subscribe, channels))
    }

    /// Adds patterns, in which `*`, `?` and `[abc]` stand for text, one character and one of
    /// some characters, and `\` escapes the next character.
    pub fn patterns(self, patterns: impl IntoIterator<Item: Into<Key>>) -> Self {
        self.with(&Change::new(ChangeKind::SubscribePatterns, patterns))
    }

    /// Sets the silence after which the connection is checked by a PING; 15 seconds by
    /// default, and at least one millisecond. If the server does not answer for as long again,
    /// the connection is lost. A connection is checked only while its owner waits for a message.
    pub fn keep_alive(self, silence: Duration) -> Self {
        Self { keep_alive: silence.max(Duration::from_millis(1)), ..self }
    }
}

impl<T, C: Codec<T>> Subscription<T, C> {
    /// Opens a sync connection and subscribes, with a `&redis::Client`, or a reference to a
    /// [`Prefixed`] one, whose prefix all channels get. When the call returns, the server has confirmed
    /// everything, so no message that is published later is missed.
    ///
    /// **Sends** [`SUBSCRIBE`](https://redis.io/commands/subscribe) and
    /// [`PSUBSCRIBE`](https://redis.io/commands/psubscribe).
    ///
    /// # Errors
    ///
    /// Any error of the first attempt, also one after which a subscriber would try again.
    pub fn subscribe(&self, client: impl Into<Prefixed<Client>>) -> Result<Subscriber<T, C>> {
        let opened = client.into().into_parts().and_then(|(client, prefix)| {
            SyncDriver::open(client, prefix, self.channels.clone(), self.keep_alive)
        });
        opened.map(Subscriber::new).map_err(located)
    }

    /// Opens an async connection and subscribes, with a `&redis::Client`, or a reference to a
    /// [`Prefixed`] one, whose prefix all channels get. When the future is ready, the server has
    /// confirmed everything, so no message that is published later is missed.
    ///
    /// **Sends** [`SUBSCRIBE`](https://redis.io/commands/subscribe) and
    /// [`PSUBSCRIBE`](https://redis.io/commands/psubscribe).
    ///
    /// # Errors
    ///
    /// Any error of the first attempt, also one after which a subscriber would try again.
    #[cfg(feature = "aio")]
    pub async fn subscribe_async(
        &self,
        client: impl Into<Prefixed<Client>>,
    ) -> Result<AsyncSubscriber<T, C>> {
        use crate::run::subscription::aio::AsyncDriver;

        let (client, prefix) = client.into().into_parts().map_err(located)?;
        AsyncDriver::open(client, prefix, self.channels.clone(), self.keep_alive)
            .await
            .map(AsyncSubscriber::new)
            .map_err(located)
    }
}

// Deriving would require the same of the type parameters.
impl<T, C> Clone for Subscription<T, C> {
    fn clone(&self) -> Self {
        Self { channels: self.channels.clone(), ..*self }
    }
}

impl<T, C> fmt::Debug for Subscription<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { channels, keep_alive, .. } = self;
        f.debug_struct("Subscription")
            .field("channels", channels)
            .field("keep_alive", keep_alive)
            .finish()
    }
}
