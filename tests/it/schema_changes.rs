//! Stored values after the struct was changed: each change reads them right or is an error
//! that names the field.

mod blobs;
mod hashes;
