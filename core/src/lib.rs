#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]

mod blob;
mod codec;
mod error;
mod field;
mod guard;
mod hash;
mod key;
mod model;
mod op;
mod redis_rs;
mod run;
mod ttl;
mod update;
mod value;
mod verbs;

#[cfg(feature = "embedded")]
#[cfg_attr(docsrs, doc(cfg(feature = "embedded")))]
pub mod embedded;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use redis;

pub use crate::blob::{BlobModel, NoFields};
#[cfg(feature = "cbor")]
pub use crate::codec::Cbor;
#[cfg(feature = "json")]
pub use crate::codec::Json;
#[cfg(feature = "msgpack")]
pub use crate::codec::MsgPack;
#[cfg(feature = "pickle")]
pub use crate::codec::Pickle;
#[cfg(feature = "postcard")]
pub use crate::codec::Postcard;
#[cfg(feature = "bincode")]
pub use crate::codec::{Bincode, BincodeLegacy};
pub use crate::codec::{Codec, Format, Place};
pub use crate::error::{Error, ErrorKind, Result, ValueError};
pub use crate::field::{Countable, Field, OrDefault, Plain, StoreAs, Stored, Via};
pub use crate::hash::{HashModel, Select, Selection};
pub use crate::key::{IntoId, Key, KeyPart, ModelId, PartWriter};
pub use crate::model::{RedisModel, Spec};
pub use crate::op::{
    Batch, CommandWriter, Explanation, Map, Operation, Replies, Reply, Request, SentCommand, batch,
};
pub use crate::ttl::Ttl;
pub use crate::update::{Condition, Conflict, Outcome, Update};
pub use crate::value::{IntoStep, Number, RedisValue};
pub use crate::verbs::{Create, Delete, Exists, Expire, Get, GetMany, Persist, Save, Take, TtlOf};

#[cfg(feature = "derive")]
pub use redis_model_derive::RedisModel;
