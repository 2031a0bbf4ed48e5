//! Writes of several records, all or nothing.
//!
//! Redis does not roll back, neither a MULTI/EXEC nor a script. But each script of this
//! crate writes only after everything that can fail was tried. So the script of a
//! transaction runs the scripts of its members as coroutines up to their first writes, and
//! goes on only if all of them got there. The alternative, WATCH with MULTI/EXEC, takes
//! three round trips and a connection of its own, and is repeated under contention.

mod decode;
mod encode;
mod member;
mod script;

pub use member::Transactional;
pub(crate) use script::members_of;

use std::vec;

use decode::{Applied, Verdict};
use encode::Members;

use super::{Operation, Replies, Request};
use crate::error::{Error, Result};
use crate::update::Outcome;

/// Writes of several records, all or nothing; see [`transaction`].
#[must_use = "an operation does nothing until it is run"]
#[derive(Debug, Clone, Copy)]
pub struct Transaction<O>(O);

/// Writes several records in one step, all of them or none.
///
/// The members are [`update`](crate::RedisModel::update), [`save`](crate::RedisModel::save),
/// [`create`](crate::RedisModel::create), [`delete`](crate::RedisModel::delete), and the
/// [`commit`](crate::Draft::commit) and [`delete`](crate::Draft::delete) of a draft, each of
/// a record of its own and with conditions where `only_if` is, in tuples, arrays, `Vec`s and `Option`s, at most 100 in all. The
/// server checks all members before it writes anything, and no command of another client
/// runs in between.
///
/// Returns [`Outcome::Applied`] with the members' outputs, in the same shape, if all of them
/// were applied. Otherwise nothing was written, and the outcome is that of the first member
/// that was refused:
///
/// - [`Missing`](Outcome::Missing): an update, a delete or a commit found no record.
/// - [`Conflict`](Outcome::Conflict): a condition does not hold, a commit found a changed
///   record, or a create found one (then it names no fields).
///
/// Either has the model, the key and the position of the
/// [`member`](crate::Conflict::member). Positions count from zero, in the order of writing,
/// also through nested tuples and lists.
///
/// A server cannot tell if the client will be able to decode a record, so there is no
/// [`take`](crate::RedisModel::take) in a transaction. [`edit`](crate::RedisModel::edit) reads
/// the record first, and the [`delete`](crate::Draft::delete) of the draft is the member.
/// A commit of a draft without changes sends nothing and checks nothing.
///
/// # Errors
///
/// Nothing was written, except in the last case. The error of a member names its position
/// ([`Error::member`](crate::Error::member)), its model, its key and its field.
///
/// - Before anything is sent: a member that cannot be encoded, one key twice, more than 100
///   members, and, on a cluster, keys of several slots
///   ([`CrossSlot`](crate::ErrorKind::CrossSlot), naming two of them; a hash tag keeps
///   keys in one slot).
/// - Those of the members, such as [`OutOfRange`](crate::ErrorKind::OutOfRange) and
///   `WRONGTYPE`.
/// - Those of the server, such as `OOM` and `READONLY`.
/// - Any error whose [`is_applied`](crate::Error::is_applied) is true: all members were applied,
///   and an output cannot be read.
///
/// After a [connection error](crate::Error::is_connection) it is unknown if the transaction was
/// applied. A [`create`](crate::RedisModel::create) of a record with an unguessable id as a
/// member makes it safe to repeat: the second run is a conflict with the first.
///
/// **Sends** one script, which runs the scripts of the members: each checks its record, and
/// when all have checked, each writes. Members are scripts also if a plain command would do
/// alone. In a pipeline the text of the script is sent, too (20 KB).
///
/// ```
/// # use redis_model::{Operation, Outcome, RedisModel, embedded, transaction};
/// #[derive(RedisModel)]
/// #[redis(key = "account:{id}")]
/// struct Account { id: u64, balance: u64 }
///
/// # let server = embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// # Account { id: 1, balance: 100 }.save().run(&mut con)?;
/// # Account { id: 2, balance: 0 }.save().run(&mut con)?;
/// let balance = Account::FIELDS.balance;
/// let transfer = |from: u64, to: u64, amount: u64| {
///     transaction((
///         Account::update(from)
///             .only_if(balance.at_least(amount))
///             .incr(balance, -i128::from(amount))
///             .returning(balance),
///         Account::update(to).incr(balance, amount),
///     ))
/// };
/// assert_eq!(transfer(1, 2, 60).run(&mut con)?, Outcome::Applied((40, ())));
///
/// // Not enough money: neither account is changed.
/// let refused = transfer(1, 2, 60).run(&mut con)?;
/// let conflict = refused.conflict().expect("a conflict");
/// assert_eq!((conflict.member(), conflict.key()), (Some(0), "account:1"));
/// assert!(conflict.contains(balance));
///
/// // Nobody to pay to: nobody pays.
/// let refused = transfer(1, 3, 10).run(&mut con)?;
/// assert_eq!(refused.missing().expect("no account").key(), "account:3");
/// let left = Account::select(1, balance).run(&mut con)?;
/// assert_eq!(left, Some(40));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A unique name, claimed together with its user:
///
/// ```
/// # use redis_model::{Operation, RedisModel, embedded, transaction};
/// #[derive(RedisModel)]
/// #[redis(key = "user:{id}")]
/// struct User { id: u64, name: String }
///
/// #[derive(RedisModel)]
/// #[redis(key = "username:{name}")]
/// struct Username { name: String, user: u64 }
///
/// # let server = embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// fn sign_up(con: &mut redis::Connection, id: u64, name: &str) -> redis_model::Result<()> {
///     let (user, claim) =
///         (User { id, name: name.into() }, Username { name: name.into(), user: id });
///     transaction((claim.create(), user.create())).run(con)?.ok().map(drop)
/// }
/// sign_up(&mut con, 1, "ada")?;
/// let taken = sign_up(&mut con, 2, "ada").unwrap_err();
/// assert!(taken.is_conflict());
/// assert_eq!(taken.key(), Some("username:ada"));
/// assert!(!User::exists(2).run(&mut con)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn transaction<O: Transactional>(members: O) -> Transaction<O> {
    Transaction(members)
}

impl<O: Transactional> Operation for Transaction<O> {
    type Output = Outcome<O::Applied>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        let mut members = Members::new();
        self.0.add_to(&mut members)?;
        members.finish(request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<Self::Output> {
        let verdict = if self.0.sends() {
            Verdict::of(replies.next()?)?
        } else {
            Verdict::Applied(Applied::new(vec::IntoIter::default()))
        };
        match verdict {
            Verdict::Applied(mut replies) => self.0.applied(&mut replies).map(Outcome::Applied),
            Verdict::Refused(mut refused) => match self.0.refused(&mut refused) {
                Some(outcome) => Ok(outcome?.map(|never| match never {})),
                None => Err(Error::unexpected_reply()),
            },
        }
    }
}
