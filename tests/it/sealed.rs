//! Sealed, signed and compressed values, and attacks on them.

use redis_model::codec::{
    Aes256Gcm, Codec, KeyProvider, KeyRing, Location, Lz4, Postcard, Sealed, Signed, Zstd,
};
use redis_model::{ErrorKind, Json, RedisModel};
use serde::{Deserialize, Serialize};

use crate::support::{everywhere, fresh, keys};

keys! {
    Old: KeyRing::new(1, [1; 32]);
    New: KeyRing::new(2, [2; 32]).with_old(1, [1; 32]);
    Other: KeyRing::new(1, [9; 32]);
}

macro_rules! sealed {
    ($($module:ident: $codec:ty, $new:ty, $other:ty;)*) => {$(
        mod $module {
            use super::*;

            #[derive(Debug, PartialEq, Serialize, Deserialize, RedisModel)]
            #[redis(key = "sealed:{id}", blob = $codec, name = "Token")]
            struct Token { id: u64, secret: String }
            #[derive(Debug, PartialEq, Serialize, Deserialize, RedisModel)]
            #[redis(key = "sealed:{id}", blob = $new, name = "Token")]
            struct Rotated { id: u64, secret: String }
            #[derive(Debug, PartialEq, Serialize, Deserialize, RedisModel)]
            #[redis(key = "sealed:{id}", blob = $other, name = "Token")]
            struct Stranger { id: u64, secret: String }

            fn token() -> Token {
                Token { id: 7, secret: "correct horse".into() }
            }

            #[test]
            fn every_flipped_bit_is_refused() {
                use ErrorKind::*;
                let stored = token().to_bytes().unwrap();
                assert_eq!(Token::from_bytes(&stored).unwrap(), token());
                for bit in 0..stored.len() * 8 {
                    let mut forged = stored.clone();
                    forged[bit / 8] ^= 1 << (bit % 8);
                    let kind = Token::from_bytes(&forged).unwrap_err().kind();
                    let expected: &[ErrorKind] = match bit / 8 {
                        0 | 1 => &[Foreign, NewerVersion, UnknownKey, Tampered, WrongCodec],
                        2 => &[WrongCodec],
                        // A missing version counts as version 1, but the sealed header has another one.
                        3 => &[NewerVersion, Tampered],
                        4..8 => &[WrongModel, LayoutChanged],
                        8 => &[UnknownKey],
                        _ => &[Tampered],
                    };
                    assert!(expected.contains(&kind), "byte {}: {kind:?}", bit / 8);
                }
                for end in 0..stored.len() {
                    assert!(Token::from_bytes(&stored[..end]).is_err());
                }
            }

            #[test]
            fn moved_values_and_other_keys_are_refused() {
                everywhere(|con| {
                    let (here, there) = (fresh(), fresh());
                    con.run(Token { id: here, ..token() }.save()).unwrap();
                    assert_eq!(con.run(Token::get(here)).unwrap().unwrap().secret, "correct horse");
                    con.copy(&format!("sealed:{here}"), &format!("sealed:{there}"));
                    let error = con.run(Token::get(there)).unwrap_err();
                    assert!(error.is_tampered(), "{error}");
                    assert!(con.run(Stranger::get(here)).unwrap_err().is_tampered());
                });
            }

            #[test]
            fn keys_can_be_rotated() {
                everywhere(|con| {
                    let id = fresh();
                    con.run(Token { id, ..token() }.save()).unwrap();
                    let stored: Vec<u8> = con.raw(&["GET", &format!("sealed:{id}")]);
                    assert!(!Token::needs_rewrite(id, &stored).unwrap());
                    assert!(Rotated::needs_rewrite(id, &stored).unwrap());
                });
                let old = token().to_bytes().unwrap();
                let new = Rotated::from_bytes(&old).unwrap().to_bytes().unwrap();
                assert_eq!(Rotated::from_bytes(&new).unwrap().secret, "correct horse");
                let error = Token::from_bytes(&new).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::UnknownKey);
                assert!(error.to_string().contains("key 2"), "{error}");
            }
        }
    )*};
}

sealed! {
    xchacha: Sealed<Json, Old>, Sealed<Json, New>, Sealed<Json, Other>;
    aes: Sealed<Postcard, Old, Aes256Gcm>, Sealed<Postcard, New, Aes256Gcm>, Sealed<Postcard, Other, Aes256Gcm>;
    signed: Signed<Json, Old>, Signed<Json, New>, Signed<Json, Other>;
    compressed: Sealed<Zstd<Json>, Old>, Sealed<Zstd<Json>, New>, Sealed<Zstd<Json>, Other>;
}

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "sealed:account:{id}")]
struct Account {
    id: u64,
    #[redis(codec = Sealed<Json, Old>)]
    email: String,
    #[redis(codec = Sealed<Json, Old>)]
    phone: String,
}

