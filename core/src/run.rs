//! The only IO of the crate: an operation on a connection, sync and async.

use redis::ConnectionLike;

use crate::error::Result;
use crate::op::{Exchange, Operation, Request, ToSend};

pub(crate) fn run<O, C>(operation: &O, con: &mut C) -> Result<O::Output>
where
    O: Operation + ?Sized,
    C: ConnectionLike + ?Sized,
{
    let mut exchange = Exchange::new(encode(operation)?, con.supports_pipelining());
    while let Some(send) = exchange.next() {
        match send {
            ToSend::One(cmd) => {
                let returned = con.req_command(cmd);
                exchange.received(returned)?;
            }
            ToSend::Many(pipeline) => {
                let packed = pipeline.get_packed_pipeline();
                let returned = con.req_packed_commands(&packed, 0, pipeline.len());
                exchange.received_many(returned)?;
            }
        }
    }
    operation.decode(&mut exchange.into_replies())
}

#[cfg(any(feature = "tokio", feature = "smol"))]
pub(crate) async fn run_async<O, C>(operation: &O, con: &mut C) -> Result<O::Output>
where
    O: Operation + ?Sized,
    C: redis::aio::ConnectionLike + ?Sized,
{
    let mut exchange = Exchange::new(encode(operation)?, true);
    while let Some(send) = exchange.next() {
        match send {
            ToSend::One(cmd) => {
                let returned = con.req_packed_command(cmd).await;
                exchange.received(returned)?;
            }
            ToSend::Many(pipeline) => {
                let returned = con.req_packed_commands(pipeline, 0, pipeline.len()).await;
                exchange.received_many(returned)?;
            }
        }
    }
    operation.decode(&mut exchange.into_replies())
}

fn encode<O: Operation + ?Sized>(operation: &O) -> Result<Request> {
    let mut request = Request::new();
    operation.encode(&mut request)?;
    Ok(request)
}
