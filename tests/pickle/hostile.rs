//! Pickles that would run code, and pickles that no pickler writes: each is refused, or is
//! data, and nothing of it is ever called. `tests/hostile` counts time and memory.

use super::data;

/// The trick, the pickle, and a part of the error.
const REFUSED: &[(&str, &[u8], &str)] = &[
    ("REDUCE", b"cos\nsystem\n(Vls\ntR.", "a call of `os.system`"),
    ("REDUCE by another module's name", b"cposix\nsystem\n(Vls\ntR.", "a call of `posix.system`"),
    (
        "REDUCE in protocol 4",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02ls\x85R.",
        "`os.system`",
    ),
    ("REDUCE by memo", b"cos\nsystem\np0\n0(Vls\ntp1\n0g0\ng1\nR.", "`os.system`"),
    ("REDUCE of a copy", b"cos\nsystem\n20(Vls\ntR.", "`os.system`"),
    (
        "REDUCE with names by memo",
        b"\x8c\x02os\x94\x8c\x06system\x9400h\0h\x01\x93)R.",
        "`os.system`",
    ),
    ("REDUCE in a list", b"(cos\nsystem\n(Vls\ntRl.", " at [0]"),
    ("REDUCE as a key", b"}cos\nsystem\n(Vls\ntRNs.", "`os.system`"),
    ("REDUCE in a state", b"capp\nC\n)\x81}Va\ncos\nsystem\n(Vls\ntRsb.", "`os.system`"),
    ("REDUCE as a state", b"capp\nC\n)\x81cos\nsystem\n(Vls\ntRb.", "`os.system`"),
    ("REDUCE in arguments", b"capp\nC\ncos\nsystem\n(Vls\ntR\x85\x81.", "`os.system`"),
    (
        "REDUCE of a call's result",
        b"cbuiltins\ngetattr\n(cos\nVsystem\ntR(Vls\ntR.",
        "result of another",
    ),
    ("getattr", b"cbuiltins\ngetattr\n(cos\npath\nVsystem\ntR.", "`builtins.getattr`"),
    (
        "a call of getattr's result",
        b"cbuiltins\ngetattr\n(cos\npath\nVx\ntR(Vls\ntR.",
        "result of another call",
    ),
    (
        "getattr of ZoneInfo",
        b"cbuiltins\ngetattr\n(czoneinfo\nZoneInfo\nV__class__\ntR(Va\ntR.",
        "result of another",
    ),
    (
        "getattr with a state",
        b"cbuiltins\ngetattr\n(czoneinfo\nZoneInfo\nV_unpickle\ntR}b(Va\nI1\ntR.",
        "result of another",
    ),
    ("eval", b"c__builtin__\neval\n(V1\ntR.", "`builtins.eval`"),
    ("exec", b"cbuiltins\nexec\n(V1\ntR.", "`builtins.exec`"),
    ("import", b"cbuiltins\n__import__\n(Vos\ntR.", "`builtins.__import__`"),
    ("open", b"cio\nopen\n(V/etc/passwd\ntR.", "a class or function of `io`"),
    ("a browser", b"cwebbrowser\nopen\n(Vx\ntR.", "`webbrowser.open`"),
    ("a process", b"csubprocess\nPopen\n(Vls\ntR.", "`subprocess.Popen`"),
    ("a partial call", b"cfunctools\npartial\n(cos\nsystem\ntR(Vls\ntR.", "result of another call"),
    ("a map over a function", b"cbuiltins\nmap\n(cos\nsystem\n(Vls\nltR.", "`builtins.map`"),
    ("a nested pickle", b"cpickle\nloads\n(C\x02N.tR.", "`pickle.loads`"),
    ("a name with points", b"\x8c\x02os\x8c\x0bpath.system\x93)R.", "a class or function of `os`"),
    ("a module inside of a module", b"cos.path\nsystem\n)R.", "a class or function of `os`"),
    ("INST of a function", b"(Vls\nios\nsystem\n.", "`os.system`"),
    ("INST of a function without arguments", b"(ios\nsystem\n.", "`os.system`"),
    ("INST of a class with arguments", b"(Vls\niapp\nC\n.", "is not listed"),
    ("OBJ of a function", b"(cos\nsystem\nVls\no.", "`os.system`"),
    ("OBJ of a function without arguments", b"(cos\nsystem\no.", "`os.system`"),
    ("OBJ of nothing", b"(o.", "not a pickle"),
    ("OBJ of text", b"(Vls\no.", "never made"),
    ("NEWOBJ of a function", b"cos\nsystem\n(Vls\nt\x81.", "`os.system`"),
    ("NEWOBJ of text", b"Vos.system\n)\x81.", "never made"),
    ("NEWOBJ of an instance", b"capp\nC\n)\x81)\x81.", "never made"),
    ("NEWOBJ_EX of a function", b"cos\nsystem\n(Vls\nt}\x92.", "`os.system`"),
    (
        "NEWOBJ_EX with keywords and an empty state",
        b"capp\nC\n)}Va\nNs\x92}}\x86b.",
        "keyword arguments",
    ),
    ("NEWOBJ_EX with keywords alone", b"capp\nC\n)}Va\nNs\x92.", "keyword arguments"),
    (
        "a reconstructed function",
        b"ccopyreg\n_reconstructor\n(cos\nsystem\ncbuiltins\nobject\nNtR.",
        "`os.system`",
    ),
    (
        "a reconstructed base that is none",
        b"ccopyreg\n_reconstructor\n(capp\nC\ncos\nsystem\nVls\ntR.",
        "is not listed",
    ),
    (
        "a reconstructed list of text",
        b"ccopyreg\n_reconstructor\n(capp\nC\ncbuiltins\nlist\nVab\ntR.",
        "another form",
    ),
    (
        "a reconstructed dict of a number",
        b"ccopyreg\n_reconstructor\n(capp\nC\ncbuiltins\ndict\nI1\ntR.",
        "another form",
    ),
    (
        "a reconstructed list with items of its own",
        b"ccopyreg\n_reconstructor\n(capp\nC\ncbuiltins\nlist\n(ltRI1\na.",
        "another form",
    ),
    (
        "a state that a function sets",
        b"capp\nC\n)\x81q\0capp\nset\nh\0}Va\nNs\x86R0.",
        "a function sets",
    ),
    ("__newobj__ of a function", b"ccopyreg\n__newobj__\n(cos\nsystem\nVls\ntR.", "`os.system`"),
    ("__newobj__ of nothing", b"ccopyreg\n__newobj__\n(tR.", "another form"),
    ("__newobj_ex__", b"ccopyreg\n__newobj_ex__\n(capp\nC\n)}tR.", "`copyreg.__newobj_ex__`"),
    (
        "the registry",
        b"ccopyreg\nadd_extension\n(Vos\nVsystem\nI1\ntR.",
        "a class or function of `copyreg`",
    ),
    ("BUILD on a function", b"cos\nsystem\n}Va\nNsb.", "sets the state"),
    ("BUILD on a class", b"capp\nC\n}V__setstate__\ncos\nsystem\nsb.", "sets the state"),
    ("BUILD on a list", b"]}b.", "sets the state"),
    ("BUILD twice", b"capp\nC\n)\x81}b}b.", "sets the state"),
    ("APPEND to a function", b"cos\nsystem\nVls\na.", "adds items"),
    ("SETITEM on a list", b"]VaNs.", "cut off"),
    ("SETITEMS on a tuple", b")(NNu.", "adds items"),
    ("ADDITEMS to an instance", b"capp\nC\n)\x81(N\x90.", "adds items"),
    ("both items and entries", b"capp\nC\n)\x81NaNNs.", "both items and entries"),
    ("a dict with half an entry", b"(Nd.", "not a pickle"),
    ("an extension code", b"\x82\x01)R.", "never made"),
    ("an extension code as a class", b"\x84\x01\0\0\0)\x81.", "never made"),
    ("a persistent id in arguments", b"cdecimal\nDecimal\n(Pos.system\ntR.", "another form"),
    ("arguments that are no tuple", b"cos\nsystem\n]R.", "not a pickle"),
    ("a name that is no text", b"K\x01K\x02\x93.", "not a pickle"),
    ("GET of nothing", b"h\x07.", "not a pickle"),
    ("GET of a number that is none", b"gx\n.", "not a pickle"),
    ("PUT of nothing", b"q\0.", "not a pickle"),
    ("PUT below a mark", b"N(q\0t.", "not a pickle"),
    ("POP of nothing", b"0N.", "not a pickle"),
    ("POP_MARK without a mark", b"N1.", "not a pickle"),
    ("STOP of nothing", b".", "not a pickle"),
    ("STOP below a mark", b"N(.", "not a pickle"),
    ("TUPLE2 over a mark", b"N(N\x86.", "not a pickle"),
    ("a frame that lies", b"\x80\x04\x95\xff\0\0\0\0\0\0\0N.", "cut off"),
    ("a frame of 2^63", b"\x80\x04\x95\0\0\0\0\0\0\0\x80N.", "cut off"),
    ("a list in itself", b"]q\0h\0a.", "contains itself"),
    ("an instance in itself", b"capp\nC\n)\x81q\0}Va\nh\0sb.", "contains itself"),
    ("an instance that is its state", b"capp\nC\n)\x81q\0h\0b.", "deeper"),
    ("a tuple in itself by a list", b"](h\x01tq\x01a.", "not a pickle"),
    ("a bytearray of a gigabyte", b"cbuiltins\nbytearray\n(I1000000000\ntR.", "another form"),
    ("a range", b"cbuiltins\nrange\n(I1000000000\ntR.", "`builtins.range`"),
    ("another encoding", b"c_codecs\nencode\n(Va\nVzip\ntR.", "another form"),
    ("an integer that is none", b"I0x10\n.", "128 bits"),
    ("text that is not UTF-8", b"X\x01\0\0\0\xff.", "UTF-8"),
    ("an escape that ends", b"V\\u00\n.", "UTF-8"),
];

