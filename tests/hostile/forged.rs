//! False lengths.

use std::collections::BTreeMap;

use redis_model::codec::{Bincode, BincodeLegacy, Cbor, Codec, MsgPack, Postcard};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::decode;

/// A sequence, map, text or bytes that claims `length` elements and has none.
type Claim = fn(kind: Of, length: u64) -> Vec<u8>;

#[derive(Clone, Copy, PartialEq)]
enum Of {
    List,
    Map,
    Text,
    Bytes,
}

fn msgpack(of: Of, length: u64) -> Vec<u8> {
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    let marker = match of {
        Of::List => 0xdd,
        Of::Map => 0xdf,
        Of::Text => 0xdb,
        Of::Bytes => 0xc6,
    };
    [&[marker][..], &length.to_be_bytes()].concat()
}

fn cbor(of: Of, length: u64) -> Vec<u8> {
    let marker = match of {
        Of::List => 0x9b,
        Of::Map => 0xbb,
        Of::Text => 0x7b,
        Of::Bytes => 0x5b,
    };
    [&[marker][..], &length.to_be_bytes()].concat()
}

fn postcard(_: Of, mut length: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while length >= 0x80 {
        bytes.push(length as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes
}

fn bincode(_: Of, length: u64) -> Vec<u8> {
    [&[253][..], &length.to_le_bytes()].concat()
}

fn bincode_legacy(_: Of, length: u64) -> Vec<u8> {
    length.to_le_bytes().to_vec()
}

const LENGTHS: [u64; 6] = [1 << 60, 1 << 31, (1 << 31) - 1, 1 << 40, u64::MAX, u64::MAX >> 1];

fn refuses<C: Codec<T>, T: Serialize + DeserializeOwned + Send + 'static>(claim: Claim, of: Of) {
    for length in LENGTHS {
        let mut forged = claim(of, length);
        assert!(decode::<C, T>(&forged).is_err(), "{} took {length}", C::NAME);
        forged.extend([0; 100]);
        assert!(decode::<C, T>(&forged).is_err(), "{} took {length} and zeros", C::NAME);
    }
}

macro_rules! forged {
    ($($name:ident $codec:ty, $claim:path;)*) => {$(
        #[test]
        fn $name() {
            refuses::<$codec, Vec<u64>>($claim, Of::List);
            refuses::<$codec, Vec<String>>($claim, Of::List);
            refuses::<$codec, Vec<()>>($claim, Of::List);
            refuses::<$codec, Vec<Vec<[u64; 16]>>>($claim, Of::List);
            refuses::<$codec, BTreeMap<u64, u64>>($claim, Of::Map);
            refuses::<$codec, std::collections::HashMap<String, [u64; 8]>>($claim, Of::Map);
            refuses::<$codec, String>($claim, Of::Text);
            refuses::<$codec, serde_bytes::ByteBuf>($claim, Of::Bytes);
        }
    )*};
}

forged! {
    msgpack_claims MsgPack, msgpack;
    cbor_claims Cbor, cbor;
    postcard_claims Postcard, postcard;
    bincode_claims Bincode, bincode;
    bincode_legacy_claims BincodeLegacy, bincode_legacy;
}

/// Elements without bytes, of which only the true number is stored.
#[test]
fn elements_without_bytes_are_limited() {
    for codec in [decode::<Postcard, Vec<()>>, decode::<Bincode, Vec<()>>] {
        let few = codec(&[50]).expect("fifty are few");
        assert_eq!(few.len(), 50);
    }
    let many = postcard(Of::List, 1 << 60);
    let error = decode::<Postcard, Vec<()>>(&many).unwrap_err();
    assert!(error.to_string().contains("more elements"), "{error}");
}

#[test]
fn a_blob_beyond_the_limit_is_not_read() {
    let huge = vec![b' '; (64 << 20) + 1];
    let error = decode::<redis_model::Json, u8>(&huge).unwrap_err();
    assert!(error.to_string().contains("64 MiB"), "{error}");
    let error = decode::<Postcard, u8>(&huge).unwrap_err();
    assert!(error.to_string().contains("64 MiB"), "{error}");
}
