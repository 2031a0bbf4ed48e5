//! `rename_all`, by serde's rules: only ASCII letters change their case.

#[derive(Clone, Copy)]
pub(crate) enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

pub(crate) const NAMES: [&str; 8] = [
    "lowercase",
    "UPPERCASE",
    "PascalCase",
    "camelCase",
    "snake_case",
    "SCREAMING_SNAKE_CASE",
    "kebab-case",
    "SCREAMING-KEBAB-CASE",
];

impl Case {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        use Case::*;
        let all = [Lower, Upper, Pascal, Camel, Snake, ScreamingSnake, Kebab, ScreamingKebab];
        NAMES.iter().position(|known| *known == name).map(|at| all[at])
    }

    /// Returns the new name of a field, whose name is in snake case.
    pub(crate) fn of_field(self, name: &str) -> String {
        match self {
            Self::Lower | Self::Snake => name.to_owned(),
            Self::Upper | Self::ScreamingSnake => name.to_ascii_uppercase(),
            Self::Pascal => name.split('_').map(capitalized).collect(),
            Self::Camel => uncapitalized(&Self::Pascal.of_field(name)),
            Self::Kebab => name.replace('_', "-"),
            Self::ScreamingKebab => name.to_ascii_uppercase().replace('_', "-"),
        }
    }

    /// Returns the new name of a variant, whose name is in Pascal case.
    pub(crate) fn of_variant(self, name: &str) -> String {
        match self {
            Self::Pascal => name.to_owned(),
            Self::Lower => name.to_ascii_lowercase(),
            Self::Upper => name.to_ascii_uppercase(),
            Self::Camel => uncapitalized(name),
            case => case.of_field(&snake(name)),
        }
    }
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (at, c) in name.char_indices() {
        if at > 0 && c.is_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

fn capitalized(word: &str) -> String {
    with_first(word, |first| first.to_ascii_uppercase())
}

fn uncapitalized(word: &str) -> String {
    with_first(word, |first| first.to_ascii_lowercase())
}

fn with_first(word: &str, change: impl Fn(char) -> char) -> String {
    let mut chars = word.chars();
    chars.next().into_iter().map(change).chain(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ascii_letters_change_their_case() {
        let fields = NAMES.map(|name| Case::parse(name).unwrap().of_field("größe_élan"));
        assert_eq!(fields[1], "GRößE_éLAN");
        assert_eq!(fields[2], "Größeélan");
        assert_eq!(fields[3], "größeélan");
        let variants = NAMES.map(|name| Case::parse(name).unwrap().of_variant("ÉtatÄnderung"));
        assert_eq!(variants[0], "ÉtatÄnderung");
        assert_eq!(variants[3], "ÉtatÄnderung");
        assert_eq!(variants[4], "État_Änderung");
    }

    #[test]
    fn variants_are_renamed_as_serde_does() {
        let renamed = NAMES.map(|name| Case::parse(name).unwrap().of_variant("InTransit"));
        assert_eq!(
            renamed,
            [
                "intransit",
                "INTRANSIT",
                "InTransit",
                "inTransit",
                "in_transit",
                "IN_TRANSIT",
                "in-transit",
                "IN-TRANSIT"
            ]
        );
    }

    #[test]
    fn fields_are_renamed_as_serde_does() {
        let renamed = NAMES.map(|name| Case::parse(name).unwrap().of_field("first_name"));
        assert_eq!(
            renamed,
            [
                "first_name",
                "FIRST_NAME",
                "FirstName",
                "firstName",
                "first_name",
                "FIRST_NAME",
                "first-name",
                "FIRST-NAME"
            ]
        );
    }
}
