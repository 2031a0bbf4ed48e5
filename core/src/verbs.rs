//! The verbs that every model has, as operations.

mod lifetime;
mod many;
mod read;
mod take;
mod write;

pub use lifetime::{Delete, Exists, Expire, GetTtl, Persist};
pub use many::{DeleteMany, GetMany, SaveMany};
pub use read::Get;
pub use take::{Take, TakeMany};
pub use write::{Create, Returning, Save};

use crate::error::Error;
use crate::key::{self, Key};
use crate::model::RedisModel;

/// Adds the record's model and key to an error.
fn about<M: RedisModel>(key: impl FnOnce() -> Key) -> impl FnOnce(Error) -> Error {
    move |error| error.with_model(M::SPEC.name).with_key(&key())
}

fn key_of_id<M: RedisModel>(id: &M::Id) -> Key {
    key::write(M::SPEC.template(), id)
}

/// `Debug` for operations on one record: its key, never its values.
macro_rules! debug_by_key {
    ($($operation:ident<$($lifetime:lifetime,)? M>: |$this:ident| $key:expr;)*) => {$(
        impl<M: RedisModel> std::fmt::Debug for $operation<$($lifetime,)? M> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let $this = self;
                f.debug_struct(stringify!($operation))
                    .field("model", &M::SPEC.name)
                    .field("key", &$key)
                    .finish_non_exhaustive()
            }
        }
    )*};
}

use debug_by_key;
