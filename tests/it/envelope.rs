//! The envelope of a blob, and the errors for values that are not the model's.

use redis_model::codec::{Bincode, Cbor, Format, MsgPack, Pickle, Postcard};
use redis_model::{ErrorKind, Json, RedisModel, ValueError};
use serde::{Deserialize, Serialize};

/// Declares a model with these fields and attributes in a module.
macro_rules! models {
    ($($module:ident: [$($attributes:tt)*] $name:ident { $($fields:tt)* })*) => {$(
        mod $module {
            use super::*;
            #[derive(Debug, PartialEq, Serialize, Deserialize, RedisModel)]
            #[redis(key = "envelope:{id}", $($attributes)*)]
            pub(super) struct $name { pub(super) id: u64, $($fields)* }
        }
    )*};
}

models! {
    raw: [blob = Json] Session { pub(super) user: String }
    full: [blob = Json, envelope = "full"] Session { pub(super) user: String }
    short: [blob = Json, envelope = "short"] Session { pub(super) user: String }
    second: [blob = Json, version = 2] Session { pub(super) user: String }
    named: [blob = Json, name = "Session", envelope = "full"] Renamed { pub(super) user: String }
    order: [blob = Json, envelope = "full"] Order { pub(super) user: String }
    msgpack: [blob = MsgPack] Session { pub(super) user: String }
    cbor: [blob = Cbor] Session { pub(super) user: String }
    postcard: [blob = Postcard] Session { pub(super) user: String }
    postcard_bare: [blob = Postcard, envelope = "none"] Session { pub(super) user: String }
    postcard_order: [blob = Postcard] Order { pub(super) user: String }
    postcard_edited: [blob = Postcard] Session { pub(super) name: String }
    bincode: [blob = Bincode] Session { pub(super) user: String }
    pickle: [codecs = [Json, Pickle]] Session { pub(super) user: String }
    missing: [blob = Postcard, on_mismatch = "miss"] Session { pub(super) user: String }
}

macro_rules! bytes {
    ($module:ident :: $name:ident) => {
        $module::$name { id: 7, user: "alice".into() }.to_bytes().unwrap()
    };
}

fn kind<T: std::fmt::Debug>(result: redis_model::Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}

