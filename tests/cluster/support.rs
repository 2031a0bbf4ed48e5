//! One cluster for the tests that do not change it, and others for those that do.

#[path = "../runtime.rs"]
mod runtime;

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use redis::cluster::{ClusterClient, ClusterConnection};
use redis::cluster_async::ClusterConnection as AsyncClusterConnection;
use redis_model::embedded::Cluster;
use redis_model::flow::Flow;
use redis_model::{Operation, Result};

use runtime::block_on;
pub(crate) use runtime::runtime;

static CLUSTER: LazyLock<Cluster> =
    LazyLock::new(|| Cluster::start().unwrap_or_else(|error| panic!("{error}")));

pub(crate) fn cluster() -> &'static Cluster {
    &CLUSTER
}

/// Returns an id that no other test uses.
pub(crate) fn fresh() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A connection to the whole cluster, of one kind.
pub(crate) enum Con {
    Sync(Box<ClusterConnection>),
    Async(AsyncClusterConnection),
    SideBySide(AsyncClusterConnection),
    /// An async one whose type does not show that it is a cluster's.
    Unknown(Box<dyn redis::aio::ConnectionLike + Send>),
}

impl Con {
    pub(crate) fn all(urls: Vec<String>) -> [Self; 4] {
        let client = ClusterClient::new(urls).unwrap();
        let open = || block_on(client.get_async_connection()).unwrap();
        [
            Self::Sync(Box::new(client.get_connection().unwrap())),
            Self::Async(open()),
            Self::SideBySide(open()),
            Self::Unknown(Box::new(open())),
        ]
    }

    pub(crate) fn run<O>(&mut self, operation: O) -> Result<O::Output>
    where
        O: Operation + Sync,
        O::Output: Send,
    {
        match self {
            Self::Sync(con) => operation.run(con),
            Self::Async(con) => block_on(operation.run_async(con)),
            Self::SideBySide(con) => block_on(operation.run_on(con)),
            Self::Unknown(con) => block_on(operation.run_async(&mut **con)),
        }
    }

    pub(crate) fn run_flow<F>(&mut self, flow: &mut F) -> Result<F::Output>
    where
        F: Flow + Send,
        F::Output: Send,
    {
        match self {
            Self::Sync(con) => flow.run(con),
            Self::Async(con) => block_on(flow.run_async(con)),
            Self::SideBySide(con) => block_on(flow.run_on(con)),
            Self::Unknown(con) => block_on(flow.run_async(&mut **con)),
        }
    }

    /// Replaces a sync connection after an error, as a pool does: redis-rs' keeps asking a
    /// node that is gone.
    pub(crate) fn reopen(&mut self, urls: &[String]) {
        if let Self::Sync(con) = self
            && let Ok(new) = ClusterClient::new(urls.to_vec()).unwrap().get_connection()
        {
            **con = new;
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sync(_) => "sync",
            Self::Async(_) => "async",
            Self::SideBySide(_) => "side by side",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// Runs a test on every kind of connection, on RESP2 and RESP3.
pub(crate) fn everywhere(test: impl Fn(&mut Con)) {
    for urls in [cluster().urls(), cluster().urls_resp3()] {
        for mut con in Con::all(urls) {
            test(&mut con);
        }
    }
}

/// Runs a command on a node itself.
pub(crate) fn on_node<T: redis::FromRedisValue>(
    cluster: &Cluster,
    node: usize,
    words: &[&str],
) -> T {
    let mut con = cluster.nodes()[node].connection().unwrap();
    redis::cmd(words[0])
        .arg(&words[1..])
        .query(&mut con)
        .unwrap_or_else(|error| panic!("{words:?}: {error}"))
}
