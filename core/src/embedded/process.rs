//! The server's process, and the shell that ends it.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use tempfile::TempDir;

use super::StartError;

/// The longest time until a server answers. It takes 10 ms; on a loaded machine, more.
const TIMEOUT: Duration = Duration::from_secs(20);

pub(super) struct Process {
    // Dropped first: the watcher ends the server before the folder is removed.
    watcher: Watcher,
    server_pid: u32,
    folder: TempDir,
}

impl Process {
    pub(super) fn start(binary: &Path, arguments: &[String]) -> Result<Self, StartError> {
        let folder = private_folder()?;
        let mut watcher = Watcher::start(folder.path(), binary, arguments)?;
        let server_pid = watcher.server_pid()?;
        let mut process = Self { watcher, server_pid, folder };
        process.wait_until_ready()?;
        Ok(process)
    }

    /// Returns the URL of the server's socket.
    pub(super) fn url(&self) -> String {
        socket_url(&socket_in(self.folder.path()))
    }

    pub(super) fn server_pid(&self) -> u32 {
        self.server_pid
    }

    fn wait_until_ready(&mut self) -> Result<(), StartError> {
        let client = redis::Client::open(self.url())
            .map_err(|error| StartError::NoAnswer(error.to_string()))?;
        let start = Instant::now();
        while let Err(error) = ping(&client) {
            if !is_running(self.server_pid) {
                return Err(self.failure(None));
            }
            if start.elapsed() > TIMEOUT {
                return Err(self.failure(Some(error)));
            }
            thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    /// Returns why the server does not answer: no room for its files, or what
    /// its log, the shell and the client report.
    fn failure(&mut self, of_client: Option<redis::RedisError>) -> StartError {
        let folder = self.folder.path();
        if let Err(error) = fs::write(folder.join("room"), "?") {
            return StartError::Folder(folder.to_owned(), error);
        }
        let log = fs::read(folder.join("log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let tail: Vec<_> = log.lines().rev().take(5).collect();
        let mut lines: Vec<_> = tail.into_iter().rev().map(str::to_owned).collect();
        lines.extend(self.watcher.end().lines().map(str::to_owned));
        lines.extend(of_client.map(|error| error.to_string()));
        StartError::NoAnswer(lines.join("\n"))
    }
}

fn ping(client: &redis::Client) -> redis::RedisResult<()> {
    match redis::cmd("PING").exec(&mut client.get_connection()?) {
        // A server that wants a password is ready.
        Err(error) if error.code() == Some("NOAUTH") => Ok(()),
        answer => answer,
    }
}

/// Creates the folder of one server, whose socket has a path that the system accepts.
fn private_folder() -> Result<TempDir, StartError> {
    let parent = env::temp_dir();
    let failed = |error| StartError::Folder(parent.clone(), error);
    // A `..` in the path would depend on symbolic links, and URLs have none.
    let resolved = fs::canonicalize(&parent).map_err(failed)?;
    let folder =
        tempfile::Builder::new().prefix("redis-model-").tempdir_in(resolved).map_err(failed)?;
    SocketAddr::from_pathname(socket_in(folder.path())).map_err(failed)?;
    Ok(folder)
}

fn socket_in(folder: &Path) -> PathBuf {
    folder.join("s")
}

/// Returns the URL of a unix socket, with all bytes but a few escaped, because a path may
/// contain any.
fn socket_url(socket: &Path) -> String {
    let mut url = String::from("redis+unix://");
    for &byte in socket.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte) {
            url.push(byte.into());
        } else {
            let _ = write!(url, "%{byte:02X}");
        }
    }
    url
}

/// The shell that ends the server when its standard input ends.
struct Watcher(Child);

impl Watcher {
    fn start(folder: &Path, binary: &Path, arguments: &[String]) -> Result<Self, StartError> {
        let socket = socket_in(folder);
        let options = ["--port", "0", "--save", "", "--appendonly", "no", "--daemonize", "no"];
        let files = [OsStr::new("--unixsocket"), socket.as_ref(), OsStr::new("--dir")];
        let child = Command::new("sh")
            .args(["-c", include_str!("watch.sh"), "watch"])
            .arg(folder)
            .arg(binary)
            .args(options)
            .args(files)
            .arg(folder)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A Ctrl-C in the terminal must not end the watcher before it has removed the
            // folder.
            .process_group(0)
            .spawn();
        child.map(Self).map_err(StartError::Io)
    }

    /// Reads the server's process id, which the shell prints. A file could not
    /// hold the id if the disk is full.
    fn server_pid(&mut self) -> Result<u32, StartError> {
        let mut line = String::new();
        if let Some(stdout) = self.0.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).map_err(StartError::Io)?;
        }
        let pid = line.trim().parse().ok().filter(|pid| *pid > 0);
        pid.ok_or_else(|| StartError::NoAnswer(self.end()))
    }

    /// Ends the server and the shell, which removes the folder, and returns the shell's
    /// errors.
    fn end(&mut self) -> String {
        drop(self.0.stdin.take());
        let mut errors = Vec::new();
        if let Some(mut stderr) = self.0.stderr.take() {
            let _: io::Result<_> = stderr.read_to_end(&mut errors);
        }
        let _: io::Result<_> = self.0.wait();
        String::from_utf8_lossy(&errors).into_owned()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.end();
    }
}

/// Returns `true` if a child of the watcher still runs, or if the system has no `/proc`.
fn is_running(pid: u32) -> bool {
    if !Path::new("/proc/self").exists() {
        return true;
    }
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // A child that ended is a zombie until its parent waits for it.
    stat.rsplit(')')
        .next()
        .is_some_and(|rest| !rest.is_empty() && !rest.trim_start().starts_with('Z'))
}

impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Process").field("pid", &self.server_pid).field("url", &self.url()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_connects_to_the_path_that_the_url_was_made_of() {
        for path in ["/tmp/x/s", "/a b/s", "/100%/s", "/%41/s", "/a#b?c=d&e/s", "/\u{e9}\n\"'\\/s"]
        {
            for bytes in [path.as_bytes().to_vec(), [b"/\xff".as_slice(), path.as_bytes()].concat()]
            {
                let path = Path::new(OsStr::from_bytes(&bytes));
                let client = redis::Client::open(socket_url(path)).unwrap();
                let expected = redis::ConnectionAddr::Unix(path.to_owned());
                assert_eq!(*client.get_connection_info().addr(), expected);
            }
        }
    }
}
