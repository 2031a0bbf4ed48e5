//! `get_or_insert_with`: reads a record, or creates it.

use std::fmt;

use super::Get;
use crate::erased::{self, AnyModel};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::{Flow, Io, inherent_run};
use crate::key::{self, Key};
use crate::model::RedisModel;

/// Other clients may create and delete the record so many times.
const ATTEMPTS: u32 = 16;

/// Reads a record, or creates one if there is none; see
/// [`RedisModel::get_or_insert_with`].
#[must_use = "a flow does nothing until it is run"]
pub struct GetOrInsertWith<M: RedisModel, F> {
    id: M::Id,
    make: F,
}

impl<M: RedisModel, F> GetOrInsertWith<M, F> {
    pub(crate) fn new(id: M::Id, make: F) -> Self {
        Self { id, make }
    }

    fn key(&self) -> Key {
        key::write(M::SCHEMA.template(), &self.id)
    }
}

impl<M: RedisModel + Send, F: FnMut() -> M + Send> Flow for GetOrInsertWith<M, F> {
    type Output = M;

    async fn steps(&mut self, io: &Io) -> Result<M> {
        let (key, mut new) = (self.key(), None);
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                io.back_off(attempt).await?;
            }
            if let Some(record) = io.run(Get::<M>::new(self.id.clone())).await? {
                return Ok(record);
            }
            let record = match new.take() {
                Some(record) => record,
                None => (self.make)(),
            };
            let create = erased::Create::new(AnyModel::of::<M>(), &record, &key)?;
            let created = io.run(create).await?;
            if created && M::SCHEMA.revision_field().is_none() {
                return Ok(record);
            }
            // A stored revision is not the one of the record in hand: so it is read.
            if created && let Some(record) = io.run(Get::<M>::new(self.id.clone())).await? {
                return Ok(record);
            }
            new = Some(record);
        }
        Err(contended(AnyModel::of::<M>(), &key))
    }
}

fn contended(model: AnyModel, key: &Key) -> Error {
    let message = "other clients created and deleted the record each time, or it is one that `on_mismatch` takes for absent";
    model.locate(key, Error::new(ErrorKind::Conflict, message))
}

inherent_run! {
    impl[M: RedisModel + Send, F: FnMut() -> M + Send] GetOrInsertWith<M, F>;
}

impl<M: RedisModel, F> fmt::Debug for GetOrInsertWith<M, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GetOrInsertWith")
            .field("model", &M::SCHEMA.name)
            .field("key", &self.key())
            .finish_non_exhaustive()
    }
}
