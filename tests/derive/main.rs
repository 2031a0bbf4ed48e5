//! The derives on structs and enums of rarely used shapes, in a crate that denies every
//! lint: nothing that they generate is reported to the user.

#![forbid(unsafe_code)]
#![deny(
    warnings,
    unused,
    nonstandard_style,
    deprecated,
    future_incompatible,
    keyword_idents,
    let_underscore_drop,
    meta_variable_misuse,
    missing_copy_implementations,
    missing_debug_implementations,
    missing_docs,
    redundant_lifetimes,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unnameable_types,
    unused_import_braces,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    variant_size_differences,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]

mod generics;
mod groups;
mod keys;
mod lints;
mod macros;
mod names;
mod numbers;
mod private;
mod this;

use redis_model::{Operation, RedisModel};

/// Returns the command that a save sends.
fn saved<M: RedisModel>(record: &M) -> String {
    record.save().explain().unwrap().to_string()
}
