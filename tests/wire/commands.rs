//! The exact commands of every operation, as a table that can be read: `commands.md`.

use std::fmt::Write;
use std::{env, fs, path::Path};

use redis_model::op::SentCommand;

use crate::operations::all;

/// `BLESS=1 cargo test --test wire` writes the file. Read the changes.
#[test]
fn every_operation_sends_what_the_table_says() {
    let mut table = String::from(
        "# What is sent\n\nThe exact commands of every operation. A script is called by its digest, here by its name.\n",
    );
    for (words, operation) in all() {
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
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire/commands.md");
    if env::var_os("BLESS").is_some() {
        fs::write(&path, &table).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap();
    for (line, (sent, expected)) in table.lines().zip(expected.lines()).enumerate() {
        assert_eq!(sent, expected, "line {} of tests/wire/commands.md", line + 1);
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
