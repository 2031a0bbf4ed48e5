#!/usr/bin/env python3
"""Measures what models cost to compile, side by side with serde's derives.

    python3 benches/compile/run.py            # 20 models of 10 fields, dev and release
    python3 benches/compile/run.py --fields   # one model of 1, 10, 100 and 500 fields

Prints the number of functions, their size and the CPU time of the one crate that holds
the models; its dependencies are built before. Ours uses save, get, update, select, edit
and commit of each model on a connection; serde's writes and reads each with serde_json.
The crates are generated into target/compile.
"""

import pathlib, re, resource, shutil, subprocess, sys, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "target" / "compile"
TYPES = ["String", "Option<String>", "u64", "i64", "bool", "f64", "String", "u32", "Option<u64>"]

OURS = """
[dependencies]
redis-model = { path = "%s/core", default-features = false, features = ["derive"] }
redis = { version = "1.8", default-features = false }
""" % ROOT
SERDE = """
[dependencies]
serde = { version = "1", features = ["derive"] }
serde_json = "1"
"""


def fields(count, extra=""):
    types = ((at, TYPES[at % len(TYPES)]) for at in range(count - 1))
    lines = "".join(f"        pub f{at}: {ty},\n" for at, ty in types)
    return f"        pub id: u64,\n{extra}        pub visits: u64,\n{lines}"


def ours(at, count, extra=""):
    return f"""
pub mod m{at} {{
    use redis_model::{{Operation, RedisModel}};

    #[derive(RedisModel)]
    #[redis(key = "m{at}:{{id}}")]
    pub struct Model {{
{fields(count, extra)}    }}

    pub fn use_all(con: &mut redis::Connection) -> redis_model::Result<()> {{
        let f = Model::FIELDS;
        if let Some(model) = Model::get(7).run(con)? {{
            model.save().run(con)?;
        }}
        let update = Model::update(7).incr(f.visits, 1).returning(f.visits);
        let _ = update.run(con)?;
        let _ = Model::select(7, f.visits).run(con)?;
        if let Some(mut draft) = Model::edit(7).run(con)? {{
            draft.visits += 1;
            let _ = draft.commit().run(con)?;
        }}
        Ok(())
    }}
}}
"""


def serde(at, count):
    return f"""
pub mod m{at} {{
    use serde::{{Deserialize, Serialize}};

    #[derive(Serialize, Deserialize)]
    pub struct Model {{
{fields(count)}    }}

    pub fn use_all(text: &str) -> serde_json::Result<String> {{
        let model: Model = serde_json::from_str(text)?;
        serde_json::to_string(&model)
    }}
}}
"""


def crate(name, dependencies, source):
    folder = OUT / name
    (folder / "src").mkdir(parents=True, exist_ok=True)
    manifest = f'[package]\nname = "{name}"\nversion = "0.0.0"\nedition = "2024"\n'
    profiles = "[profile.dev]\ndebug = false\nincremental = false\n"
    (folder / "Cargo.toml").write_text(manifest + dependencies + "[workspace]\n" + profiles)
    shutil.copy(ROOT / "Cargo.lock", folder / "Cargo.lock")
    return folder, source


def measure(folder, source, release):
    """Returns functions, bytes and CPU seconds of the crate alone."""
    mode = ["--release"] if release else []
    build = ["cargo", "build", "--quiet", "--offline", "--target-dir", str(OUT / "target"), *mode]
    lib = folder / "src" / "lib.rs"
    lib.write_text("")
    if subprocess.run(build, cwd=folder, stderr=subprocess.DEVNULL).returncode != 0:
        build.remove("--offline")
        subprocess.run(build, cwd=folder, check=True)
    lib.write_text(source)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(build, cwd=folder, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)
    name = "lib" + folder.name.replace("-", "_") + ".rlib"
    rlib = OUT / "target" / ("release" if release else "debug") / name
    symbols = subprocess.run(["nm", "-S", "--defined-only", rlib], capture_output=True, text=True)
    sizes = re.findall(r"^\w+ (\w+) [tTwW] ", symbols.stdout, re.M)
    return len(sizes), sum(int(size, 16) for size in sizes), cpu


def models():
    count, width = 20, 10
    crates = [
        crate("compile-ours", OURS, "".join(ours(at, width) for at in range(count))),
        crate("compile-serde", SERDE, "".join(serde(at, width) for at in range(count))),
    ]
    print(f"{count} models of {width} fields\n")
    print("| profile | | redis-model | serde, serde_json | ratio |\n|---|---|---:|---:|---:|")
    worst = 0
    for release in (False, True):
        mine, theirs = (measure(*it, release) for it in crates)
        for what, a, b in zip(("functions", "KiB", "CPU s"), mine, theirs):
            if what == "KiB":
                a, b = a / 1024, b / 1024
            worst = max(worst, a / b)
            form = ".2f" if what == "CPU s" else ".0f"
            profile = "release" if release else "dev"
            print(f"| {profile} | {what} | {a:{form}} | {b:{form}} | {a / b:.2f} |")
    return worst


def widths():
    print("one model: CPU s of a dev build\n")
    print("| fields | plain | with an alias | with a flattened struct |\n|---:|---:|---:|---:|")
    alias = '        #[redis(alias = "old")]\n        pub renamed: String,\n'
    flat = "        #[redis(flatten)]\n        pub inner: crate::Inner,\n"
    inner = "#[derive(redis_model::RedisFields)]\npub struct Inner { pub a: u8, pub b: u8 }\n"
    for width in (1, 10, 100, 200, 500):
        sources = [ours(0, width), ours(0, width, alias), inner + ours(0, width, flat)]
        if width > 250:
            sources.pop()  # a model with flattened structs has at most 256 fields
        times = []
        for source in sources:
            _, _, cpu = measure(*crate("compile-one", OURS, source), False)
            times.append(f"{cpu:.2f}")
        print(f"| {width} | {' | '.join(times + ['-'] * (3 - len(times)))} |")


if __name__ == "__main__":
    if "--fields" in sys.argv:
        widths()
    else:
        models()
