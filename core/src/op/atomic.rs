//! Several operations as one atomic step.

use super::{Operation, Replies, Request};
use crate::error::Result;

/// Operations that are applied together; see [`atomic`].
#[must_use = "an operation does nothing until it is run"]
#[derive(Debug, Clone, Copy)]
pub struct Atomic<O>(O);

/// Runs operations together, without a command of another client in between.
///
/// **An atomic step is not all or nothing.** Redis does not roll back: if one of the
/// operations fails on the server, finds no record, or has a condition that
/// is not met, the others are applied all the same. For writes that belong together, such
/// as money that moves from one record to another, there is
/// [`transaction`](crate::transaction). An atomic step is for other operations than writes
/// of records, too: reads of several records as they were at one time, and structures.
///
/// Returns the operations' typed outputs. A tuple, an array, a `Vec`, or a
/// tuple of those keeps its shape.
///
/// # Errors
///
/// If a member cannot be encoded, nothing is sent. The error of a member that
/// failed on the server reports if others were applied
/// ([`Error::is_partial`](crate::Error::is_partial)). If the server refused the
/// whole step, the error reports that nothing of it was applied. On a cluster
/// all keys must be in one slot; otherwise the error
/// ([`CrossSlot`](crate::ErrorKind::CrossSlot)) names two of them, and nothing
/// is sent.
///
/// **Sends** [`MULTI`](https://redis.io/commands/multi), the commands and
/// [`EXEC`](https://redis.io/commands/exec) in one round trip. One command
/// alone is atomic by itself and is sent without them.
///
/// ```
/// # use redis_model::{Operation, RedisModel, atomic, embedded};
/// #[derive(Debug, PartialEq, RedisModel)]
/// #[redis(key = "user:{id}")]
/// struct User { id: u64, name: String }
///
/// #[derive(Debug, PartialEq, RedisModel)]
/// #[redis(key = "user:{id}:settings")]
/// struct Settings { id: u64, theme: String }
///
/// # let server = embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// let user = User { id: 1, name: "Ada".into() };
/// let settings = Settings { id: 1, theme: "dark".into() };
/// // No reader finds the user without the settings.
/// atomic((user.save(), settings.save())).run(&mut con)?;
///
/// let both = atomic((User::get(1), Settings::get(1)));
/// assert_eq!(both.run(&mut con)?, (Some(user), Some(settings)));
/// assert_eq!(
///     both.explain()?.to_string(),
///     "MULTI\nHMGET user:1 name\nHMGET user:1:settings theme\nEXEC"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn atomic<O: Operation>(operations: O) -> Atomic<O> {
    Atomic(operations)
}

impl<O: Operation> Operation for Atomic<O> {
    type Output = O::Output;

    fn encode(&self, request: &mut Request) -> Result<()> {
        request.atomic(|request| self.0.encode(request))
    }

    fn decode(&self, replies: &mut Replies) -> Result<O::Output> {
        self.0.decode(replies)
    }
}
