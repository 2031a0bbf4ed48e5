//! The IO of subscriptions: they have a connection of their own, on which messages arrive.
//!
//! Redis-rs' sync `PubSub` is not used for commands: it drops the server's refusal of a
//! SUBSCRIBE, and when it is dropped it unsubscribes and waits for the replies. Its
//! `get_message` is used to wait, because it is the only read that a timeout does not disturb:
//! after a timeout `recv_response` skips a value, which would be a message.

#[cfg(feature = "aio")]
pub(crate) mod aio;
#[cfg(feature = "cluster")]
mod sharded;

use std::collections::VecDeque;
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::time::Duration;

use redis::{Client, Cmd, Connection};

#[cfg(feature = "cluster")]
pub(crate) use sharded::ShardedDriver;

use super::SystemClock;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::Clock;
use crate::op::Prefix;
use crate::redis_rs;
use crate::redis_rs::push::{RawMessage, Received, is_interrupted, received};
use crate::structures::{Change, Channels, Closing, Retry, is_final};

/// The longest time to open a connection, and for the server to confirm a command.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest wait on a sync connection, after which a call to close it is noticed.
const SLICE: Duration = Duration::from_millis(100);

/// The result of waiting for a message.
#[derive(Debug)]
pub(crate) enum Step {
    Message(RawMessage),
    Resubscribed,
    TimedOut,
    Ended,
}

/// A subscription on a sync connection, which is opened again when it is lost.
pub(crate) struct SyncDriver {
    client: Client,
    prefix: Option<Prefix>,
    /// The channels with the prefix.
    channels: Channels,
    keep_alive: Duration,
    closing: Arc<Closing>,
    clock: SystemClock,
    retry: Retry,
    state: State,
}

enum State {
    Open(Box<Link>),
    /// The connection is lost, and opened again at this time.
    Lost(Duration),
    Ended,
}

/// An open connection.
struct Link {
    con: Connection,
    read_timeout: Duration,
    /// The messages that arrived before a reply.
    queue: VecDeque<RawMessage>,
    opened: Duration,
    /// The time at which the server last sent something.
    heard: Duration,
}

impl SyncDriver {
    pub(crate) fn open(
        client: Client,
        prefix: Option<Prefix>,
        channels: Channels,
        keep_alive: Duration,
    ) -> Result<Self> {
        let (clock, channels) = (SystemClock::start(), channels.with_prefix(prefix.as_ref()));
        let link = Link::open(&client, &channels, &clock)?;
        let (closing, retry) = (Arc::default(), Retry::default());
        let state = State::Open(Box::new(link));
        Ok(Self { client, prefix, channels, keep_alive, closing, clock, retry, state })
    }

    pub(crate) fn closing(&self) -> Arc<Closing> {
        self.closing.clone()
    }

    pub(crate) fn channels(&self) -> &Channels {
        &self.channels
    }

    /// Returns the next step; `TimedOut` only if there is a timeout.
    pub(crate) fn next(&mut self, timeout: Option<Duration>) -> Result<Step> {
        let end = timeout.map(|timeout| self.clock.elapsed().saturating_add(timeout));
        loop {
            if self.closing.is_closed() {
                self.state = State::Ended;
            }
            let now = self.clock.elapsed();
            let wait = end.map_or(SLICE, |end| end.saturating_sub(now).min(SLICE));
            match &mut self.state {
                State::Ended => return Ok(Step::Ended),
                State::Open(link) => match link.receive(wait, self.keep_alive, &self.clock) {
                    Ok(Some(message)) => {
                        return Ok(Step::Message(without_prefix(message, self.prefix.as_ref())));
                    }
                    Ok(None) => {}
                    Err(_) => self.lose(),
                },
                State::Lost(until) if *until > now => self.closing.wait(wait.min(*until - now)),
                State::Lost(_) => match Link::open(&self.client, &self.channels, &self.clock) {
                    Ok(link) => {
                        self.state = State::Open(Box::new(link));
                        return Ok(Step::Resubscribed);
                    }
                    Err(error) if is_final(&error) => {
                        self.state = State::Ended;
                        return Err(error);
                    }
                    Err(_) => self.try_later(),
                },
            }
            if end.is_some_and(|end| self.clock.elapsed() >= end) && !self.closing.is_closed() {
                return Ok(Step::TimedOut);
            }
        }
    }

