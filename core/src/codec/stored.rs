//! Reading what any codec, version or program has stored under a model's key.

use std::convert::Infallible;

use super::envelope::{self, Envelope, Header};
use super::{Codec, Format, Place, foreign};
use crate::error::{ErrorKind, ValueError};

/// How a blob model is stored, beside its codec; the container attributes
/// `version`, `envelope` and `on_mismatch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    version: u8,
    envelope: Option<Envelope>,
    pub(crate) is_miss: bool,
}

impl Layout {
    #[doc(hidden)]
    pub const DEFAULT: Self = Self { version: 0, envelope: None, is_miss: false };

    #[doc(hidden)]
    pub const fn version(self, version: u8) -> Self {
        Self { version, ..self }
    }

    #[doc(hidden)]
    pub const fn envelope(self, envelope: Envelope) -> Self {
        Self { envelope: Some(envelope), ..self }
    }

    #[doc(hidden)]
    pub const fn miss(self) -> Self {
        Self { is_miss: true, ..self }
    }

    /// Returns the version that is written; 0 if the model has none.
    pub(crate) const fn current_version(self) -> u8 {
        self.version
    }

    /// Returns `true` if a save must look for a newer version before it writes.
    /// What a read takes for absent, a save writes over.
    pub(crate) const fn checks_version(self) -> bool {
        self.version > 0 && !self.is_miss
    }

    /// The envelope that is written.
    pub(crate) const fn written(self, format: Format) -> Envelope {
        match self.envelope {
            Some(envelope) => envelope,
            None if self.version > 0 || format.wants_envelope() => Envelope::Full,
            None => Envelope::None,
        }
    }

    pub(crate) fn header<T, C: Codec<T>>(self, name: &str) -> Header {
        let envelope = self.written(C::FORMAT);
        let tag = if envelope == Envelope::Full { envelope::tag::<T, C>(name) } else { 0 };
        Header::new(envelope, C::FORMAT, self.version, tag)
    }
}

/// A stored value, opened: what its envelope says and what is in it.
#[derive(Debug)]
pub struct Source<'a> {
    header: Option<Header>,
    payload: &'a [u8],
    place: Place<'a>,
    name: &'static str,
    /// What is written now.
    writes: Format,
    /// Values of that format have no envelope, though it does not describe itself.
    is_bare: bool,
}

/// Reads a value of a model whose current codec and layout are these.
pub(crate) fn read<T, C, R, P>(
    bytes: &[u8],
    place: &Place<'_>,
    name: &'static str,
    layout: Layout,
) -> Result<T, ValueError>
where
    C: Codec<T>,
    R: Readers<T>,
    P: Past<T, R>,
{
    let written = layout.written(C::FORMAT);
    let is_bare = written == Envelope::None && !C::FORMAT.is_plain();
    let opened = if is_bare { None } else { Header::split(bytes)? };
    let current = layout.version.max(1);
    let (version, header, payload) = match &opened {
        Some((header, payload)) => (header.version(), Some(*header), *payload),
        None => (1, None, bytes),
    };
    if opened.is_some() != (written != Envelope::None) || version != current {
        place.needs_rewrite();
    }
    let place = opened.as_ref().map_or(*place, |(header, _)| place.with_header(header.as_bytes()));
    let source = Source { header, payload, place, name, writes: C::FORMAT, is_bare };
    R::accept(&source)?;
    if version > current {
        return Err(newer(version, current));
    }
    match current - version {
        0 => R::read(&source),
        back => P::read(back, version, &source),
    }
}

