//! Deeply nested values.

use redis_model::Json;
use redis_model::codec::{Bincode, BincodeLegacy, Cbor, Codec, MsgPack, Pickle, Postcard};
use serde::{Deserialize, Serialize};

use super::decode;

#[derive(Debug, Serialize, Deserialize)]
struct Tree {
    children: Vec<Tree>,
}

#[derive(Debug, Serialize, Deserialize)]
struct List(Option<Box<List>>);

#[derive(Debug, Serialize, Deserialize)]
struct Small {
    id: u8,
}

fn too_deep<C: Codec<Tree> + Codec<List>>(
    tree: impl Fn(usize) -> Vec<u8>,
    list: impl Fn(usize) -> Vec<u8>,
) {
    for depth in [500, 10_000, 200_000] {
        let name = <C as Codec<Tree>>::NAME;
        let error = decode::<C, Tree>(&tree(depth)).expect_err(name).to_string();
        assert!(error.contains("deeper") || name == "json" || name == "cbor", "{name}: {error}");
        assert!(decode::<C, List>(&list(depth)).is_err(), "{name}");
    }
    // Deep enough for real data.
    for depth in [1, 40] {
        decode::<C, Tree>(&tree(depth)).expect(<C as Codec<Tree>>::NAME);
    }
}

fn around(before: &[u8], middle: &[u8], after: &[u8], depth: usize) -> Vec<u8> {
    [before.repeat(depth), middle.to_vec(), after.repeat(depth)].concat()
}

#[test]
fn json() {
    too_deep::<Json>(
        |depth| around(br#"{"children":["#, br#"{"children":[]}"#, b"]}", depth),
        |depth| around(b"[", b"null", b"]", depth),
    );
}

#[test]
fn msgpack() {
    let tree = |depth| around(b"\x81\xa8children\x91", b"\x81\xa8children\x90", b"", depth);
    too_deep::<MsgPack>(tree, |depth| vec![0x91; depth]);
}

#[test]
fn cbor() {
    let tree = |depth| around(b"\xa1\x68children\x81", b"\xa1\x68children\x80", b"", depth);
    too_deep::<Cbor>(tree, |depth| vec![0x81; depth]);
}

#[test]
fn postcard() {
    too_deep::<Postcard>(|depth| around(&[1], &[0], b"", depth), |depth| vec![1; depth]);
}

#[test]
fn bincode() {
    too_deep::<Bincode>(|depth| around(&[1], &[0], b"", depth), |depth| vec![1; depth]);
}

#[test]
fn bincode_legacy() {
    let one = 1_u64.to_le_bytes();
    too_deep::<BincodeLegacy>(
        |depth| around(&one, &0_u64.to_le_bytes(), b"", depth),
        |depth| vec![1; depth],
    );
}

#[test]
fn in_an_unknown_field() {
    let deep = |depth| around(b"[", b"", b"]", depth);
    let text = [br#"{"other":"#, &deep(200_000)[..], br#","id":1}"#].concat();
    let _ = decode::<Json, Small>(&text);
    let _ = decode::<MsgPack, Small>(&[b"\x82\xa5other", &vec![0x91; 200_000][..]].concat())
        .unwrap_err();
    let _ =
        decode::<Cbor, Small>(&[b"\xa2\x65other", &vec![0x81; 200_000][..]].concat()).unwrap_err();
    let lists = around(b"(", b"", b"l", 200_000);
    let _ = decode::<Pickle, Small>(&[b"\x80\x02}X\x05\0\0\0other", &lists[..], b"s."].concat())
        .unwrap_err();
}
