//! Hash models: one field of the struct, one field of a Redis hash.
//!
//! A record is read with HMGET of the model's own fields, not HGETALL. The cost for the
//! server is the same, the reply is half as large, no names have to be compared, and
//! fields of other programs do not matter.

mod diff;
mod field_ttl;
mod insert;
mod mapping;
mod revision;
mod row;
mod save;
mod select;
mod snapshot;
mod versions;

pub(crate) use diff::{Snapshot, changes, replacement};
pub(crate) use field_ttl::FIELD_TTL;
pub use field_ttl::FieldTtl;
pub(crate) use insert::Insertion;
pub(crate) use mapping::{Group, Mapping, Record};
pub(crate) use revision::next as next_revision;
pub use row::Row;
pub(crate) use row::decode_or_none;
pub(crate) use save::{SAVE, check_options, save};
pub use select::{Select, Selection};
pub(crate) use snapshot::{DELETE_UNCHANGED, RawSnapshot};
use versions::VersionList;
pub use versions::{Predecessors, SchemaVersions};

use std::vec;

use crate::codec::unlisted_version;
use crate::erased::{AnyModel, DecodeInto, RecordChanges, RewriteCheck, Stored};
use crate::error::{Error, Result, ValueError};
use crate::key::Key;
use crate::model::{RedisModel, Storage};
use crate::op::{Request, Script};
use crate::redis_rs::ReplyValue;
use crate::schema::visit::construct;
use crate::ttl::Expiry;
use crate::update::{Action, Call, Changes, NoRecord};

/// A model that is stored as a hash: its fields can be read and changed one by one.
///
/// # Changing the struct
///
/// Fields can be added (an `Option`, or with a `default`), removed and renamed
/// (`alias` is the old name). For other changes a model has a `version`, in the field of
/// the hash that `version_field` names, and a record of an older version is read as the
/// struct of that version:
///
/// ```
/// # use redis_model::{Operation, RedisModel, ValueError, embedded};
/// /// The struct of version 1.
/// #[derive(RedisModel)]
/// #[redis(key = "user:{id}")]
/// struct UserV1 { id: u64, name: String }
///
/// #[derive(Debug, RedisModel)]
/// #[redis(key = "user:{id}", version_field = "_v", version = 2, migrate(UserV1))]
/// struct User { id: u64, first: String, last: String }
///
/// impl TryFrom<UserV1> for User {
///     type Error = ValueError;
///     fn try_from(old: UserV1) -> Result<Self, ValueError> {
///         let (first, last) = old.name.split_once(' ').ok_or(ValueError::new("no last name"))?;
///         Ok(Self { id: old.id, first: first.into(), last: last.into() })
///     }
/// }
///
/// # let server = embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// redis::cmd("HSET").arg("user:7").arg("name").arg("Ada Lovelace").exec(&mut con)?;
/// let user = User::get(7).run(&mut con)?.expect("a user");
/// assert_eq!(user.last, "Lovelace");
/// user.save().run(&mut con)?;
/// let stored: Vec<String> = redis::cmd("HKEYS").arg("user:7").query(&mut con)?;
/// assert_eq!(stored, ["_v", "first", "last"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// `migrate(V1, V2)` lists the versions before this one, oldest first. Each is a
/// hash model with the same id and the names and codecs of that time, and `From` or
/// `TryFrom` converts it to the next. A record without the version field is
/// of version 1, so that the field can be added to a model that had none. One command
/// reads the names of all versions.
///
/// - `get`, `get_many`, `take`, `select`, `edit` and scans read records of every
///   listed version. One of a later version is an error
///   ([`NewerVersion`](crate::ErrorKind::NewerVersion)), and so is one of a version
///   that is not listed, or that its migration refuses
///   ([`NoMigration`](crate::ErrorKind::NoMigration)); with `on_mismatch = "miss"`
///   such records count as absent. `take` deletes none of them.
/// - `save` and `create` write the version, and remove fields that only older
///   versions have. A `save` over a record of a later version is an error
///   ([`NewerVersion`](crate::ErrorKind::NewerVersion)) and writes nothing, unless
///   [`overwrite_newer`](crate::op::Save::overwrite_newer) or `on_mismatch = "miss"`
///   asks for it.
/// - `edit` and `modify` rewrite a changed record of an older version as a whole, if it is
///   still stored as it was read.
/// - `update` changes fields of the current version only, because no server can
///   migrate a record. A record of another version is an error and stays unchanged.
///
/// The `version` is that of the struct. A `revision` is something else: it counts the
/// writes of one record.
///
/// # Deploying a change
///
/// While a new program is deployed, old programs are still running. A program
/// whose model has a `version` refuses to read, update or save a record of a
/// later version, so it never undoes what a newer program wrote. A model
/// *without* a version does not know the version field: it writes its own
/// fields into a newer record, and no error tells. So deploy in this order:
///
/// 1. Deploy `version_field = "_v", version = 1` everywhere, and no other change.
///    Records without the field are of version 1 already.
/// 2. Deploy `version = 2, migrate(UserV1)`. Until the last program of version 1
///    is replaced, these programs get an error for what the new ones have written.
/// 3. When no program of version 1 runs any more, run
///    [`rewrite_all`](RedisModel::rewrite_all). If nothing failed, `migrate` is
///    not needed any more.
///
/// Give a field whose type changes a new name, so that an old program misses
/// the field and does not read or increment a value of another type. A field
/// that only gets a new name needs no version: deploy the new name as an
/// `alias` everywhere, then swap the two.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not stored as a hash: it has no fields to read or change in place",
    label = "stored as a blob",
    note = "leave out `blob = …` in `#[redis(…)]` to store `{Self}` as a hash, or read and save it as a whole"
)]
pub trait HashModel: RedisModel {
    #[doc(hidden)]
    const VERSIONS: SchemaVersions<Self> = SchemaVersions::NONE;
}

