//! `modify`: an edit that is tried again when somebody else was faster.

use std::fmt;
use std::time::Duration;

use super::{Draft, Edit};
use crate::error::Result;
use crate::key;
use crate::model::RedisModel;
use crate::op::{Flow, Moment, Step, run_without_import};
use crate::update::Outcome;

/// Reads a record, changes it and writes it back, until nobody else was
/// faster; see [`RedisModel::modify`].
#[must_use = "a flow does nothing until it is run"]
pub struct Modify<M: RedisModel, F, R> {
    id: M::Id,
    change: F,
    attempts: u32,
    failed: u32,
    /// Of the last call of `change`.
    returned: Option<R>,
}

impl<M: RedisModel, F, R> Modify<M, F, R> {
    pub(crate) fn new(id: M::Id, change: F) -> Self {
        Self { id, change, attempts: 16, failed: 0, returned: None }
    }

    /// How often it is tried at most, in place of 16 times.
    pub fn attempts(self, attempts: u32) -> Self {
        Self { attempts, ..self }
    }
}

impl<M, R, F> Flow for Modify<M, F, R>
where
    M: RedisModel + Send,
    R: Send,
    F: FnMut(&mut M) -> R,
{
    type Output = Outcome<R>;

    fn start<'s>(&mut self, _: &Moment) -> Result<Step<'s, Self>>
    where
        Self: 's,
    {
        self.failed = 0;
        Ok(self.read())
    }
}

impl<M, R, F> Modify<M, F, R>
where
    M: RedisModel + Send,
    R: Send,
    F: FnMut(&mut M) -> R,
{
    fn read<'s>(&mut self) -> Step<'s, Self>
    where
        Self: 's,
    {
        Step::run(Edit::new(self.id.clone()), |flow: &mut Self, draft, _| Ok(flow.write(draft)))
    }

    fn write<'s>(&mut self, draft: Option<Draft<M>>) -> Step<'s, Self>
    where
        Self: 's,
    {
        let Some(mut draft) = draft else { return Step::done(Outcome::Missing) };
        self.returned = Some((self.change)(&mut draft));
        Step::run(draft.commit(), |flow: &mut Self, outcome, now| {
            Ok(match (outcome, flow.returned.take()) {
                (Outcome::Conflict(_), _) if flow.failed + 1 < flow.attempts => flow.wait(now),
                (Outcome::Conflict(conflict), _) => Step::done(Outcome::Conflict(conflict)),
                (Outcome::Applied(()), Some(returned)) => Step::done(Outcome::Applied(returned)),
                _ => Step::done(Outcome::Missing),
            })
        })
    }

    /// Half a millisecond on average, and twice as long each time, so that many
    /// who change one record do not meet again.
    fn wait<'s>(&mut self, now: &Moment) -> Step<'s, Self>
    where
        Self: 's,
    {
        let longest = Duration::from_millis(1) * (1 << self.failed.min(6));
        self.failed += 1;
        Step::pause(now.jitter(longest), |flow: &mut Self, _| Ok(flow.read()))
    }
}

run_without_import! {
    impl[M: RedisModel + Send, R: Send, F: FnMut(&mut M) -> R] Modify<M, F, R>;
}

impl<M: RedisModel, F, R> fmt::Debug for Modify<M, F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::debug(f, "Modify", M::SPEC.name, &key::write(M::SPEC.template(), &self.id))
    }
}
