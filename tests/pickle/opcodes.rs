//! Every opcode of `pickletools`: what it makes, or why it is refused.

use super::data;

/// The name of the opcode, a pickle with it, and the value as text or the error.
const OPCODES: &[(&str, &[u8], Result<&str, &str>)] = &[
    ("INT", b"I-7\n.", Ok("-7")),
    ("BININT", b"J\xff\xff\xff\xff.", Ok("-1")),
    ("BININT1", b"K\xff.", Ok("255")),
    ("BININT2", b"M\x01\x02.", Ok("513")),
    (
        "LONG",
        b"L340282366920938463463374607431768211455L\n.",
        Ok("340282366920938463463374607431768211455"),
    ),
    ("LONG1", b"\x8a\x02\x00\x80.", Ok("-32768")),
    ("LONG4", b"\x8b\x01\0\0\0\x7f.", Ok("127")),
    ("STRING", b"S'a\\n\\x41\\\\'\n.", Ok("\"a\\nA\\\\\"")),
    ("BINSTRING", b"T\x02\0\0\0hi.", Ok("\"hi\"")),
    ("SHORT_BINSTRING", b"U\x02\xff\xfe.", Ok("b\"\\xff\\xfe\"")),
    ("BINBYTES", b"B\x01\0\0\0a.", Ok("b\"a\"")),
    ("SHORT_BINBYTES", b"C\0.", Ok("b\"\"")),
    ("BINBYTES8", b"\x8e\x01\0\0\0\0\0\0\0a.", Ok("b\"a\"")),
    ("BYTEARRAY8", b"\x96\x01\0\0\0\0\0\0\0a.", Ok("b\"a\"")),
    ("NEXT_BUFFER", b"\x97.", Err("an out-of-band buffer")),
    ("READONLY_BUFFER", b"\x97\x98.", Err("an out-of-band buffer")),
    ("NONE", b"N.", Ok("none")),
    ("NEWTRUE", b"\x88.", Ok("true")),
    ("NEWFALSE", b"\x89.", Ok("false")),
    ("UNICODE", b"V\xe9\\u005c\\U0001f98a\\ud83e\\udd8a\\x\n.", Ok("\"é\\\\🦊🦊\\\\x\"")),
    ("UNICODE with two backslashes", b"V\\\\u0041\n.", Ok("\"\\\\\\\\u0041\"")),
    ("SHORT_BINUNICODE", b"\x8c\x02\xc3\xa9.", Ok("\"é\"")),
    ("BINUNICODE", b"X\x01\0\0\0a.", Ok("\"a\"")),
    ("BINUNICODE8", b"\x8d\x01\0\0\0\0\0\0\0a.", Ok("\"a\"")),
    ("FLOAT", b"F-1e3\n.", Ok("-1000.0")),
    ("BINFLOAT", b"G\x3f\xe0\0\0\0\0\0\0.", Ok("0.5")),
    ("EMPTY_LIST", b"].", Ok("[]")),
    ("APPEND", b"]K\x01a.", Ok("[1]")),
    ("APPENDS", b"](K\x01K\x02e.", Ok("[1, 2]")),
    ("LIST", b"(K\x01K\x02l.", Ok("[1, 2]")),
    ("EMPTY_TUPLE", b").", Ok("[]")),
    ("TUPLE", b"(K\x01t.", Ok("[1]")),
    ("TUPLE1", b"K\x01\x85.", Ok("[1]")),
    ("TUPLE2", b"K\x01K\x02\x86.", Ok("[1, 2]")),
    ("TUPLE3", b"K\x01K\x02K\x03\x87.", Ok("[1, 2, 3]")),
    ("EMPTY_DICT", b"}.", Ok("{}")),
    ("DICT", b"(K\x01Nd.", Ok("{1: none}")),
    ("SETITEM", b"}K\x01Ns.", Ok("{1: none}")),
    ("SETITEMS", b"}(K\x01NK\x02Nu.", Ok("{1: none, 2: none}")),
    ("EMPTY_SET", b"\x8f.", Ok("[]")),
    ("ADDITEMS", b"\x8f(K\x01\x90.", Ok("[1]")),
    ("FROZENSET", b"(K\x01\x91.", Ok("[1]")),
    ("POP", b"NK\x010.", Ok("none")),
    ("DUP", b"K\x012\x86.", Ok("[1, 1]")),
    ("MARK", b"((t(tt.", Ok("[[], []]")),
    ("POP_MARK", b"N(NN1.", Ok("none")),
    ("GET", b"K\x01p7\n0g7\n.", Ok("1")),
    ("BINGET", b"K\x01q\x070h\x07.", Ok("1")),
    ("LONG_BINGET", b"K\x01q\x070j\x07\0\0\0.", Ok("1")),
    ("PUT", b"K\x01p300\n0j\x2c\x01\0\0.", Ok("1")),
    ("BINPUT", b"K\x01q\x070g7\n.", Ok("1")),
    ("LONG_BINPUT", b"K\x01r\x07\0\0\x000h\x07.", Ok("1")),
    ("MEMOIZE", b"K\x01\x94K\x02\x9400h\x00.", Ok("1")),
    ("EXT1", b"\x82\x01.", Err("an extension code")),
    ("EXT2", b"\x83\x01\x02.", Err("an extension code")),
    ("EXT4", b"\x84\x01\x02\x03\x04.", Err("an extension code")),
    ("GLOBAL", b"capp\nPerson\n.", Err("a class or function that is not listed")),
    ("STACK_GLOBAL", b"\x8c\x08builtins\x8c\x04eval\x93.", Err("`builtins.eval` itself")),
    ("REDUCE", b"cos\nsystem\n(Vls\ntR.", Err("a call of `os.system`, which is never made")),
    ("BUILD", b"capp\nPerson\n)\x81}\x8c\x01aK\x01sb.", Ok("{\"a\": 1}")),
    ("INST", b"(iapp\nPerson\n}\x8c\x01aK\x01sb.", Ok("{\"a\": 1}")),
    ("OBJ", b"(capp\nPerson\no}\x8c\x01aK\x01sb.", Ok("{\"a\": 1}")),
    ("NEWOBJ", b"capp\nPerson\nK\x01K\x02\x86\x81.", Ok("[1, 2]")),
    ("NEWOBJ_EX", b"capp\nPerson\nK\x01K\x02\x86}\x92.", Ok("[1, 2]")),
    ("PROTO", b"\x80\x05N.", Ok("none")),
    ("STOP", b"N.", Ok("none")),
    ("FRAME", b"\x80\x04\x95\x02\0\0\0\0\0\0\0N.", Ok("none")),
    ("PERSID", b"Pid\n.", Err("a persistent id")),
    ("BINPERSID", b"K\x01Q.", Err("a persistent id")),
];

