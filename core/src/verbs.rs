//! The verbs that every model has, as operations.

mod delete_unchanged;
mod get_or_insert;
mod lifetime;
mod many;
mod only_if;
mod read;
mod take;
mod take_if;
mod write;

pub use delete_unchanged::DeleteUnchanged;
pub use get_or_insert::GetOrInsertWith;
pub use lifetime::{Delete, Exists, Expire, GetTtl, Persist};
pub use many::{DeleteMany, GetMany, SaveMany};
pub use read::Get;
pub use take::{Take, TakeMany};
pub use take_if::TakeIf;
pub use write::{Create, Returning, Save};

/// `Debug` for operations on one record: its key, never its values.
macro_rules! debug_by_key {
    ($($operation:ident<$($lifetime:lifetime,)? M>: |$this:ident| $key:expr;)*) => {$(
        impl<M: $crate::model::RedisModel> std::fmt::Debug for $operation<$($lifetime,)? M> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let $this = self;
                f.debug_struct(stringify!($operation))
                    .field("model", &M::SCHEMA.name)
                    .field("key", &$key)
                    .finish_non_exhaustive()
            }
        }
    )*};
}

use debug_by_key;
