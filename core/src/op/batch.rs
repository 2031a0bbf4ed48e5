//! Many operations of one type, each with a result of its own.

use std::ops::Range;

use super::request::AT_ONCE;
use super::{Operation, Replies, Request};
use crate::error::{Error, Result};

/// Many operations with one `Result` for each; see [`batch`].
#[must_use = "an operation does nothing until it is run"]
#[derive(Debug, Clone)]
pub struct Batch<O>(Vec<O>);

/// Makes one operation of many, each with a result of its own: one that fails never hides
/// the others.
///
/// However many there are, they are sent in bounded parts: about a thousand
/// commands or a megabyte at a time. (Inside a tuple or behind
/// [`map`](Operation::map) all of them are encoded first and then sent in parts.)
/// If the connection breaks on the way, the result of each item reports whether the item was
/// answered, may have been executed, or was not sent. If the server answered nothing at all,
/// the run of the batch fails.
///
/// ```
/// # use redis_model::{Operation, RedisModel, batch, embedded};
/// # #[derive(Debug, RedisModel)]
/// # #[redis(key = "user:{id}")]
/// # struct User { id: u64, visits: u8 }
/// # let server = embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// # redis::cmd("SET").arg("user:2").arg("somebody's").exec(&mut con)?;
/// let saved = batch((1..=3).map(|id| User::update(id).or_create().set(User::FIELDS.visits, 1))).run(&mut con)?;
/// assert!(saved[0].is_ok() && saved[2].is_ok());
/// assert!(saved[1].as_ref().unwrap_err().is_wrong_type());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn batch<O: Operation>(operations: impl IntoIterator<Item = O>) -> Batch<O> {
    Batch(operations.into_iter().collect())
}

/// A list of independent operations, without their type.
pub trait List<T> {
    /// Returns the number of items.
    fn count(&self) -> usize;

    /// Adds the commands of as many items, from this one on, as are sent at once, and
    /// returns the position of the next item.
    fn encode_from(&self, first: usize, request: &mut Request) -> usize;

    /// Adds the results of these items to the output so far.
    ///
    /// # Errors
    ///
    /// The error of the first items, if the server answered nothing before.
    fn decode_items(
        &self,
        items: Range<usize>,
        replies: Result<Replies>,
        so_far: Option<T>,
    ) -> Result<T>;

    /// Runs the list on a sync connection.
    ///
    /// # Errors
    ///
    /// The error of encoding or sending the first items.
    fn run(&self, con: &mut dyn SendRequest) -> Result<T>;
}

/// A sync connection, without its type.
pub trait SendRequest {
    /// Sends a request and returns the replies.
    ///
    /// # Errors
    ///
    /// The error of the connection.
    fn send(&mut self, request: Request) -> Result<Replies>;
}

/// The progress of a list, which is sent in parts.
pub(crate) struct Parts<T> {
    done: usize,
    sent: usize,
    output: Option<T>,
}

impl<T> Default for Parts<T> {
    fn default() -> Self {
        Self { done: 0, sent: 0, output: None }
    }
}

impl<T> Parts<T> {
    /// Returns the next part as a request.
    pub(crate) fn encode(&mut self, list: &(impl List<T> + ?Sized)) -> Request {
        let mut request = Request::new();
        self.sent = list.encode_from(self.done, &mut request);
        request
    }

    /// Returns the output if all parts are done or the connection broke.
    ///
    /// # Errors
    ///
    /// Those of [`List::decode_items`].
    pub(crate) fn decode(
        &mut self,
        list: &(impl List<T> + ?Sized),
        replies: Result<Replies>,
    ) -> Result<Option<T>> {
        let is_last = self.sent >= list.count() || replies.is_err();
        let output = list.decode_items(self.done..self.sent, replies, self.output.take())?;
        if is_last {
            return Ok(Some(output));
        }
        (self.done, self.output) = (self.sent, Some(output));
        Ok(None)
    }
}

impl<O: Operation> List<Vec<Result<O::Output>>> for Vec<O> {
    fn count(&self) -> usize {
        self.len()
    }

    fn encode_from(&self, first: usize, request: &mut Request) -> usize {
        let mut next = first;
        request.reserve_members((self.len() - first).min(AT_ONCE));
        for item in &self[first..] {
            request.item(|request| item.encode(request));
            next += 1;
            if request.is_full() {
                break;
            }
        }
        next
    }

    fn decode_items(
        &self,
        items: Range<usize>,
        replies: Result<Replies>,
        so_far: Option<Vec<Result<O::Output>>>,
    ) -> Result<Vec<Result<O::Output>>> {
        let mut results = so_far.unwrap_or_else(|| Vec::with_capacity(self.len()));
        match replies {
            Ok(mut replies) => results.extend(decode(&self[items], &mut replies)),
            Err(error) if items.start == 0 => return Err(error),
            // Items that were answered before the error keep their results.
            Err(error) => {
                results.extend(items.clone().map(|_| Err(error.clone())));
                results.extend((items.end..self.len()).map(|_| Err(Error::not_sent(&error))));
            }
        }
        Ok(results)
    }

    fn run(&self, con: &mut dyn SendRequest) -> Result<Vec<Result<O::Output>>> {
        let mut parts = Parts::default();
        loop {
            let replies = con.send(parts.encode(self));
            if let Some(output) = parts.decode(self, replies)? {
                return Ok(output);
            }
        }
    }
}

fn decode<O: Operation>(
    items: &[O],
    replies: &mut Replies,
) -> impl Iterator<Item = Result<O::Output>> {
    items.iter().map(|item| replies.member(|replies| item.decode(replies)))
}

impl<O: Operation> Operation for Vec<O> {
    type Output = Vec<Result<O::Output>>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        request.reserve_members(self.len());
        self.iter().for_each(|item| request.item(|request| item.encode(request)));
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<Self::Output> {
        Ok(decode(self, replies).collect())
    }

    fn as_list(&self) -> Option<&dyn List<Self::Output>> {
        Some(self)
    }
}

/// Implements [`Operation`] by that of the `Vec` in a field.
macro_rules! forward_to_list {
    ($field:tt, impl[$($generics:tt)*] $list:ty, $item:ty) => {
        impl<$($generics)*> $crate::op::Operation for $list {
            type Output = Vec<$crate::error::Result<$item>>;

            fn encode(&self, request: &mut $crate::op::Request) -> $crate::error::Result<()> {
                self.$field.encode(request)
            }

            fn decode(
                &self,
                replies: &mut $crate::op::Replies,
            ) -> $crate::error::Result<Self::Output> {
                self.$field.decode(replies)
            }

            fn as_list(&self) -> Option<&dyn $crate::op::List<Self::Output>> {
                self.$field.as_list()
            }
        }
    };
}

pub(crate) use forward_to_list;

forward_to_list!(0, impl[O: Operation] Batch<O>, O::Output);
