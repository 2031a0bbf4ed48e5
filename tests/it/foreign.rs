//! Errors name the format of another program's value, in blobs and in codec fields.

use redis_model::codec::{Bincode, Cbor, Lz4, MsgPack, Pickle, Postcard, Zstd};
use redis_model::{ErrorKind, Json, RedisModel};
use serde::{Deserialize, Serialize};

use crate::support::{fresh, on_one_server};

#[derive(Debug, RedisModel)]
#[redis(key = "foreign:{id}")]
struct Fields {
    id: u64,
    #[redis(codec = Json)]
    json: Option<Vec<String>>,
    #[redis(codec = MsgPack)]
    msgpack: Option<Vec<String>>,
    #[redis(codec = Cbor)]
    cbor: Option<Vec<String>>,
    #[redis(codec = Postcard)]
    postcard: Option<Vec<String>>,
    #[redis(codec = Bincode)]
    bincode: Option<Vec<String>>,
    #[redis(codec = Zstd<Json>)]
    zstd: Option<Vec<String>>,
    #[redis(codec = Lz4<MsgPack>)]
    lz4: Option<Vec<String>>,
}

const NAMES: [&str; 7] = ["json", "msgpack", "cbor", "postcard", "bincode", "zstd", "lz4"];

fn set(id: u64, name: &str, bytes: &[u8]) {
    let mut con = crate::support::server().connection().unwrap();
    let key = Fields::key(id);
    redis::cmd("DEL").arg(&*key).exec(&mut con).unwrap();
    redis::cmd("HSET").arg(&*key).arg(name).arg(bytes).exec(&mut con).unwrap();
}

#[test]
fn the_error_of_a_codec_field_names_the_foreign_format() {
    let formats: [(&[u8], &str); 8] = [
        (b"\x80\x04\x95\x0b\0\0\0\0\0\0\0]\x94\x8c\x05hunter2a.", "a Python pickle, protocol 4"),
        (b"(lp0\nVhunter2\np1\na.", "a Python pickle, protocol 0"),
        (b"]q\0X\x07\0\0\0hunter2q\x01a.", "a Python pickle, protocol 1"),
        (b"\xac\xed\0\x05t\0\x07hunter2", "Java serialization"),
        (b"\x04\x08[\x06I\"\x0chunter2", "Ruby's Marshal"),
        (b"\x78\x9c\x8b\x56\xca\x28\xcd\x2b\x49\x2d", "zlib"),
        (b"s:7:\"hunter2\";", "PHP's serialize"),
        (b"a:1:{i:0;s:7:\"hunter2\";}", "PHP's serialize"),
    ];
    on_one_server(|con| {
        let id = fresh();
        for (bytes, what) in formats {
            for name in NAMES {
                set(id, name, bytes);
                let error = con.run(Fields::get(id)).unwrap_err();
                let text = error.to_string();
                assert!(text.ends_with(&format!(": it looks like {what}")), "{text}");
                assert!(!text.contains("hunter2"), "{text}");
                assert_eq!((error.kind(), error.field()), (ErrorKind::Foreign, Some(name)));
                assert_eq!(error.codec(), Some(name));
            }
        }
        con.raw::<()>(&["DEL", &Fields::key(id)]);
    });
}

#[test]
fn a_value_of_the_codecs_own_format_is_not_called_foreign() {
    let mut con = crate::support::Con::sync();
    let id = fresh();
    for (name, bytes) in [
        ("json", &br#"{"a":1}"#[..]),
        ("json", b"[1]"),
        ("json", b"[\"a\""),
        ("json", b"plain text"),
        // A map, a text that begins like CBOR, and an integer that begins like Ruby's Marshal.
        ("msgpack", b"\x81\xa1a\x01"),
        ("msgpack", b"\xa5hello"),
        ("msgpack", b"\x92\xa1a"),
        ("cbor", b"\xa1\x61a\x01"),
        ("cbor", b"\x80\x00"),
    ] {
        set(id, name, bytes);
        let error = con.run(Fields::get(id)).unwrap_err();
        assert!(!error.to_string().contains("looks like"), "{error}");
        assert_ne!(error.kind(), ErrorKind::Foreign, "{error}");
    }
    con.raw::<()>(&["DEL", &Fields::key(id)]);
}

macro_rules! sessions {
    ($($name:ident [$($attributes:tt)*])*) => {$(
        #[derive(Debug, Serialize, Deserialize, RedisModel)]
        #[redis(key = "foreign:blob:{id}", name = "Session", $($attributes)*)]
        struct $name {
            id: u64,
        }
    )*};
}

sessions! {
    OffPickle [codecs = [Json, Pickle]]
    OffPickleToCbor [codecs = [Cbor, Pickle, Json]]
    OffPickleToPostcard [codecs = [Postcard, Pickle]]
    OnlyJson [blob = Json]
}

#[test]
fn the_error_of_a_pickle_says_why_it_cannot_be_read() {
    let call: [&[u8]; 4] = [
        b"cposix\nsystem\np0\n(Vls\np1\ntp2\nRp3\n.",
        b"cposix\nsystem\nq\0(X\x02\0\0\0lsq\x01tq\x02Rq\x03.",
        b"\x80\x02cposix\nsystem\nq\0X\x02\0\0\0lsq\x01\x85q\x02Rq\x03.",
        b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02ls\x85R.",
    ];
    for pickle in call {
        for error in [
            OffPickle::from_bytes(pickle).unwrap_err(),
            OffPickleToCbor::from_bytes(pickle).unwrap_err(),
            OffPickleToPostcard::from_bytes(pickle).unwrap_err(),
        ] {
            assert!(error.to_string().contains("a call of `posix.system`"), "{error}");
            assert!(error.is_mismatch() && error.codec() == Some("pickle"), "{error}");
        }
        let error = OnlyJson::from_bytes(pickle).unwrap_err();
        assert!(error.to_string().contains("it looks like a Python pickle"), "{error}");
        assert_eq!(error.kind(), ErrorKind::Foreign);
    }
    // Plain data of the oldest protocols can be read.
    let pickle = b"(dp0\nVid\np1\nI7\ns.";
    assert_eq!(OffPickle::from_bytes(pickle).unwrap().id, 7);
    assert_eq!(OffPickleToPostcard::from_bytes(pickle).unwrap().id, 7);
    // A value of another type.
    let error = OffPickle::from_bytes(b"Vtext\np0\n.").unwrap_err();
    assert!(error.to_string().contains("a pickle of another shape"), "{error}");
}
