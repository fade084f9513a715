//! Checks one option against what QEMU says of it.

use serde_json::{Map, Value};
use virtargv_caps::qapi::{
    Described, Form, Malformed, Mismatch, Pair, Replies, Wrong, check_properties, nested, pairs,
};

use super::Why;
use super::option::{By, Spec, find};
use super::words::Word;

/// What is wrong with an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// It cannot be read.
    Form(String),
    /// A member of its value.
    Member(Mismatch),
}

impl Fault {
    /// Whether the member `key` is not known.
    fn is_unknown(&self, key: &str) -> bool {
        matches!(self, Self::Member(Mismatch { path, wrong: Wrong::Unknown { .. } }) if path == key)
    }
}

/// The result for one option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Checked {
    /// It was checked.
    Found(Vec<Fault>),
    /// It was not.
    Not(Why),
}

impl Checked {
    fn members(found: Vec<Mismatch>) -> Self {
        Self::Found(found.into_iter().map(Fault::Member).collect())
    }
}

impl From<Malformed> for Checked {
    fn from(why: Malformed) -> Self {
        Self::Found(vec![Fault::Form(why.to_string())])
    }
}

/// Checks `word` against `replies`.
pub(super) fn check(word: &Word<'_>, replies: &Replies) -> Checked {
    let Some(spec) = find(word.option) else { return Checked::Not(Why::NotDescribed) };
    let Some(text) = word.value.as_deref() else {
        return Checked::Found(vec![Fault::Form("the option has no value".to_owned())]);
    };
    match json(text) {
        Some(Ok(value)) => in_json(spec, &value, replies),
        Some(Err(why)) => Checked::Found(vec![Fault::Form(why)]),
        None => in_text(spec, text, replies),
    }
}

/// The value in `text`; `None` where it is no JSON but a list of keys.
fn json(text: &str) -> Option<Result<Map<String, Value>, String>> {
    text.starts_with('{')
        .then(|| serde_json::from_str(text).map_err(|why| format!("the value is not JSON: {why}")))
}

/// The type of the device or object of `word`, under `key` or first.
pub(super) fn type_of(word: &Word<'_>, key: &str) -> Option<String> {
    let text = word.value.as_deref()?;
    match json(text) {
        Some(value) => value.ok()?.get(key)?.as_str().map(str::to_owned),
        None => pairs(text, Some(key)).ok()?.into_iter().rfind(|pair| pair.key == key)?.value,
    }
}

fn in_json(spec: &Spec, value: &Map<String, Value>, replies: &Replies) -> Checked {
    let value_of = |name: &str| replies.schema().check(name, &Value::Object(value.clone()), Form::Json);
    match spec.by {
        By::Device => device(value, Form::Json, replies),
        By::Object => object(value, Form::Json, replies),
        By::CharacterDevice => match replies.schema().arguments("chardev-add") {
            Some(of) => Checked::members(value_of(of)),
            None => Checked::Not(Why::NotByThisQemu),
        },
        By::Group(_) => Checked::Found(vec![Fault::Form("the option takes no JSON".to_owned())]),
        By::Arguments(_) | By::Reply(_) | By::Element(_) => match type_in_schema(spec, replies) {
            Some(of) => Checked::members(value_of(of)),
            None => Checked::Not(Why::NotByThisQemu),
        },
    }
}

fn in_text(spec: &Spec, text: &str, replies: &Replies) -> Checked {
    let items = match pairs(text, spec.implied) {
        Ok(items) => items,
        Err(why) => return why.into(),
    };
    if items.first().and_then(|pair| pair.value.as_deref()).is_some_and(|first| spec.except.contains(&first))
    {
        return Checked::Not(Why::NotDescribed);
    }
    match spec.by {
        By::Device => {
            let value = switches(&items, |key| is_property(replies, &items, key));
            device(&value, Form::Text, replies)
        }
        By::Object => members(spec, &items, |value| object(&value, Form::Text, replies)),
        By::Group(group) => parameters(group, &items, replies),
        By::CharacterDevice => character_device(&items, replies),
        By::Arguments(_) | By::Reply(_) | By::Element(_) => {
            let Some(of) = type_in_schema(spec, replies) else { return Checked::Not(Why::NotByThisQemu) };
            members(spec, &items, |value| {
                Checked::members(replies.schema().check(of, &Value::Object(value), Form::Text))
            })
        }
    }
}

/// Checks the members that `items` are. A key that stands alone is on where the option has such, and `noKEY` is `KEY=off`
/// where it is no member itself.
fn members(spec: &Spec, items: &[Pair<'_>], check: impl Fn(Map<String, Value>) -> Checked) -> Checked {
    let mut items = items.to_vec();
    let mut negated = Vec::new();
    if spec.has_switches {
        for item in items.iter_mut().filter(|item| item.value.is_none()) {
            item.value = Some("on".to_owned());
            negated.extend(item.key.starts_with("no").then_some(item.key));
        }
    }
    let whole = |items: &[Pair<'_>]| match nested(items) {
        Ok(value) => check(value),
        Err(why) => why.into(),
    };
    let checked = whole(&items);
    let Checked::Found(found) = &checked else { return checked };
    negated.retain(|key| found.iter().any(|fault| fault.is_unknown(key)));
    if negated.is_empty() {
        return checked;
    }
    for item in items.iter_mut().filter(|item| negated.contains(&item.key)) {
        item.key = item.key.strip_prefix("no").unwrap_or(item.key);
        item.value = Some("off".to_owned());
    }
    whole(&items)
}

/// The type in the schema that describes an option; `None` where the schema leaves it open: a union came later.
fn type_in_schema<'r>(spec: &Spec, replies: &'r Replies) -> Option<&'r str> {
    let schema = replies.schema();
    let of = match spec.by {
        By::Arguments(command) => schema.arguments(command)?,
        By::Reply(command) => schema.returns(command)?,
        By::Element(command) => schema.element(schema.returns(command)?)?,
        By::Object | By::Device | By::Group(_) | By::CharacterDevice => return None,
    };
    schema.cases(of).is_some().then_some(of)
}

