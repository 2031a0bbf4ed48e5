//! The segments of a key template.

/// A key template whose syntax the derive has checked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Template(pub(crate) &'static str);

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    Literal(&'static str),
    Placeholder { name: &'static str, raw: bool },
}

impl Template {
    pub(crate) fn segments(self) -> Segments {
        Segments { rest: self.0 }
    }
}

/// Appends text to a glob pattern that it is to match as it is.
pub(crate) fn push_glob(pattern: &mut String, text: &str) {
    for c in text.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '^' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
}

/// The segments of a template, in order. Literals may come in several pieces.
#[derive(Debug, Clone)]
pub(crate) struct Segments {
    rest: &'static str,
}

impl Iterator for Segments {
    type Item = Segment;

    fn next(&mut self) -> Option<Segment> {
        let rest = self.rest;
        if rest.is_empty() {
            return None;
        }
        if rest.starts_with("{{") || rest.starts_with("}}") {
            self.rest = &rest[2..];
            return Some(Segment::Literal(&rest[..1]));
        }
        if let Some(inner) = rest.strip_prefix('{') {
            let end = inner.bytes().position(|byte| byte == b'}').unwrap_or(inner.len());
            self.rest = inner.get(end + 1..).unwrap_or("");
            let raw = inner[..end].strip_suffix(":raw");
            let name = raw.unwrap_or(&inner[..end]);
            return Some(Segment::Placeholder { name, raw: raw.is_some() });
        }
        let is_brace = |byte: u8| matches!(byte, b'{' | b'}');
        let end = rest.bytes().position(is_brace).unwrap_or(rest.len()).max(1);
        self.rest = &rest[end..];
        Some(Segment::Literal(&rest[..end]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_braces_are_no_placeholders() {
        let segments: Vec<_> = Template("a:{{{id}}}:{path:raw}").segments().collect();
        assert_eq!(
            segments,
            [
                Segment::Literal("a:"),
                Segment::Literal("{"),
                Segment::Placeholder { name: "id", raw: false },
                Segment::Literal("}"),
                Segment::Literal(":"),
                Segment::Placeholder { name: "path", raw: true },
            ]
        );
    }
}
