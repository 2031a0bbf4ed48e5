//! Values that were damaged: every truncation, and 100,000 mutations a codec,
//! from a fixed seed.

use redis_model::{Codec, Pickle};

use super::{Profile, decode_here, encode, for_every_codec, profile};

const ROUNDS: usize = 100_000;

/// SplitMix64: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

/// One to four changes: bits, bytes, numbers at their ends, parts cut, doubled, moved.
fn mutate(random: &mut Random, bytes: &mut Vec<u8>) {
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

fn survives<C: Codec<Profile>>() {
    run::<C>(&encode::<C, _>(&profile()));
}

fn run<C: Codec<Profile>>(seed: &[u8]) {
    assert_eq!(decode_here::<C, Profile>(seed).expect("the seed itself"), profile());
    for end in 0..seed.len() {
        assert!(decode_here::<C, Profile>(&seed[..end]).is_err(), "{} cut at {end}", C::NAME);
    }
    for extra in [&[0][..], b"x", b" x", &[0xff; 9]] {
        let longer = [seed, extra].concat();
        assert!(decode_here::<C, Profile>(&longer).is_err(), "{} with {extra:?} behind", C::NAME);
    }
    let mut random = Random(1);
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..ROUNDS {
        let mut bytes = seed.to_vec();
        mutate(&mut random, &mut bytes);
        match decode_here::<C, Profile>(&bytes) {
            Ok(_) => taken += 1,
            Err(error) => {
                refused += 1;
                assert!(!error.to_string().is_empty());
            }
        }
    }
    assert_eq!(taken + refused, ROUNDS);
    assert!(refused > ROUNDS / 10, "{}: the mutations are none", C::NAME);
}

for_every_codec!(survives);

/// What `pickle.dumps(value, 4)` wrote for the same profile.
#[test]
fn pickle() {
    run::<Pickle>(include_bytes!("profile.pickle"));
}
