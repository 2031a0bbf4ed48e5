//! The values of a pickle as a tree, which parts may share.

use std::cell::Cell;

use super::error::Error;
use super::globals::Global;
use crate::codec::MAX_BLOB;
use crate::codec::serde::limits::TOO_MANY;

/// The index of a [`Node`].
pub(super) type Id = u32;

/// One value. Text and numbers are decoded only if the program reads them.
#[derive(Debug)]
pub(super) enum Node<'a> {
    None,
    Bool(bool),
    Int(i64),
    /// An integer as little-endian bytes, in two's complement.
    Long(&'a [u8]),
    /// An integer as decimal digits.
    Digits(&'a [u8]),
    Float(f64),
    /// Text in UTF-8.
    Text(&'a [u8]),
    /// Text in Latin-1 with `\u` escapes, as in protocol 0.
    Escaped(&'a [u8]),
    /// Python 2's `str`, which is text or bytes.
    Old(&'a [u8]),
    /// Python 2's `str` between quotes, with the escapes of Python's source.
    Quoted(&'a [u8]),
    Bytes(&'a [u8]),
    /// A list, tuple, set or dict (keys and values by turns).
    Items(Kind, Vec<Id>),
    /// A class or function: its name, an index of [`Tree::globals`].
    Global(u32),
    Object(Box<Object>),
    /// A value that cannot be read, and the reason.
    Refused(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    List,
    Tuple,
    Dict,
    Set,
    FrozenSet,
}

/// A value that Python would make with a class or function. Nothing is looked up or called.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) make: Make,
    pub(super) class: Id,
    /// A tuple.
    pub(super) arguments: Id,
    /// The argument of BUILD.
    pub(super) state: Option<Id>,
    /// The arguments of APPEND and APPENDS.
    pub(super) items: Vec<Id>,
    /// The arguments of SETITEM and SETITEMS.
    pub(super) entries: Vec<Id>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Make {
    /// `class.__new__(class, *arguments)`.
    New,
    /// `class.__new__(class, *arguments, **keywords)`.
    NewWithKeywords(Id),
    /// `class(*arguments)`.
    Call,
}

/// The values of one pickle.
#[derive(Debug)]
pub(super) struct Tree<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) globals: Vec<Global<'a>>,
    pub(super) root: Id,
    /// The length of the pickle.
    pub(super) end: usize,
    /// The bytes of text that may still be decoded. Values may share one text.
    text: Cell<usize>,
    /// The steps that may still be made from an object to the value that it means. Values
    /// may share one chain of objects.
    hops: Cell<usize>,
}

impl<'a> Tree<'a> {
    pub(super) fn new(
        nodes: Vec<Node<'a>>,
        globals: Vec<Global<'a>>,
        root: Id,
        end: usize,
    ) -> Self {
        // Large pickles of many records count their field names, which the records share.
        let text = ((32 << 10) + 64 * end).min(MAX_BLOB.max(16 * end));
        let (text, hops) = (Cell::new(text), Cell::new(1024 + 8 * end));
        Self { nodes, globals, root, end, text, hops }
    }

    /// Counts the bytes of a text or of bytes before they are decoded.
    pub(super) fn count_text(&self, id: Id) -> Result<(), Error> {
        match self.node(id) {
            Node::Text(raw)
            | Node::Escaped(raw)
            | Node::Old(raw)
            | Node::Quoted(raw)
            | Node::Bytes(raw) => self.count_bytes(raw.len()),
            _ => Ok(()),
        }
    }

    pub(super) fn count_bytes(&self, bytes: usize) -> Result<(), Error> {
        let left = self.text.get().checked_sub(bytes);
        self.text.set(left.ok_or_else(|| Error::limit(TOO_MANY))?);
        Ok(())
    }

    /// Counts a step from an object to the value that it means.
    pub(super) fn count_hop(&self) -> Result<(), Error> {
        let left = self.hops.get().checked_sub(1);
        self.hops.set(left.ok_or_else(|| Error::limit(TOO_MANY))?);
        Ok(())
    }

    pub(super) fn node(&self, id: Id) -> &Node<'a> {
        &self.nodes[id as usize]
    }

    pub(super) fn global(&self, id: Id) -> Option<&Global<'a>> {
        match self.node(id) {
            Node::Global(which) => Some(&self.globals[*which as usize]),
            _ => None,
        }
    }

    /// Returns the parts of a container of this kind.
    pub(super) fn parts(&self, id: Id, kind: Kind) -> Option<&[Id]> {
        match self.node(id) {
            Node::Items(is, parts) if *is == kind => Some(parts),
            _ => None,
        }
    }
}
