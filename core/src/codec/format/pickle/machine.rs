//! Runs the program that a pickle is, without effect: imports and calls become nodes.
//!
//! Neither this nor the nodes' reader recurses by the input alone, and the number of nodes
//! is limited by the number of opcodes. Nodes are judged only if the program reads them.

use std::collections::HashMap;

use super::globals::Global;
use super::node::{Id, Kind, Make, Node, Object, Tree};
use crate::codec::serde::limits::{MAX_DEPTH, TOO_DEEP, TOO_MANY};
use crate::error::ValueError;

const CUT_OFF: ValueError = ValueError::new("a pickle that is cut off");
const BROKEN: ValueError = ValueError::new("not a pickle");
const NEWER: ValueError = ValueError::new("a pickle of a protocol after 5");
const SET_STATE: ValueError =
    ValueError::new("not a pickle: it sets the state of a value that has none");
const FILL: ValueError = ValueError::new("not a pickle: it adds items to a value that has none");

/// Runs the pickle at the start of `bytes`.
pub(super) fn run(bytes: &[u8]) -> Result<Tree<'_>, ValueError> {
    let mut machine = Machine {
        input: bytes,
        at: 0,
        nodes: Vec::new(),
        shared: [None; 4],
        globals: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
    };
    while !machine.step()? {}
    let root = machine.pop()?;
    Ok(Tree::new(machine.nodes, machine.globals, root, machine.at))
}

struct Machine<'a> {
    input: &'a [u8],
    at: usize,
    nodes: Vec<Node<'a>>,
    /// `None`, `False`, `True` and the empty tuple, which take one node each.
    shared: [Option<Id>; 4],
    globals: Vec<Global<'a>>,
    stack: Vec<Id>,
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
}

impl<'a> Machine<'a> {
    /// Runs one opcode. Returns `true` if it was the last.
    fn step(&mut self) -> Result<bool, ValueError> {
        match self.byte()? {
            b'.' => return Ok(true),
            // PROTO and FRAME.
            0x80 => {
                if self.byte()? > 5 {
                    return Err(NEWER);
                }
            }
            0x95 => {
                if self.length(8)? > self.input.len() - self.at {
                    return Err(CUT_OFF);
                }
            }
            opcode @ (b'(' | b'0' | b'1' | b'2') => self.arrange(opcode)?,
            opcode @ (b'N' | 0x88 | 0x89 | b'I' | b'L' | b'F' | b'K' | b'M' | b'J' | b'G'
            | 0x8a | 0x8b) => self.scalar(opcode)?,
            opcode @ (b'S' | b'V' | b'U' | b'T' | b'X' | b'C' | b'B' | 0x8c | 0x8d | 0x8e
            | 0x96) => self.text(opcode)?,
            opcode @ (b']' | b'}' | b')' | 0x8f | b'l' | b't' | b'd' | 0x91 | 0x85..=0x87) => {
                self.container(opcode)?;
            }
            opcode @ (b'a' | b's' | b'e' | b'u' | 0x90) => self.fill(opcode)?,
            opcode @ (b'p' | b'q' | b'r' | 0x94 | b'g' | b'h' | b'j') => self.memoize(opcode)?,
            opcode @ (b'c' | 0x93) => self.import(opcode)?,
            opcode @ (b'R' | b'b' | b'i' | b'o' | 0x81 | 0x92) => self.object(opcode)?,
            opcode @ (b'P' | b'Q' | 0x82..=0x84 | 0x97 | 0x98) => self.outside(opcode)?,
            _ => return Err(BROKEN),
        }
        Ok(false)
    }

    /// MARK, POP, POP_MARK and DUP.
    fn arrange(&mut self, opcode: u8) -> Result<(), ValueError> {
        match opcode {
            b'(' if self.marks.len() >= MAX_DEPTH as usize => {
                return Err(ValueError::limit(TOO_DEEP));
            }
            b'(' => self.marks.push(self.stack.len()),
            // Python pops a tuple that contains itself, and its mark, by POP alone.
            b'0' if self.marks.last() == Some(&self.stack.len()) => drop(self.marks.pop()),
            b'0' => {
                let popped = self.pop()?;
                self.refuse_state_of(popped);
            }
            b'1' => drop(self.pop_mark()?),
            _ => self.stack.push(self.top()?),
        }
        Ok(())
    }

