//! Moving off Python's pickle: an instance of a class and a session of Django, read without
//! running anything, and rewritten as JSON while another client goes on writing.
//!
//! `cargo run --example leave_pickle`

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use redis_model::codec::{Fallback, Pickle};
use redis_model::embedded::Server;
use redis_model::{Json, Operation, RedisModel};
use serde::{Deserialize, Serialize};

/// The value that Python stored by `client.set("person:1", pickle.dumps(Person("John", 20)))`.
const PERSON: &[u8] =
    b"\x80\x04\x955\0\0\0\0\0\0\0\x8c\x08__main__\x94\x8c\x06Person\x94\x93\x94)\x81\x94}\x94(\
    \x8c\x04name\x94\x8c\x04John\x94\x8c\x03age\x94K\x14ub.";

/// A session of Django's cache backend, with a `datetime`.
const SESSION: &[u8] = b"\x80\x05\x95\x85\0\0\0\0\0\0\0}\x94(\x8c\x0d_auth_user_id\x94\x8c\x017\x94\x8c\x04cart\x94]\
    \x94(K\x01K\x02e\x8c\x04seen\x94\x8c\x08datetime\x94\x8c\x08datetime\x94\x93\x94C\x0a\x07\xe9\x0b\x14\x17\x13\x0b\
    \0\0\0\x94h\x06\x8c\x08timezone\x94\x93\x94h\x06\x8c\x09timedelta\x94\x93\x94K\0K\0K\0\x87\x94R\x94\x85\x94R\x94\
    \x86\x94R\x94u.";

/// `pickle.dumps(["admin", "beta"], 2)`.
const TAGS: &[u8] = b"\x80\x02]q\0(X\x05\0\0\0adminq\x01X\x04\0\0\0betaq\x02e.";

#[derive(Debug, PartialEq, Serialize, Deserialize, RedisModel)]
#[redis(key = "person:{id}", codecs = [Json, Pickle])]
struct Person {
    /// Only in the key: Python's class has no such attribute.
    #[serde(skip)]
    id: u32,
    name: String,
    age: u8,
}

#[derive(Debug, Serialize, Deserialize, RedisModel)]
#[redis(key = ":1:django.contrib.sessions.cache{id:raw}", codecs = [Json, Pickle])]
struct Session {
    #[serde(skip)]
    id: String,
    #[serde(rename = "_auth_user_id")]
    user: Option<String>,
    cart: Vec<u32>,
    seen: String,
}

/// A hash, one field of which Python pickled.
#[derive(Debug, RedisModel)]
#[redis(key = "member:{id}")]
struct Member {
    id: u32,
    name: String,
    #[redis(codec = Fallback<Json, Pickle>)]
    tags: Vec<String>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Not a named server: `rewrite_all` would rewrite other records there.
    let server = Server::start()?;
    let mut con = server.connection()?;
    let session_key = Session::key("abcdef");
    for id in 1..=200 {
        redis::cmd("SET").arg(Person::key(id)).arg(PERSON).arg("EX").arg(3600).exec(&mut con)?;
    }
    redis::cmd("SET").arg(&session_key).arg(SESSION).exec(&mut con)?;
    redis::cmd("HSET")
        .arg(Member::key(7))
        .arg("name")
        .arg("Ada")
        .arg("tags")
        .arg(TAGS)
        .exec(&mut con)?;
    // A pickle that runs a command when Python loads it.
    redis::cmd("SET")
        .arg(Person::key(666))
        .arg("cos\nsystem\n(S'echo gotcha'\ntR.")
        .exec(&mut con)?;

    println!("read:      {:?}", Person::get(1).run(&mut con)?);
    println!("read:      {:?}", Session::get("abcdef").run(&mut con)?);
    println!("read:      {:?}", Member::get(7).run(&mut con)?);

    rewrite_under_traffic(&server)?;
    let mut sessions = Session::rewrite_all();
    while sessions.run(&mut con)?.is_some() {}
    let mut members = Member::rewrite_all();
    while members.run(&mut con)?.is_some() {}

    // What Python reads by `json.loads(client.get("person:1"))`.
    let person: String = redis::cmd("GET").arg(Person::key(1)).query(&mut con)?;
    let session: String = redis::cmd("GET").arg(&session_key).query(&mut con)?;
    let tags: String = redis::cmd("HGET").arg(Member::key(7)).arg("tags").query(&mut con)?;
    println!("as JSON:   {person}\n           {session}\n           {tags}");
    assert_eq!(person, r#"{"name":"John","age":20}"#);
    assert_eq!(tags, r#"["admin","beta"]"#);
    // The time to live is kept.
    assert!(Person::ttl(1).run(&mut con)?.remaining().is_some());

    for id in 1..=200 {
        Person::delete(id).run(&mut con)?;
    }
    Person::delete(666).run(&mut con)?;
    Session::delete("abcdef").run(&mut con)?;
    Member::delete(7).run(&mut con)?;
    Ok(())
}

/// Rewrites all people while another client saves one of them again and again.
fn rewrite_under_traffic(server: &Server) -> Result<(), Box<dyn std::error::Error>> {
    let mut con = server.connection()?;
    let mut other = server.connection()?;
    let done = AtomicBool::new(false);
    let last = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut age = 20;
            while !done.load(Ordering::Relaxed) {
                age = if age < 100 { age + 1 } else { 20 };
                Person { id: 2, name: "Mary".into(), age }.save().keep_ttl().run(&mut other)?;
            }
            Ok::<_, redis_model::Error>(age)
        });
        let mut rewriting = Person::rewrite_all().page_size(20);
        while let Some(page) = rewriting.run(&mut con)? {
            for (id, error) in page.failed {
                println!("unchanged: person {id}: {error}");
            }
        }
        done.store(true, Ordering::Relaxed);
        println!("rewritten: {}, current: {}", rewriting.rewritten(), rewriting.current());
        writer.join().expect("no panic")
    })?;
    // No write was lost.
    assert_eq!(Person::get(2).run(&mut con)?.map(|person| person.age), Some(last));
    Ok(())
}
