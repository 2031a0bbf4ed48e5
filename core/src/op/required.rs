use std::fmt;

use super::{Operation, Replies, Request};
use crate::error::Result;
use crate::update::Outcome;

/// A write that is an error unless it is applied; see [`Operation::required`].
#[must_use = "an operation does nothing until it is run"]
#[derive(Clone, Copy)]
pub struct Required<O>(O);

impl<O> Required<O> {
    pub(super) fn new(operation: O) -> Self {
        Self(operation)
    }
}

impl<O: Operation<Output = Outcome<R>>, R> Operation for Required<O> {
    type Output = R;

    fn encode(&self, request: &mut Request) -> Result<()> {
        self.0.encode(request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<R> {
        self.0.decode(replies).and_then(Outcome::ok)
    }
}

impl<O: fmt::Debug> fmt::Debug for Required<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Required").field(&self.0).finish()
    }
}
