//! Subscriptions on async connections, by redis-rs' `PubSub`, whose task reads the socket.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_timer::Delay;
use futures_util::future::{BoxFuture, Either, FutureExt, select};
use futures_util::stream::StreamExt;
use redis::aio::{PubSubSink, PubSubStream};
use redis::{Client, RedisResult, Value};

use super::{PATIENCE, Step, ended, without_prefix};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::Clock;
use crate::op::Prefix;
use crate::run::SystemClock;
use crate::structures::{Change, ChangeKind, Channels, Closing, Retry, is_final};

/// A subscription on an async connection, which is opened again when it is lost.
pub(crate) struct AsyncDriver {
    target: Arc<Target>,
    closing: Arc<Closing>,
    state: State,
}

/// The parts from which each connection is opened.
struct Target {
    client: Client,
    prefix: Option<Prefix>,
    /// The channels with the prefix.
    channels: Mutex<Channels>,
    keep_alive: Duration,
    clock: SystemClock,
}

enum State {
    Open(Box<Link>),
    Connecting(BoxFuture<'static, Result<Link>>),
    Ended,
}

/// An open connection.
struct Link {
    sink: PubSubSink,
    stream: PubSubStream,
    retry: Retry,
    opened: Duration,
    /// The time at which the server last sent something.
    heard: Duration,
    check: Check,
}

/// The next sign of life that is waited for.
enum Check {
    Silence(Delay),
    Pong(BoxFuture<'static, Result<()>>),
}

impl AsyncDriver {
    pub(crate) async fn open(
        client: Client,
        prefix: Option<Prefix>,
        channels: Channels,
        keep_alive: Duration,
    ) -> Result<Self> {
        let channels = Mutex::new(channels.with_prefix(prefix.as_ref()));
        let clock = SystemClock::start();
        let target = Arc::new(Target { client, prefix, channels, keep_alive, clock });
        let link = target.open(Retry::default()).await?;
        Ok(Self { target, closing: Arc::default(), state: State::Open(Box::new(link)) })
    }

    pub(crate) fn closing(&self) -> Arc<Closing> {
        self.closing.clone()
    }

    pub(crate) fn channels(&self) -> Channels {
        self.target.channels().clone()
    }

    pub(crate) fn is_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Step>> {
        self.closing.register(context.waker());
        if self.closing.is_closed() {
            self.state = State::Ended;
        }
        loop {
            match &mut self.state {
                State::Ended => return Poll::Ready(Ok(Step::Ended)),
                State::Connecting(opened) => match opened.poll_unpin(context) {
                    Poll::Ready(Ok(link)) => {
                        self.state = State::Open(Box::new(link));
                        return Poll::Ready(Ok(Step::Resubscribed));
                    }
                    Poll::Ready(Err(error)) => {
                        self.state = State::Ended;
                        return Poll::Ready(Err(error));
                    }
                    Poll::Pending => return Poll::Pending,
                },
                State::Open(link) => match link.poll_next(&self.target, context) {
                    Poll::Ready(Some(step)) => return Poll::Ready(Ok(step)),
                    Poll::Ready(None) => self.lose(),
                    Poll::Pending => return Poll::Pending,
                },
            }
        }
    }

    /// Changes the channels, at once if the connection is open. If the future is dropped, the
    /// next connection has the change.
    ///
    /// # Errors
    ///
    /// The server's refusal, or that the subscription has ended.
    pub(crate) async fn change(&mut self, change: Change) -> Result<()> {
        if self.closing.is_closed() || self.is_ended() {
            return Err(ended());
        }
        let before = self.channels();
        let mut channels = before.clone();
        channels.apply(&change.with_prefix(self.target.prefix.as_ref()));
        *self.target.channels() = channels.clone();
        if let State::Open(link) = &mut self.state {
            let mut current = before;
            for change in channels.changes_from(&current) {
                match link.apply(&change).await {
                    Ok(()) => current.apply(&change),
                    Err(error) if error.is_connection() => {
                        self.lose();
                        return Ok(());
                    }
                    Err(error) => {
                        *self.target.channels() = current;
                        return Err(error);
                    }
                }
            }
        }
        Ok(())
    }

