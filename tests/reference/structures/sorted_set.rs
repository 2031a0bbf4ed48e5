//! `SortedSet` as a `BTreeMap` from members to scores.

use std::collections::BTreeMap;
use std::ops::Bound;

use redis_model::structures::{AddOptions, Aggregate, SortedRange, SortedSet};
use redis_model::{ErrorKind, Operation};

use super::{Indexes, Plain, Step, World, common_step, indexes, most, part, step, text, texts};
use crate::random::Random;

type Scores = BTreeMap<String, f64>;

pub(super) struct SortedSets {
    keys: [Plain<Scores>; 4],
    scores: &'static [f64],
    /// Sums of the scores are exact, in any order.
    is_exact: bool,
}

const EXACT: [f64; 9] = [0.0, 1.0, 2.0, -1.0, 0.5, -2.25, 3.0, f64::INFINITY, f64::NEG_INFINITY];
const EXTREME: [f64; 10] = [
    0.1,
    -0.0,
    f64::MAX,
    f64::MIN,
    f64::MIN_POSITIVE,
    5e-324,
    9_007_199_254_740_993.0,
    1.797e300,
    f64::INFINITY,
    f64::NEG_INFINITY,
];
/// Scores of sets in which members are ranges.
const EQUAL: [f64; 1] = [7.0];

/// Shows a score; a server does not distinguish the two zeros.
fn shown(score: f64) -> f64 {
    score + 0.0
}

fn ordered(scores: &Scores) -> Vec<(String, f64)> {
    let mut all: Vec<_> =
        scores.iter().map(|(member, score)| (member.clone(), shown(*score))).collect();
    all.sort_by(|(a, one), (b, other)| one.partial_cmp(other).unwrap().then_with(|| a.cmp(b)));
    all
}

#[derive(Debug, Clone, Copy)]
enum Bounds {
    Ranks(Indexes),
    Scores(Bound<f64>, Bound<f64>),
    Members(Bound<&'static str>, Bound<&'static str>),
}

#[derive(Debug, Clone, Copy)]
struct Range {
    bounds: Bounds,
    reversed: bool,
    limit: Option<(usize, usize)>,
}

impl Range {
    fn random(random: &mut Random, scores: &[f64]) -> Self {
        fn bound<T>(random: &mut Random, value: impl FnOnce(&mut Random) -> T) -> Bound<T> {
            match random.below(4) {
                0 => Bound::Unbounded,
                1 => Bound::Excluded(value(random)),
                _ => Bound::Included(value(random)),
            }
        }
        let score = |random: &mut Random| *random.pick(scores);
        let bounds = match random.below(3) {
            0 if scores.len() == 1 => Bounds::Members(bound(random, text), bound(random, text)),
            0 | 1 => Bounds::Scores(bound(random, score), bound(random, score)),
            _ => Bounds::Ranks(indexes(random)),
        };
        let with_limit = random.once_in(if matches!(bounds, Bounds::Ranks(_)) { 12 } else { 4 });
        let limit = with_limit.then(|| (random.below(4), most(random)));
        Self { bounds, reversed: random.once_in(3), limit }
    }

    fn range(self) -> SortedRange {
        let range = match self.bounds {
            Bounds::Ranks(ranks) => SortedRange::ranks(ranks),
            Bounds::Scores(start, end) => SortedRange::scores((start, end)),
            Bounds::Members(start, end) => SortedRange::members((start, end)),
        };
        let range = if self.reversed { range.reversed() } else { range };
        self.limit.into_iter().fold(range, |range, (offset, count)| range.limit(offset, count))
    }

    fn is_ranks(self) -> bool {
        matches!(self.bounds, Bounds::Ranks(_))
    }

