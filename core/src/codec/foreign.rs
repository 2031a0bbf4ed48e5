//! Recognizes the formats of other programs by their first bytes.

use crate::error::{ErrorKind, ValueError};

/// Returns the name of the format that the bytes look like. The name never contains
/// any of the bytes.
pub(crate) fn looks_like(bytes: &[u8]) -> &'static str {
    match bytes {
        [] => "nothing: it is empty",
        [0x80, 2, ..] => "a Python pickle, protocol 2",
        [0x80, 3, ..] => "a Python pickle, protocol 3",
        [0x80, 4, ..] => "a Python pickle, protocol 4",
        [0x80, 5, ..] => "a Python pickle, protocol 5",
        [0xAC, 0xED, ..] => "Java serialization",
        [4, 8, ..] => "Ruby's Marshal",
        [0, 0x11, ..] => "a cache entry of Rails",
        [0x1F, 0x8B, ..] => "gzip",
        [0x28, 0xB5, 0x2F, 0xFD, ..] => "zstd",
        [4, 0x22, 0x4D, 0x18, ..] => "lz4",
        [0x78, 1 | 0x5E | 0x9C | 0xDA, ..] => "zlib",
        [0xC3, 1, ..] => "Avro",
        [0xD9, 0xD9, 0xF7, ..] => "CBOR",
        _ if is_php(bytes) => "PHP's serialize",
        _ => old_pickle(bytes).unwrap_or_else(|| by_first_byte(bytes)),
    }
}

fn by_first_byte(bytes: &[u8]) -> &'static str {
    match bytes {
        [b'{' | b'[', ..] => "JSON",
        [0x80..=0x8F | 0xDE | 0xDF, ..] => "MessagePack",
        [0xA0..=0xBF, ..] => "CBOR",
        _ if std::str::from_utf8(bytes).is_ok() => "text",
        _ => "bytes of an unknown format",
    }
}

/// Returns the name of the built-in codec that may have written the bytes.
pub(crate) fn codec(bytes: &[u8]) -> Option<&'static str> {
    match looks_like(bytes) {
        "JSON" => Some("json"),
        "MessagePack" => Some("msgpack"),
        "CBOR" => Some("cbor"),
        "zlib" | "gzip" => Some("zlib"),
        pickle if pickle.contains("pickle") => Some("pickle"),
        _ => None,
    }
}

/// Adds the format that the bytes look like to a codec's error, if it is another one.
#[cfg_attr(not(any(feature = "serde", feature = "zstd", feature = "lz4")), allow(dead_code))]
pub(crate) fn explain(error: ValueError, bytes: &[u8], own: &str) -> ValueError {
    let what = looks_like(bytes);
    let is_known = match codec(bytes) {
        // One byte is enough to look like these, which proves little to a binary codec.
        Some("msgpack" | "cbor") => own == "json",
        Some(codec) => codec != own,
        None => !(bytes.is_empty() || what == "text" || what == "bytes of an unknown format"),
    };
    if !is_known {
        return error;
    }
    ValueError::computed(ErrorKind::Foreign, format!("{error}: it looks like {what}"))
}

/// Returns `true` for a scalar, array or object of PHP's `serialize`.
fn is_php(bytes: &[u8]) -> bool {
    let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    match bytes {
        b"N;" | b"b:0;" | b"b:1;" => true,
        [b'i', b':', number @ .., b';'] => digits(number.strip_prefix(b"-").unwrap_or(number)),
        [b'd', b':', number @ .., b';'] => {
            let text = std::str::from_utf8(number).unwrap_or("");
            matches!(text, "INF" | "-INF" | "NAN") || text.parse::<f64>().is_ok()
        }
        [b's', b':', b'0'..=b'9', .., b'"', b';'] => true,
        [b'a' | b'O' | b'C' | b'E', b':', b'0'..=b'9', ..] => true,
        _ => false,
    }
}

