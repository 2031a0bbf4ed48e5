//! The only file that looks into redis-rs' values, commands and errors, which redis 2.0
//! changes.

pub(crate) mod push;

use std::vec;

use redis::{
    Arg, Cmd, ErrorKind as RedisErrorKind, FromRedisValue, Pipeline, RedisError, RedisWrite,
    ServerError, ServerErrorKind, Value,
};

use crate::error::{Error, ErrorKind, Result};
#[cfg(feature = "aio")]
use crate::op::Topology;
use crate::op::{Reply, ReplyKeys};

pub(crate) type ReplyValue = Value;

/// Returns the bytes of a string.
pub(crate) fn bytes_of(value: &ReplyValue) -> Option<&[u8]> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Some(text.as_bytes()),
        Value::Okay => Some(b"OK"),
        _ => None,
    }
}

pub(crate) fn is_nil(value: &ReplyValue) -> bool {
    *value == Value::Nil
}

/// Returns a string as a reply, or nil.
pub(crate) fn value_of(bytes: Option<Vec<u8>>) -> ReplyValue {
    bytes.map_or(Value::Nil, Value::BulkString)
}

/// Returns a command's name and arguments.
pub(crate) fn arguments(cmd: &Cmd) -> impl Iterator<Item = &[u8]> {
    cmd.args_iter().map(|argument| match argument {
        Arg::Simple(bytes) => bytes,
        // This crate never writes cursors that way.
        _ => b"0",
    })
}

/// Returns commands to be sent together.
pub(crate) fn pipeline(commands: impl Iterator<Item = Cmd>) -> Pipeline {
    let mut pipeline = Pipeline::new();
    for command in commands {
        pipeline.add_command(command);
    }
    pipeline
}

/// Returns the commands of a pipeline, to be sent in another way. (Redis-rs 2.0 has no
/// `Cmd`s in it any more.)
pub(crate) fn commands(pipeline: &Pipeline) -> impl Iterator<Item = Cmd> {
    pipeline.cmd_iter().map(|sent| {
        let mut cmd = Cmd::new();
        for argument in sent.args_iter() {
            if let Arg::Simple(bytes) = argument {
                cmd.write_arg(bytes);
            }
        }
        cmd
    })
}

/// Returns a command without arguments.
pub(crate) fn command(name: &str) -> Cmd {
    let mut cmd = Cmd::with_capacity(1, name.len());
    cmd.write_arg(name.as_bytes());
    cmd
}

pub(crate) fn add_argument(cmd: &mut Cmd, argument: &[u8]) {
    cmd.write_arg(argument);
}

/// Returns the kind of server that an async connection reaches, by the exact
/// path of its type. Redis-rs' async trait does not say, and a type of another
/// crate may wrap either, so anything else is unknown.
#[cfg(feature = "aio")]
pub(crate) fn topology_of<C: ?Sized>() -> Topology {
    topology_of_type(std::any::type_name::<C>())
}

/// Returns `true` if a connection of this type is known to serve one operation at a time.
#[cfg(feature = "aio")]
pub(crate) fn is_dedicated<C: ?Sized>() -> bool {
    std::any::type_name::<C>().starts_with(DEDICATED)
}

/// The path of the type of dedicated connections, up to the connection inside.
#[cfg(feature = "aio")]
const DEDICATED: &str = "redis_model::connection::dedicated::Dedicated<";

#[cfg(feature = "aio")]
fn topology_of_type(name: &str) -> Topology {
    if let Some(inner) = name.strip_prefix(DEDICATED) {
        return topology_of_type(inner.strip_suffix('>').unwrap_or(inner));
    }
    match name.split_once('<').map_or(name, |(path, _)| path) {
        "redis::cluster_handling::async_connection::ClusterConnection"
        | "deadpool_redis::cluster::Connection" => Topology::Cluster,
        "redis::aio::multiplexed_connection::MultiplexedConnection"
        | "redis::aio::connection_manager::ConnectionManager"
        | "deadpool_redis::Connection"
        | "deadpool_redis::sentinel::Connection" => Topology::SingleServer,
        _ => Topology::Unknown,
    }
}