    /// Returns the members of the range, or `None` if there is no such range.
    fn select(self, scores: &Scores) -> Option<Vec<(String, f64)>> {
        let mut all = ordered(scores);
        if self.reversed {
            all.reverse();
        }
        match self.bounds {
            Bounds::Ranks(_) if self.limit.is_some() => return None,
            Bounds::Ranks(ranks) => all = all[part(ranks, all.len())].to_vec(),
            Bounds::Scores(start, end) => all.retain(|(_, score)| {
                let above = match start {
                    Bound::Unbounded => true,
                    Bound::Included(least) => *score >= least,
                    Bound::Excluded(least) => *score > least,
                };
                above
                    && match end {
                        Bound::Unbounded => true,
                        Bound::Included(greatest) => *score <= greatest,
                        Bound::Excluded(greatest) => *score < greatest,
                    }
            }),
            Bounds::Members(start, end) => all.retain(|(member, _)| {
                let above = match start {
                    Bound::Unbounded => true,
                    Bound::Included(least) => **member >= *least,
                    Bound::Excluded(least) => **member > *least,
                };
                above
                    && match end {
                        Bound::Unbounded => true,
                        Bound::Included(greatest) => **member <= *greatest,
                        Bound::Excluded(greatest) => **member < *greatest,
                    }
            }),
        }
        match self.limit {
            Some((offset, count)) => Some(all.into_iter().skip(offset).take(count).collect()),
            None => Some(all),
        }
    }
}

impl World for SortedSets {
    const NAME: &'static str = "sorted-set";

