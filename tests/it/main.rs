//! Behaviour against a real server, which this binary starts.

mod support;

mod blob;
mod concurrency;
mod embedded;
mod envelope;
mod evolution;
mod hash;
mod keys;
mod lifetime;
mod operations;
mod secrets;
mod update;
mod versions;
