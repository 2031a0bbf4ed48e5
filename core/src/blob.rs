//! Blob models: the whole struct in one Redis string, written by a codec.

mod compare_and_set;

use std::cell::Cell;
use std::marker::PhantomData;

use crate::codec::{self, BlobFormat, Codec, CodecList, Location, Predecessors};
use crate::erased::{AnyModel, AnyRecord, DecodeInto, RecordChanges, RewriteCheck, Stored, Write};
use crate::error::{Error, ErrorKind, Result, ValueError};
use crate::key::{self, Key, Segment, Template};
use crate::model::{RedisModel, Storage};
use crate::op::{CommandWriter, Request, Script};
use crate::schema::Schema;
use crate::schema::visit::{Purpose, Visitor, set_id};
use crate::ttl::Expiry;
pub(crate) use compare_and_set::{COMPARE_AND_SET, CompareAndSet, Snapshot};

/// A model that is stored as a blob: `#[redis(key = "…", blob = Json)]`.
///
/// The bytes hold the whole struct, with its id unless serde skips it. A record that is
/// read from Redis gets the id of its key, by every operation.
///
/// # Records without an id
///
/// Other programs often leave the id out of the value, because the key has it.
/// `#[serde(skip)]` on the id's field reads such records, and writes no id either:
///
/// ```
/// # use redis_model::{Json, Operation, RedisModel, embedded};
/// # use serde::{Deserialize, Serialize};
/// #[derive(Debug, Serialize, Deserialize, RedisModel)]
/// #[redis(key = "user:{id}", blob = Json)]
/// struct User {
///     #[serde(skip)]
///     id: u64,
///     name: String,
/// }
///
/// # let server = embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// redis::cmd("SET").arg("user:7").arg(r#"{"name":"Ada"}"#).exec(&mut con)?;
/// let ada = User::get(7).run(&mut con)?.unwrap();
/// assert_eq!((ada.id, &*ada.name), (7, "Ada"));
/// assert_eq!(ada.to_bytes()?, br#"{"name":"Ada"}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// `#[serde(default)]` reads records with and without an id, and writes it. Both need an id
/// with a `Default`, which only [`from_bytes`](RedisModel::from_bytes) returns, because it
/// has no key.
///
/// # Changing the struct
///
/// With [`Json`](crate::Json), `MsgPack` and `Cbor`, fields can be added
/// (`#[serde(default)]`) and removed as with serde anywhere. For other changes, and for
/// other codecs, a model has a `version`, and a value of an older version is read as the
/// struct of that version:
///
/// ```
/// # use redis_model::{Json, Operation, RedisModel, ValueError, embedded};
/// # use serde::{Deserialize, Serialize};
/// #[derive(Serialize, Deserialize)]
/// struct UserV1 { id: u64, name: String }
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize, RedisModel)]
/// #[redis(key = "user:{id}", blob = Json, version = 2, migrate(UserV1))]
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
/// redis::cmd("SET").arg("user:7").arg(r#"{"id":7,"name":"Alice Example"}"#).exec(&mut con)?;
/// let user = User::get(7).run(&mut con)?.unwrap();
/// assert_eq!(user.last, "Example");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// `migrate(V1, V2)` lists the versions before this one, oldest first; each is converted
/// to the next. `codecs = [New, Old]` does the same for codecs: the first writes, all are
/// read. A value of another codec or version is an
/// [error](crate::Error::is_mismatch) or, with `on_mismatch = "miss"`, counts as absent.
///
/// # Deploying a change
///
/// While a new program is deployed, old programs are still running. A program
/// whose model has a `version` refuses to read or save over a value of a later
/// version ([`NewerVersion`](crate::ErrorKind::NewerVersion)), so it never undoes
/// what a newer program wrote; [`overwrite_newer`](crate::op::Save::overwrite_newer)
/// does it all the same, and so does `on_mismatch = "miss"`, as of a cache: what
/// is not there can be written. A model *without* a version refuses to read such a value
/// but saves over it, since it does not look at what is stored. So deploy in
/// this order:
///
/// 1. Deploy `version = 1` everywhere, and no other change. Values without an
///    envelope are of version 1 already. (Other programs that read the plain
///    JSON must then know the envelope, see below.)
/// 2. Deploy `version = 2, migrate(UserV1)`. Until the last program of version 1
///    is replaced, these programs get an error for what the new ones have written.
/// 3. When no program of version 1 runs any more, run
///    [`rewrite_all`](RedisModel::rewrite_all). If nothing failed, `migrate` is
///    not needed any more.
///
#[doc = include_str!("codec/envelope.md")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not stored as a blob",
    label = "stored as a hash",
    note = "write `blob = Json` in `#[redis(…)]` to store `{Self}` as one value"
)]
pub trait BlobModel: RedisModel {
    /// The codec that encodes and decodes the bytes.
    type Codec: Codec<Self>;

