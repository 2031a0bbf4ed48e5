//! Replies with more or fewer values than fields were asked for.

use redis::Value;
use redis_model::{Operation, RedisModel};

use crate::mock::Mock;
use crate::models::{Full, Login, User};

#[test]
fn a_reply_of_another_length_is_never_read_as_no_record() {
    let text = || Value::BulkString(b"1".to_vec());
    for answer in [
        Value::Array(vec![]),
        Value::Array(vec![Value::Nil]),
        Value::Array(vec![Value::Nil; 40]),
        Value::Array(vec![text()]),
        Value::Array(vec![text(); 40]),
    ] {
        let con = &mut Mock { answers: vec![answer], next: 0 };
        assert!(User::get(1).run(con).is_err());
        assert!(User::take(1).run(con).is_err());
        assert!(User::edit(1).run(con).is_err());
        assert!(Full::get(("acme", 7)).run(con).is_err());
        assert!(Login::select(1, Login::FIELDS.code).run(con).is_err());
    }
}
