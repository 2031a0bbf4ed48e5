//! A look over a pickle before it is read: what it would build, and how deep.
//!
//! The reader that follows builds the whole value by recursion and copies
//! shared parts, so nesting could overflow the stack, and sharing (a list of
//! two lists of two lists …) the memory. This runs the pickle's program with
//! nothing but the shape of values, and refuses whatever is not plain data:
//! the opcodes that import, call or build, but for the few calls of the
//! standard library that pickles of plain data are made of.

use std::collections::HashMap;

use crate::error::ValueError;

use super::super::limits::MAX_DEPTH;

/// What plain data may call: how sets, and bytes in protocol 2, are written.
/// The reader knows these by name; it calls nothing.
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
const DEEP: ValueError = ValueError::limit("nested deeper than 128 levels");
const LONG: ValueError = ValueError::limit("more elements than the size of the value allows");
const NUMBER: ValueError = ValueError::limit("an integer of more than 128 bits");

/// Checks that a pickle holds plain data only, within the limits; where it ends.
pub(super) fn plain_data(bytes: &[u8]) -> Result<usize, ValueError> {
    let mut scan = Scan {
        input: bytes,
        at: 0,
        nodes: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
    };
    loop {
        if scan.step()? {
            let top = scan.pop()?;
            scan.measure(top)?;
            return Ok(scan.at);
        }
    }
}

type Id = usize;

/// A value, as far as its shape goes.
enum Node<'a> {
    Leaf,
    Text(&'a [u8]),
    Container(Vec<Id>),
    /// One of [`HARMLESS`].
    Callable,
}

struct Scan<'a> {
    input: &'a [u8],
    at: usize,
    nodes: Vec<Node<'a>>,
    stack: Vec<Id>,
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
}

impl<'a> Scan<'a> {
    /// Runs one opcode; whether it was the last.
    fn step(&mut self) -> Result<bool, ValueError> {
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
            b'N' | 0x88 | 0x89 => self.push(Node::Leaf),
            b'K' => self.leaf(1)?,
            b'M' => self.leaf(2)?,
            b'J' => self.leaf(4)?,
            b'G' => self.leaf(8)?,
            b'I' | b'L' | b'F' => {
                // Longer ones take time that grows with the square.
                if self.line()?.len() > 64 {
                    return Err(NUMBER);
                }
                self.push(Node::Leaf);
            }
            opcode @ (0x8a | 0x8b) => {
                if self.counted(if opcode == 0x8a { 1 } else { 4 })?.len() > 17 {
                    return Err(NUMBER);
                }
                self.push(Node::Leaf);
            }
            b'S' | b'V' => {
                let text = self.line()?;
                self.push(Node::Text(text));
            }
            opcode @ (b'U' | b'C' | 0x8c) => self.text(opcode, 1)?,
            opcode @ (b'T' | b'B' | b'X') => self.text(opcode, 4)?,
            opcode @ (0x8d | 0x8e | 0x96) => self.text(opcode, 8)?,
            b']' | b'}' | b')' | 0x8f => self.push(Node::Container(Vec::new())),
            b'l' | b't' | b'd' | 0x91 => {
                let items = self.pop_mark()?;
                self.push(Node::Container(items));
            }
            opcode @ 0x85..=0x87 => {
                let count = usize::from(opcode - 0x84);
                let items = self.pop_many(count)?;
                self.push(Node::Container(items));
            }
            b'a' => {
                let items = self.pop_many(1)?;
                self.extend(items)?;
            }
            b's' => {
                let items = self.pop_many(2)?;
                self.extend(items)?;
            }
            b'e' | b'u' | 0x90 => {
                let items = self.pop_mark()?;
                self.extend(items)?;
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
                    (Node::Text(module), Node::Text(name)) => self.import((module, name))?,
                    _ => return Err(BROKEN),
                }
            }
            b'R' => {
                let call = self.pop_many(2)?;
                match self.nodes[call[0]] {
                    Node::Callable => self.push(Node::Container(vec![call[1]])),
                    _ => return Err(CODE),
                }
            }
            // INST, OBJ, BUILD, NEWOBJ, NEWOBJ_EX, EXT1 to 4, PERSID, BINPERSID.
            b'i' | b'o' | b'b' | 0x81..=0x84 | 0x92 | b'P' | b'Q' => return Err(CODE),
            // No pickler writes DUP, and buffers out of band are elsewhere.
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

    /// As many bytes as a little-endian length before them says.
    fn counted(&mut self, width: usize) -> Result<&'a [u8], ValueError> {
        let mut length = [0; 8];
        length[..width].copy_from_slice(self.take(width)?);
        let length = usize::try_from(u64::from_le_bytes(length)).map_err(|_| CUT_OFF)?;
        self.take(length)
    }

    fn text(&mut self, _: u8, width: usize) -> Result<(), ValueError> {
        let text = self.counted(width)?;
        self.push(Node::Text(text));
        Ok(())
    }

    fn leaf(&mut self, width: usize) -> Result<(), ValueError> {
        self.take(width)?;
        self.push(Node::Leaf);
        Ok(())
    }

    fn push(&mut self, node: Node<'a>) {
        self.stack.push(self.nodes.len());
        self.nodes.push(node);
    }

    fn pop(&mut self) -> Result<Id, ValueError> {
        Ok(self.pop_many(1)?[0])
    }

    /// The topmost values, but not from below the last mark.
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

    fn extend(&mut self, items: Vec<Id>) -> Result<(), ValueError> {
        let top = self.top()?;
        match &mut self.nodes[top] {
            Node::Container(inside) => inside.extend(items),
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
        if !HARMLESS.contains(&names) {
            return Err(CODE);
        }
        self.push(Node::Callable);
        Ok(())
    }

    /// How deep the value is and how many values it is made of, where shared
    /// ones count each time: that is how the reader builds them.
    fn measure(&self, root: Id) -> Result<(), ValueError> {
        const OPEN: u32 = u32::MAX;
        let limit = 64 + 8 * self.input.len() as u64;
        // Per value: its depth (0: unknown) and its weight.
        let mut known = vec![(0_u32, 0_u64); self.nodes.len()];
        // Values to measure, with whether their parts are.
        let mut todo = vec![(root, false)];
        while let Some((id, parts_done)) = todo.pop() {
            let parts: &[Id] =
                if let Node::Container(parts) = &self.nodes[id] { parts } else { &[] };
            if parts_done {
                let (mut depth, mut weight) = (0, 1_u64);
                for (deep, heavy) in parts.iter().map(|part| known[*part]) {
                    depth = depth.max(deep);
                    weight = weight.saturating_add(heavy);
                }
                if depth >= MAX_DEPTH {
                    return Err(DEEP);
                }
                if weight > limit {
                    return Err(LONG);
                }
                known[id] = (depth + 1, weight);
            } else if known[id].0 == OPEN {
                return Err(ValueError::new("a pickle that contains itself"));
            } else if known[id].0 == 0 {
                known[id].0 = OPEN;
                todo.push((id, true));
                // Parts of the same value may repeat: only unknown ones are measured.
                for part in parts {
                    match known[*part].0 {
                        0 => todo.push((*part, false)),
                        OPEN => return Err(ValueError::new("a pickle that contains itself")),
                        _ => {}
                    }
                }
            }
        }
        Ok(())
    }
}
