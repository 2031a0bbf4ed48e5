//! Typed, atomic records in Redis and Valkey.
//!
//! Derive a model for a struct. It is stored as a **hash** (one hash field per struct field)
//! or as a **blob** (one value, encoded by a [codec]), and read and changed through typed
//! operations, which run on the connections of redis-rs.
//!
//! ```
//! use redis_model::{Json, Operation, RedisModel};
//!
//! #[derive(RedisModel)]
//! #[redis(key = "user:{id}", ttl = "30d")]
//! struct User {
//!     id: u64,
//!     name: String,
//!     email: Option<String>,
//!     visits: u64,
//!     #[redis(codec = Json)]
//!     tags: Vec<String>,
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let server = redis_model::embedded::Server::start()?;
//! # let url = server.url();
//! let mut con = redis::Client::open(url)?.get_connection()?;
//! let user = User { id: 7, name: "Alice".into(), email: None, visits: 0, tags: vec![] };
//! user.save().run(&mut con)?;
//!
//! let f = User::FIELDS;
//! let update = User::update(7).incr(f.visits, 1).set(f.email, "alice@example.com");
//! assert!(update.run(&mut con)?.is_applied());
//! assert_eq!(User::select(7, (f.name, f.visits)).run(&mut con)?, Some(("Alice".into(), 1)));
//! # Ok(())
//! # }
//! ```
//!
//! # Contents
//!
//! | to | see |
//! |---|---|
//! | declare a model | [`derive(RedisModel)`](macro@RedisModel): all attributes, [keys](macro@RedisModel#keys), [optimistic locking](macro@RedisModel#optimistic-locking) |
//! | declare field types | [`derive(RedisValue)`](macro@RedisValue), [`derive(RedisFields)`](macro@RedisFields), [`derive(KeyPart)`](macro@KeyPart) |
//! | save, read and delete records | [`RedisModel`], whose methods return operations |
//! | change, select and edit fields | [`HashModel`], [`Update`], [`Condition`], [`Outcome`], [`Select`], [`Edit`] |
//! | store blobs and change their format | [`BlobModel`], [`codec`] |
//! | run operations, together or atomically | [`Operation`], [`batch`], [`atomic`] |
//! | write several records, all or nothing | [`transaction`] |
//! | use what redis-rs has and this library does not | [`command()`], [together with redis-rs](connection#together-with-redis-rs) |
//! | share a server between environments, tenants or tests | [`connection::Prefixed`] |
//! | go through all records | [`flow`] |
//! | keep counters, lists, sets, rankings, logs | [`structures`] |
//! | keep structures of one id together | [`derive(RedisKeys)`](macro@RedisKeys) |
//! | limit rates, lock, cache, run jobs, rank players, keep sessions | [`patterns`] |
//! | handle errors | [`Error`], [`ErrorKind`] |
//! | test against a private server | [`embedded`] |
//!
//! Cargo features turn on codecs, async runtimes and the types of other crates:
//! [`Cargo.toml`](https://docs.rs/crate/redis-model/latest/source/Cargo.toml.orig) describes
//! each of them.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod arguments;
mod blob;
mod clone;
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
pub mod patterns;
mod redis_rs;
mod run;
mod scan;
pub mod schema;
pub mod structures;
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

/// Compiles the README's examples.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

pub use redis;

pub use crate::blob::{BlobModel, NoFields};
#[cfg(feature = "json")]
pub use crate::codec::Json;
pub use crate::edit::{Commit, Draft, Edit};
pub use crate::error::{Error, ErrorKind, Result, ValueError};
pub use crate::field::{Field, RedisFields};
pub use crate::hash::{FieldTtl, HashModel, Record, Select, Selection};
pub use crate::key::{IntoId, Key, KeyPart, ModelId, PartWriter};
pub use crate::model::{HasTtl, RedisModel};
pub use crate::op::{Operation, atomic, batch, command, transaction};
pub use crate::structures::keys::RedisKeys;
pub use crate::ttl::Ttl;
pub use crate::update::{Condition, Conflict, Missing, Outcome, Update};
pub use crate::value::{Float, Integer, IntoIncrement, Numeric, RedisValue};

