//! An object as a Python program would pickle it, stored as JSON, which every program reads,
//! and as bincode, which is compact: in Redis, sync and async, and in a file. Bytes that are
//! not a `Person` are refused.
//!
//! `cargo run --example pickle_replacement`

use redis_model::codec::Bincode;
use redis_model::embedded::Server;
use redis_model::{Json, Operation, RedisModel};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "person:{id}", blob = Json, ttl = "1d")]
struct Person {
    id: u32,
    name: String,
    age: u8,
    friends: Vec<String>,
}

/// The same data, stored compactly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "compact:person:{id}", blob = Bincode)]
struct CompactPerson {
    id: u32,
    name: String,
    age: u8,
    friends: Vec<String>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = Server::named_or_private()?;
    let person = Person {
        id: 1,
        name: "Ada".into(),
        age: 36,
        friends: vec!["Charles".into(), "Mary".into()],
    };
    let Person { id, name, age, friends } = person.clone();
    let compact = CompactPerson { id, name, age, friends };

    in_redis(&server, &person, &compact)?;
    tokio::runtime::Runtime::new()?.block_on(in_redis_async(&server, &person))?;
    in_a_file(&person)?;
    hostile_bytes(&server)?;
    Ok(())
}

fn in_redis(
    server: &Server,
    person: &Person,
    compact: &CompactPerson,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut con = server.connection()?;
    (person.save(), compact.save()).run(&mut con)?;
    let (a, b) = (Person::get(1), CompactPerson::get(1)).run(&mut con)?;
    assert_eq!((a.as_ref(), b.as_ref()), (Some(person), Some(compact)));
    println!("sync:  {a:?}");

    let json: String = redis::cmd("GET").arg(person.redis_key()).query(&mut con)?;
    let bytes: Vec<u8> = redis::cmd("GET").arg(compact.redis_key()).query(&mut con)?;
    println!("json, {} bytes, as any program sees it:\n  {json}", json.len());
    println!("bincode, {} bytes:\n  {}", bytes.len(), bytes.escape_ascii());
    Ok(())
}

async fn in_redis_async(
    server: &Server,
    person: &Person,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut con = server.client()?.get_multiplexed_async_connection().await?;
    let older = Person { age: person.age + 1, ..person.clone() };
    let ((), read, left) =
        (older.save(), Person::get(1), Person::ttl(1)).run_async(&mut con).await?;
    assert_eq!(read.as_ref(), Some(&older));
    println!("async: {read:?}, expires in {:?}", left.remaining());
    Ok(())
}

fn in_a_file(person: &Person) -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::temp_dir().join(format!("person-{}.json", std::process::id()));
    std::fs::write(&file, person.to_bytes()?)?;
    let read = Person::from_bytes(&std::fs::read(&file)?)?;
    std::fs::remove_file(&file)?;
    assert_eq!(&read, person);
    println!("file:  {read:?}");
    Ok(())
}

/// Bytes that another program stored under the key: each read is one clear error.
fn hostile_bytes(server: &Server) -> Result<(), Box<dyn std::error::Error>> {
    let mut con = server.connection()?;
    // A pickle that runs a command when Python loads it.
    let pickle = b"cos\nsystem\n(S'echo gotcha'\ntR.".as_slice();
    // A string that claims to be 2^60 bytes long.
    let forged = [&[1, 253][..], &(1_u64 << 60).to_le_bytes()].concat();
    println!("\nhostile bytes are refused:");
    for bytes in [pickle, &forged, b"{\"id\": 1}", b""] {
        redis::cmd("SET").arg(Person::key(666)).arg(bytes).exec(&mut con)?;
        redis::cmd("SET").arg(CompactPerson::key(666)).arg(bytes).exec(&mut con)?;
        for error in [
            Person::get(666).run(&mut con).map(drop).expect_err("not a person"),
            CompactPerson::get(666).run(&mut con).map(drop).expect_err("not a person"),
        ] {
            println!("  {error}");
        }
    }
    Ok(())
}
