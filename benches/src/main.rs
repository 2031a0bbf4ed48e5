//! Measures redis-model beside hand-written code and other crates. `benches/README.md` says
//! how to run it.

mod allocations;
mod callgrind;
mod hand;
mod lines;
mod machine;
mod models;
mod output;
mod plot;
mod replay;
mod report;
mod rounds;
mod suites;

use std::error::Error;
use std::process::ExitCode;

use report::Row;

const USAGE: &str = "\
cargo run --release --manifest-path benches/Cargo.toml -- [--quick] [--write] [SUITE | LINE]…

SUITE    one of: cpu, server, peers, codecs, compile, growth
LINE     a part of the name of a line, such as `save`
--quick  a few runs and rounds: shows that all of it works, and not what it costs
--write  writes the table and the plots into benches/README.md and beside it";

/// A suite's name, and the function that measures it.
type Suite = (&'static str, fn(&Options) -> Result<Vec<Row>, Box<dyn Error>>);

const SUITES: &[Suite] = &[
    ("cpu", suites::cpu::run),
    ("server", suites::server::run),
    #[cfg(feature = "peers")]
    ("peers", suites::peers::run),
    ("codecs", suites::codecs::run),
    ("compile", suites::compile::run),
    ("growth", suites::growth::run),
];

/// The choice of lines, and how to measure them.
pub struct Options {
    suites: Vec<String>,
    lines: Vec<String>,
    pub quick: bool,
    pub write: bool,
}

impl Options {
    fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut suites, mut lines) = (Vec::new(), Vec::new());
        let (mut quick, mut write) = (false, false);
        for argument in arguments {
            match argument.as_str() {
                "--quick" => quick = true,
                "--write" => write = true,
                option if option.starts_with('-') => return Err(USAGE.into()),
                name if SUITES.iter().any(|(suite, _)| *suite == name) => suites.push(argument),
                _ => lines.push(argument),
            }
        }
        if write && (quick || !lines.is_empty()) {
            return Err("what is written are whole suites, and not quick ones".into());
        }
        Ok(Self { suites, lines, quick, write })
    }

    fn includes_suite(&self, suite: &str) -> bool {
        self.suites.is_empty() || self.suites.iter().any(|it| it == suite)
    }

    /// Returns `true` if the line is to be measured.
    pub fn includes(&self, line: &str) -> bool {
        self.lines.is_empty() || self.lines.iter().any(|it| line.contains(it.as_str()))
    }

    /// Returns the first number, or in a quick run the second.
    pub fn quick_or<N>(&self, full: N, quick: N) -> N {
        if self.quick { quick } else { full }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    if callgrind::is_child() {
        return suites::cpu::run(options).map(drop);
    }
    let machine = machine::describe()?;
    println!("# on {machine}\n{}", report::HEAD);
    for (suite, measure) in SUITES {
        if options.includes_suite(suite) {
            let rows = measure(options)?;
            rows.iter().for_each(|row| println!("{}", row.line()));
            if options.write {
                output::write(suite, &machine, &rows)?;
            }
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    if cfg!(debug_assertions) {
        eprintln!("not optimized, so the figures would mean nothing: use `cargo run --release`");
        return ExitCode::FAILURE;
    }
    let done = Options::parse(std::env::args().skip(1)).map_err(Into::into);
    match done.and_then(|options| run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
