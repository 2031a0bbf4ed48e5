//! Ids: the values of a key's placeholders.

use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;

use super::part::{is_special, unescape};
use super::{Key, KeyPart, PartWriter, Segment, Segments, Template};
use crate::arguments::for_each_text;
use crate::error::ValueError;

/// The id of a model: one [`KeyPart`], a tuple of up to twelve in the key's order, or
/// `()` for a model with one record.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a Redis key",
    label = "named in the key, but it has no text form for keys",
    note = "integers, `NonZero` types, `bool`, `char`, strings, IP addresses and, with their features, UUIDs and dates can; to an enum without data or a newtype add `#[derive(redis_model::KeyPart)]`"
)]
pub trait ModelId: Clone + Send + Sync + IntoId<Self> + 'static {
    #[doc(hidden)]
    fn write_parts(&self, key: &mut KeyWriter<'_>);

    /// Writes the part at this position. `part` has the type of that position, which the
    /// caller knows as `Any` only: with a `KeyPart` bound there, a type without the trait
    /// would be reported twice.
    #[doc(hidden)]
    fn write_part(at: usize, part: &dyn Any, key: &mut KeyWriter<'_>);

    #[doc(hidden)]
    fn read_parts(key: &mut KeyReader<'_>) -> Result<Self, ValueError>;
}

/// A value that converts to an id: the id itself, a reference to it, or a tuple of these or a
/// reference to one.
///
/// For text (`String`, `Box<str>`, `Arc<str>`, `Cow<'static, str>`) it is any of these
/// types, a reference to one, `&str`, `&&str` or, for the first three, `Cow<'_, str>`. So a list
/// of ids may be a `&Vec<String>`, a `&[&str]` or a `&[(String, u32)]`.
///
/// ```
/// # use redis_model::RedisModel;
/// #[derive(RedisModel)]
/// #[redis(key = "tenant:{tenant}:member:{number}")]
/// struct Member { tenant: String, number: u32, name: String }
///
/// assert_eq!(Member::key(("acme", 7)), "tenant:acme:member:7");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an id of this model, which is `{Id}`",
    label = "expected `{Id}`",
    note = "a model's id has the types of the fields that its key names, in the key's order"
)]
pub trait IntoId<Id> {
    /// Returns the id.
    fn into_id(self) -> Id;
}

/// Writes a key, segment by segment.
#[doc(hidden)]
#[derive(Debug)]
pub struct KeyWriter<'a> {
    segments: Segments,
    out: &'a mut String,
}

impl<'a> KeyWriter<'a> {
    pub(crate) fn new(template: Template, out: &'a mut String) -> Self {
        Self { segments: template.segments(), out }
    }

    pub(crate) fn part(&mut self, part: &impl KeyPart) {
        let raw = self.literal();
        part.write_part(&mut PartWriter::new(self.out, raw));
    }

    /// Writes the literal text up to the next placeholder. Returns `true` if that is raw.
    fn literal(&mut self) -> bool {
        for segment in self.segments.by_ref() {
            match segment {
                Segment::Literal(text) => self.out.push_str(text),
                Segment::Placeholder { raw, .. } => return raw,
            }
        }
        false
    }

    fn any_part<P: KeyPart>(&mut self, part: &dyn Any) {
        if let Some(part) = part.downcast_ref::<P>() {
            self.part(part);
        }
    }

    pub(crate) fn finish(mut self) {
        self.literal();
    }
}

/// Reads a key, segment by segment.
#[doc(hidden)]
#[derive(Debug)]
pub struct KeyReader<'a> {
    segments: Segments,
    rest: &'a str,
    /// The number of parts until the one whose end is noted.
    watched: usize,
    /// The length of the rest behind that part.
    rest_behind: Option<usize>,
}

const FOREIGN: ValueError = ValueError::new("not a key of this model");

impl<'a> KeyReader<'a> {
    /// Reads the literal text up to the next placeholder. Returns `true` if that is raw.
    fn literal(&mut self) -> Result<bool, ValueError> {
        for segment in self.segments.by_ref() {
            match segment {
                Segment::Literal(text) => {
                    self.rest = self.rest.strip_prefix(text).ok_or(FOREIGN)?
                }
                Segment::Placeholder { raw, .. } => return Ok(raw),
            }
        }
        Ok(false)
    }

