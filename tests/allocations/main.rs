//! The number of allocations of an operation, without a server, and the memory of large
//! structures.

mod structures;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use redis::{ConnectionLike, RedisResult, Value};
use redis_model::{Operation, RedisModel};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    /// The bytes that this thread has allocated and not freed, and the most that it had.
    static HELD: Cell<(isize, isize)> = const { Cell::new((0, 0)) };
}

fn count(more: usize, less: usize) {
    if more > 0 {
        let _ = ALLOCATIONS.try_with(|allocations| allocations.set(allocations.get() + 1));
    }
    let _ = HELD.try_with(|held| {
        let (now, peak) = held.get();
        let now = now + more as isize - less as isize;
        held.set((now, peak.max(now)));
    });
}

/// Returns the result of the work, and the most bytes that it held at a time.
fn peak_memory<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = HELD.get().0;
    HELD.set((before, before));
    let done = work();
    (done, (HELD.get().1 - before) as usize)
}

// The one place of the workspace that needs `unsafe`: an allocator is one.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(0, layout.size());
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, layout.size());
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = ALLOCATIONS.get();
    let done = work();
    (done, ALLOCATIONS.get() - before)
}

/// A connection that sends nothing and returns the reply that it was given, so that only
/// the operation allocates.
struct Canned {
    reply: Option<Value>,
}

impl ConnectionLike for Canned {
    fn req_command(&mut self, _: &redis::Cmd) -> RedisResult<Value> {
        Ok(self.reply.take().expect("one command"))
    }

    fn req_packed_command(&mut self, _: &[u8]) -> RedisResult<Value> {
        unreachable!("a single command is sent as a command")
    }

    /// Answers each command of a pipeline with the same number.
    fn req_packed_commands(&mut self, _: &[u8], _: usize, count: usize) -> RedisResult<Vec<Value>> {
        Ok(vec![self.reply.take().expect("one pipeline"); count])
    }

    fn get_db(&self) -> i64 {
        0
    }

    fn check_connection(&mut self) -> bool {
        true
    }

    fn is_open(&self) -> bool {
        true
    }
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "tenant:{tenant}:user:{id}")]
struct User {
    tenant: u32,
    id: u64,
    name: String,
    email: String,
    bio: Option<String>,
    visits: u64,
    score: f64,
    active: bool,
    country: String,
    level: i32,
    avatar: Vec<u8>,
    city: Option<String>,
}

#[derive(RedisModel)]
#[redis(key = "session:{token}", ttl = "1h")]
struct Session {
    token: String,
    a: String,
    b: String,
    c: String,
    d: String,
    e: String,
    f: String,
    g: String,
    h: u64,
    i: u64,
    j: Option<u64>,
}

fn user() -> User {
    User {
        tenant: 7,
        id: u64::MAX,
        name: "Alice Liddell".into(),
        email: "alice@example.com".into(),
        bio: Some("x".repeat(3000)),
        visits: u64::MAX,
        score: -1.2345678901234567e-300,
        active: true,
        country: "GB".into(),
        level: i32::MIN,
        avatar: vec![255; 500],
        city: Some("Oxford".into()),
    }
}

/// Encoding is all that allocates in a save: its reply is a number.
fn cost_of_save<M: RedisModel>(model: &M) -> usize {
    // Once before, for what is made once in a program's life.
    model.save().run(&mut Canned { reply: Some(Value::Int(1)) }).unwrap();
    let mut con = Canned { reply: Some(Value::Int(1)) };
    let (saved, allocations) = allocations(|| model.save().run(&mut con));
    saved.unwrap();
    allocations
}

#[test]
fn a_save_of_ten_fields_allocates_at_most_three_times() {
    assert!(cost_of_save(&user()) <= 3, "all there: {}", cost_of_save(&user()));
    let absent = User { bio: None, city: None, ..user() };
    assert!(cost_of_save(&absent) <= 3, "some absent: {}", cost_of_save(&absent));
    let text = || "text".repeat(100);
    let session = Session {
        token: "0123456789abcdef0123456789abcdef".into(),
        a: text(),
        b: text(),
        c: text(),
        d: text(),
        e: text(),
        f: text(),
        g: text(),
        h: 1,
        i: 2,
        j: None,
    };
    assert!(cost_of_save(&session) <= 3, "with a TTL: {}", cost_of_save(&session));
}

#[test]
fn a_get_allocates_at_most_two_times_besides_its_command() {
    let expected = user();
    let text = |text: &str| Value::BulkString(text.as_bytes().to_vec());
    let reply = || {
        Value::Array(vec![
            text("Alice Liddell"),
            text("alice@example.com"),
            Value::BulkString(expected.bio.clone().unwrap().into_bytes()),
            text("18446744073709551615"),
            text("-1.2345678901234567e-300"),
            text("1"),
            text("GB"),
            text("-2147483648"),
            Value::BulkString(expected.avatar.clone()),
            text("Oxford"),
        ])
    };
    let id = (7, u64::MAX);
    let get = User::get(id);
    let mut con = Canned { reply: Some(reply()) };
    let (read, allocations) = allocations(|| get.run(&mut con));
    assert_eq!(read.unwrap().as_ref(), Some(&expected));
    // Encoding takes a key and a command's two buffers. The struct's strings
    // are the reply's own.
    assert!(allocations <= 3 + 2, "{allocations}");
}

#[test]
fn a_batch_of_saves_allocates_no_more_for_each_record_than_a_save() {
    // The key, and the two buffers of a command, which are not rebuilt after the reply.
    const EACH: usize = 3;
    // Lists, which grow with the logarithm of the number of records.
    const LISTS: usize = 30;
    let users = [(); 100].map(|()| user());
    let save = || User::save_many(&users).run(&mut Canned { reply: Some(Value::Int(1)) });
    save().unwrap();
    let (saved, allocations) = allocations(save);
    assert!(saved.unwrap().iter().all(Result::is_ok));
    assert!(allocations <= users.len() * EACH + LISTS, "{allocations}");
}