    #[doc(hidden)]
    const VERSIONS: BlobVersions<Self> = BlobVersions::new::<(), ()>(BlobFormat::DEFAULT);
}

/// A blob model's codecs, versions and envelope: the container attributes `codecs`,
/// `version`, `migrate`, `envelope` and `on_mismatch`.
#[doc(hidden)]
#[derive(Debug)]
pub struct BlobVersions<M> {
    format: BlobFormat,
    read: fn(&[u8], &Location<'_>, &'static str, BlobFormat) -> Result<M, ValueError>,
}

#[doc(hidden)]
impl<M: BlobModel> BlobVersions<M> {
    /// `Older` are the codecs that are read besides the model's own. (With that one in
    /// the list, one mistake would make two errors.) `P` are the older versions.
    pub const fn new<Older, P>(format: BlobFormat) -> Self
    where
        Older: CodecList<M>,
        P: Predecessors<M, (M::Codec, Older)>,
    {
        Self { format, read: codec::read::<M, M::Codec, (M::Codec, Older), P> }
    }
}

/// Stored as a blob.
#[derive(Debug, Clone, Copy)]
pub struct Blob;

/// The handles of a blob, which has no fields.
#[derive(Debug, Clone, Copy)]
pub struct NoFields(PhantomData<()>);

impl NoFields {
    #[doc(hidden)]
    pub const NONE: Self = Self(PhantomData);
}

/// The size up to which a blob is written by `SET … GET`. That refuses other types, but
/// returns the old value. Larger blobs are written by a script, which costs the server more
/// and returns nothing.
const SMALL: usize = 1024;

pub(crate) static SAVE: Script = Script::new("blob_save", include_str!("blob/save.lua"));
pub(crate) static CREATE: Script = Script::new("blob_create", include_str!("blob/create.lua"));
pub(crate) static DELETE_UNCHANGED: Script =
    Script::new("blob_delete_unchanged", include_str!("blob/delete_unchanged.lua"));

impl<M: BlobModel> Storage<M> for Blob {
    fn model() -> AnyModel {
        let format = M::VERSIONS.format;
        AnyModel::Blob(BlobMapping { schema: &M::SCHEMA, codec: M::Codec::NAME, format })
    }

    fn decode(id: &M::Id, stored: Stored<'_, '_>) -> Result<M> {
        match stored {
            Stored::Bytes { bytes, at } => decode_at(id, bytes, at),
            Stored::Row { .. } => Err(Error::unexpected_reply()),
        }
    }

    #[allow(private_interfaces)]
    fn visit<'v>(record: &'v M, purpose: Purpose<'v>) {
        match purpose {
            Purpose::Bytes(at, bytes) => *bytes = Some(encode(record, at)),
            parts => M::visit(&mut Visitor::new(Some(record), parts)),
        }
    }
}

/// A blob model without its type.
#[derive(Debug, Clone, Copy)]
pub struct BlobMapping {
    pub(crate) schema: &'static Schema,
    pub(crate) codec: &'static str,
    format: BlobFormat,
}

