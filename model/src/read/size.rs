//! Reading sizes: a number and its unit.

use super::{
    ATTRIBUTE_MISSING, ELEMENT_VALUE, El, Reader, SIZE_RANGE, UNIT, UNITS, Value, missing_attribute,
    write_what,
};
use crate::{Kib, Message, units};

impl Reader {
    /// The size in the text of `el`, in bytes; an empty text is read as absent. Without `unit=` the text counts
    /// `default_unit` bytes each.
    pub fn bytes(&mut self, el: El<'_>, default_unit: u64) -> Option<u64> {
        let text = el.text_ref();
        if text.is_empty() { None } else { self.scaled(el, &text, el.get("unit"), default_unit) }
    }

    /// The size in the text of `el`, rounded up to KiB. Without `unit=` the text counts KiB.
    pub fn kib(&mut self, el: El<'_>) -> Option<Kib> {
        self.bytes(el, 1024).map(|bytes| Kib(bytes.div_ceil(1024)))
    }

    /// The size `text` in `unit`, in bytes. Without a unit, or with an empty one, `text` counts `default_unit` bytes each.
    /// Problems are reported at `el`.
    pub fn scaled(&mut self, el: El<'_>, text: &str, unit: Option<&str>, default_unit: u64) -> Option<u64> {
        let what = || format!("in `<{}>`", el.name());
        self.scaled_as(el, what, text, unit, default_unit)
    }

    /// The size in the mandatory attribute `name` of `el`, rounded up to KiB; an empty text is read as absent. Without
    /// `unit=` it counts KiB.
    pub fn required_kib(&mut self, el: El<'_>, name: &'static str) -> Option<Kib> {
        let Some(text) = el.get(name).filter(|text| !text.is_empty()) else {
            self.refuse(&ATTRIBUTE_MISSING, el.pos().attr(name), missing_attribute(el, name));
            return None;
        };
        let what = || format!("for `{name}` of `<{}>`", el.name());
        let bytes = self.scaled_as(el, what, text, el.get("unit"), 1024);
        bytes.map(|bytes| Kib(bytes.div_ceil(1024)))
    }

    /// As [`Reader::scaled`]; `what` tells where the size is as messages show it.
    fn scaled_as(
        &mut self,
        el: El<'_>,
        what: impl FnOnce() -> String,
        text: &str,
        unit: Option<&str>,
        default_unit: u64,
    ) -> Option<u64> {
        let unit = unit.filter(|unit| !unit.is_empty());
        let number: u64 = match Value::parse(text) {
            Ok(number) => number,
            Err(expected) => {
                let message = Message::new(format!("bad value `{text}` {}", what()));
                let message = message.with_help(size_help(text, &expected));
                self.refuse(&ELEMENT_VALUE, el.pos(), message);
                return None;
            }
        };
        if let Some(word) = unit
            && units::unit_bytes(word).is_none()
        {
            let message = Message::new(format!("unknown unit `{word}` in `<{}>`", el.name()));
            let message = match units::written_out(word) {
                Some((decimal, binary)) => message.with_help(format!(
                    "did you mean `{decimal}` (powers of 1000) or `{binary}` (powers of 1024)? Else {}",
                    UNIT.help
                )),
                None => message.with_nearest(el.pos().attr("unit"), word, UNITS, UNIT.help),
            };
            self.refuse(&UNIT, el.pos().path("@unit"), message);
            return None;
        }
        let bytes = units::scale(number, unit, default_unit);
        if bytes.is_none() {
            let unit = unit.map(|unit| format!(" {unit}")).unwrap_or_default();
            let message = format!("`<{}>` is `{text}`{unit}, which is over 2^64 bytes", el.name());
            self.refuse(&SIZE_RANGE, el.pos(), message);
        }
        bytes
    }
}

/// What to write for a size that is not a number. One with a unit behind it has the unit in another place.
#[cold]
fn size_help(text: &str, expected: &str) -> String {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(digits);
    let rest = rest.trim();
    let unit = UNITS.into_iter().find(|unit| {
        let plain = unit.strip_suffix("iB").unwrap_or(unit);
        rest.eq_ignore_ascii_case(unit) || rest.eq_ignore_ascii_case(plain)
    });
    match unit {
        Some(unit) if !number.is_empty() => {
            format!("write the number alone, `{number}`, and its unit as `unit='{unit}'`")
        }
        _ => write_what(expected),
    }
}
