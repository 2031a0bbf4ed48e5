//! The steps of a cache: one script each.

use std::fmt::Display;
use std::time::Duration;

use crate::codec::Codec;
use crate::error::{Error, Result};
use crate::key::Key;
use crate::op::{Reply, Script};
use crate::patterns::key::with_part;
use crate::structures::{Command, Root, Source, is_one};
use crate::ttl::Expiry;
use crate::ttl::millis;

static READ: Script =
    Script::new("read", concat!(include_str!("../now.lua"), include_str!("read.lua")));
static STORE: Script =
    Script::new("store", concat!(include_str!("../now.lua"), include_str!("store.lua")));
static RELEASE: Script =
    Script::new("release", concat!(include_str!("../now.lua"), include_str!("release.lua")));
static TAG: Script = Script::new("tag", include_str!("tag.lua"));

/// One entry of a cache, as one call sees it.
#[derive(Clone)]
pub(super) struct Entry {
    root: Root,
    /// The time instead of the server's, in milliseconds, or an empty text.
    pub(super) now: String,
    pub(super) token: String,
    /// The generations of the entry's tags.
    pub(super) tags: String,
}

/// The decision of `read.lua`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Hit,
    Early,
    Stale,
    Renew,
    Load,
    Wait,
    Failed,
    Miss,
}

/// The reply of `read.lua`.
pub(super) struct Look<T> {
    pub(super) status: Status,
    /// The value if there is one; `None` is a stored absence.
    pub(super) value: Option<Result<T>>,
    pub(super) writer: String,
    pub(super) time: Duration,
}

impl Entry {
    pub(super) fn new(prefix: &str, id: &dyn Display) -> Self {
        let root = Root::new("Cache", "hash", with_part(prefix, id));
        Self { root, now: String::new(), token: String::new(), tags: String::new() }
    }

    pub(super) fn key(&self) -> &Key {
        self.root.key()
    }

    pub(super) fn locate(&self, error: Error) -> Error {
        error.with_model("Cache").with_key(self.key())
    }

    /// Looks without a lease.
    pub(super) fn look<T, C: Codec<T>>(&self, ignored: &str) -> Command<Look<T>> {
        self.read_as::<T, C>("", "0", "0", ignored)
    }

    /// Reads the value, or takes the lease to load it.
    pub(super) fn read<T, C: Codec<T>>(
        &self,
        lease: Duration,
        early: f64,
        ignored: &str,
    ) -> Command<Look<T>> {
        let (lease, early) = (millis(lease).to_string(), early.to_string());
        self.read_as::<T, C>(&self.token, &lease, &early, ignored)
    }

    fn read_as<T, C: Codec<T>>(
        &self,
        token: &str,
        lease: &str,
        early: &str,
        ignored: &str,
    ) -> Command<Look<T>> {
        let command = self.root.script(&READ, &[]).arg(&self.now).arg(token).arg(lease);
        command.arg(&self.tags).arg(early).arg(ignored).returns(decode_look::<T, C>)
    }

    /// Stores a value or an absence; returns `false` if the lease is needed and lost.
    pub(super) fn store<T, C: Codec<T>>(
        &self,
        value: Option<&T>,
        with_lease: bool,
        fresh: Duration,
        stale: Duration,
        cost: Duration,
    ) -> Command<bool> {
        let command = self.root.script(&STORE, &[]).arg(&self.now).arg(&self.token);
        let command = command.int(u8::from(with_lease)).check(check(fresh));
        let command = command.int(millis(fresh)).int(millis(stale)).int(millis(cost));
        let command = command.check(if stale.is_zero() { Ok(()) } else { check(stale) });
        let command = command.arg(&self.tags);
        match value {
            Some(value) => command.item::<T, C, _>(value).returns(is_one),
            None => command.returns(is_one),
        }
    }

    /// Gives the lease back after a failed load.
    pub(super) fn release(&self, keep_failure: Option<Duration>) -> Command<bool> {
        let command = self.root.script(&RELEASE, &[]).arg(&self.now).arg(&self.token);
        match keep_failure {
            Some(time) => command.int(millis(time)).arg("0").returns(is_one),
            None => command.arg("").arg("0").returns(is_one),
        }
    }

    /// Gives the lease back after a load that found nothing, and removes the old value. Returns
    /// `false` if the lease is lost.
    pub(super) fn remove_value(&self) -> Command<bool> {
        let command = self.root.script(&RELEASE, &[]).arg(&self.now).arg(&self.token);
        command.arg("").arg("1").returns(is_one)
    }

    pub(super) fn delete(&self) -> Command<bool> {
        self.root.delete()
    }
}

/// Returns the generation of a tag, and begins a new one if `renew` or if there is none.
pub(super) fn tag(
    prefix: &str,
    name: &str,
    generation: &str,
    life: Duration,
    renew: bool,
) -> Command<String> {
    let key = with_part(&format!("{prefix}:tag"), &name);
    let root = Root::new("Cache", "string", key);
    let command = root.script(&TAG, &[]).arg(generation).int(millis(life.saturating_mul(2)));
    command.int(u8::from(renew)).returns(|reply, _| reply.into_text())
}

fn check(ttl: Duration) -> Result<()> {
    Expiry::after(ttl).check().map(drop)
}

fn decode_look<T, C: Codec<T>>(reply: Reply, source: &Source) -> Result<Look<T>> {
    let mut parts = reply.into_items()?;
    let mut part = || parts.next().ok_or_else(Error::unexpected_reply);
    let status = match &*part()?.into_text()? {
        "hit" => Status::Hit,
        "early" => Status::Early,
        "stale" => Status::Stale,
        "renew" => Status::Renew,
        "load" => Status::Load,
        "wait" => Status::Wait,
        "failed" => Status::Failed,
        "miss" => Status::Miss,
        _ => return Err(Error::unexpected_reply()),
    };
    let value = part()?.into_bytes()?.map(|bytes| source.item::<T, C>(bytes));
    let writer = part()?.into_bytes()?.unwrap_or_default();
    let writer = String::from_utf8_lossy(&writer).into_owned();
    let millis = part()?.into_text()?.parse().map_err(|_| Error::unexpected_reply())?;
    Ok(Look { status, value, writer, time: Duration::from_millis(millis) })
}
