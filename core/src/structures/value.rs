//! One value in a Redis string.

use std::time::Duration;

use super::command::{Command, Source, optional_item};
use super::item::IntoItem;
use super::root::{CommandBuilder, structure};
use crate::codec::{Codec, Plain};
use crate::error::{Error, Result};
use crate::op::{Reply, Script};
use crate::ttl::Expiry;

static COMPARE_AND_SET: Script =
    Script::new("compare_and_set", include_str!("../blob/compare_and_set.lua"));
static COMPARE_AND_DELETE: Script =
    Script::new("delete_unchanged", include_str!("../blob/delete_unchanged.lua"));

structure! {
    /// One value, in a Redis string.
    ///
    /// A write sets the handle's time to live ([`with_ttl`](Self::with_ttl)) in the same
    /// command. Without one it leaves that of the key, which a plain SET would remove.
    ///
    /// ```
    /// # use std::time::Duration;
    /// use redis_model::structures::Value;
    /// use redis_model::{Operation, batch};
    ///
    /// # let server = redis_model::embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// let token = Value::<u64>::at("reset:7").with_ttl(Duration::from_secs(900));
    /// assert!(token.set_if_absent(42).run(&mut con)?);
    /// assert!(!token.set_if_absent(43).run(&mut con)?);
    /// assert_eq!(token.get_and_delete().run(&mut con)?, Some(42));
    ///
    /// // Many at once, in one round trip.
    /// let flags = ["dark", "beta"].map(|name| Value::<bool>::at(format!("flag:{name}")));
    /// batch(flags.iter().map(|flag| flag.set(true))).run(&mut con)?;
    /// let read = batch(flags.iter().map(Value::get)).run(&mut con)?;
    /// assert!(read.into_iter().all(|flag| flag.is_ok_and(|flag| flag == Some(true))));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    Value<T, C = Plain>, "string"
}

impl<T, C: Codec<T>> Value<T, C> {
    /// Returns the value, or `None` if there is none.
    ///
    /// **Sends** [`GET`](https://redis.io/commands/get).
    pub fn get(&self) -> Command<Option<T>> {
        self.root.command("GET").returns(optional_item::<T, C>)
    }

    /// Returns the value and sets the key's time to live.
    ///
    /// **Sends** [`GETEX … PX`](https://redis.io/commands/getex).
    pub fn get_and_refresh(&self, ttl: Duration) -> Command<Option<T>> {
        // The time to live is set also if the value cannot be decoded.
        expiry_of(self.root.command("GETEX").removes(), Expiry::after(ttl))
            .returns(optional_item::<T, C>)
    }

    /// Returns the value and deletes the key.
    ///
    /// A value that cannot be decoded is deleted, too, and the error says so
    /// ([`is_applied`](crate::Error::is_applied)).
    ///
    /// **Sends** [`GETDEL`](https://redis.io/commands/getdel).
    pub fn get_and_delete(&self) -> Command<Option<T>> {
        self.root.command("GETDEL").removes().returns(optional_item::<T, C>)
    }

    /// Writes the value.
    ///
    /// **Sends** [`SET … PX`](https://redis.io/commands/set) or `SET … KEEPTTL`, after a check of
    /// the key's type.
    pub fn set(&self, value: impl IntoItem<T>) -> Command<()> {
        self.set_expiring(value, self.root.expiry())
    }

    /// Writes the value with this time to live, whatever that of the handle.
    ///
    /// **Sends** [`SET … PX`](https://redis.io/commands/set), after a check of the key's type.
    pub fn set_with_ttl(&self, value: impl IntoItem<T>, ttl: Duration) -> Command<()> {
        self.set_expiring(value, Expiry::after(ttl))
    }

    fn set_expiring(&self, value: impl IntoItem<T>, expiry: Expiry) -> Command<()> {
        let command = self.root.typed("SET").item::<T, C, _>(value);
        expiry_of(command, expiry).returns(|reply, _| reply.into_ok())
    }

    /// Writes the value if there is none. Returns `true` if it was written.
    ///
    /// **Sends** [`SET … NX GET`](https://redis.io/commands/set).
    pub fn set_if_absent(&self, value: impl IntoItem<T>) -> Command<bool> {
        let command = self.root.command("SET").item::<T, C, _>(value).arg("NX").arg("GET");
        // With NX, a key that is to be created has no TTL to keep.
        new_expiry_of(command, self.root.expiry())
            .returns(|reply, _| old_value(reply).map(|old| !old))
    }

    /// Writes the value if there is one. Returns `true` if it was written.
    ///
    /// **Sends** [`SET … XX GET`](https://redis.io/commands/set).
    pub fn set_if_present(&self, value: impl IntoItem<T>) -> Command<bool> {
        let command = self.root.command("SET").item::<T, C, _>(value).arg("XX").arg("GET");
        expiry_of(command, self.root.expiry()).returns(|reply, _| old_value(reply))
    }

    /// Writes the value and returns the one before.
    ///
    /// **Sends** [`SET … GET`](https://redis.io/commands/set).
    pub fn get_and_set(&self, value: impl IntoItem<T>) -> Command<Option<T>> {
        let command = self.root.command("SET").item::<T, C, _>(value).arg("GET");
        expiry_of(command, self.root.expiry()).removes().returns(optional_item::<T, C>)
    }

    /// Writes `new` if the stored value is `old`. Returns `true` if it was written.
    ///
    /// The stored bytes are compared with those that the codec writes for `old`.
    ///
    /// **Sends** the script `compare_and_set.lua`.
    pub fn compare_and_set(&self, old: impl IntoItem<T>, new: impl IntoItem<T>) -> Command<bool> {
        let command =
            self.root.script(&COMPARE_AND_SET, &[]).item::<T, C, _>(old).item::<T, C, _>(new);
        expiry_of(command, self.root.expiry()).returns(applied)
    }

    /// Deletes the value if it is `old`. Returns `true` if it was deleted.
    ///
    /// **Sends** the script `delete_unchanged.lua`.
    pub fn compare_and_delete(&self, old: impl IntoItem<T>) -> Command<bool> {
        self.root.script(&COMPARE_AND_DELETE, &[]).item::<T, C, _>(old).returns(applied)
    }
}

/// Adds the time to live, or the option that keeps the key's.
pub(super) fn expiry_of(command: CommandBuilder<'_>, expiry: Expiry) -> CommandBuilder<'_> {
    match expiry {
        Expiry::Keep | Expiry::Persist => command.arg("KEEPTTL"),
        expiry => new_expiry_of(command, expiry),
    }
}

fn new_expiry_of(command: CommandBuilder<'_>, expiry: Expiry) -> CommandBuilder<'_> {
    match expiry.millis() {
        Ok(Some(millis)) => command.arg("PX").int(millis),
        Ok(None) => command,
        Err(error) => command.check(Err(error)),
    }
}

/// Returns `true` if the reply is a value, as `SET … GET` returns the old one.
fn old_value(reply: Reply) -> Result<bool> {
    reply.into_bytes().map(|old| old.is_some())
}

fn applied(reply: Reply, _: &Source) -> Result<bool> {
    match reply.into_status()?.0.as_str() {
        "applied" => Ok(true),
        "missing" | "conflict" => Ok(false),
        _ => Err(Error::unexpected_reply()),
    }
}
