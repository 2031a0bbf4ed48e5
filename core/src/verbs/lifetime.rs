//! Verbs about the existence and the time to live of a record.

use std::marker::PhantomData;
use std::time::Duration;

use super::debug_by_key;
use crate::erased::AnyModel;
use crate::error::Result;
use crate::key::{self, Key};
use crate::model::RedisModel;
use crate::op::{Operation, Replies, Request};
use crate::ttl::{Expiry, Ttl};

macro_rules! verbs {
    ($($(#[$docs:meta])* $verb:ident;)*) => {$(
        $(#[$docs])*
        #[must_use = "an operation does nothing until it is run"]
        pub struct $verb<M> {
            pub(super) key: Key,
            model: PhantomData<fn() -> M>,
        }

        impl<M: RedisModel> $verb<M> {
            pub(crate) fn new(id: M::Id) -> Self {
                Self { key: key::write(M::SCHEMA.template(), &id), model: PhantomData }
            }
        }
    )*};
}

verbs! {
    /// Deletes a record; see [`RedisModel::delete`].
    Delete;
    /// Checks that there is a record; see [`RedisModel::exists`].
    Exists;
    /// Reads the time to live of a record; see [`RedisModel::ttl`].
    GetTtl;
    /// Removes the time to live of a record; see [`RedisModel::persist`].
    Persist;
}

/// Sets the time to live of a record; see [`RedisModel::expire`].
#[must_use = "an operation does nothing until it is run"]
pub struct Expire<M> {
    pub(super) key: Key,
    pub(super) after: Expiry,
    model: PhantomData<fn() -> M>,
}

impl<M: RedisModel> Expire<M> {
    pub(crate) fn new(id: M::Id, after: Duration) -> Self {
        let key = key::write(M::SCHEMA.template(), &id);
        Self { key, after: Expiry::after(after), model: PhantomData }
    }
}

impl<M> Delete<M> {
    pub(crate) fn key(&self) -> &Key {
        &self.key
    }
}

fn decode_int<M: RedisModel>(key: &Key, replies: &mut Replies) -> Result<i64> {
    let int = replies.next().and_then(|reply| reply.into_int());
    int.map_err(|error| AnyModel::of::<M>().locate(key, error))
}

impl<M: RedisModel> Operation for Delete<M> {
    type Output = bool;

    fn encode(&self, request: &mut Request) -> Result<()> {
        request.typed_command(AnyModel::of::<M>().redis_type(), "DEL", &self.key, 0, 0);
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<bool> {
        decode_int::<M>(&self.key, replies).map(|deleted| deleted > 0)
    }
}

impl<M: RedisModel> Operation for Exists<M> {
    type Output = bool;

    fn encode(&self, request: &mut Request) -> Result<()> {
        AnyModel::of::<M>().encode_exists(&self.key, request);
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<bool> {
        decode_int::<M>(&self.key, replies).map(|known| known > 0)
    }
}

impl<M: RedisModel> Operation for GetTtl<M> {
    type Output = Ttl;

    fn encode(&self, request: &mut Request) -> Result<()> {
        request.command("PTTL", 1, self.key.len()).arg(&self.key);
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<Ttl> {
        decode_int::<M>(&self.key, replies).map(Ttl::from_pttl)
    }
}

impl<M: RedisModel> Operation for Expire<M> {
    type Output = bool;

    fn encode(&self, request: &mut Request) -> Result<()> {
        let model = AnyModel::of::<M>();
        let after = self.after.check().map_err(|error| model.locate(&self.key, error))?;
        if let Expiry::After(millis) = after {
            request.typed_command(model.redis_type(), "PEXPIRE", &self.key, 1, 20).int(millis);
        }
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<bool> {
        decode_int::<M>(&self.key, replies).map(|set| set > 0)
    }
}

impl<M: RedisModel> Operation for Persist<M> {
    type Output = bool;

    fn encode(&self, request: &mut Request) -> Result<()> {
        request.typed_command(AnyModel::of::<M>().redis_type(), "PERSIST", &self.key, 0, 0);
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<bool> {
        decode_int::<M>(&self.key, replies).map(|had| had > 0)
    }
}

debug_by_key! {
    Delete<M>: |delete| delete.key;
    Exists<M>: |exists| exists.key;
    GetTtl<M>: |ttl| ttl.key;
    Expire<M>: |expire| expire.key;
    Persist<M>: |persist| persist.key;
}