/// Returns `EVALSHA digest …` as `EVAL text …`.
pub(crate) fn with_script_text(cmd: &Cmd, text: &str) -> Cmd {
    let size = arguments(cmd).map(<[u8]>::len).sum::<usize>() + text.len();
    let mut with_text = Cmd::with_capacity(cmd.args_iter().len(), size);
    with_text.write_arg(b"EVAL");
    with_text.write_arg(text.as_bytes());
    for argument in arguments(cmd).skip(2) {
        with_text.write_arg(argument);
    }
    with_text
}

/// Returns `EVAL text 1 key …`, or the same with a digest, as `name key between …`.
pub(crate) fn without_script(cmd: &Cmd, name: &[u8], between: &[&str], skip: usize) -> Cmd {
    let size = arguments(cmd).skip(3).map(<[u8]>::len).sum::<usize>() + name.len() + 16;
    let mut plain = Cmd::with_capacity(cmd.args_iter().len() + between.len(), size);
    let mut words = arguments(cmd).skip(3);
    plain.write_arg(name);
    words.next().into_iter().for_each(|key| plain.write_arg(key));
    between.iter().for_each(|word| plain.write_arg(word.as_bytes()));
    words.skip(skip).for_each(|word| plain.write_arg(word));
    plain
}

/// Converts redis-rs' result for one command into a [`Reply`] or an [`Error`].
pub(crate) fn reply(returned: redis::RedisResult<Value>) -> Result<Reply> {
    match returned {
        Ok(Value::ServerError(error)) => Err(server_error(&error)),
        Ok(value) => Ok(Reply(value)),
        Err(error) => Err(error.into()),
    }
}

/// Converts redis-rs' result for a pipeline of `sent` commands into replies.
pub(crate) fn replies(
    returned: redis::RedisResult<Vec<Value>>,
    sent: usize,
) -> Result<Vec<Result<Reply>>> {
    let values = returned?;
    if values.len() != sent {
        return Err(Error::unexpected_reply());
    }
    Ok(values.into_iter().map(|value| reply(Ok(value))).collect())
}

/// Converts the text of a server's error, as a script returns it.
pub(crate) fn error_of_text(text: &str) -> Error {
    let (code, details) = text.split_once(' ').unwrap_or((text, ""));
    let is_code = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    match code.is_empty() || !code.bytes().all(is_code) {
        // A mistake in a script, with the name of the script and the line.
        true => error_of_code("ERR", text),
        false => error_of_code(code, details),
    }
}

/// Converts a server's error, without the arguments that the server repeats for an unknown
/// command: they may be stored data.
fn server_error(error: &ServerError) -> Error {
    error_of_code(error.code(), error.details().unwrap_or(""))
}

fn error_of_code(code: &str, details: &str) -> Error {
    let kind = match code {
        // The codes of this crate's scripts.
        "NOFIELDTTL" => ErrorKind::Unsupported,
        "STALERECORD" => ErrorKind::Conflict,
        // The server closes the connection after this error.
        "ERR" if details.starts_with("Protocol error") => ErrorKind::Connection,
        "NEWERVERSION" => ErrorKind::NewerVersion,
        "NOVERSION" => ErrorKind::InvalidValue,
        _ => ErrorKind::Server,
    };
    if !matches!(kind, ErrorKind::Server | ErrorKind::Connection) {
        return Error::new(kind, details.to_owned()).with_code(code);
    }
    // The line of a script is left out, too.
    let known = details.split(", with args beginning with").next().unwrap_or("");
    // A script reports a missing permission as an error like any other.
    let denied = known.strip_prefix("ACL failure in script: ");
    let known = denied.unwrap_or(known).split(" script: ").next().unwrap_or("");
    let is_denied = denied.is_some() || known.starts_with("The user executing the script");
    let code = if is_denied { "NOPERM" } else { code };
    Error::new(kind, format!("the server answered {code} {known}").trim_end().to_owned())
        .with_code(code)
}

