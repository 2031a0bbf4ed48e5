//! The machine and the programs that were measured.

use std::error::Error;
use std::process::Command;
use std::{fs, thread};

use redis_model::embedded::Server;

/// Returns one line: the server, the processor, the kernel and the compiler.
pub fn describe() -> Result<String, Box<dyn Error>> {
    let server = server_version(&mut Server::start()?.connection()?)?;
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let cores = thread::available_parallelism()?;
    let rustc = output("rustc", &["-V"]);
    let kernel = output("uname", &["-sr"]);
    let model = model.unwrap_or("unknown processor").replace("(R)", "");
    Ok(format!("{server}, {model}, {cores} cores, {kernel}, {rustc}"))
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_else(|_| format!("unknown {program}"))
}

fn server_version(con: &mut redis::Connection) -> redis::RedisResult<String> {
    let info: redis::InfoDict = redis::cmd("INFO").arg("server").query(con)?;
    let valkey: Option<String> = info.get("valkey_version");
    let redis: Option<String> = info.get("redis_version");
    Ok(match valkey {
        Some(version) => format!("Valkey {version}"),
        None => format!("Redis {}", redis.unwrap_or_default()),
    })
}
