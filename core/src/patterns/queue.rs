//! A queue of jobs that survive the death of their worker.
//!
//! Jobs are in sorted sets and hashes, and each decision is a script. Streams with consumer
//! groups were the alternative: they have acknowledgements and the number of deliveries. But
//! they deliver in the order of their entries, so priorities would need several streams, and
//! delays and retries a sorted set besides; an acknowledged entry has to be deleted by a second
//! command; and a job cannot be removed or looked up by a name. With these additions a job is
//! in two structures, between which only a script can move it, so that the stream saves
//! nothing but time: to add, deliver, acknowledge and delete an entry of 100 bytes takes about
//! 11 µs of Redis 7.0, and to push, take and finish a job takes about 130 µs in scripts of one
//! job each (on a busy machine; ten jobs in one take cost three times as much as one). That is
//! several thousand jobs a second, far less than most jobs take themselves. Who needs more, and
//! neither delays nor priorities, should use a stream with a consumer group. Lists have the same
//! limits as streams.

mod job;
mod keys;
mod push;
#[doc(hidden)]
pub mod work;

use std::fmt::{self, Display};
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

pub use job::{Counts, DeadJob, Job, JobId, Lease};
use job::{Taken, decode_counts, decode_dead, decode_jobs, decode_taken};
use keys::Keys;
pub use push::{Push, Pushed};
use work::{HandleAsync, HandleSync};
pub use work::{Work, Worked};

use super::clock::time_argument;
use crate::codec::{Codec, Plain};
use crate::error::{Error, Result};
use crate::op::{Reply, Script};
use crate::structures::{Command, IntoItem, Source, is_one};
use crate::ttl::millis;

macro_rules! script {
    ($kind:ident, $name:literal) => {
        Script::$kind(
            $name,
            concat!(
                include_str!("now.lua"),
                include_str!("queue/job.lua"),
                include_str!(concat!("queue/", $name, ".lua"))
            ),
        )
    };
}

static PUSH: Script = script!(new, "push");
static TAKE: Script = script!(new, "take");
static DONE: Script = script!(new, "done");
static FAIL: Script = script!(new, "fail");
static EXTEND: Script = script!(new, "extend");
static REQUEUE: Script = script!(new, "requeue");
static REMOVE: Script = script!(new, "remove");
static COUNTS: Script = script!(reading, "counts");
static DEAD: Script = script!(reading, "dead");

/// A queue of background jobs: mails to send, images to scale, orders to export.
///
/// Use it for work that has to happen, later and outside of the request. A job is done **at
/// least once**: a worker that takes longer than its lease, or whose connection breaks before
/// it reports the job as done, does not know that another worker does the job again. So a job
/// must be safe to repeat; [`Job::id`] is the same each time. The order is that of the time at
/// which jobs became ready, but with several workers a later job may end first. The queue is as
/// durable as the server: a job that was added after the last write to disk is lost with the
/// server.
///
/// ```
/// use redis_model::Operation;
/// use redis_model::patterns::Queue;
///
/// # let server = redis_model::embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// let mails = Queue::<String>::new("mails");
/// mails.push("welcome alice").run(&mut con)?;
/// mails.push("reset bob").priority(10).unique("reset:bob").run(&mut con)?;
/// let twice = mails.push("reset bob").unique("reset:bob").run(&mut con)?;
/// assert!(!twice.is_new());
///
/// let mut sent = Vec::new();
/// let worked = mails
///     .work(|job| -> Result<(), std::io::Error> {
///         sent.push(job.value);
///         Ok(())
///     })
///     .until_idle()
///     .run(&mut con)?;
/// assert_eq!(worked.done, 2);
/// assert_eq!(sent, ["reset bob", "welcome alice"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # The life of a job
///
/// | state | until |
/// |---|---|
/// | scheduled | its [delay](Push::delay), or the pause after a failure, is over |
/// | ready | a worker takes it, the highest priority first, then the oldest |
/// | leased | the worker reports it as done or failed, or the [lease](Self::lease) ends |
/// | dead | [`requeue`](Self::requeue) or [`remove`](Self::remove), after too many [attempts](Self::max_attempts) |
///
/// A job whose worker died is ready again when its lease ends. Each time a worker begins a job
/// counts as an attempt, so a job that kills its workers ends as a dead letter, too. A worker
/// that was too slow cannot end the job of the next one: its lease has a number.
///
/// Times are those of the server's clock.
///
/// # Storage
///
/// A queue `mails` has the keys `{mails}:jobs`, `{mails}:ready` and so on, all in the slot of
/// `mails`. They do not expire. Each operation is one script on all of them.
///
/// # Compared with others
///
/// - *Sidekiq* (Ruby) takes a job off its list with BRPOP, so that a process that is killed
///   loses its jobs; a fetch that keeps them is part of its paid edition, as are unique jobs.
///   Delayed jobs and retries are in sorted sets that its processes poll.
/// - *BullMQ* (Node.js) keeps jobs in hashes, moves their ids by scripts and renews locks, as
///   this queue does. A separate check finds jobs that stalled, and by default fails a job that
///   stalls more than once. Here the next `take` finds them, and they count as attempts.
/// - *Redisson* (Java) has a reliable queue with acknowledgements in its paid edition.
/// - *rueidis* (Go) and *cashews* (Python) have no queue.
pub struct Queue<T, C = Plain> {
    settings: Arc<Settings>,
    types: PhantomData<fn() -> (T, C)>,
}

