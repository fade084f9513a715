//! Text put together from pieces. Ids and names are made for every device, where the machinery of `format!` shows.

/// What can be a piece: text or a number.
pub(crate) trait Piece {
    /// Adds it.
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

/// A number as `0x...`.
pub(crate) struct Hex(pub u32);

impl Piece for Hex {
    fn add(&self, out: &mut String) {
        out.push_str("0x");
        digits(self.0.into(), 16, out);
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

/// The pieces one after the other: `text!("net", n)`.
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
        assert_eq!(text!(super::Hex(0), super::Hex(u32::MAX)), "0x00xffffffff");
        assert_eq!(text!(name, 0u32, "-", 10u64, ".", u64::MAX), format!("n0-10.{}", u64::MAX));
    }
}
