//! Golden expansions: what the derive emits, formatted, reviewed in diffs.
//!
//! `BLESS=1 cargo test -p redis-model-derive` writes them.

use std::io::Write;
use std::process::{Command, Stdio};
use std::{env, fs};

use syn::DeriveInput;

type Derive = fn(&DeriveInput) -> proc_macro2::TokenStream;

fn expand(derive: Derive, input: &str) -> String {
    let input: DeriveInput = syn::parse_str(input).expect("a struct or an enum");
    format(&derive(&input).to_string())
}

/// Formatted by the project's own rules: `rustfmt.toml`.
fn format(code: &str) -> String {
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/../rustfmt.toml");
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path", config])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("rustfmt, a component of the toolchain: rustup component add rustfmt");
    rustfmt.stdin.take().expect("piped").write_all(code.as_bytes()).expect("written");
    let output = rustfmt.wait_with_output().expect("formatted");
    assert!(output.status.success(), "not Rust:\n{code}");
    String::from_utf8(output.stdout).expect("text")
}

fn golden(name: &str, input: &str) -> String {
    golden_of(crate::derive_model, name, input)
}

/// Twenty-four lines around the fields, and five for each: its handle is declared and
/// made, it is named, visited and read. In a small model several share a line.
/// The names of flattened structs are an impl more, of ten lines and one for each field,
/// a default with a path is a type more, of six lines, and a time to live an impl of one.
fn within_budget(expanded: &str, fields: usize) {
    let lines = expanded.lines().count();
    let names = if expanded.contains("__rt::Column") { 10 + fields } else { 0 };
    let defaults = 6 * expanded.matches("pub struct __Default").count();
    let has_ttl = expanded.matches("__rt::HasTtl").count();
    let budget = 24 + 5 * fields + names + defaults + has_ttl;
    assert!(lines <= budget, "{lines} lines for {fields} fields:\n{expanded}");
}

fn golden_of(derive: Derive, name: &str, input: &str) -> String {
    let path = format!("{}/expected/{name}.rs", env!("CARGO_MANIFEST_DIR"));
    let expanded = expand(derive, input);
    let expected = format!(
        "{}\n\n{expanded}",
        input
            .trim()
            .lines()
            .map(|line| format!("// {}", line.trim_start()))
            .collect::<Vec<_>>()
            .join("\n")
    );
    if env::var_os("BLESS").is_some() {
        fs::write(&path, &expected).expect("written");
    }
    let blessed = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        blessed, expected,
        "the expansion of `{name}` changed; if it should have, run with BLESS=1"
    );
    expanded
}

#[test]
fn a_small_model_is_at_most_25_lines() {
    let expanded = golden(
        "user",
        r#"
        #[redis(key = "user:{id}")]
        struct User { id: u64, name: String, email: Option<String>, visits: u64 }
        "#,
    );
    assert!(expanded.lines().count() <= 25, "{} lines:\n{expanded}", expanded.lines().count());
}

#[test]
fn every_attribute_of_a_hash() {
    golden(
        "attributes",
        r#"
        #[redis(key = "tenant:{tenant}:{{member}}:{number}", ttl = "90m", rename_all = "camelCase", crate = "renamed")]
        pub(crate) struct Member {
            number: u32,
            tenant: String,
            pub full_name: String,
            #[redis(rename = "e")]
            r#enum: Option<i8>,
            #[redis(codec = Json)]
            tags: Vec<String>,
            #[redis(default)]
            visits: u64,
            #[redis(default, codec = Json)]
            friends: Vec<u64>,
            #[redis(skip)]
            seen: bool,
        }
        "#,
    );
}

#[test]
fn a_blob() {
    golden(
        "blob",
        r#"
        #[redis(key = "session:{token}", blob = Json, ttl = "1h")]
        struct Session { token: String, user: u64 }
        "#,
    );
}

#[test]
fn a_hash_with_versions() {
    golden(
        "versions",
        r#"
        #[redis(key = "user:{id}", version_field = "_v", version = 3, migrate(UserV1, UserV2), on_mismatch = "miss")]
        struct User { id: u64, name: String }
        "#,
    );
}