    fn new(tag: &str, _: bool) -> Self {
        let scores: [&'static [f64]; 3] = [&EXACT, &EXTREME, &EQUAL];
        let which = tag.len() % 2 + usize::from(tag.contains("{1}") || tag.contains("{12}"));
        let keys = ["a", "b", "c", "d"].map(|name| Plain::new(tag, name));
        Self { keys, scores: scores[which], is_exact: which == 0 }
    }

    fn step(&mut self, random: &mut Random) -> Step {
        let own = random.below(4);
        let it: SortedSet<String> = self.keys[own].handle(random);
        match random.below(8) {
            0 | 1 if self.is_exact => return self.algebra(own, &it, random),
            2 => return self.range_step(own, &it, random),
            3 => return self.store_range(own, &it, random),
            _ => {}
        }
        let plain = &mut self.keys[own];
        let (member, some, most) = (text(random), texts(random), most(random));
        let score = *random.pick(self.scores);
        let length = plain.value.len();
        let old = plain.value.get(member).copied();
        match random.below(36) {
            0..2 => {
                plain.write(|set| set.insert(member.into(), score));
                step(format!("add {member:?} {score}"), it.add(member, score), old.is_none())
            }
            2..6 => {
                let new: Vec<_> =
                    some.iter().map(|member| (*member, *random.pick(self.scores))).collect();
                plain.write(|set| {
                    set.extend(new.iter().map(|(member, score)| ((*member).to_owned(), *score)))
                });
                step(format!("add_all {new:?}"), it.add_all(new), plain.value.len() - length)
            }
            6 => {
                let new = [("a", 1.0), ("b", f64::NAN)];
                step("add_all NaN", it.add_all(new), ()).fails(ErrorKind::InvalidValue)
            }
            7..10 => add_with(plain, &it, self.scores, random),
            10..12 if self.scores.len() > 1 => {
                let sum = old.unwrap_or(0.0) + score;
                let operation = step(
                    format!("incr {member:?} {score}"),
                    it.incr(member, score).map(shown),
                    shown(sum),
                );
                if sum.is_nan() {
                    return operation.fails(ErrorKind::Server);
                }
                plain.write(|set| set.insert(member.into(), sum));
                operation
            }
            12 => step(
                format!("remove {member:?}"),
                it.remove(member),
                plain.write(|set| set.remove(member)).is_some(),
            ),
            13 => {
                plain.write(|set| set.retain(|stored, _| !some.contains(&&**stored)));
                step(
                    format!("remove_all {some:?}"),
                    it.remove_all(some),
                    length - plain.value.len(),
                )
            }
            14 => step(
                format!("score {member:?}"),
                it.score(member).map(|score| score.map(shown)),
                old.map(shown),
            ),
            15 => {
                let expected: Vec<_> = some
                    .iter()
                    .map(|member| plain.value.get(*member).copied().map(shown))
                    .collect();
                let operation = it.scores(some.clone()).map(|scores| {
                    scores.into_iter().map(|score| score.map(shown)).collect::<Vec<_>>()
                });
                step(format!("scores {some:?}"), operation, expected)
            }
            16 | 17 => {
                let rank = ordered(&plain.value).iter().position(|(stored, _)| stored == member);
                if random.once_in(2) {
                    step(format!("rank {member:?}"), it.rank(member), rank)
                } else {
                    step(
                        format!("reverse_rank {member:?}"),
                        it.reverse_rank(member),
                        rank.map(|rank| length - 1 - rank),
                    )
                }
            }
            18 => step("len", it.len(), length),
            19 => {
                let popped = ordered(&plain.value).into_iter().next();
                plain.write(|set| {
                    popped.iter().for_each(|(member, _)| {
                        set.remove(member);
                    })
                });
                step("pop_min", it.pop_min().map(one), popped)
            }
            20 => {
                let popped = ordered(&plain.value).pop();
                plain.write(|set| {
                    popped.iter().for_each(|(member, _)| {
                        set.remove(member);
                    })
                });
                step("pop_max", it.pop_max().map(one), popped)
            }
            21 | 22 => {
                let mut popped = ordered(&plain.value);
                let highest = random.once_in(2);
                if highest {
                    popped.reverse();
                }
                popped.truncate(most);
                plain.write(|set| {
                    popped.iter().for_each(|(member, _)| {
                        set.remove(member);
                    })
                });
                let operation = if highest { it.pop_max_many(most) } else { it.pop_min_many(most) };
                step(format!("pop_many {highest} {most}"), operation.strict().map(many), popped)
            }
            23 if length > 0 => {
                step("random", it.random(), ()).one_of(plain.value.keys().map(Some))
            }
            23 => step("random", it.random(), None::<String>),
            24 => {
                let snapshot = ordered(&plain.value);
                let operation = it.random_many(most).strict().map(move |found| {
                    let found = many(found);
                    let different: std::collections::BTreeSet<_> =
                        found.iter().map(|(member, _)| member).collect();
                    (different.len() == found.len()
                        && found.iter().all(|pair| snapshot.contains(pair)))
                    .then_some(found.len())
                });
                step(format!("random_many {most}"), operation, Some(most.min(length)))
            }
            25..30 => {
                let all = it.range_with_scores(SortedRange::ranks(..)).strict();
                step("all", all.map(many), ordered(&plain.value))
            }
            _ => common_step!(it, plain, random),
        }
    }
}

fn one(pair: Option<(String, f64)>) -> Option<(String, f64)> {
    pair.map(|(member, score)| (member, shown(score)))
}

fn many(pairs: Vec<(String, f64)>) -> Vec<(String, f64)> {
    pairs.into_iter().map(|(member, score)| (member, shown(score))).collect()
}

/// A step of an operation with options.
fn add_with(
    plain: &mut Plain<Scores>,
    it: &SortedSet<String>,
    scores: &[f64],
    random: &mut Random,
) -> Step {
    let [new, existing, greater, less] = [(); 4].map(|()| random.once_in(3));
    let mut options = AddOptions::new();
    for (is_set, set) in [
        (new, AddOptions::only_new as fn(AddOptions) -> AddOptions),
        (existing, AddOptions::only_existing),
        (greater, AddOptions::only_greater),
        (less, AddOptions::only_less),
    ] {
        if is_set {
            options = set(options);
        }
    }
    let excludes = new && (existing || greater || less) || greater && less;
    let permits = |old: Option<f64>, score: f64| match old {
        None => !existing,
        Some(old) => !new && (!greater || score > old) && (!less || score < old),
    };
    if random.once_in(3) && scores.len() > 1 {
        let (member, by) = (text(random), *random.pick(scores));
        let old = plain.value.get(member).copied();
        let sum = old.unwrap_or(0.0) + by;
        let operation = it.incr_with(options, member, by).map(|sum| sum.map(shown));
        let words = format!("incr_with {options:?} {member:?} {by}");
        if excludes {
            return step(words, operation, ()).fails(ErrorKind::InvalidOperation);
        }
        // A server checks what does not depend on the sum before it adds.
        let is_tried = if old.is_some() { !new } else { !existing };
        if is_tried && sum.is_nan() {
            return step(words, operation, ()).fails(ErrorKind::Server);
        }
        let expected = permits(old, sum).then(|| {
            plain.write(|set| set.insert(member.to_owned(), sum));
            shown(sum)
        });
        return step(words, operation, expected);
    }
    let all: Vec<_> =
        texts(random).into_iter().map(|member| (member, *random.pick(scores))).collect();
    let words = format!("add_with {options:?} {all:?}");
    let operation = it.add_with(options, all.clone());
    if excludes && !all.is_empty() {
        return step(words, operation, ()).fails(ErrorKind::InvalidOperation);
    }
    let changed = plain.write(|set| {
        let mut changed = 0;
        for (member, score) in all {
            let old = set.get(member).copied();
            if permits(old, score) {
                set.insert(member.to_owned(), score);
                changed += usize::from(old != Some(score));
            }
        }
        changed
    });
    step(words, operation, changed)
}

impl SortedSets {
    fn range_step(&mut self, own: usize, it: &SortedSet<String>, random: &mut Random) -> Step {
        let plain = &mut self.keys[own];
        let range = Range::random(random, self.scores);
        let selected = range.select(&plain.value);
        let members = |selected: &[(String, f64)]| {
            selected.iter().map(|(member, _)| member.clone()).collect::<Vec<_>>()
        };
        let words = |name: &str| format!("{name} {range:?}");
        let unlimited = selected.as_ref().filter(|_| range.limit.is_none());
        match random.below(7) {
            0..2 => {
                let operation = it.range(range.range()).strict();
                match selected {
                    Some(selected) => step(words("range"), operation, members(&selected)),
                    None => step(words("range"), operation, ()).fails(ErrorKind::InvalidOperation),
                }
            }
            2..4 => {
                let operation = it.range_with_scores(range.range()).strict().map(many);
                match selected {
                    Some(selected) if !matches!(range.bounds, Bounds::Members(..)) => {
                        step(words("range_with_scores"), operation, selected)
                    }
                    _ => step(words("range_with_scores"), operation, ())
                        .fails(ErrorKind::InvalidOperation),
                }
            }
            4..6 => match unlimited {
                Some(selected) if !range.is_ranks() => {
                    step(words("count"), it.count(range.range()), selected.len())
                }
                _ => step(words("count"), it.count(range.range()), ())
                    .fails(ErrorKind::InvalidOperation),
            },
            _ => match unlimited {
                Some(selected) if !range.is_ranks() || !range.reversed => {
                    plain.write(|set| {
                        selected.iter().for_each(|(member, _)| {
                            set.remove(member);
                        })
                    });
                    step(words("remove_range"), it.remove_range(range.range()), selected.len())
                }
                _ => step(words("remove_range"), it.remove_range(range.range()), ())
                    .fails(ErrorKind::InvalidOperation),
            },
        }
    }

