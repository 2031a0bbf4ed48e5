use std::fmt;

use super::{Operation, Replies, Request};
use crate::error::Result;

/// An operation with a changed output; see [`Operation::map`].
#[must_use = "an operation does nothing until it is run"]
#[derive(Clone, Copy)]
pub struct Map<O, F> {
    operation: O,
    change: F,
}

impl<O, F> Map<O, F> {
    pub(super) fn new(operation: O, change: F) -> Self {
        Self { operation, change }
    }
}

impl<O: Operation, T, F: Fn(O::Output) -> T> Operation for Map<O, F> {
    type Output = T;

    fn encode(&self, request: &mut Request) -> Result<()> {
        self.operation.encode(request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<T> {
        self.operation.decode(replies).map(&self.change)
    }
}

impl<O: fmt::Debug, F> fmt::Debug for Map<O, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Map").field(&self.operation).finish()
    }
}