    /// Refuses the instance whose state a popped call sets. Python 3.8 and later write
    /// `setter(instance, state)` above the instance, and pop the result.
    fn refuse_state_of(&mut self, popped: Id) {
        const SETTER: &str = "an instance whose state a function sets";
        let (Node::Object(call), Ok(top)) = (&self.nodes[popped as usize], self.top()) else {
            return;
        };
        let is_setter = call.make == Make::Call
            && matches!(
                &self.nodes[call.arguments as usize],
                Node::Items(Kind::Tuple, arguments) if matches!(arguments[..], [it, _] if it == top)
            );
        if is_setter && matches!(self.nodes[top as usize], Node::Object(_)) {
            self.nodes[top as usize] = Node::Refused(SETTER);
        }
    }

    fn scalar(&mut self, opcode: u8) -> Result<(), ValueError> {
        let node = match opcode {
            b'N' => Node::None,
            0x88 | 0x89 => Node::Bool(opcode == 0x88),
            b'I' => match self.line()? {
                b"00" => Node::Bool(false),
                b"01" => Node::Bool(true),
                digits => Node::Digits(digits),
            },
            b'L' => {
                let digits = self.line()?;
                Node::Digits(digits.strip_suffix(b"L").unwrap_or(digits))
            }
            b'F' => {
                let text = str::from_utf8(self.line()?).map_err(|_| BROKEN)?;
                Node::Float(text.parse().map_err(|_| BROKEN)?)
            }
            b'K' => Node::Int(self.byte()?.into()),
            b'M' => Node::Int(u16::from_le_bytes(self.array()?).into()),
            b'J' => Node::Int(i32::from_le_bytes(self.array()?).into()),
            b'G' => Node::Float(f64::from_be_bytes(self.array()?)),
            0x8a => Node::Long(self.counted(1)?),
            _ => Node::Long(self.counted(4)?),
        };
        self.push(node)
    }

    fn text(&mut self, opcode: u8) -> Result<(), ValueError> {
        let node = match opcode {
            b'S' => {
                let line = self.line()?;
                let quote = *line.first().filter(|byte| b"'\"".contains(byte)).ok_or(BROKEN)?;
                let inner = line[1..].strip_suffix(&[quote]).ok_or(BROKEN)?;
                Node::Quoted(inner)
            }
            b'V' => Node::Escaped(self.line()?),
            b'U' => Node::Old(self.counted(1)?),
            b'T' => Node::Old(self.counted(4)?),
            b'C' => Node::Bytes(self.counted(1)?),
            b'B' => Node::Bytes(self.counted(4)?),
            0x8e | 0x96 => Node::Bytes(self.counted(8)?),
            0x8c => Node::Text(self.counted(1)?),
            b'X' => Node::Text(self.counted(4)?),
            _ => Node::Text(self.counted(8)?),
        };
        self.push(node)
    }

    fn container(&mut self, opcode: u8) -> Result<(), ValueError> {
        let kind = match opcode {
            b']' | b'l' => Kind::List,
            b'}' | b'd' => Kind::Dict,
            0x8f => Kind::Set,
            0x91 => Kind::FrozenSet,
            _ => Kind::Tuple,
        };
        let parts = match opcode {
            b'l' | b't' | b'd' | 0x91 => self.pop_mark()?,
            0x85..=0x87 => self.pop_many(usize::from(opcode - 0x84))?,
            _ => Vec::new(),
        };
        if kind == Kind::Dict && parts.len() % 2 != 0 {
            return Err(BROKEN);
        }
        self.push(Node::Items(kind, parts))
    }

