//! The part that all structures share: their key, and the commands built from it.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use redis::{Cmd, RedisWrite};

use super::command::{Command, Prepared, Source};
use super::item::IntoItem;
use crate::codec::{Codec, Location};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::op::{READ_TYPED, Reply, Script, TYPED_COMMAND};
use crate::ttl::{Expiry, Ttl};

/// Replaces a key, after a check of its type.
static STORE: Script = Script::new("store", include_str!("store.lua")).runs(3);
/// Moves an item to another key, after a check of its type, and sets its TTL if it is new.
static MOVE: Script = Script::new("move", include_str!("move.lua")).runs(3);
/// Reads several keys, after a check of their types.
static COMBINE: Script = Script::reading("combine", include_str!("combine.lua")).runs(2);
/// Runs a write and sets the TTL of the key if it is new.
static CREATE: Script = Script::new("create", include_str!("create.lua")).runs(2);

/// The key of a structure.
#[derive(Clone)]
pub(crate) struct Root {
    source: Source,
    redis_type: &'static str,
    /// The time to live of keys that a write creates.
    expiry: Expiry,
}

impl Root {
    pub(crate) fn new(structure: &'static str, redis_type: &'static str, key: Key) -> Self {
        Self { source: Source { structure, key, removes: false }, redis_type, expiry: Expiry::Keep }
    }

    pub(super) fn with_ttl(self, ttl: Duration) -> Self {
        Self { expiry: Expiry::after(ttl), ..self }
    }

    pub(crate) fn key(&self) -> &Key {
        &self.source.key
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    pub(super) fn expiry(&self) -> Expiry {
        self.expiry
    }

    /// Returns the time to live of new keys in milliseconds.
    pub(crate) fn millis(&self) -> Result<Option<u64>> {
        self.expiry.millis()
    }

    /// Begins a command whose first argument is the key.
    pub(super) fn command(&self, name: &str) -> CommandBuilder<'_> {
        let mut builder = self.command_without_key(name);
        builder = builder.arg(self.key());
        builder.keys = 1..2;
        builder
    }

    /// Begins a command. The caller writes its keys and sets their position.
    pub(super) fn command_without_key(&self, name: &str) -> CommandBuilder<'_> {
        let cmd = Cmd::with_capacity(6, 64 + self.key().len());
        CommandBuilder { root: self, cmd, script: None, keys: 0..0, error: None, removes: false }
            .arg(name)
    }

    /// Begins a write that may create the key, and then sets its TTL. `options` are the
    /// arguments between the key and the items.
    pub(super) fn create(&self, name: &str, options: &[&str]) -> CommandBuilder<'_> {
        let builder = match self.expiry {
            Expiry::Keep | Expiry::Persist => self.command(name),
            Expiry::After(millis) => {
                self.script(&CREATE, &[]).int(millis).arg(name).int(options.len())
            }
            Expiry::Invalid => self.command(name).check(self.millis().map(drop)),
        };
        options.iter().fold(builder, |builder, option| builder.arg(option))
    }

    /// Begins a command that takes any type, after a check of the key's type.
    pub(super) fn typed(&self, name: &str) -> CommandBuilder<'_> {
        self.script(&TYPED_COMMAND, &[]).arg(self.redis_type).arg(name)
    }

    /// Like [`typed`](Self::typed), for a command that changes nothing.
    pub(super) fn typed_read(&self, name: &str) -> CommandBuilder<'_> {
        self.script(&READ_TYPED, &[]).arg(self.redis_type).arg(name)
    }

    /// Begins a call of a script on the key and others.
    pub(crate) fn script(&self, script: &'static Script, others: &[&Key]) -> CommandBuilder<'_> {
        let mut builder = self.command_without_key("EVALSHA").arg(script.sha());
        builder = builder.int(others.len() + 1).arg(self.key());
        builder = others.iter().fold(builder, |builder, key| builder.arg(key));
        builder.script = Some(script);
        builder.keys = 3..4 + others.len();
        builder
    }

    pub(crate) fn delete(&self) -> Command<bool> {
        self.typed("DEL").returns(is_one)
    }

    pub(crate) fn exists(&self) -> Command<bool> {
        // TYPE replies both if the key exists and if it is of the type, and needs no script.
        let decode: fn(Reply, &Source) -> Result<bool> = match self.redis_type {
            "string" => |reply, _| reply.into_is_of_type("string"),
            "list" => |reply, _| reply.into_is_of_type("list"),
            "set" => |reply, _| reply.into_is_of_type("set"),
            "zset" => |reply, _| reply.into_is_of_type("zset"),
            "hash" => |reply, _| reply.into_is_of_type("hash"),
            _ => |reply, _| reply.into_is_of_type("stream"),
        };
        self.command("TYPE").returns(decode)
    }

    pub(super) fn expire(&self, after: Duration) -> Command<bool> {
        self.typed("PEXPIRE").optional_int(Expiry::after(after).millis()).returns(is_one)
    }

    pub(super) fn persist(&self) -> Command<bool> {
        self.typed("PERSIST").returns(is_one)
    }

    pub(super) fn ttl(&self) -> Command<Ttl> {
        self.typed_read("PTTL").returns(|reply, _| reply.into_int().map(Ttl::from_pttl))
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({:?})", self.source.structure, self.key())
    }
}

