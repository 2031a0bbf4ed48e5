//! The async executor.
//!
//! Pauses are those of `futures-timer`, whose one thread serves any runtime. Tokio's
//! own timer panics in a runtime that was built without it, and with the features
//! `tokio` and `smol` both on nobody knows which of the two is running.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use futures_timer::Delay;
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::SystemClock;
use crate::connection::wire::AsyncWire;
use crate::error::{Error, Result};
use crate::flow::{Flow, Io, IoRequest};
use crate::op::{
    Exchange, Operation, Parts, Payload, Prefix, RawReply, Replies, Request, Topology, Transmit,
};

/// A connection as the executor is given it.
pub(crate) trait Transport: Send {
    fn topology(&self) -> Topology;

    /// Returns `true` if a command may wait on the connection.
    fn may_block(&self) -> bool;

    fn key_prefix(&self) -> Option<&Prefix>;

    /// Sends a request, in as many pieces as it takes.
    fn send(&mut self, request: Request) -> impl Future<Output = Result<Replies>> + Send;
}

/// A connection that is borrowed for the whole run and does one thing at a time.
pub(crate) struct Exclusive<'c, C: ?Sized>(pub(crate) &'c mut C);

/// A connection that is cloned for everything that is sent.
pub(crate) struct Shared<'c, C>(pub(crate) &'c C);

pub(crate) async fn run<O, T>(operation: &O, mut con: T) -> Result<O::Output>
where
    O: Operation + ?Sized,
    T: Transport,
{
    if operation.as_list().is_none() {
        let mut request = Request::new();
        operation.encode(&mut request)?;
        return operation.decode(&mut con.send(request).await?);
    }
    let mut parts = Parts::default();
    loop {
        // A list need not be `Sync`, so it is not kept while the future waits.
        let list = operation.as_list().ok_or_else(Error::unexpected_reply)?;
        let request = parts.encode(list);
        let replies = con.send(request).await;
        let list = operation.as_list().ok_or_else(Error::unexpected_reply)?;
        if let Some(output) = parts.decode(list, replies)? {
            return Ok(output);
        }
    }
}

pub(crate) async fn run_flow<F, T>(flow: &mut F, mut con: T) -> Result<F::Output>
where
    F: Flow,
    T: Transport,
{
    let (topology, prefix) = (con.topology(), con.key_prefix().cloned());
    let io = Io::new(topology, con.may_block(), prefix, SystemClock::start());
    let mut steps = pin!(flow.steps(&io));
    loop {
        let next = poll_fn(|context| match steps.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Err(output)),
            Poll::Pending => io.take_request().map_or(Poll::Pending, |it| Poll::Ready(Ok(it))),
        });
        let request = match next.await {
            Ok(request) => request,
            Err(output) => return output,
        };
        // The flow goes on meanwhile, because it may await something else at the same time.
        let mut work = pin!(answer(request, &mut con));
        let both = poll_fn(|context| {
            if let Poll::Ready(replies) = work.as_mut().poll(context) {
                io.answer(replies);
                return Poll::Ready(None);
            }
            match steps.as_mut().poll(context) {
                Poll::Ready(output) => Poll::Ready(Some(output)),
                Poll::Pending if io.is_waiting() => Poll::Pending,
                // The flow has dropped the future that waited for the answer.
                Poll::Pending => Poll::Ready(None),
            }
        });
        if let Some(output) = both.await {
            return output;
        }
    }
}

async fn answer(request: IoRequest, con: &mut impl Transport) -> Result<Replies> {
    match request {
        IoRequest::Send(request) => con.send(request).await,
        IoRequest::Pause(time) => {
            Delay::new(time).await;
            Ok(Replies::none())
        }
    }
}

impl<C: AsyncWire + Send + ?Sized> Transport for Exclusive<'_, C> {
    fn topology(&self) -> Topology {
        self.0.topology()
    }

    fn may_block(&self) -> bool {
        self.0.is_dedicated()
    }

    fn key_prefix(&self) -> Option<&Prefix> {
        self.0.key_prefix()
    }

    async fn send(&mut self, request: Request) -> Result<Replies> {
        let mut exchange = begin(request, self.0)?;
        while let Some(transmit) = exchange.next() {
            let raw = transmit_on(self.0, &transmit).await;
            exchange.received(transmit, raw)?;
        }
        exchange.into_replies()
    }
}

impl<C: AsyncWire + Clone + Send + Sync> Transport for Shared<'_, C> {
    fn topology(&self) -> Topology {
        self.0.topology()
    }

    fn may_block(&self) -> bool {
        false
    }

    fn key_prefix(&self) -> Option<&Prefix> {
        self.0.key_prefix()
    }

    /// Sends what goes to different slots of a cluster side by side.
    async fn send(&mut self, request: Request) -> Result<Replies> {
        let mut exchange = begin(request, self.0)?;
        loop {
            let transmits = exchange.next_of_each_slot();
            if transmits.is_empty() {
                return exchange.into_replies();
            }
            let sent = transmits.into_iter().map(|transmit| {
                let mut con = self.0.clone();
                async move { (transmit_on(&mut con, &transmit).await, transmit) }
            });
            let mut raw_replies: FuturesUnordered<_> = sent.collect();
            while let Some((raw, transmit)) = raw_replies.next().await {
                exchange.received(transmit, raw)?;
            }
        }
    }
}

fn begin<C: AsyncWire + ?Sized>(mut request: Request, con: &C) -> Result<Exchange> {
    if let Some(prefix) = con.key_prefix() {
        request.add_prefix(prefix)?;
    }
    Exchange::new(request, || con.topology())
}

async fn transmit_on<C: AsyncWire + ?Sized>(con: &mut C, transmit: &Transmit) -> RawReply {
    match &transmit.payload {
        Payload::Single(cmd) => RawReply::Single(con.send_single(cmd).await),
        Payload::Pipeline(pipeline) => RawReply::Pipeline(con.send_pipeline(pipeline).await),
    }
}
