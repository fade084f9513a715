//! Target names of disks: `sda`, `vdb`, `hdc1`, `nvme0n1`.

use std::num::NonZeroU32;

/// The parts of a target name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskName {
    /// The number of the disk, which the letters spell: `a` is 0, `z` 25, `aa` 26.
    pub index: u32,
    /// The number of the partition, where there are digits.
    pub partition: Option<u32>,
}

impl DiskName {
    /// Parses a name with one of the prefixes `fd`, `hd`, `vd`, `sd`, `xvd`, `ubd`. `None` for another name.
    pub fn parse(name: &str) -> Option<Self> {
        let rest = ["fd", "hd", "vd", "sd", "xvd", "ubd"].iter().find_map(|p| name.strip_prefix(p))?;
        let letters = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_lowercase()).len();
        let (letters, digits) = rest.split_at_checked(letters)?;
        let mut index: Option<i32> = None;
        for letter in letters.bytes() {
            let digit = i32::from(letter - b'a');
            index = Some(match index {
                None => digit,
                Some(above) => above.checked_add(1)?.checked_mul(26)?.checked_add(digit)?,
            });
        }
        let padded = digits.len() > 1 && digits.starts_with('0');
        if padded || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let partition = if digits.is_empty() { None } else { Some(digits.parse().ok()?) };
        Some(Self { index: u32::try_from(index?).ok()?, partition })
    }

    /// The number of the disk that `name` spells.
    pub fn index(name: &str) -> Option<u32> {
        Self::parse(name).map(|n| n.index)
    }
}

/// The parts of the target name of an NVMe disk: `nvme0n1` is namespace 1 of controller 0, `nvme0n1p2` a partition of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NvmeName {
    /// The number of the controller, from 0.
    pub controller: u32,
    /// The number of the namespace, from 1.
    pub namespace: NonZeroU32,
    /// The number of the partition, where there is one.
    pub partition: Option<u32>,
}

impl NvmeName {
    /// Parses a name with the prefix `nvme`. `None` for another name, and for a partition without a number.
    pub fn parse(name: &str) -> Option<Self> {
        let (controller, rest) = number(name.strip_prefix("nvme")?)?;
        let (namespace, rest) = number(rest.strip_prefix('n')?)?;
        let partition = match rest {
            "" => None,
            rest => match number(rest.strip_prefix('p')?)? {
                (partition, "") => Some(partition),
                _ => return None,
            },
        };
        Some(Self { controller, namespace: NonZeroU32::new(namespace)?, partition })
    }
}

/// The number at the start of `text`, and what follows it.
fn number(text: &str) -> Option<(u32, &str)> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (digits, rest) = text.split_at_checked(digits)?;
    Some((digits.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::{DiskName, NvmeName};

    fn check(name: &str, index: Option<u32>) {
        assert_eq!(DiskName::index(name), index, "{name}");
    }

    #[test]
    fn letters_count_in_base_26() {
        check("vda", Some(0));
        check("xvdz", Some(25));
        check("sdaa", Some(26));
        check("hdba1", Some(52));
        check("sda01", None);
        check("sd", None);
        check("nvme0n1", None);
        check("hdxxxxxxxxxx", None);
    }

    #[test]
    fn nvme_names_have_a_controller_and_a_namespace() {
        let check = |name, expected: Option<(u32, u32, Option<u32>)>| {
            let parts = NvmeName::parse(name).map(|n| (n.controller, n.namespace.get(), n.partition));
            assert_eq!(parts, expected, "{name}");
        };
        check("nvme0n1", Some((0, 1, None)));
        check("nvme12n3p4", Some((12, 3, Some(4))));
        check("nvme00n01", Some((0, 1, None)));
        check("nvme0n0", None);
        check("nvme0", None);
        check("nvme0n1p", None);
        check("nvme0n1x", None);
        check("nvme99999999999n1", None);
        check("sda", None);
    }
}
