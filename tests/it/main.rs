//! Behaviour against a real server, which this binary starts.

mod support;

mod attributes;
mod blob;
mod concurrency;
mod embedded;
mod hash;
mod keys;
mod lifetime;
mod operations;
mod secrets;
mod update;
mod values;
