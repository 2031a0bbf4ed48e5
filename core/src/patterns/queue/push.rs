//! Adding a job.

use std::fmt;
use std::time::{Duration, SystemTime};

use super::job::JobId;
use super::{PUSH, keys::Keys};
use crate::error::{Error, ErrorKind, Result};
use crate::op::{Operation, Replies, Reply, Request};
use crate::patterns::clock::time_argument;
use crate::structures::{Command, Source};
use crate::ttl::millis;

/// The lowest and the highest priority, so that a score is exact.
const PRIORITIES: std::ops::RangeInclusive<i16> = -1000..=1000;

/// Adds a job to a [`Queue`](super::Queue); see [`Queue::push`](super::Queue::push).
#[must_use = "an operation does nothing until it is run"]
#[derive(Clone)]
pub struct Push {
    keys: Keys,
    value: Result<Vec<u8>>,
    delay: Duration,
    priority: i16,
    unique: String,
    now: String,
}

/// The result of a [`Push`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pushed {
    /// The job was added.
    New(JobId),
    /// A job with the same unique name exists, and nothing was added.
    Exists(JobId),
}

impl Pushed {
    /// Returns the id of the job that was added or exists.
    pub fn id(self) -> JobId {
        match self {
            Self::New(id) | Self::Exists(id) => id,
        }
    }

    /// Returns `true` if the job was added.
    pub fn is_new(self) -> bool {
        matches!(self, Self::New(_))
    }
}

impl Push {
    pub(super) fn new(keys: Keys, value: Result<Vec<u8>>, now: String) -> Self {
        Self { keys, value, delay: Duration::ZERO, priority: 0, unique: String::new(), now }
    }

    /// Makes the job ready after this time, rounded up to milliseconds.
    pub fn delay(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// Sets the priority, from -1000 to 1000: ready jobs of a higher one are taken first. By
    /// default 0.
    pub fn priority(self, priority: i16) -> Self {
        Self { priority, ..self }
    }

    /// Adds the job only if there is none with this name that is ready, scheduled or leased.
    /// The name is free when the job is done, given up or removed.
    pub fn unique(self, name: impl Into<String>) -> Self {
        Self { unique: name.into(), ..self }
    }

    /// Uses this time instead of the server's clock, for tests.
    pub fn at(self, time: SystemTime) -> Self {
        Self { now: time_argument(time), ..self }
    }

    fn command(&self) -> Command<Pushed> {
        let priority = if PRIORITIES.contains(&self.priority) {
            Ok(())
        } else {
            let message = "a priority must be from -1000 to 1000";
            Err(Error::new(ErrorKind::InvalidOperation, message))
        };
        let command = self.keys.script(&PUSH).check(priority).arg(&self.now);
        let command = command.int(millis(self.delay)).int(self.priority).arg(&self.unique);
        match &self.value {
            Ok(value) => command.arg(value).returns(decode),
            Err(error) => command.check(Err(error.clone())).returns(decode),
        }
    }
}

fn decode(reply: Reply, _: &Source) -> Result<Pushed> {
    let mut parts = reply.into_items()?;
    let mut part = || parts.next().ok_or_else(Error::unexpected_reply)?.into_text();
    let status = part()?;
    let id = JobId::parse(&part()?)?;
    match &*status {
        "new" => Ok(Pushed::New(id)),
        "exists" => Ok(Pushed::Exists(id)),
        _ => Err(Error::unexpected_reply()),
    }
}

impl Operation for Push {
    type Output = Pushed;

    fn encode(&self, request: &mut Request) -> Result<()> {
        self.command().encode(request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<Pushed> {
        self.command().decode(replies)
    }
}

impl fmt::Debug for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { keys, delay, priority, .. } = self;
        let mut shown = f.debug_struct("Push");
        shown.field("key", keys.key()).field("delay", delay).field("priority", priority).finish()
    }
}
