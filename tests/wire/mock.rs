//! A connection with given answers, and a server for the operations that need a record that
//! was read.

use redis::{RedisResult, Value};
use redis_model::embedded::Server;
use redis_model::{Draft, Operation, RedisModel};
use std::sync::{LazyLock, Mutex, PoisonError};

static SERVER: LazyLock<Server> =
    LazyLock::new(|| Server::start().unwrap_or_else(|error| panic!("{error}")));

pub(crate) fn server() -> &'static Server {
    &SERVER
}

/// A draft of a record, read from the server and then changed.
pub(crate) fn draft<M: RedisModel>(record: &M, change: impl FnOnce(&mut M)) -> Draft<M> {
    // Tests run at the same time, and all drafts of a record have one key.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut con = server().connection().unwrap();
    let id = || M::parse_key(&record.redis_key()).unwrap();
    M::delete_many(Some(id())).run(&mut con).unwrap().remove(0).unwrap();
    record.save().run(&mut con).unwrap();
    let mut draft = M::edit(id()).run(&mut con).unwrap().unwrap();
    change(&mut draft);
    draft
}

/// Answers a marker with itself, and every other command with the given reply.
pub(crate) struct Mock {
    pub(crate) answers: Vec<Value>,
    pub(crate) next: usize,
}

impl Mock {
    fn answer(&mut self, words: &[Vec<u8>]) -> Value {
        if words[0] == b"MARK" {
            return Value::BulkString(words[1].clone());
        }
        self.next += 1;
        self.answers[self.next % self.answers.len()].clone()
    }
}

impl redis::ConnectionLike for Mock {
    fn req_packed_command(&mut self, packed: &[u8]) -> RedisResult<Value> {
        Ok(self.req_packed_commands(packed, 0, 1)?.remove(0))
    }

    fn req_packed_commands(
        &mut self,
        packed: &[u8],
        _: usize,
        _: usize,
    ) -> RedisResult<Vec<Value>> {
        let (mut answers, mut step): (Vec<Value>, Option<Vec<Value>>) = (Vec::new(), None);
        for words in commands(packed) {
            let answer = match (&*words[0], &mut step) {
                (b"MULTI", _) => {
                    step = Some(Vec::new());
                    Value::Okay
                }
                (b"EXEC", _) => Value::Array(step.take().unwrap()),
                (_, Some(step)) => {
                    step.push(self.answer(&words));
                    Value::SimpleString("QUEUED".into())
                }
                (_, None) => self.answer(&words),
            };
            answers.push(answer);
        }
        Ok(answers)
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

/// `*2\r\n$3\r\nGET\r\n$1\r\nx\r\n` as words.
pub(crate) fn commands(mut packed: &[u8]) -> Vec<Vec<Vec<u8>>> {
    fn number(packed: &mut &[u8]) -> usize {
        let end = packed.iter().position(|byte| *byte == b'\r').unwrap();
        let number = std::str::from_utf8(&packed[1..end]).unwrap().parse().unwrap();
        *packed = &packed[end + 2..];
        number
    }
    let mut commands = Vec::new();
    while !packed.is_empty() {
        let mut words = Vec::new();
        for _ in 0..number(&mut packed) {
            let length = number(&mut packed);
            words.push(packed[..length].to_vec());
            packed = &packed[length + 2..];
        }
        commands.push(words);
    }
    commands
}
