//! Structures: the data types of Redis, typed.
//!
//! A structure is a handle of one key: `List<u64>` is a Redis list whose items are numbers,
//! `Set<Order, Json>` a set whose members are written by a [codec](crate::codec). Creating a
//! handle sends nothing. Its methods return [`Command`]s, which are operations: they run on
//! sync and async connections, in tuples, batches and [`atomic`](crate::atomic) steps.
//!
//! | structure | Redis type | for |
//! |---|---|---|
//! | [`Value`] | string | one value, with a time to live |
//! | [`Counter`] | string | a number that is incremented, checked against its Rust type |
//! | [`List`] | list | histories, queues, timelines |
//! | [`Set`] | set | memberships, tags |
//! | [`SortedSet`] | sorted set | rankings, schedules |
//! | [`Map`] | hash | fields whose names are data |
//! | [`Stream`], [`Group`] | stream | event logs, queues that several consumers share |
//! | [`Topic`] | pub/sub | messages to the clients that are [subscribed](Subscription) |
//!
//! ```
//! use redis_model::Operation;
//! use redis_model::structures::{List, Set, SortedSet};
//!
//! # let server = redis_model::embedded::Server::start()?;
//! # let mut con = server.connection()?;
//! let followers = Set::<u64>::at("user:7:followers");
//! let timeline = List::<String>::at("user:7:timeline");
//! let scores = SortedSet::<String>::at("scores:today");
//!
//! let steps = (followers.add(8), timeline.push_front_capped("hello", 800), scores.incr("alice", 5.0));
//! assert_eq!(steps.run(&mut con)?, (true, 1, 5.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Items
//!
//! The second type parameter is the codec, [`Plain`] by default, which stores every
//! [`RedisValue`](crate::RedisValue) as other programs expect it. An operation takes an item
//! by value or by reference, text of every type, and a slice for a `Vec` ([`IntoItem`]).
//!
//! Operations that read several items return a `Result` for each, so that one item that
//! cannot be decoded does not hide the others; the error has the item's
//! [position](crate::Error::item). [`Command::strict`] returns the items themselves, or the
//! first error.
//!
//! Redis compares members of sets, fields of maps and items to remove by their bytes, so a
//! codec that writes the same value in several ways (an unordered map in JSON, or a sealed
//! value) does not suit them. A codec that binds a value to its key, as `Sealed` does, cannot
//! read an item that was moved to another key.
//!
//! # Times to live
//!
//! `with_ttl` gives a handle a time to live that is set **in the same step as the write that
//! creates the key**, and not by a later write. Only a write that replaces the whole key, the
//! `set` of a [`Value`] or a [`Counter`] for example, sets it again. `expire`, `persist` and
//! `ttl` change and read that of an existing key.
//!
//! # Waiting and scanning
//!
//! Operations that wait on the server ([`Blocking`]) and scans of large collections
//! ([`ScanItems`]) are [flows](crate::flow). [`List::consume`] takes the items of a queue one
//! after another, as an iterator or a stream.
//!
//! # Other types
//!
//! Every operation on a key that holds another Redis type is an error
//! ([`is_wrong_type`](crate::Error::is_wrong_type)) and changes nothing. Commands that would
//! overwrite or delete any type, such as SET, DEL and SUNIONSTORE, are sent so that they check it.
//!
#![doc = include_str!("structures/redis_py.md")]

mod blocking;
pub(crate) mod command;
mod consume;
mod counter;
mod group;
mod item;
pub(crate) mod keys;
mod list;
mod map;
pub(crate) mod root;
mod scan;
mod set;
mod sorted_set;
pub mod stream;
mod topic;
mod value;

pub use blocking::Blocking;
pub(crate) use command::Source;
pub use command::{Command, Strict};
pub use consume::{Consume, Stop};
pub use counter::Counter;
pub use group::GroupCommand;
pub use item::IntoItem;
pub use list::{End, List};
pub use map::Map;
pub(crate) use root::{CommandBuilder, Root, is_one};
pub use scan::ScanItems;
pub use set::Set;
pub use sorted_set::{AddOptions, Aggregate, SortedRange, SortedSet};
pub use stream::{Group, Stream, StreamEntry, StreamId};
#[cfg(feature = "aio")]
pub use topic::AsyncSubscriber;
#[cfg(feature = "aio")]
pub(crate) use topic::ChangeKind;
#[cfg(feature = "cluster")]
#[cfg_attr(docsrs, doc(cfg(feature = "cluster")))]
pub use topic::ShardedSubscriber;
pub(crate) use topic::{Change, Channels, Closing, Retry, is_final};
pub use topic::{Event, Subscriber, SubscriberHandle, Subscription, Topic};
pub use value::Value;

pub use crate::codec::Plain;
use crate::key::Key;
pub use crate::key::{KeyParts, UntypedId};

/// A handle of one key; implemented by all structures.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a structure",
    label = "not a structure of one key",
    note = "a field of a group of keys is a handle from `redis_model::structures`, such as `Set<u64>` or `Value<String>`"
)]
pub trait Structure: Sized + Clone {
    /// Redis' name of the type, as TYPE returns it.
    const REDIS_TYPE: &'static str;

    /// Creates a handle of the structure under this key.
    fn at(key: impl Into<Key>) -> Self;

    /// Sets a time to live for keys that a write creates.
    fn with_ttl(self, ttl: std::time::Duration) -> Self;

    /// Returns the key.
    fn key(&self) -> &Key;
}