/// Adds the command that writes a record.
pub(crate) fn save(
    mapping: BlobMapping,
    record: &dyn AnyRecord,
    key: &Key,
    write: Write,
    request: &mut Request,
) -> Result<()> {
    let bytes = record.to_bytes(Location::at_key(key))?;
    let expiry = write.expiry.check()?;
    let size = bytes.len() + key.len() + 40;
    if write.only_new && request.is_of_scripts() {
        let mut command = request.script(&CREATE, key, 3, size);
        set_expiry(command.arg(bytes), expiry);
    } else if write.only_new {
        let mut command = request.command("SET", 5, size);
        set_expiry(command.arg(key).arg(bytes).arg("NX"), expiry);
    } else if mapping.format.checks_version() && !write.overwrite_newer {
        let mut command = request.script(&SAVE, key, 4, size);
        command.int(mapping.format.current_version());
        set_expiry(command.arg(bytes), expiry);
    } else if bytes.len() <= SMALL && !request.is_of_scripts() {
        let mut command = request.command("SET", 5, size);
        set_expiry(command.arg(key).arg(bytes).arg("GET"), expiry);
    } else {
        let mut command = request.typed_command("string", "SET", key, 3, size);
        set_expiry(command.arg(bytes), expiry);
    }
    Ok(())
}

/// Adds the command that writes a record for a user who may not run scripts. `GET` makes the
/// server check the key's type.
pub(crate) fn save_without_script(
    mapping: BlobMapping,
    record: &dyn AnyRecord,
    key: &Key,
    write: Write,
    request: &mut Request,
) -> Result<()> {
    if mapping.format.checks_version() && !write.overwrite_newer {
        let message = "this model cannot be saved without a script: its `version` is compared with \
                       the stored one (`overwrite_newer` compares none)";
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    let bytes = record.to_bytes(Location::at_key(key))?;
    let expiry = write.expiry.check()?;
    let mut command = request.command("SET", 5, bytes.len() + key.len() + 40);
    set_expiry(command.arg(key).arg(bytes).arg("GET"), expiry);
    Ok(())
}

/// Adds the command that reads a record, and sets its time to live to `refresh`.
pub(crate) fn encode_read(key: &Key, refresh: Option<u64>, request: &mut Request) {
    match refresh {
        None => {
            request.command("GET", 1, key.len()).arg(key);
        }
        Some(millis) => {
            request.command("GETEX", 3, key.len() + 24).arg(key).arg("PX").int(millis);
        }
    }
}

/// Decodes a record and returns it, `None` if it is of another version or codec and that
/// counts as absent.
pub(crate) fn decode_or_none<'a>(
    mapping: BlobMapping,
    key: &Key,
    bytes: &[u8],
    into: &'a mut dyn DecodeInto,
) -> Result<Option<&'a dyn AnyRecord>> {
    match into.decode(Stored::Bytes { bytes, at: Location::at_key(key) }) {
        Err(error) if mapping.format.mismatch_is_none && error.is_mismatch() => Ok(None),
        decoded => decoded.map(Some),
    }
}

/// Adds the command that deletes a record if it still is these bytes.
pub(crate) fn encode_delete(stored: &[u8], key: &Key, request: &mut Request) {
    request.script(&DELETE_UNCHANGED, key, 1, stored.len()).arg(stored);
}

/// Decodes a record and returns its snapshot.
pub(crate) fn decode_draft(
    mapping: BlobMapping,
    key: &Key,
    stored: Vec<u8>,
    into: &mut dyn DecodeInto,
) -> Result<Option<Snapshot>> {
    let Some(record) = decode_or_none(mapping, key, &stored, into)? else { return Ok(None) };
    // The stored bytes may be of an older codec, version or key.
    let written = record.to_bytes(Location::at_key(key).for_comparison())?;
    Ok(Some(Snapshot { stored, written }))
}

