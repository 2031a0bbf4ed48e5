//! Subscriptions to sharded channels of a cluster.

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::{FusedStream, Stream};
use redis::cluster::ClusterClientBuilder;

use super::Event;
use super::subscriber::located;
use crate::codec::{Codec, Plain};
use crate::connection::Prefixed;
use crate::error::Result;
use crate::key::Key;
use crate::run::subscription::{ShardedDriver, Step};

/// A subscription to sharded channels of a cluster, as a stream of [`Event`]s: messages of
/// [`Topic::publish_sharded`](super::Topic::publish_sharded).
///
/// A message of a sharded channel stays on the node that owns the channel's slot, so the load
/// is spread over the cluster. If the connection to that node is lost or the slot moves, the
/// subscriber subscribes again to all its channels and returns
/// [`Event::Resubscribed`]: messages may have been missed before, and none after.
///
/// ```no_run
/// use redis::cluster::ClusterClientBuilder;
/// use redis_model::structures::{Event, ShardedSubscriber};
///
/// # async fn listen() -> redis_model::Result<()> {
/// let cluster = ClusterClientBuilder::new(["redis://10.0.0.1:6379"]);
/// let mut orders = ShardedSubscriber::<u64>::open(cluster, ["orders:{7}"]).await?;
/// while let Some(event) = orders.next().await {
///     if let Event::Message { channel, value, .. } = event? {
///         println!("{channel}: {value}");
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct ShardedSubscriber<T, C = Plain> {
    driver: ShardedDriver,
    types: PhantomData<fn() -> (T, C)>,
}

impl<T, C: Codec<T>> ShardedSubscriber<T, C> {
    /// Connects to the cluster over RESP3, and subscribes; with a [`Prefixed`] builder, to the
    /// channels with its prefix.
    ///
    /// **Sends** [`SSUBSCRIBE`](https://redis.io/commands/ssubscribe).
    ///
    /// # Errors
    ///
    /// Those of the connection, and the server's refusal.
    pub async fn open(
        cluster: impl Into<Prefixed<ClusterClientBuilder>>,
        channels: impl IntoIterator<Item: Into<Key>>,
    ) -> Result<Self> {
        let channels = channels.into_iter().map(|channel| String::from(channel.into())).collect();
        let (cluster, prefix) = cluster.into().into_parts().map_err(located)?;
        let driver = ShardedDriver::open(cluster, prefix, channels).await.map_err(located)?;
        Ok(Self { driver, types: PhantomData })
    }

    /// Returns the next event, or `None` after an error that no retry mends. It is the `next`
    /// of `StreamExt`, without an import.
    pub async fn next(&mut self) -> Option<Result<Event<T>>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl<T, C: Codec<T>> Stream for ShardedSubscriber<T, C> {
    type Item = Result<Event<T>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.driver.poll_next(context).map(|step| {
            step.map(|step| match step {
                Ok(Step::Message(message)) => Event::decode::<C>(message),
                Ok(_) => Ok(Event::Resubscribed),
                Err(error) => Err(located(error)),
            })
        })
    }
}

impl<T, C: Codec<T>> FusedStream for ShardedSubscriber<T, C> {
    fn is_terminated(&self) -> bool {
        self.driver.is_ended()
    }
}

impl<T, C> fmt::Debug for ShardedSubscriber<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShardedSubscriber").finish_non_exhaustive()
    }
}
