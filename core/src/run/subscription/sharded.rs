//! The connection of a subscription to sharded channels of a cluster.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_timer::Delay;
use redis::ProtocolVersion;
use redis::aio::SendError;
use redis::cluster::ClusterClientBuilder;
use redis::cluster_async::ClusterConnection;

use crate::error::{Error, Result};
use crate::flow::Clock;
use crate::op::Prefix;
use crate::redis_rs::push::{ShardedPush, sharded_push};
use crate::run::SystemClock;
use crate::run::subscription::{Step, without_prefix};
use crate::structures::{Retry, is_final};

/// The pushes that arrived and were not read yet.
#[derive(Default)]
struct Inbox {
    pushes: VecDeque<ShardedPush>,
    waker: Option<Waker>,
}

type Resubscribe = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// The subscription to some channels, which it renews when the connection to one of their
/// nodes is lost or their slot moves.
pub(crate) struct ShardedDriver {
    con: ClusterConnection,
    prefix: Option<Prefix>,
    /// The channels with the prefix.
    channels: Arc<[String]>,
    inbox: Arc<Mutex<Inbox>>,
    resubscribe: Option<Resubscribe>,
    ended: bool,
}

impl ShardedDriver {
    /// Connects and subscribes.
    pub(crate) async fn open(
        builder: ClusterClientBuilder,
        prefix: Option<Prefix>,
        mut channels: Vec<String>,
    ) -> Result<Self> {
        if let Some(prefix) = &prefix {
            channels.iter_mut().for_each(|channel| *channel = prefix.key(channel));
        }
        let inbox = Arc::new(Mutex::new(Inbox::default()));
        let sender = inbox.clone();
        let client = builder
            .use_protocol(ProtocolVersion::RESP3)
            .push_sender(move |push| {
                if let Some(push) = sharded_push(push) {
                    let waker = {
                        let mut inbox = lock(&sender);
                        inbox.pushes.push_back(push);
                        inbox.waker.take()
                    };
                    waker.into_iter().for_each(Waker::wake);
                }
                Ok::<(), SendError>(())
            })
            .build()?;
        let mut con = client.get_async_connection().await?;
        for channel in &channels {
            con.ssubscribe(channel).await?;
        }
        let (resubscribe, ended) = (None, false);
        Ok(Self { con, prefix, channels: channels.into(), inbox, resubscribe, ended })
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.ended
    }

    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Step>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if let Some(resubscribe) = &mut self.resubscribe
            && let Poll::Ready(done) = resubscribe.as_mut().poll(context)
        {
            self.resubscribe = None;
            self.ended = done.is_err();
            return Poll::Ready(Some(done.map(|()| Step::Resubscribed)));
        }
        loop {
            let push = {
                let mut inbox = lock(&self.inbox);
                inbox.waker = Some(context.waker().clone());
                inbox.pushes.pop_front()
            };
            match push {
                None => return Poll::Pending,
                Some(ShardedPush::Message(message)) => {
                    let message = without_prefix(message, self.prefix.as_ref());
                    return Poll::Ready(Some(Ok(Step::Message(message))));
                }
                Some(ShardedPush::Lost) if self.resubscribe.is_none() => {
                    let (con, channels) = (self.con.clone(), self.channels.clone());
                    self.resubscribe = Some(Box::pin(resubscribe(con, channels)));
                    return self.poll_next(context);
                }
                Some(ShardedPush::Lost) => {}
            }
        }
    }
}

/// Subscribes again to all channels, after ever longer delays.
async fn resubscribe(mut con: ClusterConnection, channels: Arc<[String]>) -> Result<()> {
    let (mut retry, clock) = (Retry::default(), SystemClock::start());
    loop {
        let mut refused = None;
        for channel in channels.iter() {
            refused = con.ssubscribe(channel).await.map_err(Error::from).err();
            if refused.is_some() {
                break;
            }
        }
        match refused {
            None => return Ok(()),
            Some(error) if is_final(&error) => {
                return Err(error);
            }
            Some(_) => Delay::new(retry.next_delay(clock.random())).await,
        }
    }
}

fn lock(inbox: &Mutex<Inbox>) -> std::sync::MutexGuard<'_, Inbox> {
    inbox.lock().unwrap_or_else(PoisonError::into_inner)
}
