//! The error of a pickle that does not fit the program's type.

use std::borrow::Cow;
use std::fmt::{self, Write};

use crate::error::{ErrorKind, ValueError};

#[derive(Debug)]
pub(super) struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    /// Serde's message, which may quote the value. Only its kind is used: see the
    /// [trace](crate::codec::serde::trace).
    serde: String,
}

/// The message for a value of another type than the program's.
pub(super) const SHAPE: &str = "a pickle of another shape than the type";

impl Error {
    pub(super) fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self::of_kind(ErrorKind::Codec, message)
    }

    pub(super) fn limit(message: &'static str) -> Self {
        Self::of_kind(ErrorKind::Limit, message)
    }

    fn of_kind(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), serde: String::new() }))
    }

    pub(super) fn into_value_error(self) -> ValueError {
        ValueError::computed(self.0.kind, self.0.message.into_owned())
    }
}

/// Writes serde's message, as the errors of other formats do.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.serde)
    }
}

impl std::error::Error for Error {}

impl serde::de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        let mut error = Self::new(SHAPE);
        // An error, because the message is longer than its beginning.
        let _ = write!(Beginning(&mut error.0.serde), "{message}");
        error
    }
}

/// Takes the beginning of a message. Parts of a pickle may be shared, so that it can make
/// more messages about a long text than it has bytes.
struct Beginning<'a>(&'a mut String);

impl Write for Beginning<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        const MAX: usize = 200;
        let room = MAX.saturating_sub(self.0.len());
        let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
        let fits = ends.take_while(|end| *end <= room).last().unwrap_or(0);
        self.0.push_str(&text[..fits]);
        if fits < text.len() { Err(fmt::Error) } else { Ok(()) }
    }
}
