//! Sessions as they are read.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::codec::Codec;
use crate::error::{Error, Result};
use crate::op::Reply;
use crate::structures::command::Source;

/// A session that was read; see [`Sessions::get`](super::Sessions::get).
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Session<T> {
    /// The data, which [`save`](super::Sessions::save) writes back.
    pub data: T,
    /// The user, `None` for a visitor who has not logged in.
    pub user: Option<String>,
    /// The time at which the session began, by the server's clock.
    pub created: SystemTime,
    /// The time at which the session ends if it is not used before, by the server's clock.
    pub expires: SystemTime,
    /// The session's id among those of its user: a hash of the token, which is not secret.
    pub id: String,
    pub(super) revision: u64,
}

/// Without the data.
impl<T> fmt::Debug for Session<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, created, expires, id, revision, .. } = self;
        f.debug_struct("Session")
            .field("id", id)
            .field("user", user)
            .field("created", created)
            .field("expires", expires)
            .field("revision", revision)
            .finish_non_exhaustive()
    }
}

/// Decodes a session, or nil.
pub(super) fn optional<T, C: Codec<T>>(
    reply: Reply,
    source: &Source,
) -> Result<Option<Session<T>>> {
    if reply.is_nil() { Ok(None) } else { session::<T, C>(reply, source).map(Some) }
}

/// Decodes a list of sessions.
pub(super) fn list<T, C: Codec<T>>(
    reply: Reply,
    source: &Source,
) -> Result<Vec<Result<Session<T>>>> {
    let session = |(at, reply)| session::<T, C>(reply, source).map_err(|error| error.with_item(at));
    Ok(reply.into_items()?.enumerate().map(session).collect())
}

fn session<T, C: Codec<T>>(reply: Reply, source: &Source) -> Result<Session<T>> {
    let mut parts = reply.into_items()?;
    let mut part = || parts.next().ok_or_else(Error::unexpected_reply);
    let id = part()?.into_text()?;
    let data = part()?.into_bytes()?.ok_or_else(Error::unexpected_reply)?;
    let (created, expires) = (time(&part()?.into_text()?)?, time(&part()?.into_text()?)?);
    let revision = number(&part()?.into_text()?)?;
    let user = part()?;
    let user = if user.is_nil() { None } else { Some(user.into_text()?) };
    let data = source.item::<T, C>(data)?;
    Ok(Session { data, user, created, expires, id, revision })
}

fn time(millis: &str) -> Result<SystemTime> {
    let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(number(millis)?));
    time.ok_or_else(Error::unexpected_reply)
}

fn number(text: &str) -> Result<u64> {
    text.parse().map_err(|_| Error::unexpected_reply())
}
