//! Writing properties as `k=v` lists, escaped for QEMU's option parser, and as JSON.

use std::collections::BTreeMap;

use super::json::{self, json_string};
use super::{Form, Props, Style, Value};
use crate::text::{Hex, Piece, count_bytes};

impl Props {
    /// Writes the properties to `out` in the given form.
    pub fn write(&self, form: Form, out: &mut String) {
        match form {
            Form::Json => json::object(out, self),
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
                [value] => json::value(out, value),
                several => json::array(out, several),
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
    if count_bytes(text, |byte| byte == b',') == 0 {
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
