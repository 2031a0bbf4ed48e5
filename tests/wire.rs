//! What operations send, without a server: each reads as many replies as it
//! sends commands, whatever the replies are.

use std::time::Duration;

use proptest::prelude::*;
use redis::{RedisResult, Value};
use redis_model::{
    BoxedOperation, Json, Operation, RedisModel, Replies, Request, Result, atomic, batch,
};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    name: Option<String>,
    visits: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize, RedisModel)]
#[redis(key = "blob:{id}", blob = Json, ttl = "1h")]
struct Blob {
    id: u64,
    text: String,
}

/// Answers a marker with itself, and anything else with what it was given.
struct Mock {
    answers: Vec<Value>,
    next: usize,
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
fn commands(mut packed: &[u8]) -> Vec<Vec<Vec<u8>>> {
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

/// Whether its reply is its own: not, if one before it read too many or too few.
struct Mark(usize);

impl Operation for Mark {
    type Output = bool;

    fn encode(&self, request: &mut Request) -> Result<()> {
        request.command("MARK", 1, 20).int(self.0);
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<bool> {
        Ok(replies.next()?.into_bytes()? == Some(self.0.to_string().into_bytes()))
    }
}

fn unit<'a, O: Operation + Send + Sync + 'a>(operation: O) -> BoxedOperation<'a, ()> {
    operation.map(drop).boxed()
}

const HOUR: Duration = Duration::from_secs(3600);
const OPERATIONS: usize = 22;

fn operation<'a>(which: usize, user: &'a User, blob: &'a Blob) -> BoxedOperation<'a, ()> {
    let f = User::FIELDS;
    match which {
        0 => unit(user.save()),
        1 => unit(user.create()),
        2 => unit(User::get(1)),
        3 => unit(User::get(1).refresh(HOUR)),
        4 => unit(User::take(1)),
        5 => unit(User::delete(1)),
        6 => unit(User::exists(1)),
        7 => unit(User::ttl(1)),
        8 => unit(User::expire(1, HOUR)),
        9 => unit(User::persist(1)),
        10 => unit(User::select(1, (f.name, f.visits))),
        11 => unit(User::update(1).incr(f.visits, 1).returning(f.visits)),
        12 => unit(User::update(1).or_create().incr(f.visits, 1)),
        13 => unit(User::get_many([1, 2, 3])),
        14 => unit(User::save_many([user, user])),
        15 => unit(User::delete_many([1, 2])),
        16 => unit(blob.save()),
        17 => unit(Blob::get(1)),
        18 => unit(Blob::take(1)),
        19 => unit(atomic((User::get(1), [User::exists(1), User::exists(2)], User::delete(2)))),
        20 => unit((Some(User::get(1)), None::<redis_model::Get<User>>)),
        _ => unit(vec![atomic((User::get(1), Blob::get(1))), atomic((User::get(2), Blob::get(2)))]),
    }
}

fn answer() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Nil),
        Just(Value::Okay),
        any::<i64>().prop_map(Value::Int),
        any::<Vec<u8>>().prop_map(Value::BulkString),
    ];
    let array = proptest::collection::vec(leaf.clone(), 0..4).prop_map(Value::Array);
    prop_oneof![leaf, array]
}

proptest! {
    #[test]
    fn replies_read_equal_commands_sent(
        which in proptest::collection::vec(0..OPERATIONS, 1..8),
        answers in proptest::collection::vec(answer(), 1..6),
        in_step in any::<bool>(),
    ) {
        let user = User { id: 1, name: None, visits: 1 };
        let blob = Blob { id: 1, text: "t".into() };
        let mut con = Mock { answers, next: 0 };
        // As a batch each decodes, also behind one that failed; as a tuple too.
        let marked = which.iter().enumerate().map(|(at, which)| {
            (vec![operation(*which, &user, &blob)], Mark(at), vec![operation(*which, &user, &blob)], Mark(at))
        });
        let marked = batch(marked.collect::<Vec<_>>());
        let results = if in_step { atomic(marked).run(&mut con) } else { marked.run(&mut con) };
        for result in results.unwrap() {
            let (_, first, _, second) = result.unwrap();
            prop_assert!(first && second);
        }
    }
}

#[test]
fn an_atomic_step_is_between_multi_and_exec() {
    let steps = (User::get(1), atomic((User::exists(2), atomic((User::ttl(3), User::exists(4))))));
    let expected =
        "HMGET user:1 name visits\nMULTI\nEXISTS user:2\nPTTL user:3\nEXISTS user:4\nEXEC";
    assert_eq!(steps.explain().unwrap().to_string(), expected);
    assert_eq!(atomic(User::exists(2)).explain().unwrap().to_string(), "EXISTS user:2");
}