impl From<RedisError> for Error {
    fn from(error: RedisError) -> Self {
        let error = match ServerError::try_from(error) {
            Ok(error) => return server_error(&error),
            Err(error) => error,
        };
        match error.kind() {
            RedisErrorKind::Io
            | RedisErrorKind::ClusterConnectionNotFound
            | RedisErrorKind::MasterNameNotFoundBySentinel
            | RedisErrorKind::NoValidReplicasFoundBySentinel
            | RedisErrorKind::EmptySentinelList => {
                Error::new(ErrorKind::Connection, format!("the server cannot be reached: {error}"))
                    .with_source(error)
            }
            RedisErrorKind::Server(ServerErrorKind::CrossSlot) => {
                Error::new(ErrorKind::CrossSlot, "keys of several cluster slots in one step")
                    .with_code("CROSSSLOT")
            }
            // The text that could not be parsed is left out: it may be stored data.
            RedisErrorKind::Parse => {
                Error::new(ErrorKind::Connection, "the server's reply could not be parsed")
            }
            // Redis-rs leaves the code out. The connection is not broken.
            RedisErrorKind::AuthenticationFailed => {
                Error::new(ErrorKind::Server, "the server refused the credentials")
                    .with_code("WRONGPASS")
            }
            _ => {
                let mut shown = Error::new(
                    ErrorKind::Server,
                    format!("the request failed: {}", error.category()),
                );
                if let Some(code) = error.code() {
                    shown = shown.with_code(code);
                }
                shown
            }
        }
    }
}

impl Error {
    /// Returns the error for a reply that the command cannot return.
    pub(crate) fn unexpected_reply() -> Self {
        Error::new(ErrorKind::Server, "the server's reply is not one of this command")
    }

    /// Returns the error for a reply of a type that the command cannot return.
    fn reply_of_wrong_type(value: &Value) -> Self {
        match value {
            Value::SimpleString(text) if text == "QUEUED" => Error::new(
                ErrorKind::Server,
                "the command was queued and not executed: the connection has an open MULTI; \
                 finish it with EXEC or DISCARD, and use `atomic` for steps of your own",
            ),
            _ => Error::unexpected_reply(),
        }
    }

    /// Returns the error for a command that was not sent because of another error.
    pub(crate) fn not_sent(because: &Error) -> Self {
        Error::new(
            ErrorKind::Connection,
            format!("not sent, because something before it failed: {because}"),
        )
    }

    pub(crate) fn is_no_script(&self) -> bool {
        self.code() == Some("NOSCRIPT")
    }
}

/// The status of a script that changed something.
const APPLIED: &str = "applied";

impl Reply {
    /// Converts an error of the server, which EXEC's replies may contain.
    pub(crate) fn into_result(self) -> Result<Self> {
        reply(Ok(self.0))
    }

    /// Returns the bytes of a bulk string, or `None` for nil.
    ///
    /// # Errors
    ///
    /// Kind [`Server`](crate::ErrorKind::Server) if the reply is anything else,
    /// such as a status (`OK`, `QUEUED`); see [`into_text`](Self::into_text).
    pub fn into_bytes(self) -> Result<Option<Vec<u8>>> {
        match self.0 {
            Value::Nil => Ok(None),
            Value::BulkString(bytes) => Ok(Some(bytes)),
            other => Err(Error::reply_of_wrong_type(&other)),
        }
    }

    /// Returns the text of a bulk string or of a status such as `OK`.
    ///
    /// # Errors
    ///
    /// Kind [`Server`](crate::ErrorKind::Server) if the reply is anything else,
    /// is not UTF-8, or is `QUEUED`.
    pub fn into_text(self) -> Result<String> {
        match self.0 {
            Value::BulkString(bytes) => {
                String::from_utf8(bytes).map_err(|_| Error::unexpected_reply())
            }
            Value::Okay => Ok("OK".to_owned()),
            Value::SimpleString(text) if text != "QUEUED" => Ok(text),
            Value::VerbatimString { text, .. } => Ok(text),
            other => Err(Error::reply_of_wrong_type(&other)),
        }
    }

