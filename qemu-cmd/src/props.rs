//! Typed properties of a device, object or backend, and the two ways QEMU reads them.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::text::{Piece, Text};

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
    Str(Text),
    /// A set of numbers: an array in JSON; in `k=v` the key is repeated for every run (`0-3`).
    Set(Vec<u32>),
    /// An array: `k.0=`, `k.1=` in `k=v`.
    Array(Vec<Value>),
    /// An array for which the key is repeated in `k=v`.
    Each(Vec<Value>),
    /// An object: `k.member=` in `k=v`.
    Object(Props),
    /// JSON `null`; nothing in `k=v`.
    Null,
    /// A switch that is on, which older `k=v` forms write as the key alone; `true` in JSON.
    Bare,
    /// A switch of a CPU in its older form: `+key`, `-key`; `true` or `false` in JSON.
    Sign(bool),
}

macro_rules! value_from {
    ($($from:ty: $make:expr;)+) => {$(
        impl From<$from> for Value {
            fn from(v: $from) -> Self {
                $make(v)
            }
        }
    )+};
}

value_from! {
    bool: Self::Bool;
    i64: Self::Int;
    i32: |v: i32| Self::Int(v.into());
    u64: Self::Uint;
    u32: |v: u32| Self::Uint(v.into());
    Text: Self::Str;
    &'static str: |v: &'static str| Self::Str(v.into());
    String: |v: String| Self::Str(v.into());
    &String: |v: &String| Self::Str(v.into());
    crate::ident::Alias: |v: crate::ident::Alias| Self::Str(v.into());
    &crate::ident::Alias: |v: &crate::ident::Alias| Self::Str(v.into());
    crate::ident::NodeName: |v: crate::ident::NodeName| Self::Str(v.into());
    &crate::ident::NodeName: |v: &crate::ident::NodeName| Self::Str(v.into());
    Props: Self::Object;
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

/// How an option reads its properties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One JSON object.
    Json,
    /// `value,key=value,...`: the first property's key is implied by the option.
    Implied(Style),
    /// `key=value,...`
    Pairs(Style),
}

/// Properties in order.
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

    /// The text that `key` has.
    pub fn text(&self, key: &str) -> Option<&Text> {
        if let Some(Value::Str(text)) = self.get(key) { Some(text) } else { None }
    }

    /// As one JSON object without spaces.
    pub fn to_json(&self) -> String {
        self.to_text(Form::Json)
    }

    /// As `value,key=value,...`, commas in values doubled.
    pub fn to_kv(&self, style: Style) -> String {
        self.to_text(Form::Implied(style))
    }

    /// As `key=value,...` without an implied key.
    pub fn to_pairs(&self, style: Style) -> String {
        self.to_text(Form::Pairs(style))
    }

    fn to_text(&self, form: Form) -> String {
        let mut out = String::new();
        self.write(form, &mut out);
        out
    }

    /// Adds them to `out` in the given form.
    pub fn write(&self, form: Form, out: &mut String) {
        match form {
            Form::Json => json_object(out, self),
            Form::Implied(style) => self.write_list(style, true, out),
            Form::Pairs(style) => self.write_list(style, false, out),
        }
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

/// A key of a `k=v` list: its own name below that of the object or array it is in.
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

/// A `k=v` list while it is written.
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

    /// A value that is neither empty nor made of others.
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
            Value::Hex(h) => crate::text::Hex(*h).add(self.out),
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

/// Tells `each` the first and last of every run of consecutive numbers.
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

/// QEMU's option parser ends a value at a comma; a doubled one stands for itself.
fn escape_comma(out: &mut String, text: &str) {
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
            Cow::Borrowed(key) => json_word(out, key),
            Cow::Owned(key) => json_string(out, key),
        }
        out.push(':');
        json(out, value);
    }
    out.push('}');
}

/// A word of the program, which needs no escaping.
fn json_word(out: &mut String, word: &str) {
    out.push('"');
    out.push_str(word);
    out.push('"');
}

/// Adds `text` as a string of JSON.
pub(crate) fn json_string(out: &mut String, text: &str) {
    // Nearly all names and values need no escaping; what does is left to the library.
    // All bytes are looked at, which is faster than to stop early.
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
