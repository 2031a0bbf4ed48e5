//! `modify`: an edit that is retried after a conflict.

use std::fmt;
use std::marker::PhantomData;

use super::Edit;
use crate::error::Result;
use crate::flow::{Flow, Io, Required, inherent_run};
use crate::key;
use crate::model::RedisModel;
use crate::update::Outcome;

/// Reads a record, changes it and writes it back, until no other client has changed it
/// meanwhile; see [`RedisModel::modify`].
#[must_use = "a flow does nothing until it is run"]
pub struct Modify<M: RedisModel, F, R> {
    id: M::Id,
    change: F,
    attempts: u32,
    returned: PhantomData<fn() -> R>,
}

impl<M: RedisModel, F, R> Modify<M, F, R> {
    pub(crate) fn new(id: M::Id, change: F) -> Self {
        Self { id, change, attempts: 16, returned: PhantomData }
    }

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

impl<M, R, F> Flow for Modify<M, F, R>
where
    M: RedisModel + Send,
    R: Send,
    F: FnMut(&mut M) -> R + Send,
{
    type Output = Outcome<R>;

    async fn steps(&mut self, io: &Io) -> Result<Outcome<R>> {
        let mut attempt = 0;
        loop {
            let edit = Edit::new(self.id.clone());
            let missing = edit.missing();
            let Some(mut draft) = io.run(edit).await? else {
                return Ok(Outcome::Missing(missing));
            };
            let returned = (self.change)(&mut draft);
            let commit = draft.commit();
            // A record need not be `Sync`, and the commit does not need it any more.
            drop(draft);
            match io.run(commit).await? {
                Outcome::Applied(()) => return Ok(Outcome::Applied(returned)),
                Outcome::Missing(missing) => return Ok(Outcome::Missing(missing)),
                Outcome::Conflict(conflict) if attempt + 1 >= self.attempts => {
                    return Ok(Outcome::Conflict(conflict));
                }
                Outcome::Conflict(_) => io.back_off(attempt).await?,
            }
            attempt += 1;
        }
    }
}

inherent_run! {
    impl[M: RedisModel + Send, R: Send, F: FnMut(&mut M) -> R + Send] Modify<M, F, R>;
}

impl<M: RedisModel, F, R> fmt::Debug for Modify<M, F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::debug(f, "Modify", M::SCHEMA.name, &key::write(M::SCHEMA.template(), &self.id))
    }
}
