//! Names: renamed as serde does it, raw, and with documentation.

use redis_model::{RedisModel, RedisValue};
use serde::Serialize;

use super::saved;

macro_rules! cases {
    ($($case:literal $model:ident $value:ident;)*) => {
        $(
            #[derive(Debug, Default, Serialize, RedisModel)]
            #[redis(key = "case", rename_all = $case)]
            #[serde(rename_all = $case)]
            #[allow(non_snake_case)]
            struct $model {
                first_name: u8,
                größe_élan: u8,
                name2_x: u8,
                _private: u8,
                double__under: u8,
                trailing_: u8,
                camelAlready: u8,
                r#type: u8,
            }

            #[derive(Debug, Clone, Copy, Serialize, RedisValue)]
            #[redis(rename_all = $case)]
            #[serde(rename_all = $case)]
            #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
            enum $value {
                InTransit,
                EtatÄnderung,
                HTTPError,
                A1B,
                snake_case,
                Straße,
            }

            impl $value {
                const ALL: [Self; 6] = [
                    Self::InTransit,
                    Self::EtatÄnderung,
                    Self::HTTPError,
                    Self::A1B,
                    Self::snake_case,
                    Self::Straße,
                ];
            }
        )*

        #[test]
        fn fields_are_renamed_as_serde_does_it() {
            $(
                let serde = serde_json::to_value($model::default()).unwrap();
                let mut serde: Vec<_> = serde.as_object().unwrap().keys().cloned().collect();
                let mut ours = $model::SCHEMA.fields.to_vec();
                serde.sort_unstable();
                ours.sort_unstable();
                assert_eq!(ours, serde, $case);
            )*
        }

        #[test]
        fn variants_are_renamed_as_serde_does_it() {
            $(
                for value in $value::ALL {
                    let mut ours = Vec::new();
                    value.write(&mut ours).unwrap();
                    let ours = String::from_utf8(ours).unwrap();
                    assert_eq!(serde_json::to_value(value).unwrap(), ours, $case);
                }
            )*
        }
    };
}

mod all {
    use super::{RedisModel, RedisValue, Serialize};

    cases! {
        "lowercase" Lower LowerValue;
        "UPPERCASE" Upper UpperValue;
        "PascalCase" Pascal PascalValue;
        "camelCase" Camel CamelValue;
        "snake_case" Snake SnakeValue;
        "SCREAMING_SNAKE_CASE" ScreamingSnake ScreamingSnakeValue;
        "kebab-case" Kebab KebabValue;
        "SCREAMING-KEBAB-CASE" ScreamingKebab ScreamingKebabValue;
    }
}

/// A struct whose name and fields are keywords.
#[derive(Debug, RedisModel)]
#[redis(key = "raw:{type}")]
#[allow(non_camel_case_types)]
struct r#struct {
    r#type: u8,
    r#fn: u8,
    #[redis(default = "r#default")]
    r#default: u8,
    #[redis(codec = r#Json)]
    r#loop: u8,
}

use redis_model::Json;

const fn r#default() -> u8 {
    1
}

#[test]
fn keywords_are_names_without_their_mark() {
    let record = r#struct { r#type: 1, r#fn: 2, r#default: default(), r#loop: 4 };
    assert_eq!(saved(&record), "HSET raw:1 fn 2 default 1 loop 4");
    assert_eq!(r#struct::SCHEMA.name, "struct");
    assert_eq!(r#struct::FIELDS.r#default.name(), "default");
}
