//! Many operations of one type, each with a result of its own.

use std::ops::Range;

use super::request::AT_ONCE;
use super::{Operation, Replies, Request};
use crate::error::{Error, Result};

/// Many operations with one `Result` per item: one that fails never hides the
/// others. See [`batch`].
#[must_use = "an operation does nothing until it is run"]
#[derive(Debug, Clone)]
pub struct Batch<O>(Vec<O>);

/// A batch of operations, each with a result of its own.
///
/// However many there are, they are sent in bounded parts: about a thousand
/// commands or a megabyte at a time. (Inside a tuple or behind
/// [`map`](Operation::map) they are put together first and then sent in parts.)
/// If the connection breaks on the way, each item says what became of it; if
/// nothing was answered at all, running the batch fails.
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

fn encode_from<O: Operation>(items: &[O], from: usize, request: &mut Request) -> usize {
    let mut next = from;
    request.reserve_members((items.len() - from).min(AT_ONCE));
    for item in &items[from..] {
        request.item(|request| item.encode(request));
        next += 1;
        if request.is_full() {
            break;
        }
    }
    next
}

fn encode<O: Operation>(items: &[O], request: &mut Request) {
    request.reserve_members(items.len());
    for item in items {
        request.item(|request| item.encode(request));
    }
}

fn decode<O: Operation>(items: &[O], replies: &mut Replies) -> Vec<Result<O::Output>> {
    items.iter().map(|item| replies.member(|replies| item.decode(replies))).collect()
}

fn decode_parts<O: Operation>(
    items: &[O],
    part: Range<usize>,
    replies: Result<Replies>,
    so_far: Option<Vec<Result<O::Output>>>,
) -> Result<Vec<Result<O::Output>>> {
    let mut results = so_far.unwrap_or_else(|| Vec::with_capacity(items.len()));
    match replies {
        Ok(mut replies) => {
            results.extend(decode(&items[part], &mut replies));
        }
        Err(error) if part.start == 0 => return Err(error),
        // What was answered before stays answered.
        Err(error) => {
            results.extend(items[part.clone()].iter().map(|_| Err(error.duplicate())));
            results.extend(items[part.end..].iter().map(|_| Err(Error::not_sent(&error))));
        }
    }
    Ok(results)
}

macro_rules! lists {
    ($($list:ident<$item:ident>: |$this:ident| $items:expr;)*) => {$(
        impl<$item: Operation> Operation for $list<$item> {
            type Output = Vec<Result<$item::Output>>;

            fn encode(&self, request: &mut Request) -> Result<()> {
                let $this = self;
                encode($items, request);
                Ok(())
            }

            fn decode(&self, replies: &mut Replies) -> Result<Self::Output> {
                let $this = self;
                Ok(decode($items, replies))
            }

            fn parts(&self) -> usize {
                let $this = self;
                $items.len()
            }

            fn encode_from(&self, part: usize, request: &mut Request) -> Result<usize> {
                let $this = self;
                Ok(encode_from($items, part, request))
            }

            fn decode_parts(
                &self,
                parts: Range<usize>,
                replies: Result<Replies>,
                so_far: Option<Self::Output>,
            ) -> Result<Self::Output> {
                let $this = self;
                decode_parts($items, parts, replies, so_far)
            }
        }
    )*};
}

lists! {
    Vec<O>: |list| list;
    Batch<O>: |list| &list.0;
}
