//! A number for the layout of a type, found out through serde itself.
//!
//! The type is deserialized from a source that has whatever is asked for and
//! notes the questions: the names of fields and variants, their order, and the
//! types of values, nested ones too. That is what a positional format depends
//! on. Hashing the struct's tokens in the derive was not taken: it does not
//! see into the types of fields, and changes where nothing else does.
//!
//! Types that refuse made-up values are offered some others; where all are
//! refused, what comes after that value is known by name only.

mod probe;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use serde::de::value::Error as Refused;
use serde::de::{DeserializeOwned, Error};

use probe::Probe;

use crate::error::{ErrorKind, ValueError};

/// Returns the fingerprint of a type, which is never 0.
pub(super) fn of<T: DeserializeOwned>() -> u16 {
    known::<T>().fingerprint
}

/// Checks that a format which does not describe itself can be read as this type.
pub(super) fn check<T: DeserializeOwned>() -> Result<(), ValueError> {
    match &known::<T>().refusal {
        None => Ok(()),
        Some(why) => Err(ValueError::computed(ErrorKind::InvalidValue, why.clone())),
    }
}

/// The facts about a type, which are kept until the program ends.
struct Known {
    fingerprint: u16,
    /// The reason why no format without names can be read as the type.
    refusal: Option<String>,
}

type Cache = HashMap<usize, &'static Known>;

fn known<T: DeserializeOwned>() -> &'static Known {
    thread_local! {
        // Every write asks, and threads do not wait for one another.
        static HERE: RefCell<Cache> = RefCell::default();
    }
    // Known by the function's address, since types here need not be `'static`:
    // functions that share one are the same function, with the same result.
    let function: fn() -> &'static Known = known::<T>;
    let address = function as usize;
    if let Ok(Some(known)) = HERE.try_with(|here| here.borrow().get(&address).copied()) {
        return known;
    }
    let known = shared(address, examine::<T>);
    // Not kept where the thread is about to end.
    let _ = HERE.try_with(|here| here.borrow_mut().insert(address, known));
    known
}

/// Returns the facts about a type, which is examined at its first use.
fn shared(address: usize, examine: fn() -> Known) -> &'static Known {
    static ALL: Mutex<Option<Cache>> = Mutex::new(None);
    let find = |all: &Option<Cache>| all.as_ref()?.get(&address).copied();
    if let Some(known) = find(&ALL.lock().unwrap_or_else(PoisonError::into_inner)) {
        return known;
    }
    // Without the lock: the type's own code runs.
    let known = examine();
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    all.get_or_insert_default().entry(address).or_insert_with(|| Box::leak(Box::new(known)))
}

fn examine<T: DeserializeOwned>() -> Known {
    let trace = follow::<T>();
    let hash = trace.hash.get();
    // The halves together; 0 says that there is none.
    let fingerprint = ((hash ^ (hash >> 16)) as u16).max(1);
    let refusal = trace.any.take().map(|inside| {
        let part = match inside.last() {
            Some(name) => format!("a part of `{name}`"),
            None => "the type".to_owned(),
        };
        format!(
            "{part} is read by asking the format what comes next, as `untagged`, `tag`, `flatten` \
             and `serde_json::Value` do, and the format does not say: use `Json`, `MsgPack` or `Cbor`"
        )
    });
    Known { fingerprint, refusal }
}

/// Each pass follows one variant of each enum, and may be ended by a refusal.
const MAX_PASSES: usize = 256;
const MAX_QUESTIONS: usize = 10_000;
const MAX_DEPTH: usize = 64;

fn follow<T: DeserializeOwned>() -> Trace {
    let trace = Trace::default();
    for _ in 0..MAX_PASSES {
        trace.questions.set(0);
        trace.last_leaf.set(None);
        trace.inside.borrow_mut().clear();
        let made = T::deserialize(Probe { trace: &trace, path: 1 });
        let retry = made.is_err() && trace.offer_another();
        let open = trace.enums.borrow().values().any(|it| it.followed < it.variants);
        if !(retry || open) {
            break;
        }
    }
    trace
}

