//! Random sequences of operations on structures, compared with plain Rust values.
//!
//! A world is a few keys with one hash tag and their plain values. Many worlds take their
//! steps in one batch, in order, and each step has one expected result.

mod counter;
mod list;
mod map;
mod set;
mod sorted_set;
mod value;

use std::fmt::Debug;
use std::ops::Bound;
use std::time::Duration;

use redis_model::embedded::{Cluster, Server};
use redis_model::op::BoxedOperation;
use redis_model::structures::Structure;
use redis_model::{ErrorKind, Operation, Ttl, batch};

use crate::random::Random;
use crate::{newer, seed};

const WORLDS: usize = 25;
const STEPS_AT_ONCE: usize = 20;

/// Operations of each type in the full run, over all servers, protocols and the cluster.
const FULL: usize = 64_000;
const QUICK: usize = 4_000;

/// Times to live: far from each other, and longer than a test.
const OF_HANDLE: Duration = Duration::from_secs(40_000_000);
const SET_LATER: Duration = Duration::from_secs(20_000_000);
const OF_FIELD: Duration = Duration::from_secs(10_000_000);

/// The time to live of an existing key or field.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Lives {
    Forever,
    OfHandle,
    SetLater,
    OfField,
}

struct Step {
    words: String,
    operation: BoxedOperation<'static, String>,
    expected: Expected,
}

#[derive(Debug)]
enum Expected {
    Is(String),
    OneOf(Vec<String>),
    Fails(ErrorKind),
}

/// Creates a step of an operation whose output is shown as the expected one.
fn step<O>(words: impl Into<String>, operation: O, expected: impl Debug) -> Step
where
    O: Operation + Send + Sync + 'static,
    O::Output: Debug,
{
    let operation = operation.map(|output| format!("{output:?}")).boxed();
    Step { words: words.into(), operation, expected: Expected::Is(format!("{expected:?}")) }
}

impl Step {
    fn fails(self, kind: ErrorKind) -> Self {
        Self { expected: Expected::Fails(kind), ..self }
    }

    fn one_of(self, outputs: impl IntoIterator<Item = impl Debug>) -> Self {
        let outputs = outputs.into_iter().map(|output| format!("{output:?}")).collect();
        Self { expected: Expected::OneOf(outputs), ..self }
    }

    fn check(&self, found: &redis_model::Result<String>) -> bool {
        match (&self.expected, found) {
            (Expected::Is(expected), Ok(found)) => expected == found,
            (Expected::OneOf(expected), Ok(found)) => expected.contains(found),
            (Expected::Fails(kind), Err(error)) => error.kind() == *kind,
            _ => false,
        }
    }
}

trait World {
    const NAME: &'static str;

    fn new(tag: &str, fields_expire: bool) -> Self;

    fn step(&mut self, random: &mut Random) -> Step;
}

/// A plain value, and the time to live of its key.
#[derive(Debug, Clone)]
struct Plain<T> {
    key: String,
    value: T,
    lives: Lives,
    /// The handle of this step has a time to live.
    with_ttl: bool,
}

/// A value that is no key if it is empty.
trait Stored {
    fn is_absent(&self) -> bool;
    fn clear(&mut self);
}

impl<T> Stored for Option<T> {
    fn is_absent(&self) -> bool {
        self.is_none()
    }
    fn clear(&mut self) {
        *self = None;
    }
}

macro_rules! stored {
    ($($type:ident<$($param:ident),*>)*) => {$(
        impl<$($param),*> Stored for std::collections::$type<$($param),*> {
            fn is_absent(&self) -> bool {
                self.is_empty()
            }
            fn clear(&mut self) {
                std::collections::$type::clear(self);
            }
        }
    )*};
}

stored! { VecDeque<T> BTreeMap<K, V> BTreeSet<T> }

impl<T: Default + Stored> Plain<T> {
    fn new(tag: &str, name: &str) -> Self {
        let key = format!("{tag}{name}");
        Self { key, value: T::default(), lives: Lives::Forever, with_ttl: false }
    }

    /// Returns a handle, with or without a time to live.
    fn handle<S: Structure>(&mut self, random: &mut Random) -> S {
        self.with_ttl = random.once_in(3);
        let handle = S::at(self.key.as_str());
        if self.with_ttl { handle.with_ttl(OF_HANDLE) } else { handle }
    }

    /// Changes the value; a key that this creates has the time to live of the handle, and one
    /// that it deletes has none.
    fn write<R>(&mut self, change: impl FnOnce(&mut T) -> R) -> R {
        let was_absent = self.value.is_absent();
        let result = change(&mut self.value);
        if self.value.is_absent() {
            self.lives = Lives::Forever;
        } else if was_absent {
            self.lives = if self.with_ttl { Lives::OfHandle } else { Lives::Forever };
        }
        result
    }

