//! What bytes look like that this crate did not write.

/// In a few words, nothing of which is taken from the bytes.
pub(crate) fn looks_like(bytes: &[u8]) -> &'static str {
    match bytes {
        [] => "nothing: it is empty",
        [0x80, 2, ..] => "a Python pickle, protocol 2",
        [0x80, 3, ..] => "a Python pickle, protocol 3",
        [0x80, 4, ..] => "a Python pickle, protocol 4",
        [0x80, 5, ..] => "a Python pickle, protocol 5",
        [b'(', b'd' | b'l', b'p', ..] => "a Python pickle, protocol 0",
        [b'}' | b']', b'q', ..] => "a Python pickle, protocol 1",
        [0xAC, 0xED, ..] => "Java serialization",
        [4, 8, ..] => "Ruby's Marshal",
        [0, 0x11, ..] => "a cache entry of Rails",
        [0x1F, 0x8B, ..] => "gzip",
        [0x28, 0xB5, 0x2F, 0xFD, ..] => "zstd",
        [4, 0x22, 0x4D, 0x18, ..] => "lz4",
        [0x78, 1 | 0x5E | 0x9C | 0xDA, ..] => "zlib",
        [0xC3, 1, ..] => "Avro",
        [0xD9, 0xD9, 0xF7, ..] => "CBOR",
        [b'a' | b'O', b':', b'0'..=b'9', ..] => "PHP's serialize",
        [b'{' | b'[', ..] => "JSON",
        [0x80..=0x8F | 0xDE | 0xDF, ..] => "MessagePack",
        [0xA0..=0xBF, ..] => "CBOR",
        _ if std::str::from_utf8(bytes).is_ok() => "text",
        _ => "bytes of no format that is known here",
    }
}

/// The same, as the name of one of our codecs.
pub(crate) fn codec(bytes: &[u8]) -> Option<&'static str> {
    match looks_like(bytes) {
        "JSON" => Some("json"),
        "MessagePack" => Some("msgpack"),
        "CBOR" => Some("cbor"),
        pickle if pickle.contains("pickle") => Some("pickle"),
        _ => None,
    }
}
