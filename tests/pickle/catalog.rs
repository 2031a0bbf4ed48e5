//! One value of each kind, as real Python pickled it in every protocol.
//!
//! `catalog.py` writes the pickles, and the same values as JSON in the same process.
//! `catalog.json` keeps its output, so that this test runs without Python.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

use super::{Data, data, unhex};

pub(crate) struct Kind {
    pub(crate) name: String,
    /// The value, or `None` if the kind is refused.
    pub(crate) meaning: Option<Data>,
    /// The pickles that Python writes, with their protocols.
    pub(crate) pickles: Vec<(usize, Vec<u8>)>,
}

pub(crate) fn kinds() -> Vec<Kind> {
    let catalog: Value = serde_json::from_str(include_str!("catalog.json")).expect("JSON");
    let kind = |kind: &Value| Kind {
        name: kind[0].as_str().expect("a name").to_owned(),
        meaning: (!kind[1].is_null()).then(|| Data::of_json(&kind[1])),
        pickles: kind[2]
            .as_array()
            .expect("pickles")
            .iter()
            .enumerate()
            .filter_map(|(protocol, pickle)| Some((protocol, unhex(pickle.as_str()?))))
            .collect(),
    };
    catalog.as_array().expect("kinds").iter().map(kind).collect()
}

#[test]
fn every_kind_is_what_python_meant_or_refused() {
    let (mut read, mut all) = (0, 0);
    for Kind { name, meaning, pickles } in kinds() {
        for (protocol, pickle) in pickles {
            all += 1;
            match (data(&pickle), &meaning) {
                (Ok(value), Some(meaning)) => {
                    assert_eq!(value, *meaning, "{name}, protocol {protocol}");
                    read += 1;
                }
                (Ok(value), None) => panic!("{name}, protocol {protocol}: read as {value}"),
                (Err(error), Some(_)) => panic!("{name}, protocol {protocol}: {error}"),
                (Err(_), None) => {}
            }
        }
    }
    assert_eq!((read, all), (678, 816));
}

/// The table in the documentation of `Pickle`.
///
/// `BLESS=1 cargo test --all-features --test pickle` writes the file. Read the changes.
#[test]
fn the_documented_table_is_what_is_read() {
    let mut table = "\n# Every kind, as Python writes it\n\n\
        Generated from pickles that Python 3.11 wrote.\n\n\
        | Python | protocols | is read as |\n|---|---|---|\n"
        .to_owned();
    for Kind { name, pickles, .. } in kinds() {
        let mut rows: Vec<(usize, usize, String)> = Vec::new();
        for (protocol, pickle) in pickles {
            let cell = match data(&pickle) {
                Ok(value) => {
                    let value = value.to_string().replace('|', "\\|").replace('`', "'");
                    let short: String = value.chars().take(60).collect();
                    format!("`{short}{}`", if short == value { "" } else { "…" })
                }
                Err(error) => format!("refused: {}", error.replace('|', "\\|").replace('[', "\\[")),
            };
            match rows.last_mut() {
                Some((_, last, same)) if *same == cell => *last = protocol,
                _ => rows.push((protocol, protocol, cell)),
            }
        }
        for (first, last, cell) in rows {
            let protocols =
                if first == last { first.to_string() } else { format!("{first} to {last}") };
            table.push_str(&format!("| {name} | {protocols} | {cell} |\n"));
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("core/src/codec/format/pickle/table.md");
    if env::var_os("BLESS").is_some() {
        fs::write(&file, &table).expect("the table is written");
    }
    let documented = fs::read_to_string(&file).expect("the table");
    assert!(documented == table, "the table is another: BLESS=1 writes it");
}

/// Runs one of the programs of this folder. Returns its output, and asserts that every
/// pickle in it is what it means, or refused. Returns the number of pickles, too.
fn run(program: &str) -> (String, usize) {
    let run = Command::new("python3")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pickle").join(program))
        .env("PYTHONPATH", concat!(env!("CARGO_MANIFEST_DIR"), "/target/python"))
        .env("PYTHONHASHSEED", "0")
        .output()
        .expect("python3: apt-get install python3");
    assert!(
        run.status.success(),
        "{}(`python3 -m pip install --target target/python attrs numpy pydantic python-dateutil \
         pytz` installs what it needs)",
        String::from_utf8_lossy(&run.stderr)
    );
    let text = String::from_utf8(run.stdout).expect("text");
    let catalog: Value = serde_json::from_str(&text).expect("JSON");
    let mut count = 0;
    for kind in catalog.as_array().expect("kinds") {
        for pickle in kind[2].as_array().expect("pickles").iter().filter_map(Value::as_str) {
            count += 1;
            match (data(&unhex(pickle)), kind[1].is_null()) {
                (Ok(value), false) => assert_eq!(value, Data::of_json(&kind[1]), "{}", kind[0]),
                (Err(_), true) => {}
                (result, _) => panic!("{}: {result:?}", kind[0]),
            }
        }
    }
    (text, count)
}

/// The values of this machine's Python, which may be another version than the table's.
#[test]
#[ignore = "needs python3: `.ci/run` has it and runs this"]
fn the_pickles_of_this_python_are_read_alike() {
    let (text, count) = run("catalog.py");
    assert_eq!(count, 816);
    if env::var_os("BLESS").is_some() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pickle/catalog.json");
        fs::write(file, text).expect("the catalog is written");
    }
}

#[test]
#[ignore = "needs python3 with numpy, pydantic and others: `.ci/run` has them and runs this"]
fn values_of_other_packages_are_read() {
    assert_eq!(run("values.py").1, 21 * 6);
}
