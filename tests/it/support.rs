//! One server and one cluster for the whole run, and every operation on every kind of
//! connection to them.

#[path = "../runtime.rs"]
mod runtime;

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use redis::aio::MultiplexedConnection;
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::{Client, ConnectionLike, FromRedisValue, RedisResult};
use redis_model::connection::Prefixed;
use redis_model::embedded::{Cluster, Server};
use redis_model::flow::Flow;
use redis_model::{Operation, Result};

use runtime::block_on;
pub(crate) use runtime::runtime;

static SERVER: LazyLock<Server> =
    LazyLock::new(|| Server::named_or_private().unwrap_or_else(|error| panic!("{error}")));
static CLUSTER: LazyLock<Cluster> =
    LazyLock::new(|| Cluster::start().unwrap_or_else(|error| panic!("{error}")));

pub(crate) fn server() -> &'static Server {
    &SERVER
}

pub(crate) fn cluster() -> &'static Cluster {
    &CLUSTER
}

/// Declares types with one key ring each.
macro_rules! keys {
    ($($name:ident: $ring:expr;)*) => {$(
        #[derive(Debug)]
        struct $name;

        impl redis_model::codec::KeyProvider for $name {
            fn ring() -> std::sync::Arc<redis_model::codec::KeyRing> {
                static RING: std::sync::LazyLock<std::sync::Arc<redis_model::codec::KeyRing>> =
                    std::sync::LazyLock::new(|| std::sync::Arc::new($ring));
                RING.clone()
            }
        }
    )*};
}

pub(crate) use keys;

/// Returns an id that no other test uses.
pub(crate) fn fresh() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed) + (u64::from(std::process::id()) << 32)
}

/// The server or the cluster that a test runs on.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Target {
    Server,
    Cluster,
}

#[derive(Clone, Copy)]
enum Protocol {
    Resp2,
    Resp3,
}

impl Target {
    pub(crate) const ALL: [Self; 2] = [Self::Server, Self::Cluster];

    pub(crate) fn async_connection(self) -> AsyncCon {
        self.asynchronous(Protocol::Resp2)
    }

    fn sync(self, protocol: Protocol) -> Box<dyn ConnectionLike + Send> {
        match self {
            Self::Server => Box::new(client(protocol).get_connection().unwrap()),
            Self::Cluster => Box::new(cluster_client(protocol).get_connection().unwrap()),
        }
    }

    fn sync_with_prefix(
        self,
        protocol: Protocol,
        prefix: &str,
    ) -> Box<Prefixed<dyn ConnectionLike + Send>> {
        match self {
            Self::Server => {
                Box::new(Prefixed::new(client(protocol).get_connection().unwrap(), prefix))
            }
            Self::Cluster => {
                Box::new(Prefixed::new(cluster_client(protocol).get_connection().unwrap(), prefix))
            }
        }
    }

    fn asynchronous(self, protocol: Protocol) -> AsyncCon {
        match self {
            Self::Server => {
                let client = client(protocol);
                AsyncCon::Server(block_on(client.get_multiplexed_async_connection()).unwrap())
            }
            Self::Cluster => {
                let client = cluster_client(protocol);
                AsyncCon::Cluster(block_on(client.get_async_connection()).unwrap())
            }
        }
    }
}

fn client(protocol: Protocol) -> Client {
    let url = match protocol {
        Protocol::Resp2 => SERVER.url().to_owned(),
        Protocol::Resp3 => SERVER.url_resp3(),
    };
    Client::open(url).unwrap()
}

fn cluster_client(protocol: Protocol) -> ClusterClient {
    let urls = match protocol {
        Protocol::Resp2 => CLUSTER.urls(),
        Protocol::Resp3 => CLUSTER.urls_resp3(),
    };
    ClusterClient::new(urls).unwrap()
}