/// Maps a struct to a Redis hash or to a blob.
///
/// On the struct, `#[redis(…)]` takes:
///
/// - `key = "user:{id}"` (required): the key. `{field}` is the value of a field, which is
///   part of the key and not stored in the hash. `{{` and `}}` are braces, as for a
///   cluster's hash tags: `"user:{{{tenant}}}:{id}"`. A key without fields belongs to a
///   model of one record, whose id is `()`. A key has at most twelve fields. See
///   [Keys](#keys) for escaping, `{field:raw}` and secrets.
/// - `blob = Json`: one value, written by this [`Codec`](codec::Codec), instead of a hash.
/// - `ttl = "15m"`: every save sets this time to live. Units: `ms`, `s`, `m`,
///   `h`, `d`, `w`, also together: `"1h30m"`. It is [`RedisModel::TTL`]; `get(id).refresh()`
///   and `update(id).refresh()` set it again.
/// - `rename_all = "camelCase"`: the names of the hash fields, by serde's rules.
/// - `on_update = "refresh"`: an update sets the model's `ttl` again. The default, `"keep"`,
///   leaves the key's TTL.
/// - `crate = "path"`: the path of this crate, if it is not `::redis_model`.
/// - `name = "…"`: the model's name in the envelope and in errors, if it is not the struct's.
/// - `version = 2`, `migrate(V1)` and `on_mismatch`: the version of the struct and the
///   structs of older versions. A blob stores its version in the envelope (see
///   [`BlobModel`]), a hash in a field, with `version_field = "_v"` (see [`HashModel`]).
/// - `codecs = […]` and `envelope`, for blobs only: see [`BlobModel`].
///
/// On a field of a hash:
///
/// - `rename = "name"`: its name in the hash.
/// - `alias = "old"`: a former name, which is read if the hash still has it. Several
///   are allowed. A write of the record (a save, and an update of any of its
///   fields) moves the value to its new name, where programs that know only the
///   old name do not find it: first deploy the new name as an `alias` everywhere,
///   then swap the two.
/// - `codec = Json`: stored through a [`Codec`](codec::Codec). Required for a type that is
///   neither a [`RedisValue`] nor an `Option` of one. A value that serde serializes as none
///   is left out.
/// - `display`: stored as the text that `Display` writes and `FromStr` reads.
/// - `empty_as_none`: an empty text, as other programs write it, is read as `None`. `None`
///   is left out of the hash, as in every `Option`.
/// - `none_as = ""`, `none_as = "None"`…: `None` is stored as this text and read from it, so
///   that a save always writes the field. Another attribute beside it may say how the value
///   in the `Option` is stored. See [Forms of other programs](#forms-of-other-programs).
/// - `unix`, `unix_ms`, `unix_float`: a time as the number of seconds, milliseconds, or
///   seconds with a fraction since 1970.
/// - `bool = "True/False"`: a `bool` as one of two texts, for true and for false.
/// - `flatten`: the fields of a struct that derives [`RedisFields`], under names such as
///   `address.street`. An `Option` of such a struct can be flattened, too. A model with
///   `flatten` has at most 256 fields and aliases, those of flattened structs included, and
///   8 KiB of their names; more is a compile error.
/// - `ttl = "5m"`: the field expires. Needs Redis 7.4 or Valkey 9.
/// - `revision`: a `u32` or `u64` that counts the writes of the record, for
///   [optimistic locking](#optimistic-locking).
/// - `default`, `default = "path"`: the value if the hash does not have the field: the
///   type's default, or the one that a function returns. `default = "path"` on an `Option`
///   requires a codec, `empty_as_none` or `none_as`, which store `None`; otherwise a missing
///   field is `None`.
/// - `skip`: not stored. Read as the type's default, or as that of `default = "path"`.
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
/// Two models can have the same keys only if their templates have the same `:` and braces
/// in the same order, and at each difference between them one has a `{field}`:
/// `{tenant}:{id}` with the tenant `user` has the keys of `user:{id}`.
/// Give each model a literal part of its own, such as `user` in `{tenant}:user:{id}`.
/// `delete_all` deletes the records of all keys that match the template, also those that
/// another model wrote.
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
/// assert_eq!(Upload::parse_key("upload-a:b/{c}")?, "a:b/{c}");
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
/// # Forms of other programs
///
/// A field that other programs write, too, keeps their form: every write of this library
/// (`save`, `set`, `edit`, …) writes it, and reads accept no other.
///
/// ```
/// use std::time::{Duration, SystemTime, UNIX_EPOCH};
/// use redis_model::{Operation, RedisModel};
///
/// #[derive(Debug, PartialEq, RedisModel)]
/// #[redis(key = "account:{id}")]
/// struct Account {
///     id: u64,
///     #[redis(unix)]
///     created: SystemTime,
///     #[redis(bool = "True/False")]
///     active: bool,
///     #[redis(none_as = "", unix_float)]
///     last_login: Option<SystemTime>,
/// }
///
/// # let server = redis_model::embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// let created = UNIX_EPOCH + Duration::from_secs(1_763_680_751);
/// let account = Account { id: 7, created, active: true, last_login: None };
/// let save = account.save();
/// assert_eq!(
///     save.explain()?.to_string(),
///     r#"HSET account:7 created 1763680751 active True last_login """#
/// );
/// save.run(&mut con)?;
///
/// let (f, login) = (Account::FIELDS, created + Duration::from_millis(86_400_500));
/// let update = Account::update(7)
///     .only_if(f.created.at_most(created))
///     .incr(f.created, 60)
///     .set(f.last_login, login);
/// assert!(update.run(&mut con)?.is_applied());
/// let stored: Vec<String> = redis::cmd("HVALS").arg("account:7").query(&mut con)?;
/// assert_eq!(stored, ["1763680811", "True", "1763767151.5"]);
/// assert_eq!(Account::get(7).run(&mut con)?.unwrap().last_login, Some(login));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// - `unix` and `unix_ms` cut a time off to a whole second or millisecond (to the past), as
///   `int(time.time())` does, in writes and in conditions. So the value that is read back may
///   be up to one unit earlier than the saved one. `unix_float` writes the shortest decimal
///   that reads back as the same nanosecond, and rounds digits beyond nanoseconds that it
///   reads. The server compares `unix_float` fields as doubles, whose steps are a quarter of
///   a microsecond today.
/// - To `incr`, `at_least` and `at_most` a unix time is a number of its unit, and to `incr` an
///   absent field is 1970. A time beyond the year 9999 is an error, as are milliseconds that
///   are read as seconds, and leap seconds. Offsets and zones are not stored: times are read
///   back in UTC. Types of other crates implement [`UnixTime`](field::UnixTime).
/// - Without an attribute a time is RFC 3339 text, and a number is an error. An edit or an
///   update leaves the text of a time that it does not change, such as one with `+00:00` for
///   `Z`. To write `+00:00`, use `chrono::DateTime<FixedOffset>`.
/// - `bool` takes any two different texts with a `/` between them. One of them may be empty.
/// - With `none_as`, [`remove`](Update::remove) and a `set` to `None` write the text, and
///   conditions and [`set_if_absent`](Update::set_if_absent) take a field with this text as
///   absent. A missing field is `None`, too. A `Some` whose text is that of `None` is an error,
///   and nothing is written. If the text is a number, the field cannot be incremented.
///
/// # Optimistic locking
///
/// With `#[redis(revision)]` on a field, every write of the record adds one to it.
/// A `save` is an error ([`Conflict`](ErrorKind::Conflict)) if the stored revision is not
/// the one of the saved value. A new value starts at 0, and a record without the field
/// has 0.
///
/// - A save makes the saved value stale, too: a second `save` of it is a conflict.
///   [`Save::returning`](op::Save::returning) and [`Update::returning`] return the new
///   revision. Otherwise read the record again.
/// - [`create`](RedisModel::create) compares with nothing: it writes the value's revision
///   plus one.
/// - An `update` is correct without a revision: it adds one, and checks the revision only
///   with `only_if(f.revision.eq(…))`.
/// - Revisions are compared as numbers, exact up to the largest of the field's type. A
///   write beyond that is an error ([`OutOfRange`](ErrorKind::OutOfRange)).
/// - Redis keeps nothing of a deleted record. If a record is deleted and created again
///   from revision 0, a value that was read before the deletion is current again as soon
///   as the revisions are equal, and its save succeeds. If ids are reused, create the record
///   with the revision of the deleted one, or with one that starts at the time of its
///   creation.
#[cfg(feature = "derive")]
pub use redis_model_derive::RedisModel;

