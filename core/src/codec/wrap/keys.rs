//! Keys for sealing and signing.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::error::{ErrorKind, ValueError};

/// The type that gives [`Sealed`](super::Sealed) and [`Signed`](super::Signed) the keys
/// of an application.
///
/// ```
/// use std::sync::{Arc, LazyLock};
/// use redis_model::codec::{KeyProvider, KeyRing};
///
/// struct AppKeys;
///
/// impl KeyProvider for AppKeys {
///     fn ring() -> Arc<KeyRing> {
///         // In production, load 32 random bytes from your secret store.
///         static RING: LazyLock<Arc<KeyRing>> =
///             LazyLock::new(|| Arc::new(KeyRing::new(2, [2; 32]).with_old(1, [1; 32])));
///         RING.clone()
///     }
/// }
/// assert_eq!(AppKeys::ring().current(), 2);
/// ```
pub trait KeyProvider {
    /// `true` if a value is bound to its Redis key and field, so that reading it under
    /// another one is an error. Records that are renamed or copied on the server need
    /// `false`.
    const BOUND: bool = true;

    /// Returns the keys.
    fn ring() -> Arc<KeyRing>;
}

/// Numbered keys, of which the current one writes and all of them read.
///
/// To rotate keys, first deploy a ring that has the new key as an old one, then a ring
/// that has it as the current one. Then run
/// [`rewrite_all`](crate::RedisModel::rewrite_all) and remove the old key.
///
/// ```
/// use redis_model::codec::KeyRing;
///
/// let first = KeyRing::new(1, [1; 32]);
/// let ready = KeyRing::new(1, [1; 32]).with_old(2, [2; 32]);
/// let changed = KeyRing::new(2, [2; 32]).with_old(1, [1; 32]);
/// assert_eq!((first.current(), ready.current(), changed.current()), (1, 1, 2));
/// assert_eq!(format!("{changed:?}"), "KeyRing { current: 2, ids: [1, 2], .. }");
/// ```
///
/// Dropping the ring wipes its keys from memory. `Debug` does not show them.
pub struct KeyRing {
    current: u8,
    keys: BTreeMap<u8, Secrets>,
}

/// The keys derived from one key, one for each use.
pub struct Secrets {
    pub(super) xchacha: Zeroizing<[u8; 32]>,
    #[cfg(feature = "aes-gcm")]
    pub(super) aes: Zeroizing<[u8; 32]>,
    pub(super) sign: Zeroizing<[u8; 32]>,
}

impl KeyRing {
    /// Creates a ring with its current key, 32 random bytes.
    pub fn new(current: u8, key: [u8; 32]) -> Self {
        Self { current, keys: BTreeMap::new() }.with_old(current, key)
    }

    /// Adds a key that only reads.
    pub fn with_old(mut self, id: u8, key: [u8; 32]) -> Self {
        self.keys.insert(id, Secrets::derive(&Zeroizing::new(key)));
        self
    }

    /// Returns the number of the key that writes.
    pub fn current(&self) -> u8 {
        self.current
    }

    pub(super) fn get(&self, id: u8) -> Result<&Secrets, ValueError> {
        self.keys.get(&id).ok_or_else(|| {
            let why = format!("made with key {id}, which is not in the key ring");
            ValueError::computed(ErrorKind::UnknownKey, why)
        })
    }
}

impl Secrets {
    fn derive(key: &[u8; 32]) -> Self {
        let hkdf = Hkdf::<Sha256>::new(None, key);
        let derive = |purpose: &[u8]| {
            let mut derived = Zeroizing::new([0; 32]);
            hkdf.expand(purpose, derived.as_mut()).expect("HKDF yields up to 8,160 bytes");
            derived
        };
        Self {
            xchacha: derive(b"redis-model/v1/seal/xchacha20poly1305"),
            #[cfg(feature = "aes-gcm")]
            aes: derive(b"redis-model/v1/seal/aes-256-gcm"),
            sign: derive(b"redis-model/v1/sign/hmac-sha256"),
        }
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<_> = self.keys.keys().collect();
        f.debug_struct("KeyRing")
            .field("current", &self.current)
            .field("ids", &ids)
            .finish_non_exhaustive()
    }
}
