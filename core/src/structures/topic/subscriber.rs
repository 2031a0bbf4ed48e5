//! Running subscriptions: the typed shells of the drivers that do the IO.

use std::fmt;
#[cfg(feature = "aio")]
use std::future::poll_fn;
use std::iter::FusedIterator;
use std::marker::PhantomData;
#[cfg(feature = "aio")]
use std::pin::Pin;
#[cfg(feature = "aio")]
use std::task::{Context, Poll};
use std::time::Duration;

#[cfg(feature = "aio")]
use futures_util::stream::{FusedStream, Stream};

use super::channels::{Change, ChangeKind};
use super::closing::SubscriberHandle;
use super::event::{Event, STRUCTURE};
use crate::codec::{Codec, Plain};
use crate::error::{Error, Result};
use crate::key::Key;
#[cfg(feature = "aio")]
use crate::run::subscription::aio::AsyncDriver;
use crate::run::subscription::{Step, SyncDriver, ended};

/// An open [`Subscription`](super::Subscription) on a sync connection: an iterator of events.
///
/// It ends after [`SubscriberHandle::close`], and after an error that a new connection would
/// not fix. A message that cannot be decoded is an error that does not end it; the
/// error's [`key`](Error::key) is the channel. Dropping the subscriber closes the connection.
///
/// ```
/// use std::time::Duration;
/// use redis_model::Operation;
/// use redis_model::structures::{Event, Subscription, Topic};
///
/// # let server = redis_model::embedded::Server::start()?;
/// # let client = server.client()?;
/// # let mut con = server.connection()?;
/// let mut subscriber = Subscription::<u32>::to(["a"]).subscribe(&client)?;
/// subscriber.subscribe(["b"])?;
/// Topic::<u32>::at("b").publish(7).run(&mut con)?;
///
/// let event = subscriber.next_timeout(Duration::from_secs(5))?;
/// assert_eq!(event.and_then(Event::into_value), Some(7));
/// assert!(subscriber.next_timeout(Duration::ZERO)?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a subscriber that is dropped ends the subscription"]
pub struct Subscriber<T, C = Plain> {
    driver: SyncDriver,
    types: PhantomData<fn() -> (T, C)>,
}

/// An open [`Subscription`](super::Subscription) on an async connection: a stream of events.
///
/// It ends after [`SubscriberHandle::close`], and after an error that a new connection would
/// not fix. A message that cannot be decoded is an error that does not end it; the
/// error's [`key`](Error::key) is the channel. Dropping the subscriber closes the connection.
///
/// The future of [`next`](Self::next) can be dropped at any time without the loss of a message,
/// as `select!` and timeouts do.
///
/// ```
/// use redis_model::Operation;
/// use redis_model::structures::{Event, Subscription, Topic};
///
/// # let server = redis_model::embedded::Server::start()?;
/// # let client = server.client()?;
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let mut con = client.get_multiplexed_async_connection().await?;
/// let mut subscriber = Subscription::<u32>::to(["a"]).subscribe_async(&client).await?;
/// Topic::<u32>::at("a").publish(7).run_async(&mut con).await?;
/// let event = subscriber.next().await.transpose()?;
/// assert_eq!(event.and_then(Event::into_value), Some(7));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "aio")]
#[must_use = "a subscriber that is dropped ends the subscription"]
pub struct AsyncSubscriber<T, C = Plain> {
    driver: AsyncDriver,
    types: PhantomData<fn() -> (T, C)>,
}

impl<T, C> Subscriber<T, C> {
    pub(super) fn new(driver: SyncDriver) -> Self {
        Self { driver, types: PhantomData }
    }

    /// Returns a handle that ends the subscription from another thread.
    pub fn handle(&self) -> SubscriberHandle {
        SubscriberHandle(self.driver.closing())
    }