#[derive(Default)]
struct Trace {
    hash: Cell<u32>,
    questions: Cell<usize>,
    enums: RefCell<BTreeMap<(&'static str, &'static [&'static str]), Followed>>,
    /// Which of the values on offer a leaf gets, by its path.
    offers: RefCell<BTreeMap<u32, usize>>,
    last_leaf: Cell<Option<u32>>,
    /// The names of the types that are open, to know recursion by.
    inside: RefCell<Vec<&'static str>>,
    /// Those that were open when it was first asked what comes next.
    any: RefCell<Option<Vec<&'static str>>>,
}

#[derive(Default, Clone, Copy)]
struct Followed {
    variants: usize,
    followed: usize,
    /// One that could be made.
    works: usize,
}

/// What is offered where a type refuses: enough for addresses, ids, URLs and dates.
const TEXTS: [&str; 9] = [
    "a",
    "",
    "1",
    "127.0.0.1",
    "00000000-0000-4000-8000-000000000000",
    "2000-01-01T00:00:00Z",
    "2000-01-01",
    "http://a.a/",
    "00:00:00",
];
const BYTES: [&[u8]; 5] = [&[0; 16], &[], &[0; 32], &[0; 4], &[0; 12]];
const OFFERS: usize = TEXTS.len();

impl Trace {
    fn note(&self, bytes: &[u8]) {
        self.hash.set(mix(self.hash.get(), bytes));
    }

    fn ask(&self, what: &str) -> Result<(), Refused> {
        self.note(what.as_bytes());
        self.questions.set(self.questions.get() + 1);
        let depth = self.inside.borrow().len();
        if self.questions.get() > MAX_QUESTIONS || depth > MAX_DEPTH {
            return Err(Refused::custom("too large"));
        }
        Ok(())
    }

    fn offer(&self, path: u32) -> usize {
        self.last_leaf.set(Some(path));
        self.offers.borrow().get(&path).copied().unwrap_or(0)
    }

    /// The value that was made up last was refused: the next pass has another,
    /// if there is one.
    fn offer_another(&self) -> bool {
        let Some(path) = self.last_leaf.get() else { return false };
        let mut offers = self.offers.borrow_mut();
        let offer = offers.entry(path).or_default();
        *offer += 1;
        *offer < OFFERS
    }

    fn is_recursive(&self) -> bool {
        let inside = self.inside.borrow();
        inside.last().is_some_and(|last| inside.iter().filter(|name| *name == last).count() > 1)
    }

    /// Runs what is inside of a named type.
    fn within<T>(&self, name: &'static str, inside: impl FnOnce() -> T) -> T {
        self.inside.borrow_mut().push(name);
        let result = inside();
        self.inside.borrow_mut().pop();
        result
    }
}

/// FNV-1a.
fn mix(hash: u32, bytes: &[u8]) -> u32 {
    let start = if hash == 0 { 0x811c_9dc5 } else { hash };
    // 0xFF ends each name: no UTF-8 has it.
    bytes
        .iter()
        .chain(&[0xff])
        .fold(start, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    macro_rules! layout {
        ($($item:item)*) => {{ $(#[derive(Deserialize)] #[allow(dead_code)] $item)* of::<T>() }};
    }

    #[test]
    fn a_changed_layout_changes_it() {
        let all = [
            layout!(
                struct T {
                    a: String,
                    b: u32,
                }
            ),
            layout!(
                struct T {
                    b: u32,
                    a: String,
                }
            ),
            layout!(
                struct T {
                    a: String,
                    b: u64,
                }
            ),
            layout!(
                struct T {
                    a: String,
                    b: i32,
                }
            ),
            layout!(
                struct T {
                    a: Option<String>,
                    b: u32,
                }
            ),
            layout!(
                struct T {
                    a: String,
                    b: u32,
                    c: u8,
                }
            ),
            layout!(
                struct T {
                    a: String,
                    b: Vec<u32>,
                }
            ),
            layout!(
                struct T {
                    a: String,
                    b: E,
                }
                enum E {
                    X,
                    Y,
                }
            ),
            layout!(
                struct T {
                    a: String,
                    b: E,
                }
                enum E {
                    Y,
                    X,
                }
            ),
            layout!(
                struct T {
                    a: String,
                    b: E,
                }
                enum E {
                    X,
                    Y,
                    Z,
                }
            ),
            layout!(
                struct T {
                    a: String,
                    b: E,
                }
                enum E {
                    X,
                    Y(u8),
                }
            ),
            layout!(
                struct T {
                    a: String,
                    b: E,
                }
                enum E {
                    X,
                    Y(u16),
                }
            ),
            layout!(
                struct T {
                    a: String,
                    b: Vec<In>,
                }
                struct In {
                    x: u8,
                }
            ),
            layout!(
                struct T {
                    a: String,
                    b: Vec<In>,
                }
                struct In {
                    x: u8,
                    y: u8,
                }
            ),
            // After what refuses a first offer, and next to a recursion.
            layout!(
                struct T {
                    a: std::num::NonZeroU8,
                    b: std::net::IpAddr,
                    c: u8,
                }
            ),
            layout!(
                struct T {
                    a: std::num::NonZeroU8,
                    b: std::net::IpAddr,
                    c: u16,
                }
            ),
            layout!(
                struct T {
                    a: Vec<T>,
                    b: Option<Box<T>>,
                    c: u8,
                }
            ),
            layout!(
                struct T {
                    a: Vec<T>,
                    b: Option<Box<T>>,
                    c: u16,
                }
            ),
            layout!(
                struct T {
                    e: E,
                    c: u8,
                }
                enum E {
                    Add(Box<E>, Box<E>),
                    Leaf,
                }
            ),
            layout!(
                struct T {
                    e: E,
                    c: u16,
                }
                enum E {
                    Add(Box<E>, Box<E>),
                    Leaf,
                }
            ),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(all.iter().skip(at + 1).all(|other| other != one), "number {at}: {all:?}");
        }
    }

    #[test]
    fn what_is_stored_alike_has_the_same() {
        assert_eq!(
            layout!(
                struct T {
                    a: String,
                    b: Vec<u8>,
                }
            ),
            layout!(
                struct T {
                    a: Box<str>,
                    #[serde(default)]
                    b: Box<[u8]>,
                }
            ),
        );
    }
}
