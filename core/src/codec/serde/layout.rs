//! The layout of a type, found out through serde.
//!
//! The fingerprint of a type is a hash of the calls that its `Deserialize` makes to
//! an input that answers each of them with a sample value. That covers what a format
//! without names depends on: the fields and variants, their order and the types of
//! all values inside. A type may refuse a sample (a URL, a date) and is then offered
//! the next one. If it refuses all of them, the fields after it count by name only.
//!
//! Two alternatives fall short. A hash of the struct's tokens, made by the derive,
//! does not cover the types of fields. The crate `serde-reflection` knows types by
//! name only, so that two instances of one generic struct are an error, and has one
//! sample of each kind.

mod probe;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use serde::de::value::Error as Refused;
use serde::de::{DeserializeOwned, Error};

use self::probe::Probe;
use crate::error::{ErrorKind, ValueError};

/// Returns the fingerprint of a type, which is never 0.
pub(in crate::codec) fn fingerprint<T: DeserializeOwned>() -> u16 {
    layout::<T>().fingerprint
}

/// Returns an error if the type cannot be read from a format without names.
pub(in crate::codec) fn check<T: DeserializeOwned>() -> Result<(), ValueError> {
    match &layout::<T>().refusal {
        None => Ok(()),
        Some(why) => Err(ValueError::computed(ErrorKind::InvalidValue, why.clone())),
    }
}

struct Layout {
    fingerprint: u16,
    /// The reason why no format without names can be read as the type.
    refusal: Option<String>,
}

/// Examines a type on its first use in a thread.
fn layout<T: DeserializeOwned>() -> Rc<Layout> {
    thread_local! {
        // Per thread, because every write asks and threads must not wait for one another.
        static KNOWN: RefCell<HashMap<usize, Rc<Layout>>> = RefCell::default();
    }
    // The key is this function's address, because `TypeId` needs `'static`. Functions
    // that share an address are identical, and so are their results.
    let this: fn() -> Rc<Layout> = layout::<T>;
    let known = KNOWN.try_with(|known| known.borrow().get(&(this as usize)).cloned());
    if let Ok(Some(known)) = known {
        return known;
    }
    let layout = Rc::new(examine::<T>());
    // Fails only while the thread ends.
    let _ = KNOWN.try_with(|known| known.borrow_mut().insert(this as usize, layout.clone()));
    layout
}

fn examine<T: DeserializeOwned>() -> Layout {
    let trace = trace::<T>();
    let hash = trace.hash.get();
    // Both halves of the hash; 0 means that there is no fingerprint.
    let fingerprint = ((hash ^ (hash >> 16)) as u16).max(1);
    let refusal = trace.any.take().map(|open| {
        let part = match open.last() {
            Some(name) => format!("a part of `{name}`"),
            None => "the type".to_owned(),
        };
        format!(
            "{part} is read by asking the format what comes next, as `untagged`, `tag`, `flatten` \
             and `serde_json::Value` do, which a format without names does not store: use `Json`, \
             `MsgPack` or `Cbor`"
        )
    });
    Layout { fingerprint, refusal }
}

/// Each pass follows one variant of each enum and ends early if a sample is refused.
const MAX_PASSES: usize = 256;
const MAX_CALLS: usize = 10_000;
const MAX_DEPTH: usize = 64;

fn trace<T: DeserializeOwned>() -> Trace {
    let trace = Trace::default();
    for _ in 0..MAX_PASSES {
        trace.calls.set(0);
        trace.last_leaf.set(None);
        trace.open.borrow_mut().clear();
        let made = T::deserialize(Probe { trace: &trace, path: 1 });
        let retry = made.is_err() && trace.next_sample();
        let has_variants = trace.enums.borrow().values().any(|it| it.followed < it.variants);
        if !(retry || has_variants) {
            break;
        }
    }
    trace
}