/// An async connection to a server or a cluster; its clones share it.
#[derive(Clone)]
pub(crate) enum AsyncCon {
    Server(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl AsyncCon {
    pub(crate) async fn run<O>(&mut self, operation: O) -> Result<O::Output>
    where
        O: Operation + Sync,
        O::Output: Send,
    {
        match self {
            Self::Server(con) => operation.run_async(con).await,
            Self::Cluster(con) => operation.run_async(con).await,
        }
    }

    pub(crate) async fn run_flow<F>(&mut self, flow: &mut F) -> Result<F::Output>
    where
        F: Flow + Send,
        F::Output: Send,
    {
        match self {
            Self::Server(con) => flow.run_async(con).await,
            Self::Cluster(con) => flow.run_async(con).await,
        }
    }
}

/// A connection of one kind.
pub(crate) struct Con {
    pub(crate) target: Target,
    kind: Kind,
    raw: Box<dyn ConnectionLike + Send>,
}

/// The connection and the method that runs operations on it.
enum Kind {
    Run(Box<dyn ConnectionLike + Send>),
    RunAsync(AsyncCon),
    RunOn(ClusterConnection),
    RunPrefixed(Box<Prefixed<dyn ConnectionLike + Send>>),
    RunAsyncPrefixed(Prefixed<MultiplexedConnection>),
    RunAsyncPrefixedCluster(Prefixed<ClusterConnection>),
    RunOnPrefixed(Prefixed<ClusterConnection>),
}

impl Con {
    /// Opens a sync connection to the server.
    pub(crate) fn sync() -> Self {
        Self::sync_to(Target::Server)
    }

    pub(crate) fn sync_to(target: Target) -> Self {
        Self::new(target, Kind::Run(target.sync(Protocol::Resp2)))
    }

    fn new(target: Target, kind: Kind) -> Self {
        Self { target, kind, raw: target.sync(Protocol::Resp2) }
    }

    /// Puts a prefix before the keys of the operations, and not before those of `raw`.
    fn with_prefix(self, protocol: Protocol, prefix: &str) -> Self {
        let kind = match self.kind {
            Kind::Run(_) => Kind::RunPrefixed(self.target.sync_with_prefix(protocol, prefix)),
            Kind::RunAsync(AsyncCon::Server(con)) => {
                Kind::RunAsyncPrefixed(Prefixed::new(con, prefix))
            }
            Kind::RunAsync(AsyncCon::Cluster(con)) => {
                Kind::RunAsyncPrefixedCluster(Prefixed::new(con, prefix))
            }
            Kind::RunOn(con) => Kind::RunOnPrefixed(Prefixed::new(con, prefix)),
            prefixed => prefixed,
        };
        Self { kind, ..self }
    }

    /// Opens a connection of each kind that there is to the target.
    fn of_each_kind(target: Target, protocol: Protocol) -> Vec<Self> {
        let mut kinds =
            vec![Kind::Run(target.sync(protocol)), Kind::RunAsync(target.asynchronous(protocol))];
        if let AsyncCon::Cluster(con) = target.asynchronous(protocol) {
            kinds.push(Kind::RunOn(con));
        }
        kinds.into_iter().map(|kind| Self::new(target, kind)).collect()
    }

    pub(crate) fn run<O>(&mut self, operation: O) -> Result<O::Output>
    where
        O: Operation + Sync,
        O::Output: Send,
    {
        match &mut self.kind {
            Kind::Run(con) => operation.run(&mut **con),
            Kind::RunAsync(con) => block_on(con.run(operation)),
            Kind::RunOn(con) => block_on(operation.run_on(con)),
            Kind::RunPrefixed(con) => operation.run(&mut **con),
            Kind::RunAsyncPrefixed(con) => block_on(operation.run_async(con)),
            Kind::RunAsyncPrefixedCluster(con) => block_on(operation.run_async(con)),
            Kind::RunOnPrefixed(con) => block_on(operation.run_on(con)),
        }
    }

    pub(crate) fn run_flow<F>(&mut self, flow: &mut F) -> Result<F::Output>
    where
        F: Flow + Send,
        F::Output: Send,
    {
        match &mut self.kind {
            Kind::Run(con) => flow.run(&mut **con),
            Kind::RunAsync(con) => block_on(con.run_flow(flow)),
            Kind::RunOn(con) => block_on(flow.run_on(con)),
            Kind::RunPrefixed(con) => flow.run(&mut **con),
            Kind::RunAsyncPrefixed(con) => block_on(flow.run_async(con)),
            Kind::RunAsyncPrefixedCluster(con) => block_on(flow.run_async(con)),
            Kind::RunOnPrefixed(con) => block_on(flow.run_on(con)),
        }
    }

    /// Runs a command as another client would.
    pub(crate) fn raw<T: FromRedisValue>(&mut self, words: &[&str]) -> T {
        self.try_raw(words).unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    pub(crate) fn try_raw<T: FromRedisValue>(&mut self, words: &[&str]) -> RedisResult<T> {
        let mut cmd = redis::cmd(words[0]);
        for word in &words[1..] {
            cmd.arg(word);
        }
        cmd.query(&mut *self.raw)
    }

    /// Returns the connection that `raw` uses.
    pub(crate) fn raw_connection(&mut self) -> &mut dyn ConnectionLike {
        &mut *self.raw
    }

    /// Copies the value of one key to another, also of another slot, as COPY cannot.
    pub(crate) fn copy(&mut self, from: &str, to: &str) {
        let dump: Vec<u8> = redis::cmd("DUMP").arg(from).query(&mut *self.raw).unwrap();
        let mut restore = redis::cmd("RESTORE");
        restore.arg(to).arg(0).arg(dump).arg("REPLACE").exec(&mut *self.raw).unwrap();
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

/// Runs a test on the server and on the cluster, on connections of every kind.
pub(crate) fn everywhere(test: impl Fn(&mut Con)) {
    Target::ALL.into_iter().for_each(|target| on_each_connection(target, &test));
}

/// Runs a test on the server alone, on connections of every kind: the cluster refuses its
/// commands, or it is about a single server.
pub(crate) fn on_one_server(test: impl Fn(&mut Con)) {
    on_each_connection(Target::Server, &test);
}

/// Runs a test on two connections of every kind with different prefixes, which it is given.
pub(crate) fn everywhere_with_prefixes(test: impl Fn([&mut Con; 2], [&str; 2])) {
    for target in Target::ALL {
        for protocol in [Protocol::Resp2, Protocol::Resp3] {
            let kinds = Con::of_each_kind(target, protocol);
            for (one, other) in kinds.into_iter().zip(Con::of_each_kind(target, protocol)) {
                let prefixes = [(); 2].map(|()| format!("t{}[*]:", fresh()));
                let mut one = one.with_prefix(protocol, &prefixes[0]);
                let mut other = other.with_prefix(protocol, &prefixes[1]);
                test([&mut one, &mut other], [&prefixes[0], &prefixes[1]]);
            }
        }
    }
}

/// Runs a test on a sync connection to the server and on one to the cluster.
pub(crate) fn on_sync_connections(test: impl Fn(&mut Con)) {
    Target::ALL.into_iter().for_each(|target| test(&mut Con::sync_to(target)));
}

fn on_each_connection(target: Target, test: &dyn Fn(&mut Con)) {
    for protocol in [Protocol::Resp2, Protocol::Resp3] {
        for mut con in Con::of_each_kind(target, protocol) {
            test(&mut con);
        }
    }
}

/// Returns pairs of text, sorted, to compare a hash with.
pub(crate) fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    let mut pairs: Vec<_> =
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    pairs.sort();
    pairs
}
