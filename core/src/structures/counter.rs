//! A number in a Redis string.

use super::command::{Command, Source};
use super::item::IntoItem;
use super::root::{CommandBuilder, Root, nothing, structure};
use super::value::expiry_of;
use crate::codec::Plain;
use crate::error::{Error, ErrorKind, Result};
use crate::op::{Reply, Script};
use crate::ttl::Expiry;
use crate::update::{refused_increment, refused_native_increment};
use crate::value::{Bounds, Increment, IntoIncrement, Numeric, RedisValue};

static INCREMENT: Script = Script::new(
    "increment",
    concat!(
        include_str!("increment_small.lua"),
        include_str!("../value/decimal.lua"),
        include_str!("increment.lua")
    ),
);

structure! {
    /// A number, in a Redis string, that many clients increment.
    ///
    /// An increment beyond the range of the Rust type is an error and changes nothing. A
    /// counter that does not exist is zero. The handle's time to live
    /// ([`with_ttl`](Self::with_ttl)) is set in the step that creates the counter, so a
    /// counter of a time window cannot lose it.
    ///
    /// ```
    /// # use std::time::Duration;
    /// use redis_model::Operation;
    /// use redis_model::structures::Counter;
    ///
    /// # let server = redis_model::embedded::Server::start()?;
    /// # let mut con = server.connection()?;
    /// let visits = Counter::<u8>::at("visits:today").with_ttl(Duration::from_secs(86_400));
    /// assert_eq!(visits.incr(250).run(&mut con)?, 250);
    /// assert!(visits.incr(6).run(&mut con).unwrap_err().is_out_of_range());
    /// assert_eq!(visits.get().run(&mut con)?, 250);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    Counter<N>, "string"
}

impl<N: RedisValue + Numeric> Counter<N> {
    /// Returns the number; zero if there is none.
    ///
    /// **Sends** [`GET`](https://redis.io/commands/get).
    pub fn get(&self) -> Command<N> {
        self.root.command("GET").returns(number::<N>)
    }

    /// Adds to the number and returns the sum.
    ///
    /// # Errors
    ///
    /// [`OutOfRange`](ErrorKind::OutOfRange) if the sum is not in the range of `N`,
    /// [`InvalidValue`](ErrorKind::InvalidValue) if the stored text is not a number of this
    /// type. Nothing is changed then. INCRBY refuses a number that Redis would write in another
    /// way, such as `007`; the script takes it.
    ///
    /// **Sends** [`INCRBY`](https://redis.io/commands/incrby) for an `i64` without a time to
    /// live, otherwise the script `increment.lua`.
    pub fn incr(&self, by: impl IntoIncrement<N::Kind>) -> Command<N> {
        self.incr_by(by.into_increment())
    }

    fn incr_by(&self, Increment(by): Increment) -> Command<N> {
        if N::BOUNDS.permits_native(&by) && self.root.expiry() == Expiry::Keep {
            let command = self.root.command("INCRBY").arg(by).returns(number::<N>);
            return command.on_error(|error| Err(refused_native_increment(error)));
        }
        increment(&self.root, &by, N::BOUNDS).returns(incremented::<N>)
    }

    /// Subtracts from the number and returns the difference; see [`incr`](Self::incr).
    pub fn decr(&self, by: impl IntoIncrement<N::Kind>) -> Command<N> {
        self.incr_by(by.into_increment().negated())
    }

    /// Sets the number. Without a time to live in the handle, that of the key is left.
    ///
    /// **Sends** [`SET … PX`](https://redis.io/commands/set) or `SET … KEEPTTL`, after a check of
    /// the key's type.
    pub fn set(&self, number: impl IntoItem<N>) -> Command<()> {
        let command = self.root.typed("SET").item::<N, Plain, _>(number);
        expiry_of(command, self.root.expiry()).returns(nothing)
    }

    /// Sets the number and returns the one before; zero if there was none.
    ///
    /// **Sends** [`SET … GET`](https://redis.io/commands/set).
    pub fn get_and_set(&self, number: impl IntoItem<N>) -> Command<N> {
        let command = self.root.command("SET").item::<N, Plain, _>(number).arg("GET");
        expiry_of(command, self.root.expiry()).removes().returns(self::number::<N>)
    }

    /// Deletes the counter and returns its number; zero if there was none.
    ///
    /// **Sends** [`GETDEL`](https://redis.io/commands/getdel).
    pub fn get_and_delete(&self) -> Command<N> {
        self.root.command("GETDEL").removes().returns(number::<N>)
    }
}

/// Begins a call of the script that adds to a string or, if a field follows, to that of a hash.
pub(super) fn increment<'a>(root: &'a Root, by: &str, bounds: Bounds) -> CommandBuilder<'a> {
    let builder = root.script(&INCREMENT, &[]).arg(by);
    let builder = match bounds {
        Bounds::Integer { min, max } => builder.arg(min).arg(max),
        Bounds::Float { max } => builder.arg("").arg(max).check(check_finite(by)),
    };
    builder.optional_int(root.millis())
}

fn check_finite(by: &str) -> Result<()> {
    if by.parse().is_ok_and(f64::is_finite) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidOperation, "an increment must be finite"))
}

/// Decodes a number; nil is zero.
fn number<N: RedisValue>(reply: Reply, source: &Source) -> Result<N> {
    let text = match reply.into_number_text()? {
        Some(text) => text,
        None => b"0".to_vec(),
    };
    source.item::<N, Plain>(text)
}

/// Decodes the reply of `increment.lua`.
pub(super) fn incremented<N: RedisValue>(reply: Reply, source: &Source) -> Result<N> {
    let (status, mut rest) = reply.into_status()?;
    if status != "applied" {
        return Err(refused_increment(&status));
    }
    let text = rest.next().and_then(|text| Reply(text).into_bytes().ok().flatten());
    source.item::<N, Plain>(text.ok_or_else(Error::unexpected_reply)?)
}
