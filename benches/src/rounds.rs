//! Interleaved rounds and medians.

use std::time::{Duration, Instant};

/// The medians of both sides, and of the rounds' ratios.
#[derive(Clone, Copy)]
pub struct Compared {
    pub ours: f64,
    pub other: f64,
    pub ratio: f64,
}

/// Measures both sides in turn, once each round, so that other load on the machine affects
/// both. The order changes from round to round.
pub fn interleave(
    rounds: usize,
    mut ours: impl FnMut() -> f64,
    mut other: impl FnMut() -> f64,
) -> Compared {
    // Caches, scripts and connections are warm before the first round.
    ours();
    other();
    let (mut of_ours, mut of_other, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let (a, b) = if round % 2 == 0 {
            let a = ours();
            (a, other())
        } else {
            let b = other();
            (ours(), b)
        };
        of_ours.push(a);
        of_other.push(b);
        ratios.push(a / b);
    }
    Compared { ours: median(of_ours), other: median(of_other), ratio: median(ratios) }
}

pub fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// Returns the microseconds of one run, of so many.
pub fn micros(runs: usize, mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    (0..runs).for_each(|_| work());
    start.elapsed().as_secs_f64() * 1e6 / runs as f64
}

/// Returns the number of runs that take about this long.
pub fn runs_in(time: Duration, mut work: impl FnMut()) -> usize {
    work();
    let (start, mut runs) = (Instant::now(), 0);
    while start.elapsed() < time / 4 {
        work();
        runs += 1;
    }
    (runs * 4).max(1)
}
