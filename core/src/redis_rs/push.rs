//! Messages that a server sends to its subscribers.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;

use redis::{Msg, PushKind, RedisError, Value};

use super::{bytes_of, server_error};
use crate::error::Error;

/// A message as the server sent it.
#[derive(Debug, PartialEq)]
pub(crate) struct RawMessage {
    pub(crate) channel: Vec<u8>,
    pub(crate) pattern: Option<Vec<u8>>,
    pub(crate) payload: Vec<u8>,
}

/// A value that was read while a reply is expected. Messages arrive between replies.
#[derive(Debug)]
pub(crate) enum Received {
    Message(RawMessage),
    /// The server confirms one channel of a SUBSCRIBE, or of a command like it.
    Confirmed,
    Pong,
    Refused(Error),
    Other,
}

pub(crate) fn received(value: Value) -> Received {
    match value {
        Value::Push { kind, data } => match kind {
            PushKind::Message => message(data, false),
            PushKind::PMessage => message(data, true),
            PushKind::Subscribe
            | PushKind::Unsubscribe
            | PushKind::PSubscribe
            | PushKind::PUnsubscribe => Received::Confirmed,
            _ => Received::Other,
        },
        // RESP2 has no pushes: the first item is the kind.
        Value::Array(mut data) if !data.is_empty() => {
            let kind = data.remove(0);
            match bytes_of(&kind).unwrap_or_default() {
                b"message" => message(data, false),
                b"pmessage" => message(data, true),
                b"subscribe" | b"unsubscribe" | b"psubscribe" | b"punsubscribe" => {
                    Received::Confirmed
                }
                b"pong" => Received::Pong,
                _ => Received::Other,
            }
        }
        Value::ServerError(error) => Received::Refused(server_error(&error)),
        value if bytes_of(&value) == Some(b"PONG") => Received::Pong,
        _ => Received::Other,
    }
}

/// A push of a cluster's connection to a subscriber of sharded channels.
#[cfg(feature = "cluster")]
#[derive(Debug, PartialEq)]
pub(crate) enum ShardedPush {
    Message(RawMessage),
    /// A connection was lost, or a node ended a subscription because the slot moved.
    Lost,
}

#[cfg(feature = "cluster")]
pub(crate) fn sharded_push(push: redis::PushInfo) -> Option<ShardedPush> {
    match push.kind {
        PushKind::SMessage => match message(push.data, false) {
            Received::Message(message) => Some(ShardedPush::Message(message)),
            _ => None,
        },
        PushKind::Disconnection | PushKind::SUnsubscribe => Some(ShardedPush::Lost),
        _ => None,
    }
}

fn message(data: Vec<Value>, has_pattern: bool) -> Received {
    let mut items = data.into_iter().map(|item| match item {
        Value::BulkString(bytes) => Some(bytes),
        _ => None,
    });
    let mut item = || items.next().flatten();
    let pattern = if has_pattern { item() } else { None };
    match (item(), item()) {
        (Some(channel), Some(payload)) if pattern.is_some() == has_pattern => {
            Received::Message(RawMessage { channel, pattern, payload })
        }
        _ => Received::Other,
    }
}

impl From<Msg> for RawMessage {
    fn from(message: Msg) -> Self {
        Self {
            channel: message.get_channel().unwrap_or_default(),
            pattern: message.get_pattern().unwrap_or_default(),
            payload: message.get_payload_bytes().to_vec(),
        }
    }
}

/// Returns `true` if a signal interrupted a read, as it does on sockets with a timeout.
pub(crate) fn is_interrupted(error: &RedisError) -> bool {
    type Shared = Arc<dyn StdError + Send + Sync>;
    let shared = error.source().and_then(|source| source.downcast_ref::<Shared>());
    let error = shared.and_then(|shared| shared.downcast_ref::<io::Error>());
    error.is_some_and(|error| error.kind() == io::ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupted_read_is_no_other_error() {
        let error = |kind| RedisError::from(io::Error::from(kind));
        assert!(is_interrupted(&error(io::ErrorKind::Interrupted)));
        assert!(!is_interrupted(&error(io::ErrorKind::UnexpectedEof)));
    }

    fn read(bytes: &[u8]) -> Received {
        received(redis::parse_redis_value(bytes).unwrap())
    }

    #[test]
    fn messages_are_the_same_in_both_protocols() {
        for start in ["*3\r\n", ">3\r\n"] {
            let bytes = format!("{start}$7\r\nmessage\r\n$1\r\na\r\n$2\r\n42\r\n");
            let Received::Message(message) = read(bytes.as_bytes()) else { panic!("no message") };
            let (channel, payload) = (b"a".to_vec(), b"42".to_vec());
            assert_eq!(message, RawMessage { channel, pattern: None, payload });
        }
        for start in ["*4\r\n", ">4\r\n"] {
            let bytes =
                format!("{start}$8\r\npmessage\r\n$2\r\na*\r\n$2\r\nab\r\n$7\r\nmessage\r\n");
            let Received::Message(message) = read(bytes.as_bytes()) else { panic!("no message") };
            let (channel, pattern) = (b"ab".to_vec(), Some(b"a*".to_vec()));
            assert_eq!(message, RawMessage { channel, pattern, payload: b"message".to_vec() });
        }
    }

    #[test]
    fn confirmations_pongs_and_refusals_are_told_apart() {
        for start in ["*3\r\n", ">3\r\n"] {
            for kind in ["subscribe", "unsubscribe", "psubscribe", "punsubscribe"] {
                let bytes = format!("{start}${}\r\n{kind}\r\n$1\r\na\r\n:1\r\n", kind.len());
                assert!(matches!(read(bytes.as_bytes()), Received::Confirmed), "{bytes:?}");
            }
        }
        assert!(matches!(read(b"+PONG\r\n"), Received::Pong));
        assert!(matches!(read(b"*2\r\n$4\r\npong\r\n$0\r\n\r\n"), Received::Pong));
        let Received::Refused(error) = read(b"-NOPERM no channel\r\n") else { panic!("accepted") };
        assert_eq!(error.code(), Some("NOPERM"));
    }

    #[test]
    fn incomplete_messages_are_none() {
        for bytes in ["*0\r\n", "*1\r\n$7\r\nmessage\r\n", "*2\r\n$7\r\nmessage\r\n$1\r\na\r\n"] {
            assert!(matches!(read(bytes.as_bytes()), Received::Other), "{bytes:?}");
        }
    }
}
