//! Texts of a command line: constants, identifiers that several arguments share, and owned texts.

use std::fmt;
use std::sync::Arc;

/// A text of a command line. Constants and shared identifiers are cloned without copying.
#[derive(Clone)]
pub enum Text {
    /// A constant.
    Static(&'static str),
    /// An identifier that several arguments contain.
    Shared(Arc<str>),
    /// A text that was formatted or is from the document.
    Owned(String),
}

impl Text {
    /// The text as `&str`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Static(text) => text,
            Self::Shared(text) => text,
            Self::Owned(text) => text,
        }
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

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}
impl Eq for Text {}

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
        Self::Static(text)
    }
}
impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::Owned(text)
    }
}
impl From<&String> for Text {
    fn from(text: &String) -> Self {
        Self::Owned(text.clone())
    }
}
impl From<Arc<str>> for Text {
    fn from(text: Arc<str>) -> Self {
        Self::Shared(text)
    }
}

/// A piece of a text that [`text!`] joins: text or a number. Ids and names are made for every device, where the cost of
/// `format!` is measurable.
pub(crate) trait Piece {
    /// Appends the piece to `out`.
    fn add(&self, out: &mut String);
}

impl<T: Piece + ?Sized> Piece for &T {
    fn add(&self, out: &mut String) {
        (**self).add(out);
    }
}

impl Piece for str {
    fn add(&self, out: &mut String) {
        out.push_str(self);
    }
}

impl Piece for String {
    fn add(&self, out: &mut String) {
        out.push_str(self);
    }
}

impl Piece for Text {
    fn add(&self, out: &mut String) {
        out.push_str(self);
    }
}

/// A number as `0x...`.
pub(crate) struct Hex(pub u64);

impl Piece for Hex {
    fn add(&self, out: &mut String) {
        out.push_str("0x");
        digits(self.0, 16, out);
    }
}

fn digits(number: u64, base: u32, out: &mut String) {
    let (rest, last) = (number / u64::from(base), number % u64::from(base));
    if rest > 0 {
        digits(rest, base, out);
    }
    out.extend(u32::try_from(last).ok().and_then(|last| char::from_digit(last, base)));
}

impl Piece for u64 {
    fn add(&self, out: &mut String) {
        digits(*self, 10, out);
    }
}

impl Piece for u32 {
    fn add(&self, out: &mut String) {
        u64::from(*self).add(out);
    }
}

impl Piece for usize {
    fn add(&self, out: &mut String) {
        (*self as u64).add(out);
    }
}

impl Piece for i64 {
    fn add(&self, out: &mut String) {
        if *self < 0 {
            out.push('-');
        }
        self.unsigned_abs().add(out);
    }
}

/// Joins pieces into a `String`: `text!("net", n)`.
macro_rules! text {
    ($($piece:expr),+ $(,)?) => {{
        // Most ids fit.
        let mut out = String::with_capacity(32);
        $($crate::text::Piece::add(&$piece, &mut out);)+
        out
    }};
}
pub(crate) use text;

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_are_decimal() {
        let name = String::from("n");
        assert_eq!(text!(super::Hex(0), super::Hex(0xffff_ffff)), "0x00xffffffff");
        assert_eq!(text!(name, 0u32, "-", 10u64, ".", u64::MAX), format!("n0-10.{}", u64::MAX));
        assert_eq!(text!(i64::MIN, 7i64), format!("{}7", i64::MIN));
    }
}