    fn store_range(&mut self, own: usize, it: &SortedSet<String>, random: &mut Random) -> Step {
        let of = random.below(4);
        let range = Range::random(random, self.scores);
        let source: SortedSet<String> = SortedSet::at(self.keys[of].key.as_str());
        let operation = it.store_range(&source, range.range());
        let words = format!("store_range {own} {of} {range:?}");
        match range.select(&self.keys[of].value) {
            Some(selected) => {
                let expected = selected.len();
                self.keys[own].write(|set| *set = selected.into_iter().collect());
                step(words, operation, expected)
            }
            None => step(words, operation, ()).fails(ErrorKind::InvalidOperation),
        }
    }

    fn algebra(&mut self, own: usize, it: &SortedSet<String>, random: &mut Random) -> Step {
        let others: Vec<usize> = (0..random.below(4)).map(|_| random.below(4)).collect();
        let weights: Vec<f64> =
            (0..=others.len()).map(|_| *random.pick(&[1.0, 2.0, -1.0, 0.25])).collect();
        let sets: Vec<SortedSet<String>> =
            others.iter().map(|at| SortedSet::at(self.keys[*at].key.as_str())).collect();
        let stores = random.once_in(2);
        let weighted = random.once_in(2);
        let kind = random.below(if weighted { 2 } else { 4 });
        let aggregate = if weighted {
            *random.pick(&[Aggregate::Sum, Aggregate::Min, Aggregate::Max])
        } else {
            Aggregate::Sum
        };

        let mut read = others.clone();
        if !stores {
            read.insert(0, own);
        }
        let values: Vec<Scores> = read
            .iter()
            .zip(&weights)
            .map(|(at, weight)| {
                let weight = if weighted { *weight } else { 1.0 };
                self.keys[*at]
                    .value
                    .iter()
                    .map(|(member, score)| (member.clone(), score * weight))
                    .collect()
            })
            .collect();
        // The sum of two infinities that cancel out depends on the order.
        let infinite = |sign: f64| {
            values.iter().any(|set| set.values().any(|score| *score == f64::INFINITY * sign))
        };
        if aggregate == Aggregate::Sum && infinite(1.0) && infinite(-1.0) && kind < 2 {
            return common_step!(*it, &mut self.keys[own], random);
        }
        let combined = combine(&values, kind, aggregate);
        let words = format!(
            "algebra {kind} {own} {others:?} {aggregate:?} {weighted} {weights:?} stores: {stores}"
        );
        if kind == 3 {
            let expected = combine(
                &std::iter::once(&self.keys[own])
                    .chain(others.iter().map(|at| &self.keys[*at]))
                    .map(|key| key.value.clone())
                    .collect::<Vec<_>>(),
                1,
                Aggregate::Max,
            );
            let limit = random.once_in(2).then(|| most(random));
            let expected = expected.unwrap().len().min(limit.unwrap_or(usize::MAX));
            return step(format!("{words} {limit:?}"), it.intersection_len(&sets, limit), expected);
        }
        if !stores {
            let with = sets.iter().zip(weights[1..].iter().copied());
            let operation = match (kind, weighted) {
                (0, false) => it.union(&sets),
                (0, true) => it.union_with(weights[0], with, aggregate),
                (1, false) => it.intersection(&sets),
                (1, true) => it.intersection_with(weights[0], with, aggregate),
                _ => it.difference(&sets),
            };
            return step(words, operation.strict().map(many), ordered(&combined.unwrap()));
        }
        let with = sets.iter().zip(weights.iter().copied());
        let operation = match (kind, weighted) {
            (0, false) => it.store_union(&sets),
            (0, true) => it.store_union_with(with, aggregate),
            (1, false) => it.store_intersection(&sets),
            (1, true) => it.store_intersection_with(with, aggregate),
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

/// Returns the union (0), intersection (1) or difference of sets, or `None` if there are none.
fn combine(values: &[Scores], kind: usize, aggregate: Aggregate) -> Option<Scores> {
    let (first, others) = values.split_first()?;
    let both = |a: f64, b: f64| match aggregate {
        Aggregate::Min => a.min(b),
        Aggregate::Max => a.max(b),
        _ => a + b,
    };
    Some(others.iter().fold(first.clone(), |mut combined, other| {
        match kind {
            0 => other.iter().for_each(|(member, score)| {
                combined
                    .entry(member.clone())
                    .and_modify(|sum| *sum = both(*sum, *score))
                    .or_insert(*score);
            }),
            1 => {
                combined.retain(|member, _| other.contains_key(member));
                combined.iter_mut().for_each(|(member, sum)| *sum = both(*sum, other[member]));
            }
            _ => combined.retain(|member, _| !other.contains_key(member)),
        }
        combined
    }))
}
