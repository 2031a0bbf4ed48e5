//! The key template, as text: `"tenant:{tenant}:user:{id}"`.

/// What a template names, in order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Placeholder {
    pub(crate) field: String,
    pub(crate) raw: bool,
}

/// The placeholders of a template, or what is wrong with it. Errors are many
/// where they are independent of each other.
pub(crate) fn parse(template: &str) -> Result<Vec<Placeholder>, Vec<String>> {
    let mut placeholders: Vec<Placeholder> = Vec::new();
    let mut errors = Vec::new();
    // What separates the next placeholder from the one before.
    let mut separator = String::new();
    let mut rest = template;
    while let Some(c) = rest.chars().next() {
        if let Some(tail) = rest.strip_prefix("{{").or(rest.strip_prefix("}}")) {
            separator.push(c);
            rest = tail;
        } else if let Some(inner) = rest.strip_prefix('{') {
            let Some((name, tail)) = inner.split_once('}') else {
                errors.push("unclosed `{` in the key; write `{{` for a literal brace".to_owned());
                break;
            };
            match placeholder(name) {
                Ok(new) => {
                    if placeholders.iter().any(|known| known.field == new.field) {
                        errors.push(format!("the key names `{}` twice", new.field));
                    } else if let Some(before) = placeholders.last()
                        && !separates(&separator)
                    {
                        errors.push(format!(
                            "`{{{}}}` and `{{{}}}` need a `:` between them: other characters may stand in \
                             the values, and two records could share a key",
                            before.field, new.field
                        ));
                    }
                    placeholders.push(new);
                }
                Err(error) => errors.push(error),
            }
            separator.clear();
            rest = tail;
        } else if let Some(tail) = rest.strip_prefix('}') {
            errors.push("unopened `}` in the key; write `}}` for a literal brace".to_owned());
            rest = tail;
        } else {
            separator.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    if template.is_empty() {
        errors.push("the key is empty; write for example `key = \"user:{id}\"`".to_owned());
    }
    if errors.is_empty() { Ok(placeholders) } else { Err(errors) }
}

fn placeholder(name: &str) -> Result<Placeholder, String> {
    let (field, raw) = match name.split_once(':') {
        None => (name, false),
        Some((field, "raw")) => (field, true),
        Some((_, other)) => {
            return Err(format!(
                "unknown format `:{other}` in the key; only `:raw` (unescaped) is one"
            ));
        }
    };
    if field.is_empty() {
        return Err("empty `{}` in the key; name a field of the struct".to_owned());
    }
    Ok(Placeholder { field: field.to_owned(), raw })
}

/// Whether no value can contain the text: some of it is escaped in values.
fn separates(text: &str) -> bool {
    text.contains([':', '{', '}'])
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
    fn every_mistake_is_told() {
        for (template, words) in [
            ("", vec!["empty"]),
            ("a:{id", vec!["unclosed"]),
            ("a:id}", vec!["unopened"]),
            ("{}", vec!["empty `{}`"]),
            ("{id:hex}", vec!["`:hex`"]),
            ("{id}:{id}", vec!["twice"]),
            ("{a}-{b}", vec!["need a `:`"]),
            ("{}:{id:hex}:{b}{c}:}", vec!["empty", ":hex", "need", "unopened"]),
        ] {
            let errors = parse(template).unwrap_err();
            assert_eq!(errors.len(), words.len(), "{template}: {errors:?}");
            for (error, word) in errors.iter().zip(words) {
                assert!(error.contains(word), "{template}: {error}");
            }
        }
    }
}