/// Returns the changes of a record since it was read.
pub(crate) fn changes(
    record: &dyn AnyRecord,
    key: &Key,
    read: &Snapshot,
) -> Result<Option<CompareAndSet>> {
    let location = Location::at_key(key);
    if record.to_bytes(location.for_comparison())? == read.written {
        return Ok(None);
    }
    let new = record.to_bytes(location)?;
    Ok(Some(CompareAndSet { old: read.stored.clone(), new }))
}

/// Decodes a record and returns the changes that write it in its current form.
pub(crate) fn decode_to_rewrite(
    key: &Key,
    stored: Vec<u8>,
    into: &mut dyn DecodeInto,
) -> Result<RewriteCheck> {
    let stale = Cell::new(false);
    let at = Location::at_key(key).with_rewrite_flag(&stale);
    let record = into.decode(Stored::Bytes { bytes: &stored, at })?;
    if !stale.get() {
        return Ok(RewriteCheck::Current);
    }
    let new = record.to_bytes(Location::at_key(key))?;
    let changes = CompareAndSet { old: stored, new };
    Ok(RewriteCheck::Stale(RecordChanges::Blob(changes)))
}

fn set_expiry(command: &mut CommandWriter<'_>, expiry: Expiry) {
    match expiry {
        Expiry::Keep => {
            command.arg("KEEPTTL");
        }
        Expiry::After(millis) => {
            command.arg("PX").int(millis);
        }
        // A plain SET takes the TTL away.
        Expiry::Persist | Expiry::Invalid => {}
    }
}

pub(crate) fn encode<M: BlobModel>(model: &M, location: Location<'_>) -> Result<Vec<u8>> {
    let header = M::VERSIONS.format.header::<M, M::Codec>(M::SCHEMA.name);
    let mut bytes = Vec::with_capacity(256);
    bytes.extend_from_slice(header.as_bytes());
    let location = location.with_header(header.as_bytes());
    M::Codec::encode(model, &location, &mut bytes).map_err(wrong::<M>)?;
    codec::check_size(bytes.len()).map_err(wrong::<M>)?;
    Ok(bytes)
}

pub(crate) fn decode<M: BlobModel>(bytes: &[u8], location: Location<'_>) -> Result<M> {
    let versions = M::VERSIONS;
    (versions.read)(bytes, &location, M::SCHEMA.name, versions.format).map_err(wrong::<M>)
}

/// Decodes a record and puts the id of its key into it. The bytes hold the id that it
/// was written with, and a key may have been copied.
fn decode_at<M: BlobModel>(id: &M::Id, bytes: &[u8], location: Location<'_>) -> Result<M> {
    let versions = M::VERSIONS;
    let read = (versions.read)(bytes, &location, M::SCHEMA.name, versions.format);
    let mut model = read.map_err(|error| wrong::<M>(hint_at_key(error, M::SCHEMA.template())))?;
    set_id(&mut model, id);
    Ok(model)
}

/// Adds what to do if the bytes lack a field that the key has.
#[cold]
fn hint_at_key(error: ValueError, template: Template) -> ValueError {
    let text = error.to_string();
    let part = template.segments().find_map(|segment| match segment {
        Segment::Placeholder { name, .. } => {
            text.ends_with(&format!(": the field `{name}` is missing")).then_some(name)
        }
        Segment::Literal(_) => None,
    });
    match part {
        Some(name) if error.kind == ErrorKind::Codec && !text.contains(" at ") => {
            let hint = format!("{text}; add `#[serde(skip)]` to `{name}`, which the key has");
            let mut hinted = ValueError::computed(error.kind, hint);
            hinted.codec = error.codec;
            hinted
        }
        _ => error,
    }
}

pub(crate) fn needs_rewrite<M: BlobModel>(id: &M::Id, bytes: &[u8]) -> Result<bool> {
    let stale = Cell::new(false);
    let key = key::write(M::SCHEMA.template(), id);
    decode::<M>(bytes, Location::at_key(&key).with_rewrite_flag(&stale))?;
    Ok(stale.get())
}

fn wrong<M: BlobModel>(error: ValueError) -> Error {
    Error::from(error.of_codec(M::Codec::NAME)).with_model(M::SCHEMA.name)
}
