//! Writes the results beside the program: the table, the sections of `README.md`, the plots.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::plot::bars;
use crate::report::{HEAD, Row, number};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Writes the rows of a suite in place of those of an earlier run.
pub fn write(suite: &str, machine: &str, rows: &[Row]) -> Result<(), Box<dyn Error>> {
    let table = path("results.tsv");
    let earlier = fs::read_to_string(&table).unwrap_or_default();
    let kept = earlier.lines().filter(|line| {
        *line != HEAD && !line.starts_with(&format!("{suite}: ")) && !line.starts_with(&mark(suite))
    });
    let own = rows.iter().map(Row::line);
    let lines: Vec<_> = kept.map(str::to_owned).chain([mark(suite) + machine]).chain(own).collect();
    fs::write(table, format!("{HEAD}\n{}\n", lines.join("\n")))?;

    fs::create_dir_all(path("plots"))?;
    fs::write(path("plots").join(format!("{suite}.svg")), bars(rows))?;
    let plot = format!("![The ratios of {suite}](plots/{suite}.svg)");
    replace_section(suite, &format!("{machine}\n\n{}\n{plot}\n", markdown(rows)))?;
    let missed: Vec<_> = lines.iter().filter_map(|line| Row::parse(line)).collect();
    let missed = missed.iter().filter(|row| row.target().is_some_and(|it| !it.is_met(row)));
    replace_section("missed", &missed_table(missed))
}

/// Returns the start of the line that says on what a suite ran.
fn mark(suite: &str) -> String {
    format!("# {suite} on ")
}

fn markdown(rows: &[Row]) -> String {
    let mut text =
        String::from("| line | ours | other | ratio | target |\n|---|---:|---:|---:|---|\n");
    for row in rows {
        let target = row.target().map_or(String::new(), |target| {
            let met = if target.is_met(row) { "met" } else { "missed" };
            format!("{}: {met}", target.text())
        });
        let [ours, other] = [row.ours, row.other].map(number);
        let name = row.name.replace('<', "\\<");
        let _ = writeln!(text, "| {name} | {ours} | {other} | {:.2} | {target} |", row.ratio);
    }
    text
}

fn missed_table<'a>(rows: impl Iterator<Item = &'a Row>) -> String {
    let mut text =
        String::from("| line | ours | other | ratio | target |\n|---|---:|---:|---:|---|\n");
    for row in rows {
        let target = row.target().map(|target| target.text()).unwrap_or_default();
        let ([ours, other], ratio) = ([row.ours, row.other].map(number), row.ratio);
        let _ = writeln!(
            text,
            "| {}: {} | {ours} | {other} | {ratio:.2} | {target} |",
            row.suite, row.name
        );
    }
    text
}

/// Replaces what is between the marks of a section.
pub fn replace_section(name: &str, text: &str) -> Result<(), Box<dyn Error>> {
    let readme = fs::read_to_string(path("README.md"))?;
    let (begin, end) = (format!("<!-- {name}: begin -->"), format!("<!-- {name}: end -->"));
    let missing = || format!("benches/README.md has no section {name}");
    let from = readme.find(&begin).ok_or_else(missing)? + begin.len();
    let to = readme.find(&end).ok_or_else(missing)?;
    let (head, tail) = (&readme[..from], &readme[to..]);
    fs::write(path("README.md"), format!("{head}\n\n{text}\n{tail}"))?;
    Ok(())
}
