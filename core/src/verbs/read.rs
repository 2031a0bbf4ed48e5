//! `get`.

use std::time::Duration;

use super::debug_by_key;
use crate::connection::SyncConnection;
use crate::erased::{RawRecord, RecordKey};
use crate::error::Result;
use crate::model::{HasTtl, RedisModel};
use crate::op::{Operation, Replies, Request};
use crate::ttl::Expiry;

/// Reads a record; see [`RedisModel::get`].
#[must_use = "an operation does nothing until it is run"]
pub struct Get<M: RedisModel> {
    record: RecordKey<M::Id>,
    refresh: Expiry,
}

impl<M: RedisModel> Get<M> {
    #[inline(always)]
    pub(crate) fn new(id: M::Id) -> Self {
        Self { record: RecordKey::new::<M>(id), refresh: Expiry::Keep }
    }

    /// Sets the record's time to live to the model's `ttl` in the same step, as for a session
    /// that expires after its last use. A model without a `ttl` is a compile error.
    ///
    /// # Errors
    ///
    /// The TTL of a record that cannot be decoded is set all the same: the error's
    /// [`is_applied`](crate::Error::is_applied) is true.
    ///
    /// **Sends** a script (hash: `HMGET`, `PEXPIRE`) or `GETEX` (blob).
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use redis_model::{Operation, RedisModel, embedded};
    /// #[derive(RedisModel)]
    /// #[redis(key = "session:{token}", ttl = "2h")]
    /// struct Session { token: String, user: u64 }
    ///
    /// # let server = embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// let session = Session { token: "f00".into(), user: 7 };
    /// session.save().ttl(Duration::from_secs(60)).run(&mut con)?;
    /// let session = Session::get("f00").refresh().run(&mut con)?;
    /// assert_eq!(session.map(|session| session.user), Some(7));
    /// let left = Session::ttl("f00").run(&mut con)?.remaining();
    /// assert!(left > Some(Duration::from_secs(7000)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn refresh(self) -> Self
    where
        M: HasTtl,
    {
        Self { refresh: M::SCHEMA.expiry(), ..self }
    }

    /// Sets the record's time to live in the same step, as [`refresh`](Self::refresh) does, to
    /// another time than the model's. The time is rounded up to milliseconds; zero is an
    /// error.
    pub fn refresh_for(self, ttl: Duration) -> Self {
        Self { refresh: Expiry::after(ttl), ..self }
    }
}

impl<M: RedisModel> Get<M> {
    #[inline(always)]
    fn finish(&self, raw: Result<Option<RawRecord>>) -> Result<Option<M>> {
        let mut record = None;
        match self.record.read::<M>(self.refresh).finish(raw, &mut self.record.place(&mut record)) {
            Ok(()) => Ok(record),
            Err(error) => Err(error),
        }
    }
}

impl<M: RedisModel> Operation for Get<M> {
    type Output = Option<M>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        self.record.read::<M>(self.refresh).encode(request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<Option<M>> {
        self.finish(self.record.read::<M>(self.refresh).decode(replies))
    }

    #[inline(always)]
    fn run<C: SyncConnection + ?Sized>(&self, con: &mut C) -> Result<Option<M>> {
        self.finish(self.record.read::<M>(self.refresh).run(con))
    }
}

impl<M: RedisModel> Clone for Get<M> {
    fn clone(&self) -> Self {
        Self { record: self.record.clone(), refresh: self.refresh }
    }
}

debug_by_key! {
    Get<M>: |get| get.record.key;
}
