//! Versions of a hash model, in a field of the hash.

use std::vec;

use super::diff::{self, Value};
use super::mapping::Mapping;
use super::{HashModel, Row, row};
use crate::codec::{refused_migration, unlisted_version};
use crate::erased::Decoded;
use crate::error::{Result, ValueError};
use crate::key::{self, Key};
use crate::model::RedisModel;
use crate::redis_rs::ReplyValue;
use crate::schema::visit::construct;

/// A hash model's version field, versions and migrations: the container attributes
/// `version_field`, `version`, `migrate` and `on_mismatch`.
#[doc(hidden)]
#[derive(Debug)]
pub struct SchemaVersions<M: RedisModel> {
    pub(super) list: VersionList,
    /// Reads a record of an older version; `None` if none is listed.
    pub(super) migrate: Option<Migrate<M>>,
}

/// Reads a record that is so many versions before `M`, of this version.
type Migrate<M> = fn(u8, u8, &<M as RedisModel>::Id, &mut Row<'_>) -> Result<M>;

/// [`SchemaVersions`] without the model's type.
#[derive(Debug)]
pub(crate) struct VersionList {
    /// The field that holds the version.
    pub(super) field: Option<&'static str>,
    pub(super) current: u8,
    /// `true` if a record of another version is read as `None`.
    pub(super) mismatch_is_none: bool,
    /// Visits the older versions, newest first.
    pub(super) predecessors: fn(&mut dyn FnMut(Mapping)),
    /// Reads a record of an older version and returns the stored forms that its fields
    /// have in the current one; `None` if no older version is listed.
    pub(super) migrate_fields: Option<MigrateFields>,
}

type MigrateFields = fn(Mapping, &Key, vec::IntoIter<ReplyValue>) -> Result<Vec<Value>>;

fn migrate_fields<M: HashModel>(
    mapping: Mapping,
    key: &Key,
    values: vec::IntoIter<ReplyValue>,
) -> Result<Vec<Value>> {
    let id = key::read(M::SCHEMA.template(), key)?;
    let mut record = None;
    let mut place = Decoded::<M>::new(&id, &mut record);
    let (record, _) = row::decode(mapping, key, values, &mut place)?;
    diff::fields(mapping.record(record, key))
}

impl VersionList {
    pub(super) const NONE: Self = Self {
        field: None,
        current: 1,
        mismatch_is_none: false,
        predecessors: |_| (),
        migrate_fields: None,
    };
}

#[doc(hidden)]
impl<M: RedisModel> SchemaVersions<M> {
    /// The versions of a model without `version`.
    pub const NONE: Self = Self { list: VersionList::NONE, migrate: None };

    pub const fn new(field: &'static str, current: u8) -> Self {
        let list = VersionList { field: Some(field), current, ..Self::NONE.list };
        Self { list, migrate: Self::NONE.migrate }
    }

    pub const fn migrate<P: Predecessors<M>>(self) -> Self
    where
        M: HashModel,
    {
        let migrate_fields = Some(migrate_fields::<M> as MigrateFields);
        let list = VersionList { predecessors: P::each, migrate_fields, ..self.list };
        Self { list, migrate: Some(P::read) }
    }

    pub const fn mismatch_is_none(self) -> Self {
        Self { list: VersionList { mismatch_is_none: true, ..self.list }, ..self }
    }
}

/// The versions before a model, newest first: `(V2, (V1, ()))`. Each becomes
/// the next through `TryFrom`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be migrated to `{M}`",
    label = "cannot be migrated",
    note = "each version before is a hash model with the same id (`#[derive(RedisModel)]`), and becomes the next through `From` or `TryFrom<…, Error = redis_model::ValueError>`"
)]
#[doc(hidden)]
pub trait Predecessors<M: RedisModel> {
    #[allow(private_interfaces)]
    fn each(visit: &mut dyn FnMut(Mapping));

    /// Reads a record that is so many versions before `M`.
    fn read(behind: u8, version: u8, id: &M::Id, row: &mut Row<'_>) -> Result<M>;
}

/// An older version of a hash model.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no hash model, so it cannot be a version before",
    label = "not a hash model",
    note = "add `#[derive(RedisModel)]` to `{Self}`, with the attributes that it had: they say how it was stored"
)]
#[doc(hidden)]
pub trait Predecessor: HashModel {}

#[diagnostic::do_not_recommend]
impl<M: HashModel> Predecessor for M {}

impl<M: RedisModel> Predecessors<M> for () {
    #[allow(private_interfaces)]
    fn each(_: &mut dyn FnMut(Mapping)) {}

    fn read(_: u8, version: u8, _: &M::Id, _: &mut Row<'_>) -> Result<M> {
        Err(unlisted_version(version).into())
    }
}

impl<M, P, Older> Predecessors<M> for (P, Older)
where
    M: RedisModel,
    P: Predecessor + RedisModel<Id = M::Id> + TryInto<M>,
    ValueError: From<P::Error>,
    Older: Predecessors<P>,
{
    #[allow(private_interfaces)]
    fn each(visit: &mut dyn FnMut(Mapping)) {
        visit(Mapping::of::<P>());
        Older::each(visit);
    }

    fn read(behind: u8, version: u8, id: &M::Id, row: &mut Row<'_>) -> Result<M> {
        let older = match behind {
            1 => construct::<P>(id, row)?,
            _ => Older::read(behind - 1, version, id, row)?,
        };
        older.try_into().map_err(|error| refused_migration(version, error).into())
    }
}
