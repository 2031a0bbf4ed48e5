//! A private server for tests, doctests, examples and benchmarks.
//!
//! It is a real server, because no crate that imitates Redis answers exactly as Redis does.
//! It listens on a unix socket in a folder of its own, writes nothing to disk and ends
//! with the [`Server`] value, or with the program, even one that is killed. The folder
//! is in the system's temporary folder, which `TMPDIR` names.
//!
//! ```
//! use redis_model::embedded::Server;
//!
//! let server = Server::start()?;
//! let mut con = server.connection()?;
//! redis::cmd("SET").arg("greeting").arg("hello").exec(&mut con)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cluster;
mod process;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::{env, io};

pub use cluster::Cluster;
use process::Process;

/// The environment variable with the server binary to use instead of the one on `PATH`.
pub const BINARY_VARIABLE: &str = "REDIS_MODEL_SERVER";

/// The environment variable with the URL of a running server to use instead of a private
/// one.
pub const URL_VARIABLE: &str = "REDIS_URL";

/// A server, private to this program.
#[derive(Debug, Clone)]
pub struct Server {
    url: String,
    process: Option<Arc<Process>>,
}

/// Options for a [`Server`] or a [`Cluster`].
#[derive(Debug, Clone, Default)]
pub struct Options {
    binary: Option<PathBuf>,
    arguments: Vec<String>,
}

/// The error of starting a server.
#[non_exhaustive]
pub enum StartError {
    /// Neither `redis-server` nor `valkey-server` is installed.
    NoBinary,
    /// The binary could not be started.
    Io(io::Error),
    /// The temporary folder (`TMPDIR`) cannot hold the server's files: it does
    /// not exist, is not writable, is full, or its path is too long for a unix socket.
    Folder(PathBuf, io::Error),
    /// The server was started but did not answer. This is the end of its log.
    NoAnswer(String),
}

impl Server {
    /// Starts a private server with the binary that `REDIS_MODEL_SERVER`
    /// names or, without it, with `redis-server` or `valkey-server` from `PATH`.
    ///
    /// # Errors
    ///
    /// [`StartError`] lists the reasons.
    pub fn start() -> Result<Self, StartError> {
        Options::default().start()
    }

    /// Returns the server that `REDIS_URL` names or, without it, starts a private one.
    ///
    /// The data on a named server is not flushed.
    ///
    /// # Errors
    ///
    /// [`StartError`] lists the reasons why a private one cannot be started.
    pub fn named_or_private() -> Result<Self, StartError> {
        match env::var(URL_VARIABLE) {
            Ok(url) if !url.is_empty() => Ok(Self { url, process: None }),
            _ => Self::start(),
        }
    }

    /// Returns the options of a private server, to change and [`start`](Options::start).
    pub fn options() -> Options {
        Options::default()
    }

    /// Returns the URL to connect to with RESP2.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the URL to connect to with RESP3.
    pub fn url_resp3(&self) -> String {
        let separator = if self.url.contains('?') { '&' } else { '?' };
        format!("{}{separator}protocol=resp3", self.url)
    }

    /// Returns a client of this server.
    ///
    /// # Errors
    ///
    /// Redis-rs' error, if it does not accept the URL that `REDIS_URL` names.
    pub fn client(&self) -> redis::RedisResult<redis::Client> {
        redis::Client::open(self.url())
    }

    /// Opens a sync connection to this server.
    ///
    /// # Errors
    ///
    /// Redis-rs' error, if the server cannot be reached.
    pub fn connection(&self) -> redis::RedisResult<redis::Connection> {
        self.client()?.get_connection()
    }

    /// Returns the server's process id if it is a private one, for tests that
    /// stop or kill it. The id is never 0.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(|process| process.server_pid())
    }
}

impl Options {
    /// Uses this server binary.
    pub fn binary(mut self, path: impl Into<PathBuf>) -> Self {
        self.binary = Some(path.into());
        self
    }

    /// Adds a command-line argument: `.argument("--maxmemory").argument("10mb")`.
    ///
    /// With `--requirepass` a client needs the password: connect to
    /// `format!("{}?pass=secret", server.url())`.
    pub fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Starts the server and waits until it answers.
    ///
    /// # Errors
    ///
    /// [`StartError`] lists the reasons.
    pub fn start(self) -> Result<Server, StartError> {
        let binary = self.binary.or_else(find_binary).ok_or(StartError::NoBinary)?;
        let process = Process::start(&binary, &self.arguments)?;
        Ok(Server { url: process.url(), process: Some(Arc::new(process)) })
    }
}

fn find_binary() -> Option<PathBuf> {
    if let Some(named) = env::var_os(BINARY_VARIABLE).filter(|named| !named.is_empty()) {
        return Some(named.into());
    }
    let path = env::var_os("PATH")?;
    let folders: Vec<_> = env::split_paths(&path).collect();
    let candidates = ["redis-server", "valkey-server"]
        .map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.into_iter().flatten().find(|candidate| candidate.is_file())
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBinary => f.write_str(
                "no redis-server or valkey-server found: install one (Debian, Ubuntu: `apt-get install redis-server`; \
                 Fedora: `dnf install valkey`; Alpine: `apk add redis`; Arch: `pacman -S valkey`; \
                 macOS: `brew install redis`), or name its binary in REDIS_MODEL_SERVER, \
                 or a running server in REDIS_URL",
            ),
            Self::Io(error) => write!(f, "the server could not be started: {error}"),
            Self::Folder(folder, error) => write!(
                f,
                "the server's files cannot be in {folder:?}: {error}; name another temporary folder in TMPDIR",
            ),
            Self::NoAnswer(log) => write!(f, "the server was started but does not answer; the end of its log:\n{log}"),
        }
    }
}

/// Writes the text of `Display`, which a `main` that returns this error then prints.
impl fmt::Debug for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) | Self::Folder(_, error) => Some(error),
            Self::NoBinary | Self::NoAnswer(_) => None,
        }
    }
}
