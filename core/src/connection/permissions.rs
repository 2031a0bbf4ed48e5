#![doc = include_str!("permissions.md")]
#![doc = ""]
#![doc = include_str!("permissions_of_models.md")]
//!
//! ## Structures
//!
#![doc = include_str!("permissions_of_structures.md")]
