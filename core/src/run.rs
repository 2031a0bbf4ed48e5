//! The only IO of the crate: operations and flows on a connection, sync and async.

#[cfg(feature = "aio")]
pub(crate) mod aio;
pub(crate) mod subscription;

use std::hash::{BuildHasher, RandomState};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use crate::connection::wire::SyncWire;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::{Clock, Flow, Io, IoRequest};
use crate::op::{Exchange, Operation, Payload, RawReply, Replies, Request, SendRequest, Topology};

/// Runs an operation.
pub(crate) fn run<O, C>(operation: &O, con: &mut C) -> Result<O::Output>
where
    O: Operation + ?Sized,
    C: SyncWire + ?Sized,
{
    if let Some(list) = operation.as_list() {
        return list.run(&mut On(con));
    }
    let mut request = Request::new();
    operation.encode(&mut request)?;
    operation.decode(&mut send(request, con)?)
}

/// A sync connection.
struct On<'c, C: ?Sized>(&'c mut C);

impl<C: SyncWire + ?Sized> SendRequest for On<'_, C> {
    fn send(&mut self, request: Request) -> Result<Replies> {
        send(request, self.0)
    }
}

pub(crate) fn run_flow<F, C>(flow: &mut F, con: &mut C) -> Result<F::Output>
where
    F: Flow,
    C: SyncWire + ?Sized,
{
    let prefix = con.key_prefix().cloned();
    let io = Io::new(topology_of(con), true, prefix, SystemClock::start());
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

fn send<C: SyncWire + ?Sized>(mut request: Request, con: &mut C) -> Result<Replies> {
    if let Some(prefix) = con.key_prefix() {
        request.add_prefix(prefix)?;
    }
    let mut exchange = Exchange::new(request, || topology_of(con))?;
    while let Some(transmit) = exchange.next() {
        let raw = match &transmit.payload {
            Payload::Single(cmd) => RawReply::Single(con.send_single(cmd)),
            Payload::Pipeline(pipeline) => RawReply::Pipeline(con.send_pipeline(pipeline)),
        };
        exchange.received(transmit, raw)?;
    }
    exchange.into_replies()
}

/// Returns the kind of server that a sync connection reaches: redis-rs' cluster
/// connections are the ones that take no pipelines.
fn topology_of<C: SyncWire + ?Sized>(con: &C) -> Topology {
    if con.takes_pipelines() { Topology::SingleServer } else { Topology::SyncCluster }
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
