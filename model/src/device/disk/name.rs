//! Target names of disks: `sda`, `vdb`, `hdc1`.

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

#[cfg(test)]
mod tests {
    use super::DiskName;

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
}