/// Makes the fields of a struct part of the models that flatten it.
///
/// A model stores such a struct field by field, under names such as `address.street`
/// (`#[redis(flatten)]` on the model's field). Structs may be flattened into one another.
///
/// On the struct, `#[redis(…)]` takes:
///
/// - `rename_all = "camelCase"`: the names of the hash fields, by serde's rules.
/// - `crate = "path"`: the path of this crate, if it is not `::redis_model`.
///
/// On a field it takes what a [model's field](macro@RedisModel) takes, apart from
/// `revision`: `rename`, `alias`, `codec`, `display`, `empty_as_none`, `flatten`, `ttl`,
/// `default` and `skip`.
///
/// ```
/// use redis_model::{Json, Operation, RedisFields, RedisModel};
///
/// #[derive(RedisFields)]
/// #[redis(rename_all = "camelCase")]
/// struct Address {
///     street: String,
///     #[redis(alias = "zip")]
///     postal_code: Option<String>,
///     #[redis(codec = Json, default)]
///     notes: Vec<String>,
/// }
///
/// #[derive(RedisModel)]
/// #[redis(key = "user:{id}")]
/// struct User {
///     id: u64,
///     #[redis(flatten)]
///     home: Address,
///     #[redis(flatten, rename = "office")]
///     work: Option<Address>,
/// }
///
/// let f = User::FIELDS;
/// assert_eq!(f.home.postal_code.name(), "home.postalCode");
/// let moved = User::update(7).set(f.work.street, "Strand").explain()?;
/// assert!(moved.to_string().contains("office.street Strand"));
/// # Ok::<(), redis_model::Error>(())
/// ```
#[cfg(feature = "derive")]
pub use redis_model_derive::RedisFields;
/// Creates the handles of [structures] whose keys belong together, such as all
/// lists and sets of one user.
///
/// ```
/// use redis_model::structures::{Counter, List, Set};
/// use redis_model::{Json, Operation, RedisKeys};
///
/// #[derive(RedisKeys)]
/// #[redis(key = "user:{id}")]
/// struct UserKeys {
///     followers: Set<u64>,         // user:{id}:followers
///     timeline: List<u64>,         // user:{id}:timeline
///     #[redis(ttl = "1h")]
///     drafts: List<String, Json>,  // user:{id}:drafts
///     #[redis(key = "score:{id}")]
///     score: Counter<u32>,         // score:{id}
/// }
///
/// # let server = redis_model::embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// let keys = UserKeys::of(7);
/// let steps = (
///     keys.followers.add(8),
///     keys.timeline.push_front_capped(1000, 800),
///     keys.score.incr(1),
/// );
/// assert_eq!(steps.run(&mut con)?, (true, 1, 1));
/// assert_eq!(keys.delete_all().run(&mut con)?, 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Every field is a [`Structure`](structures::Structure). Its key is the group's key, a `:`
/// and the field's name. The methods of [`RedisKeys`](trait@RedisKeys) create the handles
/// ([`of`](RedisKeys::of)) and change all keys in one step
/// ([`delete_all`](RedisKeys::delete_all), [`expire_all`](RedisKeys::expire_all)).
///
/// On the struct, `#[redis(…)]` takes:
///
/// - `key = "user:{id}"` (required): the beginning of the keys. `{id}` is a placeholder, whose
///   name is free. Escaping, `{{`, `}}` and `{id:raw}` are those of a model's
///   [keys](macro@RedisModel#keys), so a model may have the key `user:{id}` itself. With a
///   hash tag, `"user:{{{id}}}"`, all keys of a group are in one slot of a cluster.
/// - `id = u64`: the type of the id, for several placeholders a tuple in the key's order, such
///   as `id = (String, u64)` or `id = <User as RedisModel>::Id`. [`of`](RedisKeys::of) then
///   takes what the verbs of a model with this id take. Without a type it takes any [`KeyPart`]
///   or text for each placeholder, and another type than the intended one is not noticed.
/// - `ttl = "15m"`: a time to live for the keys of all fields that have none of their own.
/// - `rename_all = "camelCase"`: the names in the keys, by serde's rules.
/// - `crate = "path"`: the path of this crate, if it is not `::redis_model`.
///
/// On a field:
///
/// - `rename = "name"`: its name in the key.
/// - `key = "score:{id}"`: a template of its own, with all placeholders of the group's key.
/// - `ttl = "1h"`: a time to live that is set in the same step as the write that creates the
///   key; a later write does not change it.
///
/// ```
/// use redis_model::RedisKeys;
/// use redis_model::structures::{Map, SortedSet};
///
/// #[derive(RedisKeys)]
/// #[redis(key = "{{tenant:{tenant}}}:game:{number}", id = (String, u32), rename_all = "kebab-case")]
/// struct GameKeys {
///     high_scores: SortedSet<String>,
///     #[redis(rename = "opts")]
///     options: Map<String, bool>,
/// }
///
/// let keys = GameKeys::of(("acme", 7));
/// assert_eq!(keys.high_scores.key(), "{tenant:acme}:game:7:high-scores");
/// assert_eq!(keys.options.key(), "{tenant:acme}:game:7:opts");
/// ```
#[cfg(feature = "derive")]
pub use redis_model_derive::RedisKeys;