    fn fill(&mut self, opcode: u8) -> Result<(), ValueError> {
        let parts = match opcode {
            b'a' => self.pop_many(1)?,
            b's' => self.pop_many(2)?,
            _ => self.pop_mark()?,
        };
        let kind = match opcode {
            b'a' | b'e' => Kind::List,
            0x90 => Kind::Set,
            _ => Kind::Dict,
        };
        if kind == Kind::Dict && parts.len() % 2 != 0 {
            return Err(BROKEN);
        }
        let top = self.top()?;
        match (&mut self.nodes[top as usize], kind) {
            (Node::Items(is, inside), _) if *is == kind => inside.extend(parts),
            (Node::Object(object), Kind::List) => object.items.extend(parts),
            (Node::Object(object), Kind::Dict) => object.entries.extend(parts),
            _ => return Err(FILL),
        }
        Ok(())
    }

    fn memoize(&mut self, opcode: u8) -> Result<(), ValueError> {
        let name = match opcode {
            b'p' | b'g' => {
                let digits = str::from_utf8(self.line()?).map_err(|_| BROKEN)?;
                digits.parse().map_err(|_| BROKEN)?
            }
            b'q' | b'h' => self.byte()?.into(),
            b'r' | b'j' => u32::from_le_bytes(self.array()?),
            _ => self.memo.len() as u32,
        };
        if b"ghj".contains(&opcode) {
            self.stack.push(*self.memo.get(&name).ok_or(BROKEN)?);
        } else {
            let top = self.top()?;
            self.memo.insert(name, top);
        }
        Ok(())
    }

    fn import(&mut self, opcode: u8) -> Result<(), ValueError> {
        let (module, name) = if opcode == b'c' {
            (self.line()?, self.line()?)
        } else {
            let names = self.pop_many(2)?;
            match (&self.nodes[names[0] as usize], &self.nodes[names[1] as usize]) {
                (Node::Text(module), Node::Text(name)) => (*module, *name),
                _ => return Err(BROKEN),
            }
        };
        self.push_global(module, name)
    }

    fn push_global(&mut self, module: &'a [u8], name: &'a [u8]) -> Result<(), ValueError> {
        self.globals.push(Global::new(module, name));
        self.push(Node::Global(self.globals.len() as u32 - 1))
    }

    /// REDUCE, BUILD, INST, OBJ, NEWOBJ and NEWOBJ_EX.
    fn object(&mut self, opcode: u8) -> Result<(), ValueError> {
        let (make, class, arguments) = match opcode {
            b'b' => {
                let state = self.pop()?;
                let top = self.top()?;
                return match &mut self.nodes[top as usize] {
                    Node::Object(object) if object.state.is_none() => {
                        object.state = Some(state);
                        Ok(())
                    }
                    _ => Err(SET_STATE),
                };
            }
            // The classes of Python 2. Python calls the class if there are arguments.
            b'i' | b'o' => {
                let arguments = if opcode == b'i' {
                    let (module, name) = (self.line()?, self.line()?);
                    let arguments = self.pop_mark()?;
                    self.push_global(module, name)?;
                    arguments
                } else {
                    let mut values = self.pop_mark()?;
                    let class = if values.is_empty() { None } else { Some(values.remove(0)) };
                    self.stack.push(class.ok_or(BROKEN)?);
                    values
                };
                let make = if arguments.is_empty() { Make::New } else { Make::Call };
                self.push(Node::Items(Kind::Tuple, arguments))?;
                let both = self.pop_many(2)?;
                (make, both[0], both[1])
            }
            0x92 => {
                let all = self.pop_many(3)?;
                (Make::NewWithKeywords(all[2]), all[0], all[1])
            }
            _ => {
                let both = self.pop_many(2)?;
                (if opcode == b'R' { Make::Call } else { Make::New }, both[0], both[1])
            }
        };
        if !matches!(self.nodes[arguments as usize], Node::Items(Kind::Tuple, _)) {
            return Err(BROKEN);
        }
        let (items, entries) = (Vec::new(), Vec::new());
        let object = Object { make, class, arguments, state: None, items, entries };
        self.push(Node::Object(Box::new(object)))
    }

