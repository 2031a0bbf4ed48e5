//! A wait for a rate limiter.

use std::time::Duration;

use super::{RateDecision, RateLimiter};
use crate::error::Result;
use crate::flow::{Flow, Io, inherent_run};

/// A wait until a call is allowed; see
/// [`RateLimiter::acquire_within`](super::RateLimiter::acquire_within).
#[derive(Debug, Clone)]
#[must_use = "a flow does nothing until it is run"]
pub struct AcquireWithin {
    limiter: RateLimiter,
    patience: Duration,
}

impl AcquireWithin {
    pub(super) fn new(limiter: RateLimiter, patience: Duration) -> Self {
        Self { limiter, patience }
    }
}

impl Flow for AcquireWithin {
    type Output = RateDecision;

    async fn steps(&mut self, io: &Io) -> Result<RateDecision> {
        loop {
            let decision = io.run(self.limiter.acquire()).await?;
            let left = self.patience.saturating_sub(io.elapsed());
            if decision.allowed || decision.retry_after > left {
                return Ok(decision);
            }
            // The jitter separates those who wait for the same moment.
            let pause = decision.retry_after + io.jitter(decision.retry_after / 10);
            io.pause(pause.min(left)).await?;
        }
    }
}

inherent_run! {
    impl[] AcquireWithin;
}
