//! What generated code calls. Not part of the public interface.

pub use core::assert;
pub use core::clone::Clone;
pub use core::default::Default;
pub use core::result::Result::Ok;

pub use crate::blob::{Blob, BlobModel, NoFields};
pub use crate::codec::{Codec, Envelope, Layout};
pub use crate::field::{Field, OrDefault, Plain, Stored, Via};
pub use crate::hash::{Hash, HashModel};
pub use crate::key::KeyPart;
pub use crate::model::{RedisModel, Spec, Stub, Visit};

/// The handle of the field at this position.
pub const fn at<M, V, As>(index: u16) -> Field<M, V, As> {
    Field::at(index)
}
