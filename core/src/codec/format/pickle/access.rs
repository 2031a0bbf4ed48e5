//! The parts of sequences, maps and enums.

use serde::de::{
    DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::de::{Reading, Value};
use super::error::{Error, SHAPE};
use super::library::{Number, Numbers};
use super::node::Id;
use super::view::{View, Want};

pub(super) struct Elements<'r, 't> {
    reading: &'r Reading<'t>,
    rest: [&'t [Id]; 2],
}

impl<'r, 't> Elements<'r, 't> {
    pub(super) fn new(reading: &'r Reading<'t>, first: &'t [Id], second: &'t [Id]) -> Self {
        Self { reading, rest: [first, second] }
    }
}

/// Takes this many parts of the first slice that has any.
fn take<'t>(rest: &mut [&'t [Id]; 2], count: usize) -> Option<&'t [Id]> {
    let slice = rest.iter_mut().find(|slice| slice.len() >= count)?;
    let (first, others) = slice.split_at(count);
    *slice = others;
    Some(first)
}

impl<'de> SeqAccess<'de> for Elements<'_, '_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        let Some(next) = take(&mut self.rest, 1) else { return Ok(None) };
        self.reading.count_element()?;
        seed.deserialize(Value { reading: self.reading, id: next[0] }).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest[0].len() + self.rest[1].len())
    }
}

pub(super) struct Entries<'r, 't> {
    reading: &'r Reading<'t>,
    rest: [&'t [Id]; 2],
    is_struct: bool,
    value: Option<Id>,
}

impl<'r, 't> Entries<'r, 't> {
    pub(super) fn new(reading: &'r Reading<'t>, first: &'t [Id], second: &'t [Id]) -> Self {
        Self { reading, rest: [first, second], is_struct: false, value: None }
    }

    /// Skips keys that are no text, which cannot be the name of a field. Serde would take
    /// an integer for the position of one.
    pub(super) fn of_struct(self) -> Self {
        Self { is_struct: true, ..self }
    }

    fn next_entry(&mut self) -> Result<Option<(Id, Id)>, Error> {
        while let Some(entry) = take(&mut self.rest, 2) {
            self.reading.count_element()?;
            let (key, value) = (entry[0], entry[1]);
            let is_text =
                || matches!(self.reading.source.view(key, Want::Scalar), Ok((_, View::Text(_))));
            if !self.is_struct || is_text() {
                return Ok(Some((key, value)));
            }
        }
        Ok(None)
    }
}

impl<'de> MapAccess<'de> for Entries<'_, '_> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        let Some((key, value)) = self.next_entry()? else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(Value { reading: self.reading, id: key }).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let id = self.value.take().ok_or_else(|| Error::new(SHAPE))?;
        seed.deserialize(Value { reading: self.reading, id })
    }

    fn size_hint(&self) -> Option<usize> {
        Some((self.rest[0].len() + self.rest[1].len()) / 2)
    }
}

pub(super) struct NumberElements<'r, 't> {
    pub(super) reading: &'r Reading<'t>,
    pub(super) numbers: Numbers<'t>,
}

impl<'de> SeqAccess<'de> for NumberElements<'_, '_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        let Some(number) = self.numbers.next() else { return Ok(None) };
        self.reading.count_element()?;
        match number {
            Number::Bool(value) => seed.deserialize(value.into_deserializer()),
            Number::Float(value) => seed.deserialize(value.into_deserializer()),
            Number::Integer(value) => match u64::try_from(value) {
                Ok(value) => seed.deserialize(value.into_deserializer()),
                Err(_) => seed.deserialize((value as i64).into_deserializer()),
            },
        }
        .map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.numbers.len())
    }
}

/// Returns the error for a value that names no variant of the enum.
pub(super) fn no_variant() -> Error {
    serde::de::Error::unknown_variant("", &[])
}

pub(super) struct Variant<'r, 't> {
    pub(super) reading: &'r Reading<'t>,
    pub(super) name: Id,
    pub(super) value: Id,
}

impl<'de, 'r, 't> EnumAccess<'de> for Variant<'r, 't> {
    type Error = Error;
    type Variant = Value<'r, 't>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Value<'r, 't>), Error> {
        let name = Value { reading: self.reading, id: self.name };
        // Serde would take an integer for the position of a variant.
        if !matches!(self.reading.source.view(self.name, Want::Scalar), Ok((_, View::Text(_)))) {
            return Err(no_variant());
        }
        let variant = seed.deserialize(name)?;
        Ok((variant, Value { reading: self.reading, id: self.value }))
    }
}

impl<'de> VariantAccess<'de> for Value<'_, '_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.reading.source.view(self.id, Want::Any)? {
            (_, View::None) => Ok(()),
            _ => Err(Error::new(SHAPE)),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        serde::Deserializer::deserialize_tuple(self, len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        serde::Deserializer::deserialize_struct(self, "", fields, visitor)
    }
}
