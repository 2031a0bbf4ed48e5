//! `modify`: an edit that is retried after a conflict.

use std::fmt;
use std::marker::PhantomData;

use super::Edit;
use crate::erased::{AnyModel, Create};
use crate::error::Result;
use crate::flow::{Flow, Io, Required, inherent_run};
use crate::key;
use crate::model::RedisModel;
use crate::update::{Conflict, Missing, Outcome};

/// Reads a record, changes it and writes it back, until no other client has changed it
/// meanwhile; see [`RedisModel::modify`].
#[must_use = "a flow does nothing until it is run"]
pub struct Modify<M: RedisModel, F, R, G = ()> {
    id: M::Id,
    change: F,
    insert: G,
    attempts: u32,
    returned: PhantomData<fn() -> R>,
}

/// Makes the record that [`Modify`] inserts; see [`Modify::or_insert_with`].
#[derive(Debug, Clone, Copy)]
pub struct OrInsertWith<G>(G);

/// The source of the record that [`Modify`] inserts, if there is one.
#[doc(hidden)]
pub trait MakeRecord<M> {
    const INSERTS: bool;

    fn make(&mut self) -> Option<M>;
}

impl<M> MakeRecord<M> for () {
    const INSERTS: bool = false;

    fn make(&mut self) -> Option<M> {
        None
    }
}

impl<M, G: FnMut() -> M> MakeRecord<M> for OrInsertWith<G> {
    const INSERTS: bool = true;

    fn make(&mut self) -> Option<M> {
        Some((self.0)())
    }
}

impl<M: RedisModel, F, R> Modify<M, F, R> {
    pub(crate) fn new(id: M::Id, change: F) -> Self {
        Self { id, change, insert: (), attempts: 16, returned: PhantomData }
    }

    /// Creates a record if there is none: one that `make` returns and `change` then changes,
    /// with the model's `ttl`. After a lost race with another client the record of that
    /// client is read and changed. `make` may be called several times.
    ///
    /// # Errors
    ///
    /// [`InvalidOperation`](crate::ErrorKind::InvalidOperation) if the record has another
    /// key. Nothing is written then.
    ///
    /// **Sends** the commands of [`edit`](RedisModel::edit), and those of
    /// [`Draft::commit`](crate::Draft::commit) or [`create`](RedisModel::create), for each
    /// attempt.
    ///
    /// ```
    /// # use redis_model::{Json, Operation, Outcome, RedisModel, embedded};
    /// #[derive(RedisModel)]
    /// #[redis(key = "cart:{user}")]
    /// struct Cart { user: u64, #[redis(codec = Json)] items: Vec<String> }
    ///
    /// # let server = embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// let mut add = Cart::modify(7, |cart| {
    ///     cart.items.push("tea".into());
    ///     cart.items.len()
    /// })
    /// .or_insert_with(|| Cart { user: 7, items: Vec::new() });
    /// assert_eq!(add.run(&mut con)?, Outcome::Applied(1));
    /// assert_eq!(add.run(&mut con)?, Outcome::Applied(2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn or_insert_with<G: FnMut() -> M>(self, make: G) -> Modify<M, F, R, OrInsertWith<G>> {
        let Self { id, change, attempts, returned, .. } = self;
        Modify { id, change, insert: OrInsertWith(make), attempts, returned }
    }
}

impl<M: RedisModel, F, R, G> Modify<M, F, R, G> {
    /// Makes errors of the outcomes in which nothing was written: the output is what `change`
    /// returned.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) and
    /// [`Conflict`](crate::ErrorKind::Conflict), as of [`Outcome::ok`].
    pub fn required(self) -> Required<Self> {
        Required::new(self)
    }

    /// Sets the number of attempts after which a conflict is returned: 16 by default, and
    /// at least one.
    pub fn attempts(self, attempts: u32) -> Self {
        Self { attempts, ..self }
    }
}

impl<M, R, F, G> Flow for Modify<M, F, R, G>
where
    M: RedisModel + Send,
    R: Send,
    F: FnMut(&mut M) -> R + Send,
    G: MakeRecord<M> + Send,
{
    type Output = Outcome<R>;

    async fn steps(&mut self, io: &Io) -> Result<Outcome<R>> {
        let (model, key) = (M::SCHEMA.name, key::write(M::SCHEMA.template(), &self.id));
        let mut attempt = 0;
        loop {
            let outcome = if let Some(mut draft) = io.run(Edit::new(self.id.clone())).await? {
                let returned = (self.change)(&mut draft);
                let commit = draft.commit();
                // A record need not be `Sync`, and the commit does not need it any more.
                drop(draft);
                io.run(commit).await?.map(|()| returned)
            } else if let Some(mut record) = self.insert.make() {
                let returned = (self.change)(&mut record);
                let create = Create::new(AnyModel::of::<M>(), &record, &key)?;
                drop(record);
                match io.run(create).await? {
                    true => Outcome::Applied(returned),
                    false => Outcome::Conflict(Conflict::of_all(model, &key)),
                }
            } else {
                Outcome::Missing(Missing::new(model, &key))
            };
            attempt += 1;
            // A record that was deleted after it was read can be inserted.
            let is_final = outcome.is_applied() || outcome.is_missing() && !G::INSERTS;
            if is_final || attempt >= self.attempts {
                return Ok(outcome);
            }
            io.back_off(attempt - 1).await?;
        }
    }
}

inherent_run! {
    impl[M: RedisModel + Send, R: Send, F: FnMut(&mut M) -> R + Send, G: MakeRecord<M> + Send]
        Modify<M, F, R, G>;
}

impl<M: RedisModel, F, R, G> fmt::Debug for Modify<M, F, R, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::debug(f, "Modify", M::SCHEMA.name, &key::write(M::SCHEMA.template(), &self.id))
    }
}