/// A command of a structure, to which arguments are added.
pub(crate) struct CommandBuilder<'a> {
    root: &'a Root,
    cmd: Cmd,
    script: Option<&'static Script>,
    keys: Range<usize>,
    /// The first argument that could not be encoded.
    error: Option<Error>,
    removes: bool,
}

impl CommandBuilder<'_> {
    pub(crate) fn arg(mut self, argument: impl AsRef<[u8]>) -> Self {
        self.cmd.write_arg(argument.as_ref());
        self
    }

    pub(crate) fn int(self, number: impl itoa::Integer) -> Self {
        self.arg(itoa::Buffer::new().format(number))
    }

    /// Adds an item, encoded by `C`.
    pub(crate) fn item<T, C: Codec<T>, I: IntoItem<T>>(mut self, item: I) -> Self {
        let at = Location::at_key(&self.root.source.key);
        let mut out = self.cmd.writer_for_next_arg();
        let encoded = item.with_item(|item| C::encode_item(item, &at, &mut out));
        drop(out);
        self.check(encoded.map_err(Error::from))
    }

    /// Adds items, or returns `None` if there are none, with which Redis takes no command.
    pub(super) fn items<T, C: Codec<T>, I: IntoItem<T>>(
        self,
        items: impl IntoIterator<Item = I>,
    ) -> Option<Self> {
        self.each(items, Self::item::<T, C, I>)
    }

    /// Adds the arguments of each element, or returns `None` if there are none.
    pub(super) fn each<I>(
        self,
        elements: impl IntoIterator<Item = I>,
        add: impl FnMut(Self, I) -> Self,
    ) -> Option<Self> {
        let mut elements = elements.into_iter().peekable();
        elements.peek()?;
        Some(elements.fold(self, add))
    }

    /// Adds a number of items, as Redis takes it.
    pub(crate) fn size(self, size: usize) -> Self {
        self.int(i64::try_from(size).unwrap_or(i64::MAX))
    }

    /// Adds a score or a weight.
    pub(crate) fn double(self, number: f64) -> Self {
        match double_text(number) {
            Some(text) => self.arg(text),
            None => {
                let message = "a score or weight is not a number (NaN)";
                self.check(Err(Error::new(ErrorKind::InvalidValue, message)))
            }
        }
    }

    /// Adds a number, or an empty argument in its place.
    pub(crate) fn optional_int(self, number: Result<Option<u64>>) -> Self {
        match number {
            Ok(Some(number)) => self.int(number),
            Ok(None) => self.arg(""),
            Err(error) => self.check(Err(error)),
        }
    }

    /// Keeps the first error of an argument, with which nothing is sent.
    pub(crate) fn check(mut self, valid: Result<()>) -> Self {
        if let Err(error) = valid {
            self.error.get_or_insert(error);
        }
        self
    }

    /// Sets which words of the command are keys.
    pub(super) fn keys(mut self, words: Range<usize>) -> Self {
        self.keys = words;
        self
    }

    /// Marks a command that removes the items that it returns: if one cannot be decoded, the
    /// command was applied all the same.
    pub(crate) fn removes(mut self) -> Self {
        self.removes = true;
        self
    }

    /// Finishes the command.
    pub(crate) fn returns<T>(self, decode: fn(Reply, &Source) -> Result<T>) -> Command<T> {
        let Self { root, cmd, script, keys, error, removes } = self;
        let source = Source { removes, ..root.source.clone() };
        let prepared = Prepared::new(cmd, script, keys);
        let prepared = error.map_or(Ok(prepared), |error| Err(root.source.locate(error)));
        Command::new(source, prepared, decode)
    }
}