#[derive(Debug, Clone)]
struct Settings {
    keys: Keys,
    lease: Duration,
    max_attempts: u32,
    first_pause: Duration,
    longest_pause: Duration,
    /// The time instead of the server's, in milliseconds, or an empty text.
    now: String,
}

/// The state of a job after a worker gave it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failed {
    /// The job is tried again.
    Retry,
    /// The job was given up.
    Dead,
    /// The lease was lost: another worker has taken the job, or may take it.
    Lost,
}

impl<T, C> Queue<T, C> {
    /// Creates a handle of the queue with this name. Nothing is sent.
    pub fn new(name: impl AsRef<str>) -> Self {
        let settings = Settings {
            keys: Keys::new(name.as_ref()),
            lease: Duration::from_secs(30),
            max_attempts: 5,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(3600),
            now: String::new(),
        };
        Self { settings: Arc::new(settings), types: PhantomData }
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }

    /// Sets the time for which a worker has a job; 30 s by default. An async worker extends the
    /// lease while it does the job. A sync one cannot, so the time should be longer than any of
    /// its jobs.
    pub fn lease(self, time: Duration) -> Self {
        self.with(|settings| settings.lease = time)
    }

    /// Sets the number of attempts after which a job is given up; 5 by default.
    pub fn max_attempts(self, attempts: u32) -> Self {
        self.with(|settings| settings.max_attempts = attempts)
    }

    /// Sets the pause after the first failure, which doubles with each, and the longest one; 1 s
    /// and 1 h by default.
    pub fn retry_after(self, first: Duration, longest: Duration) -> Self {
        self.with(|settings| (settings.first_pause, settings.longest_pause) = (first, longest))
    }

    /// Uses this time instead of the server's clock in all operations of the handle, for tests.
    pub fn at(self, time: SystemTime) -> Self {
        self.with(|settings| settings.now = time_argument(time))
    }

    fn keys(&self) -> &Keys {
        &self.settings.keys
    }

    fn lease_time(&self) -> Duration {
        self.settings.lease
    }

    /// Extends a lease: the job is this worker's for the queue's lease time from now on. Returns
    /// `false` if the lease was lost.
    ///
    /// **Sends** the script `extend.lua`.
    pub fn extend(&self, lease: Lease) -> Command<bool> {
        self.renew(lease, "extend")
    }

    /// Extends a lease and counts the job as tried. Returns `false` if the lease was lost.
    fn begin(&self, lease: Lease) -> Command<bool> {
        self.renew(lease, "begin")
    }

