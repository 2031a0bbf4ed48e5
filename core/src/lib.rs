#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]

mod blob;
pub mod codec;
pub mod connection;
mod edit;
mod erased;
mod error;
pub mod field;
pub mod flow;
mod hash;
mod key;
mod model;
pub mod op;
mod redis_rs;
mod run;
mod scan;
pub mod schema;
mod ttl;
mod update;
mod value;
mod verbs;

#[cfg(all(feature = "embedded", unix))]
#[cfg_attr(docsrs, doc(cfg(feature = "embedded")))]
pub mod embedded;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use redis;

pub use crate::blob::{BlobModel, NoFields};
#[cfg(feature = "json")]
pub use crate::codec::Json;
pub use crate::edit::{Commit, Draft, Edit};
pub use crate::error::{Error, ErrorKind, Result, ValueError};
pub use crate::field::{Field, RedisFields};
pub use crate::hash::{FieldTtl, HashModel, Select, Selection};
pub use crate::key::{IntoId, Key, KeyPart, ModelId, PartWriter};
pub use crate::model::RedisModel;
pub use crate::op::{Operation, atomic, batch};
pub use crate::ttl::Ttl;
pub use crate::update::{Condition, Conflict, Outcome, Update};
pub use crate::value::{Float, Integer, IntoIncrement, Numeric, RedisValue};

