//! What an envelope says about a codec.

/// A codec's number in the envelope, and whether its format describes itself.
///
/// ```
/// use redis_model::Format;
///
/// // Numbers 16 to 29 are for codecs of your own.
/// const PROTOBUF: Format = Format::positional(16);
/// assert!(!PROTOBUF.describes_itself());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    byte: u8,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Names its fields, and begins unlike an envelope.
    SelfDescribing,
    /// Values in order: whoever reads must know the type.
    Positional,
    /// Of a user's codec, which did not tell.
    Unknown,
}

const COMPRESSED: u8 = 1 << 5;
const SIGNED: u8 = 1 << 6;
const SEALED: u8 = 2 << 6;

impl Format {
    pub(crate) const UNKNOWN: Self = Self { byte: 30, kind: Kind::Unknown };
    #[cfg(feature = "json")]
    pub(crate) const JSON: Self = Self { byte: 1, kind: Kind::SelfDescribing };
    #[cfg(feature = "msgpack")]
    pub(crate) const MSGPACK: Self = Self { byte: 2, kind: Kind::SelfDescribing };
    #[cfg(feature = "cbor")]
    pub(crate) const CBOR: Self = Self { byte: 3, kind: Kind::SelfDescribing };
    #[cfg(feature = "postcard")]
    pub(crate) const POSTCARD: Self = Self { byte: 4, kind: Kind::Positional };
    #[cfg(feature = "bincode")]
    pub(crate) const BINCODE: Self = Self { byte: 5, kind: Kind::Positional };
    #[cfg(feature = "bincode")]
    pub(crate) const BINCODE_LEGACY: Self = Self { byte: 6, kind: Kind::Positional };
    #[cfg(feature = "pickle")]
    pub(crate) const PICKLE: Self = Self { byte: 7, kind: Kind::SelfDescribing };

    /// Of a format that names its fields, with a number of 16 to 29. Its bytes
    /// must not begin with `C1`, by which an envelope is known.
    pub const fn self_describing(id: u8) -> Self {
        assert!(id >= 16 && id < 30, "the numbers 16 to 29 are for codecs of your own");
        Self { byte: id, kind: Kind::SelfDescribing }
    }

    /// Of a format without names, with a number of 16 to 29. Its values get an
    /// envelope, which tells whether the struct has changed.
    pub const fn positional(id: u8) -> Self {
        assert!(id >= 16 && id < 30, "the numbers 16 to 29 are for codecs of your own");
        Self { byte: id, kind: Kind::Positional }
    }

    /// Whether values name their fields, so that fields can come and go.
    pub const fn describes_itself(self) -> bool {
        !matches!(self.kind, Kind::Positional)
    }

    /// The same, compressed.
    #[cfg(any(feature = "zstd", feature = "lz4"))]
    pub(crate) const fn compressed(self) -> Self {
        Self { byte: self.byte | COMPRESSED, ..self }
    }

    #[cfg(feature = "seal")]
    pub(crate) const fn signed(self) -> Self {
        Self { byte: self.byte | SIGNED, ..self }
    }

    #[cfg(feature = "seal")]
    pub(crate) const fn sealed(self) -> Self {
        Self { byte: self.byte | SEALED, ..self }
    }

    /// Whether a value is known without an envelope: it describes itself, and
    /// neither compression nor a seal hides that.
    pub(crate) const fn is_plain(self) -> bool {
        matches!(self.kind, Kind::SelfDescribing) && self.byte & (COMPRESSED | SIGNED | SEALED) == 0
    }

    /// Whether values get an envelope if nobody says.
    pub(crate) const fn wants_envelope(self) -> bool {
        match self.kind {
            Kind::SelfDescribing => !self.is_plain(),
            Kind::Positional => true,
            Kind::Unknown => self.byte != Self::UNKNOWN.byte,
        }
    }

    /// The third byte of an envelope.
    pub(crate) const fn byte(self) -> u8 {
        self.byte
    }

    /// What such a byte means, in words.
    pub(crate) fn describe(byte: u8) -> String {
        let name = match byte & 0b1_1111 {
            1 => "json",
            2 => "msgpack",
            3 => "cbor",
            4 => "postcard",
            5 => "bincode",
            6 => "bincode-legacy",
            7 => "pickle",
            30 => "a codec without a number",
            id => return Self::decorate(byte, format!("codec number {id}")),
        };
        Self::decorate(byte, name.to_owned())
    }

    fn decorate(byte: u8, mut name: String) -> String {
        if byte & COMPRESSED != 0 {
            name.insert_str(0, "compressed ");
        }
        match byte & (SIGNED | SEALED) {
            0 => {}
            SIGNED => name.insert_str(0, "signed "),
            SEALED => name.insert_str(0, "sealed "),
            _ => name.insert_str(0, "doubly secured "),
        }
        name
    }
}
