//! Generates random valid models over all attributes, with a round trip for each.
//!
//! The same seed gives the same models.

mod catalog;
mod fields;
mod model;
mod random;

use std::path::PathBuf;
use std::{env, fs};

use random::Random;

/// Enough for an ordinary build to notice mistakes in the generator.
const MODELS: u64 = 5;
const SEED: u64 = 20_261_121;

fn main() {
    println!("cargo::rerun-if-changed=build");
    let (models, seed) = (number("TORTURE_MODELS", MODELS), number("TORTURE_SEED", SEED));
    let mut random = Random::new(seed);
    let mut code = format!("const SEED: &str = \"{seed}\";\n");
    for at in 0..models {
        code += &model::generate(&mut random, at);
    }
    let names = (0..models).map(|at| format!("(\"m{at}\", m{at}::round_trip),\n"));
    code +=
        &format!("const ROUND_TRIPS: &[(&str, RoundTrip)] = &[\n{}];\n", names.collect::<String>());
    let path = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo")).join("models.rs");
    fs::write(path, code).expect("the build folder is writable");
}

fn number(variable: &str, default: u64) -> u64 {
    println!("cargo::rerun-if-env-changed={variable}");
    match env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable} is not a number: {text}")),
        Err(_) => default,
    }
}
