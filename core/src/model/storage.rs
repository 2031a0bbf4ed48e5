//! The storage of a model, as far as it depends on the model's type.

use std::any::Any;

use super::RedisModel;
use crate::erased::{AnyModel, Stored};
use crate::error::{Error, Result, ValueError};
use crate::hash::Mapping;
use crate::key::{IntoId, KeyReader, KeyWriter, ModelId};
use crate::schema::visit::{Purpose, Visitor};

/// The storage of a model: as a hash or as a blob.
#[doc(hidden)]
pub trait Storage<M: RedisModel> {
    fn model() -> AnyModel;

    fn decode(id: &M::Id, stored: Stored<'_, '_>) -> Result<M>;

    /// Visits the key parts or the fields of a record, or encodes it if it is a blob.
    #[inline(always)]
    #[allow(private_interfaces)]
    fn visit<'v>(record: &'v M, purpose: Purpose<'v>) {
        M::visit(&mut Visitor::new(Some(record), purpose));
    }
}

/// The storage of a struct whose derive found mistakes, and the id of one that is no
/// struct; it never runs.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Stub;

impl<M: RedisModel> Storage<M> for Stub {
    fn model() -> AnyModel {
        AnyModel::Hash(Mapping::stub(&M::SCHEMA))
    }

    fn decode(_: &M::Id, _: Stored<'_, '_>) -> Result<M> {
        Err(Error::unexpected_reply())
    }
}

impl ModelId for Stub {
    fn write_parts(&self, _: &mut KeyWriter<'_>) {}

    fn write_part(_: usize, _: &dyn Any, _: &mut KeyWriter<'_>) {}

    fn read_parts(_: &mut KeyReader<'_>) -> std::result::Result<Self, ValueError> {
        Ok(Self)
    }
}

impl<T> IntoId<Stub> for T {
    fn into_id(self) -> Stub {
        Stub
    }
}
