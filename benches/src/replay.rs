//! A connection that answers without a server, so that only the client is measured.
//!
//! It first records what a real server replies. Then it packs each command as redis-rs does,
//! sends nothing, and returns a copy of the reply that was made before the measurement.

use std::hint::black_box;

use redis::{Cmd, Connection, ConnectionLike, RedisResult, Value};

pub struct Replay {
    server: Connection,
    mode: Mode,
    /// The exchanges with the server, in order.
    recorded: Vec<Exchange>,
    /// The replies to come, the next one last.
    prepared: Vec<Reply>,
}

#[derive(PartialEq)]
enum Mode {
    Record,
    Replay,
}

#[derive(Clone)]
pub struct Exchange {
    /// The bytes as they were sent.
    pub packed: Vec<u8>,
    reply: Reply,
}

#[derive(Clone)]
enum Reply {
    One(Value),
    Many(Vec<Value>),
}

impl Replay {
    pub fn new(server: Connection) -> Self {
        Self { server, mode: Mode::Record, recorded: Vec::new(), prepared: Vec::new() }
    }

    /// Returns the server, to prepare its data.
    pub fn server(&mut self) -> &mut Connection {
        &mut self.server
    }

    /// Runs the work on the server and records it.
    pub fn record(&mut self, mut work: impl FnMut(&mut Self)) -> Vec<Exchange> {
        self.mode = Mode::Record;
        self.recorded.clear();
        work(self);
        self.recorded.clone()
    }

    /// Prepares the recorded replies for so many runs.
    pub fn prepare(&mut self, runs: usize) {
        self.mode = Mode::Replay;
        let backwards = || self.recorded.iter().rev().map(|it| it.reply.clone());
        self.prepared = (0..runs).flat_map(|_| backwards()).collect();
    }

    fn exchange(
        &mut self,
        packed: &[u8],
        real: impl FnOnce(&mut Connection) -> RedisResult<Reply>,
    ) -> RedisResult<Reply> {
        if self.mode == Mode::Replay {
            black_box(packed);
            return Ok(self.prepared.pop().expect("one reply for each command"));
        }
        let reply = real(&mut self.server)?;
        self.recorded.push(Exchange { packed: packed.to_vec(), reply: reply.clone() });
        Ok(reply)
    }
}

impl ConnectionLike for Replay {
    fn req_command(&mut self, cmd: &Cmd) -> RedisResult<Value> {
        self.req_packed_command(&cmd.get_packed_command())
    }

    fn req_packed_command(&mut self, packed: &[u8]) -> RedisResult<Value> {
        match self.exchange(packed, |con| con.req_packed_command(packed).map(Reply::One))? {
            Reply::One(value) => Ok(value),
            Reply::Many(_) => unreachable!("recorded for a pipeline"),
        }
    }

    fn req_packed_commands(
        &mut self,
        packed: &[u8],
        offset: usize,
        count: usize,
    ) -> RedisResult<Vec<Value>> {
        let real =
            |con: &mut Connection| con.req_packed_commands(packed, offset, count).map(Reply::Many);
        match self.exchange(packed, real)? {
            Reply::Many(values) => Ok(values),
            Reply::One(_) => unreachable!("recorded for a single command"),
        }
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

/// Returns the arguments of the commands in packed bytes, one list for each command.
pub fn commands(packed: &[u8]) -> Vec<Vec<Vec<u8>>> {
    fn number(rest: &mut &[u8], mark: u8) -> usize {
        let end = rest.iter().position(|&byte| byte == b'\n').expect("a whole line");
        let (line, tail) = rest.split_at(end + 1);
        assert_eq!(line[0], mark, "a packed command");
        *rest = tail;
        std::str::from_utf8(&line[1..end - 1]).unwrap().parse().unwrap()
    }
    let (mut rest, mut commands) = (packed, Vec::new());
    while !rest.is_empty() {
        let mut command = Vec::new();
        for _ in 0..number(&mut rest, b'*') {
            let length = number(&mut rest, b'$');
            command.push(rest[..length].to_vec());
            rest = &rest[length + 2..];
        }
        commands.push(command);
    }
    commands
}