#[test]
fn a_generic_model_asks_for_what_its_fields_need() {
    golden(
        "generic",
        r#"
        #[redis(key = "box:{id}")]
        struct Keep<T, const N: usize> { id: T, value: Option<T>, bytes: [u8; N], #[redis(codec = Json)] list: Vec<T> }
        "#,
    );
}

#[test]
fn a_mistake_leaves_a_stub() {
    golden(
        "mistake",
        r#"
        #[redis(key = "user:{di}", tll = "1h")]
        struct User { id: u64, #[redis(renam = "n")] name: String }
        "#,
    );
}

#[test]
fn aliases_a_revision_and_fields_that_expire() {
    let expanded = golden(
        "options",
        r#"
        #[redis(key = "user:{id}", ttl = "1h", on_update = "refresh")]
        struct User {
            id: u64,
            /// The address, once confirmed.
            #[redis(alias = "mail", alias = "e_mail")]
            email: Option<String>,
            #[redis(ttl = "5m")]
            code: Option<u32>,
            #[redis(default = "crate::hundred")]
            quota: u32,
            #[redis(empty_as_none)]
            note: Option<String>,
            #[redis(display)]
            shown: Colour,
            #[redis(revision)]
            revision: u64,
        }
        "#,
    );
    within_budget(&expanded, 7);
}

#[test]
fn forms_of_other_programs() {
    golden(
        "forms",
        r#"
        #[redis(key = "user:{id}")]
        struct User {
            id: u64,
            #[redis(unix)]
            created: SystemTime,
            #[redis(unix_ms, none_as = "", ttl = "1h")]
            seen: Option<SystemTime>,
            #[redis(unix_float, default)]
            spent: Option<SystemTime>,
            #[redis(bool = "True/False")]
            active: bool,
            #[redis(none_as = "-1")]
            age: Option<u8>,
            #[redis(none_as = "None", display)]
            shown: Option<Colour>,
        }
        "#,
    );
}

#[test]
fn a_flattened_struct_and_the_fields_after_it() {
    let expanded = golden(
        "flatten",
        r#"
        #[redis(key = "user:{id}")]
        struct User { id: u64, name: String, #[redis(flatten)] home: Address }
        "#,
    );
    within_budget(&expanded, 3);
    // A position after a flattened struct depends on the number of its fields.
    golden(
        "flatten_two",
        r#"
        #[redis(key = "user:{id}")]
        struct User { id: u64, #[redis(flatten)] home: Option<Address>, #[redis(flatten)] work: Address, name: String }
        "#,
    );
}

#[test]
fn a_tuple_struct_and_a_model_of_one_record() {
    within_budget(
        &golden("tuple", r#"#[redis(key = "pair:{0}")] struct Pair(u64, String, Option<u8>);"#),
        3,
    );
    within_budget(
        &golden("single", r#"#[redis(key = "settings")] struct Settings { dark: bool }"#),
        1,
    );
}

#[test]
fn a_struct_that_is_flattened() {
    let expanded = golden_of(
        crate::derive_fields,
        "fields",
        r#"
        struct Address { street: String, #[redis(alias = "postcode")] zip: Option<u32>, #[redis(flatten)] geo: Option<Geo> }
        "#,
    );
    within_budget(&expanded, 3);
}

#[test]
fn values_and_parts_of_keys() {
    let value: Derive = |input| crate::derive_value(input, crate::expand::value);
    let key_part: Derive = |input| crate::derive_value(input, crate::expand::key_part);
    let status = r#"
        #[redis(rename_all = "snake_case")]
        enum Status { New, InTransit, #[redis(rename = "gone", alias = "lost")] Gone, #[redis(other)] Other(String) }
        "#;
    within_budget(&golden_of(value, "value_names", status), 5);
    within_budget(&golden_of(key_part, "key_part_names", status), 0);
    let level = r#"#[redis(repr = "int")] enum Level { Low, Middle = 5, High, #[redis(other)] Other(i64) }"#;
    within_budget(&golden_of(value, "value_numbers", level), 4);
    within_budget(&golden_of(value, "value_newtype", "struct Sku<T>(T);"), 1);
    within_budget(&golden_of(key_part, "key_part_newtype", "struct Sku(String);"), 1);
}

#[test]
fn a_group_of_keys() {
    let group: Derive = crate::derive_keys;
    let expanded = golden_of(
        group,
        "keys",
        r#"
        #[redis(key = "user:{id}")]
        struct UserKeys {
            followers: Set<u64>,
            timeline: List<u64>,
            #[redis(ttl = "1h")]
            drafts: List<Draft, Json>,
            #[redis(key = "score:{id}")]
            score: Counter<u32>,
        }
        "#,
    );
    let lines = expanded.lines().count();
    assert!(lines <= 15 + 2 * 4, "{lines} lines for 4 fields:\n{expanded}");
    golden_of(
        group,
        "keys_attributes",
        r#"
        #[redis(key = "{{{tenant}}}:{id}", id = (String, u64), ttl = "1d", rename_all = "camelCase", crate = "renamed")]
        pub(crate) struct Keys<T: Clone, S> {
            #[redis(rename = "i")]
            r#in: List<T>,
            #[redis(key = "{id}:of:{tenant}", ttl = "5s")]
            out_going: Set<T>,
            other: S,
        }
        "#,
    );
    golden_of(
        group,
        "keys_mistake",
        r#"#[redis(key = "user-{id}")] struct UserKeys { followers: Set<u64> }"#,
    );
}
