//! The only IO of the crate: operations and flows on a connection, sync and async.

#[cfg(feature = "aio")]
pub(crate) mod aio;

use std::hash::{BuildHasher, RandomState};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use redis::ConnectionLike;

use crate::error::{Error, ErrorKind, Result};
use crate::flow::{Clock, Flow, Io, IoRequest};
use crate::op::{Exchange, Operation, Payload, RawReply, Replies, Request, Topology};

pub(crate) fn run<O, C>(operation: &O, con: &mut C) -> Result<O::Output>
where
    O: Operation + ?Sized,
    C: ConnectionLike + ?Sized,
{
    let mut parts = Parts::default();
    loop {
        let replies = send(parts.encode(operation)?, con);
        if let Some(output) = parts.decode(operation, replies)? {
            return Ok(output);
        }
    }
}

pub(crate) fn run_flow<F, C>(flow: &mut F, con: &mut C) -> Result<F::Output>
where
    F: Flow,
    C: ConnectionLike + ?Sized,
{
    let io = Io::new(topology_of(con), SystemClock::start());
    let mut steps = pin!(flow.steps(&io));
    loop {
        if let Poll::Ready(output) = steps.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
        io.answer(match io.take_request() {
            Some(IoRequest::Send(request)) => send(request, con),
            Some(IoRequest::Pause(time)) => {
                thread::sleep(time);
                Ok(Replies::none())
            }
            None => {
                let message = "the flow awaits something other than its `Io`, which needs an async \
                               connection: use `run_async`";
                return Err(Error::new(ErrorKind::InvalidOperation, message));
            }
        });
    }
}

fn send<C: ConnectionLike + ?Sized>(request: Request, con: &mut C) -> Result<Replies> {
    let mut exchange = Exchange::new(request, || topology_of(con))?;
    while let Some(transmit) = exchange.next() {
        let raw = match &transmit.payload {
            Payload::Single(cmd) => RawReply::Single(con.req_command(cmd)),
            Payload::Pipeline(pipeline) => {
                let packed = pipeline.get_packed_pipeline();
                RawReply::Pipeline(con.req_packed_commands(&packed, 0, pipeline.len()))
            }
        };
        exchange.received(transmit, raw)?;
    }
    exchange.into_replies()
}

/// Returns the kind of server that a sync connection reaches: redis-rs' cluster
/// connections are the ones that take no pipelines.
fn topology_of<C: ConnectionLike + ?Sized>(con: &C) -> Topology {
    if con.supports_pipelining() { Topology::SingleServer } else { Topology::Cluster }
}

/// The progress of an operation; a list is sent in parts.
struct Parts<T> {
    done: usize,
    sent: usize,
    output: Option<T>,
}

impl<T> Default for Parts<T> {
    fn default() -> Self {
        Self { done: 0, sent: 0, output: None }
    }
}

impl<T> Parts<T> {
    /// Returns the next part as a request.
    fn encode<O>(&mut self, operation: &O) -> Result<Request>
    where
        O: Operation<Output = T> + ?Sized,
    {
        let mut request = Request::new();
        match operation.as_list() {
            Some(list) => self.sent = list.encode_from(self.done, &mut request),
            None => operation.encode(&mut request)?,
        }
        Ok(request)
    }

    /// Returns the output if all parts are done or the connection broke.
    fn decode<O>(&mut self, operation: &O, replies: Result<Replies>) -> Result<Option<T>>
    where
        O: Operation<Output = T> + ?Sized,
    {
        let Some(list) = operation.as_list() else {
            return operation.decode(&mut replies?).map(Some);
        };
        let is_last = self.sent >= list.count() || replies.is_err();
        let output = list.decode_items(self.done..self.sent, replies, self.output.take())?;
        if is_last {
            return Ok(Some(output));
        }
        (self.done, self.output) = (self.sent, Some(output));
        Ok(None)
    }
}

/// The only clock and the only random numbers of the crate.
struct SystemClock {
    start: Instant,
    /// Randomly keyed by the system.
    random: RandomState,
    calls: AtomicU64,
}

impl SystemClock {
    fn start() -> Self {
        Self { start: Instant::now(), random: RandomState::new(), calls: AtomicU64::new(0) }
    }
}

impl Clock for SystemClock {
    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn random(&self) -> u64 {
        self.random.hash_one(self.calls.fetch_add(1, Ordering::Relaxed))
    }
}