    fn part<P: KeyPart>(&mut self) -> Result<P, ValueError> {
        let raw = self.literal()?;
        let end = if raw { self.raw_end() } else { self.rest.find(ends_part) };
        let (text, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        if self.watched > 0 {
            self.watched -= 1;
            self.rest_behind = Some(rest.len());
        }
        if raw { P::read_part(text) } else { P::read_part(&unescape(text).ok_or(FOREIGN)?) }
    }

    /// Returns the length of a raw part. A raw part may contain any text, so the segments
    /// after it are matched from the end of the key.
    fn raw_end(&self) -> Option<usize> {
        let after: Vec<_> = self.segments.clone().collect();
        let raw = after.iter().rev().try_fold(self.rest, |rest, segment| match segment {
            Segment::Literal(text) => rest.strip_suffix(text),
            Segment::Placeholder { .. } => Some(rest.trim_end_matches(|c| !ends_part(c))),
        });
        raw.map(str::len)
    }
}

/// Returns `true` for characters that an escaped part does not contain.
fn ends_part(c: char) -> bool {
    c != '%' && u8::try_from(c).is_ok_and(is_special)
}

/// Returns the key of an id.
pub(crate) fn write<Id: ModelId>(template: Template, id: &Id) -> Key {
    Key::build(template, |mut writer| {
        id.write_parts(&mut writer);
        writer.finish();
    })
}

/// A part of a key without its type.
pub(crate) struct ErasedPart<'a> {
    /// `None` if there is no record.
    pub(crate) value: Option<&'a dyn Any>,
    pub(crate) type_name: &'static str,
    pub(crate) write: WritePart,
}

/// [`ModelId::write_part`] of the model's id.
pub(crate) type WritePart = fn(usize, &dyn Any, &mut KeyWriter<'_>);

pub(crate) type VisitPart<'v> = dyn FnMut(ErasedPart<'_>) + 'v;

