//! The data that a node means: plain values, instances of classes, calls.

use std::borrow::Cow;

use super::error::Error;
use super::globals::{Global, Known};
use super::library;
use super::node::{Id, Kind, Make, Node, Object, Tree};
use super::text::{self, Integer};
use crate::codec::serde::limits::{MAX_DEPTH, TOO_DEEP};

/// A value as data.
#[derive(Debug)]
pub(super) enum View<'t> {
    None,
    Bool(bool),
    Integer(Integer),
    Float(f64),
    Text(Cow<'t, str>),
    Bytes(Cow<'t, [u8]>),
    /// The items of both, in order.
    Sequence(&'t [Id], &'t [Id]),
    /// Keys and values by turns, of both.
    Map(&'t [Id], &'t [Id]),
    /// A span of time in microseconds.
    Span(i128),
    /// Numbers of an `array.array`.
    Numbers(library::Numbers<'t>),
}

/// The kind of value that the program's type asks for. It decides only if a pickle has
/// several meanings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Want {
    Any,
    Map,
    Sequence,
    /// Text, a number or bytes.
    Scalar,
}

/// The meaning of an [`Object`].
pub(super) enum Meaning<'t> {
    /// The same as another node.
    Same(Id),
    View(View<'t>),
}

/// A pickle, and the classes and functions that the program has listed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'t> {
    pub(super) tree: &'t Tree<'t>,
    pub(super) calls: &'static [&'static str],
}

impl<'t> Source<'t> {
    /// Returns the node that holds the data, and the data.
    pub(super) fn view(self, mut id: Id, want: Want) -> Result<(Id, View<'t>), Error> {
        for _ in 0..MAX_DEPTH {
            let view = match self.tree.node(id) {
                Node::Object(object) => match self.object(object, want)? {
                    Meaning::Same(other) => {
                        self.tree.count_hop()?;
                        id = other;
                        continue;
                    }
                    Meaning::View(view) => view,
                },
                node => self.plain(id, node)?,
            };
            return Ok((id, view));
        }
        Err(Error::limit(TOO_DEEP))
    }