    /// Returns an integer.
    ///
    /// # Errors
    ///
    /// Kind [`Server`](crate::ErrorKind::Server) if the reply is anything else.
    pub fn into_int(self) -> Result<i64> {
        match self.0 {
            Value::Int(number) => Ok(number),
            Value::Boolean(truth) => Ok(truth.into()),
            other => Err(Error::reply_of_wrong_type(&other)),
        }
    }

    /// Returns the text of a number, or `None` for nil.
    pub(crate) fn into_number_text(self) -> Result<Option<Vec<u8>>> {
        match self.0 {
            Value::Int(number) => Ok(Some(itoa::Buffer::new().format(number).as_bytes().to_vec())),
            other => Reply(other).into_bytes(),
        }
    }

    /// Returns a double, which RESP2 sends as text.
    pub(crate) fn into_double(self) -> Result<f64> {
        match self.0 {
            Value::Double(number) => Ok(number),
            Value::Int(number) => Ok(number as f64),
            Value::BulkString(text) => std::str::from_utf8(&text)
                .ok()
                .and_then(|text| text.parse().ok())
                .ok_or_else(Error::unexpected_reply),
            other => Err(Error::reply_of_wrong_type(&other)),
        }
    }

    /// Returns pairs, which RESP2 sends as a flat array and RESP3 as a map or an array of
    /// arrays. Nil is no pairs.
    pub(crate) fn into_pairs(self) -> Result<Vec<(Reply, Reply)>> {
        let values = match self.0 {
            Value::Nil => return Ok(Vec::new()),
            Value::Map(pairs) => {
                return Ok(pairs
                    .into_iter()
                    .map(|(one, other)| (Reply(one), Reply(other)))
                    .collect());
            }
            Value::Array(values) | Value::Set(values) => values,
            other => return Err(Error::reply_of_wrong_type(&other)),
        };
        let mut flat = Vec::with_capacity(values.len());
        for value in values {
            match value {
                Value::Array(pair) if pair.len() == 2 => flat.extend(pair),
                value => flat.push(value),
            }
        }
        let mut flat = flat.into_iter().map(Reply);
        let pairs = std::iter::from_fn(|| Some((flat.next()?, flat.next()?))).collect();
        Ok(pairs)
    }

    /// Returns names with their values, which RESP2 sends as a flat array and RESP3 as a map.
    /// A value may be an array of two, which [`into_pairs`](Self::into_pairs) would split.
    pub(crate) fn into_named(self) -> Result<Vec<(Reply, Reply)>> {
        let Value::Array(values) = self.0 else { return self.into_pairs() };
        let mut values = values.into_iter().map(Reply);
        Ok(std::iter::from_fn(|| Some((values.next()?, values.next()?))).collect())
    }

    /// Removes the first `length` bytes of the keys of a reply.
    pub(crate) fn without_prefix(mut self, keys: ReplyKeys, length: usize) -> Self {
        let shorten = |value: Option<&mut Value>| {
            if let Some(Value::BulkString(key)) = value {
                key.drain(..length.min(key.len()));
            }
        };
        match (keys, &mut self.0) {
            (ReplyKeys::First, Value::Array(items)) => shorten(items.first_mut()),
            (ReplyKeys::EachPair, Value::Map(pairs)) => {
                pairs.iter_mut().for_each(|(key, _)| shorten(Some(key)));
            }
            (ReplyKeys::EachPair, Value::Array(pairs)) => {
                for pair in pairs {
                    if let Value::Array(pair) = pair {
                        shorten(pair.first_mut());
                    }
                }
            }
            _ => {}
        }
        self
    }

    /// Returns the reply as redis-rs decodes it, or `None` if it does not. Its error is left
    /// out, because it quotes the reply.
    ///
    /// # Errors
    ///
    /// If the command was queued and not executed.
    pub(crate) fn into_redis_value<T: FromRedisValue>(self) -> Result<Option<T>> {
        match &self.0 {
            Value::SimpleString(text) if text == "QUEUED" => {
                Err(Error::reply_of_wrong_type(&self.0))
            }
            _ => Ok(T::from_redis_value(self.0).ok()),
        }
    }

