//! The codecs that a model reads.

use super::Format;
use super::header::{self, Header};
use crate::codec::{Codec, Location, foreign};
use crate::error::{ErrorKind, ValueError};

/// A stored value, split into its envelope and its payload.
#[derive(Debug)]
pub struct OpenedValue<'a> {
    pub(super) header: Option<Header>,
    pub(super) payload: &'a [u8],
    pub(super) location: Location<'a>,
    /// The name of the model.
    pub(super) name: &'static str,
    /// The format that the model writes now.
    pub(super) writes: Format,
    /// The model writes no envelope, though its format needs one to be recognized.
    pub(super) without_envelope: bool,
}

/// The codecs that a model reads, as nested pairs: `(New, (Old, ()))`.
pub trait CodecList<T> {
    /// Checks that the list has the value's codec and that the value is the model's.
    ///
    /// # Errors
    ///
    /// If the value is of another codec, model or program.
    fn accept(value: &OpenedValue<'_>) -> Result<(), ValueError>;

    /// Decodes the value with its codec.
    ///
    /// # Errors
    ///
    /// If the value is of another codec, model or layout, or cannot be decoded.
    fn read(value: &OpenedValue<'_>) -> Result<T, ValueError>;

    /// Returns `true` if the list has a codec with this name.
    fn has_name(name: &str) -> bool;
}

impl<T> CodecList<T> for () {
    fn accept(value: &OpenedValue<'_>) -> Result<(), ValueError> {
        Err(value.unreadable())
    }

    fn read(value: &OpenedValue<'_>) -> Result<T, ValueError> {
        Err(value.unreadable())
    }

    fn has_name(_: &str) -> bool {
        false
    }
}

impl<T, C: Codec<T>, Rest: CodecList<T>> CodecList<T> for (C, Rest) {
    fn accept(value: &OpenedValue<'_>) -> Result<(), ValueError> {
        if !value.may_be(C::FORMAT) {
            return Rest::accept(value);
        }
        match value.header.and_then(|header| header.tag()) {
            Some(tag) => value.check::<T, C>(tag).or_else(|error| match error.kind {
                // `read` checks the layout, which depends on the version.
                ErrorKind::LayoutChanged => Ok(()),
                _ => Err(error),
            }),
            None => Ok(()),
        }
    }

    fn read(value: &OpenedValue<'_>) -> Result<T, ValueError> {
        if !value.may_be(C::FORMAT) {
            return Rest::read(value);
        }
        if let Some(tag) = value.header.and_then(|header| header.tag()) {
            value.check::<T, C>(tag)?;
        }
        if C::FORMAT != value.writes {
            value.location.mark_for_rewrite();
        }
        let error = match C::decode(value.payload, &value.location) {
            Ok(decoded) => return Ok(decoded),
            Err(error) => error.of_codec(C::NAME),
        };
        if value.header.is_some() || value.without_envelope {
            return Err(error);
        }
        // Without an envelope, the value may be of another codec or another program.
        match Rest::read(value) {
            Ok(decoded) => Ok(decoded),
            // Other errors, such as a limit, say more than that the format is wrong.
            Err(_) if !is_of_format(&error) => Err(error),
            Err(other) if !is_of_format(&other) => Err(other),
            Err(other) => Err(match foreign::codec(value.payload) {
                Some(codec) if codec == C::NAME => error,
                Some(codec) if Rest::has_name(codec) => other,
                Some(_) => value.foreign(),
                None if foreign::looks_like(value.payload) == "text" => error,
                None => value.foreign(),
            }),
        }
    }

    fn has_name(name: &str) -> bool {
        C::NAME == name || Rest::has_name(name)
    }
}

/// Returns `true` if the error only says that the bytes are of another format.
fn is_of_format(error: &ValueError) -> bool {
    matches!(error.kind, ErrorKind::Codec | ErrorKind::Foreign)
}

impl OpenedValue<'_> {
    fn may_be(&self, format: Format) -> bool {
        match self.header {
            Some(header) => header.codec() == format.byte(),
            None => format.is_plain() || (self.without_envelope && format == self.writes),
        }
    }

    fn check<T, C: Codec<T>>(&self, tag: u32) -> Result<(), ValueError> {
        header::check::<T, C>(tag, self.name).map_err(|kind| {
            ValueError::of_kind(
                kind,
                match kind {
                    ErrorKind::LayoutChanged => {
                        "stored with another layout: the struct has changed, but not its version; \
                     raise `version` and list the old struct in `migrate(…)`"
                    }
                    _ => "stored as another model: the type in its envelope is not this one",
                },
            )
            .of_codec(C::NAME)
        })
    }

    /// Returns the error for a value of which the model lists no codec.
    fn unreadable(&self) -> ValueError {
        let Some(header) = self.header else { return self.foreign() };
        let (stored, written) =
            (Format::codec_name(header.codec()), Format::codec_name(self.writes.byte()));
        let why = format!(
            "stored as {stored}; the model writes {written} and lists no codec for the other in `codecs`"
        );
        ValueError::computed(ErrorKind::WrongCodec, why)
    }

    fn foreign(&self) -> ValueError {
        let what = foreign::looks_like(self.payload);
        let why = format!("not stored by this model: it looks like {what}");
        ValueError::computed(ErrorKind::Foreign, why)
    }
}
