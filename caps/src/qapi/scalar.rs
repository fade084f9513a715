//! Scalars, in JSON and as QEMU's option parser reads them.

use serde_json::Value;

use super::check::Form;
use super::schema::Builtin;

impl Builtin {
    /// Whether `value` is of this type.
    pub(crate) fn accepts(self, value: &Value, form: Form) -> bool {
        match (form, value) {
            (Form::Text, Value::String(text)) => self.accepts_text(text),
            _ => self.accepts_json(value),
        }
    }

    fn accepts_json(self, value: &Value) -> bool {
        match self {
            Self::Any => true,
            Self::Str => value.is_string(),
            Self::Int => value.is_i64() || value.is_u64(),
            Self::Number => value.is_number(),
            Self::Bool => value.is_boolean(),
            Self::Null => value.is_null(),
        }
    }

    fn accepts_text(self, text: &str) -> bool {
        match self {
            Self::Any | Self::Str => true,
            Self::Int => is_integer(text) || is_size(text),
            Self::Number => text.parse::<f64>().is_ok(),
            Self::Bool => is_switch(text),
            Self::Null => text.is_empty(),
        }
    }
}

/// Whether `text` is a boolean of an option: QEMU has these words since 6.0, before that `on` and `off`, in some options
/// `yes` and `no`.
pub(crate) fn is_switch(text: &str) -> bool {
    ["on", "off", "yes", "no", "true", "false", "y", "n"].contains(&text)
}

/// Whether `text` is a whole number: decimal, hexadecimal (`0x`) or octal (`0`), with a sign or without.
pub(crate) fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let hexadecimal = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    match hexadecimal {
        Some(digits) => u64::from_str_radix(digits, 16).is_ok() && !digits.starts_with('+'),
        None => digits.starts_with(|c: char| c.is_ascii_digit()) && digits.parse::<u64>().is_ok(),
    }
}

/// Whether `text` is a size: a number, which can have a fraction, and a unit from B to E.
pub(crate) fn is_size(text: &str) -> bool {
    let number = text.strip_suffix(['b', 'B', 'k', 'K', 'm', 'M', 'g', 'G', 't', 'T', 'p', 'P', 'e', 'E']);
    let number = number.unwrap_or(text);
    is_integer(number)
        || number.starts_with(|c: char| c.is_ascii_digit())
            && number.chars().all(|c| c.is_ascii_digit() || c == '.')
            && number.parse::<f64>().is_ok()
}

/// Whether `text` is a whole number or a range of them, as in lists of numbers (`0-3`).
pub(crate) fn is_range(text: &str) -> bool {
    match text.split_once('-') {
        Some((first, last)) if !first.is_empty() => is_integer(first) && is_integer(last),
        _ => is_integer(text),
    }
}
