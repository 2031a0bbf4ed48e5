//! A sync connection whose write timed out half-way.

use std::time::Duration;

use redis_model::connection::PoisonOnError;
use redis_model::embedded::Server;
use redis_model::{Operation, RedisModel};

#[derive(Debug, RedisModel)]
#[redis(key = "timeout:{id}")]
struct Record {
    id: u64,
    text: String,
}

fn signal(pid: u32, signal: &str) {
    let done = std::process::Command::new("kill").args([signal, &pid.to_string()]).status();
    assert!(done.unwrap().success());
}

/// Sends more than a stopped server accepts, and lets the server continue. The client does not
/// know where the request was cut off, so it cannot trust the next reply.
#[test]
fn a_poisoned_connection_never_answers_with_another_operations_reply() {
    let server = Server::start().unwrap();
    let pid = server.pid().unwrap();
    let con = server.connection().unwrap();
    con.set_write_timeout(Some(Duration::from_millis(50))).unwrap();
    let mut con = PoisonOnError::new(con);
    for id in 0..3 {
        Record { id, text: format!("text {id}") }.save().run(&mut con).unwrap();
    }
    signal(pid, "-STOP");
    // More than a socket's buffer holds, so that the write times out.
    let large = Record { id: 9, text: "x".repeat(8 << 20) };
    let error = (Record::get(0), large.save()).run(&mut con).map(drop).unwrap_err();
    signal(pid, "-CONT");
    assert!(error.is_connection() && error.needs_reconnect(), "{error}");
    assert!(con.is_poisoned() && !redis::ConnectionLike::is_open(&con));
    let error = Record::get(2).run(&mut con).unwrap_err();
    assert!(
        error.is_connection() && error.to_string().contains("open a new connection"),
        "{error}"
    );

    // A new connection works.
    let mut con = PoisonOnError::new(server.connection().unwrap());
    assert_eq!(Record::get(2).run(&mut con).unwrap().unwrap().text, "text 2");
}
