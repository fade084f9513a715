//! Texts of a command line.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use compact_str::CompactString;
use virtargv_model::Uuid;
use virtargv_model::device::net::MacAddress;

/// A text of a command line. Short texts, such as the ids of devices, are kept in place; constants are not copied.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Text(CompactString);

impl Text {
    /// A copy of `text`.
    pub fn copied(text: &str) -> Self {
        Self(text.into())
    }

    /// The text as `&str`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::ops::Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl From<&'static str> for Text {
    fn from(text: &'static str) -> Self {
        // `const_new` copies a short text byte by byte where it is not evaluated at compile time.
        let short = text.len() <= size_of::<CompactString>();
        Self(if short { text.into() } else { CompactString::const_new(text) })
    }
}
impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}
impl From<&String> for Text {
    fn from(text: &String) -> Self {
        Self(text.into())
    }
}
impl From<Uuid> for Text {
    fn from(uuid: Uuid) -> Self {
        let mut text = String::with_capacity(36);
        let _ = write!(text, "{uuid}");
        text.into()
    }
}
impl From<MacAddress> for Text {
    fn from(address: MacAddress) -> Self {
        let mut text = CompactString::default();
        let _ = write!(text, "{address}");
        Self(text)
    }
}
impl From<Text> for Cow<'static, str> {
    fn from(text: Text) -> Self {
        Self::Owned(text.into())
    }
}
impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0.into_string()
    }
}

/// The number of bytes in `text` that `counts` holds for. To test all of them is faster than to stop at the first one, where few
/// texts have any.
#[inline]
pub(crate) fn count_bytes(text: &str, counts: impl Fn(u8) -> bool) -> usize {
    // Sums in one byte let the compiler add those of many bytes at once.
    let blocks = text.as_bytes().chunks(usize::from(u8::MAX));
    blocks.map(|block| usize::from(block.iter().map(|byte| u8::from(counts(*byte))).sum::<u8>())).sum()
}

/// What pieces are appended to.
pub(crate) trait Sink {
    /// Appends `text`.
    fn push_str(&mut self, text: &str);
}

impl Sink for Text {
    fn push_str(&mut self, text: &str) {
        self.0.push_str(text);
    }
}

impl Sink for String {
    fn push_str(&mut self, text: &str) {
        String::push_str(self, text);
    }
}

/// A piece of a text that [`text!`] joins: text or a number. Ids and names are made for every device, where the cost of
/// `format!` is measurable.
pub(crate) trait Piece {
    /// Appends the piece to `out`.
    fn add(&self, out: &mut impl Sink);
}

impl<T: Piece + ?Sized> Piece for &T {
    fn add(&self, out: &mut impl Sink) {
        (**self).add(out);
    }
}

impl Piece for str {
    fn add(&self, out: &mut impl Sink) {
        out.push_str(self);
    }
}

impl Piece for String {
    fn add(&self, out: &mut impl Sink) {
        out.push_str(self);
    }
}

impl Piece for Text {
    fn add(&self, out: &mut impl Sink) {
        out.push_str(self);
    }
}

/// A number as `0x...`.
pub(crate) struct Hex(pub u64);

impl Piece for Hex {
    fn add(&self, out: &mut impl Sink) {
        out.push_str("0x");
        hexadecimal(self.0, out);
    }
}

fn hexadecimal(number: u64, out: &mut impl Sink) {
    if number > 0xf {
        hexadecimal(number >> 4, out);
    }
    let last = u32::try_from(number & 0xf).ok().and_then(|last| char::from_digit(last, 16));
    out.push_str(last.unwrap_or('0').encode_utf8(&mut [0; 4]));
}

macro_rules! pieces_decimal {
    ($($number:ty),+) => {$(
        impl Piece for $number {
            fn add(&self, out: &mut impl Sink) {
                out.push_str(itoa::Buffer::new().format(*self));
            }
        }
    )+};
}
pieces_decimal!(u64, u32, usize, i64);

/// Joins pieces into a [`Text`]: `text!("net", n)`.
macro_rules! text {
    ($($piece:expr),+ $(,)?) => {{
        let mut out = $crate::text::Text::default();
        $($crate::text::Piece::add(&$piece, &mut out);)+
        out
    }};
}
pub(crate) use text;

#[cfg(test)]
mod tests {
    #[test]
    fn bytes_are_counted_in_long_texts_too() {
        let quotes = |text: &str| super::count_bytes(text, |byte| byte == b'"');
        assert_eq!(quotes(&"\"".repeat(1000)), 1000);
        assert_eq!(quotes(&"plain ".repeat(1000)), 0);
    }

    #[test]
    fn numbers_are_decimal() {
        let name = String::from("n");
        assert_eq!(text!(super::Hex(0), super::Hex(0xffff_ffff)).as_str(), "0x00xffffffff");
        assert_eq!(text!(name, 0u32, "-", 10u64, ".", u64::MAX).as_str(), format!("n0-10.{}", u64::MAX));
        assert_eq!(text!(i64::MIN, 7i64).as_str(), format!("{}7", i64::MIN));
    }
}
