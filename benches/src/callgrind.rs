//! Counts instructions, by running this program again under valgrind's callgrind.

use std::collections::HashMap;
use std::error::Error;
use std::ffi::CString;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// The environment variable that tells the program that it runs under callgrind.
const CHILD: &str = "REDIS_MODEL_BENCHES_COUNTS";

const ZERO_STATS: usize = 0x4354_0001;
const DUMP_STATS_AT: usize = 0x4354_0003;

/// Returns `true` in the program that callgrind runs.
pub fn is_child() -> bool {
    env::var_os(CHILD).is_some()
}

/// Runs the work and has callgrind write its instructions under the name.
pub fn measure(name: &str, work: impl FnOnce()) {
    let name = CString::new(name).expect("a name without zeros");
    request(ZERO_STATS, 0);
    work();
    request(DUMP_STATS_AT, name.as_ptr() as usize);
}

/// Runs this program again with its arguments, and returns the instructions of each name.
/// The profiles stay in the folder.
pub fn run(folder: &Path) -> Result<HashMap<String, f64>, Box<dyn Error>> {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder)?;
    let mut out = std::ffi::OsString::from("--callgrind-out-file=");
    out.push(folder.join("profile"));
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet", "--compress-strings=no"])
        .arg(out)
        .arg(env::current_exe()?)
        .args(env::args_os().skip(1))
        .env(CHILD, "1")
        .output()
        .map_err(|error| format!("valgrind (apt-get install valgrind): {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let mut counts = HashMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let text = fs::read_to_string(&path)?;
        let Some(name) = after(&text, "desc: Trigger: Client Request: ") else { continue };
        let Some(total) = after(&text, "totals: ").or(after(&text, "summary: ")) else { continue };
        counts.insert(name.to_owned(), total.parse()?);
        // Named for people who read the profiles with `callgrind_annotate`.
        fs::rename(&path, folder.join(file_name(name)))?;
    }
    Ok(counts)
}

/// Returns the functions that take the most instructions themselves, and their shares.
pub fn top(folder: &Path, name: &str, most: usize) -> Result<Vec<(String, f64)>, Box<dyn Error>> {
    let output = Command::new("callgrind_annotate")
        .args(["--threshold=100", "--auto=no", "--show-percs=no"])
        .arg(folder.join(file_name(name)))
        .output()?;
    let (mut total, mut functions) = (0.0, HashMap::<String, f64>::new());
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Some((count, place)) = line.trim().split_once("  ") else { continue };
        let Ok(count) = count.replace(',', "").parse::<f64>() else { continue };
        if place.contains("PROGRAM TOTALS") {
            total = count;
        } else if count < total {
            // The place is a file, a function and a program. Code of other files that was
            // inlined into a function is counted with it.
            let function = place.split_once(':').map_or(place, |(_, function)| function);
            let function = function.split(" [").next().unwrap_or(function);
            *functions.entry(function.to_owned()).or_default() += count;
        }
    }
    let mut functions: Vec<_> =
        functions.into_iter().map(|(name, count)| (name, count / total)).collect();
    functions.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    functions.truncate(most);
    Ok(functions)
}

fn file_name(name: &str) -> String {
    format!("{}.callgrind", name.replace([' ', ','], "-"))
}

fn after<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(start)).map(str::trim)
}

/// Sends a request to valgrind: rotations that change nothing, which it knows. Without
/// valgrind nothing happens.
#[cfg(target_arch = "x86_64")]
fn request(code: usize, argument: usize) {
    let block = [code, argument, 0, 0, 0, 0];
    // SAFETY: the rotations add up to whole turns, and `rbx` is exchanged with itself.
    unsafe {
        std::arch::asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            inout("rdx") 0_usize => _,
            in("rax") block.as_ptr(),
        );
    }
}

#[cfg(target_arch = "aarch64")]
fn request(code: usize, argument: usize) {
    let block = [code, argument, 0, 0, 0, 0];
    // SAFETY: the rotations add up to whole turns, and `x10` is or'ed with itself.
    unsafe {
        std::arch::asm!(
            "ror x12, x12, #3",
            "ror x12, x12, #13",
            "ror x12, x12, #51",
            "ror x12, x12, #61",
            "orr x10, x10, x10",
            inout("x3") 0_usize => _,
            in("x4") block.as_ptr(),
        );
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn request(_: usize, _: usize) {}
