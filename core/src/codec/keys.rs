//! Keys for sealing and signing, and rings of them for changing keys.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::error::{ErrorKind, ValueError};

/// The keys of an application, as a type for [`Sealed`](super::Sealed) and
/// [`Signed`](super::Signed) to name.
///
/// ```
/// use std::sync::{Arc, LazyLock};
/// use redis_model::{KeyRing, Keys};
///
/// struct AppKeys;
///
/// impl Keys for AppKeys {
///     fn ring() -> Arc<KeyRing> {
///         // In earnest: 32 random bytes, from where you keep secrets.
///         static RING: LazyLock<Arc<KeyRing>> =
///             LazyLock::new(|| Arc::new(KeyRing::new(2, [2; 32]).with_old(1, [1; 32])));
///         RING.clone()
///     }
/// }
/// assert_eq!(AppKeys::ring().current(), 2);
/// ```
pub trait Keys {
    /// Whether a value is bound to the Redis key and the field that it is
    /// stored under, and refused anywhere else. Records that are renamed or
    /// copied on the server need `false`.
    const BOUND: bool = true;

    /// The keys.
    fn ring() -> Arc<KeyRing>;
}

/// Numbered keys: the current one writes, the others are still read.
///
/// To change keys, deploy a ring that knows the new key as an old one, then
/// one whose current key it is; [`rewrite_all`](crate::RedisModel::rewrite_all)
/// writes what is left of the old one anew, after which it can go.
///
/// ```
/// use redis_model::KeyRing;
///
/// let first = KeyRing::new(1, [1; 32]);
/// let ready = KeyRing::new(1, [1; 32]).with_old(2, [2; 32]);
/// let changed = KeyRing::new(2, [2; 32]).with_old(1, [1; 32]);
/// assert_eq!((first.current(), ready.current(), changed.current()), (1, 1, 2));
/// assert_eq!(format!("{changed:?}"), "KeyRing { current: 2, ids: [1, 2], .. }");
/// ```
///
/// Secrets are wiped from memory in the end, and are not part of `Debug`.
pub struct KeyRing {
    current: u8,
    keys: BTreeMap<u8, Secrets>,
}

/// What is derived from one key: a key for each use, so that none serves two.
pub(super) struct Secrets {
    pub(super) xchacha: Zeroizing<[u8; 32]>,
    #[cfg(feature = "aes-gcm")]
    pub(super) aes: Zeroizing<[u8; 32]>,
    pub(super) sign: Zeroizing<[u8; 32]>,
}

impl KeyRing {
    /// A ring with its current key, of 32 random bytes.
    pub fn new(current: u8, key: [u8; 32]) -> Self {
        Self { current, keys: BTreeMap::new() }.with_old(current, key)
    }

    /// With a key that is only read with.
    pub fn with_old(mut self, id: u8, key: [u8; 32]) -> Self {
        self.keys.insert(id, Secrets::derive(&Zeroizing::new(key)));
        self
    }

    /// The number of the key that writes.
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
            hkdf.expand(purpose, derived.as_mut()).expect("32 bytes are few enough");
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

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<_> = self.keys.keys().collect();
        f.debug_struct("KeyRing")
            .field("current", &self.current)
            .field("ids", &ids)
            .finish_non_exhaustive()
    }
}
