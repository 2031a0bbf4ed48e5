//! Rewrites a pickle as one of plain data, within the limits.
//!
//! A pickle is a program. serde-pickle runs it by recursion and copies shared parts, so
//! deep nesting could overflow the stack, and sharing (a list of two lists of two lists
//! …) could exhaust memory. It also loses parts of shared lists and dicts. Therefore the
//! program runs here first, on the shapes of values alone. Opcodes that import, call or
//! build are refused, except for the few calls of the standard library that pickles of
//! plain data contain. The result is written as a pickle without shared parts.

use std::collections::HashMap;

use crate::codec::serde::limits::{MAX_DEPTH, TOO_DEEP, TOO_MANY, allowed_elements};
use crate::error::ValueError;

/// The functions that plain data may call, for sets and for bytes in protocol 2.
/// serde-pickle knows them by name and calls nothing.
const HARMLESS: [(&[u8], &[u8]); 9] = [
    (b"_codecs", b"encode"),
    (b"builtins", b"set"),
    (b"builtins", b"frozenset"),
    (b"builtins", b"bytearray"),
    (b"__builtin__", b"set"),
    (b"__builtin__", b"frozenset"),
    (b"__builtin__", b"bytearray"),
    (b"__builtin__", b"bytes"),
    (b"builtins", b"bytes"),
];

const CUT_OFF: ValueError = ValueError::new("a pickle that is cut off");
const BROKEN: ValueError = ValueError::new("not a pickle");
const CODE: ValueError =
    ValueError::new("a pickle of more than plain data, which is not read: it names code to run");
const DEEP: ValueError = ValueError::limit(TOO_DEEP);
const LONG: ValueError = ValueError::limit(TOO_MANY);
const ITSELF: ValueError = ValueError::new("a pickle that contains itself");
const NUMBER: ValueError = ValueError::limit(
    "an integer of more than 64 bits, sign included, which cannot be read from a pickle",
);

/// Returns the plain data of a pickle, as a pickle without shared parts, and the
/// length of the given pickle.
pub(super) fn plain_data(bytes: &[u8]) -> Result<(Vec<u8>, usize), ValueError> {
    let mut scan = Scan {
        input: bytes,
        at: 0,
        start: 0,
        nodes: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
    };
    loop {
        if scan.step()? {
            let top = scan.pop()?;
            let size = scan.measure(top)?;
            let mut plain = Vec::with_capacity(size);
            plain.extend(b"\x80\x04");
            scan.write(top, &mut plain)?;
            plain.push(b'.');
            return Ok((plain, scan.at));
        }
    }
}

type Id = usize;

/// The shape of a value.
enum Node<'a> {
    /// The instruction that makes the value.
    Leaf(&'a [u8]),
    /// The instruction and the text in it.
    Text(&'a [u8], &'a [u8]),
    Container(Kind, Vec<Id>),
    /// One of [`HARMLESS`].
    Callable(usize),
    /// The index in [`HARMLESS`] and the arguments.
    Call(usize, [Id; 1]),
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    List,
    Tuple,
    Dict,
    Set,
    FrozenSet,
}

impl Node<'_> {
    fn parts(&self) -> &[Id] {
        match self {
            Self::Leaf(_) | Self::Text(..) | Self::Callable(_) => &[],
            Self::Container(_, parts) => parts,
            Self::Call(_, arguments) => arguments,
        }
    }
}

struct Scan<'a> {
    input: &'a [u8],
    at: usize,
    /// The start of the current instruction.
    start: usize,
    nodes: Vec<Node<'a>>,
    stack: Vec<Id>,
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
}