/// Stores an enum without data as the name of its variant, or a newtype as its only field.
///
/// The type is then a [`RedisValue`](trait@RedisValue): it can be a field of a hash and an
/// item of a [structure](structures).
///
/// On the enum, `#[redis(…)]` takes:
///
/// - `rename_all = "snake_case"`: the names of the variants, by serde's rules.
/// - `repr = "int"`: stored as the variant's discriminant. The default is `"name"`.
/// - `crate = "path"`: the path of this crate, if it is not `::redis_model`. A newtype takes
///   this attribute alone.
///
/// On a variant:
///
/// - `rename = "name"`: its name.
/// - `alias = "old"`: a former name, which is still read. Several are allowed.
/// - `other`: the variant for all other stored values, which are an error without it. One
///   with a field (`Other(String)`, or a number with `repr = "int"`) keeps what was stored.
///
/// ```
/// use redis_model::{Operation, RedisModel, RedisValue};
///
/// #[derive(Debug, PartialEq, RedisValue)]
/// #[redis(rename_all = "snake_case")]
/// enum Status {
///     InStock,
///     #[redis(rename = "gone", alias = "sold_out")]
///     SoldOut,
///     #[redis(other)]
///     Other(String),
/// }
///
/// #[derive(Debug, PartialEq, RedisValue)]
/// #[redis(repr = "int")]
/// enum Size { Small = 1, Large = 5 }
///
/// #[derive(Debug, PartialEq, RedisValue)]
/// struct Cents(u64);
///
/// #[derive(RedisModel)]
/// #[redis(key = "item:{id}")]
/// struct Item { id: u64, status: Status, size: Size, price: Cents }
///
/// let item = Item { id: 7, status: Status::InStock, size: Size::Large, price: Cents(250) };
/// assert_eq!(item.save().explain()?.to_string(), "HSET item:7 status in_stock size 5 price 250");
///
/// # let server = redis_model::embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// item.save().run(&mut con)?;
/// redis::cmd("HSET").arg("item:7").arg("status").arg("recalled").exec(&mut con)?;
/// let item = Item::get(7).run(&mut con)?.unwrap();
/// assert_eq!(item.status, Status::Other("recalled".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "derive")]
pub use redis_model_derive::RedisValue;

