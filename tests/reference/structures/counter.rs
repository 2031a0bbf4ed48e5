//! `Counter` as a number, and the text that it is stored as.

use redis_model::ErrorKind;
use redis_model::structures::{Counter, Value};

use super::{Connection, Lives, Plain, Run, Step, World, common_step, compare, step};
use crate::random::Random;

pub(super) fn all(con: &mut Connection, operations: usize, run: &Run) {
    let each = operations / 3;
    compare::<Counters<i64>>(con, each, run);
    compare::<Counters<u8>>(con, each, run);
    compare::<Counters<i128>>(con, each, run);
    compare::<Counters<u64>>(con, each, run);
    compare::<Counters<u128>>(con, each, run);
    compare::<Counters<f64>>(con, each, run);
}

pub(super) struct Counters<N> {
    plain: Plain<Option<String>>,
    number: std::marker::PhantomData<N>,
}

/// Texts that other programs may store, which are no numbers or have another form.
const TEXTS: [&str; 10] = [
    "007",
    "+5",
    "-0",
    "-1",
    "",
    "1.5",
    "abc",
    " 1",
    "1e3",
    "99999999999999999999999999999999999999999999",
];

macro_rules! integers {
    ($($type:ident)*) => {$(
        impl World for Counters<$type> {
            const NAME: &'static str = concat!("counter-", stringify!($type));

            fn new(tag: &str, _: bool) -> Self {
                Self { plain: Plain::new(tag, "n"), number: std::marker::PhantomData }
            }

            fn step(&mut self, random: &mut Random) -> Step {
                let plain = &mut self.plain;
                let it: Counter<$type> = plain.handle(random);
                let is_valid = plain.value.as_ref().is_none_or(|text| text.parse::<$type>().is_ok());
                let old = plain.value.as_ref().map_or(Ok(0), |text| text.parse::<$type>()).unwrap_or(0);
                let numbers = [0, 1, 2, 7, 100, $type::MAX, $type::MAX - 1, $type::MAX / 2, $type::MIN, $type::MIN + 1];
                let by = *random.pick(&numbers);
                let refuse = |step: Step| if is_valid { step } else { step.fails(ErrorKind::InvalidValue) };
                match random.below(20) {
                    0..3 => refuse(step("get", it.get(), old)),
                    choice @ 3..13 => {
                        let small = random.below(9) as i8 - 4;
                        let (words, operation, sum) = match choice {
                            3..6 => (format!("incr {by}"), it.incr(by), old.checked_add(by)),
                            6..9 => (format!("decr {by}"), it.decr(by), old.checked_sub(by)),
                            9..11 => (format!("incr {small}"), it.incr(small), plus(old, small)),
                            _ => (format!("decr {small}"), it.decr(small), plus(old, -small)),
                        };
                        // A plain INCRBY reads only what Redis writes.
                        let native = stringify!($type) == "i64" && !plain.with_ttl && !words.contains("decr -9223372036854775808");
                        let canonical = plain.value.as_ref().is_none_or(|text| old.to_string() == *text);
                        if !is_valid || native && !canonical {
                            return step(words, operation, ()).fails(ErrorKind::InvalidValue);
                        }
                        match sum {
                            Some(sum) => {
                                plain.write(|value| *value = Some(sum.to_string()));
                                step(words, operation, sum)
                            }
                            None => step(words, operation, ()).fails(ErrorKind::OutOfRange),
                        }
                    }
                    13 => {
                        plain.set_text(by.to_string());
                        step(format!("set {by}"), it.set(by), ())
                    }
                    14 => {
                        plain.set_text(by.to_string());
                        refuse(step(format!("get_and_set {by}"), it.get_and_set(by), old))
                    }
                    15 => {
                        plain.delete();
                        refuse(step("get_and_delete", it.get_and_delete(), old))
                    }
                    16 if random.once_in(3) => plain.foreign(*random.pick(&TEXTS)),
                    _ => common_step!(it, plain, random),
                }
            }
        }

        impl Plus for $type {
            fn plus(self, by: i8) -> Option<Self> {
                let size = by.unsigned_abs() as Self;
                if by < 0 { self.checked_sub(size) } else { self.checked_add(size) }
            }
        }
    )*};
}

trait Plus: Sized {
    fn plus(self, by: i8) -> Option<Self>;
}

fn plus<N: Plus>(number: N, by: i8) -> Option<N> {
    number.plus(by)
}

integers! { i64 u8 i128 u64 u128 }

impl Plain<Option<String>> {
    fn set_text(&mut self, text: String) {
        self.write(|value| *value = Some(text));
        if self.with_ttl {
            self.lives = Lives::OfHandle;
        }
    }

    /// Writes text as another program would.
    fn foreign(&mut self, text: &str) -> Step {
        self.with_ttl = false;
        self.write(|value| *value = Some(text.to_owned()));
        step(format!("foreign {text:?}"), Value::<String>::at(self.key.as_str()).set(text), ())
    }
}

impl World for Counters<f64> {
    const NAME: &'static str = "counter-f64";

    fn new(tag: &str, _: bool) -> Self {
        Self { plain: Plain::new(tag, "n"), number: std::marker::PhantomData }
    }

    fn step(&mut self, random: &mut Random) -> Step {
        let plain = &mut self.plain;
        let it: Counter<f64> = plain.handle(random);
        let old: f64 = plain.value.as_ref().map_or(0.0, |text| text.parse().unwrap());
        // Sums of these are exact. The server has more digits than an f64.
        let numbers = [0.0, 0.25, -0.5, 3.0, 1e6, -1e9];
        let by = *random.pick(&numbers);
        match random.below(20) {
            0..3 => step("get", it.get(), old),
            3..6 => {
                plain.write(|value| *value = Some((old + by).to_string()));
                step(format!("incr {by}"), it.incr(by), old + by)
            }
            6..9 => {
                plain.write(|value| *value = Some((old - by).to_string()));
                step(format!("decr {by}"), it.decr(by), old - by)
            }
            9 => {
                let by = *random.pick(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
                step(format!("incr {by}"), it.incr(by), ()).fails(ErrorKind::InvalidOperation)
            }
            10 => {
                // From a number near the limit, over it and back.
                plain.set_text(f64::MAX.to_string());
                step("set MAX", it.set(f64::MAX), ())
            }
            11 if old.abs() == f64::MAX => {
                step("incr MAX", it.incr(f64::MAX), ()).fails(ErrorKind::OutOfRange)
            }
            12..14 => {
                plain.set_text(by.to_string());
                step(format!("set {by}"), it.set(by), ())
            }
            14 => {
                plain.set_text(by.to_string());
                step(format!("get_and_set {by}"), it.get_and_set(by), old)
            }
            15 => {
                plain.delete();
                step("get_and_delete", it.get_and_delete(), old)
            }
            _ => common_step!(it, plain, random),
        }
    }
}
