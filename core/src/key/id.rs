//! Ids: what a key's placeholders stand for, as a value.

use std::any::Any;

use super::part::{special, unescape};
use super::{Key, KeyPart, PartWriter, Segment, Template, Walk};
use crate::error::ValueError;

/// A model's id: one [`KeyPart`], or a tuple of them in the key's order, or
/// `()` for a model of which there is only one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in a Redis key",
    label = "named in the key, but it has no text form for keys",
    note = "integers, `bool`, `char`, strings, IP addresses and `uuid::Uuid` (feature `uuid`) can; to an enum without data or a newtype add `#[derive(redis_model::KeyPart)]`"
)]
pub trait ModelId: Clone + Send + Sync + IntoId<Self> + 'static {
    #[doc(hidden)]
    fn write_parts(&self, key: &mut KeyWriter<'_>);

    /// Writes the part at this position, which is of its type.
    #[doc(hidden)]
    fn write_part(at: usize, part: &dyn Any, key: &mut KeyWriter<'_>);

    #[doc(hidden)]
    fn read_parts(key: &mut KeyReader<'_>) -> Result<Self, ValueError>;
}

/// What may be given where an id is wanted: the id, a reference to it, a
/// `&str` for a `String`, and tuples of such.
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
    /// The id.
    fn into_id(self) -> Id;
}

/// Writes a key by walking its template.
#[doc(hidden)]
#[derive(Debug)]
pub struct KeyWriter<'a> {
    walk: Walk,
    out: &'a mut String,
}

impl<'a> KeyWriter<'a> {
    pub(crate) fn new(template: Template, out: &'a mut String) -> Self {
        Self { walk: template.walk(), out }
    }

    pub(crate) fn part(&mut self, part: &impl KeyPart) {
        let raw = self.walk.placeholder(|text| self.out.push_str(text)).unwrap_or(false);
        part.write_part(&mut PartWriter::new(self.out, raw));
    }

    fn any_part<P: KeyPart>(&mut self, part: &dyn Any) {
        if let Some(part) = part.downcast_ref::<P>() {
            self.part(part);
        }
    }

    pub(crate) fn finish(mut self) {
        self.walk.placeholder(|text| self.out.push_str(text));
    }
}

/// Reads a key by walking its template.
#[doc(hidden)]
#[derive(Debug)]
pub struct KeyReader<'a> {
    walk: Walk,
    rest: &'a str,
    foreign: bool,
}

const FOREIGN: ValueError = ValueError::new("not a key of this model");

impl<'a> KeyReader<'a> {
    fn literal(&mut self) -> Option<bool> {
        let (rest, foreign) = (&mut self.rest, &mut self.foreign);
        self.walk.placeholder(|text| match rest.strip_prefix(text) {
            Some(tail) => *rest = tail,
            None => *foreign = true,
        })
    }

    fn part<P: KeyPart>(&mut self) -> Result<P, ValueError> {
        let raw = self.literal().unwrap_or(false);
        if self.foreign {
            return Err(FOREIGN);
        }
        let end = if raw { self.raw_end() } else { self.rest.find(ends_part) };
        let (text, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        if raw { P::read_part(text) } else { P::read_part(&unescape(text).ok_or(FOREIGN)?) }
    }

    /// Returns the length of a raw part. It may contain any text, so everything
    /// after it in the template is matched from the end of the key.
    fn raw_end(&self) -> Option<usize> {
        let after: Vec<_> = self.walk.clone().collect();
        let raw = after.iter().rev().try_fold(self.rest, |rest, segment| match segment {
            Segment::Literal(text) => rest.strip_suffix(text),
            Segment::Placeholder { .. } => Some(rest.trim_end_matches(|c| !ends_part(c))),
        });
        raw.map(str::len)
    }
}

/// Returns `true` for characters that an escaped part does not contain.
fn ends_part(c: char) -> bool {
    c != '%' && u8::try_from(c).is_ok_and(special)
}

/// The key of an id.
pub(crate) fn write<Id: ModelId>(template: Template, id: &Id) -> Key {
    Key::build(template, |mut writer| {
        id.write_parts(&mut writer);
        writer.finish();
    })
}

/// The id of a key.
pub(crate) fn read<Id: ModelId>(template: Template, key: &str) -> Result<Id, ValueError> {
    let mut reader = KeyReader { walk: template.walk(), rest: key, foreign: false };
    let id = Id::read_parts(&mut reader)?;
    reader.literal();
    // A number has many forms, such as `007`, but a record has one key.
    let whole = !reader.foreign && reader.rest.is_empty();
    if whole && write(template, &id) == key { Ok(id) } else { Err(FOREIGN) }
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

impl IntoId<String> for &str {
    fn into_id(self) -> String {
        self.to_owned()
    }
}

/// The id of a model of which there is only one record.
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

macro_rules! tuples {
    ($(($($part:ident $given:ident $at:tt),*))*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($part: KeyPart + Clone),*> ModelId for ($($part,)*) {
            fn write_parts(&self, key: &mut KeyWriter<'_>) {
                $(key.part(&self.$at);)*
            }

            fn write_part(at: usize, part: &dyn Any, key: &mut KeyWriter<'_>) {
                match at {
                    $($at => key.any_part::<$part>(part),)*
                    _ => {}
                }
            }

            fn read_parts(key: &mut KeyReader<'_>) -> Result<Self, ValueError> {
                Ok(($(key.part::<$part>()?,)*))
            }
        }

        impl<$($part, $given: IntoId<$part>),*> IntoId<($($part,)*)> for ($($given,)*) {
            fn into_id(self) -> ($($part,)*) {
                ($(self.$at.into_id(),)*)
            }
        }

        impl<$($part: Clone),*> IntoId<($($part,)*)> for &($($part,)*) {
            fn into_id(self) -> ($($part,)*) {
                self.clone()
            }
        }
    )*};
}

tuples! {
    (A A1 0, B B1 1)
    (A A1 0, B B1 1, C C1 2)
    (A A1 0, B B1 1, C C1 2, D D1 3)
    (A A1 0, B B1 1, C C1 2, D D1 3, E E1 4)
    (A A1 0, B B1 1, C C1 2, D D1 3, E E1 4, F F1 5)
}

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
