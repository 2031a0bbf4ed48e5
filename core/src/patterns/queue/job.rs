//! Jobs, as workers and dead letters have them.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::codec::Codec;
use crate::error::{Error, Result};
use crate::op::Reply;
use crate::structures::Source;

/// The number of a job, counted from 1 in each queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub(super) u64);

impl JobId {
    /// Returns the number.
    pub fn get(self) -> u64 {
        self.0
    }

    pub(super) fn parse(text: &str) -> Result<Self> {
        text.parse().map(Self).map_err(|_| Error::unexpected_reply())
    }

    /// Returns the id as the scripts store it.
    pub(super) fn member(self) -> String {
        format!("{:016}", self.0)
    }
}

impl From<u64> for JobId {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A job that a worker has taken, until its lease ends.
///
/// `Debug` shows the value, as that of the value's own type does.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Job<T> {
    /// The id and the lease, which the queue needs to end the job.
    pub lease: Lease,
    /// The number of times that the job was tried, this time included.
    pub attempt: u32,
    /// The value.
    pub value: T,
}

impl<T> Job<T> {
    /// Returns the job's id.
    pub fn id(&self) -> JobId {
        self.lease.id
    }
}

/// The right of one worker to one job. It is no longer valid after another worker took the
/// job, so a worker that was too slow cannot end the job of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease {
    pub(super) id: JobId,
    pub(super) takes: u64,
    pub(super) attempt: u32,
}

impl Lease {
    /// Returns the job's id.
    pub fn id(self) -> JobId {
        self.id
    }
}

/// A job that was given up; see [`Queue::dead`](super::Queue::dead).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DeadJob<T> {
    /// The job's id.
    pub id: JobId,
    /// The number of times that the job was tried.
    pub attempts: u32,
    /// The text of the last error, or `the lease ended` if the worker died.
    pub reason: String,
    /// The time at which the job was given up.
    pub time: SystemTime,
    /// The value.
    pub value: T,
}

/// The numbers of a queue's jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counts {
    /// Jobs that a worker may take, those whose lease has ended among them.
    pub ready: usize,
    /// Jobs whose time has not come: new ones with a delay, and failed ones.
    pub scheduled: usize,
    /// Jobs that workers have.
    pub leased: usize,
    /// Jobs that were given up.
    pub dead: usize,
    /// Jobs that were done, since the queue exists.
    pub done: usize,
}

/// The reply of `take.lua`.
pub(super) struct Taken<T> {
    /// The time until a job becomes ready, if there is one.
    pub(super) next: Option<Duration>,
    pub(super) jobs: Vec<(Lease, Result<T>)>,
}

pub(super) fn decode_taken<T, C: Codec<T>>(reply: Reply, source: &Source) -> Result<Taken<T>> {
    let mut parts = reply.into_items()?;
    let mut part = || parts.next().ok_or_else(Error::unexpected_reply);
    let next = u64::try_from(part()?.into_int()?).ok().map(Duration::from_millis);
    let mut parts = part()?.into_items()?;
    let mut jobs = Vec::with_capacity(parts.len() / 4);
    while let Some(id) = parts.next() {
        let mut part = || parts.next().ok_or_else(Error::unexpected_reply);
        let id = JobId::parse(&id.into_text()?)?;
        let (takes, attempt) = (number(part()?)?, number(part()?)?);
        let value = part()?.into_bytes()?.ok_or_else(Error::unexpected_reply)?;
        let value = source.item::<T, C>(value).map_err(|error| error.with_item(jobs.len()));
        jobs.push((Lease { id, takes, attempt }, value));
    }
    Ok(Taken { next, jobs })
}

pub(super) fn decode_jobs<T, C: Codec<T>>(
    reply: Reply,
    source: &Source,
) -> Result<Vec<Result<Job<T>>>> {
    let taken = decode_taken::<T, C>(reply, source)?;
    let job = |(lease, value): (Lease, Result<T>)| {
        value.map(|value| Job { lease, attempt: lease.attempt, value })
    };
    Ok(taken.jobs.into_iter().map(job).collect())
}

pub(super) fn decode_dead<T, C: Codec<T>>(
    reply: Reply,
    source: &Source,
) -> Result<Vec<Result<DeadJob<T>>>> {
    let mut parts = reply.into_items()?;
    let mut jobs = Vec::with_capacity(parts.len() / 5);
    while let Some(id) = parts.next() {
        let mut part = || parts.next().ok_or_else(Error::unexpected_reply);
        let id = JobId::parse(&id.into_text()?)?;
        let attempts = number(part()?)?;
        let reason = part()?.into_bytes()?.unwrap_or_default();
        let reason = String::from_utf8_lossy(&reason).into_owned();
        let millis = part()?.into_text()?.parse().map_err(|_| Error::unexpected_reply())?;
        let value = part()?.into_bytes()?.unwrap_or_default();
        let value = source.item::<T, C>(value).map_err(|error| error.with_item(jobs.len()));
        let time = UNIX_EPOCH + Duration::from_millis(millis);
        jobs.push(value.map(|value| DeadJob { id, attempts, reason, time, value }));
    }
    Ok(jobs)
}

pub(super) fn decode_counts(reply: Reply, _: &Source) -> Result<Counts> {
    let mut parts = reply.into_items()?;
    let mut count = || number(parts.next().ok_or_else(Error::unexpected_reply)?);
    let (ready, scheduled, leased, dead) = (count()?, count()?, count()?, count()?);
    let done = number(parts.next().ok_or_else(Error::unexpected_reply)?)?;
    Ok(Counts { ready, scheduled, leased, dead, done })
}

fn number<N: TryFrom<i64>>(reply: Reply) -> Result<N> {
    N::try_from(reply.into_int()?).map_err(|_| Error::unexpected_reply())
}
