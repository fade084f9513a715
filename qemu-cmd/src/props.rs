//! Typed properties of a device, object or backend, and the two ways QEMU reads them.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::text::Piece;

/// A property's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A switch: `true` in JSON, `on` or `yes` in `k=v`.
    Bool(bool),
    /// A number.
    Int(i64),
    /// A number.
    Uint(u64),
    /// A number that is written `0x...` in `k=v`.
    Hex(u64),
    /// A text.
    Str(String),
    /// A set of numbers: an array in JSON; in `k=v` the key is repeated for every run (`0-3`).
    Set(Vec<u32>),
    /// An array: `k.0=`, `k.1=` in `k=v`.
    Array(Vec<Value>),
    /// An object: `k.member=` in `k=v`.
    Object(Props),
    /// JSON `null`; nothing in `k=v`.
    Null,
    /// A switch that is on, which older `k=v` forms write as the key alone; `true` in JSON.
    Bare,
}

impl From<bool> for Value {
    fn from(v: bool) -> Self {
        Self::Bool(v)
    }
}
impl From<i64> for Value {
    fn from(v: i64) -> Self {
        Self::Int(v)
    }
}
impl From<i32> for Value {
    fn from(v: i32) -> Self {
        Self::Int(v.into())
    }
}
impl From<u64> for Value {
    fn from(v: u64) -> Self {
        Self::Uint(v)
    }
}
impl From<u32> for Value {
    fn from(v: u32) -> Self {
        Self::Uint(v.into())
    }
}
impl From<&str> for Value {
    fn from(v: &str) -> Self {
        Self::Str(v.to_owned())
    }
}
impl From<String> for Value {
    fn from(v: String) -> Self {
        Self::Str(v)
    }
}
impl From<&String> for Value {
    fn from(v: &String) -> Self {
        Self::Str(v.clone())
    }
}
impl From<Props> for Value {
    fn from(v: Props) -> Self {
        Self::Object(v)
    }
}
impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(v: Vec<T>) -> Self {
        Self::Array(v.into_iter().map(Into::into).collect())
    }
}

/// How switches are written in `k=v`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `on`, `off`.
    OnOff,
    /// `yes`, `no`.
    YesNo,
}

/// Properties in order. In `k=v` the first one is the option's implied key, of which only the value is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Props(Vec<(Cow<'static, str>, Value)>);

impl Props {
    /// Starts with the implied key: `driver`, `qom-type`, `type`, `backend`.
    pub fn new(key: &'static str, value: impl Into<Value>) -> Self {
        let mut props = Self::object();
        props.set(key, value);
        props
    }

    /// An object without an implied key, for nested values.
    pub fn object() -> Self {
        Self::default()
    }

    /// Adds a property.
    pub fn set(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> &mut Self {
        if self.0.capacity() == 0 {
            // Most devices have about as many, and growing in small steps costs more than the space.
            self.0.reserve(8);
        }
        self.0.push((key.into(), value.into()));
        self
    }

    /// Adds a property where there is a value.
    pub fn set_opt(
        &mut self,
        key: impl Into<Cow<'static, str>>,
        value: Option<impl Into<Value>>,
    ) -> &mut Self {
        if let Some(value) = value {
            self.set(key, value);
        }
        self
    }

    /// Adds a property, chaining.
    #[must_use]
    pub fn with(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        self.set(key, value);
        self
    }

    /// Adds a property where there is a value, chaining.
    #[must_use]
    pub fn opt(mut self, key: impl Into<Cow<'static, str>>, value: Option<impl Into<Value>>) -> Self {
        self.set_opt(key, value);
        self
    }

    /// Gives a property another value, or adds it.
    pub fn replace(&mut self, key: String, value: Value) {
        match self.0.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key.into(), value)),
        }
    }

    /// Takes a property out.
    pub fn remove(&mut self, key: &str) {
        self.0.retain(|(known, _)| *known != key);
    }

    /// Adds all of `more`.
    pub fn extend(&mut self, more: Props) -> &mut Self {
        self.0.extend(more.0);
        self
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The properties in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(k, v)| (k.as_ref(), v))
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.iter().find(|(k, _)| *k == key).map(|(_, v)| v)
    }

    /// As one JSON object without spaces.
    pub fn to_json(&self) -> String {
        let mut out = String::with_capacity(self.room());
        json_object(&mut out, self);
        out
    }

    /// As `value,key=value,...`, commas in values doubled.
    pub fn to_kv(&self, style: Style) -> String {
        let mut out = String::with_capacity(self.room());
        for (n, (key, value)) in self.iter().enumerate() {
            if n == 0
                && let Value::Str(text) = value
            {
                escape_comma(&mut out, text);
            } else {
                kv(&mut out, key, value, style);
            }
        }
        out
    }

    /// As `key=value,...` without an implied key.
    pub fn to_pairs(&self, style: Style) -> String {
        let mut out = String::with_capacity(self.room());
        for (key, value) in self.iter() {
            kv(&mut out, key, value, style);
        }
        out
    }

    /// About how many bytes they take when they are printed.
    fn room(&self) -> usize {
        self.0.iter().map(|(key, value)| key.len() + 6 + value.room()).sum::<usize>() + 2
    }
}