pub(crate) fn is_one(reply: Reply, _: &Source) -> Result<bool> {
    reply.into_int().map(|changed| changed > 0)
}

pub(crate) fn count(reply: Reply, _: &Source) -> Result<usize> {
    let count = reply.into_int()?;
    usize::try_from(count).map_err(|_| Error::unexpected_reply())
}

pub(super) fn optional_count(reply: Reply, source: &Source) -> Result<Option<usize>> {
    if reply.is_nil() { Ok(None) } else { count(reply, source).map(Some) }
}

pub(super) fn nothing(reply: Reply, _: &Source) -> Result<()> {
    reply.into_ok()
}

/// Returns `true` for each one of an array of ones and zeros.
pub(super) fn each_is_one(reply: Reply, source: &Source) -> Result<Vec<bool>> {
    reply.into_items()?.map(|item| is_one(item, source)).collect()
}

/// Returns zero, which a command on no items changes, after a check of the key's type.
pub(super) fn none_of(reply: Reply, _: &Source) -> Result<usize> {
    reply.into_int().map(|_| 0)
}

/// Returns an empty list, after a check of the key's type.
pub(super) fn no_items<T>(reply: Reply, _: &Source) -> Result<Vec<T>> {
    reply.into_int().map(|_| Vec::new())
}

/// Returns a double as Redis reads it, `None` for NaN.
pub(crate) fn double_text(number: f64) -> Option<String> {
    match number {
        f64::INFINITY => Some("+inf".to_owned()),
        f64::NEG_INFINITY => Some("-inf".to_owned()),
        number if number.is_nan() => None,
        number => Some(number.to_string()),
    }
}

/// Begins a command that replaces the key by a combination of other keys. `count` is the
/// script's word for commands that take the number of keys.
pub(super) fn store<'a>(
    root: &'a Root,
    name: &str,
    count: &str,
    of: &[&Key],
) -> CommandBuilder<'a> {
    let given = if of.is_empty() {
        let message = "there are no structures to combine";
        Err(Error::new(ErrorKind::InvalidOperation, message))
    } else {
        Ok(())
    };
    let command = root.script(&STORE, of).check(given).arg(root.redis_type);
    command.optional_int(root.millis()).arg(name).arg(count)
}

/// Begins a command that moves an item from this key to another.
pub(super) fn moved<'a>(root: &'a Root, to: &Root, name: &str) -> CommandBuilder<'a> {
    let command = root.script(&MOVE, &[to.key()]).arg(root.redis_type);
    command.optional_int(to.millis()).arg(name)
}

/// Begins a command that reads this key and others, after a check of their types.
pub(super) fn combined<'a>(root: &'a Root, name: &str, others: &[&Key]) -> CommandBuilder<'a> {
    root.script(&COMBINE, others).arg(root.redis_type).arg(name)
}

