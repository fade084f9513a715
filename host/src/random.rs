//! Sources of random bytes.

use std::sync::atomic::{AtomicU64, Ordering};

/// A source of the random bytes that MAC addresses, UUIDs, generation ids, keys and initialisation vectors are made of.
pub trait Random {
    /// Fills `buffer`.
    fn fill(&self, buffer: &mut [u8]);
}

/// Bytes that follow from a seed, the same on every machine and in every version: SplitMix64, its numbers in little-endian
/// order. For output that is to be reproducible, and for nothing else: whoever knows the seed knows all keys.
///
/// ```
/// use virtargv_host::{Random, Seeded};
///
/// let bytes = |seed| {
///     let mut bytes = [0; 4];
///     Seeded::new(seed).fill(&mut bytes);
///     bytes
/// };
/// assert_eq!(bytes(1), bytes(1));
/// assert_ne!(bytes(1), bytes(2));
/// ```
#[derive(Debug)]
pub struct Seeded(AtomicU64);

/// The distance of two states: 2^64 divided by the golden ratio.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Seeded {
    /// The bytes that follow from `seed`.
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    fn next(&self) -> u64 {
        let state = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}

impl Random for Seeded {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            for (to, from) in chunk.iter_mut().zip(self.next().to_le_bytes()) {
                *to = from;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Seeded;

    #[test]
    fn numbers_are_those_of_splitmix64() {
        let numbers = Seeded::new(1_234_567);
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
        ];
        for number in expected {
            assert_eq!(numbers.next(), number);
        }
    }
}
