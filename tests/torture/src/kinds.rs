//! Types of the generated models' fields.

use std::sync::{Arc, LazyLock};

use redis_model::codec::{KeyProvider, KeyRing};
use redis_model::{KeyPart, RedisValue};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, RedisValue, KeyPart)]
#[redis(rename_all = "kebab-case")]
pub enum Colour {
    #[default]
    DarkRed,
    #[redis(alias = "bleu")]
    Blue,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, RedisValue, KeyPart)]
#[redis(repr = "int")]
#[repr(u64)]
pub enum Level {
    #[default]
    Low = b'a' as u64,
    Highest = u64::MAX,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, RedisValue, KeyPart)]
pub struct Sku(String);

impl From<&str> for Sku {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[allow(dead_code, reason = "few models may have no tag among them")]
pub struct Tag {
    text: String,
    next: Option<Box<Tag>>,
}

impl Tag {
    #[allow(dead_code, reason = "few models may have no tag among them")]
    pub fn new(text: &str) -> Self {
        Self { text: text.into(), next: Some(Box::default()) }
    }
}

/// The keys of sealed and signed values.
pub struct Ring;

impl KeyProvider for Ring {
    fn ring() -> Arc<KeyRing> {
        static RING: LazyLock<Arc<KeyRing>> = LazyLock::new(|| Arc::new(KeyRing::new(1, [7; 32])));
        RING.clone()
    }
}
