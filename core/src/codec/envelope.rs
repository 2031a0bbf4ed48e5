//! Blobs with an envelope: eight bytes that identify model, codec and version.
//!
//! Layout and reasons: `envelope.md`.

mod codec_list;
mod format;
mod header;
mod predecessors;

pub use self::codec_list::{CodecList, OpenedValue};
pub use self::format::Format;
pub use self::header::Envelope;
use self::header::Header;
pub use self::predecessors::Predecessors;
pub(crate) use self::predecessors::{newer_version, refused_migration, unlisted_version};
use super::{Codec, Location};
use crate::error::ValueError;

/// The container attributes `version`, `envelope` and `on_mismatch` of a blob model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobFormat {
    version: u8,
    envelope: Option<Envelope>,
    pub(crate) mismatch_is_none: bool,
}

impl BlobFormat {
    /// The format of a model without these attributes.
    pub const DEFAULT: Self = Self { version: 0, envelope: None, mismatch_is_none: false };

    /// Sets the version of the struct.
    pub const fn version(self, version: u8) -> Self {
        Self { version, ..self }
    }

    /// Sets the envelope that is written.
    pub const fn envelope(self, envelope: Envelope) -> Self {
        Self { envelope: Some(envelope), ..self }
    }

    /// Reads a value of another model, codec or version as `None`.
    pub const fn mismatch_is_none(self) -> Self {
        Self { mismatch_is_none: true, ..self }
    }

    /// Returns the version that is written, or 0 if the model has none.
    pub(crate) const fn current_version(self) -> u8 {
        self.version
    }

    /// Returns `true` if a save must refuse to replace a newer version. A model that
    /// reads such a value as `None` replaces it.
    pub(crate) const fn checks_version(self) -> bool {
        self.version > 0 && !self.mismatch_is_none
    }

    const fn written_envelope(self, format: Format) -> Envelope {
        match self.envelope {
            Some(envelope) => envelope,
            None if self.version > 0 || format.wants_envelope() => Envelope::Full,
            None => Envelope::None,
        }
    }

    pub(crate) fn header<T, C: Codec<T>>(self, name: &str) -> Header {
        let envelope = self.written_envelope(C::FORMAT);
        let tag = if envelope == Envelope::Full { header::tag::<T, C>(name) } else { 0 };
        Header::new(envelope, C::FORMAT, self.version, tag)
    }
}

/// Reads the value of a model that writes with the codec `C` and this format, reads
/// the codecs `R` and has the older versions `P`.
pub(crate) fn read<T, C, R, P>(
    bytes: &[u8],
    location: &Location<'_>,
    name: &'static str,
    format: BlobFormat,
) -> Result<T, ValueError>
where
    C: Codec<T>,
    R: CodecList<T>,
    P: Predecessors<T, R>,
{
    let written = format.written_envelope(C::FORMAT);
    let without_envelope = written == Envelope::None && !C::FORMAT.is_plain();
    let split = if without_envelope { None } else { Header::split(bytes)? };
    let current = format.version.max(1);
    let (version, header, payload) = match &split {
        Some((header, payload)) => (header.version(), Some(*header), *payload),
        None => (1, None, bytes),
    };
    if header.is_some() != (written != Envelope::None) || version != current {
        location.mark_for_rewrite();
    }
    let location = header.as_ref().map_or(*location, |it| location.with_header(it.as_bytes()));
    let value =
        OpenedValue { header, payload, location, name, writes: C::FORMAT, without_envelope };
    R::accept(&value)?;
    if version > current {
        return Err(newer_version(version, current));
    }
    match current - version {
        0 => R::read(&value),
        back => P::read(back, version, &value),
    }
}
