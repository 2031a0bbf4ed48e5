//! Changes of sessions that take several round trips.

use std::fmt;
use std::marker::PhantomData;

use super::token::SessionToken;
use super::{Sessions, Written, changed_by_another};
use crate::clone::clone_fields;
use crate::codec::Codec;
use crate::error::Result;
use crate::flow::{Flow, Io, inherent_run};

/// The attempts after which a conflict is returned.
const ATTEMPTS: u32 = 16;

/// A change of a session's data; see [`Sessions::update`].
#[must_use = "a flow does nothing until it is run"]
pub struct UpdateSession<T, D, F, R> {
    pub(super) sessions: Sessions<T, D>,
    pub(super) token: String,
    pub(super) change: F,
    pub(super) returned: PhantomData<fn() -> R>,
}

impl<T, D, F, R> Flow for UpdateSession<T, D, F, R>
where
    T: Send,
    D: Codec<T>,
    F: FnMut(&mut T) -> R + Send,
    R: Send,
{
    type Output = Option<R>;

    async fn steps(&mut self, io: &Io) -> Result<Option<R>> {
        for attempt in 0..ATTEMPTS {
            let get = self.sessions.get(&self.token);
            let Some(mut session) = io.run(get).await? else { return Ok(None) };
            let returned = (self.change)(&mut session.data);
            let save = self.sessions.write(&self.token, &session);
            // The data need not be `Sync`, and the command does not need them any more.
            drop(session);
            match io.run(save).await? {
                Written::Done => return Ok(Some(returned)),
                Written::Ended => return Ok(None),
                Written::Conflict => io.back_off(attempt).await?,
            }
        }
        Err(changed_by_another())
    }
}

inherent_run! {
    impl[T: Send, D: Codec<T>, F: FnMut(&mut T) -> R + Send, R: Send] UpdateSession<T, D, F, R>;
}

impl<T, D, F, R> fmt::Debug for UpdateSession<T, D, F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpdateSession").field("sessions", &self.sessions).finish_non_exhaustive()
    }
}

/// The replacement of a session's token; see [`Sessions::rotate`] and [`Sessions::log_in`].
#[must_use = "a flow does nothing until it is run"]
pub struct RotateSession<T, D> {
    pub(super) sessions: Sessions<T, D>,
    pub(super) token: String,
    /// The user who logs in.
    pub(super) user: Option<String>,
}

impl<T: Send, D: Codec<T>> Flow for RotateSession<T, D> {
    type Output = Option<SessionToken>;

    async fn steps(&mut self, io: &Io) -> Result<Option<SessionToken>> {
        for attempt in 0..ATTEMPTS {
            let get = self.sessions.get(&self.token);
            let Some(session) = io.run(get).await? else { return Ok(None) };
            let user = self.user.as_ref().or(session.user.as_ref());
            let next = SessionToken::random(user.map(String::as_str))?;
            let (keep, user) = (self.user.is_none(), user.cloned());
            let rotate = self.sessions.replace(&self.token, &session, &next, user.as_deref(), keep);
            let take = self.sessions.take(&self.token, &session);
            let created = keep.then_some(session.created);
            let create = self.sessions.create_with(&next, user.as_deref(), &session.data, created);
            drop(session);
            let written = match io.run(rotate).await {
                // The cluster keeps the visitor and the user in different slots, and has changed
                // nothing. First the old token ends: both are never valid together, and of
                // several logins with it one succeeds.
                Err(error) if error.code() == Some("CROSSSLOT") => {
                    let taken = io.run(take).await?;
                    if matches!(taken, Written::Done) {
                        io.run(create).await?;
                    }
                    taken
                }
                written => written?,
            };
            match written {
                Written::Done => return Ok(Some(next)),
                Written::Ended => return Ok(None),
                Written::Conflict => io.back_off(attempt).await?,
            }
        }
        Err(changed_by_another())
    }
}

inherent_run! {
    impl[T: Send, D: Codec<T>] RotateSession<T, D>;
}

impl<T, D> fmt::Debug for RotateSession<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RotateSession").field("sessions", &self.sessions).finish_non_exhaustive()
    }
}

clone_fields! {
    impl[T, D, F: Clone, R] UpdateSession<T, D, F, R> { sessions, token, change, returned }
    impl[T, D] RotateSession<T, D> { sessions, token, user }
}