    fn exists(&self) -> bool {
        !self.value.is_absent()
    }

    fn delete(&mut self) -> bool {
        let existed = self.exists();
        self.write(Stored::clear);
        existed
    }

    fn expire(&mut self) -> bool {
        if self.exists() {
            self.lives = Lives::SetLater;
        }
        self.exists()
    }

    fn persist(&mut self) -> bool {
        std::mem::replace(&mut self.lives, Lives::Forever) != Lives::Forever
    }

    fn ttl(&self) -> Option<Lives> {
        self.exists().then_some(self.lives)
    }
}

/// A step of an operation that all structures have.
macro_rules! common_step {
    ($it:expr, $plain:expr, $random:expr) => {{
        let (it, plain) = (&$it, &mut *$plain);
        match $random.below(8) {
            0 => step("delete", it.delete(), plain.delete()),
            1 => step("exists", it.exists(), plain.exists()),
            2 => step("expire", it.expire($crate::structures::SET_LATER), plain.expire()),
            3 => step("persist", it.persist(), plain.persist()),
            _ => step("ttl", $crate::structures::lives(it.ttl()), plain.ttl()),
        }
    }};
}
use common_step;

/// Returns which of the times to live a key or field has.
fn lives(
    operation: impl Operation<Output = Ttl> + Send + Sync + 'static,
) -> impl Operation<Output = Option<Lives>> + Send + Sync + 'static {
    operation.map(|ttl| match ttl {
        Ttl::Missing => None,
        Ttl::Persistent => Some(Lives::Forever),
        Ttl::Expires(left) => {
            let about = |ttl: Duration| left <= ttl && left.as_secs() + 1_000 > ttl.as_secs();
            let known = [
                (OF_HANDLE, Lives::OfHandle),
                (SET_LATER, Lives::SetLater),
                (OF_FIELD, Lives::OfField),
            ];
            let known = known.into_iter().find(|(ttl, _)| about(*ttl));
            Some(known.unwrap_or_else(|| panic!("{left:?} is no TTL of these tests")).1)
        }
    })
}

/// Sorts the output of an operation that returns it in no order.
fn sorted<O, T>(operation: O) -> impl Operation<Output = Vec<T>> + Send + Sync + 'static
where
    O: Operation<Output = Vec<T>> + Send + Sync + 'static,
    T: Ord,
{
    operation.map(|mut items| {
        items.sort();
        items
    })
}

/// Text that occurs often, so that structures have it twice.
const TEXTS: [&str; 12] = ["", "a", "b", "c", "ä", "10", "9", "-1", "\0", "a b\r\n", "aa", "z"];

fn text(random: &mut Random) -> &'static str {
    TEXTS[random.below(TEXTS.len())]
}

fn texts(random: &mut Random) -> Vec<&'static str> {
    (0..random.below(5)).map(|_| text(random)).collect()
}

fn index(random: &mut Random) -> isize {
    match random.below(20) {
        0 => isize::MIN,
        1 => isize::MAX,
        _ => random.below(16) as isize - 8,
    }
}

type Indexes = (Bound<isize>, Bound<isize>);

fn indexes(random: &mut Random) -> Indexes {
    let mut bound = || match random.below(4) {
        0 => Bound::Unbounded,
        1 => Bound::Excluded(index(random)),
        _ => Bound::Included(index(random)),
    };
    (bound(), bound())
}

/// Returns the part of a sequence of this length that a range of indexes denotes.
fn part((start, end): Indexes, length: usize) -> std::ops::Range<usize> {
    let length = length as i128;
    let from_front = |index: isize| {
        let index = index as i128;
        if index < 0 { length + index } else { index }
    };
    let start = match start {
        Bound::Unbounded => 0,
        Bound::Included(start) => from_front(start),
        Bound::Excluded(start) => from_front(start) + 1,
    };
    let end = match end {
        Bound::Unbounded => length,
        Bound::Included(end) => from_front(end) + 1,
        Bound::Excluded(end) => from_front(end),
    };
    let (start, end) = (start.clamp(0, length) as usize, end.clamp(0, length) as usize);
    start..end.max(start)
}

/// The number that an operation takes as the most items.
fn most(random: &mut Random) -> usize {
    if random.once_in(10) { usize::MAX } else { random.below(6) }
}

