//! Sets of a cluster's slots.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

pub(super) const SLOTS: u16 = 16384;

/// Some of a cluster's 16384 slots, a bit for each.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct SlotSet(Box<[u64; SLOTS as usize / 64]>);

impl SlotSet {
    pub(super) fn none() -> Self {
        Self(Box::new([0; SLOTS as usize / 64]))
    }

    pub(super) fn insert(&mut self, slots: RangeInclusive<u16>) {
        slots
            .filter(|slot| *slot < SLOTS)
            .for_each(|slot| self.0[usize::from(slot / 64)] |= 1 << (slot % 64));
    }

    pub(super) fn contains(&self, slot: u16) -> bool {
        self.0[usize::from(slot / 64)] >> (slot % 64) & 1 == 1
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u16> {
        (0..SLOTS).filter(|slot| self.contains(*slot))
    }

    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(super) fn is_all(&self) -> bool {
        self.0.iter().all(|word| *word == u64::MAX)
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        self.combine(other, |one, other| one | other)
    }

    pub(super) fn intersection(&self, other: &Self) -> Self {
        self.combine(other, |one, other| one & other)
    }

    /// Returns the slots that `other` does not have.
    pub(super) fn difference(&self, other: &Self) -> Self {
        self.combine(other, |one, other| one & !other)
    }

    /// Returns the slots that are not in the set.
    pub(super) fn missing(&self) -> Self {
        let mut all = Self::none();
        all.insert(0..=SLOTS - 1);
        all.difference(self)
    }

    fn combine(&self, other: &Self, combine: impl Fn(u64, u64) -> u64) -> Self {
        let mut combined = self.clone();
        let words = combined.0.iter_mut().zip(other.0.iter());
        words.for_each(|(one, other)| *one = combine(*one, *other));
        combined
    }

    fn ranges(&self) -> Vec<RangeInclusive<u16>> {
        let mut ranges: Vec<RangeInclusive<u16>> = Vec::new();
        for slot in self.iter() {
            match ranges.last_mut() {
                Some(last) if *last.end() + 1 == slot => *last = *last.start()..=slot,
                _ => ranges.push(slot..=slot),
            }
        }
        ranges
    }
}

/// Ranges: `0-5460,7000-7000`.
impl fmt::Display for SlotSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, range) in self.ranges().iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{}-{}", range.start(), range.end())?;
        }
        Ok(())
    }
}

impl fmt::Debug for SlotSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SlotSet({self})")
    }
}

impl FromStr for SlotSet {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut slots = Self::none();
        for range in text.split(',').filter(|range| !range.is_empty()) {
            let (first, last) = range.split_once('-').ok_or(())?;
            let (first, last) = (first.parse().map_err(drop)?, last.parse().map_err(drop)?);
            if first > last || last >= SLOTS {
                return Err(());
            }
            slots.insert(first..=last);
        }
        Ok(slots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_slots_reads_back_from_its_text() {
        let mut slots = SlotSet::none();
        assert_eq!(slots.to_string(), "");
        slots.insert(0..=0);
        slots.insert(63..=64);
        slots.insert(16383..=16383);
        assert_eq!(slots.to_string(), "0-0,63-64,16383-16383");
        assert_eq!(slots.to_string().parse(), Ok(slots.clone()));
        assert!(!slots.is_all() && !slots.is_empty());
        slots.insert(0..=16383);
        assert_eq!(slots.to_string(), "0-16383");
        assert!(slots.is_all());
        for wrong in ["1", "2-1", "0-16384", "a-b", "-"] {
            assert!(wrong.parse::<SlotSet>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn sets_combine_slot_by_slot() {
        let [mut one, mut other] = [(); 2].map(|()| SlotSet::none());
        one.insert(100..=199);
        other.insert(150..=249);
        assert_eq!((one.len(), one.union(&other).to_string().as_str()), (100, "100-249"));
        assert_eq!(one.intersection(&other).to_string(), "150-199");
        assert_eq!(one.difference(&other).to_string(), "100-149");
        assert_eq!(one.missing().to_string(), "0-99,200-16383");
        assert!(one.difference(&one).is_empty());
    }
}
