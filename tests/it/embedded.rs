//! The private server: how it is found, started, and ended with the program.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;
use std::{fs, thread};

use redis_model::embedded::{Cluster, Server, StartError};

fn is_running(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')')
        .next()
        .is_some_and(|rest| !rest.is_empty() && !rest.trim_start().starts_with('Z'))
}

#[test]
fn it_ends_and_leaves_nothing_behind_when_dropped() {
    let server = Server::start().unwrap();
    let pid = server.pid().unwrap();
    let socket = server.url().trim_start_matches("redis+unix://").to_owned();
    assert!(is_running(pid) && Path::new(&socket).exists());
    let second = server.clone();
    drop(server);
    assert!(is_running(pid), "a clone still uses it");
    drop(second);
    assert!(!is_running(pid));
    assert!(!Path::new(&socket).parent().unwrap().exists());
}

#[test]
fn two_servers_share_no_data() {
    let (a, b) = (Server::start().unwrap(), Server::start().unwrap());
    redis::cmd("SET").arg("x").arg(1).exec(&mut a.connection().unwrap()).unwrap();
    let seen: Option<i32> = redis::cmd("GET").arg("x").query(&mut b.connection().unwrap()).unwrap();
    assert_eq!(seen, None);
}

#[test]
fn options_reach_the_server_and_a_wrong_one_is_reported() {
    let server = Server::options().argument("--maxmemory").argument("12mb").start().unwrap();
    let set: Vec<String> = redis::cmd("CONFIG")
        .arg("GET")
        .arg("maxmemory")
        .query(&mut server.connection().unwrap())
        .unwrap();
    assert_eq!(set, ["maxmemory", "12582912"]);
    let error = Server::options().argument("--no-such-option").argument("1").start().unwrap_err();
    assert!(
        matches!(&error, StartError::NoAnswer(log) if log.contains("no-such-option")),
        "{error}"
    );
}

#[test]
fn without_a_binary_the_error_says_what_to_install() {
    let error = Server::options().binary("/nonexistent/redis-server").start().unwrap_err();
    assert!(matches!(error, StartError::NoAnswer(_) | StartError::Io(_)), "{error}");
    let text = StartError::NoBinary.to_string();
    assert!(text.contains("apt-get install redis-server") && text.contains("REDIS_URL"));
    // A `main` that returns the error prints this.
    assert_eq!(format!("{:?}", StartError::NoBinary), text);
}

/// Run by the next test as a program of its own, which it then kills.
#[test]
#[ignore = "only as a program that is killed"]
fn a_program_that_is_killed() {
    let server = Server::start().unwrap();
    println!("pid={} url={}", server.pid().unwrap(), server.url());
    fs::write(std::env::var("REPORT").unwrap(), server.pid().unwrap().to_string()).unwrap();
    loop {
        thread::park();
    }
}

#[test]
fn it_ends_when_the_program_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("pid");
    let mut program = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "embedded::a_program_that_is_killed"])
        .env("REPORT", &report)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let pid = loop {
        match fs::read_to_string(&report).ok().and_then(|pid| pid.parse().ok()) {
            Some(pid) => break pid,
            None => thread::yield_now(),
        }
    };
    assert!(is_running(pid));
    program.kill().unwrap();
    program.wait().unwrap();
    let start = std::time::Instant::now();
    while is_running(pid) {
        assert!(start.elapsed().as_secs() < 30, "the server outlived its program");
        thread::yield_now();
    }
}

/// Run by the next tests as a program of its own, with another temporary folder.
#[test]
#[ignore = "only as a program of its own"]
fn a_program_that_starts_a_server() {
    let report = match Server::start() {
        Ok(server) => {
            let resp3 = redis::Client::open(server.url_resp3()).unwrap();
            redis::cmd("PING").exec(&mut resp3.get_connection().unwrap()).unwrap();
            let info: String =
                redis::cmd("INFO").arg("server").query(&mut server.connection().unwrap()).unwrap();
            let line = format!("process_id:{}", server.pid().unwrap());
            assert!(info.lines().any(|it| it == line), "{line}: {info}");
            "started".to_owned()
        }
        Err(error) => error.to_string(),
    };
    println!("report: {report:?}");
}

