//! Encryption and signatures around a codec.
//!
//! A sealed value is the key's number, a random nonce, the ciphertext and its tag. A
//! signed value is the key's number, the signature and the plain value. Both also
//! authenticate the algorithm, the key's number, the envelope, the Redis key and the
//! field. The type fixes the algorithm, so stored bytes cannot choose another one.

use std::io::Write;
use std::marker::PhantomData;

use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{AeadInOut, KeyInit};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::forward_to;
use super::keys::{KeyProvider, Secrets};
use crate::codec::{Codec, Format, Location};
use crate::error::{ErrorKind, ValueError};

/// Values of `C`, encrypted with a key of `K`. Without the key, an attacker with access
/// to the server learns only the length of a value. Reading a value that was changed,
/// forged or moved to another Redis key or field is an error.
///
/// The cipher is XChaCha20-Poly1305, or AES-256-GCM with `Aes256Gcm` as a third parameter.
///
/// ```
/// # use std::sync::{Arc, LazyLock};
/// # use redis_model::codec::{KeyProvider, KeyRing, Sealed};
/// # use redis_model::{Json, Operation, RedisModel, embedded};
/// # struct AppKeys;
/// # impl KeyProvider for AppKeys {
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
/// // An attacker copies a value to another record.
/// let iban: Vec<u8> = redis::cmd("HGET").arg("account:2").arg("iban").query(&mut con)?;
/// redis::cmd("HSET").arg("account:1").arg("iban").arg(iban).exec(&mut con)?;
/// let error = Account::get(1).run(&mut con).err().unwrap();
/// assert!(error.is_tampered());
/// assert_eq!(error.field(), Some("iban"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The length of a compressed value (`Sealed<Zstd<Json>, K>`) reveals how well it
/// compresses. Do not compress values of which an attacker can choose a part.
#[derive(Debug, Clone, Copy)]
pub struct Sealed<C, K, A = XChaCha20>(PhantomData<(C, K, A)>);

/// Values of `C`, readable without a key and signed with a key of `K`. Reading a value
/// that was changed, forged or moved to another Redis key or field is an error.
///
/// ```
/// # use std::sync::{Arc, LazyLock};
/// # use serde::{Deserialize, Serialize};
/// # use redis_model::codec::{KeyProvider, KeyRing, Signed};
/// # use redis_model::{Json, RedisModel};
/// # struct AppKeys;
/// # impl KeyProvider for AppKeys {
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

/// AES-256-GCM as the cipher of [`Sealed`], for values shared with programs that lack
/// XChaCha20. A key should seal fewer than 2^32 values.
///
/// `codec = Sealed<Json, AppKeys, Aes256Gcm>`.
#[cfg(feature = "aes-gcm")]
#[derive(Debug, Clone, Copy)]
pub struct Aes256Gcm;

const TAMPERED: ValueError = ValueError::of_kind(
    ErrorKind::Tampered,
    "changed since it was written, moved from another key or field, or written by another program",
);
const TAG: usize = 16;
const SIGNATURE: usize = 16;

/// A cipher of [`Sealed`].
pub trait Cipher: private::Cipher {}

impl<A: private::Cipher> Cipher for A {}

mod private {
    use super::{Secrets, TAG};

    /// Private, because another algorithm needs a review.
    pub trait Cipher {
        const NAME: &'static str;
        const NONCE: usize;

        /// Encrypts the text in place and returns its tag.
        fn seal(keys: &Secrets, nonce: &[u8], bound: &[u8], text: &mut [u8]) -> Option<[u8; TAG]>;

        /// Decrypts the text in place, or returns `None` if it is not authentic.
        fn open(
            keys: &Secrets,
            nonce: &[u8],
            bound: &[u8],
            text: &mut [u8],
            tag: &[u8],
        ) -> Option<()>;
    }
}

macro_rules! cipher {
    ($name:ident, $text:literal, $nonce:literal, $aead:ty, $key:ident) => {
        impl private::Cipher for $name {
            const NAME: &'static str = $text;
            const NONCE: usize = $nonce;

            fn seal(
                keys: &Secrets,
                nonce: &[u8],
                bound: &[u8],
                text: &mut [u8],
            ) -> Option<[u8; TAG]> {
                let cipher = <$aead>::new_from_slice(&keys.$key[..]).ok()?;
                let nonce = nonce.try_into().ok()?;
                let tag = cipher.encrypt_inout_detached(nonce, bound, text.into()).ok()?;
                Some(tag.into())
            }

            fn open(
                keys: &Secrets,
                nonce: &[u8],
                bound: &[u8],
                text: &mut [u8],
                tag: &[u8],
            ) -> Option<()> {
                let cipher = <$aead>::new_from_slice(&keys.$key[..]).ok()?;
                let (nonce, tag) = (nonce.try_into().ok()?, tag.try_into().ok()?);
                cipher.decrypt_inout_detached(nonce, bound, text.into(), tag).ok()
            }
        }
    };
}

