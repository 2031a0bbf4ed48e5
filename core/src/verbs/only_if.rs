//! `only_if` of the verbs that write a whole record.

use super::{Delete, Expire, Persist, Save};
use crate::hash::HashModel;
use crate::model::RedisModel;
use crate::ttl::Expiry;
use crate::update::{Condition, Conditional};

impl<M: RedisModel> Delete<M> {
    /// Deletes the record only if the condition holds, in the same step. The output is an
    /// [`Outcome`](crate::Outcome); see [`Conditional`].
    pub fn only_if(self, condition: Condition<M>) -> Conditional<M>
    where
        M: HashModel,
    {
        Conditional::delete(self.key).only_if(condition)
    }
}

impl<M: RedisModel> Expire<M> {
    /// Sets the time to live only if the condition holds, in the same step. The output is an
    /// [`Outcome`](crate::Outcome); see [`Conditional`].
    pub fn only_if(self, condition: Condition<M>) -> Conditional<M>
    where
        M: HashModel,
    {
        Conditional::expire(self.key, self.after).only_if(condition)
    }
}

impl<M: RedisModel> Persist<M> {
    /// Removes the time to live only if the condition holds, in the same step. The output is
    /// an [`Outcome`](crate::Outcome), which is applied, too, if the record had no time to
    /// live; see [`Conditional`].
    pub fn only_if(self, condition: Condition<M>) -> Conditional<M>
    where
        M: HashModel,
    {
        Conditional::expire(self.key, Expiry::Persist).only_if(condition)
    }
}

impl<M: RedisModel> Save<'_, M> {
    /// Writes the record only if there is one and the condition holds for it, in the same
    /// step. The output is an [`Outcome`](crate::Outcome); see [`Conditional`].
    ///
    /// In a model with a `revision`, a stale one is an
    /// [`Outcome::Conflict`](crate::Outcome::Conflict) in that field. A record of an older
    /// version is an error ([`NoMigration`](crate::ErrorKind::NoMigration)), because its
    /// fields may have another meaning.
    ///
    /// ```
    /// # use redis_model::{Operation, RedisModel, embedded};
    /// #[derive(RedisModel)]
    /// #[redis(key = "page:{id}")]
    /// struct Page { id: u64, text: String, edited: u64 }
    ///
    /// # let server = embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// Page { id: 1, text: "Hello".into(), edited: 100 }.save().run(&mut con)?;
    /// let imported = Page { id: 1, text: "Good day".into(), edited: 90 };
    /// let is_older = Page::FIELDS.edited.lt(imported.edited);
    /// assert!(imported.save().only_if(is_older).run(&mut con)?.is_conflict());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn only_if(self, condition: Condition<M>) -> Conditional<M>
    where
        M: HashModel,
    {
        Conditional::save(self.model, self.expiry, self.overwrite_newer).only_if(condition)
    }
}
