//! Operations of structures: a command that is encoded already, and a decoder of its reply.
//!
//! All share one type, so a structure needs no type for each of its methods. An item is
//! encoded when the method is called, so an operation borrows nothing; an item that cannot be
//! encoded is the error of the run.

use std::fmt;
use std::ops::Range;

use redis::Cmd;

use crate::clone::clone_fields;
use crate::codec::{Codec, Location};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::op::{Operation, Replies, Reply, Request, Script};
use crate::redis_rs;

/// An operation of a [structure](crate::structures), with the output `T`.
#[must_use = "an operation does nothing until it is run"]
pub struct Command<T> {
    source: Source,
    prepared: Result<Prepared>,
    decode: fn(Reply, &Source) -> Result<T>,
    /// Returns the result that an error of the server stands for, or another error.
    on_error: fn(Error) -> Result<T>,
}

/// A command with the positions of its keys.
#[derive(Clone)]
pub(crate) struct Prepared {
    cmd: Cmd,
    script: Option<&'static Script>,
    keys: Range<usize>,
}

/// The structure and key that a reply is about.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) structure: &'static str,
    pub(crate) key: Key,
    /// The command was applied if an item of its reply cannot be decoded: it removes the items
    /// that it returns.
    pub(crate) removes: bool,
}

impl Prepared {
    pub(crate) fn new(cmd: Cmd, script: Option<&'static Script>, keys: Range<usize>) -> Self {
        Self { cmd, script, keys }
    }

    /// Returns the plain command of a script that only checks the key's type.
    fn without_script(self) -> Result<Self> {
        let Some(script) = self.script else { return Ok(self) };
        let name = redis_rs::arguments(&self.cmd).nth(5).map(<[u8]>::to_vec);
        let cmd = match (name, script.plain_form()) {
            (_, Some(convert)) => convert(&self.cmd),
            (Some(name), None) if script.checks_type() => {
                redis_rs::without_script(&self.cmd, &name, &[], 2)
            }
            _ => {
                let message = format!(
                    "the script `{}.lua` does more than a command could; it needs `+evalsha` or `+eval`",
                    script.name
                );
                return Err(Error::new(ErrorKind::InvalidOperation, message));
            }
        };
        Ok(Self::new(cmd, None, 1..2))
    }

    /// Adds the command to a request.
    pub(super) fn add_to(&self, request: &mut Request) {
        request.prepared(self.cmd.clone(), self.script, self.keys.clone());
    }
}

impl<T> Command<T> {
    pub(crate) fn new(
        source: Source,
        prepared: Result<Prepared>,
        decode: fn(Reply, &Source) -> Result<T>,
    ) -> Self {
        Self { source, prepared, decode, on_error: Err }
    }

    /// Sends the command itself in place of a script that first checks the type of the key,
    /// for users who may not run scripts: `delete`, `expire`, `persist`, `ttl`, and `set` of a
    /// value or a counter. Another value of that key is deleted, replaced or gets the time to
    /// live, whatever its type. Operations without a script are left as they are.
    ///
    /// ```
    /// # use redis_model::Operation;
    /// # use redis_model::structures::Set;
    /// let delete = Set::<u64>::at("followers").delete().without_script();
    /// assert_eq!(delete.explain()?.to_string(), "DEL followers");
    /// # Ok::<(), redis_model::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidOperation`](crate::ErrorKind::InvalidOperation), from the run, of operations
    /// whose script does more.
    pub fn without_script(self) -> Self {
        let prepared = self.prepared.and_then(|prepared| {
            prepared.without_script().map_err(|error| self.source.locate(error))
        });
        Self { prepared, ..self }
    }

    /// Sets the function that an error of the server is passed to.
    pub(super) fn on_error(self, on_error: fn(Error) -> Result<T>) -> Self {
        Self { on_error, ..self }
    }
}

impl<T> Operation for Command<T> {
    type Output = T;

    fn encode(&self, request: &mut Request) -> Result<()> {
        let prepared = self.prepared.as_ref().map_err(Error::clone)?;
        prepared.add_to(request);
        Ok(())
    }

    fn decode(&self, replies: &mut Replies) -> Result<T> {
        let output = match replies.next() {
            Ok(reply) => (self.decode)(reply, &self.source),
            Err(error) => (self.on_error)(error),
        };
        output.map_err(|error| self.source.locate(error))
    }
}

/// A command that returns a `Result` for each item, as one that returns the items.
#[must_use = "an operation does nothing until it is run"]
pub struct Strict<T>(Command<Vec<Result<T>>>);

impl<T> Command<Vec<Result<T>>> {
    /// Returns the items, or the error of the first that cannot be decoded.
    ///
    /// ```
    /// # use redis_model::Operation;
    /// # use redis_model::structures::List;
    /// # let server = redis_model::embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// let scores = List::<u32>::at("scores");
    /// scores.push_back_all([3, 1, 4]).run(&mut con)?;
    /// assert_eq!(scores.range(..).strict().run(&mut con)?, [3, 1, 4]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn strict(self) -> Strict<T> {
        Strict(self)
    }
}

impl<T> Operation for Strict<T> {
    type Output = Vec<T>;

    fn encode(&self, request: &mut Request) -> Result<()> {
        self.0.encode(request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<Vec<T>> {
        self.0.decode(replies)?.into_iter().collect()
    }
}

impl Source {
    pub(crate) fn locate(&self, error: Error) -> Error {
        error.with_model(self.structure).with_key(&self.key)
    }

    /// Decodes an item.
    pub(crate) fn item<T, C: Codec<T>>(&self, bytes: Vec<u8>) -> Result<T> {
        C::decode_item(bytes, &Location::at_key(&self.key)).map_err(|error| {
            let error = self.locate(error.into());
            if self.removes { error.applied() } else { error }
        })
    }

    /// Decodes an item that a reply consists of, or `None` for nil.
    pub(crate) fn optional_item<T, C: Codec<T>>(&self, reply: Reply) -> Result<Option<T>> {
        reply.into_bytes()?.map(|bytes| self.item::<T, C>(bytes)).transpose()
    }
}

/// Decodes an array of items; nil is an empty one.
pub(crate) fn items<T, C: Codec<T>>(reply: Reply, source: &Source) -> Result<Vec<Result<T>>> {
    if reply.is_nil() {
        return Ok(Vec::new());
    }
    let item = |(at, reply): (usize, Reply)| {
        let bytes = reply.into_bytes()?.ok_or_else(Error::unexpected_reply);
        bytes.and_then(|bytes| source.item::<T, C>(bytes)).map_err(|error| error.with_item(at))
    };
    Ok(reply.into_items()?.enumerate().map(item).collect())
}

/// Decodes an item or nil.
pub(crate) fn optional_item<T, C: Codec<T>>(reply: Reply, source: &Source) -> Result<Option<T>> {
    source.optional_item::<T, C>(reply)
}

impl<T> fmt::Debug for Command<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Source { structure, key, .. } = &self.source;
        f.debug_struct("Command").field("structure", structure).field("key", key).finish()
    }
}

impl<T> fmt::Debug for Strict<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

clone_fields! {
    impl[T] Command<T> { source, prepared, decode, on_error }
    impl[T] Strict<T> { 0 }
}
