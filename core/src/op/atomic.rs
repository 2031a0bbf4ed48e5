//! Several operations as one atomic step.

use super::{Operation, Replies, Request};
use crate::error::{Error, Rest, Result};

/// Operations that are applied together; see [`atomic`].
#[must_use = "an operation does nothing until it is run"]
#[derive(Debug, Clone, Copy)]
pub struct Atomic<O>(O);

/// Applies operations together: nobody sees some of them done and others not.
///
/// Sends `MULTI`, the commands and `EXEC`, in one round trip; a tuple, an
/// array, a `Vec`, or a tuple of those keeps its typed outputs. (One command
/// alone is atomic as it is, and sent so.)
///
/// What Redis promises is *together*, not *all or nothing*: it takes nothing
/// back. If one of the operations fails on the server, say because its key
/// holds another type, the others are applied all the same. The error says so
/// ([`Error::is_partial`](crate::Error::is_partial)); where the server refused
/// the step as a whole, it says that nothing of it was applied. For a change
/// of one record that is all or nothing use [`update`](crate::RedisModel::update).
///
/// On a cluster all keys must have one slot. Where they do not, the error
/// names two of them, and nothing has been sent.
///
/// ```
/// # use redis_model::{Operation, RedisModel, atomic, embedded};
/// #[derive(Debug, PartialEq, RedisModel)]
/// #[redis(key = "account:{id}")]
/// struct Account { id: u64, balance: i64 }
///
/// # let server = embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// let f = Account::FIELDS;
/// let (from, to) = (Account { id: 1, balance: 100 }, Account { id: 2, balance: 0 });
/// (from.save(), to.save()).run(&mut con)?;
///
/// let transfer = atomic((
///     Account::update(1).incr(f.balance, -30).returning(f.balance),
///     Account::update(2).incr(f.balance, 30).returning(f.balance),
/// ));
/// let (from, to) = transfer.run(&mut con)?;
/// assert_eq!((from.applied(), to.applied()), (Some(70), Some(30)));
///
/// let plan = atomic((Account::get(1), Account::exists(2))).explain()?;
/// assert_eq!(plan.to_string(), "MULTI\nHMGET account:1 balance\nHEXISTS account:2 balance\nEXEC");
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
        let several = replies.left() > 1;
        self.0.decode(replies).map_err(|error| if several { of_step(error) } else { error })
    }
}

/// What was answered was applied, unless it says otherwise. After a broken
/// connection nobody knows.
fn of_step(error: Error) -> Error {
    if error.is_connection() || error.kind() == crate::ErrorKind::CrossSlot {
        return error;
    }
    error.with_rest(Rest::Applied)
}
