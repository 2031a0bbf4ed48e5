//! A primary with two replicas, and three sentinels that watch over them.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use redis::sentinel::{SentinelClient, SentinelServerType};
use redis_model::embedded::{BINARY_VARIABLE, Server};
use tempfile::TempDir;

/// The name under which the sentinels know the primary.
const NAME: &str = "main";
const REPLICAS: usize = 2;
const SENTINELS: usize = 3;

/// The longest time for any step. It takes seconds; on a loaded machine, more.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

pub(crate) struct Deployment {
    /// The primary first.
    servers: Vec<Node<Server>>,
    sentinels: Vec<Node<Sentinel>>,
}

struct Node<T> {
    process: T,
    port: u16,
}

/// A sentinel, which ends with the value or with the program.
struct Sentinel {
    watcher: Child,
    _folder: TempDir,
}

impl Deployment {
    pub(crate) fn start() -> Self {
        let mut servers = vec![start_server(None)];
        let primary = servers[0].port;
        servers.extend((0..REPLICAS).map(|_| start_server(Some(primary))));
        for replica in &servers[1..] {
            // A sentinel learns of replicas from the primary, so they have to be linked.
            until("a replica's link", || info(replica.port).contains("master_link_status:up"));
        }
        let sentinels: Vec<_> = (0..SENTINELS).map(|_| start_sentinel(primary)).collect();
        for sentinel in &sentinels {
            until("the sentinels know all", || {
                info(sentinel.port).contains("status=ok")
                    && info(sentinel.port)
                        .contains(&format!("slaves={REPLICAS},sentinels={SENTINELS}"))
            });
        }
        Self { servers, sentinels }
    }

    /// A client that asks the sentinels for the primary each time it connects.
    pub(crate) fn client(&self) -> SentinelClient {
        let urls = self.sentinels.iter().map(|sentinel| url(sentinel.port)).collect();
        SentinelClient::build(urls, NAME.to_owned(), None, SentinelServerType::Master).unwrap()
    }

    /// Ends the primary without a word.
    pub(crate) fn kill_primary(&self) {
        let pid = self.servers[0].process.pid().unwrap().to_string();
        assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
    }

    pub(crate) fn has_failed_over(&self) -> bool {
        let old = format!("address=127.0.0.1:{}", self.servers[0].port);
        self.sentinels.iter().all(|sentinel| {
            let info = info(sentinel.port);
            info.contains("status=ok") && !info.contains(&old)
        })
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        // The watcher ends the sentinel when its standard input ends.
        drop(self.watcher.stdin.take());
        let _: std::io::Result<_> = self.watcher.wait();
    }
}

fn start_server(primary: Option<u16>) -> Node<Server> {
    let port = free_port();
    let mut options = Server::options();
    let text = port.to_string();
    for word in ["--port", &*text, "--bind", "127.0.0.1", "--repl-diskless-sync-delay", "0"] {
        options = options.argument(word);
    }
    if let Some(primary) = primary {
        options = options.argument("--replicaof").argument(format!("127.0.0.1 {primary}"));
    }
    Node { process: options.start().unwrap_or_else(|error| panic!("{error}")), port }
}

fn start_sentinel(primary: u16) -> Node<Sentinel> {
    let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
    let config = folder.path().join("sentinel.conf");
    let text = format!(
        "port {port}\nbind 127.0.0.1\ndir {}\nsentinel monitor {NAME} 127.0.0.1 {primary} 2\n\
         sentinel down-after-milliseconds {NAME} 500\nsentinel failover-timeout {NAME} 4000\n",
        folder.path().display()
    );
    fs::write(&config, text).unwrap();
    let named = env::var(BINARY_VARIABLE).ok().filter(|named| !named.is_empty());
    let watcher = Command::new("sh")
        .args(["-c", include_str!("../../core/src/embedded/watch.sh"), "watch"])
        .arg(folder.path())
        .arg(named.as_deref().unwrap_or("redis-server"))
        .arg(&config)
        .arg("--sentinel")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap();
    let node = Node { process: Sentinel { watcher, _folder: folder }, port };
    until("a sentinel's answer", || connect(port).is_some());
    node
}

/// A port below those that systems give to outgoing connections, so that it is
/// still free when the server takes it.
fn free_port() -> u16 {
    use std::hash::{BuildHasher, RandomState};
    let random = |at: u16| 22_000 + (RandomState::new().hash_one(at) % 10_000) as u16;
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    (0..).map(random).find(is_free).unwrap()
}

fn url(port: u16) -> String {
    format!("redis://127.0.0.1:{port}")
}

fn connect(port: u16) -> Option<redis::Connection> {
    redis::Client::open(url(port)).unwrap().get_connection().ok()
}

/// INFO of a server or a sentinel.
fn info(port: u16) -> String {
    let con = connect(port);
    con.and_then(|mut con| redis::cmd("INFO").query(&mut con).ok()).unwrap_or_default()
}

pub(crate) fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "not in time: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
