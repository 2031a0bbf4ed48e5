//! Real input: every package of this workspace's own `Cargo.lock` as a hash.
//!
//! They are saved in batches, read back, counted, partly updated, and compared
//! with the file.
//!
//! `cargo run --example lockfile`

use std::collections::BTreeMap;
use std::error::Error;

use redis_model::embedded::Server;
use redis_model::{Json, Operation, Outcome, RedisModel, batch};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "lock:{name}:{version}")]
struct Package {
    name: String,
    version: String,
    /// A package of the workspace itself has neither.
    source: Option<String>,
    checksum: Option<String>,
    #[redis(codec = Json)]
    dependencies: Vec<String>,
    #[redis(default)]
    reviews: u32,
}

type Id = (String, String);

fn main() -> Result<(), Box<dyn Error>> {
    let packages = read_lockfile()?;
    println!("Cargo.lock: {} packages", packages.len());
    let server = Server::named_or_private()?;
    let mut con = server.connection()?;

    for chunk in packages.chunks(50) {
        for saved in batch(chunk.iter().map(Package::save)).run(&mut con)? {
            saved?;
        }
        println!("saved {:3} in one round trip", chunk.len());
    }

    let ids: Vec<Id> =
        packages.iter().map(|package| (package.name.clone(), package.version.clone())).collect();
    let read = read_back(&mut con, &ids)?;
    compare(&packages, &read)?;
    count(&read);
    review(&mut con, &packages)?;

    let deleted = batch(ids.iter().map(Package::delete)).run(&mut con)?;
    let deleted = deleted.into_iter().collect::<Result<Vec<_>, _>>()?;
    println!("deleted {}", deleted.iter().filter(|was_there| **was_there).count());
    Ok(())
}

fn read_lockfile() -> Result<Vec<Package>, Box<dyn Error>> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock"))?;
    let lockfile: toml::Table = text.parse()?;
    let packages = lockfile["package"].as_array().ok_or("no packages")?;
    let package = |entry: &toml::Value| {
        let text = |name: &str| entry.get(name).and_then(toml::Value::as_str).map(str::to_owned);
        let dependencies = entry.get("dependencies").and_then(toml::Value::as_array);
        Some(Package {
            name: text("name")?,
            version: text("version")?,
            source: text("source"),
            checksum: text("checksum"),
            dependencies: dependencies
                .map(|list| {
                    list.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
                })
                .unwrap_or_default(),
            reviews: 0,
        })
    };
    packages
        .iter()
        .map(|entry| package(entry).ok_or_else(|| "a package without a name".into()))
        .collect()
}

fn read_back(con: &mut redis::Connection, ids: &[Id]) -> Result<Vec<Package>, Box<dyn Error>> {
    let read = Package::get_many(ids).run(con)?;
    read.into_iter().map(|package| package?.ok_or_else(|| "a package is gone".into())).collect()
}

fn compare(packages: &[Package], read: &[Package]) -> Result<(), Box<dyn Error>> {
    let different: Vec<_> =
        packages.iter().zip(read).filter(|(a, b)| a != b).map(|(a, _)| &a.name).collect();
    if different.is_empty() && packages.len() == read.len() {
        println!("all {} packages are equal after the round trip", packages.len());
        return Ok(());
    }
    Err(format!("{} packages differ: {different:?}", different.len()).into())
}

fn count(read: &[Package]) {
    let local = read.iter().filter(|package| package.source.is_none()).count();
    let edges: usize = read.iter().map(|package| package.dependencies.len()).sum();
    let mut wanted: BTreeMap<&str, usize> = BTreeMap::new();
    for name in read.iter().flat_map(|package| &package.dependencies) {
        *wanted.entry(name.split(' ').next().unwrap_or(name)).or_default() += 1;
    }
    let (most, times) = wanted.iter().max_by_key(|(_, times)| **times).unwrap_or((&"", &0));
    println!("{local} of the workspace, {edges} dependencies, most wanted: {most} ({times} times)");
}

/// Changes single fields, and shows that nothing else changed.
fn review(con: &mut redis::Connection, packages: &[Package]) -> Result<(), Box<dyn Error>> {
    let f = Package::FIELDS;
    let mut reviewed = 0;
    for package in packages.iter().filter(|package| package.name.starts_with("redis")) {
        let id = || (&package.name, &package.version);
        let outcome = Package::update(id()).incr(f.reviews, 1).returning(f.reviews).run(con)?;
        assert_eq!(outcome, Outcome::Applied(1));
        let expected = Package { reviews: 1, ..package.clone() };
        assert_eq!(Package::get(id()).run(con)?, Some(expected));
        reviewed += 1;
    }
    println!("reviewed {reviewed} packages by changing one field of each");

    let missing = Package::update(("no-such-package", "1.0.0")).incr(f.reviews, 1).run(con)?;
    assert!(missing.is_missing());
    println!("a review of a missing package does not create it");
    Ok(())
}
