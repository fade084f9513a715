//! Sizes and their units.

/// An amount of memory in KiB (1024 bytes).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kib(pub u64);

impl Kib {
    /// In bytes, saturating.
    pub fn bytes(self) -> u64 {
        self.0.saturating_mul(1024)
    }

    /// In MiB, rounded down.
    pub fn mib(self) -> u64 {
        self.0 / 1024
    }
}

/// The number of bytes in one `unit` of the domain format: `b`/`bytes`, `KB` and `k`/`KiB`, up to `EB` and `E`/`EiB`,
/// in any case. `None` for another word.
pub fn unit_bytes(unit: &str) -> Option<u64> {
    let lower = unit.to_ascii_lowercase();
    if lower == "b" || lower == "byte" || lower == "bytes" {
        return Some(1);
    }
    let mut letters = lower.chars();
    let power = u32::try_from("kmgtpe".find(letters.next()?)?).ok()? + 1;
    match letters.as_str() {
        "" | "ib" => 1024u64.checked_pow(power),
        "b" => 1000u64.checked_pow(power),
        _ => None,
    }
}

/// `value` times the bytes of `unit` (`default` where there is none), or `None` for an unknown unit or a product over
/// 2^64 - 1.
pub fn scale(value: u64, unit: Option<&str>, default: u64) -> Option<u64> {
    let by = match unit {
        Some(unit) => unit_bytes(unit)?,
        None => default,
    };
    value.checked_mul(by)
}
