//! Codecs around another codec.

#[cfg(any(feature = "zstd", feature = "lz4"))]
mod compress;
mod fallback;
#[cfg(feature = "seal")]
mod keys;
#[cfg(feature = "seal")]
mod seal;

#[cfg(feature = "zlib")]
mod zlib;

#[cfg(feature = "lz4")]
pub use self::compress::Lz4;
#[cfg(feature = "zstd")]
pub use self::compress::Zstd;
pub use self::fallback::Fallback;
#[cfg(feature = "seal")]
pub use self::keys::{KeyProvider, KeyRing};
#[cfg(feature = "aes-gcm")]
pub use self::seal::Aes256Gcm;
#[cfg(feature = "seal")]
pub use self::seal::{Cipher, Sealed, Signed, XChaCha20};
#[cfg(feature = "zlib")]
pub use self::zlib::Zlib;
#[cfg(any(feature = "zstd", feature = "lz4", feature = "zlib"))]
use crate::error::ValueError;

/// Returns the largest plain size for a compressed size, in writing and in reading.
#[cfg(any(feature = "zstd", feature = "lz4", feature = "zlib"))]
fn max_plain_size(compressed: usize) -> usize {
    compressed.saturating_mul(1024).max(1 << 20)
}

#[cfg(any(feature = "zstd", feature = "lz4", feature = "zlib"))]
const DAMAGED: ValueError = ValueError::new("damaged compressed data");
#[cfg(any(feature = "zstd", feature = "lz4", feature = "zlib"))]
const BOMB: ValueError =
    ValueError::limit("would be larger than 64 MiB, or than 1 MiB and 1,024 times what is stored");

/// Forwards to the codec inside everything that does not depend on the bytes.
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

use forward_to;