/// Run by the next test, with a temporary folder of an odd name.
#[test]
#[ignore = "only as a program of its own"]
fn a_program_that_starts_a_cluster() {
    let cluster = Cluster::start().unwrap();
    assert!(cluster.nodes().iter().all(|node| node.pid().is_some_and(is_running)));
    println!("report: {:?}", "started");
}

/// Returns the report of a program with this temporary folder, in which the program leaves
/// nothing.
fn report_of(test: &str, shell: &str, temporary: &Path) -> String {
    let output = Command::new("sh")
        .args(["-c", &format!("{shell} exec \"$@\""), "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", test])
        .env("TMPDIR", temporary)
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    if temporary.is_dir() {
        let left: Vec<_> = fs::read_dir(temporary).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }
    let report = stdout.lines().find_map(|line| Some(line.split_once("report: ")?.1.to_owned()));
    report.unwrap_or_else(|| panic!("{stdout}{}", String::from_utf8_lossy(&output.stderr)))
}

const START: &str = "embedded::a_program_that_starts_a_server";

#[test]
fn it_starts_in_a_temporary_folder_of_any_name() {
    let folder = tempfile::tempdir().unwrap();
    let names: [&[u8]; 9] = [
        b"a b",
        b"100%",
        b"%41",
        b"a#b",
        b"a?b=c&d",
        b"it's \"\\",
        b"\xff",
        "日本".as_bytes(),
        b"-x",
    ];
    for name in names {
        let temporary = folder.path().join(OsStr::from_bytes(name));
        fs::create_dir(&temporary).unwrap();
        assert_eq!(report_of(START, "", &temporary), "\"started\"", "{temporary:?}");
    }
    let (real, link) = (folder.path().join("real/sub"), folder.path().join("link"));
    fs::create_dir_all(&real).unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    assert_eq!(report_of(START, "", &link.join("../sub")), "\"started\"");
    assert_eq!(report_of(START, "cd \"$TMPDIR\"; TMPDIR=.;", &real), "\"started\"");
    let odd = folder.path().join("100%#?");
    fs::create_dir(&odd).unwrap();
    let cluster = "embedded::a_program_that_starts_a_cluster";
    assert_eq!(report_of(cluster, "", &odd), "\"started\"");
}

#[test]
fn a_process_id_is_that_of_the_server_also_on_a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    // Writes to files fail, as on a full disk, without a signal that ends the process.
    let full = "ulimit -f 0; trap '' XFSZ;";
    assert_eq!(report_of(START, full, folder.path()), "\"started\"");
}

#[test]
fn a_temporary_folder_that_cannot_hold_the_servers_files_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (missing, file) = (folder.path().join("missing"), folder.path().join("file"));
    let long = folder.path().join("x".repeat(100));
    fs::write(&file, "").unwrap();
    fs::create_dir(&long).unwrap();
    for temporary in [missing, file, long] {
        let report = report_of(START, "", &temporary);
        let name = temporary.file_name().unwrap().to_str().unwrap();
        assert!(report.contains(name) && report.contains("TMPDIR"), "{report}");
    }
}

#[test]
fn a_full_disk_and_a_wrong_option_are_different_errors() {
    let folder = tempfile::tempdir().unwrap();
    let options = "REDIS_MODEL_SERVER=/nonexistent/server; export REDIS_MODEL_SERVER;";
    let report = report_of(START, options, folder.path());
    assert!(report.contains("/nonexistent/server") && !report.contains("TMPDIR"), "{report}");
    let report = report_of(START, &format!("ulimit -f 0; trap '' XFSZ; {options}"), folder.path());
    assert!(report.contains("TMPDIR"), "{report}");
}

#[test]
fn a_server_with_a_password_is_ready_when_it_requires_it() {
    let options = Server::options().argument("--requirepass").argument("secret");
    let server = options.start().unwrap();
    let client = redis::Client::open(format!("{}?pass=secret", server.url())).unwrap();
    redis::cmd("PING").exec(&mut client.get_connection().unwrap()).unwrap();
}
