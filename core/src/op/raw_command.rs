//! Commands of redis-rs as operations.

use std::any::type_name;
use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use redis::{Cmd, FromRedisValue};

use super::key_words::{KeyWords, is_one_of, key_words, options_of_streams};
use super::{Operation, Replies, Reply, Request};
use crate::error::{Error, ErrorKind, Result};
use crate::redis_rs;

/// A command of redis-rs as an operation, with the output `T`; see [`command`].
#[must_use = "an operation does nothing until it is run"]
pub struct RawCommand<T> {
    cmd: Cmd,
    keys: NamedKeys,
    output: PhantomData<fn() -> T>,
}

/// The words that are keys.
#[derive(Debug, Clone)]
enum NamedKeys {
    /// Those that Redis documents for the command.
    Documented,
    At(Range<usize>),
}

/// Makes an operation of a command of redis-rs, for what this library does not have. It joins
/// tuples, batches and [`atomic`](crate::atomic) steps.
///
/// The output is any type that redis-rs reads: its
/// [`FromRedisValue`](redis::FromRedisValue) decodes the reply, by its own rules. The type
/// `redis::Value` is the reply as it is.
///
/// ```
/// # use redis_model::{Operation, RedisModel};
/// # #[derive(RedisModel)]
/// # #[redis(key = "user:{id}")]
/// # struct User { id: u64, visits: u64 }
/// # let server = redis_model::embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// # User { id: 7, visits: 1 }.save().run(&mut con)?;
/// let key = User::key(7);
/// let encoding = redis_model::command::<String>(redis::cmd("OBJECT").arg("ENCODING").arg(&key));
/// let bytes = redis_model::command::<u64>(redis::cmd("MEMORY").arg("USAGE").arg(&key));
/// let (user, encoding, bytes) = (User::get(7), encoding, bytes).run(&mut con)?;
/// assert!(user.is_some() && !encoding.is_empty() && bytes > 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Keys
///
/// A cluster needs to know which words are keys, and so does a
/// [`Prefixed`](crate::connection::Prefixed) connection. For the commands of Redis this is
/// known. Any other command is expected to have one key, its first argument;
/// [`key`](RawCommand::key), [`keys`](RawCommand::keys) and [`no_key`](RawCommand::no_key)
/// set others.
///
/// On a cluster all keys of a command must be in one slot, also those of `MGET` and `DEL`, which
/// redis-rs itself would split.
///
/// # Scripts
///
/// A script of your own is an `EVAL` or, as a function that the server has, an `FCALL`:
///
/// ```
/// # use redis_model::Operation;
/// # let server = redis_model::embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// let text = "return redis.call('INCRBY', KEYS[1], ARGV[1])";
/// let add = redis_model::command::<i64>(redis::cmd("EVAL").arg(text).arg(1).arg("total").arg(5));
/// assert_eq!((&add, &add).run(&mut con)?, (5, 10));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Kind [`InvalidOperation`](ErrorKind::InvalidOperation), before anything is sent, for a command
///
/// - that changes the state of the connection, which others may share: `MULTI` (use
///   [`atomic`](crate::atomic)), `WATCH`, `SELECT`, `AUTH`, `SUBSCRIBE` (use a
///   [`Subscription`](crate::structures::Subscription)), `CLIENT SETNAME` and the like;
/// - that waits: `BLPOP`, `XREAD … BLOCK`, `WAIT` (see
///   [`Blocking`](crate::structures::Blocking));
/// - that has no reply: `SHUTDOWN`, and one with `set_no_response(true)`.
///
/// Kind [`InvalidValue`](ErrorKind::InvalidValue) if the reply is not a `T`. Errors
/// name the command and its first key, and no bytes of the reply. By then the command was
/// applied, so the error [is too](Error::is_applied).
///
/// **Sends** the command.
pub fn command<T: FromRedisValue>(cmd: impl Borrow<Cmd>) -> RawCommand<T> {
    let (cmd, keys) = (cmd.borrow().clone(), NamedKeys::Documented);
    RawCommand { cmd, keys, output: PhantomData }
}

impl<T> RawCommand<T> {
    /// Sets the only key: the word at this position, counted from the command's name, which
    /// is 0.
    ///
    /// ```
    /// # use redis_model::Operation;
    /// let get = redis_model::command::<String>(redis::cmd("JSON.DEBUG").arg("MEMORY").arg("doc:7")).key(2);
    /// assert_eq!(get.explain()?.keys().next(), Some(&b"doc:7"[..]));
    /// # Ok::<(), redis_model::Error>(())
    /// ```
    pub fn key(self, word: usize) -> Self {
        self.keys(word..word.saturating_add(1))
    }

    /// Sets which words are keys, counted from the command's name, which is 0.
    pub fn keys(self, words: Range<usize>) -> Self {
        Self { keys: NamedKeys::At(words), ..self }
    }

    /// Sets that no word is a key.
    pub fn no_key(self) -> Self {
        self.keys(0..0)
    }

    fn name(&self) -> String {
        let name = redis_rs::arguments(&self.cmd).next().unwrap_or_default();
        String::from_utf8_lossy(name).to_ascii_uppercase()
    }