/// The codecs that a model reads, as a list of pairs: `(New, (Old, ()))`.
#[doc(hidden)]
pub trait Readers<T> {
    /// Whether one of them is the value's, and the value the model's.
    fn accept(source: &Source<'_>) -> Result<(), ValueError>;

    fn read(source: &Source<'_>) -> Result<T, ValueError>;

    /// Whether one has this name.
    fn is_named(name: &str) -> bool;
}

impl<T> Readers<T> for () {
    fn accept(source: &Source<'_>) -> Result<(), ValueError> {
        Err(source.unreadable())
    }

    fn read(source: &Source<'_>) -> Result<T, ValueError> {
        Err(source.unreadable())
    }

    fn is_named(_: &str) -> bool {
        false
    }
}

impl<T, C: Codec<T>, Rest: Readers<T>> Readers<T> for (C, Rest) {
    fn accept(source: &Source<'_>) -> Result<(), ValueError> {
        if !source.may_be(C::FORMAT) {
            return Rest::accept(source);
        }
        match source.header.and_then(|header| header.tag()) {
            Some(tag) => source.check::<T, C>(tag).or_else(|error| match error.kind {
                // Which layout it should have depends on the version.
                ErrorKind::LayoutChanged => Ok(()),
                _ => Err(error),
            }),
            None => Ok(()),
        }
    }

    fn read(source: &Source<'_>) -> Result<T, ValueError> {
        if !source.may_be(C::FORMAT) {
            return Rest::read(source);
        }
        if let Some(tag) = source.header.and_then(|header| header.tag()) {
            source.check::<T, C>(tag)?;
        }
        if C::FORMAT != source.writes {
            source.place.needs_rewrite();
        }
        let error = match C::decode(source.payload, &source.place) {
            Ok(value) => return Ok(value),
            Err(error) => error.of_codec(C::NAME),
        };
        if source.header.is_some() || source.is_bare {
            return Err(error);
        }
        // Without an envelope it may be of another codec, or nobody's here.
        match Rest::read(source) {
            Ok(value) => Ok(value),
            // Such as a limit: it says more than which format the bytes are not of.
            Err(_) if !is_of_format(&error) => Err(error),
            Err(other) if !is_of_format(&other) => Err(other),
            Err(other) => Err(match foreign::codec(source.payload) {
                Some(codec) if codec == C::NAME => error,
                Some(codec) if Rest::is_named(codec) => other,
                Some(_) => source.foreign(),
                None if foreign::looks_like(source.payload) == "text" => error,
                None => source.foreign(),
            }),
        }
    }

    fn is_named(name: &str) -> bool {
        C::NAME == name || Rest::is_named(name)
    }
}

/// Returns `true` if the error says no more than that the format is another one.
fn is_of_format(error: &ValueError) -> bool {
    matches!(error.kind, ErrorKind::Codec | ErrorKind::Foreign)
}

impl Source<'_> {
    fn may_be(&self, format: Format) -> bool {
        match self.header {
            Some(header) => header.codec() == format.byte(),
            None => format.is_plain() || (self.is_bare && format == self.writes),
        }
    }

    fn check<T, C: Codec<T>>(&self, tag: u32) -> Result<(), ValueError> {
        envelope::check::<T, C>(tag, self.name).map_err(|kind| {
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

    /// No codec of the model is the value's.
    fn unreadable(&self) -> ValueError {
        let Some(header) = self.header else { return self.foreign() };
        let (stored, written) =
            (Format::describe(header.codec()), Format::describe(self.writes.byte()));
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

/// The old versions of a model, newest first, as a list of pairs:
/// `(V2, (V1, ()))`. Each becomes the next through `TryFrom`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be migrated to `{M}`",
    label = "cannot be migrated",
    note = "implement `From` or `TryFrom<…, Error = redis_model::ValueError>` from each version to the next, and `serde::Serialize` and `serde::Deserialize` for the old ones"
)]
#[doc(hidden)]
pub trait Past<M, R> {
    /// Reads a value of so many versions back.
    fn read(back: u8, version: u8, source: &Source<'_>) -> Result<M, ValueError>;
}

impl<M, R> Past<M, R> for () {
    fn read(_: u8, version: u8, _: &Source<'_>) -> Result<M, ValueError> {
        Err(unlisted(version))
    }
}

impl<M, R, P, Older> Past<M, R> for (P, Older)
where
    R: Readers<P>,
    P: TryInto<M>,
    ValueError: From<P::Error>,
    Older: Past<P, R>,
{
    fn read(back: u8, version: u8, source: &Source<'_>) -> Result<M, ValueError> {
        let past = match back {
            1 => R::read(source)?,
            _ => Older::read(back - 1, version, source)?,
        };
        past.try_into().map_err(|error| refused(version, error))
    }
}

/// Of a version that this program cannot know.
pub(crate) fn newer(version: u8, current: u8) -> ValueError {
    let why =
        format!("stored by version {version} of the model; this program knows up to {current}");
    ValueError::computed(ErrorKind::NewerVersion, why)
}

/// Of a version that this program does not know any more.
pub(crate) fn unlisted(version: u8) -> ValueError {
    let why = format!("stored by version {version} of the model, which `migrate(…)` does not list");
    ValueError::computed(ErrorKind::NoMigration, why)
}

pub(crate) fn refused(version: u8, error: impl Into<ValueError>) -> ValueError {
    let why = format!("the migration from version {version} refused it: {}", error.into());
    ValueError::computed(ErrorKind::NoMigration, why)
}

/// Migrations that cannot fail.
impl From<Infallible> for ValueError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
