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
    assert!(error.contains("names code to run"), "{error}");
    assert!(!marker.exists());
    // In protocol 4, with STACK_GLOBAL.
    let error = refused::<String>(b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02ls\x85R.");
    assert!(error.contains("names code to run"), "{error}");
    for opcode in [b'i', b'o', b'b', 0x81, 0x82, 0x83, 0x84, 0x92, b'P', b'Q'] {
        assert!(refused::<String>(&[0x80, 4, b'N', b'N', opcode]).contains("names code to run"));
    }
}

#[test]
fn a_harmless_callable_cannot_be_replaced_by_another() {
    // A list in place of the callable.
    let error = refused::<String>(b"\x80\x02]\x85R.");
    assert!(error.contains("not a pickle"), "{error}");
    let error = refused::<String>(b"\x80\x02]]\x85R.");
    assert!(error.contains("names code to run"), "{error}");
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
    let pickle = b"\x80\x04\x95\x10\0\0\0\0\0\0\0]\x94(]\x94\x8c\x01x\x94ah\x01e.";
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
    assert!(refused::<u64>(&long).contains("64 bits"));
    // A float is parsed in time linear in its length.
    let long = [&b"F"[..], &[b'9'; 1_000_000], b"\n."].concat();
    let _ = decode::<Pickle, f64>(&long);
    assert!(refused::<u64>(&vec![b'('; 1_000_000]).contains("deeper"));
}

#[test]
fn pickle_writes_nothing() {
    let written = <Pickle as Codec<u8>>::encode(&1, &Location::NOWHERE, &mut Vec::new());
    assert!(written.unwrap_err().to_string().contains("only read"));
}