/// Returns the key of a record, whose parts `each` visits in the key's order.
pub(crate) fn write_parts(template: Template, each: impl FnOnce(&mut VisitPart<'_>)) -> Key {
    Key::build(template, |mut writer| {
        let mut at = 0;
        each(&mut |part| {
            if let Some(value) = part.value {
                (part.write)(at, value, &mut writer);
            }
            at += 1;
        });
        writer.finish();
    })
}

/// Returns the id of a key.
///
/// # Errors
///
/// If the key is not one of the template.
pub(crate) fn read<Id: ModelId>(template: Template, key: &str) -> Result<Id, ValueError> {
    read_watching(template, key, 0).map(|(id, _)| id)
}

/// Returns the id of a key, and the position in the key at which the first `parts` of its parts
/// end.
pub(super) fn read_watching<Id: ModelId>(
    template: Template,
    key: &str,
    parts: usize,
) -> Result<(Id, usize), ValueError> {
    let segments = template.segments();
    let mut reader = KeyReader { segments, rest: key, watched: parts, rest_behind: None };
    let id = Id::read_parts(&mut reader)?;
    reader.literal()?;
    // A number has many forms, such as `007`, but a record has one key.
    let is_whole = reader.rest.is_empty() && write(template, &id) == key;
    let end = reader.rest_behind.map_or(0, |rest| key.len() - rest);
    if is_whole { Ok((id, end)) } else { Err(FOREIGN) }
}

#[diagnostic::do_not_recommend]
impl<P: KeyPart + Clone> ModelId for P {
    fn write_parts(&self, key: &mut KeyWriter<'_>) {
        key.part(self);
    }

    fn write_part(_: usize, part: &dyn Any, key: &mut KeyWriter<'_>) {
        key.any_part::<P>(part);
    }

    fn read_parts(key: &mut KeyReader<'_>) -> Result<Self, ValueError> {
        key.part()
    }
}

impl<P: KeyPart> IntoId<P> for P {
    fn into_id(self) -> P {
        self
    }
}

impl<P: KeyPart + Clone> IntoId<P> for &P {
    fn into_id(self) -> P {
        self.clone()
    }
}

/// Text of any type, for an id that is text.
macro_rules! text_ids {
    ($($owned:ty: $($given:ty),*;)*) => {$($(
        impl IntoId<$owned> for $given {
            fn into_id(self) -> $owned {
                AsRef::<str>::as_ref(&self).to_owned().into()
            }
        }
    )*)*};
}

for_each_text!(text_ids);

/// The id of a model with one record.
#[diagnostic::do_not_recommend]
impl ModelId for () {
    fn write_parts(&self, _: &mut KeyWriter<'_>) {}

    fn write_part(_: usize, _: &dyn Any, _: &mut KeyWriter<'_>) {}

    fn read_parts(_: &mut KeyReader<'_>) -> Result<Self, ValueError> {
        Ok(())
    }
}

impl IntoId<()> for () {
    fn into_id(self) {}
}

/// Implements the traits for a tuple, then for the tuple without its first part.
macro_rules! tuples {
    ($last:ident $given:ident) => {};
    ($first:ident $first_given:ident $(, $part:ident $given:ident)*) => {
        tuples!(@impl $first $first_given $(, $part $given)*);
        tuples!($($part $given),*);
    };
    (@impl $($part:ident $given:ident),*) => {
        #[diagnostic::do_not_recommend]
        #[allow(non_snake_case)]
        impl<$($part: KeyPart + Clone),*> ModelId for ($($part,)*) {
            fn write_parts(&self, key: &mut KeyWriter<'_>) {
                let ($($part,)*) = self;
                $(key.part($part);)*
            }

            fn write_part(at: usize, part: &dyn Any, key: &mut KeyWriter<'_>) {
                let parts = [$(KeyWriter::any_part::<$part>),*];
                parts[at](key, part);
            }

            fn read_parts(key: &mut KeyReader<'_>) -> Result<Self, ValueError> {
                Ok(($(key.part::<$part>()?,)*))
            }
        }

        #[allow(non_snake_case)]
        impl<$($part, $given: IntoId<$part>),*> IntoId<($($part,)*)> for ($($given,)*) {
            fn into_id(self) -> ($($part,)*) {
                let ($($part,)*) = self;
                ($($part.into_id(),)*)
            }
        }

        #[diagnostic::do_not_recommend]
        #[allow(non_snake_case)]
        impl<'a, $($part, $given),*> IntoId<($($part,)*)> for &'a ($($given,)*)
        where
            $(&'a $given: IntoId<$part>),*
        {
            fn into_id(self) -> ($($part,)*) {
                let ($($part,)*) = self;
                ($($part.into_id(),)*)
            }
        }
    };
}

tuples!(A A1, B B1, C C1, D D1, E E1, F F1, G G1, H H1, I I1, J J1, K K1, L L1);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MEMBER: Template = Template("tenant:{tenant}:{{member}}:{number}:x");

    #[test]
    fn a_foreign_key_is_refused() {
        for key in [
            "",
            "tenant:a",
            "tenant:a:{member}:7",
            "tenant:a:{member}:7:xy",
            "tenant:a:b:{member}:7:x",
            "tenant:a:{member}:y:x",
            "tenant:a:{member}:07:x",
            "tenant:a:{member}:+7:x",
            "tenant:%61:{member}:7:x",
            "tenant:a%3ab:{member}:7:x",
        ] {
            assert!(read::<(String, u32)>(MEMBER, key).is_err(), "{key}");
        }
    }

    #[test]
    fn a_key_has_up_to_twelve_parts() {
        let template = Template("{a}{{{b}:{c}:{d}:{e}:{f}:{g}:{h}:{i}:{j}:{k}:{l}");
        let id: (u8, String, u8, u8, u8, u8, u8, u8, u8, u8, u8, bool) =
            (1, "a:b", 3, 4, 5, 6, 7, 8, 9, 10, 11, true).into_id();
        let key = write(template, &id);
        assert_eq!(key, "1{a%3Ab:3:4:5:6:7:8:9:10:11:true");
        assert_eq!(read(template, &key), Ok(id));
    }

    #[test]
    fn a_raw_part_keeps_its_colons() {
        let file = Template("file:{path:raw}:meta");
        let key = write(file, &"a:b/{c}".to_owned());
        assert_eq!(key, "file:a:b/{c}:meta");
        assert_eq!(read::<String>(file, &key).unwrap(), "a:b/{c}");
    }

    proptest! {
        #[test]
        fn a_key_parses_back_to_its_id(tenant in any::<String>(), number in any::<u32>()) {
            let key = write(MEMBER, &(tenant.clone(), number));
            prop_assert_eq!(read::<(String, u32)>(MEMBER, &key).unwrap(), (tenant, number));
        }

        #[test]
        fn different_ids_have_different_keys(a in any::<(String, String)>(), b in any::<(String, String)>()) {
            let template = Template("{a}:{b}");
            prop_assert_eq!(a == b, write(template, &a) == write(template, &b));
        }
    }
}