/// Recognizes a pickle of protocol 0 or 1, which has no header. Its instructions begin
/// with a value and fill the bytes.
fn old_pickle(bytes: &[u8]) -> Option<&'static str> {
    const PUSHES: &[u8] = b"ILFSVNPc(])}KMJGUTX";
    PUSHES.contains(bytes.first()?).then_some(())?;
    let (mut rest, mut marks, mut is_binary) = (bytes, 0_usize, false);
    while let Some((&opcode, arguments)) = rest.split_first() {
        let line = |from: usize| {
            let length = arguments.get(from..)?.iter().position(|byte| *byte == b'\n')?;
            Some(from + length + 1)
        };
        let counted = |width: usize| {
            let length = arguments.get(..width)?.iter().rev();
            let length = length.fold(0_usize, |sum, byte| (sum << 8) | usize::from(*byte));
            width.checked_add(length)
        };
        match opcode {
            b'(' => marks += 1,
            b't' | b'l' | b'd' | b'u' | b'e' | b'o' | b'i' | b'1' => {
                marks = marks.checked_sub(1)?
            }
            _ => {}
        }
        is_binary |= b")]}euoQKqhMJrjGUTX".contains(&opcode);
        let length = match opcode {
            b'.' => break,
            b'I' | b'L' | b'F' | b'S' | b'V' | b'p' | b'g' | b'P' => line(0)?,
            b'c' | b'i' => line(line(0)?)?,
            b'K' | b'q' | b'h' => 1,
            b'M' => 2,
            b'J' | b'r' | b'j' => 4,
            b'G' => 8,
            b'U' => counted(1)?,
            b'T' | b'X' => counted(4)?,
            _ if b"(012NRabdlst)]}euoQ".contains(&opcode) => 0,
            _ => return None,
        };
        rest = arguments.get(length..)?;
    }
    let protocol =
        if is_binary { "a Python pickle, protocol 1" } else { "a Python pickle, protocol 0" };
    (rest == b"." && marks == 0).then_some(protocol)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_other_programs_are_recognized() {
        let cases: [(&[u8], &str); 27] = [
            (b"s:5:\"hello\";", "PHP's serialize"),
            (b"i:5;", "PHP's serialize"),
            (b"i:-5;", "PHP's serialize"),
            (b"b:1;", "PHP's serialize"),
            (b"d:0.5;", "PHP's serialize"),
            (b"d:-INF;", "PHP's serialize"),
            (b"N;", "PHP's serialize"),
            (b"a:1:{i:0;s:1:\"a\";}", "PHP's serialize"),
            (b"O:4:\"User\":0:{}", "PHP's serialize"),
            // pickle.dumps(value, 0) of 7, True, None, 0.5, "a", b"a", {}, {"a": 7}, [1].
            (b"I7\n.", "a Python pickle, protocol 0"),
            (b"I01\n.", "a Python pickle, protocol 0"),
            (b"N.", "a Python pickle, protocol 0"),
            (b"F0.5\n.", "a Python pickle, protocol 0"),
            (b"Va\np0\n.", "a Python pickle, protocol 0"),
            (
                b"c_codecs\nencode\np0\n(Va\np1\nVlatin1\np2\ntp3\nRp4\n.",
                "a Python pickle, protocol 0",
            ),
            (b"(dp0\n.", "a Python pickle, protocol 0"),
            (b"(dp0\nVa\np1\nI7\ns.", "a Python pickle, protocol 0"),
            (b"(lp0\nI1\na.", "a Python pickle, protocol 0"),
            // pickle.dumps(value, 1) of 7, 0.5, "a", {"a": 7}, [1, 2], ().
            (b"K\x07.", "a Python pickle, protocol 1"),
            (b"G?\xe0\0\0\0\0\0\0.", "a Python pickle, protocol 1"),
            (b"X\x01\0\0\0aq\0.", "a Python pickle, protocol 1"),
            (b"}q\0X\x01\0\0\0aq\x01K\x07s.", "a Python pickle, protocol 1"),
            (b"]q\0(K\x01K\x02e.", "a Python pickle, protocol 1"),
            (b").", "a Python pickle, protocol 1"),
            (b"\x80\x04K\x07.", "a Python pickle, protocol 4"),
            (b"\xac\xed\0\x05t\0\x01a", "Java serialization"),
            (b"\x04\x08i\x06", "Ruby's Marshal"),
        ];
        for (bytes, what) in cases {
            assert_eq!(looks_like(bytes), what, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn text_stays_text() {
        let texts = [
            "(l",
            "Q.",
            "It works.",
            "No.",
            "(see below)",
            "a:b",
            "s: nothing",
            "i:x;",
            "d:;",
            "N",
            ".",
            "0.",
            "In two lines\nit works.",
            "N;;",
            "b:2;",
            "Kind regards.",
            "hello",
            "s:5",
            "O: my",
        ];
        for text in texts {
            assert_eq!(looks_like(text.as_bytes()), "text", "{text}");
        }
        assert_eq!(looks_like(b"[1, 2]"), "JSON");
    }
}
