//! The key template, as text: `"tenant:{tenant}:user:{id}"`.

/// A field that a template names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Placeholder {
    pub(crate) field: String,
    pub(crate) raw: bool,
}

/// A template in its parts: `literals[n]` comes before `placeholders[n]`, and one
/// more literal comes after the last placeholder.
struct Template {
    placeholders: Vec<Placeholder>,
    /// As the user wrote them: a literal brace is doubled.
    literals: Vec<String>,
}

/// Parses a template and returns its placeholders, or all mistakes in it.
///
/// Keys of an accepted template parse back to their ids, whatever the values:
/// an escaped part ends at the next separator, and the only raw part is the text
/// that the escaped parts and literals on its left and right do not cover.
pub(crate) fn parse(template: &str) -> Result<Vec<Placeholder>, Vec<String>> {
    let mut errors = Vec::new();
    let template = split(template, &mut errors);
    check_names(&template, &mut errors);
    check_raw(&template, &mut errors);
    check_text(&template, &mut errors);
    check_count(&template, &mut errors);
    check_separators(&template, &mut errors);
    if errors.is_empty() { Ok(template.placeholders) } else { Err(errors) }
}

fn split(template: &str, errors: &mut Vec<String>) -> Template {
    if template.is_empty() {
        errors.push("the key is empty; write for example `key = \"user:{id}\"`".to_owned());
    }
    let (mut placeholders, mut literals) = (Vec::new(), Vec::new());
    let mut literal = String::new();
    let mut rest = template;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("{{") || rest.starts_with("}}") {
            literal.push_str(&rest[..2]);
            rest = &rest[2..];
        } else if let Some(inner) = rest.strip_prefix('{') {
            let Some((name, tail)) = inner.split_once('}') else {
                errors.push("unclosed `{` in the key; write `{{` for a literal brace".to_owned());
                break;
            };
            placeholders.push(placeholder(name, errors));
            literals.push(std::mem::take(&mut literal));
            rest = tail;
        } else if let Some(tail) = rest.strip_prefix('}') {
            errors.push("unopened `}` in the key; write `}}` for a literal brace".to_owned());
            rest = tail;
        } else {
            literal.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    literals.push(literal);
    Template { placeholders, literals }
}

fn placeholder(name: &str, errors: &mut Vec<String>) -> Placeholder {
    let (field, format) = match name.split_once(':') {
        Some((field, format)) => (field, Some(format)),
        None => (name, None),
    };
    if let Some(other) = format.filter(|format| *format != "raw") {
        errors
            .push(format!("unknown format `:{other}` in the key; only `:raw` (unescaped) is one"));
    }
    if field.is_empty() {
        errors.push("empty `{}` in the key; write for example `{id}`".to_owned());
    }
    Placeholder { field: field.to_owned(), raw: format.is_some() }
}

/// A key names a field once, because two places could hold different values.
fn check_names(template: &Template, errors: &mut Vec<String>) {
    let names: Vec<_> = template.placeholders.iter().map(|it| &it.field).collect();
    for (at, name) in names.iter().enumerate() {
        if !name.is_empty() && names[..at].contains(name) {
            errors.push(format!("the key names `{name}` twice"));
        }
    }
}

/// One part of a key may be raw, because the border between two could not be found.
fn check_raw(template: &Template, errors: &mut Vec<String>) {
    let raw = template.placeholders.iter().filter(|it| it.raw).map(|it| &it.field);
    if let [first, second, ..] = raw.collect::<Vec<_>>()[..] {
        errors.push(format!(
            "two records could share a key, because `{first}` and `{second}` may contain any text: \
             only one part of a key may be `:raw`"
        ));
    }
}

/// A raw part is not the whole key, because every key of the database would be one of
/// the model's, for `delete_all`, too.
fn check_text(template: &Template, errors: &mut Vec<String>) {
    if errors.is_empty()
        && let [Placeholder { field, raw: true }] = &template.placeholders[..]
        && template.literals.iter().all(String::is_empty)
    {
        errors.push(format!(
            "every key in the database would be a key of this model: add text of its own, as in \
             `key = \"upload:{{{field}:raw}}\"`"
        ));
    }
}

/// A key has as many parts as the largest tuple that is an id.
fn check_count(template: &Template, errors: &mut Vec<String>) {
    const MAX_PARTS: usize = 12;
    let parts = template.placeholders.len();
    if parts > MAX_PARTS {
        errors.push(format!("the key names {parts} fields, and at most {MAX_PARTS} are supported"));
    }
}

/// An escaped part has a separator on both sides, or the key's start or end.
///
/// Without this rule the id `admin-7` of `user-{id}` would have the same key as
/// the id 7 of another model's `user-admin-{id}`.
fn check_separators(template: &Template, errors: &mut Vec<String>) {
    let separated = template.separated();
    if separated == template.with_literals(|_, literal| literal.to_owned()) {
        return;
    }
    let raw = match template.placeholders.as_slice() {
        [Placeholder { field, .. }] => format!(
            "; if such keys are stored already, write `{{{field}:raw}}` and give no other model \
             keys like these"
        ),
        _ => String::new(),
    };
    errors.push(format!(
        "two records could share a key, because values may contain every character but `:`, `{{` and \
         `}}`: put one of these on both sides of each part, as in `key = \"{separated}\"`{raw}"
    ));
}

/// Characters that values cannot contain, because they are escaped.
const SEPARATORS: [char; 3] = [':', '{', '}'];

impl Template {
    /// Returns the template with a `:` wherever an escaped part lacks a separator.
    fn separated(&self) -> String {
        let escaped = |at: usize| self.placeholders.get(at).is_some_and(|it| !it.raw);
        let last = self.placeholders.len();
        self.with_literals(|at, literal| {
            if literal.is_empty() && (at == 0 || at == last) {
                return String::new();
            }
            let mut literal = literal.to_owned();
            if at > 0 && escaped(at - 1) && !literal.starts_with(SEPARATORS) {
                let rest = literal.trim_start_matches(is_replaceable);
                let colon = if rest.starts_with(SEPARATORS) { "" } else { ":" };
                literal = format!("{colon}{rest}");
            }
            if escaped(at) && !literal.ends_with(SEPARATORS) {
                let rest = literal.trim_end_matches(is_replaceable);
                let colon = if rest.ends_with(SEPARATORS) { "" } else { ":" };
                literal = format!("{rest}{colon}");
            }
            literal
        })
    }

    fn with_literals(&self, literal: impl Fn(usize, &str) -> String) -> String {
        let mut text = String::new();
        for (at, before) in self.literals.iter().enumerate() {
            text.push_str(&literal(at, before));
            if let Some(Placeholder { field, raw }) = self.placeholders.get(at) {
                let format = if *raw { ":raw" } else { "" };
                text.push_str(&format!("{{{field}{format}}}"));
            }
        }
        text
    }
}

/// Returns `true` if a `:` may stand in the character's place in a suggestion.
fn is_replaceable(c: char) -> bool {
    c.is_ascii_punctuation() && !SEPARATORS.contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found_between_literal_braces() {
        let found = parse("a:{{{tenant}}}:{path:raw}").unwrap();
        let expected = [("tenant", false), ("path", true)];
        assert_eq!(
            found,
            expected.map(|(field, raw)| Placeholder { field: field.to_owned(), raw })
        );
    }

    #[test]
    fn every_mistake_is_reported() {
        for (template, words) in [
            ("", vec!["empty"]),
            ("a:{id", vec!["unclosed"]),
            ("a:id}", vec!["unopened"]),
            ("{}", vec!["empty `{}`"]),
            ("{id:hex}", vec!["`:hex`"]),
            ("{id}:{id}", vec!["twice"]),
            ("{a:raw}:{b:raw}", vec!["`a` and `b` may contain any text"]),
            ("{a:raw}", vec!["`key = \"upload:{a:raw}\"`"]),
            (
                "{a}:{b}:{c}:{d}:{e}:{f}:{g}:{h}:{i}:{j}:{k}:{l}:{m}",
                vec!["names 13 fields, and at most 12"],
            ),
            ("{}:{id:hex}:{b}{c}:}", vec!["empty", ":hex", "unopened", "`:`"]),
        ] {
            let errors = parse(template).unwrap_err();
            assert_eq!(errors.len(), words.len(), "{template}: {errors:?}");
            for (error, word) in errors.iter().zip(words) {
                assert!(error.contains(word), "{template}: {error}");
            }
        }
    }

    #[test]
    fn an_escaped_part_without_separators_is_refused_with_the_template_to_write() {
        for (template, better) in [
            ("user-{id}", "user:{id}"),
            ("user{id}", "user:{id}"),
            ("{id}-cart", "{id}:cart"),
            ("u_{id}:x", "u:{id}:x"),
            ("{a}{b}", "{a}:{b}"),
            ("{a}-{b}", "{a}:{b}"),
            ("{a}-:{b}", "{a}:{b}"),
            ("{a}-x-{b}", "{a}:x:{b}"),
            ("{{{t}}}-{id}", "{{{t}}}{id}"),
            ("a:{id}{path:raw}", "a:{id}:{path:raw}"),
            ("{path:raw}/{id}", "{path:raw}:{id}"),
            ("a%{id}", "a:{id}"),
        ] {
            let errors = parse(template).unwrap_err();
            let words = format!("as in `key = \"{better}\"`");
            assert!(errors.len() == 1 && errors[0].contains(&words), "{template}: {errors:?}");
            assert!(parse(better).is_ok(), "{better}");
        }
    }

    #[test]
    fn an_error_about_a_single_part_names_the_way_to_keep_stored_keys() {
        let errors = parse("user-{id}").unwrap_err();
        assert!(errors[0].contains("write `{id:raw}`"), "{errors:?}");
        assert!(parse("user-{id:raw}").is_ok());
    }
}
