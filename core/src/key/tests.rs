//! Every template that the derive accepts has keys that parse back, for all ids.

use proptest::prelude::*;

use super::{ModelId, Template, read, write};

/// The derive's own rules, so that the test and the derive cannot differ.
#[path = "../../../derive/src/key.rs"]
#[allow(dead_code, unreachable_pub)]
mod rules;

const SEPARATORS: [char; 3] = [':', '{', '}'];

/// Text from few characters, so that values often look like parts of a key.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[-:{}%a37A\n/]{0,6}",
        1 => any::<String>(),
    ]
}

fn literal() -> impl Strategy<Value = String> {
    prop_oneof!["[-a:%/]{0,3}", "[:a]?\\{\\{", "\\}\\}[:a]?", Just(":".to_owned())]
}

fn template() -> impl Strategy<Value = String> {
    let placeholder = || prop_oneof![2 => Just(""), 1 => Just(":raw")];
    let part = (literal(), placeholder());
    (proptest::collection::vec(part, 0..=4), literal()).prop_map(|(parts, last)| {
        let mut template = String::new();
        for (at, (literal, format)) in parts.into_iter().enumerate() {
            template.push_str(&format!("{literal}{{f{at}{format}}}"));
        }
        template + &last
    })
}

/// Returns the template and the number of its placeholders if the derive accepts it.
fn accepted(template: String) -> Option<(Template, usize)> {
    let parts = rules::parse(&template).ok()?.len();
    Some((Template(template.leak()), parts))
}

fn parses_back<Id>(template: Template, a: Id, b: Id) -> Result<(), TestCaseError>
where
    Id: ModelId + PartialEq + std::fmt::Debug,
{
    let (key_of_a, key_of_b) = (write(template, &a), write(template, &b));
    prop_assert_eq!(&read::<Id>(template, &key_of_a).unwrap(), &a, "{:?}: {}", template, key_of_a);
    prop_assert_eq!(a == b, key_of_a == key_of_b, "{:?}: {:?} {:?}", template, a, b);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn keys_of_accepted_templates_parse_back_and_are_as_different_as_the_ids(
        template in template().prop_filter_map("refused by the derive", accepted),
        a in [text(), text(), text(), text()],
        b in [text(), text(), text(), text()],
    ) {
        let (template, parts) = template;
        let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (a, b);
        match parts {
            0 => parses_back(template, (), ())?,
            1 => parses_back(template, a0, b0)?,
            2 => parses_back(template, (a0, a1), (b0, b1))?,
            3 => parses_back(template, (a0, a1, a2), (b0, b1, b2))?,
            _ => parses_back(template, (a0, a1, a2, a3), (b0, b1, b2, b3))?,
        }
    }

    #[test]
    fn an_escaped_id_is_a_whole_segment_of_its_key(
        template in (literal(), literal())
            .prop_map(|(before, after)| format!("{before}{{id}}{after}"))
            .prop_filter_map("refused by the derive", accepted),
        id in text(),
    ) {
        // So the key of `user:{id}` is never one of `user:admin:{id}`, whatever the id.
        let (template, _) = template;
        let (key, alone) = (write(template, &id), write(Template("{id}"), &id));
        let segments = |key: &str| key.split(SEPARATORS).map(str::to_owned).collect::<Vec<_>>();
        let (of_key, of_empty) = (segments(&key), segments(&write(template, &String::new())));
        prop_assert_eq!(of_key.len(), of_empty.len(), "{:?}: {}", template, key);
        prop_assert!(of_key.contains(&alone.to_string()), "{:?}: {}", template, key);
    }
}
