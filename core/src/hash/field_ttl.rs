//! The time to live of a field.

use std::fmt;
use std::marker::PhantomData;

use redis::Cmd;

use super::HashModel;
use crate::clone::clone_fields;
use crate::error::{Error, ErrorKind, Result};
use crate::field::Field;
use crate::key::{self, Key};
use crate::model::RedisModel;
use crate::op::{Operation, Replies, Reply, Request, Script};
use crate::redis_rs;
use crate::ttl::Ttl;

pub(crate) static FIELD_TTL: Script = Script::reading(
    "field_ttl",
    concat!(include_str!("can_expire_fields.lua"), include_str!("field_ttl.lua")),
)
.or_plain(|call| {
    let names = redis_rs::arguments(call).count().saturating_sub(4);
    redis_rs::without_script(call, b"HPTTL", &["FIELDS", itoa::Buffer::new().format(names)], 0)
});

/// Returns the command that reads the time to live of the first of these fields that the hash
/// has, and its script if it is a call of one.
///
/// An older server quotes the arguments of HPTTL, which it does not know, and cuts them. A
/// part of a character would end the connection, so a script asks in place of the client.
fn field_ttl(key: &str, names: &[&[u8]]) -> (Cmd, Option<&'static Script>) {
    let bytes = key.bytes().chain(names.iter().flat_map(|name| name.iter().copied()));
    let mut call = redis_rs::command("EVALSHA");
    for word in [FIELD_TTL.sha(), "1", key] {
        redis_rs::add_argument(&mut call, word.as_bytes());
    }
    names.iter().for_each(|name| redis_rs::add_argument(&mut call, name));
    match FIELD_TTL.plain_form() {
        Some(convert) if { bytes }.all(|byte| byte.is_ascii_graphic()) => (convert(&call), None),
        _ => (call, Some(&FIELD_TTL)),
    }
}

/// Decodes the reply to [`field_ttl`]: milliseconds for each name, or the script's.
pub(crate) fn decode_field_ttl(reply: Reply) -> Result<Ttl> {
    const MISSING: i64 = -2;
    if !reply.is_array() {
        let missing = reply.is_nil();
        return if missing { Ok(MISSING) } else { reply.into_int() }.map(Ttl::from_pttl);
    }
    let left = reply.into_items()?.map(Reply::into_int).collect::<Result<Vec<_>>>()?;
    let first = left.into_iter().find(|left| *left != MISSING);
    Ok(Ttl::from_pttl(first.unwrap_or(MISSING)))
}

/// Converts the error of a server that does not know HPTTL.
pub(crate) fn without_field_ttl(error: Error) -> Error {
    if error.code() != Some("ERR") || !error.to_string().contains("nknown command 'HPTTL'") {
        return error;
    }
    let message = "fields of a hash that expire need Redis 7.4 or Valkey 9";
    Error::new(ErrorKind::Unsupported, message).with_code("NOFIELDTTL")
}

/// Asks for the time to live of a field; see [`RedisModel::field_ttl`].
#[must_use = "an operation does nothing until it is run"]
pub struct FieldTtl<M> {
    key: Key,
    names: Vec<&'static str>,
    model: PhantomData<fn() -> M>,
}

impl<M: HashModel> FieldTtl<M> {
    pub(crate) fn new<V, Enc>(id: &M::Id, field: Field<M, V, Enc>) -> Self {
        let names = std::iter::once(field.name()).chain(field.aliases().iter().copied()).collect();
        Self { key: key::write(M::SCHEMA.template(), id), names, model: PhantomData }
    }
}

impl<M: RedisModel> Operation for FieldTtl<M> {
    /// [`Ttl::Missing`] if the record does not have the field.
    type Output = Ttl;

    fn encode(&self, request: &mut Request) -> Result<()> {
        let names: Vec<_> = self.names.iter().map(|name| name.as_bytes()).collect();
        let (cmd, script) = field_ttl(&self.key, &names);
        let key = if script.is_some() { 3..4 } else { 1..2 };
        request.prepared(cmd, script, key);
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<Ttl> {
        let left = replies.next().map_err(without_field_ttl).and_then(decode_field_ttl);
        left.map_err(|error| {
            error.with_model(M::SCHEMA.name).with_key(&self.key).with_field(self.names[0])
        })
    }
}

impl<M: RedisModel> fmt::Debug for FieldTtl<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldTtl")
            .field("model", &M::SCHEMA.name)
            .field("key", &self.key)
            .field("field", &self.names[0])
            .finish()
    }
}

clone_fields! {
    impl[M] FieldTtl<M> { key, names, model }
}