    fn plain(self, id: Id, node: &'t Node<'t>) -> Result<View<'t>, Error> {
        const LARGE: &str = "an integer of more than 128 bits";
        const SURROGATE: &str = "text with half of a surrogate pair, or that is not UTF-8";
        self.tree.count_text(id)?;
        Ok(match node {
            Node::None => View::None,
            Node::Bool(value) => View::Bool(*value),
            Node::Int(_) | Node::Long(_) | Node::Digits(_) => {
                View::Integer(text::integer(node).ok_or_else(|| Error::limit(LARGE))?)
            }
            Node::Float(value) => View::Float(*value),
            Node::Text(_) | Node::Escaped(_) => {
                View::Text(text::text(node).ok_or_else(|| Error::new(SURROGATE))?)
            }
            Node::Old(_) | Node::Quoted(_) => match text::text(node) {
                Some(text) => View::Text(text),
                None => View::Bytes(text::bytes(node).ok_or_else(|| Error::new("not a pickle"))?),
            },
            Node::Bytes(bytes) => View::Bytes(Cow::Borrowed(bytes)),
            Node::Items(Kind::Dict, parts) => View::Map(parts, &[]),
            Node::Items(_, parts) => View::Sequence(parts, &[]),
            Node::Global(_) => return Err(self.refused_value(id)),
            Node::Refused(reason) => return Err(Error::new(*reason)),
            Node::Object(_) => return Err(Error::new("not a pickle")),
        })
    }

    fn object(self, object: &'t Object, want: Want) -> Result<Meaning<'t>, Error> {
        let known = self.known(object.class);
        let arguments = self.tuple(object.arguments)?;
        match (object.make, known) {
            (Make::Call, Known::Reconstructor) => self.reconstructed(object, arguments, want),
            (Make::Call, Known::NewObject) => match arguments.split_first() {
                Some((class, arguments)) => self.instance(*class, arguments, object, want),
                None => Err(library::another_form()),
            },
            (Make::New, _) => self.instance(object.class, arguments, object, want),
            // Keywords of a class's `__new__` are no data that a type could ask for.
            (Make::NewWithKeywords(keywords), _) => match self.tree.parts(keywords, Kind::Dict) {
                Some([]) => self.instance(object.class, arguments, object, want),
                _ => self.instance(object.class, &[], object, want).and_then(|it| match it {
                    Meaning::View(View::Map([], []) | View::Sequence([], [])) => {
                        Err(Error::new("an instance that is made from keyword arguments alone"))
                    }
                    meaning => Ok(meaning),
                }),
            },
            (Make::Call, Known::Unlisted) if self.is_listed(object.class) => {
                match (arguments, object.state.map(|state| self.attributes(state))) {
                    // An enum is its value.
                    ([value], None | Some(Ok(([], [])))) if object.has_no_items() => {
                        Ok(Meaning::Same(*value))
                    }
                    _ => self.generic(arguments, object, want),
                }
            }
            (Make::Call, Known::GetAttribute) => match arguments {
                // An enum by the name of its member.
                [class, name] if self.is_listed(*class) && object.is_alone() => {
                    Ok(Meaning::Same(*name))
                }
                _ => Err(self.refused_call(object.class)),
            },
            (Make::Call, known) => match library::value(self, known, object, arguments, want)? {
                Some(meaning) => Ok(meaning),
                None => Err(self.refused_call(object.class)),
            },
        }
    }

    /// Protocols 0 and 1: `copyreg._reconstructor(class, base, value of the base)`.
    fn reconstructed(
        self,
        object: &'t Object,
        arguments: &'t [Id],
        want: Want,
    ) -> Result<Meaning<'t>, Error> {
        let [class, base, value] = arguments else { return Err(library::another_form()) };
        let base = self.tree.global(*base);
        match (base.map(|base| base.known()), self.tree.node(*value)) {
            (Some(Known::Object), Node::None) => self.instance(*class, &[], object, want),
            (Some(Known::Base | Known::Set | Known::Bytes | Known::ByteArray), _)
                if self.known(*class) == Known::Unlisted =>
            {
                // Python writes all items into the value of the base.
                let is_whole = base.is_some_and(|base| self.extends(base, *value));
                match is_whole && object.has_no_items() {
                    true => Ok(Meaning::Same(*value)),
                    false => Err(library::another_form()),
                }
            }
            _ => Err(self.refused_call(*class)),
        }
    }

    /// Returns `true` if the value is of the type that a class extends.
    fn extends(self, base: &Global<'_>, value: Id) -> bool {
        let node = self.tree.node(value);
        let is_call = |known| matches!(node, Node::Object(it) if self.is_call_of(it, known));
        match base.static_name().and_then(|name| name.strip_prefix("builtins.")) {
            Some("list") => matches!(node, Node::Items(Kind::List, _)),
            Some("tuple") => matches!(node, Node::Items(Kind::Tuple, _)),
            Some("dict") => matches!(node, Node::Items(Kind::Dict, _)),
            Some("set" | "frozenset") => {
                matches!(node, Node::Items(Kind::Set | Kind::FrozenSet, _)) || is_call(Known::Set)
            }
            Some("str" | "unicode") => self.is_text_node(value),
            Some("int" | "long" | "bool") => {
                matches!(node, Node::Bool(_) | Node::Int(_) | Node::Long(_) | Node::Digits(_))
            }
            Some("float") => matches!(node, Node::Float(_)),
            Some("bytes") => self.is_bytes(value),
            Some("bytearray") => self.is_bytes(value) || is_call(Known::ByteArray),
            _ => false,
        }
    }

    /// An instance that is made without a call of its class.
    fn instance(
        self,
        class: Id,
        arguments: &'t [Id],
        object: &'t Object,
        want: Want,
    ) -> Result<Meaning<'t>, Error> {
        match self.known(class) {
            Known::Unlisted if self.tree.global(class).is_some() => {
                self.generic(arguments, object, want)
            }
            Known::Uuid if arguments.is_empty() => library::uuid(self, object),
            _ => Err(self.refused_call(class)),
        }
    }

    /// An instance of any class: what was added to it, else its attributes, else the value
    /// that it extends.
    pub(super) fn generic(
        self,
        arguments: &'t [Id],
        object: &'t Object,
        want: Want,
    ) -> Result<Meaning<'t>, Error> {
        const BOTH: &str = "an instance with both items and entries";
        match (&object.items[..], &object.entries[..]) {
            ([], []) => {}
            (items, []) => return Ok(Meaning::View(View::Sequence(items, &[]))),
            ([], entries) => return Ok(Meaning::View(View::Map(entries, &[]))),
            _ => return Err(Error::new(BOTH)),
        }
        let state = object.state.map(|state| self.attributes(state));
        match (state, arguments) {
            (Some(Err(state)), []) => Ok(Meaning::Same(state)),
            (Some(Ok((first, second))), []) if !first.is_empty() || !second.is_empty() => {
                Ok(Meaning::View(View::Map(first, second)))
            }
            (_, []) if want == Want::Sequence => Ok(Meaning::View(View::Sequence(&[], &[]))),
            (_, []) => Ok(Meaning::View(View::Map(&[], &[]))),
            (Some(Ok((first, second))), _) if want == Want::Map => {
                Ok(Meaning::View(View::Map(first, second)))
            }
            // A class that extends a tuple, text or a number.
            (_, [value]) if self.is_base_value(*value, want) => Ok(Meaning::Same(*value)),
            // A class with arguments and attributes of its own.
            (Some(Ok((first, second))), _) if want == Want::Any && !first.is_empty() => {
                Ok(Meaning::View(View::Map(first, second)))
            }
            // A named tuple.
            (_, arguments) => Ok(Meaning::View(View::Sequence(arguments, &[]))),
        }
    }

    fn is_base_value(self, id: Id, want: Want) -> bool {
        match self.tree.node(id) {
            Node::Items(kind, _) => *kind == Kind::Tuple,
            Node::Global(_) | Node::Refused(_) => false,
            // `bytes` of protocols 0 to 2 are a call.
            Node::Object(_) => want == Want::Scalar || self.is_bytes(id),
            _ => want != Want::Sequence,
        }
    }

    /// Returns the attributes in the argument of BUILD, or the argument if it is a value
    /// of another kind.
    fn attributes(self, state: Id) -> Result<(&'t [Id], &'t [Id]), Id> {
        const NOTHING: &[Id] = &[];
        let dict = |id: Id| match self.tree.node(id) {
            Node::None => Some(NOTHING),
            Node::Items(Kind::Dict, parts) => Some(&parts[..]),
            _ => None,
        };
        match self.tree.node(state) {
            Node::None => Ok((NOTHING, NOTHING)),
            Node::Items(Kind::Dict, parts) => Ok(self.model(parts).unwrap_or((parts, NOTHING))),
            // The attributes in `__dict__`, and those in slots.
            Node::Items(Kind::Tuple, both) => match both[..] {
                [first, second] => match (dict(first), dict(second)) {
                    (Some(first), Some(second)) => Ok((first, second)),
                    _ => Err(state),
                },
                _ => Err(state),
            },
            _ => Err(state),
        }
    }

    /// Returns the fields, and the extra ones, in the state of a pydantic model.
    fn model(self, state: &'t [Id]) -> Option<(&'t [Id], &'t [Id])> {
        if state.len() > 10 {
            return None;
        }
        let entry = |name| state.chunks_exact(2).find(|it| self.is_text(it[0], name));
        entry("__pydantic_fields_set__").or_else(|| entry("__fields_set__"))?;
        let part = |name| self.tree.parts(entry(name)?[1], Kind::Dict);
        Some((part("__dict__")?, part("__pydantic_extra__").unwrap_or(&[])))
    }

    /// Returns a text of at most this many bytes. Longer ones are not decoded, because the
    /// time would not be in proportion to the input if they are shared.
    pub(super) fn short_text(self, id: Id, most: usize) -> Option<Cow<'t, str>> {
        let (Node::Text(raw) | Node::Escaped(raw) | Node::Old(raw) | Node::Quoted(raw)) =
            self.tree.node(id)
        else {
            return None;
        };
        // An escape of UTF-16 is six bytes long.
        if raw.len() > 6 * most {
            return None;
        }
        text::text(self.tree.node(id)).filter(|text| text.len() <= most)
    }

    pub(super) fn is_text(self, id: Id, expected: &str) -> bool {
        self.short_text(id, expected.len()).as_deref() == Some(expected)
    }

    pub(super) fn tuple(self, id: Id) -> Result<&'t [Id], Error> {
        self.tree.parts(id, Kind::Tuple).ok_or_else(library::another_form)
    }

    pub(super) fn known(self, class: Id) -> Known {
        match self.tree.node(class) {
            Node::Global(which) => self.tree.globals[*which as usize].known(),
            // `ZoneInfo._unpickle`, which is pickled as a call of `getattr`.
            Node::Object(object) if self.known_call(object) == Some(Known::GetAttribute) => {
                match self.tree.parts(object.arguments, Kind::Tuple) {
                    Some([class, name])
                        if self.tree.global(*class).map(|it| it.known())
                            == Some(Known::ZoneInfo)
                            && self.is_text(*name, "_unpickle") =>
                    {
                        Known::ZoneInfo
                    }
                    _ => Known::Refused,
                }
            }
            _ => Known::Refused,
        }
    }

    fn known_call(self, object: &Object) -> Option<Known> {
        let is_call = object.make == Make::Call && object.is_alone();
        self.tree.global(object.class).filter(|_| is_call).map(|class| class.known())
    }

    fn is_listed(self, class: Id) -> bool {
        self.tree.global(class).is_some_and(|class| class.is_listed(self.calls))
    }

    pub(super) fn refused_call(self, class: Id) -> Error {
        match self.tree.global(class).map(|class| class.static_name()) {
            Some(Some(name)) => match name.strip_suffix('.') {
                Some(module) => {
                    Error::new(format!("a class or function of `{module}`, which is never called"))
                }
                None => Error::new(format!("a call of `{name}`, which is never made")),
            },
            Some(None) => Error::new(
                "a call of a class or function that is not listed (`PickleOf` lists those of the \
                 program)",
            ),
            None => match self.tree.node(class) {
                Node::Object(_) => {
                    Error::new("a call of the result of another call, which is never made")
                }
                _ => Error::new("a call of no class or function, which is never made"),
            },
        }
    }

    fn refused_value(self, class: Id) -> Error {
        match self.tree.global(class).and_then(|class| class.static_name()) {
            Some(name) => match name.strip_suffix('.') {
                Some(module) => Error::new(format!("a class or function of `{module}` itself")),
                None => Error::new(format!("the class or function `{name}` itself")),
            },
            None => Error::new("a class or function that is not listed"),
        }
    }
}

impl Object {
    /// Returns `true` if nothing was added after the call.
    pub(super) fn is_alone(&self) -> bool {
        self.state.is_none() && self.has_no_items()
    }

    pub(super) fn has_no_items(&self) -> bool {
        self.items.is_empty() && self.entries.is_empty()
    }
}