impl<'a> Scan<'a> {
    /// Runs one opcode. Returns `true` if it was the last.
    fn step(&mut self) -> Result<bool, ValueError> {
        self.start = self.at;
        match self.take(1)?[0] {
            b'.' => return Ok(true),
            0x80 => drop(self.take(1)?),
            0x95 => drop(self.take(8)?),
            b'(' => {
                if self.marks.len() >= MAX_DEPTH as usize {
                    return Err(DEEP);
                }
                self.marks.push(self.stack.len());
            }
            b'0' => drop(self.pop()?),
            b'1' => drop(self.pop_mark()?),
            b'N' | 0x88 | 0x89 => self.push_leaf(),
            b'K' => self.leaf(1)?,
            b'M' => self.leaf(2)?,
            b'J' => self.leaf(4)?,
            b'G' => self.leaf(8)?,
            // Numbers of any length. `01` and `00` are `True` and `False`.
            b'I' | b'L' => {
                let digits = self.line()?;
                let digits = digits.strip_suffix(b"L").unwrap_or(digits);
                // Parsing longer numbers takes quadratic time.
                let fits = str::from_utf8(digits).is_ok_and(|digits| digits.parse::<i64>().is_ok());
                if digits.len() > 20 || (digits.len() > 18 && !fits) {
                    return Err(NUMBER);
                }
                self.push_leaf();
            }
            b'F' => {
                self.line()?;
                self.push_leaf();
            }
            opcode @ (0x8a | 0x8b) => {
                if self.counted(if opcode == 0x8a { 1 } else { 4 })?.len() > 8 {
                    return Err(NUMBER);
                }
                self.push_leaf();
            }
            b'S' | b'V' => {
                let text = self.line()?;
                self.push_text(text);
            }
            b'U' | b'C' | 0x8c => self.text(1)?,
            b'T' | b'B' | b'X' => self.text(4)?,
            0x8d | 0x8e | 0x96 => self.text(8)?,
            opcode @ (b']' | b'}' | b')' | 0x8f) => {
                self.push(Node::Container(Kind::of(opcode), Vec::new()));
            }
            opcode @ (b'l' | b't' | b'd' | 0x91) => {
                let items = self.pop_mark()?;
                self.push(Node::Container(Kind::of(opcode), items));
            }
            opcode @ 0x85..=0x87 => {
                let count = usize::from(opcode - 0x84);
                let items = self.pop_many(count)?;
                self.push(Node::Container(Kind::Tuple, items));
            }
            b'a' => {
                let items = self.pop_many(1)?;
                self.extend(Kind::List, items)?;
            }
            b's' => {
                let items = self.pop_many(2)?;
                self.extend(Kind::Dict, items)?;
            }
            opcode @ (b'e' | b'u' | 0x90) => {
                let items = self.pop_mark()?;
                self.extend(Kind::of(opcode), items)?;
            }
            b'p' => {
                let id = self.number()?;
                self.memoize(id)?;
            }
            b'q' => {
                let id = self.take(1)?[0].into();
                self.memoize(id)?;
            }
            b'r' => {
                let id = self.u32()?;
                self.memoize(id)?;
            }
            0x94 => self.memoize(self.memo.len() as u32)?,
            b'g' => {
                let id = self.number()?;
                self.recall(id)?;
            }
            b'h' => {
                let id = self.take(1)?[0].into();
                self.recall(id)?;
            }
            b'j' => {
                let id = self.u32()?;
                self.recall(id)?;
            }
            b'c' => {
                let names = (self.line()?, self.line()?);
                self.import(names)?;
            }
            0x93 => {
                let names = self.pop_many(2)?;
                match (&self.nodes[names[0]], &self.nodes[names[1]]) {
                    (Node::Text(_, module), Node::Text(_, name)) => self.import((module, name))?,
                    _ => return Err(BROKEN),
                }
            }
            b'R' => {
                let call = self.pop_many(2)?;
                match self.nodes[call[0]] {
                    Node::Callable(which) => self.push(Node::Call(which, [call[1]])),
                    _ => return Err(CODE),
                }
            }
            // INST, OBJ, BUILD, NEWOBJ, NEWOBJ_EX, EXT1 to 4, PERSID, BINPERSID.
            b'i' | b'o' | b'b' | 0x81..=0x84 | 0x92 | b'P' | b'Q' => return Err(CODE),
            // Picklers never write DUP, and out-of-band buffers are not in the pickle.
            _ => return Err(BROKEN),
        }
        Ok(false)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], ValueError> {
        let end = self.at.checked_add(count).ok_or(CUT_OFF)?;
        let taken = self.input.get(self.at..end).ok_or(CUT_OFF)?;
        self.at = end;
        Ok(taken)
    }

