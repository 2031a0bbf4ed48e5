//! Sessions of web users.

mod change;
mod session;
mod token;

use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::time::{Duration, SystemTime};

pub use change::{RotateSession, UpdateSession};
pub use session::Session;
pub use token::SessionToken;

use self::token::{Place, key_of_user};
use super::clock::{micros_since_1970, time_argument};
use crate::codec::{Codec, Location, Plain};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::op::{Operation, Replies, Reply, Request, Script};
use crate::structures::command::Source;
use crate::structures::root::{CommandBuilder, Root, count, is_one};
use crate::structures::{Command, IntoItem};
use crate::ttl::Expiry;

macro_rules! script {
    ($new:ident $name:literal) => {
        Script::$new(
            $name,
            concat!(
                include_str!("sessions/common.lua"),
                include_str!(concat!("sessions/", $name, ".lua"))
            ),
        )
    };
}

static CREATE: Script = script!(new "create");
static GET: Script = script!(new "get");
static SAVE: Script = script!(new "save");
static ROTATE: Script = script!(new "rotate");
static REMOVE: Script = script!(new "remove");
static LIST: Script = script!(reading "list");

/// Sessions of web users: who the visitor with this cookie is, and some data.
///
/// **Use it** for logins that can be ended at once, for one device or for all of a user. For
/// axum there is also a store for `tower-sessions`
/// ([`TowerSessionStore`](super::TowerSessionStore), feature `tower-sessions`), which knows no
/// users.
///
/// **It does not promise** that sessions survive a server that loses its data, or a fail-over to
/// a replica that is behind; a revocation may be lost in the same way. It sets no cookie: send the
/// token only over TLS, as `HttpOnly`, `Secure` and `SameSite`. It has no limit on the
/// number of sessions; a [`RateLimiter`](super::RateLimiter) limits logins.
///
/// ```
/// use std::time::Duration;
/// use redis_model::{Json, Operation};
/// use redis_model::patterns::Sessions;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct Cart { items: Vec<u64> }
///
/// # let server = redis_model::embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// // A session ends after 30 minutes without a request, and after a day in any case.
/// let sessions = Sessions::<Cart, Json>::at("session", Duration::from_secs(30 * 60))
///     .max_age(Duration::from_secs(24 * 3600));
///
/// // A visitor without a session gets one, and its token as a cookie.
/// let visitor = sessions.create(Cart::default()).run(&mut con)?;
/// sessions.update(&visitor, |cart| cart.items.push(42)).run(&mut con)?;
///
/// // The login: a new token, and the old one is invalid.
/// let token = sessions.log_in(&visitor, "ada").run(&mut con)?.expect("the session has not ended");
/// assert!(sessions.get(&visitor).run(&mut con)?.is_none());
/// let session = sessions.get(&token).run(&mut con)?.expect("logged in");
/// assert_eq!((session.user.as_deref(), &*session.data.items), (Some("ada"), &[42][..]));
///
/// // A new password: all devices have to log in again.
/// assert_eq!(sessions.revoke_all("ada").run(&mut con)?, 1);
/// assert!(sessions.get(&token).run(&mut con)?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Tokens
///
/// A token has 192 random bits of the operating system, after a hash of the user's id (for a
/// visitor, after 192 more random bits). Redis stores only a SHA-256 hash of it, so who reads
/// keys, dumps, the slow log or `MONITOR` gets no token. Neither errors nor `Debug` show one.
/// Text that is no token is looked up like any other, and found nowhere.
///
/// # Atomicity
///
/// Each operation is one script on one key, which reads the server's clock. So a request that
/// extends a session cannot bring back one that is revoked at the same time, as `GET`
/// and then `SETEX` do, and a session that is created while all are revoked is either revoked or
/// new. An update compares a revision, so two requests at the same time lose no change.
///
/// # Clusters
///
/// All sessions of a user are in one hash, so listing and revoking them is one step, also on
/// a cluster, and users are spread over its slots. The token names the hash, so a request needs
/// no second look-up. The alternatives were not taken: an index beside one key for each session
/// is in another slot, and a number per user that each session must have costs every request a
/// second round trip. The price: a login moves data from the visitor's hash to the user's, and a
/// visitor's new token moves them to another hash. If those are in different slots there are two
/// steps: the old token ends, then the new one begins. A client that dies between the two loses
/// the data, and the user has to log in again. With a hash tag in the key (`{session}`)
/// everything is in one slot and one step.
///
/// # Storage
///
/// A hash such as `session:<owner>`, which expires with the last of its sessions. Each session
/// has two fields; those that have ended are removed when others of the user are created. A
/// codec that binds values to their key (`Sealed`) binds the data to the user.
///
/// # Other libraries
///
/// | library | what it does |
/// |---|---|
/// | redis-py recipes | `SETEX` of a random id: the id is the key; an index for each user, if any, in further commands |
/// | Spring Session | a hash for each session, an index of sessions by user that is cleaned up by keyspace notifications |
/// | connect-redis, Flask-Session | one string for each session, whole and without a comparison; no index by user |
/// | tower-sessions | the application's session as one record; no users; the last write wins |
#[doc(alias = "cookie")]
pub struct Sessions<T, C = Plain> {
    base: Key,
    idle: Expiry,
    most: Expiry,
    now: Option<SystemTime>,
    data: PhantomData<fn() -> (T, C)>,
}

