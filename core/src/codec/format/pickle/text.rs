//! The texts and numbers of a pickle.

use std::borrow::Cow;

use super::node::Node;

/// Returns a value's text, or `None` if it has none. Python 2's `str` is text if it is
/// UTF-8.
pub(super) fn text<'a>(node: &Node<'a>) -> Option<Cow<'a, str>> {
    match node {
        Node::Text(raw) | Node::Old(raw) => str::from_utf8(raw).ok().map(Cow::Borrowed),
        Node::Escaped(raw) => unescape_unicode(raw),
        Node::Quoted(raw) => match unquote(raw)? {
            Cow::Borrowed(bytes) => str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
        },
        _ => None,
    }
}

/// Returns the bytes of `bytes` and of Python 2's `str`.
pub(super) fn bytes<'a>(node: &Node<'a>) -> Option<Cow<'a, [u8]>> {
    match node {
        Node::Bytes(raw) | Node::Old(raw) => Some(Cow::Borrowed(raw)),
        Node::Quoted(raw) => unquote(raw),
        _ => None,
    }
}

/// Decodes Latin-1 with escapes of UTF-16 (`\ud83e\udd8a`) and UTF-32 (`\U0001f98a`).
fn unescape_unicode(raw: &[u8]) -> Option<Cow<'_, str>> {
    if raw.is_ascii() && !raw.contains(&b'\\') {
        return str::from_utf8(raw).ok().map(Cow::Borrowed);
    }
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        let (unit, width) = match (first, after.first()) {
            (b'\\', Some(b'u')) => (hexadecimal(after.get(1..5)?)?, 5),
            (b'\\', Some(b'U')) => (hexadecimal(after.get(1..9)?)?, 9),
            // A backslash also keeps the next one from opening an escape.
            (b'\\', Some(&other)) => {
                text.push('\\');
                (other.into(), 1)
            }
            _ => (first.into(), 0),
        };
        rest = &rest[width..];
        let code = match (unit, rest) {
            (0xd800..0xdc00, [b'\\', b'u', ..]) if width == 5 => {
                let low =
                    hexadecimal(rest.get(2..6)?)?.checked_sub(0xdc00).filter(|it| *it < 0x400)?;
                rest = &rest[6..];
                0x10000 + ((unit - 0xd800) << 10) + low
            }
            _ => unit,
        };
        text.push(char::from_u32(code)?);
    }
    Some(Cow::Owned(text))
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    digits.iter().try_fold(0_u32, |sum, byte| Some((sum << 4) | digit(byte)?))
}

/// Decodes what Python 2's `repr` writes between the quotes of a `str`.
fn unquote(raw: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !raw.contains(&b'\\') {
        return Some(Cow::Borrowed(raw));
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match *rest.next()? {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                quoted @ (b'\\' | b'\'' | b'"') => quoted,
                b'x' => hexadecimal(&[*rest.next()?, *rest.next()?])? as u8,
                _ => return None,
            },
            byte => byte,
        });
    }
    Some(Cow::Owned(bytes))
}

/// An integer of a pickle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Integer {
    Signed(i128),
    /// More than the largest `i128`.
    Large(u128),
}

/// Returns a value's integer, or `None` if it has more than 128 bits or is none.
pub(super) fn integer(node: &Node<'_>) -> Option<Integer> {
    match node {
        Node::Int(value) => Some(Integer::Signed((*value).into())),
        Node::Long(raw) => from_bytes(raw),
        Node::Digits(digits) => from_digits(digits),
        _ => None,
    }
}

fn from_bytes(mut raw: &[u8]) -> Option<Integer> {
    let is_negative = raw.last().is_some_and(|byte| *byte >= 0x80);
    if let ([inner @ .., 0], false) = (raw, is_negative)
        && inner.len() == 16
    {
        raw = inner;
    }
    let mut bytes = [if is_negative { 0xff } else { 0 }; 16];
    bytes.get_mut(..raw.len())?.copy_from_slice(raw);
    if is_negative {
        return Some(Integer::Signed(i128::from_le_bytes(bytes)));
    }
    let value = u128::from_le_bytes(bytes);
    Some(i128::try_from(value).map_or(Integer::Large(value), Integer::Signed))
}

fn from_digits(digits: &[u8]) -> Option<Integer> {
    // The longest `i128` has 40 characters. Parsing takes quadratic time.
    if digits.len() > 40 || digits.starts_with(b"+") {
        return None;
    }
    let digits = str::from_utf8(digits).ok()?;
    let signed = digits.parse().map(Integer::Signed);
    signed.or_else(|_| digits.parse().map(Integer::Large)).ok()
}

impl Integer {
    /// Returns the integer if it is an `i64`.
    pub(super) fn small(self) -> Option<i64> {
        match self {
            Self::Signed(value) => value.try_into().ok(),
            Self::Large(_) => None,
        }
    }
}
