use std::fmt;
use std::sync::Arc;

use super::{Operation, Replies, Request};
use crate::clone::clone_fields;
use crate::error::Result;

/// An operation on the heap, of which only the output's type is known; see
/// [`Operation::boxed`]. Copies share the operation.
#[must_use = "an operation does nothing until it is run"]
pub struct BoxedOperation<'a, T>(Arc<dyn Erased<T> + Send + Sync + 'a>);

/// [`Operation`] without its generic methods.
trait Erased<T> {
    fn encode(&self, request: &mut Request) -> Result<()>;

    fn decode(&self, replies: &mut Replies) -> Result<T>;
}

impl<O: Operation> Erased<O::Output> for O {
    fn encode(&self, request: &mut Request) -> Result<()> {
        Operation::encode(self, request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<O::Output> {
        Operation::decode(self, replies)
    }
}

impl<'a, T> BoxedOperation<'a, T> {
    pub(super) fn new(operation: impl Operation<Output = T> + Send + Sync + 'a) -> Self {
        Self(Arc::new(operation))
    }
}

impl<T> Operation for BoxedOperation<'_, T> {
    type Output = T;

    fn encode(&self, request: &mut Request) -> Result<()> {
        self.0.encode(request)
    }

    fn decode(&self, replies: &mut Replies) -> Result<T> {
        self.0.decode(replies)
    }
}

impl<T> fmt::Debug for BoxedOperation<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoxedOperation").finish_non_exhaustive()
    }
}

clone_fields! {
    impl['a, T] BoxedOperation<'a, T> { 0 }
}