#[test]
fn a_field_is_bound_to_its_name() {
    everywhere(|con| {
        let id = fresh();
        let account = Account { id, email: "a@example.com".into(), phone: "555".into() };
        con.run(account.save()).unwrap();
        assert_eq!(con.run(Account::get(id)).unwrap(), Some(account));
        let key = format!("sealed:account:{id}");
        let swap = "local v = redis.call('HGET', KEYS[1], 'email'); redis.call('HSET', KEYS[1], 'phone', v)";
        con.raw::<()>(&["EVAL", swap, "1", &key]);
        let error = con.run(Account::get(id)).unwrap_err();
        assert!(error.is_tampered());
        assert_eq!(error.field(), Some("phone"));
    });
}

/// The model after its fields were renamed.
#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "sealed:account:{id}")]
struct Renamed {
    id: u64,
    #[redis(codec = Sealed<Json, Old>, alias = "e-mail", alias = "email")]
    mail: String,
    #[redis(codec = Sealed<Json, Old>)]
    phone: String,
    #[redis(default)]
    visits: u64,
}

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "sealed:signature:{id}")]
struct SignedBefore {
    id: u64,
    #[redis(codec = Signed<Json, Old>)]
    email: String,
}

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "sealed:signature:{id}")]
struct SignedNow {
    id: u64,
    #[redis(codec = Signed<Json, Old>, alias = "email")]
    mail: String,
    visits: Option<u64>,
}

#[test]
fn a_field_is_read_under_a_former_name() {
    everywhere(|con| {
        let id = fresh();
        let key = format!("sealed:account:{id}");
        let account = Account { id, email: "a@example.com".into(), phone: "555".into() };
        let renamed =
            || Renamed { id, mail: "a@example.com".into(), phone: "555".into(), visits: 0 };
        con.run(account.save()).unwrap();
        assert_eq!(con.run(Renamed::get(id)).unwrap(), Some(renamed()));
        let f = Renamed::FIELDS;
        assert_eq!(con.run(Renamed::select(id, f.mail)).unwrap().unwrap(), "a@example.com");
        // An update of another field moves the bytes to the new name unchanged.
        let visits = con.run(Renamed::update(id).incr(f.visits, 1).returning((f.mail, f.visits)));
        assert_eq!(visits.unwrap().applied().unwrap(), ("a@example.com".into(), 1));
        assert!(con.hash(&key).iter().all(|(name, _)| name != "email"));
        assert_eq!(con.run(Renamed::get(id)).unwrap().unwrap().mail, "a@example.com");
        // The value of another field is still refused.
        con.raw::<()>(&["HDEL", &key, "mail"]);
        let copy = "redis.call('HSET', KEYS[1], 'email', redis.call('HGET', KEYS[1], 'phone'))";
        con.raw::<()>(&["EVAL", copy, "1", &key]);
        let error = con.run(Renamed::get(id)).unwrap_err();
        assert!(error.is_tampered());
        assert_eq!(error.field(), Some("mail"));

        con.run(SignedBefore { id, email: "a@example.com".into() }.save()).unwrap();
        let now = SignedNow { id, mail: "a@example.com".into(), visits: None };
        assert_eq!(con.run(SignedNow::get(id)).unwrap().as_ref(), Some(&now));
        con.run(now.save()).unwrap();
        assert_eq!(con.run(SignedNow::get(id)).unwrap(), Some(now));
        // A program that knows only the old name does not find the field.
        let rename = "redis.call('HSET', KEYS[1], 'email', redis.call('HGET', KEYS[1], 'mail'))";
        con.raw::<()>(&["EVAL", rename, "1", &format!("sealed:signature:{id}")]);
        assert!(con.run(SignedBefore::get(id)).unwrap_err().is_tampered());
    });
}

/// Asserts that each changed byte of a sealed or signed value is an error.
fn refused(stored: &[u8], key_ids: &[u8], read: impl Fn(&[u8]) -> Option<ErrorKind>) {
    for bit in 0..stored.len() * 8 {
        let mut forged = stored.to_vec();
        forged[bit / 8] ^= 1 << (bit % 8);
        let expected = match bit / 8 {
            0 if key_ids.contains(&forged[0]) => ErrorKind::Tampered,
            0 => ErrorKind::UnknownKey,
            _ => ErrorKind::Tampered,
        };
        assert_eq!(read(&forged), Some(expected), "bit {bit}");
    }
    for end in 0..stored.len() {
        assert_eq!(read(&stored[..end]), Some(ErrorKind::Tampered), "cut at {end}");
    }
}

/// Returns the kind of the error for a value without an envelope, as in a field.
fn kind_of<C: Codec<String>>(bytes: &[u8]) -> Option<ErrorKind> {
    let error = C::decode(bytes, &Location::NOWHERE).err()?;
    Some(redis_model::Error::from(error).kind())
}

