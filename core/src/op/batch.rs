//! Many operations of one type, each with a result of its own.

use super::{Operation, Replies, Request};
use crate::error::Result;

/// Many operations with one `Result` per item: one that fails never hides the
/// others. See [`batch`].
#[must_use = "an operation does nothing until it is run"]
#[derive(Debug, Clone)]
pub struct Batch<O>(Vec<O>);

/// A batch of operations, sent together.
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

fn encode<O: Operation>(items: &[O], request: &mut Request) -> Result<()> {
    for item in items {
        request.item(|request| item.encode(request));
    }
    Ok(())
}

fn decode<O: Operation>(items: &[O], replies: &mut Replies) -> Vec<Result<O::Output>> {
    let one = |item: &O| match replies.next_unsent() {
        Some(error) => Err(error),
        None => item.decode(replies),
    };
    items.iter().map(one).collect()
}

impl<O: Operation> Operation for Batch<O> {
    type Output = Vec<Result<O::Output>>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        encode(&self.0, request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<Self::Output> {
        Ok(decode(&self.0, replies))
    }
}

impl<O: Operation> Operation for Vec<O> {
    type Output = Vec<Result<O::Output>>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        encode(self, request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<Self::Output> {
        Ok(decode(self, replies))
    }
}
