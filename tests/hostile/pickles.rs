//! Pickles with code or with too much data.

use redis_model::codec::{Codec, Location, Pickle};
use serde::de::DeserializeOwned;

use super::decode;

fn refused<T: DeserializeOwned + serde::Serialize + Send + std::fmt::Debug + 'static>(
    pickle: &[u8],
) -> String {
    decode::<Pickle, T>(pickle).expect_err("refused").to_string()
}

#[test]
fn code_is_refused_and_not_run() {
    // cos\nsystem\n(S'touch /tmp/…'\ntR.
    let marker = std::env::temp_dir().join(format!("pickle-{}", std::process::id()));
    let call = format!("cos\nsystem\n(S'touch {}'\ntR.", marker.display());
    let error = refused::<String>(call.as_bytes());
    assert!(error.contains("a call of `os.system`"), "{error}");
    assert!(!marker.exists());
    // In protocol 4, with STACK_GLOBAL.
    let error = refused::<String>(b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02ls\x85R.");
    assert!(error.contains("a call of `posix.system`"), "{error}");
}

#[test]
fn a_harmless_callable_cannot_be_replaced_by_another() {
    // A list in place of the callable.
    let error = refused::<String>(b"\x80\x02]\x85R.");
    assert!(error.contains("not a pickle"), "{error}");
    let error = refused::<String>(b"\x80\x02]]\x85R.");
    assert!(error.contains("no class or function"), "{error}");
}

/// A list of two lists of two lists …, which is small when stored and huge when built.
#[test]
fn shared_parts_do_not_multiply_the_memory() {
    let mut bomb = b"\x80\x02]q\x00K\x01a".to_vec();
    for level in 0..60_u8 {
        bomb.extend([b'0', b']', b'q', level + 1, b'h', level, b'a', b'h', level, b'a']);
    }
    bomb.push(b'.');
    assert!(refused::<serde_json::Value>(&bomb).contains("more elements"));
    assert!(refused::<serde_json::Value>(b"\x80\x02]q\x00h\x00a.").contains("contains itself"));
    // One long text, many times.
    let mut bomb = b"\x80\x02(X\xa0\x86\x01\x00".to_vec();
    bomb.extend([b'x'; 100_000]);
    bomb.extend(b"q\x00");
    bomb.extend(b"h\x00".repeat(30_000));
    bomb.extend(b"l.");
    assert!(refused::<Vec<String>>(&bomb).contains("more elements"));
}

#[test]
fn shared_parts_are_read_each_time() {
    // [a, a] with a = ["x"], whose text is in the memo, too.
    let pickle = b"\x80\x04\x95\x0e\0\0\0\0\0\0\0]\x94(]\x94\x8c\x01x\x94ah\x01e.";
    let lists = decode::<Pickle, Vec<Vec<String>>>(pickle).unwrap();
    assert_eq!(lists, [["x"], ["x"]]);
}

#[test]
fn false_lengths_are_refused() {
    for opcode in [b'T', b'B', b'X'] {
        let forged = [&[0x80, 4, opcode][..], &u32::MAX.to_le_bytes(), b"abc."].concat();
        assert!(refused::<String>(&forged).contains("cut off"));
    }
    for opcode in [0x8d, 0x8e, 0x96] {
        let forged = [&[0x80, 4, opcode][..], &(1_u64 << 60).to_le_bytes(), b"abc."].concat();
        assert!(refused::<String>(&forged).contains("cut off"));
    }
    let long = [&b"L"[..], &[b'9'; 1_000_000], b"L\n."].concat();
    assert!(refused::<u64>(&long).contains("128 bits"));
    // A float is parsed in time linear in its length.
    let long = [&b"F"[..], &[b'9'; 1_000_000], b"\n."].concat();
    let _ = decode::<Pickle, f64>(&long);
    assert!(refused::<u64>(&vec![b'('; 1_000_000]).contains("deeper"));
}

/// Values that share others, in each container, up to the limit and beyond.
#[test]
fn doubled_values_take_memory_in_proportion() {
    let doublings: [(&[u8], &[u8]); 6] = [
        (b"(", b"l"),
        (b"(", b"t"),
        (b"capp\nC\n(", b"t\x81"),
        (b"capp\nC\n)\x81(", b"e"),
        (b"capp\nC\n)\x81(", b"tb"),
        (b"c__builtin__\nset\n((", b"l\x85R"),
    ];
    for (open, close) in doublings {
        for levels in 1..40_u8 {
            let mut bomb = b"](K\x01K\x01eq\0".to_vec();
            for level in 0..levels {
                bomb.extend(
                    [b"0", open, &[b'h', level, b'h', level], close, &[b'q', level + 1]].concat(),
                );
            }
            bomb.push(b'.');
            let read = decode::<Pickle, serde_json::Value>(&bomb);
            if levels < 5 && !open.ends_with(b"((") {
                read.unwrap();
            } else if levels > 12 {
                read.unwrap_err();
            }
        }
    }
}

#[test]
fn nesting_does_not_overflow_the_stack() {
    const DEEP: usize = 10_000;
    let repeated = |start: &[u8], times: &[u8], end: &[u8], ends: usize| {
        [start, &times.repeat(DEEP), &end.repeat(ends), b"."].concat()
    };
    for deep in [
        repeated(b"]", b"]", b"a", DEEP),
        repeated(b"N", b"\x85", b"", 0),
        repeated(b"}", b"N}", b"s", DEEP),
        // States of states, and arguments of arguments.
        repeated(b"", b"capp\nC\n)\x81", b"b", DEEP - 1),
        repeated(b"N", b"\x85capp\nC\n2\x86\x81", b"", 0),
        repeated(b"capp\nC\nq\0", b"", b"N", 1),
        repeated(b"N", b"\x85\x85", b"", 0),
        repeated(b"", b"cdatetime\ntimezone\n(", b"", 0),
        repeated(b"", b"c__builtin__\nset\n((", b"", 0),
        repeated(b"c_codecs\nencode\n", b"N\x85R", b"", 0),
    ] {
        let _ = decode::<Pickle, serde_json::Value>(&deep);
        let _ = decode::<Pickle, Vec<String>>(&deep);
    }
    // An inner value of 10,000 that nothing asks for.
    let skipped = [&b"}(Vid\nI7\nVother\n]"[..], &b"]".repeat(DEEP), &b"a".repeat(DEEP), b"u."];
    #[derive(Debug, serde::Serialize, serde::Deserialize)]
    struct Id {
        id: u8,
    }
    assert_eq!(decode::<Pickle, Id>(&skipped.concat()).unwrap().id, 7);
}

#[test]
fn long_numbers_and_texts_are_refused_in_time() {
    let number = [&b"\x8b\x40\x42\x0f\0"[..], &[0x7f; 1_000_000], b"."].concat();
    assert!(refused::<u64>(&number).contains("128 bits"));
    // One long text, as the arguments of many values.
    for (open, close) in [
        ("cdecimal\nDecimal\n(", "tR"),
        ("cpathlib\nPurePosixPath\n(", "tR"),
        ("cdatetime\ndate\n(", "tR"),
        ("cdatetime\ndate\n(c_codecs\nencode\n(", "Vlatin1\ntRtR"),
        ("c_codecs\nencode\n(", "Vlatin1\ntR"),
        ("czoneinfo\nZoneInfo\n(", "I1\ntR"),
        ("cuuid\nUUID\n)\u{1}}", "I1\nsb"),
        ("carray\narray\n(", "(ltR"),
        ("cbuiltins\ngetattr\n(czoneinfo\nZoneInfo\n", "tR(Va\nI1\ntR"),
    ] {
        let long = format!("(V{}\np0\n", "\\u0041".repeat(5_000));
        let uses = format!("{open}g0\n{close}").repeat(3_000).replace('\u{1}', "");
        let _ = decode::<Pickle, serde_json::Value>(format!("{long}{uses}l.").as_bytes());
    }
}

#[test]
fn empty_parts_of_paths_are_refused_in_time() {
    let parts = b"V\n".repeat(4_000);
    let uses = b"cpathlib\nPurePosixPath\ng0\nR".repeat(3_000);
    let pickle = [&b"(("[..], &parts, b"tp0\n", &uses, b"l."].concat();
    assert!(refused::<serde_json::Value>(&pickle).contains("more elements"));
    let parts = b"V\n".repeat(10_000);
    let pickle = [&b"cpathlib\nPurePosixPath\n("[..], &parts, b"tR."].concat();
    assert!(refused::<String>(&pickle).contains("4,096"));
    let path = format!("cpathlib\nPurePosixPath\n(V{}\nVb\ntR.", "a".repeat(4_094));
    assert_eq!(decode::<Pickle, String>(path.as_bytes()).unwrap().len(), 4_096);
}

/// `Decimal` of a call of a call …, which each item of a list shares.
#[test]
fn shared_chains_of_values_take_time_in_proportion() {
    let mut chain = b"(K\x01q\0".to_vec();
    for level in 0..60_u8 {
        chain.extend([b"0capp\nC\n)\x81h", &[level][..], b"bq", &[level + 1]].concat());
    }
    let pickle = [&chain[..], &[b'h', 60].repeat(30_000), b"l."].concat();
    assert!(refused::<Vec<u8>>(&pickle).contains("more elements"));
    let pickle = [&chain[..], &[b'h', 2].repeat(30_000), b"l."].concat();
    assert_eq!(decode::<Pickle, Vec<Option<u8>>>(&pickle).unwrap().len(), 30_001);
}

#[derive(Debug, serde::Serialize)]
struct Skipped;

impl<'de> serde::Deserialize<'de> for Skipped {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

#[test]
fn small_values_take_memory_in_proportion() {
    for item in [&b"N"[..], b"\x88", b")", b"K\x01", b"K\x01\x85", b"]q\0", b"K\x01K\x02\x86"] {
        let pickle = [b"(", &item.repeat(300_000)[..], b"l."].concat();
        let items = decode::<Pickle, Vec<Skipped>>(&pickle).unwrap();
        assert_eq!(items.len(), 300_000);
    }
    let pickle = [b"(", &b"]".repeat(300_000)[..], b"l."].concat();
    assert!(refused::<serde_json::Value>(&pickle).contains("more elements"));
}

#[test]
fn pickle_writes_nothing() {
    let written = <Pickle as Codec<u8>>::encode(&1, &Location::NOWHERE, &mut Vec::new());
    assert!(written.unwrap_err().to_string().contains("only read"));
}