    /// Subscribes to further channels, and returns when the server has confirmed them. If the
    /// connection is lost, the call returns at once, and the next connection includes them.
    ///
    /// **Sends** [`SUBSCRIBE`](https://redis.io/commands/subscribe).
    ///
    /// # Errors
    ///
    /// The server's refusal, which changes nothing and does not end the subscription. After its
    /// end: kind [`InvalidOperation`](crate::ErrorKind::InvalidOperation).
    pub fn subscribe(&mut self, channels: impl IntoIterator<Item: Into<Key>>) -> Result<()> {
        self.driver.change(Change::new(ChangeKind::Subscribe, channels)).map_err(located)
    }

    /// Subscribes to further patterns, as [`subscribe`](Self::subscribe) does to channels.
    ///
    /// **Sends** [`PSUBSCRIBE`](https://redis.io/commands/psubscribe).
    ///
    /// # Errors
    ///
    /// The server's refusal, which changes nothing and does not end the subscription. After its
    /// end: kind [`InvalidOperation`](crate::ErrorKind::InvalidOperation).
    pub fn subscribe_patterns(
        &mut self,
        patterns: impl IntoIterator<Item: Into<Key>>,
    ) -> Result<()> {
        self.driver.change(Change::new(ChangeKind::SubscribePatterns, patterns)).map_err(located)
    }

    /// Unsubscribes from channels. Messages that the server sent before its confirmation are
    /// still returned. A subscription without channels stays open.
    ///
    /// **Sends** [`UNSUBSCRIBE`](https://redis.io/commands/unsubscribe).
    ///
    /// # Errors
    ///
    /// As [`subscribe`](Self::subscribe).
    pub fn unsubscribe(&mut self, channels: impl IntoIterator<Item: Into<Key>>) -> Result<()> {
        self.driver.change(Change::new(ChangeKind::Unsubscribe, channels)).map_err(located)
    }

    /// Unsubscribes from patterns, as [`unsubscribe`](Self::unsubscribe) does from channels.
    ///
    /// **Sends** [`PUNSUBSCRIBE`](https://redis.io/commands/punsubscribe).
    ///
    /// # Errors
    ///
    /// As [`subscribe`](Self::subscribe).
    pub fn unsubscribe_patterns(
        &mut self,
        patterns: impl IntoIterator<Item: Into<Key>>,
    ) -> Result<()> {
        self.driver.change(Change::new(ChangeKind::UnsubscribePatterns, patterns)).map_err(located)
    }
}

impl<T, C: Codec<T>> Subscriber<T, C> {
    /// Returns the next event, or `None` if there is none within this time. An attempt to open
    /// a lost connection may take up to five seconds more.
    ///
    /// # Errors
    ///
    /// A message that cannot be decoded, or the error that ends the subscription. After its
    /// end: kind [`InvalidOperation`](crate::ErrorKind::InvalidOperation).
    pub fn next_timeout(&mut self, timeout: Duration) -> Result<Option<Event<T>>> {
        match self.driver.next(Some(timeout)).map_err(located)? {
            Step::Message(message) => Event::decode::<C>(message).map(Some),
            Step::Resubscribed => Ok(Some(Event::Resubscribed)),
            Step::TimedOut => Ok(None),
            Step::Ended => Err(located(ended())),
        }
    }
}

impl<T, C: Codec<T>> Iterator for Subscriber<T, C> {
    type Item = Result<Event<T>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            return Some(match self.driver.next(None) {
                Ok(Step::Message(message)) => Event::decode::<C>(message),
                Ok(Step::Resubscribed) => Ok(Event::Resubscribed),
                Ok(Step::TimedOut) => continue,
                Ok(Step::Ended) => return None,
                Err(error) => Err(located(error)),
            });
        }
    }
}

impl<T, C: Codec<T>> FusedIterator for Subscriber<T, C> {}

#[cfg(feature = "aio")]
impl<T, C> AsyncSubscriber<T, C> {
    pub(super) fn new(driver: AsyncDriver) -> Self {
        Self { driver, types: PhantomData }
    }

    /// Returns a handle that ends the subscription from another task or thread.
    pub fn handle(&self) -> SubscriberHandle {
        SubscriberHandle(self.driver.closing())
    }

