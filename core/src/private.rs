//! The items that generated code uses. Not part of the public interface.

pub use core::assert;
pub use core::clone::Clone;
pub use core::default::Default;
pub use core::marker::PhantomData;
pub use core::option::Option;
pub use core::primitive::{i128, str, u8, u16, usize};
pub use core::result::Result::{Err, Ok};
pub use std::io::Write;
pub use std::vec::Vec;

pub use crate::blob::{Blob, BlobModel, BlobVersions, NoFields};
pub use crate::codec::{BlobFormat, Codec, Envelope};
pub use crate::error::{Result, ValueError};
pub use crate::field::{
    AsDisplay, AsDisplayOption, BoolAs, BoolTexts, DefaultPath, EmptyAsNone, Encoded, Field,
    FieldType, FractionalSeconds, MayExpire, Millis, NoneAs, NoneText, NotANumber, Plain, Presence,
    RedisFields, Required, Revision, Seconds, Unix, WithDefault,
};
pub use crate::hash::{Hash, HashModel, SchemaVersions};
pub use crate::key::{KeyPart, PartWriter};
pub use crate::model::{HasTtl, RedisModel, Stub};
pub use crate::schema::{Column, Columns, FlatColumns, FlatNames, KeyPartType, Schema, Visitor};
pub use crate::structures::keys::{Group, GroupVisitor, RedisKeys};
pub use crate::structures::{Structure, UntypedId};
pub use crate::value::RedisValue;

use crate::field::FromPath;

/// The encoding of a field with `default = "path"`.
pub type DefaultFrom<Enc, F> = WithDefault<Enc, FromPath<F>>;

/// Returns the schema of a model without flattened structs.
pub const fn model(
    name: &'static str,
    key: &'static str,
    fields: &'static [&'static str],
) -> Schema {
    Schema::new(name, key, fields)
}

/// Returns the handle of the field at this position.
pub const fn at<M, V, Enc>(index: u16) -> Field<M, V, Enc> {
    Field::at(index)
}

impl Stub {
    /// The handles of a struct that cannot be flattened.
    pub const fn at(_: u16) -> Self {
        Self
    }
}

/// See `use_at` in the derive.
pub trait HandlesAt: Sized {
    /// Never called.
    fn at(at: u16) -> Self;
}

/// The functions that `derive(RedisValue)` and `derive(KeyPart)` call.
pub mod value {
    use std::io::Write;

    use crate::error::ValueError;
    use crate::value::{RedisValue, put};

    /// Reads an enum from a key.
    pub fn read_part<T: RedisValue>(text: &str) -> Result<T, ValueError> {
        T::read(text.as_bytes().to_vec())
    }

    /// Writes a variant's name.
    pub fn name<W: Write>(name: &str, out: &mut W) -> Result<(), ValueError> {
        put(out, name.as_bytes())
    }

    /// Writes a variant's number.
    pub fn number<W: Write>(number: i128, out: &mut W) -> Result<(), ValueError> {
        put(out, itoa::Buffer::new().format(number).as_bytes())
    }

    /// Reads a variant's number.
    pub fn read_number(bytes: &[u8]) -> Result<i128, ValueError> {
        let text = std::str::from_utf8(bytes).ok();
        text.and_then(|text| text.parse().ok()).ok_or(ValueError::new("not an integer"))
    }

    /// Returns the error for a stored text that is none of the variants.
    pub const fn unknown() -> ValueError {
        ValueError::new(
            "not a variant of the enum; give a variant of its own, or `#[redis(other)]`, to values of a newer program",
        )
    }
}
