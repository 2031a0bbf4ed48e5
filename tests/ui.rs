//! What the derive and the types refuse, and the twin of each that they take.
//!
//! `TRYBUILD=overwrite cargo test --test ui` writes the expected messages.

#[test]
fn mistakes_are_told_at_compile_time() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/fail/*.rs");
    cases.pass("tests/ui/pass/*.rs");
}

/// Each mistake has a twin without it, under the same name.
#[test]
fn every_mistake_has_a_twin() {
    let names = |folder: &str| {
        let files =
            std::fs::read_dir(format!("{}/tests/ui/{folder}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        files.filter(|name| name.ends_with(".rs")).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(names("fail"), names("pass"));
}
