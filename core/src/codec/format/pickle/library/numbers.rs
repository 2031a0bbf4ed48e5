//! Numbers as bytes: of `array.array`, and numpy's scalars.

use std::borrow::Cow;

use super::Source;
use crate::codec::format::pickle::globals::Known;
use crate::codec::format::pickle::node::{Id, Kind, Node};
use crate::codec::format::pickle::text::Integer;
use crate::codec::format::pickle::view::View;

/// The numbers of an array.
#[derive(Debug, Clone, Copy)]
pub(in crate::codec::format::pickle) struct Numbers<'t> {
    bytes: &'t [u8],
    layout: Layout,
}

#[derive(Debug, Clone, Copy)]
pub(in crate::codec::format::pickle) enum Number {
    Bool(bool),
    Integer(i128),
    Float(f64),
}

#[derive(Debug, Clone, Copy)]
struct Layout {
    kind: Form,
    size: usize,
    is_big_endian: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    Bool,
    Unsigned,
    Signed,
    Float,
}

impl Number {
    pub(super) fn into_view<'t>(self) -> View<'t> {
        match self {
            Self::Bool(value) => View::Bool(value),
            Self::Integer(value) => View::Integer(Integer::Signed(value)),
            Self::Float(value) => View::Float(value),
        }
    }
}

impl Numbers<'_> {
    pub(in crate::codec::format::pickle) fn len(&self) -> usize {
        self.bytes.len() / self.layout.size
    }

    pub(in crate::codec::format::pickle) fn next(&mut self) -> Option<Number> {
        let (first, rest) = self.bytes.split_at_checked(self.layout.size)?;
        self.bytes = rest;
        Some(self.layout.read(first))
    }
}

impl Layout {
    /// Reads a number of up to eight bytes.
    fn read(self, bytes: &[u8]) -> Number {
        let mut wide = [0; 8];
        wide[..bytes.len()].copy_from_slice(bytes);
        if self.is_big_endian {
            wide[..bytes.len()].reverse();
        }
        let value = u64::from_le_bytes(wide);
        match (self.kind, self.size) {
            (Form::Bool, _) => Number::Bool(value != 0),
            (Form::Unsigned, _) => Number::Integer(value.into()),
            (Form::Float, 4) => Number::Float(f32::from_bits(value as u32).into()),
            (Form::Float, _) => Number::Float(f64::from_bits(value)),
            (Form::Signed, size) => {
                let unused = 64 - 8 * size as u32;
                Number::Integer(((value << unused) as i64 >> unused).into())
            }
        }
    }
}

/// `array._array_reconstructor(array.array, code, format, bytes)`.
pub(super) fn array<'t>(source: Source<'t>, arguments: &[Id]) -> Option<Numbers<'t>> {
    let [class, _, format, bytes] = arguments else { return None };
    if source.known(*class) != Known::Array {
        return None;
    }
    let format = source.integer(*format)?.small()?;
    let (kind, size) = match format {
        0 => (Form::Unsigned, 1),
        1 => (Form::Signed, 1),
        2 | 3 => (Form::Unsigned, 2),
        4 | 5 => (Form::Signed, 2),
        6 | 7 => (Form::Unsigned, 4),
        8 | 9 => (Form::Signed, 4),
        10 | 11 => (Form::Unsigned, 8),
        12 | 13 => (Form::Signed, 8),
        14 | 15 => (Form::Float, 4),
        16 | 17 => (Form::Float, 8),
        _ => return None,
    };
    let Node::Bytes(bytes) = source.tree.node(*bytes) else { return None };
    let is_big_endian = format > 1 && format % 2 == 1;
    (bytes.len() % size == 0)
        .then_some(Numbers { bytes, layout: Layout { kind, size, is_big_endian } })
}

/// `numpy.core.multiarray.scalar(numpy.dtype("f8", …), bytes)`.
pub(super) fn numpy_scalar(source: Source<'_>, arguments: &[Id]) -> Option<Number> {
    let [dtype, bytes] = arguments else { return None };
    let Node::Object(dtype) = source.tree.node(*dtype) else { return None };
    if source.known(dtype.class) != Known::NumpyType || !dtype.has_no_items() {
        return None;
    }
    let name = source.tree.parts(dtype.arguments, Kind::Tuple)?.first()?;
    let order = match source.tree.parts(dtype.state?, Kind::Tuple)? {
        [_, order, ..] => source.short_text(*order, 1)?,
        _ => return None,
    };
    let name: Cow<'_, str> = source.short_text(*name, 2)?;
    let (kind, size) = match &*name {
        "b1" => (Form::Bool, 1),
        "i1" => (Form::Signed, 1),
        "i2" => (Form::Signed, 2),
        "i4" => (Form::Signed, 4),
        "i8" => (Form::Signed, 8),
        "u1" => (Form::Unsigned, 1),
        "u2" => (Form::Unsigned, 2),
        "u4" => (Form::Unsigned, 4),
        "u8" => (Form::Unsigned, 8),
        "f4" => (Form::Float, 4),
        "f8" => (Form::Float, 8),
        _ => return None,
    };
    let is_big_endian = match &*order {
        "<" | "|" => false,
        ">" => true,
        _ => return None,
    };
    let layout = Layout { kind, size, is_big_endian };
    match size {
        1 => source.exact_bytes::<1>(*bytes).map(|it| layout.read(&it)),
        2 => source.exact_bytes::<2>(*bytes).map(|it| layout.read(&it)),
        4 => source.exact_bytes::<4>(*bytes).map(|it| layout.read(&it)),
        _ => source.exact_bytes::<8>(*bytes).map(|it| layout.read(&it)),
    }
}
