//! Hash models: one field of the struct, one field of a Redis hash.
//!
//! A record is read with HMGET of the model's own fields, not HGETALL: at the
//! same cost for the server its reply is half as large, needs no names to be
//! compared, and is not concerned with fields that others put into the hash.

mod diff;
mod field_ttl;
mod mapping;
mod revision;
mod row;
mod save;
mod select;
mod snapshot;
mod versions;

pub use field_ttl::FieldTtl;
use mapping::Record;
pub(crate) use mapping::{Group, Mapping};
pub(crate) use revision::next as next_revision;
pub(crate) use row::KeyOf;
pub use row::Row;
pub use select::{Select, Selection};
use versions::VersionList;
pub use versions::{Predecessors, SchemaVersions};

use std::cell::Cell;

use crate::error::{Error, Result, ValueError};
use crate::key::{self, Key};
use crate::model::{Read, RedisModel, Reread, Storage, Write};
use crate::op::{Reply, Request, Script};
use crate::schema::visit::key_of;
use crate::update::{self, Call, Changes, NoRecord, Outcome};

/// A model that is stored as a hash: its fields can be read and changed one by one.
///
/// # Changing the struct
///
/// Fields can come (an `Option`, or with a `default`) and go, and be renamed
/// (`alias` is the name that they had), without further ado. For other changes a
/// model has a `version`, in a field of the hash that `version_field` names, and
/// what older versions stored is read as the struct that it then was:
///
/// ```
/// # use redis_model::{Operation, RedisModel, ValueError, embedded};
/// /// As it was before there were versions.
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
/// `migrate(V1, V2)` lists the versions before this one, oldest first; each is a
/// hash model with the same id, whose names and codecs say how it was stored, and
/// is turned into the next by `From` or `TryFrom`. A record without the field is
/// of version 1, so that the field can be added to a model that had none. All is
/// read by one command, with the names of every version.
///
/// - `get`, `get_many`, `take`, `select`, `edit` and scans read records of every
///   listed version. One of a later version is an error
///   ([`NewerVersion`](crate::ErrorKind::NewerVersion)), and so is one of a version
///   that is not listed, or that its migration refuses
///   ([`NoMigration`](crate::ErrorKind::NoMigration)); with `on_mismatch = "miss"`
///   they are not there. `take` deletes none of them.
/// - `save` and `create` write the version, and remove fields that only older
///   versions have. A `save` over a record of a later version is an error
///   ([`NewerVersion`](crate::ErrorKind::NewerVersion)) and writes nothing, unless
///   [`overwrite_newer`](crate::op::Save::overwrite_newer) or `on_mismatch = "miss"`
///   (as of a cache: what is not there can be written) asks for it.
/// - `edit` and `modify` write a record of an older version anew as a whole, if
///   anything is changed in it, and only over what was read.
/// - `update` changes fields of the current version only, since no server can
///   migrate a record: one of another version is an error, and nothing is changed.
///
/// That is the version of the struct, a number that the program has. The *field*
/// attribute `version` is something else: it counts the writes of a record.
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
    const TYPE: &'static str = "hash";

    fn write(model: &M, write: Write, request: &mut Request) -> Result<()> {
        Record::with(model, &key_of(model), |record| save::save(record, write, request))
    }

    fn decode_saved(reply: Reply) -> Result<()> {
        // HSET answers with the number of new fields, the script with 1.
        reply.into_int().map(drop)
    }

    fn written(reply: Reply) -> Result<bool> {
        reply.into_int().map(|written| written != 0)
    }

    fn read(key: &Key, read: Read, request: &mut Request) -> Result<()> {
        encode_read(Mapping::of::<M>(), key, read, request);
        Ok(())
    }

    fn record(id: &M::Id, reply: Reply) -> Result<Option<M>> {
        let Some(values) = Mapping::of::<M>().values(reply)? else { return Ok(None) };
        row::decode_or_none(id, values)
    }

    type RawSnapshot = snapshot::RawSnapshot;

    fn decode_snapshot(id: &M::Id, reply: Reply) -> Result<Option<(M, Self::RawSnapshot)>> {
        let mapping = Mapping::of::<M>();
        let Some(values) = mapping.values(reply)? else { return Ok(None) };
        let snapshot = snapshot::RawSnapshot::new(mapping, values.as_slice())?;
        Ok(row::decode_or_none(id, values)?.map(|model| (model, snapshot)))
    }

    fn encode_delete(snapshot: &Self::RawSnapshot, key: &Key, request: &mut Request) {
        snapshot.encode_delete(key, request);
    }

    fn exists(key: &Key, request: &mut Request) {
        encode_exists(Mapping::of::<M>(), key, request);
    }

    type Held = diff::Snapshot;
    type Changes = Changes;

    fn draft(id: &M::Id, reply: Reply) -> Result<Option<(M, Self::Held)>> {
        let mapping = Mapping::of::<M>();
        let Some(values) = mapping.values(reply)? else { return Ok(None) };
        let raw = diff::RawFields::new(mapping, values.as_slice());
        let Some(model) = row::decode_or_none(id, values)? else { return Ok(None) };
        let (key, raw) = (key::write(M::SPEC.template(), id), raw?);
        let held = Record::with(&model, &key, |record| diff::Snapshot::new(record, raw));
        Ok(Some((model, held)))
    }

    fn changes(model: &M, held: &Self::Held, key: &Key) -> Result<Option<Changes>> {
        Record::with(model, key, |record| diff::changes(record, held))
    }

    fn reread(id: &M::Id, key: &Key, reply: Reply) -> Result<Reread<Changes>> {
        let mapping = Mapping::of::<M>();
        let Some(values) = mapping.values(reply)? else { return Ok(Reread::Missing) };
        let raw = diff::RawFields::new(mapping, values.as_slice())?;
        let stale = Cell::new(raw.is_old());
        let model: M = row::decode(id, values, Some(&stale))?;
        if !stale.get() {
            return Ok(Reread::Current);
        }
        let changes = Record::with(&model, key, |record| {
            diff::rewrite(record, &diff::Snapshot::new(record, raw))
        })?;
        Ok(changes.map_or(Reread::Current, Reread::Stale))
    }

    fn commit(changes: &Changes, key: &Key, write: Write, request: &mut Request) {
        let expiry = write.expiry;
        let call =
            Call { key, no_record: NoRecord::Missing, expiry, returned: Vec::new(), changes };
        call.write(Mapping::of::<M>(), request);
    }

    fn committed(_: &Self::Changes, reply: Reply) -> Result<Outcome<()>> {
        update::outcome(reply, Error::unexpected_reply).map(|outcome| outcome.map(drop))
    }
}

fn encode_read(mapping: Mapping, key: &Key, read: Read, request: &mut Request) {
    let (mut count, mut bytes) = (2, key.len() + 32);
    mapping.each_name(&mut |name| (count, bytes) = (count + 1, bytes + name.len()));
    let mut command = match read {
        Read::Stay => {
            let mut command = request.command("HMGET", count, bytes);
            command.arg(key);
            command
        }
        Read::Expire(after) => {
            let positions = mapping.presence_positions();
            let mut command = request.script(&REFRESH, key, count + positions.len(), bytes);
            command.int(after.0).int(positions.len());
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

fn encode_exists(mapping: Mapping, key: &Key, request: &mut Request) {
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
