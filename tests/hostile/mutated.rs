//! Damaged values: every truncation, and 100,000 mutations for each fuzz target from a
//! fixed seed.

use redis_model::Json;
use redis_model::codec::{Bincode, BincodeLegacy, Cbor, Codec, MsgPack, Pickle, Postcard};

use super::targets::{Profile, encode, profile, target};
use super::{alloc, decode_here};

const ROUNDS: usize = 100_000;

/// SplitMix64, which gives the same numbers on every machine.
pub(super) struct Random(pub(super) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

/// Changes one to four bits, bytes or numbers, or cuts, doubles or moves a part.
pub(super) fn mutate(random: &mut Random, bytes: &mut Vec<u8>) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        let to = at + random.below((bytes.len() - at).min(16));
        match random.below(7) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
            1 if !bytes.is_empty() => bytes[at] = random.next() as u8,
            2 if !bytes.is_empty() => {
                bytes[at] = [0, 1, 0x7f, 0x80, 0xff, 0xfd, 0xc6, 0xdd][random.below(8)]
            }
            3 => drop(bytes.drain(at..to)),
            4 => {
                let part = bytes[at..to].to_vec();
                let at = random.below(bytes.len());
                bytes.splice(at..at, part);
            }
            5 => {
                let number = random.next() >> random.below(64);
                bytes.splice(at..to, number.to_le_bytes());
            }
            _ => bytes.truncate(at),
        }
    }
}

/// Runs a target on its inputs: unchanged, truncated, extended and mutated.
fn run(name: &str, rounds: usize) {
    let target = target(name);
    let check = |bytes: &[u8]| {
        let (taken, peak) = alloc::peak(|| (target.check)(bytes));
        let allowed = (target.memory)(bytes.len());
        assert!(peak <= allowed, "{name}: {peak} bytes for {}", bytes.len());
        taken
    };
    let seeds = (target.seeds)();
    for seed in &seeds {
        // Once before, to allocate what lives as long as the program.
        assert!((target.check)(seed) && check(seed), "{name}: the seed itself");
        for end in 0..seed.len() {
            check(&seed[..end]);
        }
    }
    let mut random = Random(1);
    let mut refused = 0;
    for round in 0..rounds {
        let mut bytes = seeds[round % seeds.len()].clone();
        mutate(&mut random, &mut bytes);
        refused += usize::from(!check(&bytes));
    }
    assert!(refused > rounds / 10, "{name}: the mutations are none");
}

macro_rules! targets {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            run(stringify!($name), ROUNDS);
        })*

        #[test]
        fn every_target_is_run() {
            let names: Vec<_> = crate::targets::TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(names, [$(stringify!($name)),*]);
        }
    };
}

targets! {
    json msgpack cbor postcard bincode bincode_legacy pickle pickle_any zstd lz4 zlib sealed signed envelope keys rows
}

#[test]
#[ignore = "takes minutes: `.ci/run` runs this"]
fn a_million_mutations_of_pickles() {
    run("pickle_any", 1_000_000);
}

/// Asserts that a value needs all of its bytes and no more.
fn whole<C: Codec<Profile>>(seed: &[u8]) {
    assert_eq!(decode_here::<C, Profile>(seed).expect("the seed itself"), profile());
    for end in 0..seed.len() {
        assert!(decode_here::<C, Profile>(&seed[..end]).is_err(), "{} cut at {end}", C::NAME);
    }
    for extra in [&[0][..], b"x", b" x", &[0xff; 9]] {
        let longer = [seed, extra].concat();
        assert!(decode_here::<C, Profile>(&longer).is_err(), "{} with {extra:?} behind", C::NAME);
    }
}

#[test]
fn truncated_and_extended_values_are_refused() {
    whole::<Json>(&encode::<Json, _>(&profile()));
    whole::<MsgPack>(&encode::<MsgPack, _>(&profile()));
    whole::<Cbor>(&encode::<Cbor, _>(&profile()));
    whole::<Postcard>(&encode::<Postcard, _>(&profile()));
    whole::<Bincode>(&encode::<Bincode, _>(&profile()));
    whole::<BincodeLegacy>(&encode::<BincodeLegacy, _>(&profile()));
    whole::<Pickle>(&(target("pickle").seeds)()[0]);
}
