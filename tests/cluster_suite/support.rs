//! The items of `tests/it/support.rs`, for a cluster in place of a server.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use redis::cluster::{ClusterClient, ClusterConnection};
use redis::cluster_async::ClusterConnection as AsyncClusterConnection;
use redis::{FromRedisValue, RedisResult};
use redis_model::embedded::Cluster;
use redis_model::flow::Flow;
use redis_model::{Operation, Result};
use tokio::runtime::Runtime;

static CLUSTER: LazyLock<Cluster> =
    LazyLock::new(|| Cluster::start().unwrap_or_else(|error| panic!("{error}")));
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// The cluster, as far as it is like a server.
pub(crate) struct Server;

/// Its client, with the names of a single server's.
pub(crate) struct Client(ClusterClient);

pub(crate) fn server() -> Server {
    Server
}

impl Server {
    pub(crate) fn client(&self) -> RedisResult<Client> {
        ClusterClient::new(CLUSTER.urls()).map(Client)
    }

    pub(crate) fn connection(&self) -> RedisResult<ClusterConnection> {
        ClusterClient::new(CLUSTER.urls())?.get_connection()
    }
}

impl Client {
    pub(crate) async fn get_multiplexed_async_connection(
        &self,
    ) -> RedisResult<AsyncClusterConnection> {
        self.0.get_async_connection().await
    }
}

pub(crate) fn runtime() -> &'static Runtime {
    &RUNTIME
}

/// An id that no other test uses.
pub(crate) fn fresh() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed) + (u64::from(std::process::id()) << 32)
}

/// A connection of one kind.
pub(crate) struct Con {
    kind: Kind,
    raw: ClusterConnection,
}

enum Kind {
    Sync(Box<ClusterConnection>),
    Async(AsyncClusterConnection),
    SideBySide(AsyncClusterConnection),
}

impl Con {
    pub(crate) fn sync() -> Self {
        let con = || Server.connection().unwrap();
        Self { kind: Kind::Sync(Box::new(con())), raw: con() }
    }

    fn all(urls: Vec<String>) -> [Self; 3] {
        let client = ClusterClient::new(urls).unwrap();
        let open = || runtime().block_on(client.get_async_connection()).unwrap();
        let kinds = [
            Kind::Sync(Box::new(client.get_connection().unwrap())),
            Kind::Async(open()),
            Kind::SideBySide(open()),
        ];
        kinds.map(|kind| Self { kind, raw: Server.connection().unwrap() })
    }

    pub(crate) fn run<O>(&mut self, operation: O) -> Result<O::Output>
    where
        O: Operation + Sync,
        O::Output: Send,
    {
        match &mut self.kind {
            Kind::Sync(con) => operation.run(&mut **con),
            Kind::Async(con) => runtime().block_on(operation.run_async(con)),
            Kind::SideBySide(con) => runtime().block_on(operation.run_on(con)),
        }
    }

    pub(crate) fn run_flow<F>(&mut self, flow: &mut F) -> Result<F::Output>
    where
        F: Flow + Send,
        F::Output: Send,
    {
        match &mut self.kind {
            Kind::Sync(con) => flow.run(&mut **con),
            Kind::Async(con) => runtime().block_on(flow.run_async(con)),
            Kind::SideBySide(con) => runtime().block_on(flow.run_on(con)),
        }
    }

    /// Runs a command as another client would.
    pub(crate) fn raw<T: FromRedisValue>(&mut self, words: &[&str]) -> T {
        self.try_raw(words).unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    pub(crate) fn try_raw<T: FromRedisValue>(&mut self, words: &[&str]) -> RedisResult<T> {
        // COPY takes keys of one slot only.
        if let ["COPY", from, to, ..] = words {
            let dump: Vec<u8> = redis::cmd("DUMP").arg(from).query(&mut self.raw)?;
            let mut restore = redis::cmd("RESTORE");
            return restore.arg(to).arg(0).arg(dump).arg("REPLACE").query(&mut self.raw);
        }
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

/// Runs a test on every kind of connection, on RESP2 and RESP3.
pub(crate) fn everywhere(test: impl Fn(&mut Con)) {
    for urls in [CLUSTER.urls(), CLUSTER.urls_resp3()] {
        for mut con in Con::all(urls) {
            test(&mut con);
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
