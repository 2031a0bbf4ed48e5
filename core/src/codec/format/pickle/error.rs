//! The error of a pickle that does not fit the program's type, and its path.
//!
//! Messages are static text. Paths consist of positions and of the names of the program's
//! own fields. Serde's messages are dropped because they may quote the value.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Expected, Unexpected};

use crate::error::{ErrorKind, ValueError};

#[derive(Debug)]
pub(super) struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    /// The innermost step is the first.
    path: Vec<Step>,
}

/// One step from a value to a part of it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// A field of the program's struct.
    Field(&'static str),
    Index(usize),
    /// A key or value of a map.
    Entry,
}

impl Error {
    pub(super) fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self::of_kind(ErrorKind::Codec, message)
    }

    pub(super) fn limit(message: &'static str) -> Self {
        Self::of_kind(ErrorKind::Limit, message)
    }

    fn of_kind(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), path: Vec::new() }))
    }

    /// Adds the step from the outer value to the one of this error.
    pub(super) fn inside(mut self, step: Step) -> Self {
        self.0.path.push(step);
        self
    }

    pub(super) fn into_value_error(self) -> ValueError {
        let Inner { kind, message, path } = *self.0;
        let mut text = String::new();
        for step in path.iter().rev() {
            match step {
                Step::Field(name) if text.is_empty() => text.push_str(name),
                Step::Field(name) => text.extend([".", *name]),
                Step::Index(index) => text.push_str(&format!("[{index}]")),
                Step::Entry => text.push_str("{}"),
            }
        }
        let message = match (kind, text.is_empty()) {
            (_, true) => message.into_owned(),
            (_, false) => format!("{message} (at `{text}`)"),
        };
        ValueError::computed(kind, message)
    }
}

/// Returns the error for a value of another type than the program's.
pub(super) fn another_shape(found: &str) -> Error {
    Error::new(format!("a pickle of another shape than the type: found {found}"))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {}

impl serde::de::Error for Error {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::new("a pickle of another shape than the type: the type refused the value")
    }

    fn invalid_type(found: Unexpected<'_>, _: &dyn Expected) -> Self {
        another_shape(describe(found))
    }

    fn invalid_value(found: Unexpected<'_>, _: &dyn Expected) -> Self {
        let found = describe(found);
        Self::new(format!("a pickle of another shape than the type: the type refused {found}"))
    }

    fn invalid_length(length: usize, _: &dyn Expected) -> Self {
        Self::new(format!("a pickle of another shape than the type: found {length} items"))
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::new("a pickle of another shape than the type: found an unknown variant")
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self::new("a pickle of another shape than the type: found an unknown field")
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format!("a pickle of another shape than the type: `{field}` is missing"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(format!("a pickle of another shape than the type: `{field}` is there twice"))
    }
}

fn describe(found: Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "`True` or `False`",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer",
        Unexpected::Float(_) => "a float",
        Unexpected::Char(_) | Unexpected::Str(_) => "text",
        Unexpected::Bytes(_) => "bytes",
        Unexpected::Unit | Unexpected::Option => "`None`",
        Unexpected::Seq => "a sequence",
        Unexpected::Map => "a map or an instance",
        Unexpected::Enum
        | Unexpected::UnitVariant
        | Unexpected::NewtypeVariant
        | Unexpected::TupleVariant
        | Unexpected::StructVariant => "an enum",
        _ => "a value of another type",
    }
}
