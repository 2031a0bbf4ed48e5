//! The time to live of a field.

use std::fmt;
use std::marker::PhantomData;

use super::HashModel;
use crate::clone::clone_fields;
use crate::error::Result;
use crate::field::Field;
use crate::key::{self, Key};
use crate::model::RedisModel;
use crate::op::{Operation, Replies, Request, Script};
use crate::ttl::Ttl;

pub(crate) static FIELD_TTL: Script = Script::reading(
    "field_ttl",
    concat!(include_str!("can_expire_fields.lua"), include_str!("field_ttl.lua")),
);

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
        let bytes = self.names.iter().map(|name| name.len()).sum();
        let mut command = request.script(&FIELD_TTL, &self.key, self.names.len(), bytes);
        for name in &self.names {
            command.arg(name);
        }
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<Ttl> {
        let left = replies.next().and_then(|reply| reply.into_int()).map(Ttl::from_pttl);
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