#[test]
fn every_flipped_bit_of_a_fields_value_is_refused() {
    fn check<C: Codec<String>, Stranger: Codec<String>>() {
        let stored = round_trip::<C>("correct horse");
        refused(&stored, &[1, 2], kind_of::<C>);
        assert_eq!(kind_of::<Stranger>(&stored), Some(ErrorKind::UnknownKey));
    }
    check::<Sealed<Json, New>, Sealed<Json, Old>>();
    check::<Sealed<Postcard, New, Aes256Gcm>, Sealed<Postcard, Old, Aes256Gcm>>();
    check::<Signed<Json, New>, Signed<Json, Old>>();
    // A value of another cipher is refused, and a signed value in place of a sealed one.
    let sealed = round_trip::<Sealed<Json, New>>("correct horse");
    assert_eq!(kind_of::<Sealed<Json, New, Aes256Gcm>>(&sealed), Some(ErrorKind::Tampered));
    assert_eq!(kind_of::<Signed<Json, New>>(&sealed), Some(ErrorKind::Tampered));
    let signed = round_trip::<Signed<Json, New>>("correct horse");
    assert_eq!(kind_of::<Sealed<Json, New>>(&signed), Some(ErrorKind::Tampered));
}

/// A forged envelope never weakens the check.
#[test]
fn a_forged_header_is_refused() {
    #[derive(Debug, Serialize, Deserialize, RedisModel)]
    #[redis(key = "sealed:{id}", codecs = [Sealed<Json, New>, Signed<Json, New>, Json], name = "Token")]
    struct Token {
        id: u64,
        secret: String,
    }

    let stored = Token { id: 7, secret: "correct horse".into() }.to_bytes().unwrap();
    for byte in 0..=u8::MAX {
        let mut forged = stored.clone();
        forged[2] = byte;
        let kind = Token::from_bytes(&forged).map(|token| token.secret).map_err(|e| e.kind());
        let expected = match byte {
            0x81 => Ok("correct horse".to_owned()),
            // Codecs that the model lists, but not the value's own.
            0x41 => Err(ErrorKind::Tampered),
            0x01 => Err(ErrorKind::Codec),
            _ => Err(ErrorKind::WrongCodec),
        };
        assert_eq!(kind, expected, "{byte:#x}");
    }
    // Another version than the sealed one.
    let mut forged = stored.clone();
    forged[3] = 1;
    assert_eq!(Token::from_bytes(&forged).unwrap_err().kind(), ErrorKind::Tampered);
}

#[test]
fn secrets_stay_out_of_debug() {
    assert_eq!(format!("{:?}", New::ring()), "KeyRing { current: 2, ids: [1, 2], .. }");
}

fn round_trip<C: Codec<String>>(text: &str) -> Vec<u8> {
    let (text, mut bytes) = (text.to_owned(), Vec::new());
    C::encode(&text, &Location::NOWHERE, &mut bytes).unwrap();
    assert_eq!(C::decode(&bytes, &Location::NOWHERE).unwrap(), text);
    bytes
}

fn compresses<C: Codec<String>>() {
    let small = round_trip::<C>(&"a".repeat(1000));
    assert_eq!(small.len(), 1 + 1002, "under the threshold");
    let large = round_trip::<C>(&"abc ".repeat(5000));
    assert!(large.len() < 2000, "{}", large.len());
    let mut noise = 1_u32;
    let random: String = (0..4000)
        .map(|_| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from(b'0' + (noise >> 24) as u8 % 70)
        })
        .collect();
    let kept = round_trip::<C>(&random);
    assert!(kept.len() <= random.len() + 200);
    // Bombs: false sizes.
    for size in [0, 1, 19_999, 1 << 20, (64 << 20) + 1, u32::MAX] {
        let mut forged = large.clone();
        forged[1..5].copy_from_slice(&size.to_le_bytes());
        assert!(C::decode(&forged, &Location::NOWHERE).is_err(), "{size}");
    }
    for end in 0..large.len() {
        assert!(C::decode(&large[..end], &Location::NOWHERE).is_err());
    }
}

/// A few bytes that claim a large size, and values that compress that far.
fn grows_in_proportion<C: Codec<String>>() {
    let mib = "a".repeat(1 << 20);
    let stored = round_trip::<C>(&mib[..mib.len() - 2]);
    assert!(stored.len() < 8 << 10, "{}", stored.len());
    let size = (1_u32 << 20) + 1;
    let forged = [&stored[..1], &size.to_le_bytes(), &stored[5..25]].concat();
    let error = C::decode(&forged, &Location::NOWHERE).unwrap_err();
    assert!(error.to_string().contains("1,024 times"), "{error}");
    // Values that compress further are stored uncompressed and can be read.
    let large = round_trip::<C>(&"a".repeat(20 << 20));
    assert!(large.len() >= (20 << 20) / 1024, "{}", large.len());
}

#[test]
fn decompressed_size_is_limited_in_proportion_to_the_stored_size() {
    grows_in_proportion::<Zstd<Json>>();
    grows_in_proportion::<Lz4<Json>>();
}

#[test]
fn large_values_are_compressed_and_bombs_refused() {
    compresses::<Zstd<Json>>();
    compresses::<Lz4<Json>>();
}
