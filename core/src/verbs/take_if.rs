//! `take` with conditions: the server checks them in the step that reads the record, and
//! deletes it only if it has not changed since.

use std::fmt;

use super::DeleteUnchanged;
use super::take::{ATTEMPTS, Take, contended};
use crate::erased::{AnyModel, RawRecord, RawSnapshot, RecordKey};
use crate::error::Result;
use crate::flow::{Flow, Io, Required, inherent_run};
use crate::hash::{HashModel, Mapping};
use crate::model::RedisModel;
use crate::ttl::Expiry;
use crate::update::{Condition, Missing, Outcome, ReadIf};

/// Reads and deletes a record that meets conditions; see [`Take::only_if`].
#[must_use = "a flow does nothing until it is run"]
pub struct TakeIf<M: RedisModel> {
    record: RecordKey<M::Id>,
    read: ReadIf,
    /// The record whose deletion was sent. A run that fails or is dropped leaves it here.
    sent: Option<M>,
}

impl<M: RedisModel> Take<M> {
    /// Takes the record only if the condition holds. The output is an
    /// [`Outcome`](crate::Outcome): the record, [`Missing`](Outcome::Missing), or
    /// [`Conflict`](Outcome::Conflict) if the condition does not hold; then the record is
    /// not deleted.
    ///
    /// The server checks the condition in the step that reads the record, and deletes the
    /// record only if it is unchanged since. So the condition holds for the record that is
    /// deleted and returned.
    ///
    /// # Errors
    ///
    /// Those of [`take`](RedisModel::take), and
    /// [`NoMigration`](crate::ErrorKind::NoMigration) or
    /// [`NewerVersion`](crate::ErrorKind::NewerVersion) for a record of another version of
    /// the model. Nothing is deleted then.
    ///
    /// **Sends** the script of an [`Update`](crate::Update) (`HEXISTS`, `HGET`, `HMGET`), and
    /// a script (`HGET`, `DEL`).
    ///
    /// ```
    /// # use redis_model::{Operation, RedisModel, embedded};
    /// #[derive(RedisModel)]
    /// #[redis(key = "order:{id}")]
    /// struct Order { id: u64, paid: bool, item: String }
    ///
    /// # let server = embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// Order { id: 7, paid: false, item: "tea".into() }.save().run(&mut con)?;
    /// let mut take = Order::take(7).only_if(Order::FIELDS.paid.eq(true));
    /// assert!(take.run(&mut con)?.is_conflict());
    /// Order::update(7).set(Order::FIELDS.paid, true).required().run(&mut con)?;
    /// assert_eq!(take.run(&mut con)?.ok()?.item, "tea");
    /// assert!(take.run(&mut con)?.is_missing());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn only_if(mut self, condition: Condition<M>) -> TakeIf<M>
    where
        M: HashModel,
    {
        // `Take` has one id.
        let record = RecordKey::new::<M>(self.many.ids.swap_remove(0));
        let read = ReadIf::new(Mapping::of::<M>(), record.key.clone());
        TakeIf { record, read, sent: None }.only_if(condition)
    }
}

impl<M: RedisModel> TakeIf<M> {
    /// Adds a condition. Several conditions must all hold.
    pub fn only_if(mut self, condition: Condition<M>) -> Self {
        self.read.only_if(condition);
        self
    }

    /// Makes errors of the outcomes in which no record was taken: the output is the record.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) and
    /// [`Conflict`](crate::ErrorKind::Conflict), as of [`Outcome::ok`].
    pub fn required(self) -> Required<Self> {
        Required::new(self)
    }

    /// Returns the record that the last run decoded and asked the server to delete, if the
    /// connection broke before the server answered. The record may be deleted, by this take
    /// or by another client's.
    pub fn unconfirmed(&self) -> Option<&M> {
        self.sent.as_ref()
    }

    /// Decodes the record and keeps it until its deletion is confirmed.
    fn decode(&mut self, raw: RawRecord) -> Result<Option<RawSnapshot>> {
        let read = self.record.read::<M>(Expiry::Keep);
        read.finish_take(Ok(Some(raw)), &mut self.record.place(&mut self.sent))
    }

    fn missing(&self) -> Missing {
        Missing::new(M::SCHEMA.name, &self.record.key)
    }
}

impl<M: RedisModel + Send> Flow for TakeIf<M> {
    type Output = Outcome<M>;

    async fn steps(&mut self, io: &Io) -> Result<Outcome<M>> {
        for attempt in 0..ATTEMPTS {
            self.sent = None;
            if attempt > 0 {
                io.back_off(attempt).await?;
            }
            let raw = match io.run(&self.read).await? {
                Outcome::Applied(raw) => raw,
                Outcome::Missing(missing) => return Ok(Outcome::Missing(missing)),
                Outcome::Conflict(conflict) => return Ok(Outcome::Conflict(conflict)),
            };
            let Some(snapshot) = self.decode(raw)? else {
                return Ok(Outcome::Missing(self.missing()));
            };
            let delete = DeleteUnchanged::<M>::new(self.record.key.clone(), snapshot);
            let outcome = match io.run(delete).await {
                Err(error) if error.is_connection() => return Err(error),
                outcome => outcome,
            };
            let taken = self.sent.take();
            match (outcome?, taken) {
                (Outcome::Applied(()), Some(record)) => return Ok(Outcome::Applied(record)),
                (Outcome::Missing(missing), _) => return Ok(Outcome::Missing(missing)),
                // Another client has changed the record since it was read.
                _ => {}
            }
        }
        Err(contended(AnyModel::of::<M>(), &self.record.key))
    }
}

inherent_run! {
    impl[M: RedisModel + Send] TakeIf<M>;
}

impl<M: RedisModel> fmt::Debug for TakeIf<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TakeIf")
            .field("model", &M::SCHEMA.name)
            .field("key", &self.record.key)
            .finish_non_exhaustive()
    }
}
