//! The form of an entry: pairs of field and value, as in a hash.

use std::marker::PhantomData;

use crate::codec::{Codec, Location};
use crate::error::{Error, ErrorKind, Result};
pub use crate::field::Encoded;
use crate::field::RedisFields;
use crate::hash::{MARKER, Row, at_field, check_options};
use crate::op::Reply;
use crate::redis_rs::value_of;
use crate::schema::visit::each_field_of;
use crate::schema::{FlatColumns, FlatNames, Schema};

/// The field of an entry that has one value.
const DATA: &str = "data";

/// The form in which a stream stores a `T`: [`Fields`] or [`Encoded`].
#[diagnostic::on_unimplemented(
    message = "`{T}` cannot be an entry of a stream as `{Self}`",
    label = "not an entry as `{Self}`",
    note = "`Fields`, the default, stores structs with `#[derive(redis_model::RedisFields)]`; `Stream<T, Encoded<Json>>` stores any type of a codec in one field"
)]
pub trait EntryFormat<T> {
    /// Returns the pairs of field and value.
    #[doc(hidden)]
    fn write(value: &T, at: &Location<'_>) -> Result<Vec<(&'static str, Vec<u8>)>>;

    #[doc(hidden)]
    fn read(pairs: Vec<(Reply, Reply)>, at: &Location<'_>) -> Result<T>;
}

/// Stores the fields of a struct that derives [`RedisFields`] as the fields of an entry.
///
/// A field that is `None` is left out, fields that the struct does not have are ignored, and
/// of a field that an entry has several times the last value counts. An entry without
/// any field, which Redis does not have, is stored with the field `_`.
///
/// The fields of an entry have no times to live: `#[redis(ttl = "…")]` on a field of such a
/// struct is a compile error where the stream is written or read.
///
/// ```compile_fail,E0080
/// use redis_model::structures::Stream;
/// use redis_model::{Operation, RedisFields};
///
/// #[derive(RedisFields)]
/// struct Login { user: u64, #[redis(ttl = "5m")] code: Option<u32> }
///
/// let logins = Stream::<Login>::at("logins");
/// assert!(logins.append(Login { user: 7, code: None }).explain().is_ok());
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Fields;

/// The fields of a struct that no model is around.
struct EntryOf<T>(PhantomData<T>);

impl<T: RedisFields> FlatColumns for EntryOf<T> {
    const NAMES: &'static FlatNames = &FlatNames::of_entry(T::COLUMNS);
}

impl<T: RedisFields> EntryOf<T> {
    const SCHEMA: &'static Schema = &Schema::flattened::<Self>("", "");
}

impl<T: RedisFields> EntryFormat<T> for Fields {
    fn write(value: &T, at: &Location<'_>) -> Result<Vec<(&'static str, Vec<u8>)>> {
        let schema = EntryOf::<T>::SCHEMA;
        let (mut pairs, mut error) = (Vec::with_capacity(schema.fields.len()), None);
        let mut names = schema.fields.iter();
        each_field_of(value, &mut |slot| {
            let Some(name) = names.next() else { return };
            match slot.encode(&at.with_field(name)).map_err(at_field(name)) {
                Ok(Some(bytes)) => pairs.push((*name, bytes)),
                Ok(None) => {}
                Err(wrong) => {
                    error.get_or_insert(wrong);
                }
            }
        });
        error.map_or(Ok(()), Err)?;
        check_options(schema, &|visit| {
            let mut position = 0..;
            each_field_of(value, &mut |slot| visit(position.next().unwrap_or_default(), slot));
        })?;
        if pairs.is_empty() {
            pairs.push((MARKER, Vec::new()));
        }
        Ok(pairs)
    }

    fn read(pairs: Vec<(Reply, Reply)>, at: &Location<'_>) -> Result<T> {
        let schema = EntryOf::<T>::SCHEMA;
        let names: Vec<&str> = schema.read_names().collect();
        let mut values = vec![None; names.len()];
        // Entries mostly have their fields in the order of the struct.
        let mut expected = 0;
        for (name, value) in pairs {
            let name = name.into_bytes()?.ok_or_else(Error::unexpected_reply)?;
            let is = |other: &&str| other.as_bytes() == name;
            let position = match names.get(expected) {
                Some(next) if is(next) => Some(expected),
                _ => names.iter().position(is),
            };
            if let Some(position) = position {
                values[position] = value.into_bytes()?;
                expected = position + 1;
            }
        }
        let values: Vec<_> = values.into_iter().map(value_of).collect();
        T::read(&mut Row::new(values.into_iter(), schema, *at)).map_err(of_entry)
    }
}

/// Replaces the text that a missing field has in a hash.
fn of_entry(error: Error) -> Error {
    match error.field() {
        Some(field) if error.is_missing_field() => missing().with_field(field.to_owned()),
        _ => error,
    }
}

fn missing() -> Error {
    Error::new(ErrorKind::MissingField, "missing in the entry")
}

/// Stores the whole value in the field `data`, by a codec. For another name of the field,
/// derive [`RedisFields`] for a struct with one field that has a codec.
impl<T, C: Codec<T>> EntryFormat<T> for Encoded<C> {
    fn write(value: &T, at: &Location<'_>) -> Result<Vec<(&'static str, Vec<u8>)>> {
        let mut bytes = Vec::new();
        C::encode_item(value, &at.with_field(DATA), &mut bytes).map_err(at_field(DATA))?;
        Ok(vec![(DATA, bytes)])
    }

    fn read(pairs: Vec<(Reply, Reply)>, at: &Location<'_>) -> Result<T> {
        let mut found = None;
        for (name, value) in pairs {
            if name.into_bytes()?.as_deref() == Some(DATA.as_bytes()) {
                found = value.into_bytes()?;
            }
        }
        let bytes = found.ok_or_else(|| missing().with_field(DATA))?;
        C::decode_item(bytes, &at.with_field(DATA)).map_err(at_field(DATA))
    }
}
