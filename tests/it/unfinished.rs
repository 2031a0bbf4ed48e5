//! A user's operation that ignores the error of an operation inside it.

use redis_model::op::{Replies, Request};
use redis_model::{Operation, RedisModel, Result, batch};

use crate::support::{fresh, on_one_server};

#[derive(RedisModel)]
#[redis(key = "unfinished:{id}")]
struct Number {
    id: u64,
    name: String,
    x: f64,
}

struct Careless<O>(O);

impl<O: Operation> Operation for Careless<O> {
    type Output = ();

    fn encode(&self, request: &mut Request) -> Result<()> {
        let _ = self.0.encode(request);
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<()> {
        replies.next().map(drop)
    }
}

#[test]
fn a_partially_encoded_command_is_not_sent() {
    on_one_server(|con| {
        let number = Number { id: fresh(), name: "n".into(), x: f64::NAN };
        let careless = || Careless(number.save());
        let half_written = |error: redis_model::Error| {
            assert!(error.to_string().contains("half-written"), "{error}");
        };
        half_written(con.run(careless()).unwrap_err());
        half_written(con.run((Number::exists(1), careless())).unwrap_err());
        half_written(con.run(batch([careless()])).unwrap().remove(0).unwrap_err());
        half_written(careless().explain().unwrap_err());
        assert!(!con.run(Number::exists(number.id)).unwrap());
    });
}