    /// The opcodes that take a value from outside of the pickle.
    fn outside(&mut self, opcode: u8) -> Result<(), ValueError> {
        const ID: &str = "a persistent id: the value itself is not in the pickle";
        const EXTENSION: &str =
            "an extension code: the class or function is named in Python's registry only";
        const BUFFER: &str = "an out-of-band buffer: its bytes are not in the pickle";
        let reason = match opcode {
            b'P' => {
                self.line()?;
                ID
            }
            b'Q' => {
                self.pop()?;
                ID
            }
            0x82..=0x84 => {
                self.take(1 << (opcode - 0x82))?;
                EXTENSION
            }
            0x97 => BUFFER,
            // READONLY_BUFFER leaves the buffer on the stack.
            _ => return self.top().map(drop),
        };
        self.push(Node::Refused(reason))
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], ValueError> {
        let end = self.at.checked_add(count).ok_or(CUT_OFF)?;
        let taken = self.input.get(self.at..end).ok_or(CUT_OFF)?;
        self.at = end;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, ValueError> {
        Ok(self.take(1)?[0])
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ValueError> {
        self.take(N)?.try_into().map_err(|_| CUT_OFF)
    }

    fn line(&mut self) -> Result<&'a [u8], ValueError> {
        let length = self.input[self.at..].iter().position(|byte| *byte == b'\n').ok_or(CUT_OFF)?;
        let line = self.take(length)?;
        self.at += 1;
        Ok(line)
    }

    /// Reads a little-endian length.
    fn length(&mut self, width: usize) -> Result<usize, ValueError> {
        let mut length = [0; 8];
        length[..width].copy_from_slice(self.take(width)?);
        usize::try_from(u64::from_le_bytes(length)).map_err(|_| CUT_OFF)
    }

    fn counted(&mut self, width: usize) -> Result<&'a [u8], ValueError> {
        let length = self.length(width)?;
        self.take(length)
    }

    fn push(&mut self, node: Node<'a>) -> Result<(), ValueError> {
        let shared = match &node {
            Node::None => Some(0),
            Node::Bool(value) => Some(1 + usize::from(*value)),
            Node::Items(Kind::Tuple, parts) if parts.is_empty() => Some(3),
            _ => None,
        };
        if let Some(id) = shared.and_then(|which| self.shared[which]) {
            self.stack.push(id);
            return Ok(());
        }
        // A tuple of one small integer has two nodes in three bytes. A higher share takes
        // hundreds of thousands of empty lists or nested tuples that no memo has.
        if self.nodes.len() >= (64 << 10) + self.input.len() / 3 * 2 {
            return Err(ValueError::limit(TOO_MANY));
        }
        let id = Id::try_from(self.nodes.len()).map_err(|_| BROKEN)?;
        if let Some(which) = shared {
            self.shared[which] = Some(id);
        }
        self.stack.push(id);
        self.nodes.push(node);
        Ok(())
    }

    fn pop(&mut self) -> Result<Id, ValueError> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    /// Returns the topmost value, which must be above the last mark.
    fn top(&self) -> Result<Id, ValueError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        self.stack[floor..].last().copied().ok_or(BROKEN)
    }

    /// Pops the topmost values above the last mark.
    fn pop_many(&mut self, count: usize) -> Result<Vec<Id>, ValueError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        let from =
            self.stack.len().checked_sub(count).filter(|from| *from >= floor).ok_or(BROKEN)?;
        // `split_off` could keep the capacity of the whole stack.
        Ok(self.stack.drain(from..).collect())
    }

    fn pop_mark(&mut self) -> Result<Vec<Id>, ValueError> {
        let from = self.marks.pop().ok_or(BROKEN)?;
        // `split_off` could keep the capacity of the whole stack.
        Ok(self.stack.drain(from..).collect())
    }
}
