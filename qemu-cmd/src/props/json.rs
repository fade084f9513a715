//! Writing properties as JSON.

use std::fmt::Write as _;

use super::name::PropertyName;
use super::{Props, Value};
use crate::text::{Piece, count_bytes};

/// Writes `text` as a JSON string.
pub(crate) fn json_string(out: &mut String, text: &str) {
    if special_bytes(text) == 0 {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        let _ = write!(out, "{}", serde_json::Value::from(text));
    }
}

/// Writes `value` as JSON.
pub(super) fn value(out: &mut String, value: &Value) {
    whole(out, |json| json.value(value));
}

/// Writes `values` as a JSON array.
pub(super) fn array(out: &mut String, values: &[&Value]) {
    whole(out, |json| json.array(values, |json, value| json.value(value)));
}

/// Writes `props` as a JSON object.
pub(super) fn object(out: &mut String, props: &Props) {
    whole(out, |json| json.object(props));
}

/// Writes a JSON value: without escaping first, and again with it where a text needs it, which few do. To look at all that was
/// written is much faster than to look at each text.
fn whole(out: &mut String, write: impl Fn(&mut Json<'_>)) {
    let start = out.len();
    let mut json = Json { out, escapes: false, quotes: 0 };
    write(&mut json);
    let quotes = json.quotes;
    if out.get(start..).map(special_bytes) != Some(quotes) {
        out.truncate(start);
        write(&mut Json { out, escapes: true, quotes: 0 });
    }
}

/// The number of bytes in `text` that have to be escaped in a JSON string.
fn special_bytes(text: &str) -> usize {
    count_bytes(text, |byte| matches!(byte, 0..b' ' | b'"' | b'\\'))
}

/// JSON that is being written.
struct Json<'o> {
    out: &'o mut String,
    /// Whether texts are escaped.
    escapes: bool,
    /// The quotes that were written around texts.
    quotes: usize,
}

impl Json<'_> {
    fn object(&mut self, props: &Props) {
        let mut before = "{\"";
        for (key, value) in &props.0 {
            self.out.push_str(before);
            before = ",\"";
            match key {
                // Words of this crate need no escaping.
                PropertyName::Word(word) => self.out.push_str(word),
                PropertyName::Made(name) => self.inside(name),
            }
            self.quotes += 2;
            match value {
                Value::Str(text) => {
                    self.out.push_str("\":\"");
                    self.inside(text);
                    self.out.push('"');
                    self.quotes += 2;
                }
                value => {
                    self.out.push_str("\":");
                    self.value(value);
                }
            }
        }
        self.out.push_str(if props.is_empty() { "{}" } else { "}" });
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Bool(b) | Value::Sign(b) => self.out.push_str(if *b { "true" } else { "false" }),
            Value::Int(i) => i.add(self.out),
            Value::Uint(u) | Value::Hex(u) => u.add(self.out),
            Value::Str(text) => {
                self.out.push('"');
                self.inside(text);
                self.out.push('"');
                self.quotes += 2;
            }
            Value::Null => self.out.push_str("null"),
            Value::Bare => self.out.push_str("true"),
            Value::Object(members) => self.object(members),
            Value::Array(items) | Value::Each(items) => self.array(items, Self::value),
            Value::Set(numbers) => self.array(numbers, |json, number| number.add(json.out)),
        }
    }

    fn array<T>(&mut self, items: &[T], each: impl Fn(&mut Self, &T)) {
        self.out.push('[');
        for (n, item) in items.iter().enumerate() {
            if n > 0 {
                self.out.push(',');
            }
            each(self, item);
        }
        self.out.push(']');
    }

    /// Writes what is between the quotes of `text`.
    fn inside(&mut self, text: &str) {
        if self.escapes {
            let quoted = serde_json::Value::from(text).to_string();
            self.out.push_str(quoted.get(1..quoted.len() - 1).unwrap_or_default());
        } else {
            self.out.push_str(text);
        }
    }
}

/// The properties as a JSON object.
impl From<&Props> for serde_json::Value {
    fn from(props: &Props) -> Self {
        Self::Object(props.iter().map(|(key, value)| (key.to_owned(), value.into())).collect())
    }
}

/// The value in JSON.
impl From<&Value> for serde_json::Value {
    fn from(value: &Value) -> Self {
        match value {
            Value::Bool(b) | Value::Sign(b) => (*b).into(),
            Value::Int(i) => (*i).into(),
            Value::Uint(u) | Value::Hex(u) => (*u).into(),
            Value::Str(text) => text.as_str().into(),
            Value::Null => Self::Null,
            Value::Bare => true.into(),
            Value::Object(members) => members.into(),
            Value::Array(items) | Value::Each(items) => items.iter().map(Self::from).collect(),
            Value::Set(numbers) => numbers.iter().copied().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Props, Value};

    /// What is written is what `serde_json` writes for the same value.
    fn check(props: &Props) {
        let members: Vec<String> = props
            .iter()
            .map(|(key, value)| {
                format!("{}:{}", serde_json::Value::from(key), serde_json::Value::from(value))
            })
            .collect();
        assert_eq!(props.to_json(), format!("{{{}}}", members.join(",")));
    }

    #[test]
    fn texts_are_escaped_wherever_they_stand() {
        let hostile =
            ["", "plain", "\"", "\\", "a\"b\\c", "\n\t\r", "\u{0}\u{7f}\u{1f}", "\u{e4}\u{2028}", "'"];
        for text in hostile {
            check(&Props::object().with("key", text.to_owned()));
            check(&Props::object().with(text.to_owned(), 1u32).with("key", true));
            check(&Props::object().with("nested", Props::object().with(text.to_owned(), text.to_owned())));
            check(&Props::object().with("list", vec![text.to_owned(), "other".to_owned()]));
        }
    }

    #[test]
    fn values_of_all_kinds_are_written() {
        check(&Props::object());
        check(&Props::object().with("empty", Props::object()).with("list", Value::Array(Box::default())));
        check(
            &Props::object()
                .with("a", -1i64)
                .with("b", u64::MAX)
                .with("c", Value::Hex(16))
                .with("d", Value::Null)
                .with("e", Value::Set(Box::new([1, 2, 3])))
                .with("f", Value::Bare)
                .with("g", Value::Sign(false)),
        );
    }
}
