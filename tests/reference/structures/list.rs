//! `List` as a `VecDeque`.

use std::collections::VecDeque;

use redis_model::ErrorKind;
use redis_model::structures::{End, List};

use super::{Plain, Step, World, common_step, index, indexes, most, part, step, text, texts};
use crate::random::Random;

type Items = VecDeque<String>;

pub(super) struct Lists {
    keys: [Plain<Items>; 3],
}

fn pop(items: &mut Items, end: End) -> Option<String> {
    match end {
        End::Front => items.pop_front(),
        End::Back => items.pop_back(),
    }
}

fn push(items: &mut Items, end: End, item: String) {
    match end {
        End::Front => items.push_front(item),
        End::Back => items.push_back(item),
    }
}

fn end(random: &mut Random) -> End {
    *random.pick(&[End::Front, End::Back])
}

impl World for Lists {
    const NAME: &'static str = "list";

    fn new(tag: &str, _: bool) -> Self {
        Self { keys: ["a", "b", "c"].map(|name| Plain::new(tag, name)) }
    }

    fn step(&mut self, random: &mut Random) -> Step {
        let own = random.below(3);
        let it: List<String> = self.keys[own].handle(random);
        if random.once_in(10) {
            return self.move_item(own, &it, random);
        }
        let plain = &mut self.keys[own];
        let (item, other, at) = (text(random), text(random), index(random));
        let here = end(random);
        let length = plain.value.len();
        match random.below(32) {
            0..2 => {
                plain.write(|items| push(items, here, item.into()));
                let operation =
                    if here == End::Front { it.push_front(item) } else { it.push_back(item) };
                step(format!("push {here:?} {item:?}"), operation, length + 1)
            }
            2..6 => {
                let new = texts(random);
                plain.write(|items| new.iter().for_each(|item| push(items, here, (*item).into())));
                let words = format!("push_all {here:?} {new:?}");
                let length = length + new.len();
                let operation =
                    if here == End::Front { it.push_front_all(new) } else { it.push_back_all(new) };
                step(words, operation, length)
            }
            6 => {
                if length > 0 {
                    plain.write(|items| push(items, here, item.into()));
                }
                let operation = if here == End::Front {
                    it.push_front_if_exists(item)
                } else {
                    it.push_back_if_exists(item)
                };
                step(format!("push_if_exists {here:?} {item:?}"), operation, plain.value.len())
            }
            7..10 => {
                let most = most(random);
                plain.write(|items| {
                    push(items, here, item.into());
                    let other = if here == End::Front { End::Back } else { End::Front };
                    while items.len() > most {
                        pop(items, other);
                    }
                });
                let operation = if here == End::Front {
                    it.push_front_capped(item, most)
                } else {
                    it.push_back_capped(item, most)
                };
                step(format!("push_capped {here:?} {item:?} {most}"), operation, plain.value.len())
            }
            10 => {
                let popped = plain.write(|items| pop(items, here));
                let operation = if here == End::Front { it.pop_front() } else { it.pop_back() };
                step(format!("pop {here:?}"), operation, popped)
            }
            11 => {
                let most = most(random);
                let popped: Vec<_> = plain
                    .write(|items| (0..most.min(length)).map_while(|_| pop(items, here)).collect());
                let operation = if here == End::Front {
                    it.pop_front_many(most)
                } else {
                    it.pop_back_many(most)
                };
                step(format!("pop_many {here:?} {most}"), operation.strict(), popped)
            }
            12..16 => {
                let range = indexes(random);
                let expected: Vec<_> = plain.value.range(part(range, length)).cloned().collect();
                step(format!("range {range:?}"), it.range(range).strict(), expected)
            }
            16 => step(
                format!("get {at}"),
                it.get(at),
                self::at(length, at).map(|at| plain.value[at].clone()),
            ),
            17 => step("len", it.len(), length),
            18 => {
                let expected = plain.value.iter().position(|stored| stored == item);
                step(format!("position {item:?}"), it.position(item), expected)
            }
            19 => {
                let operation = step(format!("set {at} {item:?}"), it.set(at, item), ());
                match self::at(length, at) {
                    Some(at) => plain.write(|items| items[at] = item.into()),
                    None if i32::try_from(at).is_err() => {
                        return operation.fails(ErrorKind::InvalidOperation);
                    }
                    None => return operation.fails(ErrorKind::Server),
                }
                operation
            }
            20 => {
                plain.write(|items| items.retain(|stored| stored != item));
                step(format!("remove {item:?}"), it.remove(item), length - plain.value.len())
            }
            21 => {
                let most = most(random);
                for _ in 0..most.min(length) {
                    let found = |stored: &String| stored == item;
                    let found = match here {
                        End::Front => plain.value.iter().position(found),
                        End::Back => plain.value.iter().rposition(found),
                    };
                    let Some(found) = found else { break };
                    plain.write(|items| items.remove(found));
                }
                let removed = length - plain.value.len();
                step(
                    format!("remove_from {here:?} {item:?} {most}"),
                    it.remove_from(here, item, most),
                    removed,
                )
            }
            22 => {
                let found = plain.value.iter().position(|stored| stored == other);
                let expected = found.map(|found| {
                    let before = usize::from(here == End::Back);
                    plain.write(|items| items.insert(found + before, item.into()));
                    length + 1
                });
                let operation = if here == End::Front {
                    it.insert_before(other, item)
                } else {
                    it.insert_after(other, item)
                };
                step(format!("insert {here:?} {other:?} {item:?}"), operation, expected)
            }
            23 if random.once_in(2) => {
                let range = indexes(random);
                let kept = part(range, length);
                plain.write(|items| *items = items.range(kept).cloned().collect());
                step(format!("trim {range:?}"), it.trim(range), ())
            }
            24..28 => step("range ..", it.range(..).strict(), plain.value.clone()),
            _ => common_step!(it, plain, random),
        }
    }
}

impl Lists {
    fn move_item(&mut self, own: usize, it: &List<String>, random: &mut Random) -> Step {
        let to = random.below(3);
        let target: List<String> = self.keys[to].handle(random);
        let (from_end, to_end) = (end(random), end(random));
        let words = format!("move_item {own} {from_end:?} {to} {to_end:?}");
        let operation = it.move_item(from_end, &target, to_end);
        let moved = if own == to {
            // The key exists all the time.
            self.keys[own].write(|items| {
                let moved = pop(items, from_end);
                moved.clone().into_iter().for_each(|item| push(items, to_end, item));
                moved
            })
        } else {
            let moved = self.keys[own].write(|items| pop(items, from_end));
            moved
                .clone()
                .into_iter()
                .for_each(|item| self.keys[to].write(|items| push(items, to_end, item)));
            moved
        };
        step(words, operation, moved)
    }
}

/// Returns the position of an index, if there is an item.
fn at(length: usize, index: isize) -> Option<usize> {
    let from_front = if index < 0 { length as i128 + index as i128 } else { index as i128 };
    usize::try_from(from_front).ok().filter(|at| *at < length)
}
