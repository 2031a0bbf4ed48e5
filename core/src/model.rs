//! Models: structs that are kept in Redis.

mod has_ttl;
mod storage;

use std::borrow::Borrow;
use std::time::Duration;

use crate::codec::Location;
use crate::edit::{Edit, Modify};
use crate::erased::key_of;
use crate::error::{Error, Result};
use crate::field::Field;
use crate::key::{IntoId, Key, ModelId};
use crate::scan::{Count, DeleteAll, RewriteAll, Scan, ScanIds};
use crate::schema::visit::Visitor;
use crate::schema::{Description, Schema};
use crate::verbs::{
    Create, Delete, DeleteMany, Exists, Expire, Get, GetMany, GetOrInsertWith, GetTtl, Persist,
    Save, SaveMany, Take, TakeMany,
};
use crate::{blob, hash, key, schema, update};

pub use has_ttl::HasTtl;
pub(crate) use storage::Storage;
pub use storage::Stub;

/// A struct whose records are stored in Redis, each under a key of its own; use
/// `#[derive(RedisModel)]`.
///
/// Every method returns an [operation](crate::Operation), which does nothing
/// until it is run. Ids are given as they are: `User::get(1000)`,
/// `Country::get("de")`, `Member::get((tenant, 7))`.
///
/// Code over any model takes it as a type parameter:
///
/// ```
/// use redis::aio::MultiplexedConnection;
/// use redis_model::{Operation, RedisModel, Result};
///
/// /// The records of a model, on a connection that is cheap to clone.
/// #[derive(Clone)]
/// struct Repo { con: MultiplexedConnection }
///
/// impl Repo {
///     async fn find<M: RedisModel + Send>(&self, id: M::Id) -> Result<Option<M>> {
///         M::get(id).run_on(&self.con).await
///     }
///
///     async fn store<M: RedisModel + Sync>(&self, record: &M) -> Result<()> {
///         record.save().run_on(&self.con).await
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "not a model",
    note = "add `#[derive(RedisModel)]` and `#[redis(key = \"…\")]` to `{Self}`"
)]
pub trait RedisModel: Sized {
    /// The id: the value of the key's placeholder, or a tuple in the key's order.
    type Id: ModelId;

    /// The struct of field handles behind [`FIELDS`](Self::FIELDS).
    type Fields;

    #[doc(hidden)]
    type Storage: Storage<Self>;

    /// The handles of the stored fields: `User::FIELDS.visits`.
    const FIELDS: Self::Fields;

    /// The model as data: its name, key, time to live and stored names.
    const SCHEMA: Schema;

    /// The model's time to live: `#[redis(ttl = "30d")]`. `None` if its records do not expire
    /// by themselves.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use redis_model::RedisModel;
    /// #[derive(RedisModel)]
    /// #[redis(key = "session:{token}", ttl = "2h")]
    /// struct Session { token: String, user: u64 }
    ///
    /// assert_eq!(Session::TTL, Some(Duration::from_secs(2 * 3600)));
    /// ```
    const TTL: Option<Duration> = match Self::SCHEMA.ttl {
        Some(millis) => Some(Duration::from_millis(millis)),
        None => None,
    };

