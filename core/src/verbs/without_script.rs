//! Forms of verbs for users who may not run scripts.

use std::fmt;

use super::{Delete, DeleteMany, Expire, Persist, Save};
use crate::erased::{self, AnyModel};
use crate::error::Result;
use crate::model::RedisModel;
use crate::op::{Batch, Operation, Replies, Request, batch};
use crate::ttl::Expiry;

/// An operation in plain commands, for users who may not run scripts; see
/// [`Delete::without_script`] and [`Save::without_script`].
#[must_use = "an operation does nothing until it is run"]
pub struct WithoutScript<O>(pub(super) O);

impl<M: RedisModel> Delete<M> {
    /// Deletes with a plain command, for users who may not run scripts. This gives up the
    /// check of the key's type: a list or another value of that key is deleted, too.
    ///
    /// **Sends** `DEL`.
    ///
    /// ```
    /// # use redis_model::{Operation, RedisModel};
    /// # #[derive(RedisModel)]
    /// # #[redis(key = "user:{id}")]
    /// # struct User { id: u64, name: String }
    /// let delete = User::delete(7).without_script();
    /// assert_eq!(delete.explain()?.to_string(), "DEL user:7");
    /// # Ok::<(), redis_model::Error>(())
    /// ```
    pub fn without_script(self) -> WithoutScript<Self> {
        WithoutScript(self)
    }
}

impl<M: RedisModel> DeleteMany<M> {
    /// Deletes with plain commands; see [`Delete::without_script`].
    ///
    /// **Sends** `DEL` for each record.
    pub fn without_script(self) -> Batch<WithoutScript<Delete<M>>> {
        batch(self.items.into_iter().map(WithoutScript).collect::<Vec<_>>())
    }
}

impl<M: RedisModel> Expire<M> {
    /// Sets the time to live with a plain command, for users who may not run scripts. This
    /// gives up the check of the key's type: a value of another type gets the time to live,
    /// too.
    ///
    /// **Sends** `PEXPIRE`.
    pub fn without_script(self) -> WithoutScript<Self> {
        WithoutScript(self)
    }
}

impl<M: RedisModel> Persist<M> {
    /// Removes the time to live with a plain command, for users who may not run scripts. This
    /// gives up the check of the key's type: a value of another type loses its time to live,
    /// too.
    ///
    /// **Sends** `PERSIST`.
    pub fn without_script(self) -> WithoutScript<Self> {
        WithoutScript(self)
    }
}

impl<'a, M: RedisModel> Save<'a, M> {
    /// Writes with plain commands, for users who may not run scripts. The write is one step:
    /// no reader sees a part of it.
    ///
    /// Of a hash with a time to live to set or to remove this gives up one guard. If the key
    /// holds another type, the save fails with `WRONGTYPE` and writes no field, but the other
    /// value gets or loses the time to live. (The error then
    /// [`is_partial`](crate::Error::is_partial), which redis-rs hides on a sync cluster connection.) Of a blob it gives up nothing, but the
    /// server returns the old value, however large.
    ///
    /// Call it last, after `ttl`, `keep_ttl`, `persist` and `overwrite_newer`.
    ///
    /// # Errors
    ///
    /// [`InvalidOperation`](crate::ErrorKind::InvalidOperation) if the save has to compare
    /// before it writes: of models with a `revision`, with fields that have a `ttl`, and with
    /// a `version` unless [`overwrite_newer`](Self::overwrite_newer) was called.
    ///
    /// **Sends** `MULTI`, `HSET`, `HDEL` of what is `None`, `PEXPIRE` or `PERSIST`, `EXEC`, of
    /// which each is left out that is not needed (hash); `SET … GET` (blob).
    ///
    /// ```
    /// # use redis_model::{Operation, RedisModel};
    /// # #[derive(RedisModel)]
    /// # #[redis(key = "user:{id}")]
    /// # struct User { id: u64, name: String, email: Option<String> }
    /// let user = User { id: 7, name: "Alice".into(), email: None };
    /// let save = user.save().without_script();
    /// let sent = "MULTI\nHSET user:7 name Alice\nHDEL user:7 email\nEXEC";
    /// assert_eq!(save.explain()?.to_string(), sent);
    /// # Ok::<(), redis_model::Error>(())
    /// ```
    pub fn without_script(self) -> WithoutScript<Self> {
        WithoutScript(self)
    }
}

fn decode_flag<M: RedisModel>(key: &str, replies: &mut Replies) -> Result<bool> {
    let changed = replies.next().and_then(|reply| reply.into_int());
    let changed = changed.map(|changed| changed > 0);
    changed.map_err(|error| error.with_model(M::SCHEMA.name).with_key(key))
}

impl<M: RedisModel> Operation for WithoutScript<Delete<M>> {
    type Output = bool;

    fn encode(&self, request: &mut Request) -> Result<()> {
        let key = &self.0.key;
        request.command("DEL", 1, key.len()).arg(key);
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<bool> {
        decode_flag::<M>(&self.0.key, replies)
    }
}

impl<M: RedisModel> Operation for WithoutScript<Expire<M>> {
    type Output = bool;

    fn encode(&self, request: &mut Request) -> Result<()> {
        let Expire { key, after, .. } = &self.0;
        let after = after.check().map_err(|error| AnyModel::of::<M>().locate(key, error))?;
        if let Expiry::After(millis) = after {
            request.command("PEXPIRE", 2, key.len() + 20).arg(key).int(millis);
        }
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<bool> {
        decode_flag::<M>(&self.0.key, replies)
    }
}

impl<M: RedisModel> Operation for WithoutScript<Persist<M>> {
    type Output = bool;

    fn encode(&self, request: &mut Request) -> Result<()> {
        let key = &self.0.key;
        request.command("PERSIST", 1, key.len()).arg(key);
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<bool> {
        decode_flag::<M>(&self.0.key, replies)
    }
}

impl<M: RedisModel> Operation for WithoutScript<Save<'_, M>> {
    type Output = ();

    fn encode(&self, request: &mut Request) -> Result<()> {
        erased::PlainSave(self.0.erased()).encode(request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<()> {
        erased::PlainSave(self.0.erased()).decode(replies)
    }
}

impl<O: fmt::Debug> fmt::Debug for WithoutScript<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WithoutScript").field(&self.0).finish()
    }
}

impl<O: Clone> Clone for WithoutScript<O> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
