//! `get`.

use std::time::Duration;

use super::{about, debug_by_key, key_of_id};
use crate::error::{Error, Result};
use crate::model::{After, Read, RedisModel, Storage};
use crate::op::{Operation, Replies, Request};
use crate::ttl::Expiry;

/// Reads a record; see [`RedisModel::get`].
#[must_use = "an operation does nothing until it is run"]
pub struct Get<M: RedisModel> {
    id: M::Id,
    refresh: Expiry,
}

impl<M: RedisModel> Get<M> {
    pub(crate) fn new(id: M::Id) -> Self {
        Self { id, refresh: Expiry::Keep }
    }

    /// Sets the record's time to live in the same step, as for a session that expires after
    /// its last use. The time is rounded up to milliseconds; zero is an error.
    ///
    /// # Errors
    ///
    /// The TTL of a record that cannot be decoded is set all the same: the error's
    /// [`is_applied`](Error::is_applied) is true.
    ///
    /// **Sends** a script (hash: `HMGET`, `PEXPIRE`) or `GETEX` (blob).
    pub fn refresh(self, ttl: Duration) -> Self {
        Self { refresh: Expiry::after(ttl), ..self }
    }
}

impl<M: RedisModel> Operation for Get<M> {
    type Output = Option<M>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        let key = key_of_id::<M>(&self.id);
        let read = match self.refresh.check().map_err(about::<M>(|| key.clone()))? {
            Expiry::After(millis) => Read::Expire(After(millis)),
            _ => Read::Stay,
        };
        M::Storage::read(&key, read, request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<Option<M>> {
        let reply = replies.next().map_err(about::<M>(|| key_of_id::<M>(&self.id)))?;
        let record =
            M::Storage::record(&self.id, reply).map_err(about::<M>(|| key_of_id::<M>(&self.id)));
        if self.refresh == Expiry::Keep { record } else { record.map_err(Error::applied) }
    }
}

impl<M: RedisModel> Clone for Get<M> {
    fn clone(&self) -> Self {
        Self { id: self.id.clone(), refresh: self.refresh }
    }
}

debug_by_key! {
    Get<M>: |get| key_of_id::<M>(&get.id);
}