    /// Visits the parts of the key, in the key's order, then the stored
    /// fields, in the order of [`Schema::fields`].
    #[doc(hidden)]
    fn visit(visit: &mut Visitor<'_, Self, Self::Id>);

    /// Returns the model as data, with the types of its fields, for tools and for
    /// documentation: its `Display` writes a table.
    ///
    /// ```
    /// # use redis_model::{Json, RedisModel};
    /// #[derive(RedisModel)]
    /// #[redis(key = "user:{id}", ttl = "30d")]
    /// struct User {
    ///     id: u64,
    ///     name: String,
    ///     #[redis(alias = "mail")]
    ///     email: Option<String>,
    ///     #[redis(codec = Json)]
    ///     tags: Vec<String>,
    /// }
    ///
    /// let table = User::describe().to_string();
    /// assert!(table.ends_with("\
    /// | field | type | stored |
    /// |---|---|---|
    /// | `name` | `String` |  |
    /// | `email` | `Option<String>` | may be absent, read from `mail`, too |
    /// | `tags` | `Vec<String>` | as json |
    /// "));
    /// ```
    fn describe() -> Description {
        schema::describe::<Self>()
    }

    /// Returns the key of a record: `user:1000`.
    fn key(id: impl IntoId<Self::Id>) -> Key {
        key::write(Self::SCHEMA.template(), &id.into_id())
    }

    /// Returns the key of this record.
    fn redis_key(&self) -> Key {
        key_of(self)
    }

    /// Returns the id in a key that [`key`](Self::key) returned.
    ///
    /// # Errors
    ///
    /// [`InvalidValue`](crate::ErrorKind::InvalidValue) if the key is not one of this model.
    fn parse_key(key: &str) -> Result<Self::Id> {
        key::read(Self::SCHEMA.template(), key)
            .map_err(|error| Error::from(error).with_model(Self::SCHEMA.name).with_key(key))
    }

    /// Writes the record in one atomic step, and creates it if there is none.
    ///
    /// Fields that are `None` are removed; fields that this struct does not know are kept.
    /// The key's time to live is set if the model has a `ttl`, and else kept;
    /// [`Save::ttl`], [`Save::keep_ttl`] and [`Save::persist`] override the model's `ttl`, and
    /// [`Save::only_if`] adds conditions.
    /// A key of another Redis type is left unchanged.
    ///
    /// # Errors
    ///
    /// [`NewerVersion`](crate::ErrorKind::NewerVersion) if the model has a
    /// `version` and the record is of a later one; [`Save::overwrite_newer`] and
    /// `on_mismatch = "miss"` write all the same.
    /// [`Conflict`](crate::ErrorKind::Conflict) if a field counts the writes
    /// (`#[redis(revision)]`) and the record was written or deleted since this
    /// value was read. Nothing is written in either case.
    ///
    /// | stored as | sends |
    /// |---|---|
    /// | hash, no `None`, no TTL to set, no version to check | [`HSET`](https://redis.io/commands/hset) |
    /// | hash, else | a script: `HGET` of versions, `HSET`, `HDEL` of what is `None`, `PEXPIRE` |
    /// | blob with a `version` | a script: `GETRANGE` of the envelope, `SET` |
    /// | blob up to 1 KiB | [`SET … GET`](https://redis.io/commands/set), which refuses other types |
    /// | blob, larger | a script: `TYPE`, `SET` |
    #[inline(always)]
    fn save(&self) -> Save<'_, Self> {
        Save::new(self)
    }

