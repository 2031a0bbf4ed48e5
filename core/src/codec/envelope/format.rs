//! The number of a codec in the envelope.

/// A codec's number in the envelope, and whether its values name their fields.
///
/// ```
/// use redis_model::codec::Format;
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
    /// The same, compressed in a format that other programs recognize.
    #[cfg(feature = "zlib")]
    SelfDescribingStream,
    /// Stores values in order, without names.
    Positional,
    /// A user's codec without a number.
    Unknown,
}

const COMPRESSED: u8 = 1 << 5;
const SIGNED: u8 = 1 << 6;
const SEALED: u8 = 2 << 6;

impl Format {
    pub(crate) const UNKNOWN: Self = Self { byte: 30, kind: Kind::Unknown };

    /// Returns a format with names for a codec with this number, 16 to 29. Its bytes
    /// must not begin with `C1`, which marks an envelope.
    ///
    /// # Panics
    ///
    /// If the number is none of 16 to 29; in a `const`, that is a compile error.
    pub const fn self_describing(id: u8) -> Self {
        assert!(id >= 16 && id < 30, "the numbers 16 to 29 are for codecs of your own");
        Self::built_in(id, true)
    }

    /// Returns a format without names for a codec with this number, 16 to 29. Its
    /// values get an envelope, by which a changed struct is detected.
    ///
    /// # Panics
    ///
    /// If the number is none of 16 to 29; in a `const`, that is a compile error.
    pub const fn positional(id: u8) -> Self {
        assert!(id >= 16 && id < 30, "the numbers 16 to 29 are for codecs of your own");
        Self::built_in(id, false)
    }

    pub(crate) const fn built_in(id: u8, has_names: bool) -> Self {
        let kind = if has_names { Kind::SelfDescribing } else { Kind::Positional };
        Self { byte: id, kind }
    }

    /// Returns `true` if values name their fields, so that fields can come and go.
    pub const fn describes_itself(self) -> bool {
        !matches!(self.kind, Kind::Positional)
    }

    #[cfg(any(feature = "zstd", feature = "lz4"))]
    pub(crate) const fn compressed(self) -> Self {
        Self { byte: self.byte | COMPRESSED, ..self }
    }

    /// Returns the format of a compressed value that is recognized without an envelope.
    #[cfg(feature = "zlib")]
    pub(crate) const fn compressed_stream(self) -> Self {
        let kind = if self.is_plain() { Kind::SelfDescribingStream } else { self.kind };
        Self { byte: self.byte | COMPRESSED, kind }
    }

    #[cfg(feature = "seal")]
    pub(crate) const fn signed(self) -> Self {
        Self { byte: self.byte | SIGNED, ..self }
    }

    #[cfg(feature = "seal")]
    pub(crate) const fn sealed(self) -> Self {
        Self { byte: self.byte | SEALED, ..self }
    }

    /// Returns `true` if a value is recognized without an envelope: it names its
    /// fields and is neither signed, sealed nor compressed in a format of this library's.
    pub(crate) const fn is_plain(self) -> bool {
        #[cfg(feature = "zlib")]
        if matches!(self.kind, Kind::SelfDescribingStream) {
            return self.byte & (SIGNED | SEALED) == 0;
        }
        matches!(self.kind, Kind::SelfDescribing) && self.byte & (COMPRESSED | SIGNED | SEALED) == 0
    }

    /// Returns `true` if values get an envelope by default.
    pub(crate) const fn wants_envelope(self) -> bool {
        match self.kind {
            Kind::SelfDescribing => !self.is_plain(),
            #[cfg(feature = "zlib")]
            Kind::SelfDescribingStream => !self.is_plain(),
            Kind::Positional => true,
            Kind::Unknown => self.byte != Self::UNKNOWN.byte,
        }
    }

    /// Returns the third byte of an envelope.
    pub(crate) const fn byte(self) -> u8 {
        self.byte
    }

    /// Returns the codec and its wrappers in words, for the third byte of an envelope.
    pub(crate) fn codec_name(byte: u8) -> String {
        let security = match byte & (SIGNED | SEALED) {
            0 => "",
            SIGNED => "signed ",
            SEALED => "sealed ",
            _ => "doubly secured ",
        };
        let compression = if byte & COMPRESSED == 0 { "" } else { "compressed " };
        let name = match byte & 0b1_1111 {
            1 => "json",
            2 => "msgpack",
            3 => "cbor",
            4 => "postcard",
            5 => "bincode",
            6 => "bincode-legacy",
            7 => "pickle",
            30 => "a codec without a number",
            id => return format!("{security}{compression}codec number {id}"),
        };
        format!("{security}{compression}{name}")
    }
}