/// Stored as a hash.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Hash;

/// The field of records that can have no other. Redis has no empty hash.
pub(crate) const MARKER: &str = "_";

/// The error for a record whose version is none.
pub(crate) const NOT_A_VERSION: &str = "the version in the hash is not a number from 1 to 254";

static EXISTS: Script = Script::reading("hash_exists", include_str!("hash/exists.lua"));
static REFRESH: Script = Script::new("hash_refresh", include_str!("hash/refresh.lua"));

impl<M: HashModel> Storage<M> for Hash {
    #[inline(always)]
    fn model() -> AnyModel {
        AnyModel::Hash(Mapping::of::<M>())
    }

    #[inline(always)]
    fn decode(id: &M::Id, stored: Stored<'_, '_>) -> Result<M> {
        match stored {
            Stored::Row { row, behind: 0, .. } => construct(id, row),
            Stored::Row { row, behind, version } => match M::VERSIONS.migrate {
                Some(migrate) => migrate(behind, version, id, row),
                None => Err(unlisted_version(version).into()),
            },
            Stored::Bytes { .. } => Err(Error::unexpected_reply()),
        }
    }
}

/// Decodes a record and returns the values that it was decoded from.
pub(crate) fn decode_to_take(
    mapping: Mapping,
    key: &Key,
    values: vec::IntoIter<ReplyValue>,
    into: &mut dyn DecodeInto,
) -> Result<Option<RawSnapshot>> {
    let raw = RawSnapshot::new(mapping, values.as_slice())?;
    Ok(decode_or_none(mapping, key, values, into)?.map(|_| raw))
}

/// Decodes a record and returns its snapshot.
pub(crate) fn decode_draft(
    mapping: Mapping,
    key: &Key,
    values: vec::IntoIter<ReplyValue>,
    into: &mut dyn DecodeInto,
) -> Result<Option<Snapshot>> {
    let raw = diff::RawFields::new(mapping, values.as_slice());
    let Some(record) = decode_or_none(mapping, key, values, into)? else { return Ok(None) };
    Ok(Some(Snapshot::new(mapping.record(record, key), raw?)))
}

/// Decodes a record and returns the changes that write it in its current form.
pub(crate) fn decode_to_rewrite(
    mapping: Mapping,
    key: &Key,
    values: vec::IntoIter<ReplyValue>,
    into: &mut dyn DecodeInto,
) -> Result<RewriteCheck> {
    let raw = diff::RawFields::new(mapping, values.as_slice())?;
    let (record, stale) = row::decode(mapping, key, values, into)?;
    if !stale && !raw.is_old() {
        return Ok(RewriteCheck::Current);
    }
    let record = mapping.record(record, key);
    let changes = diff::rewrite(record, &Snapshot::new(record, raw))?;
    Ok(match changes {
        Some(changes) => RewriteCheck::Stale(RecordChanges::Hash(mapping, changes)),
        None => RewriteCheck::Current,
    })
}

/// Adds the call of the script that commits changes.
pub(crate) fn encode_commit(
    mapping: Mapping,
    changes: &Changes,
    key: &Key,
    expiry: Expiry,
    request: &mut Request,
) {
    let (action, returned) = (Action::Change(NoRecord::Missing), Vec::new());
    Call { key, action, expiry, returned, changes, insertion: None }.write(mapping, request);
}

/// Adds the command that reads a record, and sets its time to live to `refresh`.
pub(crate) fn encode_read(
    mapping: Mapping,
    key: &Key,
    refresh: Option<u64>,
    request: &mut Request,
) {
    let (mut count, mut bytes) = (2, key.len() + 32);
    mapping.each_name(&mut |name| (count, bytes) = (count + 1, bytes + name.len()));
    let mut command = match refresh {
        None => {
            let mut command = request.command("HMGET", count, bytes);
            command.arg(key);
            command
        }
        Some(millis) => {
            let positions = mapping.presence_positions();
            let mut command = request.script(&REFRESH, key, count + positions.len(), bytes);
            command.int(millis).int(positions.len());
            for position in positions {
                command.int(position + 1);
            }
            command
        }
    };
    mapping.each_name(&mut |name| {
        command.arg(name);
    });
}

pub(crate) fn encode_exists(mapping: Mapping, key: &Key, request: &mut Request) {
    let names = mapping.presence_names();
    let bytes = key.len() + names.iter().map(|name| name.len()).sum::<usize>();
    let mut command = match names.as_slice() {
        [_] => {
            let mut command = request.command("HEXISTS", 2, bytes);
            command.arg(key);
            command
        }
        _ => request.script(&EXISTS, key, names.len(), bytes),
    };
    for name in names {
        command.arg(name);
    }
}

/// Attaches the field name to a `ValueError`.
pub(crate) fn at_field(name: &'static str) -> impl FnOnce(ValueError) -> Error {
    move |error| Error::from(error).with_field(name)
}
