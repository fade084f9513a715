//! UUIDs: of domains, secrets, mediated devices and virtual ports.

use std::fmt;

use crate::hex;

/// A UUID. It is written in lower case with dashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Uuid(u128);

impl Uuid {
    /// Whether all its bits are 0.
    pub fn is_nil(self) -> bool {
        self.0 == 0
    }

    /// Parses 16 pairs of hexadecimal digits of either case. As in libvirt, any number of dashes and spaces may stand
    /// before a pair, and spaces after the last. `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let is_space = |c: char| c.is_ascii_whitespace() || c == '\x0b';
        let mut rest = text;
        let mut number = 0;
        for _ in 0..16 {
            rest = rest.trim_start_matches(|c| c == '-' || is_space(c));
            let (pair, after) = rest.split_at_checked(2)?;
            let digits = pair.bytes().all(|b| b.is_ascii_hexdigit());
            number = number << 8 | u128::from_str_radix(pair, 16).ok().filter(|_| digits)?;
            rest = after;
        }
        rest.chars().all(is_space).then_some(Self(number))
    }

    /// Makes a random UUID (version 4 of RFC 4122) of random bytes.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        const VERSION: u128 = 0xF << 76;
        const VARIANT: u128 = 0x3 << 62;
        Self(u128::from_be_bytes(bytes) & !(VERSION | VARIANT) | 0x4 << 76 | 0x2 << 62)
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Every command line has UUIDs, and formatting each group as a number costs several times as much.
        let mut text = [b'-'; 36];
        let digits = self.0.to_be_bytes().into_iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        let places = text.iter_mut().enumerate().filter(|(at, _)| !matches!(at, 8 | 13 | 18 | 23));
        for ((_, place), digit) in places.zip(digits) {
            *place = hex::digit(digit);
        }
        f.write_str(str::from_utf8(&text).unwrap_or_default())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Uuid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Uuid {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no UUID")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(Uuid::parse(text).map(|uuid| uuid.to_string()).as_deref(), expected, "{text}");
    }

    #[test]
    fn spellings() {
        let usual = Some("0a7e1f52-0000-4c8e-9a53-00000f3e9d10");
        check("0a7e1f52-0000-4c8e-9a53-00000f3e9d10", usual);
        check("0A7E1F52-0000-4C8E-9A53-00000F3E9D10", usual);
        check("0a7e1f5200004c8e9a5300000f3e9d10", usual);
        check(" \n0a7e1f52-00004c8e-9a53-00000f3e9d10\t", usual);
        check("--0a 7e1f52-0000-4c8e-9a53-00000f3e9d10", usual);
        check("0a7e1f52-0000-4c8e-9a53-00000f3e9d10-", None);
        check("0a7e1f5-20000-4c8e-9a53-00000f3e9d10", None);
        check("0a7e1f52-0000-4c8e-9a53-00000f3e9d1", None);
        check("0a7e1f52-0000-4c8e-9a53-00000f3e9d100", None);
        check("0a7e1f52-0000-4c8e-9a53-00000f3e9dxy", None);
        check("+a7e1f52-0000-4c8e-9a53-00000f3e9d10", None);
        check("{0a7e1f52-0000-4c8e-9a53-00000f3e9d10}", None);
        check("", None);
    }

    #[test]
    fn random_bytes_make_a_uuid_of_version_4() {
        assert_eq!(Uuid::from_random([0xFF; 16]).to_string(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(Uuid::from_random([0; 16]).to_string(), "00000000-0000-4000-8000-000000000000");
    }
}
