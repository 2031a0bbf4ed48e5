//! The types that a field can have: the text that is stored, any bytes in place of it, and
//! random values through every way of reading a record.

mod bytes;
mod records;
mod text;

pub(crate) use records::{buffers, texts};
pub(crate) use text::{Answer, Colour, Level, Sku, Status};