#[test]
fn crafted_pickles_are_refused() {
    for (name, pickle, expected) in REFUSED {
        let error = data(pickle).expect_err(name);
        assert!(error.contains(expected), "{name}: {error}");
        assert!(!error.contains("passwd") && !error.contains("app"), "{name}: {error}");
    }
}

#[test]
fn crafted_pickles_may_be_data() {
    for (pickle, expected) in [
        // Text that names code is text, and a skipped call is none.
        (&b"(Vos.system\nVls\nt."[..], "[\"os.system\", \"ls\"]"),
        (b"cos\nsystem\n(Vls\ntR0N.", "none"),
        (b"capp\nC\n)\x81q\0cos\nsystem\nh\0N\x86R00K\x01.", "1"),
        // Names that nothing would find.
        (b"cno.such.module\nClass\n)\x81}Va\nNsb.", "{\"a\": none}"),
        // A setter that Python would call is an attribute.
        (b"capp\nC\n)\x81}V__setstate__\nNsb.", "{\"__setstate__\": none}"),
        // What remains on the stack, and a name of the memo given twice.
        (b"K\x01K\x02.", "2"),
        (b"K\x01q\0K\x02q\0h\0.", "2"),
        (b"capp\nC\n)}Va\nNs\x92}}Vb\nNs\x86b.", "{\"b\": none}"),
        // The factory is no part of the data.
        (b"ccollections\ndefaultdict\n(cos\nsystem\ntRNNs.", "{none: none}"),
        // A short frame is not checked, as Python's C reader.
        (b"\x80\x04\x95\x01\0\0\0\0\0\0\0]q\0.", "[]"),
    ] {
        assert_eq!(data(pickle).unwrap().to_string(), expected);
    }
}
