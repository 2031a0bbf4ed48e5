//! `is_transient`, `needs_reconnect` and the kinds of errors of connections and servers.

use redis_model::embedded::Server;
use redis_model::{ErrorKind, Operation, RedisModel};

#[derive(Debug, RedisModel)]
#[redis(key = "error:{id}")]
struct Record {
    id: u64,
    number: f32,
}

/// Starts a server that answers every command with the same line.
struct Canned(&'static str);

impl redis::ConnectionLike for Canned {
    fn req_packed_command(&mut self, _: &[u8]) -> redis::RedisResult<redis::Value> {
        redis::parse_redis_value(self.0.as_bytes())
    }

    fn req_packed_commands(
        &mut self,
        _: &[u8],
        _: usize,
        count: usize,
    ) -> redis::RedisResult<Vec<redis::Value>> {
        (0..count).map(|_| self.req_packed_command(&[])).collect()
    }

    fn get_db(&self) -> i64 {
        0
    }

    fn check_connection(&mut self) -> bool {
        true
    }

    fn is_open(&self) -> bool {
        true
    }
}

#[test]
fn an_error_reports_if_a_retry_or_a_new_connection_helps() {
    for (line, transient, reconnect) in [
        ("-LOADING Redis is loading the dataset in memory\r\n", true, false),
        ("-BUSY Redis is busy running a script\r\n", true, false),
        ("-MASTERDOWN Link with MASTER is down\r\n", true, false),
        ("-NOREPLICAS Not enough good replicas to write.\r\n", true, false),
        ("-TRYAGAIN Multiple keys request during rehashing of slot\r\n", true, false),
        ("-CLUSTERDOWN The cluster is down\r\n", true, false),
        ("-READONLY You can't write against a read only replica.\r\n", false, true),
        ("-ERR Protocol error: invalid bulk length\r\n", false, true),
        ("-NOAUTH Authentication required.\r\n", false, false),
        ("-WRONGPASS invalid username-password pair\r\n", false, false),
        ("-NOPERM this user has no permissions\r\n", false, false),
        ("-OOM command not allowed\r\n", false, false),
        ("-WRONGTYPE Operation against a key\r\n", false, false),
    ] {
        let error = Record::get(1).run(&mut Canned(line)).unwrap_err();
        assert_eq!(
            (error.is_transient(), error.needs_reconnect()),
            (transient, reconnect),
            "{error}"
        );
        let code = line[1..].split(' ').next();
        assert_eq!(error.code(), code, "{error}");
    }
}

#[test]
fn refused_credentials_are_a_server_error_with_a_code() {
    let server = Server::start().unwrap();
    redis::cmd("CONFIG")
        .arg(&["SET", "requirepass", "right"])
        .exec(&mut server.connection().unwrap())
        .unwrap();
    let wrong = format!("{}?pass=wrong", server.url());
    // A client connects when it is first used.
    let mut client = redis::Client::open(wrong).unwrap();
    let error = Record::get(1).run(&mut client).unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Server, Some("WRONGPASS")), "{error}");
    let error = Record::get(1).run(&mut server.client().unwrap()).unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Server, Some("NOAUTH")), "{error}");
}
