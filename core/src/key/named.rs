//! Keys written from several templates over the same placeholders, for groups of keys.

use std::borrow::Cow;
use std::sync::Arc;

use super::{IntoId, Key, KeyPart, PartWriter, Segment, Template};

/// An id of `N` key parts: a [`KeyPart`] or text for one, a tuple of these for several.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an id of {N} key parts",
    label = "the key has {N} placeholders, and each takes one value",
    note = "one placeholder takes a `KeyPart` or text, several take a tuple in the key's order",
    note = "integers, `NonZero` types, `bool`, `char`, strings, IP addresses and, with their features, UUIDs and dates are key parts; to an enum without data or a newtype add `#[derive(redis_model::KeyPart)]`"
)]
pub trait KeyParts<const N: usize> {
    /// Returns the text of each part, without escapes.
    #[doc(hidden)]
    fn texts(&self) -> [String; N];
}

#[diagnostic::do_not_recommend]
impl<P: KeyPart> KeyParts<1> for P {
    fn texts(&self) -> [String; 1] {
        let mut text = String::new();
        // An escape would be escaped again when the key is written.
        self.write_part(&mut PartWriter::new(&mut text, true));
        [text]
    }
}

macro_rules! texts {
    ($($given:ty),*) => {$(
        impl KeyParts<1> for $given {
            fn texts(&self) -> [String; 1] {
                [AsRef::<str>::as_ref(self).to_owned()]
            }
        }
    )*};
}

texts!(&str, &&str, &String, &Box<str>, &Arc<str>, &Cow<'_, str>);

/// The id of a group with one key for each field, without placeholders.
impl KeyParts<0> for () {
    fn texts(&self) -> [String; 0] {
        []
    }
}

/// Implements the trait for a tuple of so many parts, then for the tuple without its first part.
macro_rules! tuples {
    ($last:literal $part:ident) => {};
    ($len:literal $first:ident $(, $rest:literal $part:ident)*) => {
        #[allow(non_snake_case)]
        impl<$first: KeyParts<1> $(, $part: KeyParts<1>)*> KeyParts<$len> for ($first, $($part,)*) {
            fn texts(&self) -> [String; $len] {
                let ($first, $($part,)*) = self;
                let [$first] = $first.texts();
                $(let [$part] = $part.texts();)*
                [$first $(, $part)*]
            }
        }

        tuples!($($rest $part),*);
    };
}

tuples!(12 A, 11 B, 10 C, 9 D, 8 E, 7 F, 6 G, 5 H, 4 I, 3 J, 2 K, 1 L);

/// The id of a group of keys that declares no type for it: the text of any `N` key parts.
///
/// `#[redis(id = u64)]` declares a type; see [`RedisKeys`](macro@crate::RedisKeys).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UntypedId<const N: usize>([String; N]);

impl<const N: usize> KeyParts<N> for UntypedId<N> {
    fn texts(&self) -> [String; N] {
        self.0.clone()
    }
}

impl<const N: usize, Id: KeyParts<N>> IntoId<UntypedId<N>> for Id {
    fn into_id(self) -> UntypedId<N> {
        UntypedId(self.texts())
    }
}

/// Returns a key of a template with the placeholders of `group`, in any order. `parts` are
/// the texts of the placeholders in the order of `group`.
pub(crate) fn write_named(template: Template, group: Template, parts: &[String]) -> Key {
    let named = |segment| match segment {
        Segment::Placeholder { name, .. } => Some(name),
        Segment::Literal(_) => None,
    };
    let mut text = String::with_capacity(template.0.len() + 40);
    for segment in template.segments() {
        match segment {
            Segment::Literal(literal) => text.push_str(literal),
            Segment::Placeholder { name, raw } => {
                let at = group.segments().filter_map(named).position(|other| other == name);
                if let Some(part) = at.and_then(|at| parts.get(at)) {
                    PartWriter::new(&mut text, raw).text(part);
                }
            }
        }
    }
    Key(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::write;

    #[test]
    fn the_key_is_that_of_a_model_with_the_same_template() {
        let template = Template("{{{tenant}}}:user:{id}:x");
        let id = ("a:{b}%".to_owned(), 7_u32);
        assert_eq!(write_named(template, template, &id.texts()), write(template, &id));
    }

    #[test]
    fn placeholders_are_found_by_name() {
        let group = Template("{tenant}:{id}");
        let key = write_named(Template("id:{id}:of:{tenant:raw}"), group, &("a:b", 7).texts());
        assert_eq!(key, "id:7:of:a:b");
    }
}
