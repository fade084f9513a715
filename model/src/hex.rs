//! Bytes as hexadecimal digits.

/// The digit of `value`, which is below 16, in lower case.
pub(crate) fn digit(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'a' + value - 10 }
}

/// The two digits of `byte`, in lower case, written to `buffer`.
pub(crate) fn pair(buffer: &mut [u8; 2], byte: u8) -> &str {
    *buffer = [digit(byte >> 4), digit(byte & 0xf)];
    str::from_utf8(buffer).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_byte_has_two_digits() {
        for byte in 0..=u8::MAX {
            assert_eq!(super::pair(&mut [0; 2], byte), format!("{byte:02x}"));
        }
    }
}
