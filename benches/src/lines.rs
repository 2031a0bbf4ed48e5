//! The lines of a suite: two closures, measured side by side.

use std::time::Duration;

use crate::Options;
use crate::report::Row;
use crate::rounds::{interleave, micros, runs_in};

/// Measures lines, and collects their rows.
pub struct Lines<'o> {
    suite: &'static str,
    options: &'o Options,
    pub rows: Vec<Row>,
}

impl<'o> Lines<'o> {
    pub fn new(suite: &'static str, options: &'o Options) -> Self {
        Self { suite, options, rows: Vec::new() }
    }

    /// Returns the first number, or in a quick run the second.
    pub fn quick_or<N>(&self, full: N, quick: N) -> N {
        self.options.quick_or(full, quick)
    }

    /// Measures the microseconds that a record takes, where a run of the closures handles so
    /// many.
    pub fn micros(
        &mut self,
        name: &str,
        records: usize,
        mut ours: impl FnMut(),
        mut other: impl FnMut(),
    ) {
        if !self.options.includes(name) {
            return;
        }
        let runs = runs_in(Duration::from_millis(self.quick_or(12, 1)), &mut ours);
        let each = |micros| micros / records as f64;
        let ours = || each(micros(runs, &mut ours));
        let other = || each(micros(runs, &mut other));
        self.figures(&format!("{name} (µs)"), self.quick_or(31, 3), ours, other);
    }

    /// Measures what the closures return, in so many rounds.
    pub fn figures(
        &mut self,
        name: &str,
        rounds: usize,
        ours: impl FnMut() -> f64,
        other: impl FnMut() -> f64,
    ) {
        if self.options.includes(name) {
            self.rows.push(Row::compared(self.suite, name, interleave(rounds, ours, other)));
        }
    }
}
