//! The operations that can be members of a transaction, and the output of each.

use std::convert::Infallible;

use super::Transaction;
use super::decode::{Applied, Refused};
use super::encode::Members;
use crate::edit::Commit;
use crate::erased::key_of;
use crate::error::{Error, Result};
use crate::field::RevisionNumber;
use crate::hash::{HashModel, Selection};
use crate::model::RedisModel;
use crate::op::{Create, Delete, DeleteUnchanged, Operation, Returning, Save};
use crate::update::{Conditional, Conflict, Missing, Outcome, Update};

/// The operations that can be members of a [`transaction`](super::transaction): writes of one
/// record, and tuples, arrays, `Vec`s and `Option`s of them.
///
/// They are [`update`](RedisModel::update), [`save`](RedisModel::save),
/// [`create`](RedisModel::create), [`delete`](RedisModel::delete), and the
/// [`commit`](crate::Draft::commit) and [`delete`](crate::Draft::delete) of a draft; with
/// `only_if` also `save`, `delete`, `expire` and `persist` of hashes. A list of
/// members of different types has boxes:
///
/// ```
/// # use redis_model::{RedisModel, op::Transactional, transaction};
/// # #[derive(RedisModel)]
/// # #[redis(key = "user:{id}")]
/// # struct User { id: u64, name: String }
/// let mut members: Vec<Box<dyn Transactional<Applied = ()> + Send + Sync>> = Vec::new();
/// members.push(Box::new(User::update(1).set(User::FIELDS.name, "Ada")));
/// members.push(Box::new(User::delete(2)));
/// let both = transaction(members);
/// # drop(both);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a member of a transaction",
    label = "not a write of one record",
    note = "members are `update`, `save`, `create`, `delete`, and `commit` and `delete` of a draft; in place of `take` read the record with `edit` and use the draft's `delete`; `required()` is called on the transaction, not on its members"
)]
pub trait Transactional: sealed::Sealed {
    /// The output if all members are applied.
    type Applied;

    /// Adds the commands of the members.
    #[doc(hidden)]
    fn add_to(&self, members: &mut Members) -> Result<()>;

    /// Returns `true` if a command is sent.
    #[doc(hidden)]
    fn sends(&self) -> bool;

    /// Decodes the outputs of members that are applied.
    #[doc(hidden)]
    fn applied(&self, replies: &mut Applied) -> Result<Self::Applied>;

    /// Decodes the outcome of the member that is not applied, if it is one of these.
    #[doc(hidden)]
    fn refused(&self, refused: &mut Refused) -> Option<Result<Outcome<Infallible>>>;
}

pub(super) mod sealed {
    pub trait Sealed {}
}

/// Makes an operation a member: its output if it is applied, and how its own output becomes
/// an outcome.
macro_rules! members {
    ($(impl[$($generics:tt)*] $operation:ty => $applied:ty, |$this:ident, $output:ident| $outcome:expr;)*) => {$(
        impl<$($generics)*> sealed::Sealed for $operation {}

        impl<$($generics)*> Transactional for $operation {
            type Applied = $applied;

            fn add_to(&self, members: &mut Members) -> Result<()> {
                members.add(|request| self.encode(request))
            }

            fn sends(&self) -> bool {
                self.is_sent()
            }

            fn applied(&self, replies: &mut Applied) -> Result<$applied> {
                replies.member(self.is_sent(), |replies| {
                    let ($this, $output) = (self, self.decode(replies)?);
                    $outcome.applied().ok_or_else(Error::unexpected_reply)
                })
            }

            fn refused(&self, refused: &mut Refused) -> Option<Result<Outcome<Infallible>>> {
                let (position, outcome) = refused.member(self.is_sent(), |replies| {
                    let ($this, $output) = (self, self.decode(replies)?);
                    Ok($outcome)
                })?;
                Some(outcome.and_then(|outcome| match outcome {
                    Outcome::Applied(_) => Err(Error::unexpected_reply()),
                    Outcome::Missing(it) => Ok(Outcome::Missing(it.with_member(position))),
                    Outcome::Conflict(it) => Ok(Outcome::Conflict(it.with_member(position))),
                }))
            }
        }
    )*};
}

/// An operation that sends one command.
trait SendsOne {
    fn is_sent(&self) -> bool {
        true
    }
}

impl<M: HashModel, S: Selection<M>> SendsOne for Update<M, S> {}
impl<M: HashModel> SendsOne for Conditional<M> {}
impl<M: RedisModel> SendsOne for Save<'_, M> {}
impl<M: RedisModel> SendsOne for Create<'_, M> {}
impl<W, V> SendsOne for Returning<W, V> {}
impl<M: RedisModel> SendsOne for Delete<M> {}
impl<M: RedisModel> SendsOne for DeleteUnchanged<M> {}

