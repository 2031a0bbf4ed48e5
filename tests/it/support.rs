//! One server for the whole run, and every operation on every kind of connection.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use redis::FromRedisValue;
use redis::aio::MultiplexedConnection;
use redis_model::embedded::Server;
use redis_model::flow::Flow;
use redis_model::{Operation, Result};
use tokio::runtime::Runtime;

static SERVER: LazyLock<Server> =
    LazyLock::new(|| Server::named_or_private().unwrap_or_else(|error| panic!("{error}")));
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

pub(crate) fn server() -> &'static Server {
    &SERVER
}

pub(crate) fn runtime() -> &'static Runtime {
    &RUNTIME
}

/// An id that no other test uses.
pub(crate) fn fresh() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed) + (u64::from(std::process::id()) << 32)
}

/// A connection of one kind; `run` is `run` or `run_async`.
pub(crate) struct Con {
    kind: Kind,
    raw: redis::Connection,
}

enum Kind {
    Sync(Box<redis::Connection>),
    Async(MultiplexedConnection),
}

impl Con {
    pub(crate) fn sync() -> Self {
        Self::open(&server().client().unwrap(), false)
    }

    fn open(client: &redis::Client, is_async: bool) -> Self {
        let kind = if is_async {
            Kind::Async(runtime().block_on(client.get_multiplexed_async_connection()).unwrap())
        } else {
            Kind::Sync(Box::new(client.get_connection().unwrap()))
        };
        Self { kind, raw: server().connection().unwrap() }
    }

    pub(crate) fn run<O>(&mut self, operation: O) -> Result<O::Output>
    where
        O: Operation + Sync,
        O::Output: Send,
    {
        match &mut self.kind {
            Kind::Sync(con) => operation.run(con),
            Kind::Async(con) => runtime().block_on(operation.run_async(con)),
        }
    }

    pub(crate) fn run_flow<F>(&mut self, flow: &mut F) -> Result<F::Output>
    where
        F: Flow + Send,
        F::Output: Send,
    {
        match &mut self.kind {
            Kind::Sync(con) => flow.run(con),
            Kind::Async(con) => runtime().block_on(flow.run_async(con)),
        }
    }

    /// Runs a command as another client would.
    pub(crate) fn raw<T: FromRedisValue>(&mut self, words: &[&str]) -> T {
        self.try_raw(words).unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    pub(crate) fn try_raw<T: FromRedisValue>(&mut self, words: &[&str]) -> redis::RedisResult<T> {
        let mut cmd = redis::cmd(words[0]);
        for word in &words[1..] {
            cmd.arg(word);
        }
        cmd.query(&mut self.raw)
    }

    /// Returns a hash as other clients see it, sorted by field, as lossy text.
    pub(crate) fn hash(&mut self, key: &str) -> Vec<(String, String)> {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let pairs: Vec<(Vec<u8>, Vec<u8>)> = self.raw(&["HGETALL", key]);
        let mut pairs: Vec<_> =
            pairs.into_iter().map(|(name, value)| (text(name), text(value))).collect();
        pairs.sort();
        pairs
    }
}

/// Runs a test sync and async, on RESP2 and RESP3.
pub(crate) fn everywhere(test: impl Fn(&mut Con)) {
    for url in [server().url().to_owned(), server().url_resp3()] {
        let client = redis::Client::open(url).unwrap();
        for is_async in [false, true] {
            test(&mut Con::open(&client, is_async));
        }
    }
}

/// Pairs of text, to compare a hash with.
pub(crate) fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    let mut pairs: Vec<_> =
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    pairs.sort();
    pairs
}