    /// Changes the channels, at once if the connection is open.
    ///
    /// # Errors
    ///
    /// The server's refusal, or that the subscription has ended.
    pub(crate) fn change(&mut self, change: Change) -> Result<()> {
        if self.closing.is_closed() || matches!(self.state, State::Ended) {
            return Err(ended());
        }
        let mut channels = self.channels.clone();
        channels.apply(&change.with_prefix(self.prefix.as_ref()));
        if let State::Open(link) = &mut self.state {
            for change in channels.changes_from(&self.channels) {
                match link.apply(&change, &self.clock) {
                    Err(error) if error.is_connection() => {
                        self.lose();
                        break;
                    }
                    applied => applied?,
                }
                self.channels.apply(&change);
            }
        }
        self.channels = channels;
        Ok(())
    }

    /// Closes the connection, to open another.
    fn lose(&mut self) {
        if let State::Open(link) = &self.state {
            self.retry.connection_lost(self.clock.elapsed().saturating_sub(link.opened));
        }
        self.try_later();
    }

    fn try_later(&mut self) {
        let delay = self.retry.next_delay(self.clock.random());
        self.state = State::Lost(self.clock.elapsed().saturating_add(delay));
    }
}

impl Link {
    fn open(client: &Client, channels: &Channels, clock: &SystemClock) -> Result<Self> {
        let con = client.get_connection_with_timeout(PATIENCE)?;
        con.set_write_timeout(Some(PATIENCE))?;
        let (queue, opened) = (VecDeque::new(), clock.elapsed());
        let mut link = Self { con, read_timeout: Duration::ZERO, queue, opened, heard: opened };
        for change in channels.changes_from(&Channels::default()) {
            link.apply(&change, clock)?;
        }
        Ok(link)
    }

    /// Sends a command and reads its confirmations, one for each name.
    fn apply(&mut self, change: &Change, clock: &SystemClock) -> Result<()> {
        let mut cmd = redis_rs::command(change.command());
        for name in &change.names {
            redis_rs::add_argument(&mut cmd, name.as_bytes());
        }
        self.send(&cmd)?;
        for _ in &change.names {
            self.reply(PATIENCE, clock)?;
        }
        Ok(())
    }

    fn send(&mut self, cmd: &Cmd) -> Result<()> {
        Ok(self.con.send_packed_command(&cmd.get_packed_command())?)
    }

    /// Reads a confirmation or a pong, and keeps the messages before it.
    fn reply(&mut self, patience: Duration, clock: &SystemClock) -> Result<()> {
        self.set_read_timeout(patience)?;
        loop {
            let value = self.con.recv_response()?;
            self.heard = clock.elapsed();
            match received(value) {
                Received::Message(message) => self.queue.push_back(message),
                Received::Confirmed | Received::Pong => return Ok(()),
                Received::Refused(error) => return Err(error),
                Received::Other => {}
            }
        }
    }

    /// Returns the next message, or `None` if none arrives within the time.
    fn receive(
        &mut self,
        wait: Duration,
        keep_alive: Duration,
        clock: &SystemClock,
    ) -> Result<Option<RawMessage>> {
        if let Some(message) = self.queue.pop_front() {
            return Ok(Some(message));
        }
        self.set_read_timeout(wait.min(keep_alive))?;
        // Dropping it would unsubscribe. It owns nothing but an empty list.
        let message = ManuallyDrop::new(self.con.as_pubsub()).get_message();
        match message {
            Ok(message) => {
                self.heard = clock.elapsed();
                Ok(Some(message.into()))
            }
            Err(error) if !(error.is_timeout() || is_interrupted(&error)) => Err(error.into()),
            Err(_) if clock.elapsed().saturating_sub(self.heard) < keep_alive => Ok(None),
            Err(_) => {
                self.send(&redis_rs::command("PING"))?;
                self.reply(keep_alive, clock)?;
                Ok(self.queue.pop_front())
            }
        }
    }

    fn set_read_timeout(&mut self, timeout: Duration) -> Result<()> {
        // Zero would be refused, and a system rounds less than a millisecond to it.
        let timeout = timeout.max(Duration::from_millis(1));
        if timeout != self.read_timeout {
            self.con.set_read_timeout(Some(timeout))?;
            self.read_timeout = timeout;
        }
        Ok(())
    }
}

pub(crate) fn without_prefix(message: RawMessage, prefix: Option<&Prefix>) -> RawMessage {
    match prefix {
        None => message,
        Some(prefix) => prefix.strip_message(message),
    }
}

/// Returns the error of a call after the end.
pub(crate) fn ended() -> Error {
    Error::new(ErrorKind::InvalidOperation, "the subscription has ended")
}