fn compare<W: World>(con: &mut Connection, operations: usize, run: &Run) {
    let random = &mut Random::new(run.seed);
    let mut worlds: Vec<_> = (0..WORLDS)
        .map(|id| {
            (W::new(&format!("{}:{}:{{{id}}}:", W::NAME, run.name), run.fields_expire), Vec::new())
        })
        .collect();
    let mut done = 0;
    let mut failures = 0;
    while done < operations {
        let mut steps = Vec::new();
        for _ in 0..STEPS_AT_ONCE {
            for (at, (world, _)) in worlds.iter_mut().enumerate() {
                steps.push((at, world.step(random)));
            }
        }
        done += steps.len();
        // One batch in eight runs one by one: scripts are called in another way then.
        let operations = steps.iter().map(|(_, step)| &step.operation);
        let results = if random.once_in(8) { con.each(operations) } else { con.batch(operations) };
        for ((at, step), result) in steps.into_iter().zip(results) {
            let history: &mut Vec<String> = &mut worlds[at].1;
            history.push(format!("{} → {:?}", step.words, step.expected));
            if step.check(&result) {
                failures += usize::from(result.is_err());
                continue;
            }
            let last = &history[history.len().saturating_sub(12)..];
            panic!(
                "seed {}, {} on {}, world {at}: {}\nfound    {result:?}\nexpected {:?}\nbefore {last:#?}",
                run.seed,
                W::NAME,
                run.name,
                step.words,
                step.expected
            );
        }
    }
    assert!(failures < done / 4, "{failures} of {done} steps of {} fail", W::NAME);
}

enum Connection {
    Server(Box<redis::Connection>),
    Cluster(Box<redis::cluster::ClusterConnection>),
    AsyncCluster(tokio::runtime::Runtime, redis::cluster_async::ClusterConnection),
}

impl Connection {
    fn each<'a>(
        &mut self,
        operations: impl Iterator<Item = &'a BoxedOperation<'static, String>>,
    ) -> Vec<redis_model::Result<String>> {
        let run = |operation: &BoxedOperation<'static, String>| match self {
            Self::Server(con) => operation.run(&mut **con),
            Self::Cluster(con) => operation.run(&mut **con),
            Self::AsyncCluster(runtime, con) => runtime.block_on(operation.run_async(con)),
        };
        operations.map(run).collect()
    }

    fn batch<'a>(
        &mut self,
        operations: impl Iterator<Item = &'a BoxedOperation<'static, String>>,
    ) -> Vec<redis_model::Result<String>> {
        match self {
            Self::Server(con) => batch(operations).run(&mut **con).unwrap(),
            Self::Cluster(con) => batch(operations).run(&mut **con).unwrap(),
            Self::AsyncCluster(runtime, con) => {
                runtime.block_on(batch(operations).run_async(con)).unwrap()
            }
        }
    }
}

struct Run {
    name: &'static str,
    seed: u64,
    fields_expire: bool,
}

fn all_types(con: &mut Connection, operations: usize, run: &Run) {
    compare::<value::Values>(con, operations, run);
    counter::all(con, operations, run);
    compare::<list::Lists>(con, operations, run);
    compare::<set::Sets>(con, operations, run);
    compare::<sorted_set::SortedSets>(con, operations, run);
    compare::<map::Maps>(con, operations, run);
}

fn on_server(server: &Server, operations: usize, fields_expire: bool) {
    for (name, url) in [("RESP2", server.url().to_owned()), ("RESP3", server.url_resp3())] {
        let con = redis::Client::open(url).unwrap().get_connection().unwrap();
        all_types(
            &mut Connection::Server(Box::new(con)),
            operations,
            &Run { name, seed: seed(), fields_expire },
        );
    }
}

fn on_cluster(operations: usize) {
    let cluster = Cluster::start().unwrap_or_else(|error| panic!("{error}"));
    for (name, sync_name, urls) in [
        ("async cluster RESP2", "cluster RESP2", cluster.urls()),
        ("async cluster RESP3", "cluster RESP3", cluster.urls_resp3()),
    ] {
        let client = redis::cluster::ClusterClient::new(urls).unwrap();
        let run = Run { name, seed: seed(), fields_expire: false };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let con = runtime.block_on(client.get_async_connection()).unwrap();
        all_types(&mut Connection::AsyncCluster(runtime, con), operations, &run);
        let con = client.get_connection().unwrap();
        let run = Run { name: sync_name, ..run };
        all_types(&mut Connection::Cluster(Box::new(con)), operations / 10, &run);
    }
}

#[test]
fn structures_do_what_plain_values_do() {
    on_server(&Server::start().unwrap_or_else(|error| panic!("{error}")), QUICK, false);
    on_cluster(QUICK / 2);
}

#[test]
#[ignore = "needs REDIS_8 and VALKEY_9: `.ci/run` gets them and runs this"]
fn structures_do_what_plain_values_do_on_every_server() {
    on_server(&Server::start().unwrap_or_else(|error| panic!("{error}")), FULL / 8, false);
    on_server(&newer("REDIS_8"), FULL / 8, true);
    on_server(&newer("VALKEY_9"), FULL / 8, true);
    on_cluster(FULL / 8);
}