    fn renew(&self, lease: Lease, mode: &str) -> Command<bool> {
        let command = self.keys().script(&EXTEND).arg(&self.settings.now);
        let command = command.arg(lease.id.member()).int(lease.takes);
        command.int(millis(self.settings.lease)).arg(mode).returns(is_one)
    }

    /// Reports a job as done, and removes it. Returns `false` if another worker has taken the
    /// job since: it is done twice then.
    ///
    /// **Sends** the script `done.lua`.
    pub fn done(&self, lease: Lease) -> Command<bool> {
        let command = self.keys().script(&DONE).arg(lease.id.member());
        command.int(lease.takes).returns(is_one)
    }

    /// Reports that a job failed: it is tried again after a pause, or given up if that was its
    /// last attempt. The reason is stored, the first 500 characters of it.
    ///
    /// **Sends** the script `fail.lua`.
    pub fn fail(&self, lease: Lease, reason: impl Display) -> Command<Failed> {
        let Settings { first_pause, longest_pause, .. } = *self.settings;
        let doubled = 1_u32.checked_shl(lease.attempt.saturating_sub(1)).unwrap_or(u32::MAX);
        let pause = first_pause.saturating_mul(doubled).min(longest_pause);
        self.give_back(lease, "retry", pause, &reason)
    }

    /// Gives a job up at once, because another attempt would be in vain.
    ///
    /// **Sends** the script `fail.lua`.
    pub fn bury(&self, lease: Lease, reason: impl Display) -> Command<Failed> {
        self.give_back(lease, "bury", Duration::ZERO, &reason)
    }

    /// Gives a job back that was not begun: it is ready at its old position, and the attempt
    /// does not count.
    ///
    /// **Sends** the script `fail.lua`.
    pub fn release(&self, lease: Lease) -> Command<Failed> {
        self.give_back(lease, "release", Duration::ZERO, &"")
    }

    /// Gives a job back that does not count as tried yet.
    fn release_uncounted(&self, lease: Lease) -> Command<Failed> {
        self.give_back(lease, "return", Duration::ZERO, &"")
    }

    fn give_back(
        &self,
        lease: Lease,
        mode: &str,
        pause: Duration,
        reason: &dyn Display,
    ) -> Command<Failed> {
        let reason: String = reason.to_string().chars().take(500).collect();
        let command = self.keys().script(&FAIL).arg(&self.settings.now).arg(lease.id.member());
        let command = command.int(lease.takes).arg(mode).int(millis(pause));
        command.int(self.settings.max_attempts).arg(reason).returns(decode_failed)
    }

    /// Counts the jobs in each state.
    ///
    /// **Sends** the script `counts.lua`.
    pub fn counts(&self) -> Command<Counts> {
        self.keys().script(&COUNTS).arg(&self.settings.now).returns(decode_counts)
    }

    /// Makes a job ready that was given up, with no attempts. Returns `false` if the job is not
    /// dead.
    ///
    /// **Sends** the script `requeue.lua`.
    pub fn requeue(&self, id: JobId) -> Command<bool> {
        let command = self.keys().script(&REQUEUE).arg(id.member());
        command.arg(&self.settings.now).returns(is_one)
    }

    /// Removes a job that is scheduled, ready or dead. Returns `false` if there is no such job
    /// or a worker has it.
    ///
    /// **Sends** the script `remove.lua`.
    pub fn remove(&self, id: JobId) -> Command<bool> {
        let command = self.keys().script(&REMOVE).arg(id.member());
        command.arg(&self.settings.now).returns(is_one)
    }
}

impl<T, C: Codec<T>> Queue<T, C> {
    /// Adds a job. [`Push`] has its delay, priority and unique name.
    ///
    /// A push that is repeated because the connection broke may add the job twice: give the
    /// job a [unique name](Push::unique).
    ///
    /// **Sends** the script `push.lua`.
    pub fn push(&self, value: impl IntoItem<T>) -> Push {
        let mut bytes = Vec::new();
        let keys = self.keys();
        let encoded = value.with_item(|value| C::encode_item(value, &keys.location(), &mut bytes));
        let value = encoded.map(|()| bytes).map_err(Error::from);
        Push::new(keys.clone(), value, self.settings.now.clone())
    }

