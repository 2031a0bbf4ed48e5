//! The source that has whatever a type asks for.

use serde::de::value::{Error as Refused, U32Deserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

use super::{BYTES, TEXTS, Trace, mix};

#[derive(Clone, Copy)]
pub(super) struct Probe<'a> {
    pub(super) trace: &'a Trace,
    pub(super) path: u32,
}

impl Probe<'_> {
    fn child(self, index: usize) -> Self {
        Self { path: mix(self.path, &index.to_le_bytes()), ..self }
    }

    fn fields(self, count: usize) -> Fields<Self> {
        Fields { probe: self, at: 0, count }
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $ty:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
            self.trace.ask(stringify!($ty))?;
            visitor.$visit(if self.trace.offer(self.path) == 0 { 1 as $ty } else { 0 as $ty })
        }
    )*};
}

macro_rules! leaves {
    ($($method:ident $visit:ident $kind:literal $offers:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
            self.trace.ask($kind)?;
            let offers = $offers;
            visitor.$visit(offers[self.trace.offer(self.path) % offers.len()].into())
        }
    )*};
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Refused;

    numbers! {
        deserialize_i8 visit_i8 i8; deserialize_i16 visit_i16 i16; deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64; deserialize_i128 visit_i128 i128; deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16; deserialize_u32 visit_u32 u32; deserialize_u64 visit_u64 u64;
        deserialize_u128 visit_u128 u128; deserialize_f32 visit_f32 f32; deserialize_f64 visit_f64 f64;
    }

    leaves! {
        deserialize_bool visit_bool "bool" [false, true];
        deserialize_char visit_char "char" ['a', '1'];
        deserialize_str visit_str "str" TEXTS;
        deserialize_string visit_string "str" TEXTS;
        deserialize_bytes visit_bytes "bytes" BYTES;
        deserialize_byte_buf visit_byte_buf "bytes" BYTES;
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    // Formats that need this to be known describe themselves.
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Refused> {
        self.trace.ask("any")?;
        let inside = self.trace.inside.borrow().clone();
        self.trace.any.borrow_mut().get_or_insert(inside);
        Err(Refused::custom("anything"))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_any(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.trace.ask("option")?;
        if self.trace.is_recursive() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self.child(0))
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.trace.ask("unit")?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.deserialize_unit(visitor)
    }

    // Nothing is stored for a newtype, so nothing is noted.
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.trace.within(name, || visitor.visit_newtype_struct(self))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.trace.ask("seq")?;
        let count = usize::from(!self.trace.is_recursive());
        visitor.visit_seq(self.fields(count))
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.trace.ask("tuple")?;
        self.trace.note(&len.to_le_bytes());
        visitor.visit_seq(self.fields(len))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.trace.within(name, || self.deserialize_tuple(len, visitor))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.trace.ask("map")?;
        let count = usize::from(!self.trace.is_recursive());
        visitor.visit_map(self.fields(count))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.trace.ask("struct")?;
        fields.iter().for_each(|field| self.trace.note(field.as_bytes()));
        self.trace.within(name, || visitor.visit_seq(self.fields(fields.len())))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.trace.ask("enum")?;
        variants.iter().for_each(|variant| self.trace.note(variant.as_bytes()));
        let follow = {
            let mut enums = self.trace.enums.borrow_mut();
            let known = enums.entry((name, variants)).or_default();
            known.variants = variants.len();
            if known.followed < known.variants {
                known.followed += 1;
                known.followed - 1
            } else {
                known.works
            }
        };
        let made = self.trace.within(name, || {
            visitor.visit_enum(Variant { probe: self.child(follow), index: follow })
        });
        if made.is_ok()
            && let Some(known) = self.trace.enums.borrow_mut().get_mut(&(name, variants))
        {
            known.works = follow;
        }
        made
    }
}

/// So many parts: elements, or pairs.
struct Fields<P> {
    probe: P,
    at: usize,
    count: usize,
}

impl<'a> Fields<Probe<'a>> {
    fn next(&mut self) -> Option<Probe<'a>> {
        self.at += 1;
        (self.at <= self.count).then(|| self.probe.child(self.at))
    }
}

impl<'de> SeqAccess<'de> for Fields<Probe<'_>> {
    type Error = Refused;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Refused> {
        self.next().map(|part| seed.deserialize(part)).transpose()
    }
}

impl<'de> MapAccess<'de> for Fields<Probe<'_>> {
    type Error = Refused;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Refused> {
        self.next().map(|part| seed.deserialize(part)).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Refused> {
        seed.deserialize(self.probe.child(0))
    }
}

struct Variant<'a> {
    probe: Probe<'a>,
    index: usize,
}

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = Refused;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Refused> {
        let index: U32Deserializer<Refused> = (self.index as u32).into_deserializer();
        Ok((seed.deserialize(index)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = Refused;

    fn unit_variant(self) -> Result<(), Refused> {
        self.probe.trace.ask("unit variant")
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Refused> {
        self.probe.trace.ask("newtype variant")?;
        seed.deserialize(self.probe)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Refused> {
        self.probe.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.probe.deserialize_struct("", fields, visitor)
    }
}
