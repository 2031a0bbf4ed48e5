//! Subscribers of each kind, behind one type.

use std::thread;
use std::time::{Duration, Instant};

use redis::Client;
use redis_model::Result;
use redis_model::codec::Codec;
use redis_model::structures::{AsyncSubscriber, Event, Subscriber, SubscriberHandle, Subscription};

use crate::support::{Con, runtime, server};

/// The longest time until something happens. It takes milliseconds; on a loaded machine, more.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Sync,
    SyncResp3,
    Async,
    AsyncResp3,
}

pub(super) enum AnySubscriber<T, C> {
    Sync(Box<Subscriber<T, C>>),
    Async(AsyncSubscriber<T, C>),
}

pub(super) fn on_each_kind(test: impl Fn(Kind)) {
    Kind::ALL.into_iter().for_each(test);
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Sync, Self::SyncResp3, Self::Async, Self::AsyncResp3];

    /// Opens a subscription on the common server.
    pub(super) fn open<T, C: Codec<T>>(self, to: &Subscription<T, C>) -> AnySubscriber<T, C> {
        self.open_on(&self.client(server().url()), to)
    }

    pub(super) fn client(self, url: &str) -> Client {
        let resp3 = matches!(self, Self::SyncResp3 | Self::AsyncResp3);
        let separator = if url.contains('?') { '&' } else { '?' };
        let protocol = if resp3 { "resp3" } else { "resp2" };
        Client::open(format!("{url}{separator}protocol={protocol}")).unwrap()
    }

    pub(super) fn open_on<T, C: Codec<T>>(
        self,
        client: &Client,
        to: &Subscription<T, C>,
    ) -> AnySubscriber<T, C> {
        self.try_open(client, to).unwrap()
    }

    pub(super) fn try_open<T, C: Codec<T>>(
        self,
        client: &Client,
        to: &Subscription<T, C>,
    ) -> Result<AnySubscriber<T, C>> {
        match self {
            Self::Sync | Self::SyncResp3 => {
                to.subscribe(client).map(Box::new).map(AnySubscriber::Sync)
            }
            Self::Async | Self::AsyncResp3 => {
                runtime().block_on(to.subscribe_async(client)).map(AnySubscriber::Async)
            }
        }
    }
}

impl<T, C: Codec<T>> AnySubscriber<T, C> {
    /// Returns the next event, which has to come.
    pub(super) fn event(&mut self) -> Result<Event<T>> {
        self.event_within(PATIENCE).map(|event| event.expect("an event in time"))
    }

    pub(super) fn event_within(&mut self, time: Duration) -> Result<Option<Event<T>>> {
        match self {
            Self::Sync(subscriber) => subscriber.next_timeout(time),
            Self::Async(subscriber) => runtime().block_on(async {
                match tokio::time::timeout(time, subscriber.next()).await {
                    Ok(event) => event.expect("the stream has ended").map(Some),
                    Err(_) => Ok(None),
                }
            }),
        }
    }

    pub(super) fn next(&mut self) -> Option<Result<Event<T>>> {
        match self {
            Self::Sync(subscriber) => subscriber.next(),
            Self::Async(subscriber) => runtime().block_on(subscriber.next()),
        }
    }

    pub(super) fn handle(&self) -> SubscriberHandle {
        match self {
            Self::Sync(subscriber) => subscriber.handle(),
            Self::Async(subscriber) => subscriber.handle(),
        }
    }

    pub(super) fn subscribe(&mut self, channel: &str) -> Result<()> {
        match self {
            Self::Sync(subscriber) => subscriber.subscribe([channel]),
            Self::Async(subscriber) => runtime().block_on(subscriber.subscribe([channel])),
        }
    }

    pub(super) fn unsubscribe(&mut self, channel: &str) -> Result<()> {
        match self {
            Self::Sync(subscriber) => subscriber.unsubscribe([channel]),
            Self::Async(subscriber) => runtime().block_on(subscriber.unsubscribe([channel])),
        }
    }

    pub(super) fn subscribe_patterns(&mut self, pattern: &str) -> Result<()> {
        match self {
            Self::Sync(subscriber) => subscriber.subscribe_patterns([pattern]),
            Self::Async(subscriber) => runtime().block_on(subscriber.subscribe_patterns([pattern])),
        }
    }

    pub(super) fn unsubscribe_patterns(&mut self, pattern: &str) -> Result<()> {
        match self {
            Self::Sync(subscriber) => subscriber.unsubscribe_patterns([pattern]),
            Self::Async(subscriber) => {
                runtime().block_on(subscriber.unsubscribe_patterns([pattern]))
            }
        }
    }
}

pub(super) fn message<T>(channel: &str, value: T) -> Event<T> {
    Event::Message { channel: channel.to_owned(), pattern: None, value }
}

/// Returns the number of clients that are subscribed to a channel of the common server.
pub(super) fn num_sub(channel: &str) -> u64 {
    let (_, number): (String, u64) = Con::sync().raw(&["PUBSUB", "NUMSUB", channel]);
    number
}

pub(super) fn num_pat() -> u64 {
    Con::sync().raw(&["PUBSUB", "NUMPAT"])
}

pub(super) fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "not in time: {what}");
        thread::yield_now();
    }
}
