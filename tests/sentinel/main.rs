//! Behaviour behind sentinels, through a fail-over under load.

mod fail_over;
mod support;