    /// Leases up to `most` jobs to this worker, and at most 1000, the highest priority first,
    /// then the oldest. Each of them counts as tried.
    ///
    /// A job that cannot be decoded is an error; it is ready again when its lease ends, and is
    /// given up after the last attempt.
    ///
    /// **Sends** the script `take.lua`.
    pub fn take(&self, most: usize) -> Command<Vec<Result<Job<T>>>> {
        self.take_as(most, most, decode_jobs::<T, C>)
    }

    /// Takes jobs of which only the first counts as tried: the others need [`begin`](Self::begin).
    fn take_batch(&self, most: usize) -> Command<Taken<T>> {
        self.take_as(most, 1, decode_taken::<T, C>)
    }

    fn take_as<R>(
        &self,
        most: usize,
        counted: usize,
        decode: fn(Reply, &Source) -> Result<R>,
    ) -> Command<R> {
        let Settings { keys, lease, max_attempts, now, .. } = &*self.settings;
        let command = keys.script(&TAKE).arg(now).size(most).int(millis(*lease));
        command.int(*max_attempts).size(counted).returns(decode)
    }

    /// Reads up to `most` jobs that were given up, the last one first.
    ///
    /// Dead letters do not expire: their number grows until they are [removed](Self::remove) or
    /// [requeued](Self::requeue).
    ///
    /// **Sends** the script `dead.lua`.
    pub fn dead(&self, most: usize) -> Command<Vec<Result<DeadJob<T>>>> {
        self.keys().script(&DEAD).size(most).returns(decode_dead::<T, C>)
    }

    /// Returns a worker that calls `handle` for each job, one after another, until its
    /// [`stop_handle`](Work::stop_handle) is used. The text of an error is stored as the reason
    /// of the failure.
    ///
    /// On a sync connection, or an async [`Dedicated`](crate::connection::Dedicated) one, an
    /// idle worker waits on the server. On other connections it looks every 100 ms on average.
    /// For several jobs at a time run several workers.
    ///
    /// **Sends** the scripts `take.lua`, `done.lua`, `fail.lua` and, before a job whose lease is
    /// not new, `extend.lua`; and [`BZPOPMIN`](https://redis.io/commands/bzpopmin) to wait.
    ///
    /// # Errors
    ///
    /// An error of the server or the connection ends the run, and the job at hand is done
    /// again later. Run the worker again on a new connection.
    pub fn work<E, F>(&self, handle: F) -> Work<T, C, HandleSync<F>>
    where
        F: FnMut(Job<T>) -> Result<(), E>,
    {
        Work::new(self.clone(), HandleSync(handle))
    }

    /// Like [`work`](Self::work), with a function that returns a future, on an async
    /// connection. The lease is extended while the future runs. If the lease is lost all the
    /// same, the future is dropped.
    ///
    /// **Sends** what [`work`](Self::work) sends, and the script `extend.lua` every third of the
    /// lease.
    ///
    /// # Errors
    ///
    /// See [`work`](Self::work).
    pub fn work_async<E, F, U>(&self, handle: F) -> Work<T, C, HandleAsync<F>>
    where
        F: FnMut(Job<T>) -> U,
        U: Future<Output = Result<(), E>>,
    {
        Work::new(self.clone(), HandleAsync(handle))
    }
}

fn decode_failed(reply: Reply, _: &Source) -> Result<Failed> {
    match &*reply.into_text()? {
        "retry" => Ok(Failed::Retry),
        "dead" => Ok(Failed::Dead),
        "lost" => Ok(Failed::Lost),
        _ => Err(Error::unexpected_reply()),
    }
}

impl<T, C> Clone for Queue<T, C> {
    fn clone(&self) -> Self {
        Self { settings: self.settings.clone(), types: PhantomData }
    }
}

impl<T, C> fmt::Debug for Queue<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Queue").field(self.keys().key()).finish()
    }
}
