//! Zlib and gzip streams, as Python writes them.

use redis_model::codec::{Codec, KeyProvider, KeyRing, Location, Pickle, Sealed, Zlib};
use redis_model::{ErrorKind, Json, RedisModel, ValueError};
use serde::{Deserialize, Serialize};

/// `zlib.compress(b'["a","b"]')`, the same uncompressed, and by `gzip.compress`.
const ZLIB: &[u8] = b"x\x9c\x8bVJT\xd2QJR\x8a\x05\x00\x0a\xea\x020";
const STORED: &[u8] = b"x\x01\x01\x09\x00\xf6\xff[\x22a\x22,\x22b\x22]\x0a\xea\x020";
const GZIP: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x8bVJT\xd2QJR\x8a\x05\x00\xd5\x9c\xc9=\x09\x00\x00\x00";

fn read(bytes: &[u8]) -> Result<Vec<String>, ValueError> {
    Zlib::<Json>::decode(bytes, &Location::NOWHERE)
}

fn written(value: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    Zlib::<Json>::encode(&value.to_owned(), &Location::NOWHERE, &mut bytes).unwrap();
    bytes
}

#[test]
fn streams_of_python_are_read() {
    for stream in [ZLIB, STORED, GZIP, b"[\"a\",\"b\"]"] {
        assert_eq!(read(stream).unwrap(), ["a", "b"]);
    }
}

#[test]
fn damaged_and_longer_streams_are_refused() {
    for stream in [ZLIB, STORED, GZIP] {
        for end in 0..stream.len() {
            assert!(read(&stream[..end]).is_err(), "cut at {end}");
        }
        let longer = [stream, b"x"].concat();
        assert_eq!(read(&longer).unwrap_err().to_string(), "1 byte is left over after the value");
    }
    // The checksum is wrong.
    let mut stream = ZLIB.to_vec();
    *stream.last_mut().unwrap() ^= 1;
    assert!(read(&stream).unwrap_err().to_string().contains("damaged"));
}

/// `(S` and other starts of plain pickles are checksums, too.
#[test]
fn a_plain_pickle_is_not_taken_for_a_stream() {
    let pickle = b"(S'a'\np0\nI1\ntp1\n.";
    let pair: (String, u8) = Zlib::<Pickle>::decode(pickle, &Location::NOWHERE).unwrap();
    assert_eq!(pair, ("a".into(), 1));
}

/// Text that is compressed beyond the limit is stored uncompressed.
#[test]
fn large_and_repeated_text_is_read_back() {
    for length in [0, 1, 100_000, 3 << 20, 20 << 20] {
        let text = "x".repeat(length);
        let stored = written(&text);
        let back: String = Zlib::<Json>::decode(&stored, &Location::NOWHERE).unwrap();
        assert!(back == text, "{length}");
    }
    assert!(written(&"x".repeat(1000)).len() < 50);
}

/// A long run of one byte, of which deflate makes 1,030 bytes for each.
#[test]
fn a_stream_that_expands_too_far_is_refused() {
    let run: Vec<u8> = vec![0; 8 << 20];
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, &run).unwrap();
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < (8 << 20) / 1024, "{}", bomb.len());
    let error = read(&bomb).unwrap_err();
    assert!(error.to_string().contains("1,024 times"), "{error}");
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, &run).unwrap();
    assert!(read(&encoder.finish().unwrap()).unwrap_err().to_string().contains("1,024 times"));
}

#[derive(Debug, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "zlib:{id}", codecs = [Zlib<Json>, Json, Zlib<Pickle>, Pickle])]
struct Listed {
    id: u8,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "zlib:{id}", blob = Zlib<Json>, version = 1)]
struct Versioned {
    id: u8,
}

struct Ring;

impl KeyProvider for Ring {
    fn ring() -> std::sync::Arc<KeyRing> {
        std::sync::Arc::new(KeyRing::new(1, [7; 32]))
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "zlib:{id}", blob = Sealed<Zlib<Json>, Ring>)]
struct Secret {
    id: u8,
}

#[test]
fn a_stream_has_no_envelope_by_default() {
    let written = Listed { id: 7 }.to_bytes().unwrap();
    assert_eq!(written[0], 0x78);
    let pickle = b"}Vid\nI7\ns.";
    let mut compressed = Vec::new();
    Zlib::<Raw>::encode(&pickle.to_vec(), &Location::NOWHERE, &mut compressed).unwrap();
    for stored in [&written[..], br#"{"id":7}"#, pickle, &compressed] {
        assert_eq!(Listed::from_bytes(stored).unwrap(), Listed { id: 7 });
    }
    assert_eq!(Listed::from_bytes(b"hello").unwrap_err().kind(), ErrorKind::Codec);

    let versioned = Versioned { id: 7 }.to_bytes().unwrap();
    assert_eq!(versioned[..3], [0xc1, 0xfc, 0x21]);
    assert_eq!(Versioned::from_bytes(&versioned).unwrap(), Versioned { id: 7 });
    assert_eq!(Versioned::from_bytes(&written).unwrap(), Versioned { id: 7 });

    let sealed = Secret { id: 7 }.to_bytes().unwrap();
    assert_eq!(sealed[..2], [0xc1, 0xfc]);
    assert!(Secret::from_bytes(&written).is_err());
}

/// The codec that recognizes the value gives the reason.
#[test]
fn a_refused_pickle_in_a_stream_is_refused_by_name() {
    #[derive(Debug, PartialEq, Serialize, Deserialize, RedisModel)]
    #[redis(key = "zlib:{id}", codecs = [Json, Zlib<Pickle>])]
    struct Compressed {
        id: u8,
    }
    let mut stored = Vec::new();
    let pickle = b"}Vid\ncos\nsystem\n(Vls\ntRs.".to_vec();
    Zlib::<Raw>::encode(&pickle, &Location::NOWHERE, &mut stored).unwrap();
    let error = Compressed::from_bytes(&stored).unwrap_err();
    assert!(error.to_string().contains("`os.system`"), "{error}");
    assert_eq!(error.codec(), Some("pickle"));
}

/// Bytes as they are.
struct Raw;

impl Codec<Vec<u8>> for Raw {
    const NAME: &'static str = "raw";

    fn encode<W: std::io::Write>(
        value: &Vec<u8>,
        _: &Location<'_>,
        out: &mut W,
    ) -> Result<(), ValueError> {
        let _ = out.write_all(value);
        Ok(())
    }

    fn decode(bytes: &[u8], _: &Location<'_>) -> Result<Vec<u8>, ValueError> {
        Ok(bytes.to_vec())
    }
}
