//! The values of Python's standard library, and of a few others: each by its exact name
//! and the exact shape of its arguments. Anything else is refused.

mod numbers;
mod time;

use std::borrow::Cow;
use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

pub(super) use self::numbers::{Number, Numbers};
pub(super) use self::time::span_text;
use super::error::Error;
use super::globals::Known;
use super::node::{Id, Kind, Node, Object};
use super::text::{self, Integer};
use super::view::{Meaning, Source, View, Want};

/// The error of a value with arguments that Python does not write.
pub(super) fn another_form() -> Error {
    Error::new("a value of Python's library in another form than Python writes")
}

/// Returns the meaning of a call, or `None` if the function is none of the library's
/// values.
pub(super) fn value<'t>(
    source: Source<'t>,
    known: Known,
    object: &'t Object,
    arguments: &'t [Id],
    want: Want,
) -> Result<Option<Meaning<'t>>, Error> {
    let meaning = match known {
        Known::OrderedDict
        | Known::DefaultDict
        | Known::Counter
        | Known::Deque
        | Known::Namespace
        | Known::DjangoModel => {
            return container(source, known, object, arguments, want).map(Some);
        }
        Known::NumpyReconstruct => numbers::numpy_array(source, object, arguments)?
            .map(|numbers| Meaning::View(View::Numbers(numbers))),
        _ if !object.is_alone() => None,
        Known::Set => match arguments {
            [] => Some(Meaning::View(View::Sequence(&[], &[]))),
            [items] => source.tree.parts(*items, Kind::List).map(|_| Meaning::Same(*items)),
            _ => None,
        },
        Known::Encode => encoded_once(source, arguments)?.map(|it| Meaning::View(View::Bytes(it))),
        Known::Bytes | Known::ByteArray => match arguments {
            [] => Some(Meaning::View(View::Bytes(Cow::Borrowed(&[])))),
            [bytes] if source.is_bytes(*bytes) => Some(Meaning::Same(*bytes)),
            [_, _] => encoded_once(source, arguments)?.map(|it| Meaning::View(View::Bytes(it))),
            _ => None,
        },
        Known::Complex => match arguments {
            [re, im]
                if [re, im].iter().all(|it| matches!(source.tree.node(**it), Node::Float(_))) =>
            {
                Some(Meaning::View(View::Sequence(arguments, &[])))
            }
            _ => None,
        },
        Known::DateTime
        | Known::Date
        | Known::Time
        | Known::TimeDelta
        | Known::TimeZone
        | Known::ZoneInfo
        | Known::PytzUtc
        | Known::PytzZone => {
            return time::value(source, known, arguments)
                .map(|view| Some(Meaning::View(view)))
                .ok_or_else(another_form);
        }
        Known::Ipv4Address | Known::Ipv6Address => address(source, known, arguments),
        Known::Decimal | Known::Network => match arguments {
            [text] if source.is_text_node(*text) => Some(Meaning::Same(*text)),
            _ => None,
        },
        Known::Fraction => fraction(source, arguments),
        Known::Path => path(source, arguments)?,
        Known::WindowsPath => windows_path(source, arguments)?,
        Known::Array => match arguments {
            [code, items] if source.short_text(*code, 1).is_some_and(|it| it != "u") => {
                source.tree.parts(*items, Kind::List).map(|_| Meaning::Same(*items))
            }
            _ => None,
        },
        Known::ArrayReconstructor => {
            numbers::array(source, arguments).map(|numbers| Meaning::View(View::Numbers(numbers)))
        }
        Known::NumpyFromBuffer => numbers::numpy_buffer(source, arguments)?
            .map(|numbers| Meaning::View(View::Numbers(numbers))),
        Known::NumpyScalar => {
            numbers::numpy_scalar(source, arguments).map(|number| Meaning::View(number.into_view()))
        }
        _ => return Ok(None),
    };
    meaning.map(Some).ok_or_else(another_form)
}

