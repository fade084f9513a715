//! Values of attributes and of the texts of elements.

use std::str::FromStr;

use crate::{Release, Span, Spelled, Unknown};

/// A value of an attribute or of the text of an element.
pub trait Value: Sized {
    /// Parses the value.
    ///
    /// # Errors
    /// What was expected instead, as a part of a message; it does not repeat the value.
    fn parse(text: &str) -> Result<Self, String>;

    /// The words of an enumeration that `release` has, for QEMU guests; nothing for other values.
    fn words(_release: Release) -> Vec<&'static str> {
        Vec::new()
    }

    /// As [`Value::words`], with those for other hypervisors.
    fn every_word(_release: Release) -> Vec<&'static str> {
        Vec::new()
    }

    /// The releases of libvirt that have the value.
    fn in_releases(&self) -> Span {
        Span::ALWAYS
    }
}

impl<T: Spelled + FromStr<Err = Unknown>> Value for T {
    fn parse(text: &str) -> Result<Self, String> {
        T::from_word(text).ok_or_else(|| format!("known values: {}", Unknown::of::<T>(text).known))
    }

    fn words(release: Release) -> Vec<&'static str> {
        let known = T::ALL.iter().filter(|value| value.is_for_qemu() && value.releases().contains(release));
        known.map(|value| value.as_str()).collect()
    }

    fn every_word(release: Release) -> Vec<&'static str> {
        let known = T::ALL.iter().filter(|value| value.releases().contains(release));
        known.map(|value| value.as_str()).collect()
    }

    fn in_releases(&self) -> Span {
        self.releases()
    }
}

/// What is expected in place of a text that is not a number of this many bits. The range is named where the text is a number
/// outside of it only: what the number stands for has one of its own, which a rule knows.
fn expected_number(text: &str, bits: u32, is_unsigned: bool) -> String {
    let digits = text.trim_start_matches(['+', '-']);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return super::meant::WHOLE.to_owned();
    }
    if is_unsigned && text.starts_with('-') {
        return "expected a whole number that is not negative".to_owned();
    }
    let power = if is_unsigned { bits } else { bits - 1 };
    format!("expected a smaller number, below 2^{power}")
}

macro_rules! whole_numbers {
    ($($t:ty),+) => { $(impl Value for $t {
        fn parse(text: &str) -> Result<Self, String> {
            let trimmed = text.trim_start_matches([' ', '\t', '\n', '\r']);
            let plain = trimmed.strip_prefix('+').unwrap_or(trimmed);
            plain.parse().map_err(|_| expected_number(trimmed, <$t>::BITS, <$t>::MIN == 0))
        }
    })+ };
}
whole_numbers!(u8, u16, u32, u64, i32, i64);

impl Value for std::num::NonZeroU32 {
    fn parse(text: &str) -> Result<Self, String> {
        let number = <u32 as Value>::parse(text).ok().and_then(Self::new);
        number.ok_or_else(|| "expected a whole number of at least 1".to_owned())
    }
}

impl Value for String {
    fn parse(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
}

/// A whole number in C notation: hexadecimal after `0x`, octal after `0`, else decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct AnyBase<T>(pub T);

impl<T: TryFrom<u64>> Value for AnyBase<T> {
    fn parse(text: &str) -> Result<Self, String> {
        let t = text.trim_start_matches([' ', '\t', '\n', '\r']);
        let parsed = if let Some(hex) = t.strip_prefix("0x").or_else(|| t.strip_prefix("0X")) {
            u64::from_str_radix(hex.strip_prefix('+').map_or(hex, |_| "+"), 16)
        } else if t.len() > 1 && t.starts_with('0') {
            u64::from_str_radix(t, 8)
        } else {
            t.parse()
        };
        parsed
            .ok()
            .and_then(|n| T::try_from(n).ok())
            .map(AnyBase)
            .ok_or_else(|| "expected a whole number in range, decimal or 0x hexadecimal".to_owned())
    }
}

/// A whole number from 1 to 2^32 - 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Positive(pub u32);

impl Value for Positive {
    fn parse(text: &str) -> Result<Self, String> {
        match u32::parse(text)? {
            0 => Err("expected a whole number of at least 1".to_owned()),
            number => Ok(Self(number)),
        }
    }
}
