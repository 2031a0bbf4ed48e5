//! The bytes of an envelope.

use super::Format;
use crate::codec::Codec;
use crate::error::{ErrorKind, ValueError};

/// No text, JSON, MessagePack, pickle or compressed data begins with this
/// byte, and CBOR never with these two.
const MAGIC: u8 = 0xC1;
const FULL: u8 = 0xFC;
const SHORT: u8 = 0xFD;

/// The length of the envelope that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Envelope {
    /// No envelope.
    None,
    /// Four bytes: codec and version.
    Short,
    /// Eight bytes: codec, version and type.
    Full,
}

/// An envelope, written or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    bytes: [u8; 8],
    len: u8,
}

impl Header {
    pub(crate) fn new(envelope: Envelope, format: Format, version: u8, tag: u32) -> Self {
        let [a, b, c, d] = tag.to_le_bytes();
        let (mark, len) = match envelope {
            Envelope::None => (0, 0),
            Envelope::Short => (SHORT, 4),
            Envelope::Full => (FULL, 8),
        };
        Self { bytes: [MAGIC, mark, format.byte(), version, a, b, c, d], len }
    }

    /// Splits a value into its envelope and the rest, or returns `None` if it has none.
    pub(crate) fn split(bytes: &[u8]) -> Result<Option<(Self, &[u8])>, ValueError> {
        let [MAGIC, mark, ..] = *bytes else { return Ok(None) };
        let len: u8 = match mark {
            FULL => 8,
            SHORT => 4,
            0xFE => {
                return Err(ValueError::of_kind(
                    ErrorKind::NewerVersion,
                    "written by a later release of redis-model, in an envelope that this release cannot read",
                ));
            }
            _ => return Ok(None),
        };
        let Some((header, value)) = bytes.split_at_checked(len.into()) else {
            return Err(ValueError::of_kind(ErrorKind::Foreign, "a truncated envelope"));
        };
        let mut bytes = [0; 8];
        bytes[..header.len()].copy_from_slice(header);
        Ok(Some((Self { bytes, len }, value)))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len.into()]
    }

    /// See [`Format::byte`].
    pub(crate) fn codec(&self) -> u8 {
        self.bytes[2]
    }

    /// Returns the version, which is 1 for a value of a model without versions.
    pub(crate) fn version(&self) -> u8 {
        self.bytes[3].max(1)
    }

    /// Returns the type tag, or `None` for a short envelope.
    pub(crate) fn tag(&self) -> Option<u32> {
        let [_, _, _, _, a, b, c, d] = self.bytes;
        (self.len == 8).then(|| u32::from_le_bytes([a, b, c, d]))
    }
}

/// Returns the type tag of a model's value: a hash of the model's name or, if the
/// codec stores no names of fields, half of that hash and the layout's fingerprint.
pub(crate) fn tag<T, C: Codec<T>>(name: &str) -> u32 {
    let name = fnv(name);
    match C::fingerprint() {
        0 => name,
        fingerprint => (name & 0xFFFF) | (u32::from(fingerprint) << 16),
    }
}

/// Checks that a tag is the model's.
///
/// # Errors
///
/// The kind is `LayoutChanged` if only the layout differs, and `WrongModel` otherwise.
pub(crate) fn check<T, C: Codec<T>>(stored: u32, name: &str) -> Result<(), ErrorKind> {
    let expected = tag::<T, C>(name);
    if stored == expected {
        Ok(())
    } else if C::fingerprint() != 0 && stored as u16 == expected as u16 {
        Err(ErrorKind::LayoutChanged)
    } else {
        Err(ErrorKind::WrongModel)
    }
}

/// FNV-1a of 32 bits, because it is four lines in any language.
const fn fnv(name: &str) -> u32 {
    let bytes = name.as_bytes();
    let (mut hash, mut at) = (0x811c_9dc5_u32, 0);
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    hash
}