/// Makes an enum without data or a newtype a part of keys.
///
/// The part is the text that a field stores for the type, escaped as any other. The
/// attributes are those of [`RedisValue`](macro@RedisValue), so both can be derived
/// together: `rename_all`, `repr` and `crate` on the type, `rename`, `alias` and `other` on
/// a variant. A key with an `alias` is not the key of the id, which has the variant's name:
/// scans skip it.
///
/// ```
/// use redis_model::{KeyPart, RedisModel, RedisValue};
///
/// #[derive(Clone, Debug, PartialEq, KeyPart, RedisValue)]
/// #[redis(rename_all = "lowercase")]
/// enum Region {
///     Europe,
///     #[redis(rename = "us")]
///     America,
/// }
///
/// #[derive(Clone, Debug, PartialEq, KeyPart)]
/// struct Sku(String);
///
/// #[derive(RedisModel)]
/// #[redis(key = "stock:{region}:{sku}")]
/// struct Stock { region: Region, sku: Sku, pieces: u32 }
///
/// let id = (Region::America, Sku("A-7".into()));
/// assert_eq!(Stock::key(id.clone()), "stock:us:A-7");
/// assert_eq!(Stock::parse_key("stock:us:A-7")?, id);
/// # Ok::<(), redis_model::Error>(())
/// ```
#[cfg(feature = "derive")]
pub use redis_model_derive::KeyPart;
