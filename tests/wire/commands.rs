//! The exact commands of every operation, as tables that can be read: `commands.md`,
//! `structures.md`.

use std::fmt::Write;
use std::{env, fs, path::Path};

use redis_model::op::{BoxedOperation, SentCommand};

use crate::{operations, structures};

/// `BLESS=1 cargo test --test wire` writes the files. Read the changes.
#[test]
fn every_operation_sends_what_the_table_says() {
    check("commands.md", "The exact commands of every operation.", operations::all());
}

#[test]
fn every_operation_of_a_structure_sends_what_the_table_says() {
    let all = structures::all();
    for (words, operation) in &all {
        let sent = redis_model::Operation::explain(operation).unwrap().commands().len();
        let is_one = !words.starts_with('(') && !words.starts_with("redis_model::");
        assert!(sent == 1 || !is_one, "{words} sends {sent} commands");
    }
    check("structures.md", "The exact commands of every operation of a structure.", all);
}

fn check(file: &str, title: &str, all: Vec<(&str, BoxedOperation<'_, ()>)>) {
    let mut table =
        format!("# What is sent\n\n{title} A script is called by its digest, here by its name.\n",);
    for (words, operation) in all {
        let plan = redis_model::Operation::explain(&operation).unwrap();
        let words: String = words.split_whitespace().collect::<Vec<_>>().join(" ");
        let trips = match plan.round_trips() {
            0 => " (nothing)",
            1 => "",
            _ => panic!("{words}: {plan}"),
        };
        write!(table, "\n`{words}`{trips}\n").unwrap();
        for command in plan.commands() {
            writeln!(table, "\n    {}", shown(command)).unwrap();
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire").join(file);
    if env::var_os("BLESS").is_some() {
        fs::write(&path, &table).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap();
    for (line, (sent, expected)) in table.lines().zip(expected.lines()).enumerate() {
        assert_eq!(sent, expected, "line {} of tests/wire/{file}", line + 1);
    }
    assert_eq!(table.lines().count(), expected.lines().count());
}

fn shown(command: &SentCommand) -> String {
    let text = command.to_string();
    let Some(script) = command.script() else { return shorter(text) };
    let digest = std::str::from_utf8(&command.arguments()[1]).unwrap();
    let text = text.replacen(digest, script, 1);
    shorter(text.trim_end_matches(&format!(" # {script}.lua")).to_owned())
}

/// Abbreviates long values, which consist of repetitions.
fn shorter(text: String) -> String {
    text.replace(&"large".repeat(300), "large…")
}