/// The keys of options without a schema: one that stands alone is `on`, and `noKEY` is `KEY=off`.
fn switches(items: &[Pair<'_>], is_known: impl Fn(&str) -> bool) -> Map<String, Value> {
    let mut value = Map::new();
    for item in items {
        let (key, text) = match (&item.value, item.key.strip_prefix("no")) {
            (Some(text), _) => (item.key, text.as_str()),
            (None, Some(key)) if !is_known(item.key) => (key, "off"),
            (None, _) => (item.key, "on"),
        };
        // The last one counts.
        value.insert(key.to_owned(), text.into());
    }
    value
}

/// Whether the device type that `items` name has the property `name`.
fn is_property(replies: &Replies, items: &[Pair<'_>], name: &str) -> bool {
    let driver = items.iter().rfind(|pair| pair.key == "driver").and_then(|pair| pair.value.as_deref());
    match driver.map(|driver| replies.device(driver)) {
        Some(Described::Properties(properties)) => properties.iter().any(|property| *property.name == *name),
        _ => true,
    }
}

/// What all devices have that no type lists.
const OF_DEVICES: &[&str] = &["driver", "bus", "id"];

fn device(value: &Map<String, Value>, form: Form, replies: &Replies) -> Checked {
    let Some(driver) = value.get("driver").and_then(Value::as_str) else {
        return missing("driver");
    };
    match replies.device(driver) {
        Described::Properties(properties) => {
            Checked::members(check_properties(properties, OF_DEVICES, value, form))
        }
        Described::NotAsked => Checked::Not(Why::NoProperties(driver.to_owned())),
        Described::NoType => no_type("driver", driver, replies),
    }
}

/// What all objects have that no type lists.
const OF_OBJECTS: &[&str] = &["qom-type", "id"];

fn object(value: &Map<String, Value>, form: Form, replies: &Replies) -> Checked {
    let schema = replies.schema();
    if let Some(of) = schema.arguments("object-add").filter(|of| schema.cases(of).is_some()) {
        return Checked::members(schema.check(of, &Value::Object(value.clone()), form));
    }
    let Some(name) = value.get("qom-type").and_then(Value::as_str) else {
        return missing("qom-type");
    };
    match replies.object(name) {
        Described::Properties(properties) => {
            Checked::members(check_properties(properties, OF_OBJECTS, value, form))
        }
        Described::NotAsked => Checked::Not(Why::NoProperties(name.to_owned())),
        Described::NoType => no_type("qom-type", name, replies),
    }
}

fn missing(member: &str) -> Checked {
    Checked::members(vec![Mismatch { path: member.to_owned(), wrong: Wrong::Missing }])
}

fn no_type(member: &str, name: &str, replies: &Replies) -> Checked {
    Checked::members(vec![Mismatch::word_at(member, name, replies.types())])
}

/// A list of parameters, in which `id` is always known.
fn parameters(group: &str, items: &[Pair<'_>], replies: &Replies) -> Checked {
    let Some(known) = replies.group(group) else { return Checked::Not(Why::NotByThisQemu) };
    let is_known = |key: &str| known.iter().any(|parameter| *parameter.name == *key);
    Checked::members(check_properties(known, &["id"], &switches(items, is_known), Form::Text))
}

/// Names of backends on the command line that are others in the schema.
const BACKENDS: &[&str] = &["tty", "parport"];

fn character_device(items: &[Pair<'_>], replies: &Replies) -> Checked {
    let checked = parameters("chardev", items, replies);
    let schema = replies.schema();
    let backends = schema
        .arguments("chardev-add")
        .and_then(|of| schema.member(of, "backend"))
        .and_then(|backend| schema.cases(backend));
    let backend = items.iter().rfind(|pair| pair.key == "backend").and_then(|pair| pair.value.as_deref());
    match (checked, backends, backend) {
        (Checked::Found(mut found), Some(backends), Some(backend)) => {
            if !backends.contains(&backend) && !BACKENDS.contains(&backend) {
                let known = backends.iter().copied().chain(BACKENDS.iter().copied());
                found.push(Fault::Member(Mismatch::word_at("backend", backend, known)));
            }
            if !items.iter().any(|pair| pair.key == "id") {
                found.push(Fault::Member(Mismatch { path: "id".to_owned(), wrong: Wrong::Missing }));
            }
            Checked::Found(found)
        }
        (Checked::Found(_), _, None) => missing("backend"),
        (checked, ..) => checked,
    }
}
