//! The private server: found, started, and gone with the program.

use std::path::Path;
use std::process::Command;
use std::{fs, thread};

use redis_model::embedded::{Server, StartError};

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
fn two_servers_are_apart() {
    let (a, b) = (Server::start().unwrap(), Server::start().unwrap());
    redis::cmd("SET").arg("x").arg(1).exec(&mut a.connection().unwrap()).unwrap();
    let seen: Option<i32> = redis::cmd("GET").arg("x").query(&mut b.connection().unwrap()).unwrap();
    assert_eq!(seen, None);
}

#[test]
fn options_reach_the_server_and_a_wrong_one_is_told() {
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
    // What a `main` that returns it prints.
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