impl<T, C> Sessions<T, C> {
    /// Creates a handle of the sessions under keys that begin with this one. Nothing is sent.
    ///
    /// A session ends if it is not used for the time `idle`, and after 30 days in any case
    /// ([`max_age`](Self::max_age)). A time of zero is an error of each operation.
    pub fn at(key: impl Into<Key>, idle: Duration) -> Self {
        let most = Expiry::after(Duration::from_secs(30 * 24 * 3600));
        Self { base: key.into(), idle: Expiry::after(idle), most, now: None, data: PhantomData }
    }

    /// Sets the time after which a session ends even if it is used.
    pub fn max_age(self, max_age: Duration) -> Self {
        Self { most: Expiry::after(max_age), ..self }
    }

    /// Returns the beginning of the keys.
    pub fn key(&self) -> &Key {
        &self.base
    }

    /// Sets the time of operations, for tests. Without it the server's clock decides. The
    /// server's own clock still expires the keys.
    pub fn at_time(&self, now: SystemTime) -> Self {
        Self { now: Some(now), ..self.clone() }
    }

    /// Ends a session: the user logs out. Returns `true` if it had not ended before.
    ///
    /// **Sends** the script `remove.lua`, which calls [`HDEL`](https://redis.io/commands/hdel).
    pub fn delete(&self, token: impl AsRef<str>) -> Command<bool> {
        let place = Place::of(&self.base, token.as_ref());
        self.call(&REMOVE, place.key, &[], |command| command.arg("one").arg(place.id), is_one)
    }

    /// Ends the session of a user that has this [id](Session::id), from a list of devices for
    /// example. Returns `true` if it had not ended before.
    ///
    /// **Sends** the script `remove.lua`, which calls [`HDEL`](https://redis.io/commands/hdel).
    pub fn revoke(&self, user: impl Display, id: &str) -> Command<bool> {
        let key = key_of_user(&self.base, &user.to_string());
        self.call(&REMOVE, key, &[], |command| command.arg("one").arg(id), is_one)
    }

    /// Ends all sessions of a user in one step. Returns their number.
    ///
    /// **Sends** the script `remove.lua`, which calls [`DEL`](https://redis.io/commands/del).
    pub fn revoke_all(&self, user: impl Display) -> Command<usize> {
        let key = key_of_user(&self.base, &user.to_string());
        self.call(&REMOVE, key, &[], |command| command.arg("all"), count)
    }

