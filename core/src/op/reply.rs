//! What is received: one reply for each command that was sent.

use std::fmt;
use std::vec;

use crate::error::{Error, Result};
use crate::redis_rs::ReplyValue;

/// The reply to one command, owned: strings are moved out of it.
pub struct Reply(pub(crate) ReplyValue);

/// The replies to a request, in order.
pub struct Replies(Inner);

enum Inner {
    One(Option<Answer>),
    Many(vec::IntoIter<Answer>),
}

/// What became of one entry of a request.
pub(crate) enum Answer {
    Received(Result<Reply>),
    /// It could not be encoded, so it was not sent.
    Unsent(Error),
}

impl Replies {
    pub(crate) fn one(answer: Answer) -> Self {
        Self(Inner::One(Some(answer)))
    }

    pub(crate) fn many(answers: Vec<Answer>) -> Self {
        Self(Inner::Many(answers.into_iter()))
    }

    /// The next reply, or the error that the server answered with.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Reply> {
        let next = match &mut self.0 {
            Inner::One(answer) => answer.take(),
            Inner::Many(answers) => answers.next(),
        };
        match next {
            Some(Answer::Received(reply)) => reply,
            Some(Answer::Unsent(error)) => Err(error),
            None => Err(Error::unexpected_reply()),
        }
    }

    pub(crate) fn left(&self) -> usize {
        match &self.0 {
            Inner::One(answer) => usize::from(answer.is_some()),
            Inner::Many(answers) => answers.len(),
        }
    }

    /// The error of an item that could not be encoded, if the next entry is
    /// one. Of what the server answered nothing is taken.
    pub(crate) fn next_unsent(&mut self) -> Option<Error> {
        let next = match &mut self.0 {
            Inner::One(answer) => answer.as_ref(),
            Inner::Many(answers) => answers.as_slice().first(),
        };
        if matches!(next, Some(Answer::Unsent(_))) { self.next().err() } else { None }
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").finish_non_exhaustive()
    }
}

impl fmt::Debug for Replies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replies").field("left", &self.left()).finish()
    }
}
