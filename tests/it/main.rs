//! Behaviour against a real server, which this binary starts.

mod support;

mod blob;
mod concurrency;
mod embedded;
mod flow;
mod hash;
mod keys;
mod lifetime;
mod operations;
mod secrets;
mod update;
