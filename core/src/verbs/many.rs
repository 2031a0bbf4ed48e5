//! Verbs on many records: one `Result` for each, in bounded parts.

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;
use std::time::Duration;

use super::{Delete, Get, Save};
use crate::error::Result;
use crate::model::RedisModel;
use crate::op::{Operation, Replies, Request};
use crate::ttl::Expiry;

/// Reads many records; see [`RedisModel::get_many`].
#[must_use = "an operation does nothing until it is run"]
pub struct GetMany<M: RedisModel> {
    items: Vec<Get<M>>,
}

/// Deletes many records; see [`RedisModel::delete_many`].
#[must_use = "an operation does nothing until it is run"]
pub struct DeleteMany<M: RedisModel> {
    items: Vec<Delete<M>>,
}

/// Writes many records; see [`RedisModel::save_many`].
#[must_use = "an operation does nothing until it is run"]
pub struct SaveMany<M, R> {
    items: Vec<SaveOne<M, R>>,
}

impl<M: RedisModel> GetMany<M> {
    pub(crate) fn new(ids: impl Iterator<Item = M::Id>) -> Self {
        Self { items: ids.map(Get::new).collect() }
    }
}

impl<M: RedisModel> DeleteMany<M> {
    pub(crate) fn new(ids: impl Iterator<Item = M::Id>) -> Self {
        Self { items: ids.map(Delete::new).collect() }
    }
}

impl<M: RedisModel, R: Borrow<M>> SaveMany<M, R> {
    pub(crate) fn new(records: impl Iterator<Item = R>) -> Self {
        let expiry = M::SPEC.expiry();
        let one = |record| SaveOne { record, expiry, overwrite_newer: false, model: PhantomData };
        Self { items: records.map(one).collect() }
    }

    /// Lets the records expire after this time, in place of the model's `ttl`.
    /// It is rounded up to milliseconds; zero is an error of each.
    pub fn ttl(self, ttl: Duration) -> Self {
        self.with(Expiry::after(ttl))
    }

    /// Leaves the keys' times to live as they are, whatever the model's `ttl`.
    pub fn keep_ttl(self) -> Self {
        self.with(Expiry::Keep)
    }

    /// Lets the records live for ever, whatever the model's `ttl`.
    pub fn persist(self) -> Self {
        self.with(Expiry::Persist)
    }

    /// Writes the records also over those that a newer version of the model
    /// wrote; see [`Save::overwrite_newer`].
    pub fn overwrite_newer(mut self) -> Self {
        self.items.iter_mut().for_each(|item| item.overwrite_newer = true);
        self
    }

    fn with(mut self, expiry: Expiry) -> Self {
        self.items.iter_mut().for_each(|item| item.expiry = expiry);
        self
    }
}

/// [`Save`] of a record that is given away or borrowed.
struct SaveOne<M, R> {
    record: R,
    expiry: Expiry,
    overwrite_newer: bool,
    model: PhantomData<fn() -> M>,
}

impl<M: RedisModel, R: Borrow<M>> SaveOne<M, R> {
    fn save(&self) -> Save<'_, M> {
        Save::with(self.record.borrow(), self.expiry, self.overwrite_newer)
    }
}

impl<M: RedisModel, R: Borrow<M>> Operation for SaveOne<M, R> {
    type Output = ();

    fn encode(&self, request: &mut Request) -> Result<()> {
        self.save().encode(request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<()> {
        self.save().decode(replies)
    }
}

macro_rules! as_lists {
    ($($verb:ident<M $(, $record:ident)?>: $output:ty;)*) => {$(
        impl<M: RedisModel $(, $record: Borrow<M>)?> Operation for $verb<M $(, $record)?> {
            type Output = Vec<Result<$output>>;

            fn encode(&self, request: &mut Request) -> Result<()> {
                self.items.encode(request)
            }

            fn decode(&self, replies: &mut Replies) -> Result<Self::Output> {
                self.items.decode(replies)
            }

            fn parts(&self) -> usize {
                self.items.parts()
            }

            fn encode_from(&self, part: usize, request: &mut Request) -> Result<usize> {
                self.items.encode_from(part, request)
            }

            fn decode_parts(
                &self,
                parts: Range<usize>,
                replies: Result<Replies>,
                so_far: Option<Self::Output>,
            ) -> Result<Self::Output> {
                self.items.decode_parts(parts, replies, so_far)
            }
        }

        impl<M: RedisModel $(, $record: Borrow<M>)?> fmt::Debug for $verb<M $(, $record)?> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($verb))
                    .field("model", &M::SPEC.name)
                    .field("records", &self.items.len())
                    .finish()
            }
        }
    )*};
}

as_lists! {
    GetMany<M>: Option<M>;
    DeleteMany<M>: bool;
    SaveMany<M, R>: ();
}
