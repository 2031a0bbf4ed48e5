//! `Value` as an `Option`.

use redis_model::structures::Value;

use super::{Lives, Plain, SET_LATER, Step, World, common_step, step, text};
use crate::random::Random;

pub(super) struct Values {
    keys: [Plain<Option<String>>; 2],
}

impl Plain<Option<String>> {
    /// Replaces the value. A handle with a time to live sets it.
    fn set(&mut self, new: &str) -> Option<String> {
        let old = self.write(|value| value.replace(new.to_owned()));
        if self.with_ttl {
            self.lives = Lives::OfHandle;
        }
        old
    }
}

impl World for Values {
    const NAME: &'static str = "value";

    fn new(tag: &str, _: bool) -> Self {
        Self { keys: ["a", "b"].map(|name| Plain::new(tag, name)) }
    }

    fn step(&mut self, random: &mut Random) -> Step {
        let plain = &mut self.keys[random.below(2)];
        let it: Value<String> = plain.handle(random);
        let (new, other) = (text(random), text(random));
        let old = plain.value.clone();
        match random.below(16) {
            0..4 => step("get", it.get(), old),
            4 => {
                plain.expire();
                step("get_and_refresh", it.get_and_refresh(SET_LATER), old)
            }
            5 => {
                plain.delete();
                step("get_and_delete", it.get_and_delete(), old)
            }
            6 => {
                plain.set(new);
                step(format!("set {new:?}"), it.set(new), ())
            }
            7 => {
                plain.set(new);
                plain.lives = Lives::SetLater;
                step(format!("set_with_ttl {new:?}"), it.set_with_ttl(new, SET_LATER), ())
            }
            8 => {
                let written = old.is_none();
                if written {
                    plain.set(new);
                }
                step(format!("set_if_absent {new:?}"), it.set_if_absent(new), written)
            }
            9 => {
                let written = old.is_some();
                if written {
                    plain.set(new);
                }
                step(format!("set_if_present {new:?}"), it.set_if_present(new), written)
            }
            10 => step(format!("get_and_set {new:?}"), it.get_and_set(new), plain.set(new)),
            11 => {
                let asked = if random.once_in(2) {
                    old.clone().unwrap_or_default()
                } else {
                    other.to_owned()
                };
                let written = old.as_ref() == Some(&asked);
                if written {
                    plain.set(new);
                }
                step(
                    format!("compare_and_set {asked:?} {new:?}"),
                    it.compare_and_set(asked, new.to_owned()),
                    written,
                )
            }
            12 => {
                let asked = if random.once_in(2) {
                    old.clone().unwrap_or_default()
                } else {
                    other.to_owned()
                };
                let deleted = old.as_ref() == Some(&asked) && plain.delete();
                step(format!("compare_and_delete {asked:?}"), it.compare_and_delete(asked), deleted)
            }
            _ => common_step!(it, plain, random),
        }
    }
}
