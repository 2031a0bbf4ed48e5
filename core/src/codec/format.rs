//! The built-in codecs over serde, one file a format.

#[cfg(feature = "bincode")]
mod bincode;
#[cfg(feature = "cbor")]
mod cbor;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "msgpack")]
mod msgpack;
#[cfg(feature = "pickle")]
mod pickle;
#[cfg(feature = "postcard")]
mod postcard;

#[cfg(feature = "bincode")]
pub use self::bincode::{Bincode, BincodeLegacy};
#[cfg(feature = "cbor")]
pub use self::cbor::Cbor;
#[cfg(feature = "json")]
pub use self::json::Json;
#[cfg(feature = "msgpack")]
pub use self::msgpack::MsgPack;
#[cfg(feature = "pickle")]
pub use self::pickle::{Pickle, PickleCalls, PickleOf};
#[cfg(feature = "postcard")]
pub use self::postcard::Postcard;
