//! The place and the reason of a failed read, in words of the program's types.
//!
//! A read does not know its path, so that a good one costs nothing: it is repeated with a
//! trace after it failed. The trace consists of positions and of names that stand in the
//! program's types. A key or text of the stored value is compared with these names and
//! never kept, and of a message of serde only the kind is used, because it may quote the
//! value.

use std::fmt::{self, Display, Write};

/// The containers around the current value, and the failure that ended the read.
#[derive(Debug, Default)]
pub(super) struct Trace {
    frames: Vec<Frame>,
    /// The names of the struct or enum that the type asked for, until it begins.
    names: Option<Names>,
    /// The number of items in the container that ended last.
    ended: usize,
    failure: Option<Failure>,
}

type Names = &'static [&'static str];

#[derive(Debug)]
struct Frame {
    /// The fields of a struct or the variants of an enum.
    names: Option<Names>,
    /// The number of items that were asked for.
    asked: usize,
    at: Step,
}

/// The current part of a container.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The whole of it.
    Whole,
    Name(&'static str),
    Index(usize),
    /// The value of a map's entry.
    Entry,
    /// The key of a map's entry.
    Key,
}

#[derive(Debug)]
pub(super) struct Failure {
    pub(super) path: String,
    pub(super) reason: String,
}

/// The value that the type asked the format for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted {
    /// Any value: the type looks at it and decides.
    Any,
    Number(&'static str),
    /// The name of a field or variant.
    Name,
    Simple(&'static str),
    Items(usize),
    Struct(Names),
    Enum(Names),
}

/// The steps of a path that are shown, counted from the value.
const MAX_STEPS: usize = 16;
/// The variants of an enum that are shown.
const MAX_VARIANTS: usize = 12;

impl Trace {
    /// Keeps the names of the struct or enum that the type asks for.
    #[cold]
    pub(super) fn expect(&mut self, names: Names) {
        self.names = Some(names);
    }

    /// Enters a container.
    #[cold]
    pub(super) fn enter(&mut self) {
        let names = self.names.take();
        self.frames.push(Frame { names, asked: 0, at: Step::Whole });
    }

    /// Leaves a container.
    #[cold]
    pub(super) fn leave(&mut self) {
        // The last item that was asked for is the end.
        self.ended = self.frames.pop().map_or(0, |frame| frame.asked.saturating_sub(1));
    }

    /// Goes on to the next item of a list. A failure before was ignored by the type.
    #[cold]
    pub(super) fn item(&mut self) {
        self.failure = None;
        if let Some(frame) = self.frames.last_mut() {
            let name = frame.names.and_then(|names| names.get(frame.asked));
            frame.at = name.map_or(Step::Index(frame.asked), |name| Step::Name(name));
            frame.asked += 1;
        }
    }

    /// Goes on to the next key of a map.
    #[cold]
    pub(super) fn key(&mut self) {
        self.failure = None;
        if let Some(frame) = self.frames.last_mut() {
            frame.at = Step::Key;
            frame.asked += 1;
        }
    }

    /// Goes on to the value of the key.
    #[cold]
    pub(super) fn value(&mut self) {
        self.failure = None;
        if let Some(frame) = self.frames.last_mut()
            && matches!(frame.at, Step::Key)
        {
            frame.at = Step::Entry;
        }
    }

    /// Compares a stored key, or the stored name of a variant, with the program's names.
    #[cold]
    pub(super) fn name(&mut self, stored: &str) {
        self.known_name(|names| names.iter().find(|name| **name == stored));
    }

    /// Looks up the name of a field or variant that is stored by its position.
    #[cold]
    pub(super) fn position(&mut self, stored: u64) {
        self.known_name(|names| names.get(usize::try_from(stored).ok()?));
    }

    fn known_name(&mut self, find: impl FnOnce(Names) -> Option<&'static &'static str>) {
        if let Some(frame) = self.frames.last_mut()
            && let Some(name) = frame.names.and_then(find)
        {
            frame.at = Step::Name(name);
        }
    }

    /// Keeps a failure. The first one is the innermost; the others pass it on.
    #[cold]
    pub(super) fn fail(&mut self, wanted: Wanted, error: &dyn Display) {
        self.names = None;
        let wanted = match (wanted, self.frames.last()) {
            (Wanted::Name, Some(Frame { names: Some(names), at: Step::Whole, .. })) => {
                Wanted::Enum(names)
            }
            _ => wanted,
        };
        if self.failure.is_none() {
            let reason = reason(wanted, error, self.ended);
            self.failure = Some(Failure { path: self.path(), reason });
        }
    }

    pub(super) fn into_failure(self) -> Option<Failure> {
        self.failure
    }

    fn path(&self) -> String {
        let hidden = self.frames.len().saturating_sub(MAX_STEPS);
        let mut path = if hidden == 0 { String::new() } else { "…".to_owned() };
        for frame in self.frames.iter().skip(hidden) {
            match frame.at {
                Step::Whole => {}
                Step::Name(name) if path.is_empty() => path.push_str(name),
                Step::Name(name) => path.extend([".", name]),
                Step::Index(index) => path.push_str(&format!("[{index}]")),
                Step::Entry | Step::Key => path.push_str("[…]"),
            }
        }
        if self.frames.last().is_some_and(|frame| matches!(frame.at, Step::Key)) {
            path.push_str(" (the key)");
        }
        path
    }
}

/// Returns why a value was refused.
fn reason(wanted: Wanted, error: &dyn Display, ended: usize) -> String {
    let text = error.to_string();
    // Formats without a `Display` of their own write the message as `Debug` does.
    let text = ["Custom(\"", "OtherString(\""]
        .iter()
        .find_map(|wrapper| text.strip_prefix(wrapper))
        .unwrap_or(&text);
    let after = |prefix| str::strip_prefix(text, prefix);
    // A field is only named if the struct has it.
    let field = |name: &str| {
        let Wanted::Struct(names) = wanted else { return "a field".to_owned() };
        let ends = |rest: &str| rest.starts_with('`');
        let known = names.iter().find(|known| name.strip_prefix(**known).is_some_and(ends));
        known.map_or_else(|| "a field".to_owned(), |known| format!("the field `{known}`"))
    };
    if let Some(name) = after("missing field `") {
        return format!("{} is missing", field(name));
    }
    if let Some(name) = after("duplicate field `") {
        return format!("{} is there twice", field(name));
    }
    if after("unknown field ").is_some() {
        return "found a field that the type does not have".to_owned();
    }
    if after("unknown variant ").is_some() {
        return format!("expected {wanted}, found another variant");
    }
    if after("invalid length ").is_some() {
        return format!("expected {wanted}, found {ended} items");
    }
    if text.starts_with("trailing characters") || text.starts_with("array had incorrect length") {
        return format!("expected {wanted}, found more");
    }
    if text.starts_with("Core(RequireLength") {
        return format!("expected {wanted}, found another number of them");
    }
    let (found, refused) = match (after("invalid type: "), after("invalid value: ")) {
        (Some(found), _) => (kind(found), ""),
        (_, Some(found)) => (kind(found), " that the type refuses"),
        _ => (cbor_kind(text).or_else(|| msgpack_kind(text)), ""),
    };
    match (found, wanted) {
        (Some("an integer"), Wanted::Number(of)) if !of.starts_with('f') => {
            format!("expected {wanted}, found one out of its range")
        }
        (Some(found), _) => format!("expected {wanted}, found {found}{refused}"),
        (None, Wanted::Any) => "the type refused the value".to_owned(),
        (None, _) => format!("expected {wanted} that the type accepts"),
    }
}

/// Returns the kind of a value by the first words of its description.
fn kind(description: &str) -> Option<&'static str> {
    const KINDS: [(&str, &str); 12] = [
        ("boolean", "true or false"),
        ("integer", "an integer"),
        ("floating point", "a float"),
        ("character", "text"),
        ("string", "text"),
        ("byte array", "bytes"),
        ("unit value", "null"),
        ("null", "null"),
        ("Option value", "null"),
        ("sequence", "a list"),
        ("map", "a map"),
        ("newtype struct", "a struct"),
    ];
    let variant = description.starts_with("enum") || description.contains(" variant,");
    let known = KINDS.iter().find(|(words, _)| description.starts_with(words));
    known.map(|(_, kind)| *kind).or(variant.then_some("an enum"))
}

