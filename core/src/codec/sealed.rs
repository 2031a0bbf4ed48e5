//! Encryption and signatures around a codec.
//!
//! A sealed value is the key's number, a random nonce, the ciphertext and its
//! tag; a signed one the key's number, the signature and the value. What is
//! authenticated with it: the algorithm, the key's number, the envelope, and
//! the Redis key and field. The type fixes the algorithm: no stored byte can
//! choose another.

use std::io::Write;
use std::marker::PhantomData;

use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{AeadInOut, KeyInit};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::keys::{Keys, Secrets};
use super::{Codec, Format, Place};
use crate::error::{ErrorKind, ValueError};

/// Values of `C`, encrypted with a key of `K`: whoever reads the server's
/// memory or its dumps learns their length, and nobody can change one, put it
/// under another key or field, or make one.
///
/// The cipher is XChaCha20-Poly1305, or `Aes256Gcm` as a third parameter.
///
/// ```
/// # use std::sync::{Arc, LazyLock};
/// # use redis_model::{Json, KeyRing, Keys, Operation, RedisModel, Sealed, embedded};
/// # struct AppKeys;
/// # impl Keys for AppKeys {
/// #     fn ring() -> Arc<KeyRing> {
/// #         static RING: LazyLock<Arc<KeyRing>> = LazyLock::new(|| Arc::new(KeyRing::new(1, [1; 32])));
/// #         RING.clone()
/// #     }
/// # }
/// #[derive(RedisModel)]
/// #[redis(key = "account:{id}")]
/// struct Account {
///     id: u64,
///     name: String,
///     #[redis(codec = Sealed<Json, AppKeys>)]
///     iban: String,
/// }
///
/// # let server = embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// for id in 1..=2 {
///     Account { id, name: "Ada".into(), iban: format!("GB{id}") }.save().run(&mut con)?;
/// }
/// assert_eq!(Account::get(1).run(&mut con)?.unwrap().iban, "GB1");
///
/// // Somebody puts the one's value into the other's record.
/// let iban: Vec<u8> = redis::cmd("HGET").arg("account:2").arg("iban").query(&mut con)?;
/// redis::cmd("HSET").arg("account:1").arg("iban").arg(iban).exec(&mut con)?;
/// let error = Account::get(1).run(&mut con).err().unwrap();
/// assert!(error.is_tampered());
/// assert_eq!(error.field(), Some("iban"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A value that is compressed first (`Sealed<Zstd<Json>, K>`) tells by its length
/// how well it compresses, and so something of what is in it: not for values of
/// which a stranger can choose a part.
#[derive(Debug, Clone, Copy)]
pub struct Sealed<C, K, A = XChaCha20>(PhantomData<(C, K, A)>);

/// Values of `C`, readable by all and signed with a key of `K`: nobody without
/// the key can change one, put it under another key or field, or make one.
///
/// ```
/// # use std::sync::{Arc, LazyLock};
/// # use serde::{Deserialize, Serialize};
/// # use redis_model::{Json, KeyRing, Keys, RedisModel, Signed};
/// # struct AppKeys;
/// # impl Keys for AppKeys {
/// #     fn ring() -> Arc<KeyRing> {
/// #         static RING: LazyLock<Arc<KeyRing>> = LazyLock::new(|| Arc::new(KeyRing::new(1, [1; 32])));
/// #         RING.clone()
/// #     }
/// # }
/// #[derive(Debug, Serialize, Deserialize, RedisModel)]
/// #[redis(key = "grant:{id}", blob = Signed<Json, AppKeys>)]
/// struct Grant { id: u64, admin: bool }
///
/// let stored = Grant { id: 7, admin: false }.to_bytes()?;
/// // The envelope, the key's number, the signature; then plain JSON.
/// assert!(stored[8 + 1 + 16..].starts_with(b"{\"id\":7"));
/// let forged = [&stored[..8 + 1 + 16], br#"{"id":7,"admin":true}"#].concat();
/// assert!(Grant::from_bytes(&forged).unwrap_err().is_tampered());
/// # Ok::<(), redis_model::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Signed<C, K>(PhantomData<(C, K)>);

/// The default cipher of [`Sealed`].
#[derive(Debug, Clone, Copy)]
pub struct XChaCha20;

/// AES-256-GCM as the cipher of [`Sealed`], for programs that read the values
/// and have no XChaCha20. A key should seal fewer than 2^32 values.
///
/// `codec = Sealed<Json, AppKeys, Aes256Gcm>`.
#[cfg(feature = "aes-gcm")]
#[derive(Debug, Clone, Copy)]
pub struct Aes256Gcm;