#[test]
fn every_opcode_makes_a_value_or_is_refused_by_name() {
    for (name, pickle, expected) in OPCODES {
        match (data(pickle), expected) {
            (Ok(value), Ok(expected)) => assert_eq!(value.to_string(), *expected, "{name}"),
            (Err(error), Err(expected)) => assert!(error.contains(expected), "{name}: {error}"),
            (found, _) => panic!("{name}: {found:?}"),
        }
    }
}

#[test]
fn an_opcode_that_is_none_is_refused() {
    let known = |opcode: u8| OPCODES.iter().any(|(_, pickle, _)| pickle.contains(&opcode));
    for opcode in (0..=255).filter(|opcode| !known(*opcode)) {
        assert!(data(&[b'N', opcode, b'.']).unwrap_err().contains("not a pickle"), "{opcode}");
    }
    assert!(data(b"\x80\x06N.").unwrap_err().contains("a protocol after 5"));
}

/// The opcodes of this machine's Python.
#[test]
#[ignore = "needs python3: `.ci/run` has it and runs this"]
fn every_opcode_of_this_python_is_known() {
    let program = "import pickletools; print(*(o.name for o in pickletools.opcodes))";
    let run = std::process::Command::new("python3").args(["-c", program]).output();
    let names = String::from_utf8(run.expect("python3: apt-get install python3").stdout);
    let names = names.expect("text");
    assert_eq!(names.split_whitespace().count(), 68);
    for name in names.split_whitespace() {
        assert!(OPCODES.iter().any(|(known, ..)| *known == name), "{name}");
    }
}
