//! Each operation reads as many replies as it sends commands, for any replies.

use proptest::prelude::*;
use redis::Value;
use redis_model::op::{BoxedOperation, Replies, Request};
use redis_model::{Operation, Result, atomic, batch};

use crate::mock::Mock;
use crate::{operations, structures};

/// Returns `true` if the mark reads its own reply, which fails if an operation before it reads
/// too many or too few.
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

fn all() -> Vec<(&'static str, BoxedOperation<'static, ()>)> {
    operations::all().into_iter().chain(structures::all()).collect()
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

/// Returns some of all operations, each between two marks.
fn marked(which: &[usize]) -> Vec<([Vec<BoxedOperation<'static, ()>>; 1], Mark)> {
    let mut all: Vec<_> = all().into_iter().map(|(_, operation)| Some(operation)).collect();
    let mut take = |which: &usize| {
        let at = which % all.len();
        let next = (at..all.len()).chain(0..at).find(|at| all[*at].is_some()).unwrap();
        all[next].take().unwrap()
    };
    which.iter().enumerate().map(|(at, which)| ([vec![take(which)]], Mark(at))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn replies_read_equal_commands_sent(
        which in proptest::collection::vec(any::<usize>(), 1..12),
        answers in proptest::collection::vec(answer(), 1..6),
        in_step in any::<bool>(),
        in_tuple in any::<bool>(),
    ) {
        let mut con = Mock { answers, next: 0 };
        // In a batch and in a tuple each operation decodes, also after one that failed.
        let marked = marked(&which);
        if in_tuple {
            let nested = (batch(marked), (Some(Mark(99)), None::<Mark>));
            let (results, (mark, none)) = if in_step { atomic(nested).run(&mut con) } else { nested.run(&mut con) }.unwrap();
            prop_assert!(mark == Some(true) && none.is_none());
            prop_assert!(results.into_iter().all(|result| result.unwrap().1));
        } else {
            let marked = batch(marked);
            let results = if in_step { atomic(marked).run(&mut con) } else { marked.run(&mut con) };
            prop_assert!(results.unwrap().into_iter().all(|result| result.unwrap().1));
        }
    }
}

/// Each operation alone, where a script is called by its digest.
#[test]
fn each_operation_alone_ends_for_any_reply() {
    for answer in [
        Value::Nil,
        Value::Okay,
        Value::Int(7),
        Value::Array(vec![]),
        Value::BulkString(vec![0xff]),
    ] {
        for (words, operation) in all() {
            let mut con = Mock { answers: vec![answer.clone()], next: 0 };
            let _ = operation.run(&mut con);
            let (_, mark) = (vec![operation], Mark(3)).run(&mut con).unwrap();
            assert!(mark, "{words}");
        }
    }
}

/// A connection with an open MULTI answers every command with `QUEUED`.
#[test]
fn no_operation_takes_a_queued_command_for_an_executed_one() {
    for (words, operation) in all() {
        let mut con = Mock { answers: vec![Value::SimpleString("QUEUED".into())], next: 0 };
        let sends = operation.explain().map_or(0, |plan| plan.commands().len());
        // The output of a list contains its errors, and a step sends its own EXEC.
        if sends == 0 || words.contains("many") || words.contains("batch") || words.contains("vec!")
        {
            continue;
        }
        let error = operation.run(&mut con).expect_err(words);
        assert!(error.to_string().contains("open MULTI"), "{words}: {error}");
    }
}
