//! A Redis hash whose field names are data.

use std::time::Duration;

use super::command::{Command, Source, items, optional_item};
use super::counter::{increment, incremented};
use super::item::IntoItem;
use super::root::{CommandBuilder, count, is_one, no_items, none_of, structure};
use super::scan::ScanItems;
use crate::codec::{Codec, Plain};
use crate::error::{Error, Result};
use crate::hash::{FIELD_TTL, decode_field_ttl, without_field_ttl};
use crate::op::{Reply, Script};
use crate::ttl::{self, Ttl};
use crate::value::{Increment, IntoIncrement, Numeric, RedisValue};

static MAP_FIELD: Script = Script::new(
    "map_field",
    concat!(include_str!("../hash/can_expire_fields.lua"), include_str!("map_field.lua")),
);

structure! {
    /// A free-form Redis hash: fields of type `K` with values of type `V`.
    ///
    /// For a fixed set of fields of different types, derive a
    /// [model](macro@crate::RedisModel) instead. The text of a field is that of a
    /// [`RedisValue`]; values are encoded by the codec.
    ///
    /// ```
    /// use redis_model::Operation;
    /// use redis_model::structures::Map;
    ///
    /// # let server = redis_model::embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// let stock = Map::<String, u32>::at("stock");
    /// stock.set_all([("apple", 3), ("pear", 5)]).run(&mut con)?;
    /// assert_eq!(stock.incr("apple", -1).run(&mut con)?, 2);
    /// assert!(stock.incr("apple", -9).run(&mut con).unwrap_err().is_out_of_range());
    /// let found = stock.get_each(["apple", "plum"]).strict().run(&mut con)?;
    /// assert_eq!(found, [Some(2), None]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    Map<K, V, C = Plain>, "hash"
}

impl<K: RedisValue, V, C: Codec<V>> Map<K, V, C> {
    /// Returns the value of a field.
    ///
    /// **Sends** [`HGET`](https://redis.io/commands/hget).
    pub fn get(&self, field: impl IntoItem<K>) -> Command<Option<V>> {
        self.field("HGET", field).returns(optional_item::<V, C>)
    }

    /// Returns the values of fields, in order; `None` for those that there are not.
    ///
    /// **Sends** [`HMGET`](https://redis.io/commands/hmget), or HLEN if there are no fields.
    pub fn get_each<I: IntoItem<K>>(
        &self,
        fields: impl IntoIterator<Item = I>,
    ) -> Command<Vec<Result<Option<V>>>> {
        match self.root.command("HMGET").items::<K, Plain, _>(fields) {
            Some(command) => command.returns(optional_items::<V, C>),
            None => self.root.command("HLEN").returns(no_items),
        }
    }

    /// Returns all fields with their values, in no order.
    ///
    /// **Sends** [`HGETALL`](https://redis.io/commands/hgetall).
    pub fn get_all(&self) -> Command<Vec<Result<(K, V)>>> {
        self.root.command("HGETALL").returns(entries::<K, V, C>)
    }

    /// Writes the value of a field. Returns `true` if the field is new.
    ///
    /// A time to live of the field is removed.
    ///
    /// **Sends** [`HSET`](https://redis.io/commands/hset).
    pub fn set(&self, field: impl IntoItem<K>, value: impl IntoItem<V>) -> Command<bool> {
        let command = self.root.create("HSET", &[]);
        command.item::<K, Plain, _>(field).item::<V, C, _>(value).returns(is_one)
    }

    /// Writes the values of fields. Returns the number of new fields.
    ///
    /// **Sends** [`HSET`](https://redis.io/commands/hset), or HLEN if there are no fields.
    pub fn set_all<F: IntoItem<K>, I: IntoItem<V>>(
        &self,
        fields: impl IntoIterator<Item = (F, I)>,
    ) -> Command<usize> {
        let fields = self.root.create("HSET", &[]).each(fields, |command, (field, value)| {
            command.item::<K, Plain, _>(field).item::<V, C, _>(value)
        });
        match fields {
            Some(command) => command.returns(count),
            None => self.root.command("HLEN").returns(none_of),
        }
    }

    /// Writes the value of a field if there is none. Returns `true` if it was written.
    ///
    /// **Sends** [`HSETNX`](https://redis.io/commands/hsetnx).
    pub fn set_if_absent(&self, field: impl IntoItem<K>, value: impl IntoItem<V>) -> Command<bool> {
        let command = self.root.create("HSETNX", &[]);
        command.item::<K, Plain, _>(field).item::<V, C, _>(value).returns(is_one)
    }

    /// Removes a field. Returns `true` if there was one.
    ///
    /// **Sends** [`HDEL`](https://redis.io/commands/hdel).
    pub fn remove(&self, field: impl IntoItem<K>) -> Command<bool> {
        self.field("HDEL", field).returns(is_one)
    }

    /// Removes fields. Returns the number of those that there were.
    ///
    /// **Sends** [`HDEL`](https://redis.io/commands/hdel), or HLEN if there are no fields.
    pub fn remove_all<I: IntoItem<K>>(
        &self,
        fields: impl IntoIterator<Item = I>,
    ) -> Command<usize> {
        match self.root.command("HDEL").items::<K, Plain, _>(fields) {
            Some(command) => command.returns(count),
            None => self.root.command("HLEN").returns(none_of),
        }
    }

    /// Returns `true` if there is a field.
    ///
    /// **Sends** [`HEXISTS`](https://redis.io/commands/hexists).
    pub fn contains(&self, field: impl IntoItem<K>) -> Command<bool> {
        self.field("HEXISTS", field).returns(is_one)
    }

