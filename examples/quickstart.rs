//! A struct in Redis: saved, read, and changed field by field.
//!
//! `cargo run --example quickstart`

use redis_model::embedded::Server;
use redis_model::{Json, Operation, RedisModel};

#[derive(Debug, RedisModel)]
#[redis(key = "user:{id}", ttl = "30d")]
struct User {
    id: u64, // part of the key, not stored in the hash
    name: String,
    email: Option<String>, // None: the hash has no such field
    visits: u64,
    #[redis(codec = Json)]
    tags: Vec<String>, // any serde type, through a codec
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The server that REDIS_URL names, or a private one that ends with this program.
    let server = Server::named_or_private()?;
    let mut con = server.connection()?;

    let tags = vec!["admin".to_owned(), "beta".to_owned()];
    let user = User { id: 1000, name: "Alice".into(), email: None, visits: 41, tags };
    user.save().run(&mut con)?; // one atomic step
    let read = User::get(1000).run(&mut con)?;
    println!("{read:?}");

    let f = User::FIELDS; // typed field handles
    let visits = User::update(1000)
        .incr(f.visits, 1)
        .set(f.email, "alice@example.com")
        .returning(f.visits)
        .run(&mut con)?; // one atomic step, never creates a record
    println!("visits: {visits:?}");

    let (name, email) =
        User::select(1000, (f.name, f.email)).run(&mut con)?.ok_or("no such user")?;
    println!("name: {name}, email: {email:?}");

    let (exists, other) = (User::exists(1000), User::get(7)).run(&mut con)?; // one round trip
    println!("1000 exists: {exists}, 7: {other:?}");

    println!("\nThe hash in Redis:\n");
    show(&mut con, &user.redis_key())
}

/// Prints a hash in the format of `redis-cli`.
fn show(con: &mut redis::Connection, key: &str) -> Result<(), Box<dyn std::error::Error>> {
    println!("> HGETALL {key}");
    let pairs: Vec<String> = redis::cmd("HGETALL").arg(key).query(con)?;
    for (at, text) in pairs.iter().enumerate() {
        println!("{:2}) {text:?}", at + 1);
    }
    let ttl: i64 = redis::cmd("TTL").arg(key).query(con)?;
    println!("> TTL {key}\n(integer) {ttl}");
    Ok(())
}
