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
#[cfg(feature = "json")]
pub use crate::codec::Json;
#[cfg(feature = "bincode")]
pub use crate::codec::{Bincode, BincodeLegacy};
pub use crate::codec::{Codec, Place};
pub use crate::error::{Error, ErrorKind, Result, ValueError};
pub use crate::field::{
    Countable, Counter, EmptyAsNone, Field, Maybe, OrDefault, OrElse, Plain, RedisFields, Shown,
    ShownOption, StoreAs, Stored, Version, Via,
};
pub use crate::hash::{HashModel, Select, Selection};
pub use crate::key::{IntoId, Key, KeyPart, ModelId, PartWriter};
pub use crate::model::{Extra, RedisModel, Spec};
pub use crate::op::{
    Batch, CommandWriter, Explanation, Map, Operation, Replies, Reply, Request, SentCommand, batch,
};
pub use crate::ttl::Ttl;
pub use crate::update::{Condition, Conflict, Outcome, Update};
pub use crate::value::{IntoStep, Number, RedisValue};
pub use crate::verbs::{Create, Delete, Exists, Expire, Get, GetMany, Persist, Save, Take, TtlOf};

#[cfg(feature = "derive")]
pub use redis_model_derive::{KeyPart, RedisFields, RedisModel, RedisValue};
