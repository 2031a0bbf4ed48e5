//! `Set` as a `BTreeSet`.

use std::collections::BTreeSet;

use redis_model::structures::Set;
use redis_model::{ErrorKind, Operation};

use super::{Plain, Step, World, common_step, most, sorted, step, text, texts};
use crate::random::Random;

type Members = BTreeSet<String>;

pub(super) struct Sets {
    keys: [Plain<Members>; 4],
}

impl World for Sets {
    const NAME: &'static str = "set";

    fn new(tag: &str, _: bool) -> Self {
        Self { keys: ["a", "b", "c", "d"].map(|name| Plain::new(tag, name)) }
    }

    fn step(&mut self, random: &mut Random) -> Step {
        let own = random.below(4);
        let it: Set<String> = self.keys[own].handle(random);
        match random.below(8) {
            0 => return self.move_to(own, &it, random),
            1 | 2 => return self.algebra(own, &it, random),
            _ => {}
        }
        let plain = &mut self.keys[own];
        let (item, some, most) = (text(random), texts(random), most(random));
        let length = plain.value.len();
        match random.below(25) {
            0..2 => step(
                format!("add {item:?}"),
                it.add(item),
                plain.write(|set| set.insert(item.into())),
            ),
            2..6 => {
                plain.write(|set| set.extend(some.iter().map(|item| (*item).to_owned())));
                step(format!("add_all {some:?}"), it.add_all(some), plain.value.len() - length)
            }
            6 => step(
                format!("remove {item:?}"),
                it.remove(item),
                plain.write(|set| set.remove(item)),
            ),
            7 => {
                plain.write(|set| set.retain(|stored| !some.contains(&&**stored)));
                step(
                    format!("remove_all {some:?}"),
                    it.remove_all(some),
                    length - plain.value.len(),
                )
            }
            8 => step(format!("contains {item:?}"), it.contains(item), plain.value.contains(item)),
            9 => {
                let expected: Vec<_> =
                    some.iter().map(|item| plain.value.contains(*item)).collect();
                step(format!("contains_each {some:?}"), it.contains_each(some), expected)
            }
            10 => step("len", it.len(), length),
            11 if length > 0 => {
                step("random", it.random(), ()).one_of(plain.value.iter().map(Some))
            }
            11 => step("random", it.random(), None::<String>),
            12 => {
                let snapshot = plain.value.clone();
                let expected = most.min(length);
                let operation = it.random_many(most).strict().map(move |found| {
                    let different: Members = found.iter().cloned().collect();
                    (found.len() == different.len() && different.is_subset(&snapshot))
                        .then_some(found.len())
                });
                step(format!("random_many {most}"), operation, Some(expected))
            }
            // The plain value knows the member that is popped only if there is no choice.
            13 if length <= 1 => step("pop", it.pop(), plain.write(BTreeSet::pop_first)),
            14 if most == 0 || most >= length => {
                let expected = if most == 0 { Members::new() } else { plain.write(std::mem::take) };
                let expected: Vec<_> = expected.into_iter().collect();
                step(format!("pop_many {most}"), sorted(it.pop_many(most).strict()), expected)
            }
            15..21 => {
                let expected: Vec<_> = plain.value.iter().cloned().collect();
                step("members", sorted(it.members().strict()), expected)
            }
            _ => common_step!(it, plain, random),
        }
    }
}

impl Sets {
    fn move_to(&mut self, own: usize, it: &Set<String>, random: &mut Random) -> Step {
        let (to, item) = (random.below(4), text(random));
        let target: Set<String> = self.keys[to].handle(random);
        let had = self.keys[own].value.contains(item);
        if had && own != to {
            self.keys[own].write(|set| set.remove(item));
            self.keys[to].write(|set| set.insert(item.into()));
        }
        step(format!("move_to {own} {to} {item:?}"), it.move_to(&target, item), had)
    }

    fn algebra(&mut self, own: usize, it: &Set<String>, random: &mut Random) -> Step {
        let others: Vec<usize> = (0..random.below(4)).map(|_| random.below(4)).collect();
        let sets: Vec<Set<String>> =
            others.iter().map(|at| Set::at(self.keys[*at].key.as_str())).collect();
        let choice = random.below(7);
        let stores = choice >= 4;
        let mut values = others.iter().map(|at| &self.keys[*at].value);
        let first = if stores { values.next() } else { Some(&self.keys[own].value) };
        let combined = first.map(|first| {
            values.fold(first.clone(), |a, b| match choice % 4 {
                0 => &a | b,
                1 | 3 => &a & b,
                _ => &a - b,
            })
        });
        let words = format!("algebra {choice} {own} {others:?}");
        let list = |set: &Members| set.iter().cloned().collect::<Vec<_>>();
        match choice {
            0 => return step(words, sorted(it.union(&sets).strict()), list(&combined.unwrap())),
            1 => {
                return step(
                    words,
                    sorted(it.intersection(&sets).strict()),
                    list(&combined.unwrap()),
                );
            }
            2 => {
                return step(
                    words,
                    sorted(it.difference(&sets).strict()),
                    list(&combined.unwrap()),
                );
            }
            3 => {
                let limit = random.once_in(2).then(|| most(random));
                let expected = combined.unwrap().len().min(limit.unwrap_or(usize::MAX));
                return step(
                    format!("{words} {limit:?}"),
                    it.intersection_len(&sets, limit),
                    expected,
                );
            }
            _ => {}
        }
        let operation = match choice {
            4 => it.store_union(&sets),
            5 => it.store_intersection(&sets),
            _ => it.store_difference(&sets),
        };
        match combined {
            Some(combined) => {
                let expected = combined.len();
                self.keys[own].write(|set| *set = combined);
                step(words, operation, expected)
            }
            None => step(words, operation, ()).fails(ErrorKind::InvalidOperation),
        }
    }
}