    fn line(&mut self) -> Result<&'a [u8], ValueError> {
        let length = self.input[self.at..].iter().position(|byte| *byte == b'\n').ok_or(CUT_OFF)?;
        let line = self.take(length)?;
        self.at += 1;
        Ok(line)
    }

    fn number(&mut self) -> Result<u32, ValueError> {
        let text = std::str::from_utf8(self.line()?).map_err(|_| BROKEN)?;
        text.parse().map_err(|_| BROKEN)
    }

    fn u32(&mut self) -> Result<u32, ValueError> {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(self.take(4)?);
        Ok(u32::from_le_bytes(bytes))
    }

    /// Reads a little-endian length and that many bytes.
    fn counted(&mut self, width: usize) -> Result<&'a [u8], ValueError> {
        let mut length = [0; 8];
        length[..width].copy_from_slice(self.take(width)?);
        let length = usize::try_from(u64::from_le_bytes(length)).map_err(|_| CUT_OFF)?;
        self.take(length)
    }

    fn text(&mut self, width: usize) -> Result<(), ValueError> {
        let text = self.counted(width)?;
        self.push_text(text);
        Ok(())
    }

    fn push_text(&mut self, text: &'a [u8]) {
        self.push(Node::Text(&self.input[self.start..self.at], text));
    }

    fn push_leaf(&mut self) {
        self.push(Node::Leaf(&self.input[self.start..self.at]));
    }

    fn leaf(&mut self, width: usize) -> Result<(), ValueError> {
        self.take(width)?;
        self.push_leaf();
        Ok(())
    }

    fn push(&mut self, node: Node<'a>) {
        self.stack.push(self.nodes.len());
        self.nodes.push(node);
    }

    fn pop(&mut self) -> Result<Id, ValueError> {
        Ok(self.pop_many(1)?[0])
    }

    /// Pops the topmost values above the last mark.
    fn pop_many(&mut self, count: usize) -> Result<Vec<Id>, ValueError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        let from =
            self.stack.len().checked_sub(count).filter(|from| *from >= floor).ok_or(BROKEN)?;
        Ok(self.stack.split_off(from))
    }

    fn pop_mark(&mut self) -> Result<Vec<Id>, ValueError> {
        let from = self.marks.pop().ok_or(BROKEN)?;
        Ok(self.stack.split_off(from))
    }

    fn top(&self) -> Result<Id, ValueError> {
        self.stack.last().copied().ok_or(BROKEN)
    }

    fn extend(&mut self, kind: Kind, items: Vec<Id>) -> Result<(), ValueError> {
        let top = self.top()?;
        match &mut self.nodes[top] {
            Node::Container(is, inside) if *is == kind => inside.extend(items),
            _ => return Err(BROKEN),
        }
        Ok(())
    }

    fn memoize(&mut self, id: u32) -> Result<(), ValueError> {
        let top = self.top()?;
        self.memo.insert(id, top);
        Ok(())
    }

    fn recall(&mut self, id: u32) -> Result<(), ValueError> {
        self.stack.push(*self.memo.get(&id).ok_or(BROKEN)?);
        Ok(())
    }

    fn import(&mut self, names: (&[u8], &[u8])) -> Result<(), ValueError> {
        let which = HARMLESS.iter().position(|harmless| *harmless == names).ok_or(CODE)?;
        self.push(Node::Callable(which));
        Ok(())
    }

    /// Checks the depth, the number of parts and the size of the value, counting shared
    /// parts each time. Returns the approximate size.
    fn measure(&self, root: Id) -> Result<usize, ValueError> {
        const OPEN: u32 = u32::MAX;
        let elements = allowed_elements(self.input.len());
        let bytes = (64 << 10) + 64 * self.input.len();
        // The depth (0: unknown), number of parts and size of each value.
        let mut known = vec![(0_u32, 0_u64, 0_usize); self.nodes.len()];
        // Values to measure, and `true` if their parts are measured.
        let mut todo = vec![(root, false)];
        while let Some((id, parts_done)) = todo.pop() {
            let parts = self.nodes[id].parts();
            if parts_done {
                let mut depth = 0;
                let (mut weight, mut size) = (1_u64, self.own_size(id));
                for (deep, heavy, long) in parts.iter().map(|part| known[*part]) {
                    depth = depth.max(deep);
                    weight = weight.saturating_add(heavy);
                    size = size.saturating_add(long);
                }
                if depth >= MAX_DEPTH {
                    return Err(DEEP);
                }
                if weight > elements || size > bytes {
                    return Err(LONG);
                }
                known[id] = (depth + 1, weight, size);
            } else if known[id].0 == OPEN {
                return Err(ITSELF);
            } else if known[id].0 == 0 {
                known[id].0 = OPEN;
                todo.push((id, true));
                // Only unknown parts are measured, because parts may repeat.
                for part in parts {
                    match known[*part].0 {
                        0 => todo.push((*part, false)),
                        OPEN => return Err(ITSELF),
                        _ => {}
                    }
                }
            }
        }
        Ok(known[root].2 + 8)
    }

    fn own_size(&self, id: Id) -> usize {
        match self.nodes[id] {
            Node::Leaf(raw) | Node::Text(raw, _) => raw.len(),
            Node::Container(..) => 3,
            Node::Callable(_) | Node::Call(..) => 24,
        }
    }

    /// Writes a value. The recursion is bounded because `measure` checked the depth.
    fn write(&self, id: Id, out: &mut Vec<u8>) -> Result<(), ValueError> {
        match &self.nodes[id] {
            Node::Leaf(raw) | Node::Text(raw, _) => out.extend(*raw),
            Node::Container(kind, items) => {
                if *kind == Kind::Dict && items.len() % 2 != 0 {
                    return Err(BROKEN);
                }
                let (empty, filled) = kind.opcodes();
                out.extend(empty);
                out.push(b'(');
                items.iter().try_for_each(|item| self.write(*item, out))?;
                out.push(filled);
            }
            Node::Callable(which) => write_import(*which, out),
            Node::Call(which, [arguments]) => {
                write_import(*which, out);
                self.write(*arguments, out)?;
                out.push(b'R');
            }
        }
        Ok(())
    }
}

fn write_import(which: usize, out: &mut Vec<u8>) {
    let (module, name) = HARMLESS[which];
    for part in [b"c", module, b"\n", name, b"\n"] {
        out.extend(part);
    }
}

impl Kind {
    /// Returns the kind that an opcode makes or adds to.
    fn of(opcode: u8) -> Self {
        match opcode {
            b')' | b't' => Self::Tuple,
            b'}' | b'd' | b'u' => Self::Dict,
            0x8f | 0x90 => Self::Set,
            0x91 => Self::FrozenSet,
            _ => Self::List,
        }
    }

    /// Returns the opcode for an empty container, if it is needed, and the opcode that
    /// fills it with the values after a mark.
    fn opcodes(self) -> (Option<u8>, u8) {
        match self {
            Self::List => (None, b'l'),
            Self::Tuple => (None, b't'),
            Self::Dict => (None, b'd'),
            Self::Set => (Some(0x8f), 0x90),
            Self::FrozenSet => (None, 0x91),
        }
    }
}
