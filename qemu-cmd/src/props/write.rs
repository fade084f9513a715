//! Writing properties as `k=v` lists and JSON, each escaped for QEMU's parser.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::name::PropertyName;
use super::{Form, Props, Style, Value};
use crate::text::{Hex, Piece};

impl Props {
    /// Writes the properties to `out` in the given form.
    pub fn write(&self, form: Form, out: &mut String) {
        match form {
            Form::Json => json_object(out, self),
            Form::Implied(style) => self.write_list(style, true, out),
            Form::Pairs(style) => self.write_list(style, false, out),
        }
    }

    /// Writes the properties to `out` as a JSON object with unique keys. A key that a `k=v` list repeats has an array
    /// of its values.
    pub(crate) fn write_grouped(&self, out: &mut String) {
        let mut values: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for (key, value) in self.iter() {
            values.entry(key).or_default().push(value);
        }
        out.push('{');
        let mut first = true;
        // In the order of the first occurrence of each key.
        for (key, _) in self.iter() {
            let Some(of_key) = values.remove(key) else { continue };
            if !std::mem::replace(&mut first, false) {
                out.push(',');
            }
            json_string(out, key);
            out.push(':');
            match of_key.as_slice() {
                [value] => json(out, value),
                several => json_array(out, several, |out, value| json(out, value)),
            }
        }
        out.push('}');
    }

    fn write_list(&self, style: Style, implied: bool, out: &mut String) {
        let mut list = List { out, style, first: true };
        for (n, (key, value)) in self.iter().enumerate() {
            match value {
                Value::Str(text) if n == 0 && implied => {
                    list.first = false;
                    escape_comma(list.out, text);
                }
                _ => list.add(&Key { parent: None, name: Name::Text(key) }, value),
            }
        }
    }
}

/// A key of a `k=v` list: its name after that of the object or array that contains it.
struct Key<'k> {
    parent: Option<&'k Key<'k>>,
    name: Name<'k>,
}

enum Name<'k> {
    Text(&'k str),
    Index(usize),
}

impl Key<'_> {
    fn write(&self, out: &mut String) {
        if let Some(parent) = self.parent {
            parent.write(out);
            out.push('.');
        }
        match self.name {
            Name::Text(text) => out.push_str(text),
            Name::Index(index) => index.add(out),
        }
    }
}

/// A `k=v` list that is being written.
struct List<'o> {
    out: &'o mut String,
    style: Style,
    first: bool,
}

impl List<'_> {
    fn add(&mut self, key: &Key<'_>, value: &Value) {
        let below = |name| Key { parent: Some(key), name };
        match value {
            Value::Null => {}
            Value::Object(members) => {
                members.iter().for_each(|(name, value)| self.add(&below(Name::Text(name)), value));
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(n, item)| self.add(&below(Name::Index(n)), item));
            }
            Value::Each(items) => items.iter().for_each(|item| self.add(key, item)),
            Value::Set(numbers) => runs(numbers, |first, last| {
                self.key(key);
                self.out.push('=');
                first.add(self.out);
                if first != last {
                    self.out.push('-');
                    last.add(self.out);
                }
            }),
            Value::Bare => self.key(key),
            Value::Sign(on) => {
                self.comma();
                self.out.push(if *on { '+' } else { '-' });
                key.write(self.out);
            }
            value => {
                self.key(key);
                self.out.push('=');
                self.plain(value);
            }
        }
    }

    fn comma(&mut self) {
        if !std::mem::replace(&mut self.first, false) {
            self.out.push(',');
        }
    }

    fn key(&mut self, key: &Key<'_>) {
        self.comma();
        key.write(self.out);
    }

    /// Writes a scalar value.
    fn plain(&mut self, value: &Value) {
        match value {
            Value::Bool(on) => self.out.push_str(match (self.style, on) {
                (Style::OnOff, true) => "on",
                (Style::OnOff, false) => "off",
                (Style::YesNo, true) => "yes",
                (Style::YesNo, false) => "no",
            }),
            Value::Int(i) => i.add(self.out),
            Value::Uint(u) => u.add(self.out),
            Value::Hex(h) => Hex(*h).add(self.out),
            Value::Str(s) => escape_comma(self.out, s),
            Value::Set(_)
            | Value::Array(_)
            | Value::Each(_)
            | Value::Object(_)
            | Value::Null
            | Value::Bare
            | Value::Sign(_) => {}
        }
    }
}

/// Calls `each` with the first and last of every range of consecutive numbers.
fn runs(numbers: &[u32], mut each: impl FnMut(u32, u32)) {
    let mut rest = numbers.iter().copied().peekable();
    while let Some(first) = rest.next() {
        let mut last = first;
        while let Some(next) = rest.next_if(|n| last.checked_add(1) == Some(*n)) {
            last = next;
        }
        each(first, last);
    }
}

/// Writes `text` with commas doubled: QEMU's option parser ends a value at a single comma.
fn escape_comma(out: &mut String, text: &str) {
    // Testing all bytes is faster than stopping at the first comma, which few values have.
    if text.bytes().filter(|byte| *byte == b',').count() == 0 {
        out.push_str(text);
        return;
    }
    for (n, part) in text.split(',').enumerate() {
        if n > 0 {
            out.push_str(",,");
        }
        out.push_str(part);
    }
}

fn json_object(out: &mut String, props: &Props) {
    out.push('{');
    for (n, (key, value)) in props.0.iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        match key {
            PropertyName::Word(word) => json_word(out, word),
            PropertyName::Made(name) => json_string(out, name),
        }
        out.push(':');
        json(out, value);
    }
    out.push('}');
}

/// Writes a key as a JSON string. Keys are words of this crate, which need no escaping.
fn json_word(out: &mut String, word: &str) {
    out.push('"');
    out.push_str(word);
    out.push('"');
}

/// Writes `text` as a JSON string.
pub(crate) fn json_string(out: &mut String, text: &str) {
    // Nearly all texts need no escaping, the others are left to `serde_json`. Testing all bytes is faster than stopping
    // at the first special one.
    let special = |b: &u8| matches!(b, 0..b' ' | b'"' | b'\\' | 0x7f);
    if text.bytes().filter(special).count() == 0 {
        json_word(out, text);
    } else {
        let _ = write!(out, "{}", serde_json::Value::from(text));
    }
}

fn json(out: &mut String, value: &Value) {
    match value {
        Value::Bool(b) | Value::Sign(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Int(i) => i.add(out),
        Value::Uint(u) | Value::Hex(u) => u.add(out),
        Value::Str(s) => json_string(out, s),
        Value::Null => out.push_str("null"),
        Value::Bare => out.push_str("true"),
        Value::Object(members) => json_object(out, members),
        Value::Array(items) | Value::Each(items) => json_array(out, items, json),
        Value::Set(numbers) => json_array(out, numbers, |out, number| number.add(out)),
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

fn json_array<T>(out: &mut String, items: &[T], each: impl Fn(&mut String, &T)) {
    out.push('[');
    for (n, item) in items.iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        each(out, item);
    }
    out.push(']');
}
