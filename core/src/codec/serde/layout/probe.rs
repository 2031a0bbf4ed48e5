//! The input that answers every call of a type with a sample.

use serde::de::value::{Error as Refused, MapDeserializer, SeqDeserializer, U32Deserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, VariantAccess, Visitor,
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

    /// Returns this many elements of a list or a struct.
    fn visit_seq<'de, V: Visitor<'de>>(
        self,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        visitor.visit_seq(SeqDeserializer::new((1..=count).map(|at| self.child(at))))
    }

    /// Returns 1 for the number of elements in a list or map, or 0 in a recursive type.
    fn length(self) -> usize {
        usize::from(!self.trace.is_recursive())
    }
}

impl<'a> IntoDeserializer<'_, Refused> for Probe<'a> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $ty:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
            self.trace.call(stringify!($ty))?;
            visitor.$visit(if self.trace.sample(self.path) == 0 { 1 as $ty } else { 0 as $ty })
        }
    )*};
}

macro_rules! leaves {
    ($($method:ident $visit:ident $kind:literal $samples:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
            self.trace.call($kind)?;
            let samples = $samples;
            visitor.$visit(samples[self.trace.sample(self.path) % samples.len()].into())
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

    // Only formats with names can answer this call.
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Refused> {
        self.trace.call("any")?;
        let open = self.trace.open.borrow().clone();
        self.trace.any.borrow_mut().get_or_insert(open);
        Err(Refused::custom("anything"))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_any(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.trace.call("option")?;
        if self.trace.is_recursive() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self.child(0))
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.trace.call("unit")?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.deserialize_unit(visitor)
    }

    // A newtype adds nothing to the stored bytes, so it adds nothing to the hash.
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.trace.within(name, || visitor.visit_newtype_struct(self))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.trace.call("seq")?;
        self.visit_seq(self.length(), visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.trace.call("tuple")?;
        self.trace.note(&len.to_le_bytes());
        self.visit_seq(len, visitor)
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
        self.trace.call("map")?;
        let pairs = (1..=self.length()).map(|at| (self.child(at), self.child(0)));
        visitor.visit_map(MapDeserializer::new(pairs))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.trace.call("struct")?;
        fields.iter().for_each(|field| self.trace.note(field.as_bytes()));
        self.trace.within(name, || self.visit_seq(fields.len(), visitor))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.trace.call("enum")?;
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
        self.probe.trace.call("unit variant")
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Refused> {
        self.probe.trace.call("newtype variant")?;
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
