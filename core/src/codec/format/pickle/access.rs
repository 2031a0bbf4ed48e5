//! The parts of sequences, maps and enums.

use serde::de::{
    DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::de::{Reading, Value};
use super::error::{Error, Step, another_shape};
use super::library::{Number, Numbers};
use super::node::Id;
use super::view::{View, Want};

pub(super) struct Elements<'r, 't> {
    reading: &'r Reading<'t>,
    rest: [&'t [Id]; 2],
    index: usize,
}

impl<'r, 't> Elements<'r, 't> {
    pub(super) fn new(reading: &'r Reading<'t>, first: &'t [Id], second: &'t [Id]) -> Self {
        Self { reading, rest: [first, second], index: 0 }
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
        let value = Value { reading: self.reading, id: next[0] };
        let step = Step::Index(self.index);
        self.index += 1;
        seed.deserialize(value).map(Some).map_err(|error| error.inside(step))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest[0].len() + self.rest[1].len())
    }
}

pub(super) struct Entries<'r, 't> {
    reading: &'r Reading<'t>,
    rest: [&'t [Id]; 2],
    fields: Option<&'static [&'static str]>,
    value: Option<(Id, Step)>,
}

impl<'r, 't> Entries<'r, 't> {
    pub(super) fn new(reading: &'r Reading<'t>, first: &'t [Id], second: &'t [Id]) -> Self {
        Self { reading, rest: [first, second], fields: None, value: None }
    }

    /// Skips keys that are no text, which cannot be the name of a field. Serde would take
    /// an integer for the position of one.
    pub(super) fn of_struct(self, fields: &'static [&'static str]) -> Self {
        Self { fields: Some(fields), ..self }
    }

    fn next_entry(&mut self) -> Result<Option<(Id, Id, Step)>, Error> {
        while let Some(entry) = take(&mut self.rest, 2) {
            self.reading.count_element()?;
            let (key, value) = (entry[0], entry[1]);
            let Some(fields) = self.fields else { return Ok(Some((key, value, Step::Entry))) };
            let Ok((_, View::Text(text))) = self.reading.source.view(key, Want::Scalar) else {
                continue;
            };
            let field = fields.iter().find(|field| **field == text);
            return Ok(Some((key, value, field.map_or(Step::Entry, |it| Step::Field(it)))));
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
        let Some((key, value, step)) = self.next_entry()? else { return Ok(None) };
        self.value = Some((value, step));
        let key = Value { reading: self.reading, id: key };
        seed.deserialize(key).map(Some).map_err(|error| error.inside(Step::Entry))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let (id, step) = self.value.take().ok_or_else(|| another_shape("a key without a value"))?;
        let value = Value { reading: self.reading, id };
        seed.deserialize(value).map_err(|error| error.inside(step))
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
            return Err(another_shape("a value that names no variant of the enum"));
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
            _ => Err(another_shape("a value in a variant without any")),
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