    /// Ends all other sessions of the user who has this one, in one step. Returns their number;
    /// zero if the session itself has ended.
    ///
    /// **Sends** the script `remove.lua`, which calls [`HDEL`](https://redis.io/commands/hdel).
    pub fn revoke_others(&self, token: impl AsRef<str>) -> Command<usize> {
        let place = Place::of(&self.base, token.as_ref());
        self.call(&REMOVE, place.key, &[], |command| command.arg("others").arg(place.id), count)
    }

    /// Takes a session that was not changed since it was read, to create it in another slot.
    fn take(&self, token: &str, session: &Session<T>) -> Command<Written> {
        let place = Place::of(&self.base, token);
        self.call(
            &REMOVE,
            place.key,
            &[],
            |command| command.arg("take").arg(place.id).int(session.revision),
            written,
        )
    }

    /// Returns a call of a script, with the arguments that all of them have.
    fn call<R>(
        &self,
        script: &'static Script,
        key: Key,
        others: &[&Key],
        arguments: impl FnOnce(CommandBuilder<'_>) -> CommandBuilder<'_>,
        decode: fn(Reply, &Source) -> Result<R>,
    ) -> Command<R> {
        let root = Root::new("Sessions", "hash", key);
        let mut command = root.script(script, others);
        let now = self.now.map(micros_since_1970).transpose();
        command = command.optional_int(now.map(|now| now.map(|micros| micros / 1000)));
        for time in [self.idle, self.most] {
            command = command.optional_int(time.millis());
        }
        arguments(command).returns(decode)
    }
}

impl<T, C: Codec<T>> Sessions<T, C> {
    /// Creates a session for a visitor without a user. Returns its token.
    ///
    /// The operation has one token. A second run of it begins the same session again.
    ///
    /// # Errors
    ///
    /// [`InvalidOperation`](ErrorKind::InvalidOperation) if the system has no random numbers,
    /// or for a time of zero.
    ///
    /// **Sends** the script `create.lua`, which calls [`HSET`](https://redis.io/commands/hset)
    /// and [`PEXPIRE`](https://redis.io/commands/pexpire).
    pub fn create(&self, data: impl IntoItem<T>) -> CreateSession {
        self.create_random(None, data)
    }

    /// Creates a session for a user who has logged in without having a session. Returns its
    /// token.
    ///
    /// # Errors
    ///
    /// Those of [`create`](Self::create).
    ///
    /// **Sends** what [`create`](Self::create) sends.
    pub fn create_for(&self, user: impl Display, data: impl IntoItem<T>) -> CreateSession {
        self.create_random(Some(user.to_string()), data)
    }

    fn create_random(&self, user: Option<String>, data: impl IntoItem<T>) -> CreateSession {
        let random = SessionToken::random(user.as_deref());
        let (token, valid) = match random {
            Ok(token) => (token, Ok(())),
            Err(error) => (SessionToken::invalid(), Err(error)),
        };
        let command = self.create_valid(&token, user.as_deref(), data, None, valid);
        CreateSession { token, command }
    }

    /// Creates a session that began at this time, or begins now.
    fn create_with(
        &self,
        token: &SessionToken,
        user: Option<&str>,
        data: impl IntoItem<T>,
        created: Option<SystemTime>,
    ) -> Command<()> {
        self.create_valid(token, user, data, created, Ok(()))
    }

    fn create_valid(
        &self,
        token: &SessionToken,
        user: Option<&str>,
        data: impl IntoItem<T>,
        created: Option<SystemTime>,
        valid: Result<()>,
    ) -> Command<()> {
        let place = Place::of(&self.base, token.as_str());
        self.call(
            &CREATE,
            place.key,
            &[],
            |command| {
                let command = user_argument(command.check(valid).arg(place.id), user);
                command.item::<T, C, _>(data).arg(created.map_or_else(String::new, time_argument))
            },
            |reply, _| reply.into_int().map(drop),
        )
    }

