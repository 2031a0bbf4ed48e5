use std::fmt;

use super::{Flow, Io, inherent_run};
use crate::error::Result;
use crate::update::Outcome;

/// A flow that is an error unless its write is applied; see
/// [`Modify::required`](super::Modify::required).
#[must_use = "a flow does nothing until it is run"]
#[derive(Clone, Copy)]
pub struct Required<F>(F);

impl<F> Required<F> {
    pub(crate) fn new(flow: F) -> Self {
        Self(flow)
    }
}

impl<R, F: Flow<Output = Outcome<R>> + Send> Flow for Required<F> {
    type Output = R;

    async fn steps(&mut self, io: &Io) -> Result<R> {
        self.0.steps(io).await.and_then(Outcome::ok)
    }
}

inherent_run! {
    impl[R, F: Flow<Output = Outcome<R>> + Send] Required<F>;
}

impl<F: fmt::Debug> fmt::Debug for Required<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Required").field(&self.0).finish()
    }
}