    /// Returns the fields, in no order.
    ///
    /// **Sends** [`HKEYS`](https://redis.io/commands/hkeys).
    pub fn keys(&self) -> Command<Vec<Result<K>>> {
        self.root.command("HKEYS").returns(items::<K, Plain>)
    }

    /// Returns the values, in the order of [`keys`](Self::keys).
    ///
    /// **Sends** [`HVALS`](https://redis.io/commands/hvals).
    pub fn values(&self) -> Command<Vec<Result<V>>> {
        self.root.command("HVALS").returns(items::<V, C>)
    }

    /// Goes through all fields, a page at a time, for large maps.
    ///
    /// **Sends** [`HSCAN`](https://redis.io/commands/hscan), once for each page.
    pub fn scan(&self) -> ScanItems<(K, V)> {
        ScanItems::new(&self.root, "HSCAN", entries::<K, V, C>)
    }

    /// Returns the number of fields.
    ///
    /// **Sends** [`HLEN`](https://redis.io/commands/hlen).
    pub fn len(&self) -> Command<usize> {
        self.root.command("HLEN").returns(count)
    }

    /// Writes the value of a field with a time to live of its own. Returns `true` if the field
    /// is new.
    ///
    /// # Errors
    ///
    /// Kind [`Unsupported`](crate::ErrorKind::Unsupported) on a server before Redis 7.4 and
    /// Valkey 9. Nothing is written then.
    ///
    /// **Sends** the script `map_field.lua`.
    pub fn set_with_ttl(
        &self,
        field: impl IntoItem<K>,
        value: impl IntoItem<V>,
        ttl: Duration,
    ) -> Command<bool> {
        self.field_script("set", ttl::of_field(ttl).map(Some), field)
            .item::<V, C, _>(value)
            .returns(is_one)
    }

    /// Sets the time to live of a field. Returns `true` if there is a field.
    ///
    /// # Errors
    ///
    /// Kind [`Unsupported`](crate::ErrorKind::Unsupported) on a server before Redis 7.4 and
    /// Valkey 9.
    ///
    /// **Sends** the script `map_field.lua`.
    pub fn expire_field(&self, field: impl IntoItem<K>, after: Duration) -> Command<bool> {
        self.field_script("expire", ttl::of_field(after).map(Some), field).returns(is_one)
    }

    /// Removes the time to live of a field. Returns `true` if the field had one.
    ///
    /// # Errors
    ///
    /// Kind [`Unsupported`](crate::ErrorKind::Unsupported) on a server before Redis 7.4 and
    /// Valkey 9.
    ///
    /// **Sends** the script `map_field.lua`.
    pub fn persist_field(&self, field: impl IntoItem<K>) -> Command<bool> {
        self.field_script("persist", Ok(None), field).returns(is_one)
    }

    /// Reads the time to live of a field.
    ///
    /// # Errors
    ///
    /// Kind [`Unsupported`](crate::ErrorKind::Unsupported) on a server before Redis 7.4 and
    /// Valkey 9.
    ///
    /// **Sends** the script `field_ttl.lua`, and `HPTTL` where the user may not run scripts.
    pub fn field_ttl(&self, field: impl IntoItem<K>) -> Command<Ttl> {
        let command = self.root.script(&FIELD_TTL, &[]).item::<K, Plain, _>(field);
        let command = command.returns(|reply, _| decode_field_ttl(reply));
        command.on_error(|error| Err(without_field_ttl(error)))
    }

    fn field_script(
        &self,
        word: &str,
        ttl: Result<Option<u64>>,
        field: impl IntoItem<K>,
    ) -> CommandBuilder<'_> {
        let command = self.root.script(&MAP_FIELD, &[]).arg(word).optional_int(ttl);
        command.optional_int(self.root.millis()).item::<K, Plain, _>(field)
    }

    fn field(&self, name: &str, field: impl IntoItem<K>) -> CommandBuilder<'_> {
        self.root.command(name).item::<K, Plain, _>(field)
    }
}

impl<K: RedisValue, V: RedisValue + Numeric> Map<K, V> {
    /// Adds to the number in a field, which is zero if there is none. Returns the sum. The
    /// field keeps its time to live.
    ///
    /// # Errors
    ///
    /// [`OutOfRange`](crate::ErrorKind::OutOfRange) if the sum is not in the range of `V`,
    /// [`InvalidValue`](crate::ErrorKind::InvalidValue) if the stored text is not a number of
    /// this type. Nothing is changed then.
    ///
    /// **Sends** the script `increment.lua`.
    pub fn incr(&self, field: impl IntoItem<K>, by: impl IntoIncrement<V::Kind>) -> Command<V> {
        let Increment(by) = by.into_increment();
        increment(&self.root, &by, V::BOUNDS).item::<K, Plain, _>(field).returns(incremented::<V>)
    }
}

/// Decodes an array of values or nils.
fn optional_items<V, C: Codec<V>>(reply: Reply, source: &Source) -> Result<Vec<Result<Option<V>>>> {
    let value = |(at, reply)| {
        source.optional_item::<V, C>(reply).map_err(|error: Error| error.with_item(at))
    };
    Ok(reply.into_items()?.enumerate().map(value).collect())
}

/// Decodes fields with their values.
pub(super) fn entries<K: RedisValue, V, C: Codec<V>>(
    reply: Reply,
    source: &Source,
) -> Result<Vec<Result<(K, V)>>> {
    let entry = |(at, (field, value)): (usize, (Reply, Reply))| {
        let bytes = |reply: Reply| reply.into_bytes()?.ok_or_else(Error::unexpected_reply);
        let entry =
            || Ok((source.item::<K, Plain>(bytes(field)?)?, source.item::<V, C>(bytes(value)?)?));
        entry().map_err(|error: Error| error.with_item(at))
    };
    Ok(reply.into_pairs()?.into_iter().enumerate().map(entry).collect())
}