fn container<'t>(
    source: Source<'t>,
    known: Known,
    object: &'t Object,
    arguments: &'t [Id],
    want: Want,
) -> Result<Meaning<'t>, Error> {
    let is_empty =
        |id: Id| matches!(source.tree.node(id), Node::Items(_, parts) if parts.is_empty());
    let (items, entries) = (&object.items[..], &object.entries[..]);
    match (known, arguments) {
        (Known::DjangoModel, _) | (Known::Namespace, []) if object.has_no_items() => {
            let want = if want == Want::Sequence { Want::Any } else { want };
            source.generic(&[], object, want)
        }
        _ if object.state.is_some() => Err(another_form()),
        // The factory of a `defaultdict` is not judged, because it is no part of the data.
        (Known::DefaultDict, [] | [_]) | (Known::OrderedDict | Known::Counter, [])
            if items.is_empty() =>
        {
            Ok(Meaning::View(View::Map(entries, &[])))
        }
        (Known::Counter, [counts])
            if object.is_alone() && source.tree.parts(*counts, Kind::Dict).is_some() =>
        {
            Ok(Meaning::Same(*counts))
        }
        (Known::Deque, []) if entries.is_empty() => Ok(Meaning::View(View::Sequence(items, &[]))),
        (Known::Deque, [first] | [first, _]) if entries.is_empty() => {
            match source.tree.node(*first) {
                Node::Items(Kind::List, parts) => Ok(Meaning::View(View::Sequence(parts, items))),
                _ if is_empty(*first) => Ok(Meaning::View(View::Sequence(items, &[]))),
                _ => Err(another_form()),
            }
        }
        _ => Err(another_form()),
    }
}

impl<'t> Source<'t> {
    pub(super) fn is_text_node(self, id: Id) -> bool {
        let node = self.tree.node(id);
        matches!(node, Node::Text(_) | Node::Escaped(_) | Node::Old(_) | Node::Quoted(_))
    }

    pub(super) fn is_bytes(self, id: Id) -> bool {
        match self.tree.node(id) {
            Node::Bytes(_) | Node::Old(_) | Node::Quoted(_) => true,
            Node::Object(object) => {
                self.is_call_of(object, Known::Encode) || self.is_call_of(object, Known::Bytes)
            }
            _ => false,
        }
    }

    /// Returns `true` if the object is the result of this function, and no more.
    pub(super) fn is_call_of(self, object: &Object, known: Known) -> bool {
        object.make == super::node::Make::Call
            && object.is_alone()
            && self.known(object.class) == known
    }

    /// Returns bytes of this length. Bytes of protocols 0 to 2 are encoded as text.
    fn exact_bytes<const N: usize>(self, id: Id) -> Option<[u8; N]> {
        let bytes = match self.tree.node(id) {
            Node::Object(object) if self.is_call_of(object, Known::Encode) => {
                let arguments = self.tree.parts(object.arguments, Kind::Tuple)?;
                self.short_text(*arguments.first()?, 2 * N)?;
                encoded(self, arguments)?
            }
            // Every byte may be escaped.
            Node::Quoted(raw) if raw.len() > 4 * N => return None,
            node => text::bytes(node)?,
        };
        bytes.as_ref().try_into().ok()
    }

    fn integer(self, id: Id) -> Option<Integer> {
        text::integer(self.tree.node(id))
    }
}

/// Counts the text, which other values may share, and encodes it.
fn encoded_once<'t>(source: Source<'t>, arguments: &[Id]) -> Result<Option<Cow<'t, [u8]>>, Error> {
    if let Some(text) = arguments.first() {
        source.tree.count_text(*text)?;
    }
    Ok(encoded(source, arguments))
}

/// `_codecs.encode(text, "latin1")`, which is how protocols 0 to 2 write bytes.
fn encoded<'t>(source: Source<'t>, arguments: &[Id]) -> Option<Cow<'t, [u8]>> {
    let [text, encoding] = arguments else { return None };
    if !source.is_text(*encoding, "latin1") && !source.is_text(*encoding, "latin-1") {
        return None;
    }
    let text = text::text(source.tree.node(*text))?;
    if text.is_ascii() {
        return Some(match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        });
    }
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u32::from(c).try_into().ok()).collect();
    bytes.map(Cow::Owned)
}

/// The state of a UUID is its number, and `is_safe`.
pub(super) fn uuid<'t>(source: Source<'t>, object: &'t Object) -> Result<Meaning<'t>, Error> {
    let state = object.state.and_then(|state| source.tree.parts(state, Kind::Dict));
    let state = state.filter(|state| state.len() <= 4 && object.has_no_items());
    let entry = |name| state?.chunks_exact(2).find(|it| source.is_text(it[0], name));
    let is_whole = |state: &[Id]| state.len() == 2 || entry("is_safe").is_some();
    let number = match entry("int").map(|entry| source.integer(entry[1])) {
        Some(Some(Integer::Signed(number))) => u128::try_from(number).ok(),
        Some(Some(Integer::Large(number))) => Some(number),
        _ => None,
    };
    let number = number.filter(|_| state.is_some_and(is_whole)).ok_or_else(another_form)?;
    let mut text = format!("{number:032x}");
    for at in [20, 16, 12, 8] {
        text.insert(at, '-');
    }
    Ok(Meaning::View(View::Text(text.into())))
}