#[test]
fn named_formats_have_no_envelope_and_others_one_of_eight_bytes() {
    assert_eq!(bytes!(raw::Session), br#"{"id":7,"user":"alice"}"#);
    assert_eq!(bytes!(msgpack::Session)[0], 0x82);
    assert_eq!(bytes!(cbor::Session)[0], 0xa2);
    assert_eq!(bytes!(postcard_bare::Session), b"\x07\x05alice");
    let stored = bytes!(postcard::Session);
    assert_eq!((&stored[..4], &stored[8..]), (&b"\xc1\xfc\x04\x00"[..], &b"\x07\x05alice"[..]));
    assert_eq!(bytes!(short::Session), b"\xc1\xfd\x01\x00{\"id\":7,\"user\":\"alice\"}");
    assert_eq!(bytes!(second::Session)[..4], *b"\xc1\xfc\x01\x02");
    // FNV-1a of `Session`.
    assert_eq!(bytes!(full::Session)[4..8], 0x2048_cc97_u32.to_le_bytes()[..]);
}

#[test]
fn an_envelope_is_read_even_if_the_model_writes_none() {
    for stored in [bytes!(raw::Session), bytes!(full::Session), bytes!(short::Session)] {
        assert_eq!(raw::Session::from_bytes(&stored).unwrap().user, "alice");
        assert_eq!(full::Session::from_bytes(&stored).unwrap().user, "alice");
        assert_eq!(short::Session::from_bytes(&stored).unwrap().user, "alice");
    }
}

#[test]
fn a_stable_name_survives_a_renamed_struct() {
    assert_eq!(named::Renamed::from_bytes(&bytes!(full::Session)).unwrap().user, "alice");
    assert_eq!(named::Renamed::SCHEMA.name, "Session");
}

#[test]
fn each_mismatch_has_its_own_error_kind() {
    use ErrorKind::*;
    assert_eq!(kind(order::Order::from_bytes(&bytes!(full::Session))), WrongModel);
    assert_eq!(kind(postcard_order::Order::from_bytes(&bytes!(postcard::Session))), WrongModel);
    assert_eq!(
        kind(postcard_edited::Session::from_bytes(&bytes!(postcard::Session))),
        LayoutChanged
    );
    assert_eq!(kind(bincode::Session::from_bytes(&bytes!(postcard::Session))), WrongCodec);
    assert_eq!(kind(full::Session::from_bytes(&bytes!(second::Session))), NewerVersion);
    assert_eq!(kind(second::Session::from_bytes(&bytes!(full::Session))), NoMigration);
    assert_eq!(kind(postcard::Session::from_bytes(&bytes!(raw::Session))), Foreign);
    let behind = [&bytes!(postcard::Session)[..], b"x"].concat();
    assert_eq!(kind(postcard::Session::from_bytes(&behind)), TrailingBytes);
    assert_eq!(kind(raw::Session::from_bytes(br#"{"id":7}"#)), Codec);
    let deep = [b"\x83\xa1x", &vec![0x91; 10_000][..]].concat();
    assert_eq!(kind(msgpack::Session::from_bytes(&deep)), Limit);
    assert_eq!(kind(postcard::Session::from_bytes(b"\xc1\xfc\x04")), Foreign);
    assert_eq!(kind(postcard::Session::from_bytes(b"\xc1\xfe\x04\0\0\0\0\0\0")), NewerVersion);
}

#[test]
fn errors_describe_the_stored_value_and_the_fix() {
    let error = bincode::Session::from_bytes(&bytes!(postcard::Session)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Session, codec bincode: stored as postcard; the model writes bincode and lists no codec \
         for the other in `codecs`"
    );
    let error = postcard_edited::Session::from_bytes(&bytes!(postcard::Session)).unwrap_err();
    assert!(error.to_string().contains("raise `version` and list the old struct"), "{error}");
    let error = full::Session::from_bytes(&bytes!(second::Session)).unwrap_err();
    assert!(error.to_string().contains("stored by version 2"), "{error}");
}

#[test]
fn errors_name_the_format_of_foreign_values() {
    let zlib = b"\x78\x9csecret";
    for (stored, name) in [
        (&b"\x80\x04\x95secret"[..], "a Python pickle, protocol 4"),
        (b"\x80\x05secret", "a Python pickle, protocol 5"),
        (b"\xac\xed\x00\x05secret", "Java serialization"),
        (b"\x04\x08secret", "Ruby's Marshal"),
        (b"\x1f\x8bsecret", "gzip"),
        (b"\x28\xb5\x2f\xfdsecret", "zstd"),
        (zlib, "zlib"),
        (b"\x82\xa2idsecret", "MessagePack"),
        (b"\xa2bidsecret", "CBOR"),
        (b"", "nothing"),
    ] {
        for error in [
            raw::Session::from_bytes(stored).unwrap_err(),
            postcard::Session::from_bytes(stored).unwrap_err(),
        ] {
            if stored.is_empty()
                && error.codec() == Some("json")
                && error.kind() == ErrorKind::Codec
            {
                continue;
            }
            assert_eq!(error.kind(), ErrorKind::Foreign, "{name}");
            assert!(error.to_string().contains(name), "{error}");
            assert!(!format!("{error:?}").contains("secret"));
        }
    }
    let error = postcard::Session::from_bytes(br#"{"user":"secret"}"#).unwrap_err();
    assert!(error.to_string().ends_with("it looks like JSON"), "{error}");
}

/// Pickles are read only by models that list the codec, and never written.
#[test]
fn a_pickle_is_read_if_the_codec_is_listed() {
    let stored = b"\x80\x03}q\x00(X\x02\x00\x00\x00idq\x01K\x07X\x04\x00\x00\x00userq\x02X\x05\x00\x00\x00aliceq\x03u.";
    let session = pickle::Session::from_bytes(stored).unwrap();
    assert_eq!(session.user, "alice");
    assert_eq!(session.to_bytes().unwrap(), br#"{"id":7,"user":"alice"}"#);
    assert_eq!(kind(raw::Session::from_bytes(stored)), ErrorKind::Foreign);
    // A forged header cannot select a codec that is not listed.
    let forged = [b"\xc1\xfc\x07\x00", &bytes!(full::Session)[4..8], stored].concat();
    assert_eq!(kind(raw::Session::from_bytes(&forged)), ErrorKind::WrongCodec);
}

#[test]
fn a_mismatch_can_be_read_as_none() {
    use crate::support::{Con, fresh};
    let (mut con, id) = (Con::sync(), fresh());
    for stored in ["{}", "gibberish", ""] {
        con.raw::<()>(&["SET", &format!("envelope:{id}"), stored]);
        assert_eq!(con.run(missing::Session::get(id)).unwrap(), None);
        assert_eq!(kind(con.run(postcard::Session::get(id))), ErrorKind::Foreign);
    }
    let saved = missing::Session { id, user: "alice".into() };
    con.run(saved.save()).unwrap();
    assert_eq!(con.run(missing::Session::get(id)).unwrap(), Some(saved));
}

/// A user's codec with a number, which gets an envelope.
struct Reversed;

impl redis_model::codec::Codec<own::Session> for Reversed {
    const NAME: &'static str = "reversed";
    const FORMAT: Format = Format::positional(17);

    fn encode<W: std::io::Write>(
        session: &own::Session,
        _: &redis_model::codec::Location<'_>,
        out: &mut W,
    ) -> Result<(), ValueError> {
        let text: String = session.user.chars().rev().collect();
        let _ = write!(out, "{} {text}", session.id);
        Ok(())
    }

    fn decode(
        bytes: &[u8],
        _: &redis_model::codec::Location<'_>,
    ) -> Result<own::Session, ValueError> {
        let text = std::str::from_utf8(bytes).map_err(|_| ValueError::new("not text"))?;
        let (id, user) = text.split_once(' ').ok_or(ValueError::new("no space"))?;
        let id = id.parse().map_err(|_| ValueError::new("no id"))?;
        Ok(own::Session { id, user: user.chars().rev().collect() })
    }
}

mod own {
    #[derive(Debug, PartialEq, redis_model::RedisModel)]
    #[redis(key = "envelope:{id}", blob = super::Reversed)]
    pub(super) struct Session {
        pub(super) id: u64,
        pub(super) user: String,
    }
}

#[test]
fn a_users_codec_gets_an_envelope() {
    let stored = bytes!(own::Session);
    assert_eq!(stored[..4], *b"\xc1\xfc\x11\x00");
    assert_eq!(stored[8..], *b"7 ecila");
    assert_eq!(own::Session::from_bytes(&stored).unwrap().user, "alice");
    assert_eq!(kind(own::Session::from_bytes(&bytes!(postcard::Session))), ErrorKind::WrongCodec);
}

/// Runs the documented reader in Python.
#[test]
#[ignore = "needs python3: `.ci/run` has it and runs this"]
fn the_documented_reader_in_python_reads_envelopes() {
    let values: Vec<String> =
        [bytes!(raw::Session), bytes!(full::Session), bytes!(second::Session)]
            .iter()
            .map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect())
            .collect();
    let check = format!(
        "{}\n\
         expected = {{'id': 7, 'user': 'alice'}}\n\
         versions = []\n\
         for text in {values:?}:\n    \
             value, version = read(bytes.fromhex(text), 'Session')\n    \
             assert value == expected, value\n    \
             versions.append(version)\n\
         assert versions == [0, 0, 2], versions\n\
         try:\n    \
             read(bytes.fromhex({:?}), 'Order')\n    \
             raise SystemExit('read as another model')\n\
         except ValueError:\n    \
             pass\n",
        crate::python::documented_reader(),
        values[1],
    );
    let run = std::process::Command::new("python3").args(["-c", &check]).output();
    let run = run.expect("python3: apt-get install python3");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}
