//! Pub/sub: typed messages to the clients that are subscribed at that moment.
//!
//! A [`Topic`] publishes, by commands as any structure has them. A subscription needs a
//! connection of its own and IO without an end, so it is no operation: a [`Subscription`]
//! lists what to subscribe to, and opens a [`Subscriber`]. The connection is in
//! `run/subscription.rs`. Here are the parts without IO.
//!
//! Sharded channels (SSUBSCRIBE) have a [`ShardedSubscriber`] on redis-rs' async cluster
//! connection. When a slot moves, the server ends the subscription with a `sunsubscribe`
//! message, which redis-rs' `PubSub`s discard, so messages would stop unnoticed there.

mod channels;
mod closing;
mod event;
mod retry;
#[cfg(feature = "cluster")]
mod sharded;
mod subscriber;
mod subscription;

use std::fmt;
use std::marker::PhantomData;

#[cfg(feature = "aio")]
pub(crate) use channels::ChangeKind;
pub(crate) use channels::{Change, Channels};
pub(crate) use closing::Closing;
pub use closing::SubscriberHandle;
pub use event::Event;
pub(crate) use retry::{Retry, is_final};
#[cfg(feature = "cluster")]
pub use sharded::ShardedSubscriber;
#[cfg(feature = "aio")]
pub use subscriber::AsyncSubscriber;
pub use subscriber::Subscriber;
pub use subscription::Subscription;

use super::command::Command;
use super::item::IntoItem;
use super::root::{Root, count};
use crate::codec::{Codec, Plain};
use crate::key::Key;

/// A pub/sub channel whose messages are of one type.
///
/// A message goes to the clients that are [subscribed](Subscription) at that moment and is
/// not stored: a subscriber that is not connected misses it. Channels are not keys. They have
/// no time to live, and all databases of a server share them.
///
/// ```
/// use redis_model::Operation;
/// use redis_model::structures::{Event, Topic};
///
/// # let server = redis_model::embedded::Server::start()?;
/// # let client = server.client()?;
/// # let mut con = server.connection()?;
/// let temperatures = Topic::<f64>::at("temperatures");
/// let mut subscriber = temperatures.subscription().subscribe(&client)?;
///
/// assert_eq!(temperatures.publish(21.5).run(&mut con)?, 1);
/// match subscriber.next().ok_or("closed")?? {
///     Event::Message { channel, value, .. } => {
///         assert_eq!((channel.as_str(), value), ("temperatures", 21.5));
///     }
///     event => panic!("unexpected: {event:?}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Topic<T, C = Plain> {
    root: Root,
    types: PhantomData<fn() -> (T, C)>,
}

impl<T, C> Topic<T, C> {
    /// Creates a handle of the channel with this name. Nothing is sent.
    pub fn at(channel: impl Into<Key>) -> Self {
        Self { root: Root::new(event::STRUCTURE, "", channel.into()), types: PhantomData }
    }

    /// Returns the channel's name.
    pub fn channel(&self) -> &Key {
        self.root.key()
    }

    /// Returns a subscription to this channel, to which others can be added.
    pub fn subscription(&self) -> Subscription<T, C> {
        Subscription::to([self.channel().as_str()])
    }
}

impl<T, C: Codec<T>> Topic<T, C> {
    /// Publishes a message. Returns the number of clients that the server sent it to, each
    /// counted once for each of its channels and patterns that match.
    ///
    /// On a cluster every node passes the message on to all others, but the number is only
    /// that of the clients of the node that received the command.
    ///
    /// **Sends** [`PUBLISH`](https://redis.io/commands/publish). On a cluster connection the
    /// channel's name chooses the slot as a key does, so in an [`atomic`](crate::atomic) step it
    /// needs the hash tag of the step's keys.
    pub fn publish(&self, message: impl IntoItem<T>) -> Command<usize> {
        // No key to Redis, but redis-rs' cluster connections route it as one.
        self.root.command("PUBLISH").item::<T, C, _>(message).returns(count)
    }

    /// Publishes a message to the clients that are subscribed to the *sharded* channel of this
    /// name, and returns their number. Subscribers by [`Subscription`] do not receive it.
    ///
    /// On a cluster the message stays within the shard that owns the slot of the channel's
    /// name. Needs Redis 7.
    ///
    /// **Sends** [`SPUBLISH`](https://redis.io/commands/spublish), whose channel chooses the
    /// slot as a key does.
    pub fn publish_sharded(&self, message: impl IntoItem<T>) -> Command<usize> {
        self.root.command("SPUBLISH").item::<T, C, _>(message).returns(count)
    }
}

// Deriving would require the same of the type parameters.
impl<T, C> Clone for Topic<T, C> {
    fn clone(&self) -> Self {
        Self { root: self.root.clone(), types: PhantomData }
    }
}

impl<T, C> fmt::Debug for Topic<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.root, f)
    }
}
