//! Behaviour against a real server, which this binary starts.

mod support;

mod absent;
mod atomic;
mod attributes;
mod batches;
mod blob;
mod capabilities;
mod concurrency;
mod connections;
mod describe;
mod edit;
mod embedded;
mod envelope;
mod evolution;
mod field_ttl;
mod flow;
mod hash;
mod hash_versions;
mod keys;
mod lifetime;
mod operations;
mod properties;
mod python;
mod records;
mod rewrite;
mod round_trip;
mod scan;
mod schema_changes;
mod scripts;
mod sealed;
mod secrets;
mod update;
mod values;
mod versions;
mod take;
