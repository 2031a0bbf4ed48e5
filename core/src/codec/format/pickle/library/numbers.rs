//! Numbers as bytes: of `array.array`, and numpy's scalars.

use std::borrow::Cow;

use super::{Source, encoded_once};
use crate::codec::format::pickle::error::Error;
use crate::codec::format::pickle::globals::Known;
use crate::codec::format::pickle::node::{Id, Kind, Node, Object};
use crate::codec::format::pickle::text::Integer;
use crate::codec::format::pickle::view::View;

/// The numbers of an array.
#[derive(Debug)]
pub(in crate::codec::format::pickle) struct Numbers<'t> {
    bytes: Cow<'t, [u8]>,
    at: usize,
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

impl<'t> Numbers<'t> {
    fn new(bytes: Cow<'t, [u8]>, layout: Layout) -> Option<Self> {
        bytes.len().is_multiple_of(layout.size).then_some(Self { bytes, at: 0, layout })
    }

    pub(in crate::codec::format::pickle) fn len(&self) -> usize {
        (self.bytes.len() - self.at) / self.layout.size
    }

    pub(in crate::codec::format::pickle) fn next(&mut self) -> Option<Number> {
        let end = self.at + self.layout.size;
        let number = self.layout.read(self.bytes.get(self.at..end)?);
        self.at = end;
        Some(number)
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
    Numbers::new(Cow::Borrowed(bytes), Layout { kind, size, is_big_endian })
}

/// `numpy.core.multiarray.scalar(numpy.dtype("f8", …), bytes)`.
pub(super) fn numpy_scalar(source: Source<'_>, arguments: &[Id]) -> Option<Number> {
    let [dtype, bytes] = arguments else { return None };
    let layout = numpy_layout(source, *dtype)?;
    match layout.size {
        1 => source.exact_bytes::<1>(*bytes).map(|it| layout.read(&it)),
        2 => source.exact_bytes::<2>(*bytes).map(|it| layout.read(&it)),
        4 => source.exact_bytes::<4>(*bytes).map(|it| layout.read(&it)),
        _ => source.exact_bytes::<8>(*bytes).map(|it| layout.read(&it)),
    }
}

/// An array of one dimension. `numpy.core.multiarray._reconstruct(numpy.ndarray, (0,), b"b")`
/// makes an empty array, and its state is a version, the shape, the `dtype`, `False` and the
/// bytes.
pub(super) fn numpy_array<'t>(
    source: Source<'t>,
    object: &Object,
    arguments: &[Id],
) -> Result<Option<Numbers<'t>>, Error> {
    let class = arguments.first().map(|class| source.known(*class));
    let state = object.state.and_then(|state| source.tree.parts(state, Kind::Tuple));
    match state {
        Some([_, shape, dtype, _, bytes])
            if class == Some(Known::NumpyArray) && object.has_no_items() =>
        {
            numpy_numbers(source, *bytes, *dtype, *shape)
        }
        _ => Ok(None),
    }
}

/// The same in protocol 5: `numpy.core.numeric._frombuffer(bytes, dtype, shape, order)`.
pub(super) fn numpy_buffer<'t>(
    source: Source<'t>,
    arguments: &[Id],
) -> Result<Option<Numbers<'t>>, Error> {
    match arguments {
        [bytes, dtype, shape, _] => numpy_numbers(source, *bytes, *dtype, *shape),
        _ => Ok(None),
    }
}

fn numpy_numbers<'t>(
    source: Source<'t>,
    bytes: Id,
    dtype: Id,
    shape: Id,
) -> Result<Option<Numbers<'t>>, Error> {
    let length = match source.tree.parts(shape, Kind::Tuple) {
        Some([length]) => source.integer(*length).and_then(Integer::small),
        _ => None,
    };
    let (Some(length), Some(layout)) = (length, numpy_layout(source, dtype)) else {
        return Ok(None);
    };
    let bytes = match source.tree.node(bytes) {
        Node::Bytes(bytes) => Some(Cow::Borrowed(*bytes)),
        Node::Object(object) if source.is_call_of(object, Known::Encode) => {
            encoded_once(source, source.tuple(object.arguments)?)?
        }
        // Protocols 0 to 2 write empty bytes as `bytes()`.
        Node::Object(object) if source.is_call_of(object, Known::Bytes) => {
            source.tuple(object.arguments)?.is_empty().then_some(Cow::Borrowed(&[][..]))
        }
        _ => None,
    };
    let numbers = bytes.and_then(|bytes| Numbers::new(bytes, layout));
    Ok(numbers.filter(|numbers| i64::try_from(numbers.len()) == Ok(length)))
}

/// Returns the layout of a `numpy.dtype("f8", False, True)` with its state, of which the
/// second part is the order of bytes.
fn numpy_layout(source: Source<'_>, dtype: Id) -> Option<Layout> {
    let Node::Object(dtype) = source.tree.node(dtype) else { return None };
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
    Some(Layout { kind, size, is_big_endian })
}
