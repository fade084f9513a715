//! Sets of capability flags: a bit set of eight words.

use std::fmt;
use std::ops::{BitAnd, BitOr, BitXor, Not};
use std::str::FromStr;

use bitflags::Flags as _;

use crate::Cap;

const WORDS: usize = Cap::COUNT.div_ceil(64);

/// The bits of a [`CapSet`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CapBits([u64; WORDS]);

macro_rules! bit_op {
    ($trait:ident, $method:ident, $op:tt) => {
        impl $trait for CapBits {
            type Output = Self;

            fn $method(mut self, other: Self) -> Self {
                for (word, other) in self.0.iter_mut().zip(other.0) {
                    *word $op other;
                }
                self
            }
        }
    };
}

bit_op!(BitAnd, bitand, &=);
bit_op!(BitOr, bitor, |=);
bit_op!(BitXor, bitxor, ^=);

impl Not for CapBits {
    type Output = Self;

    fn not(mut self) -> Self {
        for word in &mut self.0 {
            *word = !*word;
        }
        self
    }
}

impl bitflags::Bits for CapBits {
    const EMPTY: Self = Self([0; WORDS]);
    const ALL: Self = Self([u64::MAX; WORDS]);
}

/// A set of [`Cap`]s.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CapSet(CapBits);

impl bitflags::Flags for CapSet {
    const FLAGS: &'static [bitflags::Flag<Self>] = Cap::FLAGS;
    type Bits = CapBits;

    fn bits(&self) -> CapBits {
        self.0
    }

    fn from_bits_retain(bits: CapBits) -> Self {
        Self(bits)
    }
}

impl CapSet {
    /// The empty set.
    pub const EMPTY: Self = Self(CapBits([0; WORDS]));

    /// The set of one flag.
    #[allow(clippy::indexing_slicing)] // Evaluated on table rows; `WORDS` follows the table.
    pub const fn of(cap: Cap) -> Self {
        let mut words = [0; WORDS];
        words[cap.index() / 64] = 1 << (cap.index() % 64);
        Self(CapBits(words))
    }

    /// Whether `cap` is in the set.
    #[inline]
    #[allow(clippy::indexing_slicing)] // `WORDS` follows the table, so the index is in range for every flag.
    pub const fn has(&self, cap: Cap) -> bool {
        self.0.0[cap.index() / 64] & (1 << (cap.index() % 64)) != 0
    }

    /// Adds `cap`.
    pub fn insert(&mut self, cap: Cap) {
        *self = *self | Self::of(cap);
    }

    /// Removes `cap`.
    pub fn remove(&mut self, cap: Cap) {
        self.0 = self.0 & !Self::of(cap).0;
    }

    /// The flags that are in one of the sets.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        self | other
    }

    /// The flags that are in this set and not in `other`.
    #[must_use]
    pub fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The number of flags.
    pub fn len(&self) -> usize {
        self.0.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The flags, in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = Cap> + '_ {
        Cap::ALL.iter().copied().filter(|cap| self.has(*cap))
    }
}

impl Default for CapSet {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl BitOr for CapSet {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Extend<Cap> for CapSet {
    fn extend<I: IntoIterator<Item = Cap>>(&mut self, caps: I) {
        for cap in caps {
            self.insert(cap);
        }
    }
}

impl FromIterator<Cap> for CapSet {
    fn from_iter<I: IntoIterator<Item = Cap>>(caps: I) -> Self {
        let mut set = Self::EMPTY;
        set.extend(caps);
        set
    }
}

/// The names of its flags with ` | ` between them, as [`FromStr`] reads them.
impl fmt::Display for CapSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        bitflags::parser::to_writer_strict(self, f)
    }
}

impl FromStr for CapSet {
    type Err = bitflags::parser::ParseError;

    /// Reads the names of flags with `|` between them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        bitflags::parser::from_str_strict(text)
    }
}

impl fmt::Debug for CapSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter_names().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use bitflags::Flags as _;

    use super::*;

    #[test]
    fn set_operations() {
        let mut set: CapSet = [Cap::Spice, Cap::DeviceJson].into_iter().collect();
        assert!(set.has(Cap::Spice) && !set.has(Cap::Vnc));
        set.insert(Cap::Vnc);
        set.remove(Cap::Spice);
        assert_eq!(set.iter().collect::<Vec<_>>(), [Cap::Vnc, Cap::DeviceJson]);
        assert_eq!(
            set.iter_names().map(|(name, _)| name).collect::<Vec<_>>(),
            ["vnc", "device.json+hotplug"]
        );
        assert_eq!(set.to_string(), "vnc | device.json+hotplug");
        assert_eq!(set.to_string().parse::<CapSet>().ok(), Some(set));
        assert!("vnc | no-such-flag".parse::<CapSet>().is_err());
        assert_eq!(Cap::ALL.iter().copied().collect::<CapSet>(), CapSet::all());
    }
}
