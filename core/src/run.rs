//! The only IO of the crate: operations and flows on a connection, sync and async.

#[cfg(any(feature = "tokio", feature = "smol"))]
mod timer;

use std::hash::{BuildHasher, RandomState};
use std::thread;
use std::time::Instant;

use redis::ConnectionLike;

use crate::error::Result;
use crate::op::{Ask, Exchange, Flow, Moment, Next, Operation, Replies, Request, ToSend};

pub(crate) fn run<O, C>(operation: &O, con: &mut C) -> Result<O::Output>
where
    O: Operation + ?Sized,
    C: ConnectionLike + ?Sized,
{
    let mut request = Request::new();
    operation.encode(&mut request)?;
    operation.decode(&mut exchange(request, con)?)
}

#[cfg(any(feature = "tokio", feature = "smol"))]
pub(crate) async fn run_async<O, C>(operation: &O, con: &mut C) -> Result<O::Output>
where
    O: Operation + ?Sized,
    C: redis::aio::ConnectionLike + ?Sized,
{
    let mut request = Request::new();
    operation.encode(&mut request)?;
    operation.decode(&mut exchange_async(request, con).await?)
}

pub(crate) fn run_flow<F, C>(flow: &mut F, con: &mut C) -> Result<F::Output>
where
    F: Flow,
    C: ConnectionLike + ?Sized,
{
    let clock = Clock::start();
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
    let clock = Clock::start();
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
    let mut exchange = Exchange::new(request, con.supports_pipelining());
    while let Some(send) = exchange.next() {
        match send {
            ToSend::One(cmd) => {
                let returned = con.req_command(cmd);
                exchange.received(returned)?;
            }
            ToSend::Many(pipeline) => {
                let packed = pipeline.get_packed_pipeline();
                let returned = con.req_packed_commands(&packed, 0, pipeline.len());
                exchange.received_many(returned)?;
            }
        }
    }
    Ok(exchange.into_replies())
}

#[cfg(any(feature = "tokio", feature = "smol"))]
async fn exchange_async<C>(request: Request, con: &mut C) -> Result<Replies>
where
    C: redis::aio::ConnectionLike + ?Sized,
{
    let mut exchange = Exchange::new(request, true);
    while let Some(send) = exchange.next() {
        match send {
            ToSend::One(cmd) => {
                let returned = con.req_packed_command(cmd).await;
                exchange.received(returned)?;
            }
            ToSend::Many(pipeline) => {
                let returned = con.req_packed_commands(pipeline, 0, pipeline.len()).await;
                exchange.received_many(returned)?;
            }
        }
    }
    Ok(exchange.into_replies())
}

fn encode<'s, F: Flow>(ask: &(dyn Ask<'s, F> + Send + 's)) -> Result<Request> {
    let mut request = Request::new();
    ask.encode(&mut request)?;
    Ok(request)
}

/// The only clock and the only random numbers of the crate.
struct Clock {
    start: Instant,
    /// Randomly keyed by the system.
    random: RandomState,
}

impl Clock {
    fn start() -> Self {
        Self { start: Instant::now(), random: RandomState::new() }
    }

    fn now(&self) -> Moment {
        let elapsed = self.start.elapsed();
        Moment::new(elapsed, self.random.hash_one(elapsed))
    }
}