/// Returns the kind of a value by its marker, which rmp-serde's message has.
fn msgpack_kind(text: &str) -> Option<&'static str> {
    const KINDS: [(&str, &str); 16] = [
        ("FixPos", "an integer"),
        ("FixNeg", "an integer"),
        ("U", "an integer"),
        ("I", "an integer"),
        ("F32", "a float"),
        ("F64", "a float"),
        ("FixStr", "text"),
        ("Str", "text"),
        ("Bin", "bytes"),
        ("FixArray", "a list"),
        ("Array", "a list"),
        ("FixMap", "a map"),
        ("Map", "a map"),
        ("Null", "null"),
        ("True", "true or false"),
        ("False", "true or false"),
    ];
    if text == "numeric cast found out of range" {
        return Some("an integer");
    }
    let marker = text.strip_prefix("wrong msgpack marker ")?;
    KINDS.iter().find(|(name, _)| marker.starts_with(name)).map(|(_, kind)| *kind)
}

/// Returns the kind of a value by its first byte, which cbor4ii's message has.
fn cbor_kind(text: &str) -> Option<&'static str> {
    let text = text.strip_prefix("Core(")?;
    if text.starts_with("CastOverflow") {
        return Some("an integer");
    }
    let byte = text.strip_prefix("Mismatch {")?.split_once("found: ")?.1;
    let byte: u8 = byte.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
    Some(match (byte >> 5, byte) {
        (0 | 1, _) => "an integer",
        (2, _) => "bytes",
        (3, _) => "text",
        (4, _) => "a list",
        (5, _) => "a map",
        (_, 0xf4 | 0xf5) => "true or false",
        (_, 0xf6 | 0xf7) => "null",
        (_, 0xf9..=0xfb) => "a float",
        _ => return None,
    })
}

impl Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("another value"),
            Self::Number("f32" | "f64") => f.write_str("a number"),
            Self::Number(of) => write!(f, "a number ({of})"),
            Self::Name => f.write_str("a name"),
            Self::Simple(words) => f.write_str(words),
            Self::Items(1) => f.write_str("a list of 1 item"),
            Self::Items(count) => write!(f, "a list of {count} items"),
            Self::Struct(_) => f.write_str("a map"),
            Self::Enum([]) => f.write_str("an enum without variants"),
            Self::Enum(variants) => {
                let only = if variants.len() == 1 { "" } else { "one of " };
                f.write_str(only)?;
                for (at, variant) in variants.iter().take(MAX_VARIANTS).enumerate() {
                    write!(f, "{}`{variant}`", if at == 0 { "" } else { ", " })?;
                }
                if variants.len() > MAX_VARIANTS { f.write_char('…') } else { Ok(()) }
            }
        }
    }
}
