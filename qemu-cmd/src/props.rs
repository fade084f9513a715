//! Typed properties of a device, object or backend, and the two forms in which QEMU reads them.

mod json;
mod name;
mod write;

pub(crate) use json::json_string;
use name::PropertyName;

use std::borrow::Cow;

use thin_vec::ThinVec;
use virtargv_model::Uuid;

use crate::text::Text;

/// A property's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A boolean: `true` in JSON, `on` or `yes` in `k=v`.
    Bool(bool),
    /// A signed number.
    Int(i64),
    /// An unsigned number.
    Uint(u64),
    /// An unsigned number, hexadecimal (`0x...`) in `k=v`.
    Hex(u64),
    /// A text.
    Str(Text),
    /// A set of numbers: an array in JSON; in `k=v` the key is repeated for every range (`0-3`).
    Set(Box<[u32]>),
    /// An array; `k.0=`, `k.1=` and so on in `k=v`.
    Array(Box<[Value]>),
    /// An array; in `k=v` the key is repeated for every item.
    Each(Box<[Value]>),
    /// An object; `k.member=` in `k=v`.
    Object(Props),
    /// `null` in JSON; left out in `k=v`.
    Null,
    /// A boolean that is on, written as the key alone in `k=v` (the short form of earlier QEMUs); `true` in JSON.
    Bare,
    /// A CPU feature, written `+key` or `-key` in `k=v`; a boolean in JSON.
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
    Uuid: |v: Uuid| Self::Str(v.into());
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

/// The words for booleans in `k=v`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `on`, `off`.
    OnOff,
    /// `yes`, `no`.
    YesNo,
}

/// The form in which properties are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One JSON object.
    Json,
    /// `value,key=value,...`: the first property's key is implied by the option.
    Implied(Style),
    /// `key=value,...`
    Pairs(Style),
}

/// Properties, in the order in which they are written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Props(ThinVec<(PropertyName, Value)>);

impl Props {
    /// Properties with a first one, whose key is the one that the option implies: `driver`, `qom-type`, `type`,
    /// `backend`.
    pub fn new(key: &'static str, value: impl Into<Value>) -> Self {
        // The usual number for a device. Growing in small steps costs more time.
        let mut props = Self(ThinVec::with_capacity(6));
        props.set(key, value);
        props
    }

    /// No properties yet, for nested objects and options without an implied key.
    pub fn object() -> Self {
        Self::default()
    }

    /// Adds a property after the others.
    pub fn set(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> &mut Self {
        self.push(PropertyName::from(key.into()), value.into());
        self
    }

    /// Adds a property after the others. It is called hundreds of times for a command line, from everywhere: one copy of it
    /// stays in the processor's cache.
    #[inline(never)]
    fn push(&mut self, key: PropertyName, value: Value) {
        if self.0.capacity() == 0 {
            self.0.reserve(2);
        }
        self.0.push((key, value));
    }

    /// Adds a property if there is a value.
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

    /// Like [`set`](Self::set), by value.
    #[must_use]
    pub fn with(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        self.set(key, value);
        self
    }

    /// Like [`set_opt`](Self::set_opt), by value.
    #[must_use]
    pub fn opt(mut self, key: impl Into<Cow<'static, str>>, value: Option<impl Into<Value>>) -> Self {
        self.set_opt(key, value);
        self
    }

    /// Keeps the properties whose key `keep` answers for.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.0.retain(|(known, _)| keep(known.as_str()));
    }

    /// Adds all properties of `more`.
    pub fn extend(&mut self, more: Props) -> &mut Self {
        self.0.extend(more.0);
        self
    }

    /// Gives back the memory for more properties.
    pub(crate) fn shrink(&mut self) {
        self.0.shrink_to_fit();
        for (_, value) in &mut self.0 {
            if let Value::Object(members) = value {
                members.shrink();
            }
        }
    }

    /// Whether there is no property.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The properties in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v))
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.iter().find(|(k, _)| *k == key).map(|(_, v)| v)
    }

    /// The value of `key`, if it is a text.
    pub fn text(&self, key: &str) -> Option<&Text> {
        if let Some(Value::Str(text)) = self.get(key) { Some(text) } else { None }
    }

    /// The properties as a JSON object without spaces.
    pub fn to_json(&self) -> String {
        self.to_text(Form::Json)
    }

    /// The properties as `value,key=value,...`, with commas in values doubled.
    pub fn to_kv(&self, style: Style) -> String {
        self.to_text(Form::Implied(style))
    }

    /// The properties as `key=value,...`, with commas in values doubled.
    pub fn to_pairs(&self, style: Style) -> String {
        self.to_text(Form::Pairs(style))
    }

    fn to_text(&self, form: Form) -> String {
        let mut out = String::new();
        self.write(form, &mut out);
        out
    }
}