    /// Writes the record if there is none, as [`exists`](Self::exists) defines it,
    /// and returns `true` if it was created. The revision of a new record is that of the
    /// value in hand plus one, because there is no stored revision to compare with.
    ///
    /// **Sends** a script (hash: `HEXISTS`, `HSET`, `HDEL` of what is `None`, `PEXPIRE`)
    /// or `SET … NX` (blob).
    #[inline(always)]
    fn create(&self) -> Create<'_, Self> {
        Create::new(self)
    }

    /// Reads a record; the output is `None` if there is none.
    ///
    /// **Sends** `HMGET` (hash) or `GET` (blob).
    #[inline(always)]
    fn get(id: impl IntoId<Self::Id>) -> Get<Self> {
        Get::new(id.into_id())
    }

    /// Reads a record, or creates the one that `make` returns if there is none, and returns
    /// the record. Of several clients that create it at the same time one does, and the others
    /// return its record. `make` is called at most once a run.
    ///
    /// # Errors
    ///
    /// [`InvalidOperation`](crate::ErrorKind::InvalidOperation) if the new record has another
    /// key than the one of this id, and [`Conflict`](crate::ErrorKind::Conflict) if other
    /// clients created and deleted the record 16 times meanwhile.
    ///
    /// **Sends** the command of [`get`](Self::get) and, if there is no record, that of
    /// [`create`](Self::create). It reads the record again if another client has created it,
    /// or if the model has a `revision`.
    ///
    /// ```
    /// # use redis_model::{Operation, RedisModel, embedded};
    /// #[derive(Debug, PartialEq, RedisModel)]
    /// #[redis(key = "settings:{user}")]
    /// struct Settings { user: u64, theme: String }
    ///
    /// # let server = embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// let make = || Settings { user: 7, theme: "dark".into() };
    /// let settings = Settings::get_or_insert_with(7, make).run(&mut con)?;
    /// assert_eq!(settings.theme, "dark");
    /// assert_eq!(Settings::get(7).run(&mut con)?, Some(settings));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn get_or_insert_with<F>(id: impl IntoId<Self::Id>, make: F) -> GetOrInsertWith<Self, F>
    where
        F: FnMut() -> Self,
    {
        GetOrInsertWith::new(id.into_id(), make)
    }

    /// Reads many records, each with a result of its own: one bad record never
    /// hides the others. [`found`](GetMany::found) returns only the records that exist.
    ///
    /// **Sends** the command of [`get`](Self::get) for each, in bounded parts (about a
    /// thousand commands or a megabyte at a time).
    ///
    /// ```
    /// # use redis_model::{Operation, RedisModel, embedded};
    /// # #[derive(Debug, RedisModel)]
    /// # #[redis(key = "user:{id}")]
    /// # struct User { id: u64, name: String }
    /// # let server = embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// let users: Vec<_> = (1..=5000).map(|id| User { id, name: format!("user {id}") }).collect();
    /// for saved in User::save_many(&users).run(&mut con)? {
    ///     saved?;
    /// }
    /// let read = User::get_many([1, 5000, 5001]).run(&mut con)?;
    /// let names = read.into_iter().map(|user| Ok(user?.map(|user| user.name)));
    /// let names: Vec<Option<String>> = names.collect::<redis_model::Result<_>>()?;
    /// assert_eq!(names, [Some("user 1".into()), Some("user 5000".into()), None]);
    /// let deleted = User::delete_many(4999..=5001).run(&mut con)?;
    /// assert!(matches!(deleted[..], [Ok(true), Ok(true), Ok(false)]));
    /// assert_eq!(User::save_many(&users).explain()?.round_trips(), 5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn get_many<I: IntoId<Self::Id>>(ids: impl IntoIterator<Item = I>) -> GetMany<Self> {
        GetMany::new(ids.into_iter().map(IntoId::into_id))
    }

    /// Writes many records, each in an atomic step of its own and with a
    /// result of its own: `User::save_many(&users)`.
    ///
    /// **Sends** the command of [`save`](Self::save) for each, in bounded parts.
    fn save_many<R: Borrow<Self>>(records: impl IntoIterator<Item = R>) -> SaveMany<Self, R> {
        SaveMany::new(records.into_iter())
    }

    /// Deletes many records; each result is `true` if there was a record.
    ///
    /// **Sends** the command of [`delete`](Self::delete) for each, in bounded parts.
    fn delete_many<I: IntoId<Self::Id>>(ids: impl IntoIterator<Item = I>) -> DeleteMany<Self> {
        DeleteMany::new(ids.into_iter().map(IntoId::into_id))
    }

    /// Reads a record and deletes it, for one-time tokens and work that one
    /// worker must get: of several clients that take a record, one gets it, and
    /// the others get `None`. [`Take::only_if`] adds conditions.
    ///
    /// The client reads and decodes the record first. The server then deletes it if it has
    /// not changed; if another client has changed it, the client reads it again, 16
    /// times at most. So a record that cannot be decoded is not deleted, even if
    /// `on_mismatch = "miss"` makes it `None`. Fields that the struct does
    /// not know are deleted with the record, as [`delete`](Self::delete) does.
    ///
    /// Two round trips make a [`Flow`](crate::flow::Flow), not an operation: a take
    /// cannot be part of a tuple, a batch or an [`atomic`](crate::atomic) step.
    /// The [`delete`](crate::Draft::delete) of a draft is the step that can, also of a
    /// [`transaction`](crate::transaction).
    /// For many records see [`take_many`](Self::take_many).
    ///
    /// # Errors
    ///
    /// Those of [`get`](Self::get), with nothing deleted, and
    /// [`Conflict`](crate::ErrorKind::Conflict) if the record was changed each
    /// time. If the connection breaks during the second step, the record may be
    /// deleted: [`Take::unconfirmed`] returns it.
    ///
    /// **Sends** the command of [`get`](Self::get), and a script (hash: `HGET`, `DEL`;
    /// blob: `GET`, `DEL`).
    ///
    /// ```
    /// # use redis_model::{Operation, RedisModel, embedded};
    /// #[derive(RedisModel)]
    /// #[redis(key = "reset:{token_hash}", ttl = "15m")]
    /// struct PasswordReset { token_hash: String, user: u64 }
    ///
    /// # let server = embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// PasswordReset { token_hash: "f00".into(), user: 7 }.save().run(&mut con)?;
    /// let reset = PasswordReset::take("f00").run(&mut con)?;
    /// assert_eq!(reset.map(|reset| reset.user), Some(7));
    /// assert!(PasswordReset::take("f00").run(&mut con)?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn take(id: impl IntoId<Self::Id>) -> Take<Self> {
        Take::new(id.into_id())
    }

    /// Reads and deletes many records, each as [`take`](Self::take) does and with
    /// a result of its own.
    ///
    /// **Sends** the commands of [`take`](Self::take) for each, in bounded parts: first
    /// all reads, then all deletions.
    fn take_many<I: IntoId<Self::Id>>(ids: impl IntoIterator<Item = I>) -> TakeMany<Self> {
        TakeMany::new(ids.into_iter().map(IntoId::into_id))
    }

    /// Deletes a record; the output is `true` if there was one. A key of another Redis type
    /// is left unchanged. [`Delete::only_if`] adds conditions.
    ///
    /// **Sends** a script: `TYPE`, `DEL`. Users who may not run scripts call
    /// [`without_script`](Delete::without_script).
    fn delete(id: impl IntoId<Self::Id>) -> Delete<Self> {
        Delete::new(id.into_id())
    }

    /// Returns `true` if there is a record: [`get`](Self::get) returns one, or an error
    /// because it is damaged or of another version.
    ///
    /// A hash is a record if it has at least one required field of the model or of a
    /// version before it, under its name or an alias, or the version field. A model
    /// without required fields is stored with the marker field `_`; each of its fields
    /// makes a hash a record, too. A hash that has none of these is no record: fields
    /// that another program or an expired record has left. The same rule holds for
    /// `get`, `create`, `update` and [`count`](Self::count).
    ///
    /// # Errors
    ///
    /// [`Server`](crate::ErrorKind::Server) with the code `WRONGTYPE` if the key holds
    /// another Redis type.
    ///
    /// **Sends** `HEXISTS` (hash with one required field), a script of `HEXISTS` calls
    /// (other hashes; `HMGET` where the user may not run scripts) or `TYPE` (blob).
    fn exists(id: impl IntoId<Self::Id>) -> Exists<Self> {
        Exists::new(id.into_id())
    }

    /// Reads the record's time to live.
    ///
    /// **Sends** `PTTL`.
    fn ttl(id: impl IntoId<Self::Id>) -> GetTtl<Self> {
        GetTtl::new(id.into_id())
    }

    /// Sets the record's time to live; the output is `true` if there is a record. The time
    /// is rounded up to milliseconds; zero is an error. [`Expire::only_if`] adds conditions.
    ///
    /// **Sends** a script: `TYPE`, `PEXPIRE`. Users who may not run scripts call
    /// [`without_script`](Expire::without_script).
    fn expire(id: impl IntoId<Self::Id>, after: Duration) -> Expire<Self> {
        Expire::new(id.into_id(), after)
    }

    /// Removes the record's time to live; the output is `true` if it had one.
    /// [`Persist::only_if`] adds conditions.
    ///
    /// **Sends** a script: `TYPE`, `PERSIST`. Users who may not run scripts call
    /// [`without_script`](Persist::without_script).
    fn persist(id: impl IntoId<Self::Id>) -> Persist<Self> {
        Persist::new(id.into_id())
    }

    /// Reads all records, a page at a time: each run returns the next page, and
    /// `None` after the last. As single items they come from
    /// [`iter`](Scan::iter) (sync) and [`stream`](Scan::stream) (async).
    ///
    /// Records that exist for the whole scan are returned at least once (rarely
    /// twice). Records created or deleted during the scan may or may not be
    /// returned. The same holds while a cluster moves slots between its nodes and
    /// after a fail-over; then more records are returned twice.
    ///
    /// A run that fails or whose future is dropped loses nothing: the next run
    /// repeats its page, also on another connection.
    /// [`position`](Scan::position) moves only when a page is returned.
    ///
    /// # Errors
    ///
    /// A record that cannot be read is an error within its page. A run fails if
    /// the connection breaks or the server cannot answer. On a cluster it fails
    /// with the code `TRYAGAIN`, in place of the `None` at the end, if a slot was
    /// being moved all the time: run it again when the slot has been moved.
    ///
    /// **Sends** `CLUSTER SLOTS` once, then for each page
    /// [`INFO server`](https://redis.io/commands/info) and
    /// [`SCAN`](https://redis.io/commands/scan) with the key's pattern and type,
    /// never KEYS, and what [`get_many`](Self::get_many) sends for the found keys.
    /// `INFO` tells servers apart after a fail-over; a user who may not call it
    /// scans without that check. On a cluster each page is a script that calls
    /// `SCAN`, `CLUSTER NODES` and `INFO server` on one primary.
    ///
    /// ```
    /// # use redis_model::{Operation, RedisModel, embedded};
    /// #[derive(RedisModel)]
    /// #[redis(key = "user:{id}")]
    /// struct User { id: u64, name: String }
    ///
    /// # let server = embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// # let users: Vec<_> = (1..=3).map(|id| User { id, name: "Ada".into() }).collect();
    /// # for saved in User::save_many(&users).run(&mut con)? { saved?; }
    /// for user in User::scan().iter(&mut con) {
    ///     println!("{}", user?.name);
    /// }
    /// assert_eq!(User::count().run(&mut con)?, 3);
    /// assert_eq!(User::delete_all().run(&mut con)?, 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [`within`](crate::flow::Scan::within) takes the records of one game, tenant or day: those
    /// whose keys have certain leading parts.
    ///
    /// And async, where the stream is one of the futures crates:
    ///
    /// ```
    /// # use futures_util::TryStreamExt;
    /// # use redis_model::{Operation, RedisModel, embedded};
    /// # #[derive(RedisModel)]
    /// # #[redis(key = "user:{id}")]
    /// # struct User { id: u64, name: String }
    /// # let server = embedded::Server::start()?;
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let mut con = server.client()?.get_multiplexed_async_connection().await?;
    /// # User { id: 1, name: "Ada".into() }.save().run_async(&mut con).await?;
    /// let mut users = User::scan().stream(&mut con);
    /// while let Some(user) = users.try_next().await? {
    ///     println!("{}", user.name);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn scan() -> Scan<Self> {
        Scan::new()
    }

    /// Reads the ids of all records, as [`scan`](Self::scan) finds them, without
    /// reading the records.
    ///
    /// **Sends** `SCAN` as [`scan`](Self::scan) does and, of hashes, what
    /// [`exists`](Self::exists) sends for each found key. A key that this user may
    /// not look at counts as a record.
    ///
    /// # Errors
    ///
    /// Those of [`scan`](Self::scan).
    fn scan_ids() -> ScanIds<Self> {
        ScanIds::new()
    }

    /// Counts the records: those for which [`exists`](Self::exists) is true.
    ///
    /// Needs about 16 bytes of memory for each record, because SCAN may return a
    /// key twice. A run after an error goes on with the page that failed; a run
    /// after a result counts again.
    ///
    /// # Errors
    ///
    /// Those of [`scan`](Self::scan): there is no result without all records.
    ///
    /// **Sends** the commands of [`scan_ids`](Self::scan_ids).
    fn count() -> Count<Self> {
        Count::new()
    }

    /// Rewrites the records stored with an older version, codec or encryption key, without
    /// the envelope that they should have, or under a field's `alias`. Each run rewrites a
    /// page and returns its results, and `None` after the last page.
    ///
    /// Older and newer programs may run at the same time: a record is written only if it has
    /// not changed since it was read, and else read again. Its time to live and the fields
    /// that the model does not know stay unchanged. A record that cannot be read or migrated
    /// is reported and stays unchanged. After a `None` without failed records, old keys,
    /// codecs and versions are not needed any more. A run that fails loses nothing: the next
    /// run repeats its page.
    ///
    /// # Errors
    ///
    /// Those of [`scan`](Self::scan). The error of a single record is among the
    /// [`failed`](crate::flow::Rewritten::failed) of its page.
    ///
    /// **Sends** `SCAN` as [`scan`](Self::scan) does, the command of [`get`](Self::get) for
    /// each found key, and for each record to rewrite the command of
    /// [`Draft::commit`](crate::Draft::commit).
    ///
    /// ```
    /// # use redis_model::codec::MsgPack;
    /// # use redis_model::{Json, Operation, RedisModel, embedded};
    /// # use serde::{Deserialize, Serialize};
    /// #[derive(Serialize, Deserialize, RedisModel)]
    /// #[redis(key = "profile:{id}", codecs = [MsgPack, Json])]
    /// struct Profile { id: u64, name: String }
    ///
    /// # let server = embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// redis::cmd("SET").arg("profile:1").arg(r#"{"id":1,"name":"Ada"}"#).exec(&mut con)?;
    /// redis::cmd("SET").arg("profile:2").arg("gibberish").exec(&mut con)?;
    ///
    /// let mut rewriting = Profile::rewrite_all().page_size(500);
    /// while let Some(page) = rewriting.run(&mut con)? {
    ///     for (id, error) in page.failed {
    ///         println!("{id}: {error}");
    ///     }
    ///     // Kept somewhere, it lets another process go on: `rewrite_all().resume_from(…)`.
    ///     let _position = rewriting.position().to_string();
    /// }
    /// assert_eq!((rewriting.rewritten(), rewriting.failed()), (1, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn rewrite_all() -> RewriteAll<Self> {
        RewriteAll::new()
    }

    /// Deletes all records, a bounded number at a time, and returns the number of deleted
    /// records.
    ///
    /// A run after an error goes on with the page that failed. If the server
    /// refuses to delete a record, all others are deleted all the same. A run
    /// after the end begins again, with the records that are left.
    ///
    /// **Sends** the commands of [`scan_ids`](Self::scan_ids), and of
    /// [`delete_many`](Self::delete_many) for the records.
    ///
    /// # Errors
    ///
    /// Those of [`scan`](Self::scan). If the server refused to delete records, the
    /// run fails at its end with the error of the first one and says how many there
    /// are; [`deleted`](DeleteAll::deleted) and [`failed`](DeleteAll::failed) count
    /// both kinds.
    fn delete_all() -> DeleteAll<Self> {
        DeleteAll::new()
    }

    /// Reads some fields of a record: `User::select(7, (f.name, f.email))`. The output is
    /// `None` if there is no record.
    ///
    /// **Sends** `HMGET`.
    #[inline(always)]
    fn select<S: hash::Selection<Self>>(
        id: impl IntoId<Self::Id>,
        selection: S,
    ) -> hash::Select<Self, S>
    where
        Self: hash::HashModel,
    {
        hash::Select::new(id.into_id(), selection)
    }

    /// Reads some fields of many records, each with a result of its own;
    /// [`found`](hash::SelectMany::found) returns only those of the records that exist.
    ///
    /// **Sends** `HMGET` for each, in bounded parts.
    ///
    /// ```
    /// # use redis_model::{Operation, RedisModel, embedded};
    /// # #[derive(RedisModel)]
    /// # #[redis(key = "user:{id}")]
    /// # struct User { id: u64, name: String, email: Option<String>, visits: u64 }
    /// # let server = embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// # for id in [1, 2] {
    /// #     User { id, name: format!("user {id}"), email: None, visits: id }.save().run(&mut con)?;
    /// # }
    /// let f = User::FIELDS;
    /// let visits = User::select_many([1, 2, 3], (f.name, f.visits)).found().run(&mut con)?;
    /// assert_eq!(visits, [("user 1".to_owned(), 1), ("user 2".to_owned(), 2)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn select_many<I: IntoId<Self::Id>, S: hash::Selection<Self>>(
        ids: impl IntoIterator<Item = I>,
        selection: S,
    ) -> hash::SelectMany<Self, S>
    where
        Self: hash::HashModel,
    {
        hash::SelectMany::new(ids.into_iter().map(IntoId::into_id), selection)
    }

    /// Reads the time to live of a field. To change it, see
    /// [`Update::expire_field`](update::Update::expire_field) and `#[redis(ttl = "…")]` on
    /// the field.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](crate::ErrorKind::Unsupported) on servers before Redis 7.4 and Valkey 9.
    ///
    /// **Sends** `HPTTL key FIELDS 1 name`, with the aliases of the field. A key or a name that
    /// is not ASCII text goes to a script first: `HLEN`, `HPTTL`.
    ///
    /// ```no_run
    /// # use redis_model::{Operation, RedisModel};
    /// # #[derive(RedisModel)]
    /// # #[redis(key = "login:{user}")]
    /// # struct Login { user: u64, #[redis(ttl = "5m")] code: Option<String> }
    /// # let mut con = redis::Client::open("redis://localhost")?.get_connection()?;
    /// let left = Login::field_ttl(7, Login::FIELDS.code).run(&mut con)?.remaining();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn field_ttl<V, Enc>(
        id: impl IntoId<Self::Id>,
        field: Field<Self, V, Enc>,
    ) -> hash::FieldTtl<Self>
    where
        Self: hash::HashModel,
    {
        hash::FieldTtl::new(&id.into_id(), field)
    }

    /// Changes some fields of a record in one atomic step; see [`Update`](update::Update).
    #[inline(always)]
    fn update(id: impl IntoId<Self::Id>) -> update::Update<Self>
    where
        Self: hash::HashModel,
    {
        update::Update::new(id.into_id())
    }

    /// Reads a record to change it, with optimistic locking: the draft derefs to the struct,
    /// and [`commit`](crate::Draft::commit) writes the changed fields, if no other client
    /// has changed one of them meanwhile.
    ///
    /// Changes that do not depend on stored values are better made by
    /// [`update`](Self::update), in one round trip and without conflicts.
    ///
    /// **Sends** the command of [`get`](Self::get).
    ///
    /// ```
    /// # use redis_model::{Operation, Outcome, RedisModel, embedded};
    /// #[derive(RedisModel)]
    /// #[redis(key = "user:{id}")]
    /// struct User { id: u64, name: String, email: Option<String>, visits: u64 }
    ///
    /// # let server = embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// # User { id: 7, name: "Ada".into(), email: None, visits: 1 }.save().run(&mut con)?;
    /// let mut mine = User::edit(7).run(&mut con)?.expect("a user");
    /// let mut yours = User::edit(7).run(&mut con)?.expect("a user");
    /// mine.email = Some("ada@example.com".into());
    /// yours.visits += 1;
    /// assert!(mine.commit().run(&mut con)?.is_applied());
    /// assert!(yours.commit().run(&mut con)?.is_applied());
    ///
    /// let mut late = User::edit(7).run(&mut con)?.expect("a user");
    /// late.visits += 1;
    /// User::update(7).incr(User::FIELDS.visits, 1).run(&mut con)?.expect("a user");
    /// match late.commit().run(&mut con)? {
    ///     Outcome::Conflict(conflict) => assert!(conflict.contains(User::FIELDS.visits)),
    ///     other => unreachable!("{other:?}"),
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline(always)]
    fn edit(id: impl IntoId<Self::Id>) -> Edit<Self> {
        Edit::new(id.into_id())
    }

    /// Reads a record, changes it and writes the changed fields. After a conflict it reads
    /// the record again, 16 times at most, with pauses that grow; so `change` may be called
    /// several times. Its last return value comes back with
    /// [`Outcome::Applied`](crate::Outcome). If it changes nothing, nothing is written.
    /// [`Modify::or_insert_with`] creates a record if there is none.
    ///
    /// **Sends** the commands of [`edit`](Self::edit) and
    /// [`Draft::commit`](crate::Draft::commit) for each attempt.
    ///
    /// ```
    /// # use redis_model::{Json, Operation, Outcome, RedisModel, embedded};
    /// #[derive(RedisModel)]
    /// #[redis(key = "cart:{user}")]
    /// struct Cart { user: u64, #[redis(codec = Json)] items: Vec<String> }
    ///
    /// # let server = embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// # Cart { user: 7, items: vec!["tea".into()] }.save().run(&mut con)?;
    /// let mut adding = Cart::modify(7, |cart| {
    ///     if cart.items.len() == 100 {
    ///         return Err("the cart is full");
    ///     }
    ///     cart.items.push("milk".into());
    ///     Ok(cart.items.len())
    /// });
    /// assert_eq!(adding.run(&mut con)?, Outcome::Applied(Ok(2)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn modify<F, R>(id: impl IntoId<Self::Id>, change: F) -> Modify<Self, F, R>
    where
        F: FnMut(&mut Self) -> R,
    {
        Modify::new(id.into_id(), change)
    }

    /// Encodes the record as its codec does, for a file or another transport.
    ///
    /// # Errors
    ///
    /// The error of the codec.
    fn to_bytes(&self) -> Result<Vec<u8>>
    where
        Self: blob::BlobModel,
    {
        blob::encode(self, Location::NOWHERE)
    }

    /// Returns `true` if the model would write a stored record in another form now: with
    /// another codec, version or encryption key.
    ///
    /// # Errors
    ///
    /// The error of a value that cannot be decoded.
    fn needs_rewrite(id: impl IntoId<Self::Id>, stored: &[u8]) -> Result<bool>
    where
        Self: blob::BlobModel,
    {
        blob::needs_rewrite::<Self>(&id.into_id(), stored)
    }

    /// Decodes a record that [`to_bytes`](Self::to_bytes) encoded. No bytes are ever executed.
    ///
    /// # Errors
    ///
    /// The error of bytes that are not a record of this model.
    fn from_bytes(bytes: &[u8]) -> Result<Self>
    where
        Self: blob::BlobModel,
    {
        blob::decode(bytes, Location::NOWHERE)
    }
}
