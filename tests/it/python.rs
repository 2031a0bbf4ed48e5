//! Python reads the values of this library, and this library reads the values of Python.
//!
//! `.ci/run` installs the packages that this needs into `target/python`, and
//! runs it with the ignored tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use redis_model::codec::{Cbor, MsgPack, Pickle};
use redis_model::{BlobModel, ErrorKind, Json, RedisModel};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Kind {
    Free,
    Paid,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Home {
    street: String,
    at: (f64, f64),
}

macro_rules! profiles {
    ($($name:ident [$($attributes:tt)*])*) => {$(
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
        #[redis(key = "python:{id}", name = "Profile", $($attributes)*)]
        struct $name {
            id: u64,
            name: String,
            score: f64,
            huge: f64,
            low: i64,
            admin: bool,
            tags: Vec<String>,
            counts: BTreeMap<String, i64>,
            avatar: serde_bytes::ByteBuf,
            nick: Option<String>,
            kind: Kind,
            home: Home,
        }

        impl $name {
            /// The same as in `python.py`.
            fn value() -> Self {
                Self {
                    id: u64::MAX,
                    name: "Zoë 🦊 \"quoted\"\n".into(),
                    score: 0.1,
                    huge: f64::MIN,
                    low: i64::MIN,
                    admin: true,
                    tags: vec!["a".into(), String::new(), "b".repeat(300)],
                    counts: [("visits".into(), 3), ("größe".into(), -70_000)].into(),
                    avatar: serde_bytes::ByteBuf::from((0..=255).collect::<Vec<u8>>()),
                    nick: None,
                    kind: Kind::Paid,
                    home: Home { street: "High Street".into(), at: (51.5, -0.1) },
                }
            }
        }
    )*};
}

profiles! {
    PlainJson [blob = Json]
    PlainMsgPack [blob = MsgPack]
    PlainCbor [blob = Cbor]
    FullJson [blob = Json, version = 1]
    FullMsgPack [blob = MsgPack, version = 1]
    FullCbor [blob = Cbor, version = 1]
    OffPickle [codecs = [Json, Pickle]]
}

/// The reader in the documentation.
pub(crate) fn documented_reader() -> &'static str {
    let documented = include_str!("../../core/src/codec/envelope.md");
    let reader = documented.split("```python\n").nth(1).and_then(|rest| rest.split("```").next());
    reader.expect("a reader in the documentation")
}

/// Returns the output of `python.py`, with the documented reader before it, for these words.
pub(crate) fn python(words: &[&str]) -> Vec<u8> {
    let program = format!("{}\n{}", documented_reader(), include_str!("python.py"));
    let run = Command::new("python3")
        .arg("-c")
        .arg(program)
        .args(words)
        .env("PYTHONPATH", concat!(env!("CARGO_MANIFEST_DIR"), "/target/python"))
        .output()
        .expect("python3: apt-get install python3");
    let problem = String::from_utf8_lossy(&run.stderr);
    assert!(
        run.status.success(),
        "{problem}(`python3 -m pip install --target target/python msgpack cbor2 redis` installs what it needs)"
    );
    let text = String::from_utf8(run.stdout).expect("text");
    let digits = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal");
    (0..text.trim_end().len()).step_by(2).map(digits).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
#[ignore = "needs python3 with msgpack and cbor2: `.ci/run` has them and runs this"]
fn values_are_read_by_python_and_back() {
    fn both_ways<M: BlobModel + PartialEq + std::fmt::Debug>(codec: &str, version: &str, value: M) {
        let written = value.to_bytes().unwrap();
        python(&["check", codec, version, &hex(&written)]);
        assert_eq!(M::from_bytes(&python(&["dump", codec, version])).unwrap(), value);
        // The value has an envelope if the model writes one.
        let other = if version == "0" { "1" } else { "0" };
        assert_eq!(M::from_bytes(&python(&["dump", codec, other])).unwrap(), value);
    }
    both_ways("json", "0", PlainJson::value());
    both_ways("msgpack", "0", PlainMsgPack::value());
    both_ways("cbor", "0", PlainCbor::value());
    both_ways("json", "1", FullJson::value());
    both_ways("msgpack", "1", FullMsgPack::value());
    both_ways("cbor", "1", FullCbor::value());
}

#[test]
#[ignore = "needs python3: `.ci/run` has it and runs this"]
fn pickles_of_plain_data_are_read() {
    /// The other fields of the pickle.
    #[derive(Debug, PartialEq, Serialize, Deserialize, RedisModel)]
    #[redis(key = "python:{id}", codecs = [Json, Pickle])]
    struct More {
        id: u64,
        seen: BTreeSet<u8>,
        again: Vec<Vec<String>>,
    }

    for protocol in ["0", "1", "2", "3", "4", "5"] {
        let pickle = python(&["pickled", protocol, "18446744073709551615"]);
        assert_eq!(OffPickle::from_bytes(&pickle).unwrap(), OffPickle::value());

        let pickle = python(&["pickled", protocol, "-9223372036854775808"]);
        let error = OffPickle::from_bytes(&pickle).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Codec, "an id is not negative: {error}");

        let pickle = python(&["pickled", protocol, "9223372036854775807"]);
        let expected = OffPickle { id: i64::MAX as u64, ..OffPickle::value() };
        assert_eq!(OffPickle::from_bytes(&pickle).unwrap(), expected, "protocol {protocol}");
        let more = More::from_bytes(&pickle).unwrap();
        assert_eq!(more.seen, [1, 2, 3].into(), "protocol {protocol}");
        assert_eq!(more.again, vec![vec!["b".repeat(300)]; 2], "protocol {protocol}");
        // A model that does not list the codec reports a pickle.
        let error = PlainJson::from_bytes(&pickle).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Foreign, "protocol {protocol}: {error}");
        assert!(error.to_string().contains("Python pickle"), "protocol {protocol}: {error}");
    }
}

#[test]
#[ignore = "needs python3: `.ci/run` has it and runs this"]
fn a_pickle_that_runs_code_runs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("made-by-a-pickle");
    for protocol in ["0", "1", "2", "3", "4", "5"] {
        let pickle = python(&["harm", protocol, file.to_str().unwrap()]);
        let error = OffPickle::from_bytes(&pickle).unwrap_err();
        assert!(
            error.to_string().contains("system`, which is never made at name"),
            "{protocol}: {error}"
        );
        assert!(!file.exists(), "protocol {protocol} ran code");
        // The pickle is a real one: Python itself makes the file.
        python(&["load", &hex(&pickle)]);
        assert!(file.exists(), "protocol {protocol} runs no code in Python");
        fs::remove_file(&file).unwrap();
    }
}
