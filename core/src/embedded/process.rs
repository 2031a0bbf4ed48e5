//! The server's process, and a shell that watches over it.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use tempfile::TempDir;

use super::StartError;

/// How long a server may take to answer. It takes 10 ms; a loaded machine, more.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Process {
    watcher: Child,
    server_pid: u32,
    folder: TempDir,
}

impl Process {
    pub(super) fn start(binary: &Path, arguments: &[String]) -> Result<Self, StartError> {
        let folder =
            tempfile::Builder::new().prefix("redis-model-").tempdir().map_err(StartError::Io)?;
        let watcher = Command::new("sh")
            .args(["-c", include_str!("watch.sh"), "watch"])
            .arg(folder.path())
            .arg(binary)
            .args([
                "--port",
                "0",
                "--save",
                "",
                "--appendonly",
                "no",
                "--daemonize",
                "no",
                "--unixsocket",
            ])
            .arg(folder.path().join("s"))
            .arg("--dir")
            .arg(folder.path())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A Ctrl-C in the terminal is for the program: it must not end the
            // watcher before it could clean up.
            .process_group(0)
            .spawn()
            .map_err(StartError::Io)?;
        let mut process = Self { watcher, server_pid: 0, folder };
        process.wait_until_ready()?;
        Ok(process)
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.folder.path().join("s")
    }

    pub(super) fn server_pid(&self) -> u32 {
        self.server_pid
    }

    fn wait_until_ready(&mut self) -> Result<(), StartError> {
        let url = format!("redis+unix://{}", self.socket().display());
        let client =
            redis::Client::open(url).map_err(|error| StartError::NoAnswer(error.to_string()))?;
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Ok(mut con) = client.get_connection()
                && redis::cmd("PING").query::<String>(&mut con).is_ok()
            {
                self.server_pid = self.read_pid().unwrap_or(0);
                return Ok(());
            }
            if self.read_pid().is_some_and(|pid| !is_running(pid)) {
                break;
            }
            thread::sleep(Duration::from_millis(2));
        }
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let tail: Vec<_> = log.lines().rev().take(5).collect();
        Err(StartError::NoAnswer(tail.into_iter().rev().collect::<Vec<_>>().join("\n")))
    }

    fn read_pid(&self) -> Option<u32> {
        fs::read_to_string(self.folder.path().join("pid")).ok()?.trim().parse().ok()
    }
}

/// Whether a child of the watcher still runs. Where there is no `/proc`, the
/// patience decides.
fn is_running(pid: u32) -> bool {
    if !Path::new("/proc/self").exists() {
        return true;
    }
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // A child that ended and was not waited for is a zombie.
    stat.rsplit(')')
        .next()
        .is_some_and(|rest| !rest.is_empty() && !rest.trim_start().starts_with('Z'))
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        // The watcher ends the server and removes the folder.
        let _: io::Result<_> = self.watcher.wait();
    }
}

impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Process")
            .field("pid", &self.server_pid)
            .field("socket", &self.socket())
            .finish()
    }
}
