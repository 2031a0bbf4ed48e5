//! Hash models: one field of the struct, one field of a Redis hash.
//!
//! A record is read with HMGET of the model's own fields, not HGETALL: at the
//! same cost for the server its reply is half as large, needs no names to be
//! compared, and is not concerned with fields that others put into the hash.

mod draft;
mod field_ttl;
mod history;
mod read;
pub(crate) mod revision;
mod select;
mod take;
mod write;

pub use field_ttl::FieldTtl;
pub use history::History;
pub(crate) use read::Reader;
pub use select::{Select, Selection};

use std::cell::Cell;
use std::vec;

use crate::error::{Error, Result};
use crate::field::Stored;
use crate::key::{self, Key};
use crate::model::{Read, RedisModel, Reread, Storage, Visit, Write};
use crate::op::{Reply, Request, Script};
use crate::redis_rs::ReplyValue;
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
    const HISTORY: History<Self> = History::NONE;
}

/// Stored as a hash.
#[derive(Debug, Clone, Copy)]
pub struct Hash;

/// Redis has no empty hash: a record that can have no field at all has this
/// one, so that it exists.
pub(crate) const MARKER: &str = "_";

/// The error of a record whose version is none.
pub(crate) const NOT_A_VERSION: &str = "the version in the hash is not a number from 1 to 254";

static EXISTS: Script = Script::reading("hash_exists", include_str!("hash/exists.lua"));
static REFRESH: Script = Script::new("hash_refresh", include_str!("hash/refresh.lua"));

impl<M: HashModel> Storage<M> for Hash {
    const TYPE: &'static str = "hash";

    fn write(model: &M, write: Write, request: &mut Request) -> Result<()> {
        write::write(model, write, request)
    }

    fn decode_saved(reply: Reply) -> Result<()> {
        // HSET answers with the number of new fields, the script with 1.
        reply.into_int().map(drop)
    }

    fn written(reply: Reply) -> Result<bool> {
        reply.into_int().map(|written| written != 0)
    }

    fn read(key: &Key, read: Read, request: &mut Request) -> Result<()> {
        let history = M::HISTORY;
        let (mut count, mut bytes) = (2, key.len() + 32);
        history.each_name(&mut |name| (count, bytes) = (count + 1, bytes + name.len()));
        let mut command = match read {
            Read::Stay => {
                let mut command = request.command("HMGET", count, bytes);
                command.arg(key);
                command
            }
            Read::Expire(after) => {
                let mut positions = Vec::new();
                history.each_presence(&mut |at, _| positions.push(at + 1));
                let mut command = request.script(&REFRESH, key, count + positions.len(), bytes);
                command.int(after.0).int(positions.len());
                for position in positions {
                    command.int(position);
                }
                command
            }
        };
        history.each_name(&mut |name| {
            command.arg(name);
        });
        Ok(())
    }

    fn record(id: &M::Id, reply: Reply) -> Result<Option<M>> {
        let Some(values) = row::<M>(reply)? else { return Ok(None) };
        history::record(id, values)
    }

    type RawSnapshot = take::RawSnapshot;

    fn decode_snapshot(id: &M::Id, reply: Reply) -> Result<Option<(M, Self::RawSnapshot)>> {
        let Some(values) = row::<M>(reply)? else { return Ok(None) };
        let snapshot = take::RawSnapshot::of::<M>(values.as_slice())?;
        Ok(history::record(id, values)?.map(|model| (model, snapshot)))
    }

    fn encode_delete(snapshot: &Self::RawSnapshot, key: &Key, request: &mut Request) {
        snapshot.write(key, request);
    }