const TAMPERED: ValueError = ValueError::of_kind(
    ErrorKind::Tampered,
    "changed since it was written, moved from another key or field, or not written by this program",
);
const TAG: usize = 16;
const SIGNATURE: usize = 16;

/// A cipher of [`Sealed`].
pub trait Cipher: private::Cipher {}

impl<A: private::Cipher> Cipher for A {}

mod private {
    use super::{Secrets, TAG};

    /// The algorithms are two; another would need a review, not an impl.
    pub trait Cipher {
        const NAME: &'static str;
        const NONCE: usize;

        fn seal(keys: &Keys<'_>, nonce: &[u8], bound: &[u8], text: &mut [u8]) -> Option<[u8; TAG]>;

        fn open(keys: &Keys<'_>, nonce: &[u8], bound: &[u8], text: &mut [u8], tag: &[u8]) -> bool;
    }

    pub struct Keys<'a>(pub(super) &'a Secrets);

    impl std::fmt::Debug for Keys<'_> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Keys")
        }
    }
}

macro_rules! cipher {
    ($name:ident, $text:literal, $nonce:literal, $aead:ty, $key:ident) => {
        impl private::Cipher for $name {
            const NAME: &'static str = $text;
            const NONCE: usize = $nonce;

            fn seal(
                keys: &private::Keys<'_>,
                nonce: &[u8],
                bound: &[u8],
                text: &mut [u8],
            ) -> Option<[u8; TAG]> {
                let cipher = <$aead>::new_from_slice(&keys.0.$key[..]).ok()?;
                let nonce = nonce.try_into().ok()?;
                let tag = cipher.encrypt_inout_detached(nonce, bound, text.into()).ok()?;
                Some(tag.into())
            }

            fn open(
                keys: &private::Keys<'_>,
                nonce: &[u8],
                bound: &[u8],
                text: &mut [u8],
                tag: &[u8],
            ) -> bool {
                let Ok(cipher) = <$aead>::new_from_slice(&keys.0.$key[..]) else { return false };
                let (Ok(nonce), Ok(tag)) = (nonce.try_into(), tag.try_into()) else { return false };
                cipher.decrypt_inout_detached(nonce, bound, text.into(), tag).is_ok()
            }
        }
    };
}

cipher!(XChaCha20, "xchacha20poly1305", 24, XChaCha20Poly1305, xchacha);
#[cfg(feature = "aes-gcm")]
cipher!(Aes256Gcm, "aes-256-gcm", 12, aes_gcm::Aes256Gcm, aes);

/// What is authenticated beside the value, each part with its length.
fn bound<K: Keys>(algorithm: &str, id: u8, place: &Place<'_>, field: Option<&str>) -> Vec<u8> {
    let key = place.key().filter(|_| K::BOUND).map(ToString::to_string);
    let field = field.filter(|_| K::BOUND);
    let mut bytes = Vec::with_capacity(96);
    let mut part = |part: Option<&[u8]>| {
        bytes.push(u8::from(part.is_some()));
        let part = part.unwrap_or_default();
        bytes.extend((part.len() as u64).to_le_bytes());
        bytes.extend(part);
    };
    part(Some(algorithm.as_bytes()));
    part(Some(&[id]));
    part(Some(place.header()));
    part(key.as_deref().map(str::as_bytes));
    part(field.map(str::as_bytes));
    bytes
}

/// The names of a field that a value which is read may be bound to: its own,
/// and those that it had.
fn names<'a>(place: &'a Place<'_>) -> impl Iterator<Item = Option<&'a str>> {
    std::iter::once(place.field()).chain(place.aliases().iter().map(|alias| Some(*alias)))
}

fn put<W: Write>(out: &mut W, parts: [&[u8]; 4]) {
    // Writing into memory does not fail.
    let _ = parts.iter().try_for_each(|part| out.write_all(part));
}

#[diagnostic::do_not_recommend]
impl<T, C: Codec<T>, K: Keys, A: Cipher> Codec<T> for Sealed<C, K, A> {
    const NAME: &'static str = "sealed";
    const FORMAT: Format = C::FORMAT.sealed();