    /// Returns the session that has this token, which then lives for its whole time again;
    /// `None` if there is none, or if it has ended.
    ///
    /// # Errors
    ///
    /// Those of the codec, if the data were written by another version of the program.
    ///
    /// **Sends** the script `get.lua`, which calls [`HGET`](https://redis.io/commands/hget),
    /// [`HSET`](https://redis.io/commands/hset) and
    /// [`PEXPIRE`](https://redis.io/commands/pexpire).
    pub fn get(&self, token: impl AsRef<str>) -> Command<Option<Session<T>>> {
        let place = Place::of(&self.base, token.as_ref());
        self.call(&GET, place.key, &[], |command| command.arg(place.id), session::optional::<T, C>)
    }

    /// Returns all sessions of a user, the oldest first. They do not live longer by it.
    ///
    /// **Sends** the script `list.lua`, which calls [`HKEYS`](https://redis.io/commands/hkeys)
    /// and [`HGET`](https://redis.io/commands/hget).
    pub fn list(&self, user: impl Display) -> Command<Vec<Result<Session<T>>>> {
        let key = key_of_user(&self.base, &user.to_string());
        self.call(&LIST, key, &[], |command| command, session::list::<T, C>)
    }

    /// Writes the data of a session that was read, if no other client has written them since.
    /// Returns `false` if the session has ended.
    ///
    /// # Errors
    ///
    /// [`Conflict`](ErrorKind::Conflict) if the data were written since they were read.
    /// [`update`](Self::update) tries again then.
    ///
    /// **Sends** the script `save.lua`, which calls [`HSET`](https://redis.io/commands/hset)
    /// and [`PEXPIRE`](https://redis.io/commands/pexpire).
    pub fn save(&self, token: impl AsRef<str>, session: &Session<T>) -> Command<bool> {
        self.save_with(token.as_ref(), session, |reply, source| match written(reply, source)? {
            Written::Done => Ok(true),
            Written::Ended => Ok(false),
            Written::Conflict => Err(changed_by_another()),
        })
    }

    fn write(&self, token: &str, session: &Session<T>) -> Command<Written> {
        self.save_with(token, session, written)
    }

    fn save_with<R>(
        &self,
        token: &str,
        session: &Session<T>,
        decode: fn(Reply, &Source) -> Result<R>,
    ) -> Command<R> {
        let place = Place::of(&self.base, token);
        self.call(
            &SAVE,
            place.key,
            &[],
            |command| command.arg(place.id).int(session.revision).item::<T, C, _>(&session.data),
            decode,
        )
    }

    /// Reads a session, changes its data and writes them back, until no other client has written
    /// them meanwhile. Returns what `change` returned; `None` if the session has ended.
    ///
    /// # Errors
    ///
    /// [`Conflict`](ErrorKind::Conflict) if other clients wrote the data during 16 attempts.
    ///
    /// **Sends** what [`get`](Self::get) and [`save`](Self::save) send.
    pub fn update<F, R>(&self, token: impl AsRef<str>, change: F) -> UpdateSession<T, C, F, R>
    where
        F: FnMut(&mut T) -> R,
    {
        let (sessions, token) = (self.clone(), token.as_ref().to_owned());
        UpdateSession { sessions, token, change, returned: PhantomData }
    }

    /// Replaces the token of a session. Returns the new token; `None` if the session has ended.
    ///
    /// Call it when the user gets more rights. The session keeps its user, data and age.
    /// Of several calls with one token, one returns a new token.
    ///
    /// The session of a user is changed in one step. The session of a visitor is moved to
    /// another key: on a cluster there are usually two steps, see [Clusters](Self#clusters). The
    /// old token is invalid before the new one is valid.
    ///
    /// # Errors
    ///
    /// [`Conflict`](ErrorKind::Conflict) if other clients wrote the data during 16 attempts.
    ///
    /// **Sends** what [`get`](Self::get) sends, then the script `rotate.lua`, which calls
    /// [`HDEL`](https://redis.io/commands/hdel) and [`HSET`](https://redis.io/commands/hset). If
    /// the two keys of a visitor are in different slots of a cluster, then also the scripts
    /// `remove.lua` and `create.lua`.
    pub fn rotate(&self, token: impl AsRef<str>) -> RotateSession<T, C> {
        let token = token.as_ref().to_owned();
        RotateSession { sessions: self.clone(), token, user: None }
    }

