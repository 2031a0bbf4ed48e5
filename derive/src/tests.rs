//! Golden expansions: what the derive emits, formatted, reviewed in diffs.
//!
//! `BLESS=1 cargo test -p redis-model-derive` writes them anew.

use std::io::Write;
use std::process::{Command, Stdio};
use std::{env, fs};

use syn::DeriveInput;

fn expand(input: &str) -> String {
    let input: DeriveInput = syn::parse_str(input).expect("a struct");
    format(&crate::derive_model(&input).to_string())
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
    let path = format!("{}/expected/{name}.rs", env!("CARGO_MANIFEST_DIR"));
    let expanded = expand(input);
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