/// An address as text or, of version 4, as its number.
fn address<'t>(source: Source<'t>, known: Known, arguments: &[Id]) -> Option<Meaning<'t>> {
    let [address] = arguments else { return None };
    if source.is_text_node(*address) {
        return Some(Meaning::Same(*address));
    }
    let number = match source.integer(*address)? {
        Integer::Signed(number) => u128::try_from(number).ok()?,
        Integer::Large(number) => number,
    };
    let text = match known {
        Known::Ipv4Address => Ipv4Addr::from_bits(number.try_into().ok()?).to_string(),
        _ => Ipv6Addr::from_bits(number).to_string(),
    };
    Some(Meaning::View(View::Text(text.into())))
}

fn fraction<'t>(source: Source<'t>, arguments: &[Id]) -> Option<Meaning<'t>> {
    let [above, below] = arguments else {
        let [text] = arguments else { return None };
        return source.is_text_node(*text).then_some(Meaning::Same(*text));
    };
    let mut text = String::new();
    match source.integer(*above)? {
        Integer::Signed(above) => write!(text, "{above}").ok()?,
        Integer::Large(above) => write!(text, "{above}").ok()?,
    }
    match source.integer(*below)? {
        Integer::Signed(1) => {}
        Integer::Signed(below) if below > 1 => write!(text, "/{below}").ok()?,
        Integer::Large(below) => write!(text, "/{below}").ok()?,
        Integer::Signed(_) => return None,
    }
    Some(Meaning::View(View::Text(text.into())))
}

/// The parts of a path, or since Python 3.13 the texts that it was made from, joined as by
/// `str(path)`.
fn path<'t>(source: Source<'t>, arguments: &'t [Id]) -> Result<Option<Meaning<'t>>, Error> {
    let Some(parts) = path_parts(source, arguments)? else { return Ok(None) };
    let from = parts.iter().rposition(|part| part.starts_with('/')).unwrap_or(0);
    let parts = &parts[from..];
    let root = match parts.first() {
        Some(part) if part.starts_with("//") && !part.starts_with("///") => "//",
        Some(part) if part.starts_with('/') => "/",
        _ => "",
    };
    let names = parts.iter().flat_map(|part| part.split('/'));
    let names: Vec<&str> = names.filter(|name| !name.is_empty() && *name != ".").collect();
    let text = format!("{root}{}", names.join("/"));
    let text = if text.is_empty() { ".".to_owned() } else { text };
    Ok(Some(Meaning::View(View::Text(text.into()))))
}

/// The parts of a Windows path: a drive and root, or none, and names.
fn windows_path<'t>(source: Source<'t>, arguments: &'t [Id]) -> Result<Option<Meaning<'t>>, Error> {
    let Some(parts) = path_parts(source, arguments)? else { return Ok(None) };
    let is_name = |part: &&Cow<'_, str>| !part.contains(['\\', '/', ':']) && !part.is_empty();
    let text = match parts.split_first() {
        None => ".".to_owned(),
        Some((first, names)) if names.iter().all(|name| is_name(&name)) => {
            let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
            match &**first {
                anchor if anchor.contains('/') || anchor.is_empty() => return Ok(None),
                anchor if anchor.ends_with('\\') || anchor.ends_with(':') => {
                    format!("{anchor}{}", names.join("\\"))
                }
                name if is_name(&first) && names.is_empty() => name.to_owned(),
                name if is_name(&first) => format!("{name}\\{}", names.join("\\")),
                _ => return Ok(None),
            }
        }
        Some(_) => return Ok(None),
    };
    Ok(Some(Meaning::View(View::Text(text.into()))))
}

/// Returns the texts, which together must be a path of a usual length.
fn path_parts<'t>(
    source: Source<'t>,
    arguments: &'t [Id],
) -> Result<Option<Vec<Cow<'t, str>>>, Error> {
    const LONGEST: usize = 4096;
    let limit = || Error::limit("a path of more than 4,096 bytes");
    // A separator follows each part but the last.
    let mut left = LONGEST + 1;
    let mut parts = Vec::new();
    for part in arguments {
        if !source.is_text_node(*part) {
            return Ok(None);
        }
        source.tree.count_text(*part)?;
        // Empty parts take time and memory, too.
        source.tree.count_bytes(8)?;
        let text = source.short_text(*part, left).ok_or_else(limit)?;
        left = left.checked_sub(text.len() + 1).ok_or_else(limit)?;
        parts.push(text);
    }
    Ok(Some(parts))
}