    fn exists(key: &Key, request: &mut Request) {
        let names = M::HISTORY.presence_names();
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

    type Held = draft::Held;
    type Changes = Changes;

    fn draft(id: &M::Id, reply: Reply) -> Result<Option<(M, Self::Held)>> {
        let Some(values) = row::<M>(reply)? else { return Ok(None) };
        let (key, stored) = (KeyOf::<M>(id), draft::Raw::of::<M>(values.as_slice()));
        let Some(model) = history::record(id, values)? else { return Ok(None) };
        let held = draft::Held::of(&model, stored?, &key);
        Ok(Some((model, held)))
    }

    fn changes(model: &M, held: &Self::Held, key: &Key) -> Result<Option<Changes>> {
        draft::changes(model, held, key)
    }

    fn reread(id: &M::Id, key: &Key, reply: Reply) -> Result<Reread<Changes>> {
        let Some(values) = row::<M>(reply)? else { return Ok(Reread::Missing) };
        let raw = draft::Raw::of::<M>(values.as_slice())?;
        let stale = Cell::new(raw.is_old());
        let model = M::HISTORY.read(id, values, Reader::empty(key).noting(&stale))?;
        if !stale.get() {
            return Ok(Reread::Current);
        }
        let held = draft::Held::of(&model, raw, key);
        let changes = draft::rewritten(&model, &held, key)?;
        Ok(changes.map_or(Reread::Current, Reread::Stale))
    }

    fn commit(changes: &Changes, key: &Key, write: Write, request: &mut Request) {
        let expiry = write.expiry;
        let call =
            Call { key, no_record: NoRecord::Missing, expiry, returned: Vec::new(), changes };
        call.write::<M>(request);
    }

    fn committed(_: &Self::Changes, reply: Reply) -> Result<Outcome<()>> {
        update::outcome(reply, Error::unexpected_reply).map(|outcome| outcome.map(drop))
    }
}

/// Returns the values of the names to read, `None` if they are of no record.
fn row<M: HashModel>(reply: Reply) -> Result<Option<vec::IntoIter<ReplyValue>>> {
    let values = reply.into_row(M::HISTORY.count_names())?;
    Ok(M::HISTORY.is_record(values.as_slice()).then_some(values))
}

/// The key of an id, made only where it is asked for.
pub(crate) struct KeyOf<'a, M: RedisModel>(pub(crate) &'a M::Id);

impl<M: RedisModel> std::fmt::Display for KeyOf<'_, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&key::write(M::SPEC.template(), self.0))
    }
}

/// The positions of the fields without which there is no record.
pub(crate) fn required<M: RedisModel>() -> impl Iterator<Item = usize> {
    let needed = needed::<M>().into_iter().enumerate();
    needed.filter(|(_, needed)| *needed == Some(Always)).map(|(at, _)| at)
}

/// Returns `true` for a field without which the record, or the flattened `Option` that
/// the field belongs to, cannot be read.
pub(crate) fn is_needed<M: RedisModel>(name: &str) -> bool {
    let mut named = M::SPEC.fields.iter().zip(needed::<M>());
    named.any(|(field, needed)| *field == name && needed.is_some())
}

/// Who cannot be read without a field: every record, or only a flattened `Option`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needed {
    Always,
    InOption,
}

use Needed::{Always, InOption};

fn needed<M: RedisModel>() -> Vec<Option<Needed>> {
    struct Fields(Vec<Option<Needed>>);

    impl<M: RedisModel> Visit<M> for Fields {
        fn field<As, V: Stored<As>>(&mut self, always: bool, _: impl Fn(&M) -> Option<&V>) {
            let needed = if always { Always } else { InOption };
            self.0.push(V::absent().is_none().then_some(needed));
        }
    }

    let mut fields = Fields(Vec::new());
    M::visit(&mut fields);
    fields.0
}

/// Whether a record may have none of its fields.
pub(crate) fn needs_marker<M: RedisModel>() -> bool {
    struct Any(bool);

    impl<M: RedisModel> Visit<M> for Any {
        fn field<As, V: Stored<As>>(&mut self, always: bool, _: impl Fn(&M) -> Option<&V>) {
            self.0 |= always && V::absent().is_none();
        }
    }

    let mut required = Any(false);
    M::visit(&mut required);
    !required.0
}

/// Adds where a value stands to why it is wrong.
pub(crate) fn at_field(name: &'static str) -> impl FnOnce(crate::error::ValueError) -> Error {
    move |error| Error::from(error).with_field(name)
}
