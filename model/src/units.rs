//! Sizes and the units of the domain format.

/// An amount of memory in KiB (1024 bytes).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kib(pub u64);

impl Kib {
    /// The amount in bytes; 2^64 - 1 where it does not fit.
    pub fn bytes(self) -> u64 {
        self.0.saturating_mul(1024)
    }

    /// The amount in MiB, rounded down.
    pub fn mib(self) -> u64 {
        self.0 / 1024
    }
}

/// The number of bytes in one `unit` of the domain format: `b`, `byte` or `bytes`; `KB` (1000), `k` or `KiB` (1024),
/// and so on up to `EB`, `E` or `EiB`. Letter case does not count. `None` for another word.
pub fn unit_bytes(unit: &str) -> Option<u64> {
    if ["b", "byte", "bytes"].iter().any(|bytes| unit.eq_ignore_ascii_case(bytes)) {
        return Some(1);
    }
    let mut letters = unit.chars();
    let power = u32::try_from("kmgtpe".find(letters.next()?.to_ascii_lowercase())?).ok()? + 1;
    let rest = letters.as_str();
    if rest.is_empty() || rest.eq_ignore_ascii_case("ib") {
        1024u64.checked_pow(power)
    } else if rest.eq_ignore_ascii_case("b") {
        1000u64.checked_pow(power)
    } else {
        None
    }
}

/// `value` in `unit`, as bytes; without a unit, `value` counts `default` bytes each. `None` for an unknown unit or a
/// result above 2^64 - 1.
pub fn scale(value: u64, unit: Option<&str>, default: u64) -> Option<u64> {
    let by = match unit {
        Some(unit) => unit_bytes(unit)?,
        None => default,
    };
    value.checked_mul(by)
}

/// The units that a word such as `megabytes` may stand for, of powers of 1000 and of 1024.
pub(crate) fn written_out(word: &str) -> Option<(&'static str, &'static str)> {
    const WORDS: [(&str, (&str, &str)); 6] = [
        ("kilobyte", ("KB", "KiB")),
        ("megabyte", ("MB", "MiB")),
        ("gigabyte", ("GB", "GiB")),
        ("terabyte", ("TB", "TiB")),
        ("petabyte", ("PB", "PiB")),
        ("exabyte", ("EB", "EiB")),
    ];
    let lower = word.to_lowercase();
    let singular = lower.strip_suffix('s').unwrap_or(&lower);
    WORDS.into_iter().find(|(written, _)| *written == singular).map(|(_, units)| units)
}
