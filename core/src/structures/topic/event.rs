//! Events: decoded messages, and gaps between them.

use crate::codec::Codec;
use crate::error::Result;
use crate::key::Key;
use crate::redis_rs::push::RawMessage;
use crate::structures::command::Source;

/// The name of the structure in errors.
pub(super) const STRUCTURE: &str = "Topic";

/// An event of a [`Subscription`](super::Subscription).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<T> {
    /// A message.
    Message {
        /// The channel to which the message was published. Bytes that are not UTF-8 are
        /// replaced by `U+FFFD`.
        channel: String,
        /// The pattern that the channel matches, if the message was received because of one.
        /// A channel that matches several, or that is subscribed to by its name as well, has
        /// an event for each.
        pattern: Option<String>,
        /// The message.
        value: T,
    },
    /// The connection was lost and is open again, with all subscriptions. Messages that were
    /// published meanwhile are missed, and later ones are not.
    Resubscribed,
}

impl<T> Event<T> {
    /// Returns the message, or `None` for other events.
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::Message { value, .. } => Some(value),
            Self::Resubscribed => None,
        }
    }

    /// Decodes a message. Errors name the channel.
    pub(super) fn decode<C: Codec<T>>(message: RawMessage) -> Result<Self> {
        let RawMessage { channel, pattern, payload } = message;
        let source = Source { structure: STRUCTURE, key: Key::new(text(channel)), removes: false };
        let value = source.item::<T, C>(payload)?;
        Ok(Self::Message { channel: source.key.into(), pattern: pattern.map(text), value })
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Plain;

    fn message(channel: &[u8], pattern: Option<&[u8]>, payload: &[u8]) -> RawMessage {
        let (channel, pattern) = (channel.to_vec(), pattern.map(<[u8]>::to_vec));
        RawMessage { channel, pattern, payload: payload.to_vec() }
    }

    #[test]
    fn a_message_is_decoded() {
        let event = Event::<u32>::decode::<Plain>(message(b"a.b", Some(b"a.*"), b"42")).unwrap();
        let (channel, pattern) = ("a.b".to_owned(), Some("a.*".to_owned()));
        assert_eq!(event, Event::Message { channel, pattern, value: 42 });
        assert_eq!(event.into_value(), Some(42));
    }

    #[test]
    fn an_error_names_the_channel_and_not_the_bytes() {
        let error = Event::<u32>::decode::<Plain>(message(b"a", None, b"hunter2")).unwrap_err();
        assert_eq!(error.to_string(), "Topic `a`: not an integer of type u32");
        assert_eq!(error.key(), Some("a"));
    }

    #[test]
    fn a_channel_that_is_not_text_is_shown_as_text() {
        let event = Event::<u32>::decode::<Plain>(message(b"\xff", None, b"1")).unwrap();
        let channel = "\u{fffd}".to_owned();
        assert_eq!(event, Event::Message { channel, pattern: None, value: 1 });
    }
}