    /// Makes the session that of a user, with a new token: the old one is invalid in the same
    /// step, so a token that an attacker gave to the user before the login
    /// (session fixation) is worth nothing. Returns the new token; `None` if the session has
    /// ended.
    ///
    /// The session keeps its data and begins anew. On a cluster there are usually two steps, see
    /// [Clusters](Self#clusters).
    ///
    /// # Errors
    ///
    /// Those of [`rotate`](Self::rotate).
    ///
    /// **Sends** what [`rotate`](Self::rotate) sends.
    pub fn log_in(&self, token: impl AsRef<str>, user: impl Display) -> RotateSession<T, C> {
        let token = token.as_ref().to_owned();
        RotateSession { sessions: self.clone(), token, user: Some(user.to_string()) }
    }

    /// Returns the step in which a session gets another token.
    fn replace(
        &self,
        token: &str,
        session: &Session<T>,
        next: &SessionToken,
        user: Option<&str>,
        keep_age: bool,
    ) -> Command<Written> {
        let (from, to) = (Place::of(&self.base, token), Place::of(&self.base, next.as_str()));
        // The codec may bind the data to the key under which they will be.
        let at = Root::new("Sessions", "hash", to.key.clone());
        let mut data = Vec::new();
        let location = Location::at_key(at.key());
        let encoded = C::encode_item(&session.data, &location, &mut data).map_err(Error::from);
        self.call(
            &ROTATE,
            from.key,
            &[&to.key],
            |command| {
                let command = command.check(encoded).arg(from.id).int(session.revision).arg(to.id);
                user_argument(command, user).arg(data).arg(if keep_age { "keep" } else { "begin" })
            },
            written,
        )
    }
}

/// The result of a write that compares the revision.
enum Written {
    Done,
    Conflict,
    Ended,
}

fn written(reply: Reply, _: &Source) -> Result<Written> {
    match reply.into_int()? {
        1 => Ok(Written::Done),
        0 => Ok(Written::Conflict),
        -1 => Ok(Written::Ended),
        _ => Err(Error::unexpected_reply()),
    }
}

fn changed_by_another() -> Error {
    let message = "the session's data were written since they were read";
    Error::new(ErrorKind::Conflict, message).with_model("Sessions")
}

/// Adds a user, or none, as scripts take it.
fn user_argument<'a>(command: CommandBuilder<'a>, user: Option<&str>) -> CommandBuilder<'a> {
    command.arg(user.map_or_else(String::new, |user| format!("u{user}")))
}

/// The creation of a session; see [`Sessions::create`].
#[must_use = "an operation does nothing until it is run"]
#[derive(Clone)]
pub struct CreateSession {
    token: SessionToken,
    command: Command<()>,
}

impl Operation for CreateSession {
    type Output = SessionToken;

    fn encode(&self, request: &mut Request) -> Result<()> {
        self.command.encode(request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<SessionToken> {
        self.command.decode(replies)?;
        Ok(self.token.clone())
    }
}

impl fmt::Debug for CreateSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateSession").finish_non_exhaustive()
    }
}

impl<T, C> Clone for Sessions<T, C> {
    fn clone(&self) -> Self {
        let Self { base, idle, most, now, data } = self;
        Self { base: base.clone(), idle: *idle, most: *most, now: *now, data: *data }
    }
}

impl<T, C> fmt::Debug for Sessions<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("key", &self.base).finish_non_exhaustive()
    }
}