    /// Returns the positions of the keys, and `true` if they are known for certain.
    fn key_range(&self, words: &[&[u8]]) -> Result<(Range<usize>, bool)> {
        let first = 1..words.len().min(2);
        match (&self.keys, key_words(words)) {
            (NamedKeys::At(range), _) if range.start > range.end || range.end > words.len() => {
                let (name, count) = (self.name(), words.len());
                let message = format!(
                    "the keys of {name} are to be its words {range:?}, and it has {count} words, \
                     of which its name is word 0"
                );
                Err(Error::new(ErrorKind::InvalidOperation, message))
            }
            (NamedKeys::At(range), _) => Ok((range.clone(), true)),
            (NamedKeys::Documented, KeyWords::At(range)) => Ok((range, true)),
            (NamedKeys::Documented, KeyWords::Unnamed) => Ok((0..0, true)),
            (NamedKeys::Documented, KeyWords::Scattered) => Ok((first, true)),
            (NamedKeys::Documented, KeyWords::Unknown) => Ok((first, false)),
        }
    }

    /// Adds the command's name and its first key to an error.
    fn locate(&self, error: Error) -> Error {
        let error = error.with_note(format!(" ({})", self.name()));
        let words: Vec<_> = redis_rs::arguments(&self.cmd).collect();
        let range = self.key_range(&words).map_or(0..0, |(range, _)| range);
        match words.get(range).and_then(<[_]>::first) {
            Some(key) => error.with_key(&String::from_utf8_lossy(key)),
            None => error,
        }
    }
}

impl<T: FromRedisValue> Operation for RawCommand<T> {
    type Output = T;

    fn encode(&self, request: &mut Request) -> Result<()> {
        let words: Vec<_> = redis_rs::arguments(&self.cmd).collect();
        if let Some(message) = refused(&self.cmd, &words) {
            return Err(Error::new(ErrorKind::InvalidOperation, message));
        }
        let (keys, certain) = self.key_range(&words)?;
        request.prepared(self.cmd.clone(), None, keys).uncertain_keys(!certain);
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<T> {
        replies.next().and_then(decode::<T>).map_err(|error| self.locate(error))
    }
}

fn decode<T: FromRedisValue>(reply: Reply) -> Result<T> {
    reply.into_redis_value()?.ok_or_else(|| {
        let message = format!("the reply is not one of type {}", type_name::<T>());
        Error::new(ErrorKind::InvalidValue, message).applied()
    })
}

/// Commands after which the connection, which others may share, is another one.
const STATE: &str = "ASKING AUTH DISCARD EXEC HELLO MONITOR MULTI PSUBSCRIBE PSYNC PUNSUBSCRIBE QUIT \
                     READONLY READWRITE REPLCONF RESET SELECT SSUBSCRIBE SUBSCRIBE SUNSUBSCRIBE SYNC \
                     UNSUBSCRIBE UNWATCH WATCH";

/// Subcommands of CLIENT that leave the connection as it is and do not make it wait.
const CLIENT: &str = "GETNAME GETREDIR HELP ID INFO KILL LIST TRACKINGINFO UNBLOCK UNPAUSE";

const WAITS: &str = "BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN WAIT WAITAOF";

/// Returns the reason for which a command is not sent.
fn refused(cmd: &Cmd, words: &[&[u8]]) -> Option<String> {
    let name = words.first().copied().unwrap_or_default();
    if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
        let message = "the name of a command is one word; a second word, such as ENCODING of \
                       OBJECT, is its first argument";
        return Some(message.to_owned());
    }
    let (is, second) = (|list| is_one_of(Some(&name), list), words.get(1));
    let reason = if is("MULTI EXEC DISCARD WATCH UNWATCH") {
        "changes the state of the connection, which others may share: use `atomic`"
    } else if is("SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE SUNSUBSCRIBE") {
        "changes the state of the connection, which others may share: use a `Subscription`"
    } else if is(STATE)
        || is("CLIENT") && !is_one_of(second, CLIENT)
        || is("SCRIPT") && is_one_of(second, "DEBUG")
    {
        "changes the state of the connection, which others may share: use a connection that was \
         opened with what it sets"
    } else if is(WAITS) || is("XREAD XREADGROUP") && waits(words) {
        "lets the connection wait, which others may share: use an operation that is `Blocking`, or \
         redis-rs and a connection of its own"
    } else if is("SHUTDOWN") || cmd.is_no_response() {
        "has no reply, and the next command would wait for it: send it through redis-rs"
    } else {
        return None;
    };
    Some(format!("{} {reason}", String::from_utf8_lossy(name).to_ascii_uppercase()))
}

/// Returns `true` if a read of streams has the option BLOCK, which is before STREAMS.
fn waits(words: &[&[u8]]) -> bool {
    let options = words.iter().skip(options_of_streams(words));
    let mut options = options.take_while(|word| !word.eq_ignore_ascii_case(b"STREAMS"));
    options.any(|word| word.eq_ignore_ascii_case(b"BLOCK"))
}

// Deriving would require the same of the type parameter.
impl<T> Clone for RawCommand<T> {
    fn clone(&self) -> Self {
        Self { cmd: self.cmd.clone(), keys: self.keys.clone(), output: PhantomData }
    }
}

impl<T> fmt::Debug for RawCommand<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawCommand")
            .field("name", &self.name())
            .field("keys", &self.keys)
            .field("output", &type_name::<T>())
            .finish_non_exhaustive()
    }
}
