//! `Map` as a `BTreeMap`, with times to live of fields on servers that have them.

use std::collections::BTreeMap;

use redis_model::ErrorKind;
use redis_model::structures::Map;

use super::{Lives, OF_FIELD, Plain, Step, World, common_step, lives, sorted, step, text, texts};
use crate::random::Random;

type Fields = BTreeMap<String, (i16, Lives)>;

pub(super) struct Maps {
    plain: Plain<Fields>,
    fields_expire: bool,
}

impl World for Maps {
    const NAME: &'static str = "map";

    fn new(tag: &str, fields_expire: bool) -> Self {
        Self { plain: Plain::new(tag, "m"), fields_expire }
    }

    fn step(&mut self, random: &mut Random) -> Step {
        let it: Map<String, i16> = self.plain.handle(random);
        if random.once_in(4) {
            return self.field_step(&it, random);
        }
        let plain = &mut self.plain;
        let (field, some) = (text(random), texts(random));
        let number = *random.pick(&[0, 1, -1, 7, i16::MAX, i16::MIN]);
        let length = plain.value.len();
        let old = plain.value.get(field).copied();
        let value = |field: &str| plain.value.get(field).map(|(value, _)| *value);
        match random.below(24) {
            0..3 => step(format!("get {field:?}"), it.get(field), value(field)),
            3 => {
                let expected: Vec<_> = some.iter().map(|field| value(field)).collect();
                step(format!("get_each {some:?}"), it.get_each(some).strict(), expected)
            }
            4..7 => {
                let expected: Vec<_> =
                    plain.value.iter().map(|(field, (value, _))| (field.clone(), *value)).collect();
                step("get_all", sorted(it.get_all().strict()), expected)
            }
            7..9 => {
                plain.write(|map| map.insert(field.into(), (number, Lives::Forever)));
                step(format!("set {field:?} {number}"), it.set(field, number), old.is_none())
            }
            9..11 => {
                let new: Vec<_> = some
                    .iter()
                    .enumerate()
                    .map(|(at, field)| (*field, number / 2 + at as i16))
                    .collect();
                plain.write(|map| {
                    for (field, value) in &new {
                        map.insert((*field).to_owned(), (*value, Lives::Forever));
                    }
                });
                step(format!("set_all {new:?}"), it.set_all(new), plain.value.len() - length)
            }
            11 => {
                if old.is_none() {
                    plain.write(|map| map.insert(field.into(), (number, Lives::Forever)));
                }
                step(
                    format!("set_if_absent {field:?} {number}"),
                    it.set_if_absent(field, number),
                    old.is_none(),
                )
            }
            12 => step(
                format!("remove {field:?}"),
                it.remove(field),
                plain.write(|map| map.remove(field)).is_some(),
            ),
            13 => {
                plain.write(|map| map.retain(|stored, _| !some.contains(&&**stored)));
                step(
                    format!("remove_all {some:?}"),
                    it.remove_all(some),
                    length - plain.value.len(),
                )
            }
            14 => step(format!("contains {field:?}"), it.contains(field), old.is_some()),
            15 => {
                let expected: Vec<_> = plain.value.keys().cloned().collect();
                step("keys", sorted(it.keys().strict()), expected)
            }
            16 => {
                let mut expected: Vec<_> = plain.value.values().map(|(value, _)| *value).collect();
                expected.sort();
                step("values", sorted(it.values().strict()), expected)
            }
            17 => step("len", it.len(), length),
            18..21 => {
                let (value, lives) = old.unwrap_or((0, Lives::Forever));
                let operation = step(
                    format!("incr {field:?} {number}"),
                    it.incr(field, number),
                    value.wrapping_add(number),
                );
                match value.checked_add(number) {
                    Some(sum) => drop(plain.write(|map| map.insert(field.into(), (sum, lives)))),
                    None => return operation.fails(ErrorKind::OutOfRange),
                }
                operation
            }
            _ => common_step!(it, plain, random),
        }
    }
}

impl Maps {
    fn field_step(&mut self, it: &Map<String, i16>, random: &mut Random) -> Step {
        let field = text(random);
        let plain = &mut self.plain;
        let old = plain.value.get(field).copied();
        let choice = random.below(5);
        if !self.fields_expire {
            let step = match choice {
                0 => step("set_with_ttl", it.set_with_ttl(field, 1, OF_FIELD), ()),
                1 => step("expire_field", it.expire_field(field, OF_FIELD), ()),
                2 => step("persist_field", it.persist_field(field), ()),
                3 => step("field_ttl", it.field_ttl(field), ()),
                _ => return step("contains", it.contains(field), old.is_some()),
            };
            return step.fails(ErrorKind::Unsupported);
        }
        match choice {
            0 => {
                plain.write(|map| map.insert(field.into(), (1, Lives::OfField)));
                step(
                    format!("set_with_ttl {field:?}"),
                    it.set_with_ttl(field, 1, OF_FIELD),
                    old.is_none(),
                )
            }
            1 => {
                if let Some((_, lives)) = plain.value.get_mut(field) {
                    *lives = Lives::OfField;
                }
                step(
                    format!("expire_field {field:?}"),
                    it.expire_field(field, OF_FIELD),
                    old.is_some(),
                )
            }
            2 => {
                let had = old.is_some_and(|(_, lives)| lives == Lives::OfField);
                if let Some((_, lives)) = plain.value.get_mut(field) {
                    *lives = Lives::Forever;
                }
                step(format!("persist_field {field:?}"), it.persist_field(field), had)
            }
            _ => step(
                format!("field_ttl {field:?}"),
                lives(it.field_ttl(field)),
                old.map(|(_, lives)| lives),
            ),
        }
    }
}