    /// Subscribes to further channels, and returns when the server has confirmed them. If the
    /// connection is lost, the future is ready at once, and the next connection includes them.
    ///
    /// **Sends** [`SUBSCRIBE`](https://redis.io/commands/subscribe).
    ///
    /// # Errors
    ///
    /// The server's refusal, which changes nothing and does not end the subscription. After its
    /// end: kind [`InvalidOperation`](crate::ErrorKind::InvalidOperation).
    pub async fn subscribe(&mut self, channels: impl IntoIterator<Item: Into<Key>>) -> Result<()> {
        let change = Change::new(ChangeKind::Subscribe, channels);
        self.driver.change(change).await.map_err(located)
    }

    /// Subscribes to further patterns, as [`subscribe`](Self::subscribe) does to channels.
    ///
    /// **Sends** [`PSUBSCRIBE`](https://redis.io/commands/psubscribe).
    ///
    /// # Errors
    ///
    /// The server's refusal, which changes nothing and does not end the subscription. After its
    /// end: kind [`InvalidOperation`](crate::ErrorKind::InvalidOperation).
    pub async fn subscribe_patterns(
        &mut self,
        patterns: impl IntoIterator<Item: Into<Key>>,
    ) -> Result<()> {
        let change = Change::new(ChangeKind::SubscribePatterns, patterns);
        self.driver.change(change).await.map_err(located)
    }

    /// Unsubscribes from channels. Messages that the server sent before its confirmation are
    /// still returned. A subscription without channels stays open.
    ///
    /// **Sends** [`UNSUBSCRIBE`](https://redis.io/commands/unsubscribe).
    ///
    /// # Errors
    ///
    /// As [`subscribe`](Self::subscribe).
    pub async fn unsubscribe(
        &mut self,
        channels: impl IntoIterator<Item: Into<Key>>,
    ) -> Result<()> {
        let change = Change::new(ChangeKind::Unsubscribe, channels);
        self.driver.change(change).await.map_err(located)
    }

    /// Unsubscribes from patterns, as [`unsubscribe`](Self::unsubscribe) does from channels.
    ///
    /// **Sends** [`PUNSUBSCRIBE`](https://redis.io/commands/punsubscribe).
    ///
    /// # Errors
    ///
    /// As [`subscribe`](Self::subscribe).
    pub async fn unsubscribe_patterns(
        &mut self,
        patterns: impl IntoIterator<Item: Into<Key>>,
    ) -> Result<()> {
        let change = Change::new(ChangeKind::UnsubscribePatterns, patterns);
        self.driver.change(change).await.map_err(located)
    }
}

#[cfg(feature = "aio")]
impl<T, C: Codec<T>> AsyncSubscriber<T, C> {
    /// Returns the next event, or `None` after the end. It is the `next` of `StreamExt`, without
    /// an import.
    pub async fn next(&mut self) -> Option<Result<Event<T>>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

#[cfg(feature = "aio")]
impl<T, C: Codec<T>> Stream for AsyncSubscriber<T, C> {
    type Item = Result<Event<T>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.driver.poll_next(context).map(|step| {
            Some(match step {
                Ok(Step::Message(message)) => Event::decode::<C>(message),
                Ok(Step::Resubscribed) => Ok(Event::Resubscribed),
                Ok(Step::TimedOut | Step::Ended) => return None,
                Err(error) => Err(located(error)),
            })
        })
    }
}

#[cfg(feature = "aio")]
impl<T, C: Codec<T>> FusedStream for AsyncSubscriber<T, C> {
    fn is_terminated(&self) -> bool {
        self.driver.is_ended()
    }
}

/// Adds the structure to an error.
pub(super) fn located(error: Error) -> Error {
    error.with_model(STRUCTURE)
}

impl<T, C> fmt::Debug for Subscriber<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscriber").field("channels", self.driver.channels()).finish()
    }
}

#[cfg(feature = "aio")]
impl<T, C> fmt::Debug for AsyncSubscriber<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncSubscriber").field("channels", &self.driver.channels()).finish()
    }
}
