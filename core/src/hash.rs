//! Hash models: one field of the struct, one field of a Redis hash.
//!
//! A record is read with HMGET of the model's own fields, not HGETALL: at the
//! same cost for the server its reply is half as large, needs no names to be
//! compared, and is not concerned with fields that others put into the hash.

mod draft;
mod read;
mod select;
mod write;

pub(crate) use read::Reader;
pub use select::{Select, Selection};

use crate::error::{Error, Result};
use crate::field::Stored;
use crate::key::{self, Key};
use crate::model::{Read, RedisModel, Storage, Visit, Write};
use crate::op::{Reply, Request, Script};
use crate::update::{Call, Changes};

/// A model that is stored as a hash: its fields can be read and changed one by one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not stored as a hash: it has no fields to read or change in place",
    label = "stored as a blob",
    note = "leave out `blob = …` in `#[redis(…)]` to store `{Self}` as a hash, or read and save it as a whole"
)]
pub trait HashModel: RedisModel {}

/// Stored as a hash.
#[derive(Debug, Clone, Copy)]
pub struct Hash;

/// Redis has no empty hash: a record that can have no field at all has this
/// one, so that it exists.
pub(crate) const MARKER: &str = "_";

static GET: Script = Script::new("hash_get", include_str!("hash/get.lua"));

impl<M: HashModel> Storage<M> for Hash {
    const TYPE: &'static str = "hash";

    fn write(model: &M, write: Write, request: &mut Request) -> Result<()> {
        write::write(model, write, request)
    }

    fn written(reply: Reply) -> Result<bool> {
        reply.into_int().map(|written| written != 0)
    }

    fn read(key: &Key, read: Read, request: &mut Request) -> Result<()> {
        let names = M::SPEC.fields;
        let marker = needs_marker::<M>().then_some(MARKER);
        let count = names.len() + M::SPEC.aliases().count() + 2;
        let bytes = key.len() + M::SPEC.read_names().map(str::len).sum::<usize>() + 32;
        let mut command = match read {
            Read::Stay => {
                let mut command = request.command("HMGET", count, bytes);
                command.arg(key);
                command
            }
            Read::Expire(after) => {
                let mut command = request.script(&GET, key, count, bytes);
                command.int(after.0).int(0);
                command
            }
            Read::Delete => {
                let mut command = request.script(&GET, key, count + names.len() + 1, bytes);
                command.arg("delete").int(required::<M>().count());
                let first = |at: usize| {
                    at + (0..at).map(|at| M::SPEC.extra(at).aliases.len()).sum::<usize>()
                };
                for at in required::<M>() {
                    command.int(first(at) + 1).int(first(at + 1));
                }
                command
            }
        };
        for name in M::SPEC.read_names().chain(marker) {
            command.arg(name);
        }
        Ok(())
    }

    fn record(id: &M::Id, reply: Reply) -> Result<Option<M>> {
        let key = KeyOf::<M>(id);
        let Some(values) = reply.into_row()? else { return Ok(None) };
        read::record(id, Reader::new(values, &M::SPEC, &key)).map(Some)
    }

    type Held = draft::Held;
    type Changes = Changes;

    fn draft(id: &M::Id, reply: Reply) -> Result<Option<(M, Self::Held)>> {
        let Some(values) = reply.into_row()? else { return Ok(None) };
        let (key, held) = (KeyOf::<M>(id), draft::stored::<M>(values.as_slice()));
        let model = read::record(id, Reader::new(values, &M::SPEC, &key))?;
        let held = draft::Held::of(&model, held, &key);
        Ok(Some((model, held)))
    }

    fn changes(model: &M, held: &Self::Held, key: &Key) -> Result<Option<Changes>> {
        draft::changes(model, held, key)
    }

    fn commit(changes: &Changes, key: &Key, write: Write, request: &mut Request) {
        let expiry = write.expiry;
        Call { key, or_create: false, expiry, returned: Vec::new(), changes }.write::<M>(request);
    }
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
    struct Required(Vec<usize>, usize);

    impl<M: RedisModel> Visit<M> for Required {
        fn field<As, V: Stored<As>>(&mut self, always: bool, _: impl Fn(&M) -> Option<&V>) {
            if always && V::absent().is_none() {
                self.0.push(self.1);
            }
            self.1 += 1;
        }
    }

    let mut required = Required(Vec::new(), 0);
    M::visit(&mut required);
    required.0.into_iter()
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
