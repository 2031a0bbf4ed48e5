//! Codecs around another codec.

#[cfg(any(feature = "zstd", feature = "lz4"))]
mod compress;
#[cfg(feature = "seal")]
mod keys;
#[cfg(feature = "seal")]
mod seal;

#[cfg(feature = "lz4")]
pub use self::compress::Lz4;
#[cfg(feature = "zstd")]
pub use self::compress::Zstd;
#[cfg(feature = "seal")]
pub use self::keys::{KeyProvider, KeyRing};
#[cfg(feature = "aes-gcm")]
pub use self::seal::Aes256Gcm;
#[cfg(feature = "seal")]
pub use self::seal::{Cipher, Sealed, Signed, XChaCha20};

/// Forwards to the codec inside everything that does not depend on the bytes.
#[cfg(any(feature = "zstd", feature = "lz4", feature = "seal"))]
macro_rules! forward_to {
    ($inner:ident, $value:ident) => {
        fn is_absent(value: &$value) -> bool {
            $inner::is_absent(value)
        }

        fn absent() -> Option<$value> {
            $inner::absent()
        }

        fn fingerprint() -> u16 {
            $inner::fingerprint()
        }
    };
}

#[cfg(any(feature = "zstd", feature = "lz4", feature = "seal"))]
use forward_to;
