//! The leading parts of an id, which some of a model's keys share.

use super::id::{KeyWriter, read_watching};
use super::template::push_glob;
use super::{IntoId, KeyPart, ModelId, Segment, Template};
use crate::error::ValueError;

/// The leading parts of an id, for the records whose keys begin with them: a tuple of at least
/// one part and fewer than the id has, in the key's order.
///
/// ```
/// use redis_model::{Operation, RedisModel};
///
/// #[derive(RedisModel)]
/// #[redis(key = "score:{game}:{year}:{player}")]
/// struct Score { game: String, year: u16, player: u64, points: u32 }
///
/// # let server = redis_model::embedded::Server::start()?;
/// # let mut con = server.connection()?;
/// # for (game, year) in [("chess", 2025), ("chess", 2026), ("go", 2026)] {
/// #     Score { game: game.into(), year, player: 7, points: 9 }.save().run(&mut con)?;
/// # }
/// assert_eq!(Score::count().within(("chess",)).run(&mut con)?, 2);
/// assert_eq!(Score::count().within(("chess", 2026)).run(&mut con)?, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Parts of another type, and as many parts as the id has, do not compile:
///
/// ```compile_fail,E0277
/// # use redis_model::RedisModel;
/// # #[derive(RedisModel)]
/// # #[redis(key = "score:{game}:{player}")]
/// # struct Score { game: String, player: u64, points: u32 }
/// let _ = Score::scan().within((7,));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the beginning of an id of this model, which is `{Id}`",
    label = "expected some leading parts of `{Id}` as a tuple",
    note = "one part is a tuple with a comma: `.within((\"chess\",))`; all parts are the id of one record, which needs no scan"
)]
pub trait LeadingParts<Id> {
    /// Writes the parts, and returns how many they are.
    #[doc(hidden)]
    fn write_leading(self, key: &mut KeyWriter<'_>) -> usize;
}

/// The keys of a template that have some leading parts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KeyRange {
    /// The key up to the end of the last of these parts.
    start: String,
    /// The number of parts; 0 for all keys.
    parts: usize,
}

impl KeyRange {
    /// All keys of a template.
    pub(crate) const ALL: Self = Self { start: String::new(), parts: 0 };

    pub(crate) fn of<Id: ModelId>(template: Template, leading: impl LeadingParts<Id>) -> Self {
        let mut start = String::with_capacity(template.0.len() + 20);
        let parts = leading.write_leading(&mut KeyWriter::new(template, &mut start));
        Self { start, parts }
    }

    /// Returns the beginning of the keys, or `None` for all keys of the template.
    pub(crate) fn start(&self) -> Option<&str> {
        (self.parts > 0).then_some(&*self.start)
    }

    /// Returns a glob pattern that all of these keys match, for SCAN. Other keys may match it,
    /// too: those of other templates, and those with a longer raw part.
    pub(crate) fn pattern(&self, template: Template) -> String {
        let mut pattern = String::with_capacity(self.start.len() + template.0.len());
        push_glob(&mut pattern, &self.start);
        let mut parts = 0;
        for segment in template.segments() {
            match segment {
                Segment::Placeholder { .. } if parts < self.parts => parts += 1,
                Segment::Placeholder { .. } => pattern.push('*'),
                Segment::Literal(_) if parts < self.parts => {}
                Segment::Literal(text) => push_glob(&mut pattern, text),
            }
        }
        pattern
    }

    /// Returns the id of a key that has the leading parts.
    ///
    /// # Errors
    ///
    /// If the key is not one of these.
    pub(crate) fn read<Id: ModelId>(
        &self,
        template: Template,
        key: &str,
    ) -> Result<Id, ValueError> {
        let foreign = ValueError::new("not one of these keys");
        if !key.starts_with(&self.start) {
            return Err(foreign);
        }
        // Then the leading parts are the same if they end at the same place.
        let (id, end) = read_watching(template, key, self.parts)?;
        if end == self.start.len() { Ok(id) } else { Err(foreign) }
    }
}

