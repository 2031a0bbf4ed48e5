//! Verbs about the existence and the time to live of a record.

use std::time::Duration;

use super::{about, debug_by_key, key_of_id};
use crate::error::Result;
use crate::model::{RedisModel, Storage};
use crate::op::{Operation, Replies, Request};
use crate::ttl::{Expiry, Ttl};

macro_rules! verbs {
    ($($(#[$docs:meta])* $verb:ident;)*) => {$(
        $(#[$docs])*
        #[must_use = "an operation does nothing until it is run"]
        pub struct $verb<M: RedisModel> {
            id: M::Id,
        }

        impl<M: RedisModel> $verb<M> {
            pub(crate) fn new(id: M::Id) -> Self {
                Self { id }
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
pub struct Expire<M: RedisModel> {
    id: M::Id,
    after: Expiry,
}

impl<M: RedisModel> Expire<M> {
    pub(crate) fn new(id: M::Id, after: Duration) -> Self {
        Self { id, after: Expiry::after(after) }
    }
}

fn int<M: RedisModel>(id: &M::Id, replies: &mut Replies) -> Result<i64> {
    replies.next().and_then(|reply| reply.into_int()).map_err(about::<M>(|| key_of_id::<M>(id)))
}

impl<M: RedisModel> Operation for Delete<M> {
    type Output = bool;

    fn encode(&self, request: &mut Request) -> Result<()> {
        let key = key_of_id::<M>(&self.id);
        request.typed_command(M::Storage::TYPE, "DEL", &key, 0, 0);
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<bool> {
        int::<M>(&self.id, replies).map(|deleted| deleted > 0)
    }
}

impl<M: RedisModel> Operation for Exists<M> {
    type Output = bool;

    fn encode(&self, request: &mut Request) -> Result<()> {
        M::Storage::exists(&key_of_id::<M>(&self.id), request);
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<bool> {
        int::<M>(&self.id, replies).map(|known| known > 0)
    }
}

impl<M: RedisModel> Operation for GetTtl<M> {
    type Output = Ttl;

    fn encode(&self, request: &mut Request) -> Result<()> {
        let key = key_of_id::<M>(&self.id);
        request.command("PTTL", 1, key.len()).arg(key);
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<Ttl> {
        int::<M>(&self.id, replies).map(Ttl::from_pttl)
    }
}

impl<M: RedisModel> Operation for Expire<M> {
    type Output = bool;

    fn encode(&self, request: &mut Request) -> Result<()> {
        let key = key_of_id::<M>(&self.id);
        if let Expiry::After(millis) = self.after.check().map_err(about::<M>(|| key.clone()))? {
            request.typed_command(M::Storage::TYPE, "PEXPIRE", &key, 1, 20).int(millis);
        }
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<bool> {
        int::<M>(&self.id, replies).map(|set| set > 0)
    }
}

impl<M: RedisModel> Operation for Persist<M> {
    type Output = bool;

    fn encode(&self, request: &mut Request) -> Result<()> {
        let key = key_of_id::<M>(&self.id);
        request.typed_command(M::Storage::TYPE, "PERSIST", &key, 0, 0);
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<bool> {
        int::<M>(&self.id, replies).map(|had| had > 0)
    }
}

debug_by_key! {
    Delete<M>: |delete| key_of_id::<M>(&delete.id);
    Exists<M>: |exists| key_of_id::<M>(&exists.id);
    GetTtl<M>: |ttl| key_of_id::<M>(&ttl.id);
    Expire<M>: |expire| key_of_id::<M>(&expire.id);
    Persist<M>: |persist| key_of_id::<M>(&persist.id);
}