members! {
    impl[M: HashModel, S: Selection<M>] Update<M, S> => S::Output, |_this, outcome| outcome;
    impl[M: HashModel] Conditional<M> => (), |_this, outcome| outcome;
    impl[M: RedisModel] Save<'_, M> => (), |_this, output| Outcome::Applied(output);
    impl[M: RedisModel] Create<'_, M> => (), |this, created| match created {
        true => Outcome::Applied(()),
        false => exists(this.record()),
    };
    impl[M: RedisModel, V: RevisionNumber] Returning<Save<'_, M>, V> => V,
        |_this, revision| Outcome::Applied(revision);
    impl[M: RedisModel, V: RevisionNumber] Returning<Create<'_, M>, V> => V,
        |this, revision| match revision {
            Some(revision) => Outcome::Applied(revision),
            None => exists(this.write().record()),
        };
    impl[M: RedisModel] Delete<M> => (), |this, deleted| match deleted {
        true => Outcome::Applied(()),
        false => Outcome::Missing(Missing::new(M::SCHEMA.name, this.key())),
    };
    impl[M: RedisModel] Commit<M> => (), |_this, outcome| outcome;
    impl[M: RedisModel] DeleteUnchanged<M> => (), |_this, outcome| outcome;
}

fn exists<M: RedisModel, T>(record: &M) -> Outcome<T> {
    Outcome::Conflict(Conflict::of_existing(M::SCHEMA.name, &key_of(record)))
}

impl<M: RedisModel> Commit<M> {
    fn is_sent(&self) -> bool {
        !self.is_empty()
    }
}

/// Makes a list of members one.
macro_rules! list {
    ($(impl[$($generics:tt)*] $list:ty => $applied:ty, |$replies:ident, $this:ident| $outputs:expr;)*) => {$(
        impl<$($generics)*> sealed::Sealed for $list {}

        impl<$($generics)*> Transactional for $list {
            type Applied = $applied;

            fn add_to(&self, members: &mut Members) -> Result<()> {
                self.iter().try_for_each(|member| member.add_to(members))
            }

            fn sends(&self) -> bool {
                self.iter().any(Transactional::sends)
            }

            fn applied(&self, $replies: &mut Applied) -> Result<$applied> {
                let $this = self;
                $outputs
            }

            fn refused(&self, refused: &mut Refused) -> Option<Result<Outcome<Infallible>>> {
                self.iter().find_map(|member| member.refused(refused))
            }
        }
    )*};
}

list! {
    impl[O: Transactional] Vec<O> => Vec<O::Applied>,
        |replies, this| this.iter().map(|member| member.applied(replies)).collect();
    impl[O: Transactional] Option<O> => Option<O::Applied>,
        |replies, this| this.as_ref().map(|member| member.applied(replies)).transpose();
    impl[O: Transactional, const N: usize] [O; N] => [O::Applied; N],
        |replies, this| {
            let outputs: Result<Vec<_>> =
                this.iter().map(|member| member.applied(replies)).collect();
            outputs.map(|outputs| outputs.try_into().unwrap_or_else(|_| unreachable!("N in, N out")))
        };
}

/// Makes a member of what has one inside.
macro_rules! forward {
    ($(impl[$($generics:tt)*] $outer:ty => $inner:ty, |$this:ident| $member:expr;)*) => {$(
        impl<$($generics)*> sealed::Sealed for $outer {}

        impl<$($generics)*> Transactional for $outer {
            type Applied = <$inner as Transactional>::Applied;

            fn add_to(&self, members: &mut Members) -> Result<()> {
                let $this = self;
                $member.add_to(members)
            }

            fn sends(&self) -> bool {
                let $this = self;
                $member.sends()
            }

            fn applied(&self, replies: &mut Applied) -> Result<Self::Applied> {
                let $this = self;
                $member.applied(replies)
            }

            fn refused(&self, refused: &mut Refused) -> Option<Result<Outcome<Infallible>>> {
                let $this = self;
                $member.refused(refused)
            }
        }
    )*};
}

forward! {
    impl[O: Transactional + ?Sized] &O => O, |this| **this;
    impl[O: Transactional + ?Sized] Box<O> => O, |this| **this;
    impl[O: Transactional] Transaction<O> => O, |this| this.0;
}

macro_rules! tuples {
    ($(($($member:ident $at:tt),*))*) => {$(
        impl<$($member: Transactional),*> sealed::Sealed for ($($member,)*) {}

        impl<$($member: Transactional),*> Transactional for ($($member,)*) {
            type Applied = ($($member::Applied,)*);

            fn add_to(&self, members: &mut Members) -> Result<()> {
                $(self.$at.add_to(members)?;)*
                Ok(())
            }

            fn sends(&self) -> bool {
                false $(|| self.$at.sends())*
            }

            fn applied(&self, replies: &mut Applied) -> Result<Self::Applied> {
                Ok(($(self.$at.applied(replies)?,)*))
            }

            fn refused(&self, refused: &mut Refused) -> Option<Result<Outcome<Infallible>>> {
                None$(.or_else(|| self.$at.refused(refused)))*
            }
        }
    )*};
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11)
}
