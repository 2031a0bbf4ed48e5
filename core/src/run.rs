//! The only IO of the crate: operations and flows on a connection, sync and async.

#[cfg(any(feature = "tokio", feature = "smol"))]
mod timer;

use std::hash::{BuildHasher, RandomState};
use std::thread;
use std::time::Instant;

#[cfg(any(feature = "tokio", feature = "smol"))]
use futures_util::stream::{FuturesUnordered, StreamExt};
use redis::ConnectionLike;

use crate::error::Result;
#[cfg(any(feature = "tokio", feature = "smol"))]
use crate::op::Transmit;
use crate::op::{
    Ask, Exchange, Flow, Moment, Next, Operation, Payload, RawReply, Replies, Request, Topology,
};
#[cfg(any(feature = "tokio", feature = "smol"))]
use crate::redis_rs::topology_of;

pub(crate) fn run<O, C>(operation: &O, con: &mut C) -> Result<O::Output>
where
    O: Operation + ?Sized,
    C: ConnectionLike + ?Sized,
{
    let mut parts = Parts::default();
    loop {
        let request = parts.encode(operation)?;
        let replies = exchange(request, con);
        if let Some(output) = parts.decode(operation, replies)? {
            return Ok(output);
        }
    }
}

#[cfg(any(feature = "tokio", feature = "smol"))]
pub(crate) async fn run_async<O, C>(operation: &O, con: &mut C) -> Result<O::Output>
where
    O: Operation + ?Sized,
    C: redis::aio::ConnectionLike + ?Sized,
{
    let mut parts = Parts::default();
    loop {
        let request = parts.encode(operation)?;
        let replies = exchange_async(request, con).await;
        if let Some(output) = parts.decode(operation, replies)? {
            return Ok(output);
        }
    }
}

#[cfg(any(feature = "tokio", feature = "smol"))]
pub(crate) async fn run_side_by_side<O, C>(operation: &O, con: &C) -> Result<O::Output>
where
    O: Operation + ?Sized,
    C: redis::aio::ConnectionLike + Clone,
{
    let mut parts = Parts::default();
    loop {
        let request = parts.encode(operation)?;
        let replies = exchange_side_by_side(request, con).await;
        if let Some(output) = parts.decode(operation, replies)? {
            return Ok(output);
        }
    }
}

/// How far an operation that is sent in parts has come.
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
    fn encode<O>(&mut self, operation: &O) -> Result<Request>
    where
        O: Operation<Output = T> + ?Sized,
    {
        let mut request = Request::new();
        self.sent = operation.encode_from(self.done, &mut request)?;
        Ok(request)
    }

    /// The output, once all parts are done or the connection is.
    fn decode<O>(&mut self, operation: &O, replies: Result<Replies>) -> Result<Option<T>>
    where
        O: Operation<Output = T> + ?Sized,
    {
        let last = self.sent >= operation.parts() || replies.is_err();
        let output = operation.decode_parts(self.done..self.sent, replies, self.output.take())?;
        if last {
            return Ok(Some(output));
        }
        (self.done, self.output) = (self.sent, Some(output));
        Ok(None)
    }
}

pub(crate) fn run_flow<F, C>(flow: &mut F, con: &mut C) -> Result<F::Output>
where
    F: Flow,
    C: ConnectionLike + ?Sized,
{
    let clock = Clock::start(topology_of_sync(con));
    let mut step = flow.start(&clock.now())?;
    loop {
        step = match step.0 {
            Next::Run(ask) => {
                let replies = exchange(encode(&*ask)?, con);
                ask.answer(flow, replies, &clock.now())?
            }
            Next::Pause(time, then) => {
                thread::sleep(time);
                then(flow, &clock.now())?
            }
            Next::Done(output) => return Ok(output),
        }
    }
}

#[cfg(any(feature = "tokio", feature = "smol"))]
pub(crate) async fn run_flow_async<F, C>(flow: &mut F, con: &mut C) -> Result<F::Output>
where
    F: Flow,
    C: redis::aio::ConnectionLike + ?Sized,
{
    let clock = Clock::start(topology_of::<C>());
    let mut step = flow.start(&clock.now())?;
    loop {
        step = match step.0 {
            Next::Run(ask) => {
                let replies = exchange_async(encode(&*ask)?, con).await;
                ask.answer(flow, replies, &clock.now())?
            }
            Next::Pause(time, then) => {
                timer::pause(time).await;
                then(flow, &clock.now())?
            }
            Next::Done(output) => return Ok(output),
        }
    }
}

fn exchange<C: ConnectionLike + ?Sized>(request: Request, con: &mut C) -> Result<Replies> {
    let mut exchange = Exchange::new(request, || topology_of_sync(con))?;
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

/// Redis-rs' sync cluster connections say that they take no pipelines.
fn topology_of_sync<C: ConnectionLike + ?Sized>(con: &C) -> Topology {
    if con.supports_pipelining() { Topology::SingleServer } else { Topology::Cluster }
}

#[cfg(any(feature = "tokio", feature = "smol"))]
async fn exchange_async<C>(request: Request, con: &mut C) -> Result<Replies>
where
    C: redis::aio::ConnectionLike + ?Sized,
{
    let mut exchange = Exchange::new(request, topology_of::<C>)?;
    while let Some(transmit) = exchange.next() {
        let raw = send_async(&transmit.payload, con).await;
        exchange.received(transmit, raw)?;
    }
    exchange.into_replies()
}

#[cfg(any(feature = "tokio", feature = "smol"))]
async fn exchange_side_by_side<C>(request: Request, con: &C) -> Result<Replies>
where
    C: redis::aio::ConnectionLike + Clone,
{
    let mut exchange = Exchange::new(request, topology_of::<C>)?;
    loop {
        let transmits = exchange.next_of_each_slot();
        if transmits.is_empty() {
            return exchange.into_replies();
        }
        let mut raw_replies: FuturesUnordered<_> =
            transmits.into_iter().map(|transmit| send_by_clone(transmit, con.clone())).collect();
        while let Some((transmit, raw)) = raw_replies.next().await {
            exchange.received(transmit, raw)?;
        }
    }
}

#[cfg(any(feature = "tokio", feature = "smol"))]
async fn send_by_clone<C>(transmit: Transmit, mut con: C) -> (Transmit, RawReply)
where
    C: redis::aio::ConnectionLike,
{
    let raw = send_async(&transmit.payload, &mut con).await;
    (transmit, raw)
}

#[cfg(any(feature = "tokio", feature = "smol"))]
async fn send_async<C>(payload: &Payload, con: &mut C) -> RawReply
where
    C: redis::aio::ConnectionLike + ?Sized,
{
    match payload {
        Payload::Single(cmd) => RawReply::Single(con.req_packed_command(cmd).await),
        Payload::Pipeline(pipeline) => {
            RawReply::Pipeline(con.req_packed_commands(pipeline, 0, pipeline.len()).await)
        }
    }
}

fn encode<'s, F: Flow>(ask: &(dyn Ask<'s, F> + Send + 's)) -> Result<Request> {
    let mut request = Request::new();
    ask.encode(&mut request)?;
    Ok(request)
}

/// The only clock and the only random numbers of the crate.
struct Clock {
    start: Instant,
    topology: Topology,
    /// Randomly keyed by the system.
    random: RandomState,
}

impl Clock {
    fn start(topology: Topology) -> Self {
        Self { start: Instant::now(), topology, random: RandomState::new() }
    }

    fn now(&self) -> Moment {
        let elapsed = self.start.elapsed();
        Moment::new(elapsed, self.random.hash_one(elapsed)).with_topology(self.topology)
    }
}
