//! An object as a Python program would pickle it, stored as JSON, which every program reads,
//! and as bincode, which is compact: in Redis, sync and async, and in a file. What Python
//! pickled before is read as it is. Bytes that are not a `Person` are refused.
//!
//! `cargo run --example pickle_replacement`

use redis_model::codec::{Bincode, Pickle};
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

/// Records that a Python program pickled before, and that are written as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "pickled:person:{id}", codecs = [Json, Pickle])]
struct PickledPerson {
    #[serde(skip)]
    id: u32,
    name: String,
    age: u8,
    #[serde(default)]
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
    what_python_stored(&server)?;
    hostile_bytes(&server)?;
    Ok(())
}

/// The same class in Python, and `pickle.dumps(Person("John", 20))` in the protocols 0 to 5.
///
/// ```python
/// class Person:
///     def __init__(self, name, age):
///         self.name, self.age = name, age
/// ```
const PICKLES: [&[u8]; 6] = [
    b"ccopy_reg\n_reconstructor\np0\n(c__main__\nPerson\np1\nc__builtin__\nobject\np2\nNtp3\nRp4\n\
        (dp5\nVname\np6\nVJohn\np7\nsVage\np8\nI20\nsb.",
    b"ccopy_reg\n_reconstructor\nq\0(c__main__\nPerson\nq\x01c__builtin__\nobject\nq\x02Ntq\x03Rq\x04}\
        q\x05(X\x04\0\0\0nameq\x06X\x04\0\0\0Johnq\x07X\x03\0\0\0ageq\x08K\x14ub.",
    b"\x80\x02c__main__\nPerson\nq\0)\x81q\x01}q\x02(X\x04\0\0\0nameq\x03X\x04\0\0\0Johnq\x04X\x03\0\0\0\
        ageq\x05K\x14ub.",
    b"\x80\x03c__main__\nPerson\nq\0)\x81q\x01}q\x02(X\x04\0\0\0nameq\x03X\x04\0\0\0Johnq\x04X\x03\0\0\0\
        ageq\x05K\x14ub.",
    b"\x80\x04\x955\0\0\0\0\0\0\0\x8c\x08__main__\x94\x8c\x06Person\x94\x93\x94)\x81\x94}\x94(\
        \x8c\x04name\x94\x8c\x04John\x94\x8c\x03age\x94K\x14ub.",
    b"\x80\x05\x955\0\0\0\0\0\0\0\x8c\x08__main__\x94\x8c\x06Person\x94\x93\x94)\x81\x94}\x94(\
        \x8c\x04name\x94\x8c\x04John\x94\x8c\x03age\x94K\x14ub.",
];

/// Reads the pickles as they are, and saves them as JSON.
fn what_python_stored(server: &Server) -> Result<(), Box<dyn std::error::Error>> {
    let mut con = server.connection()?;
    for (protocol, pickle) in PICKLES.iter().enumerate() {
        redis::cmd("SET").arg(PickledPerson::key(2)).arg(*pickle).exec(&mut con)?;
        let john = PickledPerson::get(2).run(&mut con)?.ok_or("the record was just stored")?;
        assert_eq!((john.id, &*john.name, john.age), (2, "John", 20));
        println!("python, protocol {protocol}: {john:?}");
        john.save().run(&mut con)?;
        let json: String = redis::cmd("GET").arg(PickledPerson::key(2)).query(&mut con)?;
        assert_eq!(json, r#"{"name":"John","age":20,"friends":[]}"#);
    }
    PickledPerson::delete(2).run(&mut con)?;
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