/// Maps a struct with named fields to a Redis hash, or to a blob.
///
/// On the struct, `#[redis(…)]` takes:
///
/// - `key = "user:{id}"` (required): the key. `{field}` stands for a field,
///   which is then part of the key and not stored in the hash. `{{` and `}}` are
///   braces, as for a cluster's hash tags: `"user:{{{tenant}}}:{id}"`. A key that
///   names nothing is that of a model with one record, whose id is `()`. A key names at
///   most twelve fields. See
///   [Keys](#keys) for escaping, `{field:raw}` and what must not be in a key.
/// - `blob = Json`: one value, written by this [`Codec`](codec::Codec), instead of a hash.
/// - `ttl = "15m"`: every save sets this time to live. Units: `ms`, `s`, `m`,
///   `h`, `d`, `w`, also together: `"1h30m"`.
/// - `rename_all = "camelCase"`: how fields are named in the hash, by serde's rules.
/// - `on_update = "keep"` (the default) or `"refresh"`: whether an update sets
///   the model's `ttl` anew.
/// - `crate = "path"`: where this crate is, if not at `::redis_model`.
/// - `name = "…"`: the model's name in errors and envelopes, if not the struct's.
/// - `version = 2`, `migrate(V1)` and `on_mismatch`: the version of the struct,
///   for when it changes; for blobs, where it stands in the envelope, see
///   [`BlobModel`], for hashes, with `version_field = "_v"`, [`HashModel`].
/// - for blobs also `codecs = […]` and `envelope`: see [`BlobModel`].
///
/// On a field of a hash:
///
/// - `rename = "name"`: its name in the hash.
/// - `alias = "old"`: a name that it had, read where the hash still has it; several
///   are allowed. Whatever writes the record (a save, and an update of any of its
///   fields) moves the value to its new name, where programs that know only the
///   old one do not find it: first deploy the new name as an `alias` everywhere,
///   then swap the two.
/// - `codec = Json`: stored through a [`Codec`](codec::Codec); needed for what is neither a
///   [`RedisValue`] nor an `Option` of one. A serde value that is `None` is left out.
/// - `display`: stored as the text that `Display` writes and `FromStr` reads.
/// - `empty_as_none`: an empty text is `None`, as other programs write it.
/// - `flatten`: the fields of a struct that derives [`RedisFields`], under
///   names such as `address.street`; also of an `Option` of one. A model that has
///   `flatten`, `alias`, `ttl` or `version` on a field has at most 256 fields and
///   aliases, those of flattened structs included, and 8 KiB of their names; more
///   is a compile error.
/// - `ttl = "5m"`: the field expires, where the server can (Redis 7.4, Valkey 9).
/// - `version`: a `u32` or `u64` that counts the writes of the record, for
///   optimistic locking; see [below](#optimistic-locking). (The version of the
///   *struct* is an attribute of the struct.)
/// - `default`, `default = "path"`: its type's default, or what a function
///   returns, where the hash does not have the field.
/// - `skip`: not stored; its type's default on reading.
///
/// ```
/// use std::collections::BTreeMap;
/// use redis_model::{Json, Operation, RedisModel};
///
/// #[derive(RedisModel)]
/// #[redis(key = "tenant:{tenant}:user:{id}", ttl = "30d", rename_all = "camelCase")]
/// struct User {
///     tenant: String,
///     id: u64,
///     full_name: String,
///     nick: Option<String>,
///     #[redis(codec = Json, default)]
///     settings: BTreeMap<String, bool>,
///     #[redis(skip)]
///     cached: Option<String>,
/// }
///
/// assert_eq!(User::key(("acme", 7)), "tenant:acme:user:7");
/// let plan = User::get(("acme", 7)).explain()?;
/// assert_eq!(plan.to_string(), "HMGET tenant:acme:user:7 fullName nick settings");
/// # Ok::<(), redis_model::Error>(())
/// ```
///
/// # Keys
///
/// Every key parses back to exactly its id, which scans rely on, and different
/// ids have different keys. In the values of fields `%`, `:`, `{`, `}` and control
/// characters are escaped as `%XX`, so an escaped value ends where the next `:` or
/// brace of the template begins. Therefore each `{field}` needs a `:` or a literal
/// brace on both sides, or the key's start or end: `user-{id}` is a compile error,
/// because the id `admin-7` would get the key of another model's `user-admin-{id}`.
///
/// Two models share keys only if their templates have the same `:` and braces in
/// the same order, and where their texts between these differ, one of the two has
/// a `{field}`: `{tenant}:{id}` with the tenant `user` has the keys of `user:{id}`.
/// Give each model a literal part of its own, such as `user` in `{tenant}:user:{id}`.
/// `delete_all` deletes the records behind all keys of the template, whichever
/// model wrote them.
///
/// `{field:raw}` is not escaped, for keys that other programs chose:
///
/// ```
/// use redis_model::RedisModel;
///
/// #[derive(RedisModel)]
/// #[redis(key = "upload-{path:raw}")]
/// struct Upload { path: String, size: u64 }
///
/// assert_eq!(Upload::key("a:b/{c}"), "upload-a:b/{c}");
/// assert_eq!(Upload::id_of("upload-a:b/{c}")?, "a:b/{c}");
/// # Ok::<(), redis_model::Error>(())
/// ```
///
/// One part of a key may be raw, but not the whole key. It can contain anything, so no
/// other model's keys may look like this model's, and on a cluster a brace in the value
/// chooses the slot. Several parts without separators, such as those of `user-acme-7`, are one
/// raw field of a type that implements [`KeyPart`].
///
/// Keys are not secret: error messages and [`Error::key`] show them, [`Operation::explain`]
/// too, and the server shows them in its slow log and to every client that may scan.
/// Do not put a secret into a key. If the id is one, as the token of a session is,
/// use a hash of it (SHA-256, for example) as the id, both to save and to look up.
///
/// # Optimistic locking
///
/// With `#[redis(revision)]` on a field, every write of the record adds one to it,
/// and a `save` is an error ([`Conflict`](ErrorKind::Conflict)) unless the stored
/// count is that of the value in hand. A new value starts at 0, and a record
/// without the field has 0.
///
/// - A save makes the value in hand stale, too: a second `save` of it is a
///   conflict. [`Save::returning`](op::Save::returning) returns the new count to go on with, and so does
///   [`Update::returning`]. Otherwise read the record again.
/// - [`create`](RedisModel::create) has nothing to compare with: it writes the
///   count of the value plus one.
/// - An `update` needs no count to be correct: it adds one, and checks it only with
///   `only_if(f.version.eq(…))`.
/// - Counts are compared as numbers, exact up to the largest of the field's type. A
///   write beyond that is an error ([`OutOfRange`](ErrorKind::OutOfRange)).
/// - Redis keeps nothing of a deleted record. If one is deleted and created again
///   with a new count from 0, a value that was read before the deletion has a
///   current count again as soon as the counts meet, and its save succeeds. Where
///   ids come back, create the record with the count of the deleted one, or with one
///   that starts at the time of its creation.
#[cfg(feature = "derive")]
pub use redis_model_derive::RedisModel;
#[cfg(feature = "derive")]
pub use redis_model_derive::{KeyPart, RedisFields, RedisValue};
