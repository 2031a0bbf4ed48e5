//! The operations of `tests/it`, on a cluster of six nodes: the same tests, with
//! connections to all of it, sync, async, and side by side.
//!
//! Not here is what is about a server as such: `embedded`, `connections` (a
//! list of connections of its own is in `tests/cluster`), `field_ttl` and
//! `rewrite` (servers of other versions), `scripts` and `operations` (what one
//! server's script cache knows), `flow` (broken connections), `secrets` (a server's
//! own errors), `scan` (all keys of a server; in `tests/cluster`), `atomic` and
//! `batches` (steps over keys that a cluster refuses; in `tests/cluster`), and what
//! needs no server at all: `codec_roundtrip`, `describe`, `envelope`, `evolution`, `python`.

mod support;

#[path = "../it/absent.rs"]
mod absent;
#[path = "../it/attributes.rs"]
mod attributes;
#[path = "../it/blob.rs"]
mod blob;
#[path = "../it/blob_versions.rs"]
mod blob_versions;
#[path = "../it/capabilities.rs"]
mod capabilities;
#[path = "../it/concurrency.rs"]
mod concurrency;
#[path = "../it/edit.rs"]
mod edit;
#[path = "../it/hash.rs"]
mod hash;
#[path = "../it/hash_versions.rs"]
mod hash_versions;
#[path = "../it/keys.rs"]
mod keys;
#[path = "../it/lifetime.rs"]
mod lifetime;
#[path = "../it/properties.rs"]
mod properties;
#[path = "../it/records.rs"]
mod records;
#[path = "../it/schema_changes.rs"]
mod schema_changes;
#[path = "../it/sealed.rs"]
mod sealed;
#[path = "../it/update.rs"]
mod update;
#[path = "../it/values.rs"]
mod values;
