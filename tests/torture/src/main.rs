//! A round trip with each of the random models that `build/` generates.
//!
//! Clippy and the denied lints below see the generated models as a user's code.

#![deny(warnings, clippy::pedantic)]
#![allow(
    clippy::struct_excessive_bools,
    clippy::unnecessary_wraps,
    clippy::too_many_lines,
    reason = "about what the generator writes, not what the derive makes of it"
)]

#[allow(dead_code, reason = "a few models do not use all of it")]
mod check;
#[allow(dead_code, reason = "a few models do not use all of it")]
mod kinds;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, io};

use redis_model::{ErrorKind, embedded};

type RoundTrip = fn(&mut redis::Connection) -> redis_model::Result<()>;

include!(concat!(env!("OUT_DIR"), "/models.rs"));

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut out = io::stdout().lock();
    // Fields that expire need a newer server than many systems have.
    let newer = env::var_os("REDIS_8").map(PathBuf::from);
    let server = match &newer {
        Some(binary) => embedded::Server::options().binary(binary).start()?,
        None => embedded::Server::start()?,
    };
    let mut con = server.connection()?;
    let (mut failed, mut unsupported) = (0, 0);
    for (name, round_trip) in ROUND_TRIPS {
        match round_trip(&mut con) {
            Err(error) if newer.is_none() && error.kind() == ErrorKind::Unsupported => {
                unsupported += 1;
            }
            Err(error) => {
                failed += 1;
                writeln!(out, "{name}: {error}")?;
            }
            Ok(()) => {}
        }
    }
    let models = ROUND_TRIPS.len();
    writeln!(
        out,
        "seed {SEED}: {models} models, {failed} failed, {unsupported} need a newer server"
    )?;
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