#[derive(Default)]
struct Trace {
    hash: Cell<u32>,
    calls: Cell<usize>,
    enums: RefCell<BTreeMap<(&'static str, &'static [&'static str]), Variants>>,
    /// The number of the sample for a leaf, by its path.
    samples: RefCell<BTreeMap<u32, usize>>,
    last_leaf: Cell<Option<u32>>,
    /// The names of the types being read, by which recursion is detected.
    open: RefCell<Vec<&'static str>>,
    /// The types being read at the first call of `deserialize_any`.
    any: RefCell<Option<Vec<&'static str>>>,
}

#[derive(Default, Clone, Copy)]
struct Variants {
    variants: usize,
    followed: usize,
    /// A variant that could be deserialized.
    works: usize,
}

/// Samples that satisfy addresses, ids, URLs and dates.
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
const MAX_SAMPLES: usize = TEXTS.len();

impl Trace {
    fn note(&self, bytes: &[u8]) {
        self.hash.set(mix(self.hash.get(), bytes));
    }

    /// Adds a call to the hash.
    fn call(&self, kind: &str) -> Result<(), Refused> {
        self.note(kind.as_bytes());
        self.calls.set(self.calls.get() + 1);
        let depth = self.open.borrow().len();
        if self.calls.get() > MAX_CALLS || depth > MAX_DEPTH {
            return Err(Refused::custom("too large"));
        }
        Ok(())
    }

    fn sample(&self, path: u32) -> usize {
        self.last_leaf.set(Some(path));
        self.samples.borrow().get(&path).copied().unwrap_or(0)
    }

    /// Gives the leaf that was read last, whose sample was refused, another sample in
    /// the next pass. Returns `true` if there is one.
    fn next_sample(&self) -> bool {
        let Some(path) = self.last_leaf.get() else { return false };
        let mut samples = self.samples.borrow_mut();
        let sample = samples.entry(path).or_default();
        *sample += 1;
        *sample < MAX_SAMPLES
    }

    fn is_recursive(&self) -> bool {
        let open = self.open.borrow();
        open.last().is_some_and(|last| open.iter().filter(|name| *name == last).count() > 1)
    }

    /// Runs `read` inside a named type.
    fn within<T>(&self, name: &'static str, read: impl FnOnce() -> T) -> T {
        self.open.borrow_mut().push(name);
        let result = read();
        self.open.borrow_mut().pop();
        result
    }
}

/// FNV-1a.
fn mix(hash: u32, bytes: &[u8]) -> u32 {
    let start = if hash == 0 { 0x811c_9dc5 } else { hash };
    // 0xFF ends each name, because UTF-8 never contains it.
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
        ($($item:item)*) => {{ $(#[derive(Deserialize)] #[allow(dead_code)] $item)* fingerprint::<T>() }};
    }

    #[test]
    fn a_changed_layout_changes_the_fingerprint() {
        let all = [
            layout! { struct T { a: String, b: u32 } },
            layout! { struct T { b: u32, a: String } },
            layout! { struct T { a: String, b: u64 } },
            layout! { struct T { a: String, b: i32 } },
            layout! { struct T { a: Option<String>, b: u32 } },
            layout! { struct T { a: String, b: u32, c: u8 } },
            layout! { struct T { a: String, b: Vec<u32> } },
            layout! { struct T { a: String, b: E } enum E { X, Y } },
            layout! { struct T { a: String, b: E } enum E { Y, X } },
            layout! { struct T { a: String, b: E } enum E { X, Y, Z } },
            layout! { struct T { a: String, b: E } enum E { X, Y(u8) } },
            layout! { struct T { a: String, b: E } enum E { X, Y(u16) } },
            layout! { struct T { a: String, b: Vec<In> } struct In { x: u8 } },
            layout! { struct T { a: String, b: Vec<In> } struct In { x: u8, y: u8 } },
            // After a type that refuses the first sample, and beside a recursive type.
            layout! { struct T { a: std::num::NonZeroU8, b: std::net::IpAddr, c: u8 } },
            layout! { struct T { a: std::num::NonZeroU8, b: std::net::IpAddr, c: u16 } },
            layout! { struct T { a: Vec<T>, b: Option<Box<T>>, c: u8 } },
            layout! { struct T { a: Vec<T>, b: Option<Box<T>>, c: u16 } },
            layout! { struct T { e: E, c: u8 } enum E { Add(Box<E>, Box<E>), Leaf } },
            layout! { struct T { e: E, c: u16 } enum E { Add(Box<E>, Box<E>), Leaf } },
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(all.iter().skip(at + 1).all(|other| other != one), "number {at}: {all:?}");
        }
    }

    #[test]
    fn types_that_are_stored_alike_share_a_fingerprint() {
        assert_eq!(
            layout! { struct T { a: String, b: Vec<u8> } },
            layout! { struct T { a: Box<str>, #[serde(default)] b: Box<[u8]> } },
        );
    }
}