    /// Closes the connection and opens another.
    fn lose(&mut self) {
        let mut retry = Retry::default();
        if let State::Open(link) = &self.state {
            retry = link.retry.clone();
            retry.connection_lost(self.target.clock.elapsed().saturating_sub(link.opened));
        }
        self.state = State::Connecting(self.target.clone().open_again(retry).boxed());
    }
}

impl Target {
    fn channels(&self) -> MutexGuard<'_, Channels> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn open_again(self: Arc<Self>, mut retry: Retry) -> Result<Link> {
        loop {
            Delay::new(retry.next_delay(self.clock.random())).await;
            match self.open(retry.clone()).await {
                Err(error) if !is_final(&error) => {}
                done => return done,
            }
        }
    }

    async fn open(&self, retry: Retry) -> Result<Link> {
        let (sink, stream) = within(PATIENCE, self.client.get_async_pubsub()).await?.split();
        let opened = self.clock.elapsed();
        let check = Check::Silence(Delay::new(self.keep_alive));
        let mut link = Link { sink, stream, retry, opened, heard: opened, check };
        let mut current = Channels::default();
        loop {
            // They may have changed while the server confirmed the last ones.
            let changes = self.channels().changes_from(&current);
            if changes.is_empty() {
                return Ok(link);
            }
            for change in changes {
                link.apply(&change).await?;
                current.apply(&change);
            }
        }
    }
}

impl Link {
    async fn apply(&mut self, change: &Change) -> Result<()> {
        let (sink, names) = (&mut self.sink, &change.names);
        match change.kind {
            ChangeKind::Subscribe => within(PATIENCE, sink.subscribe(names)).await,
            ChangeKind::Unsubscribe => within(PATIENCE, sink.unsubscribe(names)).await,
            ChangeKind::SubscribePatterns => within(PATIENCE, sink.psubscribe(names)).await,
            ChangeKind::UnsubscribePatterns => within(PATIENCE, sink.punsubscribe(names)).await,
        }
    }

    /// Returns the next message, or `None` if the connection is lost.
    fn poll_next(&mut self, target: &Target, context: &mut Context<'_>) -> Poll<Option<Step>> {
        if let Poll::Ready(message) = self.stream.poll_next_unpin(context) {
            self.heard = target.clock.elapsed();
            let message = message.map(|message| {
                Step::Message(without_prefix(message.into(), target.prefix.as_ref()))
            });
            return Poll::Ready(message);
        }
        loop {
            self.check = match &mut self.check {
                Check::Silence(delay) => match delay.poll_unpin(context) {
                    Poll::Ready(()) => self.next_check(target),
                    Poll::Pending => return Poll::Pending,
                },
                Check::Pong(pong) => match pong.poll_unpin(context) {
                    Poll::Ready(Ok(())) => {
                        self.heard = target.clock.elapsed();
                        Check::Silence(Delay::new(target.keep_alive))
                    }
                    // It sends messages, behind which the pong is waiting.
                    Poll::Ready(Err(_)) if self.silence(target) < target.keep_alive => {
                        self.next_check(target)
                    }
                    Poll::Ready(Err(_)) => return Poll::Ready(None),
                    Poll::Pending => return Poll::Pending,
                },
            };
        }
    }

    /// Sends a PING if the server was silent for long enough.
    fn next_check(&self, target: &Target) -> Check {
        match target.keep_alive.checked_sub(self.silence(target)) {
            Some(rest) if !rest.is_zero() => Check::Silence(Delay::new(rest)),
            _ => {
                let (mut sink, patience) = (self.sink.clone(), target.keep_alive);
                let ping = async move { within(patience, sink.ping::<Value>()).await.map(drop) };
                Check::Pong(ping.boxed())
            }
        }
    }

    fn silence(&self, target: &Target) -> Duration {
        target.clock.elapsed().saturating_sub(self.heard)
    }
}

async fn within<T>(time: Duration, reply: impl Future<Output = RedisResult<T>>) -> Result<T> {
    match select(pin!(reply), Delay::new(time)).await {
        Either::Left((reply, _)) => Ok(reply?),
        Either::Right(_) => {
            Err(Error::new(ErrorKind::Connection, "the server did not answer in time"))
        }
    }
}
