//! `save` and `create`.

use std::time::Duration;

use super::{about, debug_by_key};
use crate::error::Result;
use crate::model::{RedisModel, Storage, Write, key_of};
use crate::op::{Operation, Replies, Request};
use crate::ttl::Expiry;

/// Writes a record; see [`RedisModel::save`].
#[must_use = "an operation does nothing until it is run"]
pub struct Save<'a, M> {
    model: &'a M,
    expiry: Expiry,
}

/// Writes a record if there is none; see [`RedisModel::create`].
#[must_use = "an operation does nothing until it is run"]
pub struct Create<'a, M> {
    model: &'a M,
    expiry: Expiry,
}

macro_rules! expiry_methods {
    ($($operation:ident)*) => {$(
        impl<'a, M: RedisModel> $operation<'a, M> {
            pub(crate) fn new(model: &'a M) -> Self {
                Self { model, expiry: M::SPEC.expiry() }
            }

            /// Lets the record expire after this time, in place of the model's `ttl`.
            /// It is rounded up to milliseconds; zero is an error.
            pub fn ttl(self, ttl: Duration) -> Self {
                Self { expiry: Expiry::after(ttl), ..self }
            }

            /// Leaves the key's time to live as it is, whatever the model's `ttl`.
            pub fn keep_ttl(self) -> Self {
                Self { expiry: Expiry::Keep, ..self }
            }

            /// Lets the record live for ever, whatever the model's `ttl`.
            pub fn persist(self) -> Self {
                Self { expiry: Expiry::Persist, ..self }
            }
        }
    )*};
}

expiry_methods!(Save Create);

impl<'a, M: RedisModel> Save<'a, M> {
    pub(super) fn with_expiry(model: &'a M, expiry: Expiry) -> Self {
        Self { model, expiry }
    }
}

impl<M: RedisModel> Operation for Save<'_, M> {
    type Output = ();

    fn encode(&self, request: &mut Request) -> Result<()> {
        let write = Write { only_new: false, expiry: self.expiry };
        M::Storage::write(self.model, write, request).map_err(about::<M>(|| key_of(self.model)))
    }

    fn decode(&self, replies: &mut Replies) -> Result<()> {
        let written = replies.next().and_then(M::Storage::written).map(drop);
        written.map_err(about::<M>(|| key_of(self.model)))
    }
}

impl<M: RedisModel> Operation for Create<'_, M> {
    type Output = bool;

    fn encode(&self, request: &mut Request) -> Result<()> {
        let write = Write { only_new: true, expiry: self.expiry };
        M::Storage::write(self.model, write, request).map_err(about::<M>(|| key_of(self.model)))
    }

    fn decode(&self, replies: &mut Replies) -> Result<bool> {
        replies.next().and_then(M::Storage::written).map_err(about::<M>(|| key_of(self.model)))
    }
}

impl<M> Clone for Save<'_, M> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<M> Clone for Create<'_, M> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

debug_by_key! {
    Save<'_, M>: |save| key_of(save.model);
    Create<'_, M>: |create| key_of(create.model);
}