/// Finishes a command that counts common members, up to a limit.
pub(super) fn limited_count(command: CommandBuilder<'_>, limit: Option<usize>) -> Command<usize> {
    match limit {
        // To Redis, 0 means no limit.
        Some(0) => command.returns(none_of),
        Some(limit) => command.arg("LIMIT").size(limit).returns(count),
        None => command.returns(count),
    }
}

/// Defines a structure: its handle and the operations that all have.
macro_rules! structure {
    (
        $(#[$docs:meta])*
        $name:ident<$($param:ident $(= $default:ty)?),*>, $redis_type:literal
    ) => {
        $(#[$docs])*
        pub struct $name<$($param $(= $default)?),*> {
            root: $crate::structures::root::Root,
            types: std::marker::PhantomData<fn() -> ($($param,)*)>,
        }

        impl<$($param),*> $name<$($param),*> {
            /// Creates a handle of the structure under this key. Nothing is sent.
            pub fn at(key: impl Into<$crate::key::Key>) -> Self {
                let root =
                    $crate::structures::root::Root::new(stringify!($name), $redis_type, key.into());
                Self { root, types: std::marker::PhantomData }
            }

            /// Sets a time to live for the key when a write creates it. The time is rounded up
            /// to milliseconds; zero is an error of each such write.
            pub fn with_ttl(self, ttl: std::time::Duration) -> Self {
                Self { root: self.root.with_ttl(ttl), ..self }
            }

            /// Returns the key.
            pub fn key(&self) -> &$crate::key::Key {
                self.root.key()
            }

            /// Deletes the key. Returns `true` if it existed.
            ///
            /// **Sends** [`DEL`](https://redis.io/commands/del), after a check of the key's
            /// type.
            pub fn delete(&self) -> $crate::structures::Command<bool> {
                self.root.delete()
            }

            /// Returns `true` if the key exists.
            ///
            /// # Errors
            ///
            /// `WRONGTYPE` if the key holds another type.
            ///
            /// **Sends** [`TYPE`](https://redis.io/commands/type).
            pub fn exists(&self) -> $crate::structures::Command<bool> {
                self.root.exists()
            }

            /// Sets the time to live, rounded up to milliseconds. Returns `true` if the key
            /// exists. A time of zero is an error of the operation.
            ///
            /// **Sends** [`PEXPIRE`](https://redis.io/commands/pexpire), after a check of the
            /// key's type.
            pub fn expire(&self, after: std::time::Duration) -> $crate::structures::Command<bool> {
                self.root.expire(after)
            }

            /// Removes the time to live. Returns `true` if the key had one.
            ///
            /// **Sends** [`PERSIST`](https://redis.io/commands/persist), after a check of the
            /// key's type.
            pub fn persist(&self) -> $crate::structures::Command<bool> {
                self.root.persist()
            }

            /// Reads the time to live.
            ///
            /// **Sends** [`PTTL`](https://redis.io/commands/pttl), after a check of the key's
            /// type.
            pub fn ttl(&self) -> $crate::structures::Command<$crate::ttl::Ttl> {
                self.root.ttl()
            }
        }

        impl<$($param),*> $crate::structures::Structure for $name<$($param),*> {
            const REDIS_TYPE: &'static str = $redis_type;

            fn at(key: impl Into<$crate::key::Key>) -> Self {
                Self::at(key)
            }

            fn with_ttl(self, ttl: std::time::Duration) -> Self {
                self.with_ttl(ttl)
            }

            fn key(&self) -> &$crate::key::Key {
                self.key()
            }
        }

        // Deriving would require the same of the type parameters.
        impl<$($param),*> Clone for $name<$($param),*> {
            fn clone(&self) -> Self {
                Self { root: self.root.clone(), types: std::marker::PhantomData }
            }
        }

        impl<$($param),*> std::fmt::Debug for $name<$($param),*> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(&self.root, f)
            }
        }
    };
}

pub(super) use structure;