impl Value {
    /// About how many bytes it takes when it is printed, what has to be escaped aside.
    fn room(&self) -> usize {
        match self {
            Self::Str(text) => text.len(),
            Self::Object(members) => members.room(),
            Self::Array(items) => items.iter().map(|item| item.room() + 3).sum(),
            Self::Set(numbers) => numbers.len() * 4,
            _ => 5,
        }
    }
}

/// A value that is neither empty nor made of others, as it stands in `k=v`.
fn plain(out: &mut String, value: &Value, style: Style) {
    match value {
        Value::Bool(on) => out.push_str(match (style, on) {
            (Style::OnOff, true) => "on",
            (Style::OnOff, false) => "off",
            (Style::YesNo, true) => "yes",
            (Style::YesNo, false) => "no",
        }),
        Value::Int(i) => {
            let _ = write!(out, "{i}");
        }
        Value::Uint(u) => u.add(out),
        Value::Hex(h) => {
            let _ = write!(out, "{h:#x}");
        }
        Value::Str(s) => escape_comma(out, s),
        Value::Set(_) | Value::Array(_) | Value::Object(_) | Value::Null | Value::Bare => {}
    }
}

fn kv(out: &mut String, key: &str, value: &Value, style: Style) {
    match value {
        Value::Null => {}
        Value::Object(members) => {
            for (name, value) in members.iter() {
                kv(out, &format!("{key}.{name}"), value, style);
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                kv(out, &format!("{key}.{n}"), item, style);
            }
        }
        Value::Set(numbers) => {
            for (first, last) in runs(numbers) {
                let run = if first == last { first.to_string() } else { format!("{first}-{last}") };
                kv(out, key, &Value::Str(run), style);
            }
        }
        _ => {
            if !out.is_empty() {
                out.push(',');
            }
            out.push_str(key);
            if *value != Value::Bare {
                out.push('=');
                plain(out, value, style);
            }
        }
    }
}

/// Consecutive numbers as first and last.
fn runs(numbers: &[u32]) -> Vec<(u32, u32)> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for &n in numbers {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(n) => *last = n,
            _ => runs.push((n, n)),
        }
    }
    runs
}

/// QEMU's option parser ends a value at a comma; a doubled one stands for itself.
pub(crate) fn escape_comma(out: &mut String, text: &str) {
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
            // Names of ours need no escaping.
            Cow::Borrowed(key) => {
                out.push('"');
                out.push_str(key);
                out.push('"');
            }
            Cow::Owned(key) => json_string(out, key),
        }
        out.push(':');
        json(out, value);
    }
    out.push('}');
}

fn json_string(out: &mut String, text: &str) {
    // Nearly all names and values need no escaping; what does is left to the library.
    // All bytes are looked at, which is faster than to stop early.
    let special = |b: &u8| matches!(b, 0..b' ' | b'"' | b'\\' | 0x7f);
    if text.bytes().filter(special).count() == 0 {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::Value::from(text).to_string());
    }
}

fn json(out: &mut String, value: &Value) {
    match value {
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Int(i) => {
            let _ = write!(out, "{i}");
        }
        Value::Uint(u) | Value::Hex(u) => u.add(out),
        Value::Str(s) => json_string(out, s),
        Value::Null => out.push_str("null"),
        Value::Bare => out.push_str("true"),
        Value::Object(members) => json_object(out, members),
        Value::Array(items) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                json(out, item);
            }
            out.push(']');
        }
        Value::Set(numbers) => {
            let list: Vec<String> = numbers.iter().map(u32::to_string).collect();
            let _ = write!(out, "[{}]", list.join(","));
        }
    }
}