/// Implements the trait for the beginnings of an id, then for those of the id without its first
/// part.
macro_rules! leading {
    ($last:ident $given:ident) => {};
    ($first:ident $first_given:ident $(, $id:ident $given:ident)+) => {
        leading!(@after [] $first $first_given $(, $id $given)+);
        leading!($($id $given),+);
    };
    // All parts are no beginning.
    (@after [$($lead:ident $lead_given:ident)*] $last:ident $given:ident) => {};
    (@after [$($lead:ident $lead_given:ident)*] $next:ident $next_given:ident $(, $rest:ident $given:ident)+) => {
        #[allow(non_snake_case)]
        #[diagnostic::do_not_recommend]
        impl<$($lead: KeyPart, $lead_given: IntoId<$lead>,)* $next: KeyPart, $next_given: IntoId<$next> $(, $rest)+>
            LeadingParts<($($lead,)* $next, $($rest,)+)> for ($($lead_given,)* $next_given,)
        {
            fn write_leading(self, key: &mut KeyWriter<'_>) -> usize {
                let ($($lead_given,)* $next_given,) = self;
                $(let part: $lead = $lead_given.into_id(); key.part(&part);)*
                let part: $next = $next_given.into_id();
                key.part(&part);
                [$(stringify!($lead),)* stringify!($next)].len()
            }
        }

        leading!(@after [$($lead $lead_given)* $next $next_given] $($rest $given),+);
    };
}

leading!(A A1, B B1, C C1, D D1, E E1, F F1, G G1, H H1, I I1, J J1, K K1, L L1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::write;

    const SCORE: Template = Template("a*:{game}:{{{year}}}:{player}:x");
    const FILE: Template = Template("file:{path:raw}:{number}");

    fn score<'a>(leading: impl LeadingParts<(String, u16, u64)> + 'a) -> KeyRange {
        KeyRange::of::<(String, u16, u64)>(SCORE, leading)
    }

    #[test]
    fn the_pattern_has_the_leading_parts_and_quotes_them() {
        let all = KeyRange::ALL;
        assert_eq!((all.pattern(SCORE), all.start()), (r"a\*:*:{*}:*:x".into(), None));
        let chess = score(("ch*ss?",));
        assert_eq!(chess.pattern(SCORE), r"a\*:ch\*ss\?:{*}:*:x");
        assert_eq!(chess.start(), Some("a*:ch*ss?"));
        assert_eq!(score(("a:[b]\\", 7)).pattern(SCORE), r"a\*:a%3A\[b\]\\:{7}:*:x");
        assert_eq!(score(("",)).pattern(SCORE), r"a\*::{*}:*:x");
    }

    #[test]
    fn a_key_of_other_leading_parts_is_left_out() {
        let read = |range: &KeyRange, key: &str| range.read::<(String, u16, u64)>(SCORE, key).ok();
        let key = |game: &str, year| write(SCORE, &(game.to_owned(), year, 9_u64));
        let chess = score(("chess",));
        assert!(read(&chess, &key("chess", 7)).is_some());
        assert!(read(&chess, &key("chess2", 7)).is_none() && read(&chess, "a*:chess").is_none());
        let seven = score(("chess", 7));
        assert!(read(&seven, &key("chess", 7)).is_some());
        assert!(read(&seven, &key("chess", 77)).is_none());
        assert!(read(&KeyRange::ALL, &key("go", 1)).is_some());
    }

    #[test]
    fn a_longer_raw_part_is_left_out() {
        let range = KeyRange::of::<(String, u8)>(FILE, ("a",));
        assert_eq!(range.pattern(FILE), "file:a:*");
        assert_eq!(range.read(FILE, "file:a:7"), Ok(("a".to_owned(), 7)));
        assert!(range.read::<(String, u8)>(FILE, "file:a:b:7").is_err());
        assert!(range.read::<(String, u8)>(FILE, "file:ab:7").is_err());
    }
}