    /// Returns `true` if the reply is this text.
    pub(crate) fn is_text(&self, text: &str) -> bool {
        bytes_of(&self.0) == Some(text.as_bytes())
    }

    /// Returns `true` if the reply is a number.
    pub(crate) fn is_int(&self) -> bool {
        matches!(self.0, Value::Int(_))
    }

    /// Decodes the reply to `TYPE`: `true` for a key of this type, `false` for none.
    ///
    /// # Errors
    ///
    /// `WRONGTYPE`, as a command of the type returns it, for a key of another type.
    pub(crate) fn into_is_of_type(self, redis_type: &str) -> Result<bool> {
        let stored = self.into_text()?;
        if stored == "none" || stored == redis_type {
            return Ok(stored != "none");
        }
        let message =
            "the server answered WRONGTYPE Operation against a key holding the wrong kind of value";
        Err(Error::new(ErrorKind::Server, message).with_code("WRONGTYPE"))
    }

    /// Returns `true` if the reply is an array, as those of scripts are.
    pub(crate) fn is_array(&self) -> bool {
        matches!(self.0, Value::Array(_))
    }

    /// Returns `true` if the reply is nil.
    pub fn is_nil(&self) -> bool {
        matches!(self.0, Value::Nil)
    }

    /// Returns `true` if the reply is the status `OK`.
    pub fn is_ok(&self) -> bool {
        match &self.0 {
            Value::Okay => true,
            Value::SimpleString(text) => text == "OK",
            _ => false,
        }
    }

    /// Checks that the reply is the status `OK`.
    pub(crate) fn into_ok(self) -> Result<()> {
        if self.is_ok() { Ok(()) } else { Err(Error::reply_of_wrong_type(&self.0)) }
    }

    /// Returns `true` if a script of this crate changed nothing: it replied 0, or a list
    /// that begins with a status other than `applied`.
    pub(crate) fn changed_nothing(&self) -> bool {
        match &self.0 {
            Value::Int(changed) => *changed == 0,
            Value::Array(items) => match items.first() {
                Some(Value::SimpleString(status)) => status != APPLIED,
                _ => items.iter().all(is_nil),
            },
            _ => false,
        }
    }

    /// Returns the items of an array or a set.
    ///
    /// # Errors
    ///
    /// Kind [`Server`](crate::ErrorKind::Server) if the reply is anything else.
    pub fn into_items(self) -> Result<impl ExactSizeIterator<Item = Reply>> {
        match self.0 {
            Value::Array(items) | Value::Set(items) => Ok(items.into_iter().map(Reply)),
            other => Err(Error::reply_of_wrong_type(&other)),
        }
    }

    /// Returns the values of this number of fields of a hash.
    pub(crate) fn into_row(self, fields: usize) -> Result<vec::IntoIter<Value>> {
        match self.0 {
            Value::Array(values) if values.len() == fields => Ok(values.into_iter()),
            other => Err(Error::reply_of_wrong_type(&other)),
        }
    }

    /// Returns the status that a script's reply is or begins with, and the rest of the reply.
    pub(crate) fn into_status(self) -> Result<(String, vec::IntoIter<Value>)> {
        let values = match self.0 {
            Value::Array(values) => values,
            Value::SimpleString(status) if status == APPLIED => {
                return Ok((status, Vec::new().into_iter()));
            }
            other => return Err(Error::reply_of_wrong_type(&other)),
        };
        let mut values = values.into_iter();
        match values.next() {
            Some(Value::SimpleString(status)) => Ok((status, values)),
            _ => Err(Error::unexpected_reply()),
        }
    }

    /// Returns the number that a command returned, as the text that the field has now.
    pub(crate) fn into_number_row(self) -> Result<vec::IntoIter<Value>> {
        let text = itoa::Buffer::new().format(self.into_int()?).as_bytes().to_vec();
        Ok(vec![Value::BulkString(text)].into_iter())
    }
}
