//! A private cluster: three primaries with a replica each.

use std::hash::{BuildHasher, RandomState};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use super::{Options, Server, StartError};

/// A cluster of six servers, private to this program: three primaries, each
/// with a replica.
///
/// Its nodes listen on free ports of the loopback interface, write nothing to
/// disk but the cluster's own configuration, in folders of their own, and end
/// with the last clone of this value, or with the program. It takes about two
/// seconds to start.
///
/// ```
/// use redis_model::embedded::Cluster;
///
/// let cluster = Cluster::start()?;
/// assert_eq!(cluster.nodes().len(), 6);
/// let mut con = cluster.nodes()[0].connection()?;
/// let info: String = redis::cmd("CLUSTER").arg("INFO").query(&mut con)?;
/// assert!(info.contains("cluster_state:ok"));
/// // A client of the whole cluster: `redis::cluster::ClusterClient::new(cluster.urls())?`
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Cluster {
    nodes: Vec<Server>,
}

const PRIMARIES: usize = 3;
const NODES: usize = 2 * PRIMARIES;
const SLOTS: usize = 16384;

/// The longest time until the nodes agree. They take two seconds; on a loaded machine, more.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Another program may take a port after it was found to be free and before a node listens
/// on it. Then another port is tried, so many times.
const ATTEMPTS: usize = 20;

impl Cluster {
    /// Starts a cluster of the servers that [`Server::start`] would start.
    ///
    /// # Errors
    ///
    /// [`StartError`] lists the reasons.
    pub fn start() -> Result<Self, StartError> {
        Options::default().start_cluster()
    }

    /// Returns the URLs of all nodes for RESP2.
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(|node| node.url().to_owned()).collect()
    }

    /// Returns the URLs of all nodes for RESP3.
    pub fn urls_resp3(&self) -> Vec<String> {
        self.nodes.iter().map(Server::url_resp3).collect()
    }

    /// Returns the nodes: first three primaries, then the replica of each.
    pub fn nodes(&self) -> &[Server] {
        &self.nodes
    }
}

impl Options {
    /// Starts a [`Cluster`] of such servers and waits until it is ready.
    ///
    /// # Errors
    ///
    /// [`StartError`] lists the reasons.
    pub fn start_cluster(self) -> Result<Cluster, StartError> {
        let mut nodes = Vec::with_capacity(NODES);
        while nodes.len() < NODES {
            nodes.push(self.start_node()?);
        }
        let cluster = Cluster { nodes };
        cluster.join().map_err(not_ready)?;
        Ok(cluster)
    }

    fn start_node(&self) -> Result<Server, StartError> {
        let mut failed = StartError::NoAnswer("no free pair of ports on 127.0.0.1".into());
        for _ in 0..ATTEMPTS {
            let Some(port) = free_port() else { continue };
            let text = port.to_string();
            let started = [
                ("--port", &*text),
                ("--bind", "127.0.0.1"),
                ("--cluster-enabled", "yes"),
                ("--cluster-config-file", "nodes.conf"),
                ("--cluster-node-timeout", "2000"),
                ("--repl-diskless-sync-delay", "0"),
            ]
            .into_iter()
            .fold(self.clone(), |options, (name, value)| options.argument(name).argument(value))
            .start();
            match started {
                Ok(server) => {
                    let url = format!("redis://127.0.0.1:{port}");
                    return Ok(Server { url, ..server });
                }
                Err(StartError::NoAnswer(log)) => failed = StartError::NoAnswer(log),
                Err(error) => return Err(error),
            }
        }
        Err(failed)
    }
}

/// Returns a free port with a free port for the cluster's bus, which is 10000 above it.
/// Both are below the ports that systems give to outgoing connections.
fn free_port() -> Option<u16> {
    let random = RandomState::new().hash_one(Instant::now());
    let port = 12_000 + u16::try_from(random % 10_000).ok()?;
    let free = |port| TcpListener::bind(("127.0.0.1", port)).ok();
    free(port).zip(free(port + 10_000)).map(|_| port)
}

fn not_ready(error: redis::RedisError) -> StartError {
    StartError::NoAnswer(format!("the cluster's nodes do not agree: {error}"))
}

impl Cluster {
    fn join(&self) -> redis::RedisResult<()> {
        let mut cons = self.nodes.iter().map(Server::connection).collect::<Result<Vec<_>, _>>()?;
        let ports: Vec<u16> = self.nodes.iter().map(port_of).collect();
        let mut ids: Vec<String> = Vec::with_capacity(NODES);
        for (at, con) in cons.iter_mut().enumerate() {
            cluster(&["SET-CONFIG-EPOCH", &(at + 1).to_string()]).exec(con)?;
            ids.push(cluster(&["MYID"]).query(con)?);
            if at < PRIMARIES {
                let slots = SLOTS * at / PRIMARIES..SLOTS * (at + 1) / PRIMARIES;
                cluster(&["ADDSLOTS"]).arg(slots.collect::<Vec<_>>()).exec(con)?;
            }
            // Each node meets all others, which is faster than waiting for gossip.
            for port in &ports[..at] {
                cluster(&["MEET", "127.0.0.1", &port.to_string()]).exec(con)?;
            }
        }
        let deadline = Instant::now() + TIMEOUT;
        for (at, con) in cons.iter_mut().enumerate() {
            until(deadline, || knows_all(con))?;
            if let Some(primary) = at.checked_sub(PRIMARIES) {
                until(deadline, || Ok(cluster(&["REPLICATE", &ids[primary]]).exec(con).is_ok()))?;
            }
        }
        for con in &mut cons {
            until(deadline, || is_ready(con))?;
        }
        Ok(())
    }
}

fn cluster(words: &[&str]) -> redis::Cmd {
    let mut cmd = redis::cmd("CLUSTER");
    cmd.arg(words);
    cmd
}

fn port_of(node: &Server) -> u16 {
    node.url().rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or(0)
}

fn knows_all(con: &mut redis::Connection) -> redis::RedisResult<bool> {
    let nodes: String = cluster(&["NODES"]).query(con)?;
    Ok(nodes.lines().count() == NODES && !nodes.contains("handshake") && !nodes.contains("noaddr"))
}

/// Returns `true` if a node knows all slots and replicas and is linked.
fn is_ready(con: &mut redis::Connection) -> redis::RedisResult<bool> {
    let info: String = cluster(&["INFO"]).query(con)?;
    let nodes: String = cluster(&["NODES"]).query(con)?;
    let replication: String = redis::cmd("INFO").arg("replication").query(con)?;
    let replicas = nodes.lines().filter(|node| node.contains("slave")).count();
    let linked = replication.contains("role:master") && replication.contains("state=online")
        || replication.contains("master_link_status:up");
    Ok(info.contains("cluster_state:ok") && replicas == NODES - PRIMARIES && linked)
}

fn until(
    deadline: Instant,
    mut done: impl FnMut() -> redis::RedisResult<bool>,
) -> redis::RedisResult<()> {
    while !done()? {
        if Instant::now() > deadline {
            return Err((redis::ErrorKind::Client, "not in time").into());
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
