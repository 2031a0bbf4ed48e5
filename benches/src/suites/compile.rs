//! The cost of compiling models, by `benches/compile/run.py`.

use std::error::Error;
use std::path::Path;
use std::process::Command;

use crate::Options;
use crate::report::Row;

pub fn run(options: &Options) -> Result<Vec<Row>, Box<dyn Error>> {
    if options.quick {
        println!("# no lines of compile: it takes minutes");
        return Ok(Vec::new());
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("compile/run.py");
    let output = Command::new("python3").arg(script).env_remove("CARGO_TARGET_DIR").output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let text = String::from_utf8(output.stdout)?;
    let rows: Vec<_> = text.lines().filter_map(row).collect();
    if rows.is_empty() {
        return Err(format!("compile/run.py printed no table:\n{text}").into());
    }
    Ok(rows.into_iter().filter(|row| options.includes(&row.name)).collect())
}

/// Parses a line of the table: `| dev | functions | 1234 | 1200 | 1.03 |`.
fn row(line: &str) -> Option<Row> {
    let cells: Vec<_> = line.split('|').map(str::trim).collect();
    let [_, profile, unit, ours, other, ..] = cells[..] else { return None };
    let name = format!("20 models of 10 fields in {profile}, serde and serde_json ({unit})");
    Some(Row::new("compile", name, ours.parse().ok()?, other.parse().ok()?))
}