cipher!(XChaCha20, "xchacha20poly1305", 24, XChaCha20Poly1305, xchacha);
#[cfg(feature = "aes-gcm")]
cipher!(Aes256Gcm, "aes-256-gcm", 12, aes_gcm::Aes256Gcm, aes);

/// Returns the associated data of a value, each part with its length.
fn bound<K: KeyProvider>(
    algorithm: &str,
    id: u8,
    location: &Location<'_>,
    field: Option<&str>,
) -> Vec<u8> {
    let key = location.key().filter(|_| K::BOUND).map(ToString::to_string);
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
    part(Some(location.header()));
    part(key.as_deref().map(str::as_bytes));
    part(field.map(str::as_bytes));
    bytes
}

/// Opens a stored value with the key that it names, bound to the field's name or one of
/// its former names.
fn authenticate<'b, K: KeyProvider, V>(
    bytes: &'b [u8],
    algorithm: &str,
    location: &Location<'_>,
    open: impl Fn(&Secrets, &[u8], &'b [u8]) -> Option<V>,
) -> Result<V, ValueError> {
    let (&id, rest) = bytes.split_first().ok_or(TAMPERED)?;
    let ring = K::ring();
    let keys = ring.get(id)?;
    let aliases = location.aliases().iter().map(|alias| Some(*alias));
    for (at, field) in std::iter::once(location.field()).chain(aliases).enumerate() {
        if let Some(value) = open(keys, &bound::<K>(algorithm, id, location, field), rest) {
            if at > 0 || id != ring.current() {
                location.mark_for_rewrite();
            }
            return Ok(value);
        }
    }
    Err(TAMPERED)
}

fn put<W: Write>(out: &mut W, parts: [&[u8]; 4]) {
    // Writing into memory does not fail.
    let _ = parts.iter().try_for_each(|part| out.write_all(part));
}

#[diagnostic::do_not_recommend]
impl<T, C: Codec<T>, K: KeyProvider, A: Cipher> Codec<T> for Sealed<C, K, A> {
    const NAME: &'static str = "sealed";
    const FORMAT: Format = C::FORMAT.sealed();

    fn encode<W: Write>(value: &T, location: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
        if location.is_for_comparison() {
            // The nonce makes each sealing of the same value different.
            return C::encode(value, location, out).map_err(|error| error.of_codec(C::NAME));
        }
        let ring = K::ring();
        let id = ring.current();
        let mut text = Zeroizing::new(Vec::with_capacity(256));
        C::encode(value, location, &mut *text).map_err(|error| error.of_codec(C::NAME))?;
        let mut nonce = [0; 24];
        let nonce = &mut nonce[..A::NONCE];
        getrandom::fill(nonce).map_err(|_| ValueError::new("the system has no random numbers"))?;
        let bound = bound::<K>(A::NAME, id, location, location.field());
        let tag = A::seal(ring.get(id)?, nonce, &bound, &mut text)
            .ok_or(ValueError::limit("too long to seal"))?;
        put(out, [&[id], nonce, &text, &tag]);
        Ok(())
    }

    fn decode(bytes: &[u8], location: &Location<'_>) -> Result<T, ValueError> {
        let text = authenticate::<K, _>(bytes, A::NAME, location, |keys, bound, rest| {
            let (nonce, rest) = rest.split_at_checked(A::NONCE)?;
            let (text, tag) = rest.split_at(rest.len().checked_sub(TAG)?);
            let mut text = Zeroizing::new(text.to_vec());
            A::open(keys, nonce, bound, &mut text, tag).map(|()| text)
        })?;
        C::decode(&text, location).map_err(|error| error.of_codec(C::NAME))
    }

    forward_to!(C, T);
}

const SIGNING: &str = "hmac-sha256/128";

fn mac(keys: &Secrets, bound: &[u8], value: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&keys.sign[..]).ok()?;
    mac.update(bound);
    mac.update(value);
    Some(mac)
}

#[diagnostic::do_not_recommend]
impl<T, C: Codec<T>, K: KeyProvider> Codec<T> for Signed<C, K> {
    const NAME: &'static str = "signed";
    const FORMAT: Format = C::FORMAT.signed();

    fn encode<W: Write>(value: &T, location: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
        let ring = K::ring();
        let id = ring.current();
        let mut plain = Vec::with_capacity(256);
        C::encode(value, location, &mut plain).map_err(|error| error.of_codec(C::NAME))?;
        let mac = mac(ring.get(id)?, &bound::<K>(SIGNING, id, location, location.field()), &plain)
            .ok_or(TAMPERED)?;
        put(out, [&[id], &mac.finalize().into_bytes()[..SIGNATURE], &plain, &[]]);
        Ok(())
    }

    fn decode(bytes: &[u8], location: &Location<'_>) -> Result<T, ValueError> {
        let plain = authenticate::<K, _>(bytes, SIGNING, location, |keys, bound, rest| {
            let (signature, plain) = rest.split_at_checked(SIGNATURE)?;
            mac(keys, bound, plain)?.verify_truncated_left(signature).ok().map(|()| plain)
        })?;
        C::decode(plain, location).map_err(|error| error.of_codec(C::NAME))
    }

    forward_to!(C, T);
}
