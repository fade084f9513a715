//! Properties of device and object types.

use serde_json::{Map, Value};

use super::check::{Form, described};
use super::mismatch::{Mismatch, Path, Wrong};
use super::scalar::{is_integer, is_switch};
use super::schema::Builtin;

/// A property of a device or object type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// Its name.
    pub name: Box<str>,
    /// Its type, in QOM's words: `bool`, `uint32`, `str`, `link<iothread>`, the name of an enumeration.
    pub of: Box<str>,
}

impl Property {
    /// The properties in a reply to `device-list-properties` or `qom-list-properties`; `None` if it has another form.
    pub(crate) fn list(reply: &Value) -> Option<Vec<Self>> {
        let text = |entry: &Value, key| Some(entry.get(key)?.as_str()?.into());
        let property = |entry| Some(Self { name: text(entry, "name")?, of: text(entry, "type")? });
        reply.as_array()?.iter().map(property).collect()
    }
}

/// What is wrong with the members of `value` as values of `properties` and of `others`, which are known besides and
/// accept everything.
///
/// Numbers, booleans, strings, links and `OnOffAuto` are checked; QOM does not tell the words of other enumerations.
///
/// ```
/// use serde_json::json;
/// use virtargv_caps::qapi::{Form, Property, check_properties};
///
/// let properties = [Property { name: "mac".into(), of: "str".into() }];
/// let value = json!({ "driver": "e1000", "mac": 1 });
/// let found = check_properties(&properties, &["driver"], value.as_object().expect("an object"), Form::Json);
/// assert_eq!(found[0].to_string(), "`mac` is `1`, which is not a string");
/// ```
pub fn check_properties(
    properties: &[Property],
    others: &[&str],
    value: &Map<String, Value>,
    form: Form,
) -> Vec<Mismatch> {
    let mut found = Vec::new();
    for (name, value) in value {
        if others.contains(&name.as_str()) {
            continue;
        }
        let path = Path::ROOT.member(name);
        let Some(property) = properties.iter().find(|property| *property.name == **name) else {
            let known = properties.iter().map(|property| &*property.name).chain(others.iter().copied());
            found.push(Mismatch::unknown(&Path::ROOT, name, known));
            continue;
        };
        let values = match (form, value) {
            (Form::Text, Value::Array(values)) => values.as_slice(),
            _ => std::slice::from_ref(value),
        };
        // Of a property that is repeated, the last one counts.
        if let Some(value) = values.last()
            && let Some(expected) = property.refuses(value, form)
        {
            let wrong = Wrong::Type { expected: expected.to_owned(), found: described(value) };
            found.push(Mismatch::new(&path, wrong));
        }
    }
    found
}

/// How a property of a type takes values.
enum Kind {
    Builtin(Builtin),
    /// `OnOffAuto`.
    Switch,
    /// The slot and function of a PCI device: a number, or `slot.function` in hexadecimal.
    Slot,
    /// Not known.
    Other,
}

impl Property {
    fn kind(&self) -> Kind {
        match &*self.of {
            // QEMU says `int32` of it, and reads a string too.
            "int32" if &*self.name == "addr" => Kind::Slot,
            "bool" | "boolean" => Kind::Builtin(Builtin::Bool),
            "str" | "string" => Kind::Builtin(Builtin::Str),
            "int" | "int8" | "int16" | "int32" | "int64" | "uint8" | "uint16" | "uint32" | "uint64"
            | "size" | "size32" => Kind::Builtin(Builtin::Int),
            "number" => Kind::Builtin(Builtin::Number),
            "OnOffAuto" => Kind::Switch,
            link if link.starts_with("link<") => Kind::Builtin(Builtin::Str),
            _ => Kind::Other,
        }
    }

    /// What is expected instead of `value`; `None` where it is accepted.
    fn refuses(&self, value: &Value, form: Form) -> Option<&'static str> {
        match self.kind() {
            Kind::Builtin(builtin) => (!builtin.accepts(value, form)).then(|| builtin.described()),
            Kind::Switch => match (value.as_str(), form) {
                (Some("on" | "off" | "auto"), _) => None,
                (Some(text), Form::Text) if is_switch(text) => None,
                _ => Some("`on`, `off` or `auto`"),
            },
            Kind::Slot => {
                let is_slot = value.as_str().is_some_and(is_slot) || value.is_i64() && form == Form::Json;
                (!is_slot).then_some("a slot, or slot and function (`1e.0`)")
            }
            Kind::Other => None,
        }
    }
}

/// Whether `text` is a slot of a PCI bus with or without function, in hexadecimal.
fn is_slot(text: &str) -> bool {
    let hexadecimal = |text: &str| {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        (1..=2).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_hexdigit())
    };
    match text.split_once('.') {
        Some((slot, function)) => hexadecimal(slot) && hexadecimal(function),
        // -1 leaves the choice to QEMU.
        None => hexadecimal(text) || is_integer(text),
    }
}