    fn encode<W: Write>(value: &T, place: &Place<'_>, out: &mut W) -> Result<(), ValueError> {
        if place.is_compared() {
            // With its nonce every sealing of a value differs from all others.
            return C::encode(value, place, out).map_err(|error| error.of_codec(C::NAME));
        }
        let ring = K::ring();
        let id = ring.current();
        let mut text = Zeroizing::new(Vec::with_capacity(256));
        C::encode(value, place, &mut *text).map_err(|error| error.of_codec(C::NAME))?;
        let mut nonce = [0; 24];
        let nonce = &mut nonce[..A::NONCE];
        getrandom::fill(nonce).map_err(|_| ValueError::new("the system has no random numbers"))?;
        let bound = bound::<K>(A::NAME, id, place, place.field());
        let tag = A::seal(&private::Keys(ring.get(id)?), nonce, &bound, &mut text)
            .ok_or(ValueError::limit("too long to be sealed"))?;
        put(out, [&[id], nonce, &text, &tag]);
        Ok(())
    }

    fn decode(bytes: &[u8], place: &Place<'_>) -> Result<T, ValueError> {
        let (id, rest) = bytes.split_first().ok_or(TAMPERED)?;
        let (ring, id) = (K::ring(), *id);
        let keys = private::Keys(ring.get(id)?);
        let (nonce, rest) = rest.split_at_checked(A::NONCE).ok_or(TAMPERED)?;
        let at = rest.len().checked_sub(TAG).ok_or(TAMPERED)?;
        let (text, tag) = rest.split_at(at);
        let mut opened = None;
        for (at, name) in names(place).enumerate() {
            let mut text = Zeroizing::new(text.to_vec());
            if A::open(&keys, nonce, &bound::<K>(A::NAME, id, place, name), &mut text, tag) {
                opened = Some((text, at));
                break;
            }
        }
        let (text, renamed) = opened.ok_or(TAMPERED)?;
        if renamed > 0 || id != ring.current() {
            place.needs_rewrite();
        }
        C::decode(&text, place).map_err(|error| error.of_codec(C::NAME))
    }

    fn is_absent(value: &T) -> bool {
        C::is_absent(value)
    }

    fn absent() -> Option<T> {
        C::absent()
    }

    fn fingerprint() -> u16 {
        C::fingerprint()
    }

    fn losses(value: &T) -> Vec<String> {
        C::losses(value)
    }
}

const SIGNING: &str = "hmac-sha256/128";

fn mac(keys: &Secrets, bound: &[u8], value: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&keys.sign[..]).ok()?;
    mac.update(bound);
    mac.update(value);
    Some(mac)
}

#[diagnostic::do_not_recommend]
impl<T, C: Codec<T>, K: Keys> Codec<T> for Signed<C, K> {
    const NAME: &'static str = "signed";
    const FORMAT: Format = C::FORMAT.signed();

    fn encode<W: Write>(value: &T, place: &Place<'_>, out: &mut W) -> Result<(), ValueError> {
        let ring = K::ring();
        let id = ring.current();
        let mut plain = Vec::with_capacity(256);
        C::encode(value, place, &mut plain).map_err(|error| error.of_codec(C::NAME))?;
        let mac = mac(ring.get(id)?, &bound::<K>(SIGNING, id, place, place.field()), &plain)
            .ok_or(TAMPERED)?;
        put(out, [&[id], &mac.finalize().into_bytes()[..SIGNATURE], &plain, &[]]);
        Ok(())
    }

    fn decode(bytes: &[u8], place: &Place<'_>) -> Result<T, ValueError> {
        let (id, rest) = bytes.split_first().ok_or(TAMPERED)?;
        let (ring, id) = (K::ring(), *id);
        let keys = ring.get(id)?;
        let (signature, plain) = rest.split_at_checked(SIGNATURE).ok_or(TAMPERED)?;
        let renamed = names(place).position(|name| {
            let mac = mac(keys, &bound::<K>(SIGNING, id, place, name), plain);
            mac.is_some_and(|mac| mac.verify_truncated_left(signature).is_ok())
        });
        let renamed = renamed.ok_or(TAMPERED)?;
        if renamed > 0 || id != ring.current() {
            place.needs_rewrite();
        }
        C::decode(plain, place).map_err(|error| error.of_codec(C::NAME))
    }

    fn is_absent(value: &T) -> bool {
        C::is_absent(value)
    }

    fn absent() -> Option<T> {
        C::absent()
    }

    fn fingerprint() -> u16 {
        C::fingerprint()
    }

    fn losses(value: &T) -> Vec<String> {
        C::losses(value)
    }
}
