//! What of a run is compared: each property of each argument by a key that does not depend on where it is.

use std::collections::{BTreeMap, HashMap, HashSet};

use virtargv_model::Severity;
use virtargv_qemu_cmd::{ArgValue, Argument, CommandLine, Form, Origin, Props, Value};

use super::{Change, Part, visible};
use crate::Run;

/// The facts of a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Facts {
    /// Whether there is a command line.
    pub(super) has_line: bool,
    arguments: Vec<Fact>,
    environment: BTreeMap<String, String>,
    monitor: BTreeMap<String, String>,
    problems: BTreeMap<String, Told>,
}

/// What is told of a problem. All of that compares as equal: the same problem can be told with the name of another release.
#[derive(Debug, Clone)]
struct Told(String);

impl PartialEq for Told {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// An argument.
#[derive(Debug, Clone, PartialEq)]
struct Fact {
    /// Its option with what tells it from others of the option.
    name: String,
    option: String,
    text: String,
    /// The element or reason that it comes from.
    origin: String,
    /// The form in which its properties are written.
    form: &'static str,
    /// The properties: name, value, and how the value is written where that says more.
    properties: Vec<(String, String, &'static str)>,
}

impl Facts {
    pub(super) fn of(run: &Run) -> Self {
        let mut facts = Self { has_line: run.command_line.is_some(), ..Self::default() };
        for problem in &run.report {
            let severity = if problem.severity == Severity::Error { "" } else { "not known: " };
            facts
                .problems
                .entry(problem.id().to_owned())
                .or_insert_with(|| Told(format!("{severity}{}", problem.message)));
        }
        if let Some(line) = &run.command_line {
            facts.add_line(line);
        }
        facts
    }

    fn add_line(&mut self, line: &CommandLine) {
        let mut names: HashMap<String, usize> = HashMap::new();
        for argument in &line.arguments {
            let mut fact = Fact::of(argument);
            let count = names.entry(fact.name.clone()).or_default();
            *count = count.saturating_add(1);
            if *count > 1 {
                fact.name = format!("{} #{count}", fact.name);
            }
            self.arguments.push(fact);
        }
        self.environment = line.env.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        self.environment.insert("the program".to_owned(), line.program.clone());
        self.monitor = line
            .after
            .iter()
            .map(|after| {
                let json = after.to_json();
                let command = json.get("execute").and_then(|name| name.as_str()).unwrap_or_default();
                (command.to_owned(), json.get("arguments").map(ToString::to_string).unwrap_or_default())
            })
            .collect();
    }

    /// The differences from `self` to `after`. Where one of them has no command line, only the problems are compared.
    pub(super) fn changes(&self, after: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        let told = |problems: &BTreeMap<String, Told>, others: &BTreeMap<String, Told>| {
            let own = problems.iter().filter(|(id, _)| !others.contains_key(*id));
            own.map(|(id, Told(text))| (id.clone(), text.clone())).collect::<BTreeMap<_, _>>()
        };
        let (gone, new) = (told(&self.problems, &after.problems), told(&after.problems, &self.problems));
        maps(Part::Problem, &gone, &new, &mut changes);
        if !self.has_line || !after.has_line {
            return changes;
        }
        maps(Part::Environment, &self.environment, &after.environment, &mut changes);
        self.arguments(after, &mut changes);
        maps(Part::Monitor, &self.monitor, &after.monitor, &mut changes);
        changes
    }

    fn arguments(&self, after: &Self, changes: &mut Vec<Change>) {
        let before: HashMap<&str, &Fact> =
            self.arguments.iter().map(|fact| (fact.name.as_str(), fact)).collect();
        let names: HashSet<&str> = after.arguments.iter().map(|fact| fact.name.as_str()).collect();
        let common = |facts: &[Fact], others: &dyn Fn(&str) -> bool| -> Vec<String> {
            facts.iter().map(|fact| fact.name.clone()).filter(|name| others(name)).collect()
        };
        for gone in self.arguments.iter().filter(|fact| !names.contains(fact.name.as_str())) {
            changes.push(gone.change(Part::Argument, "", Some(gone.text.clone()), None));
        }
        for fact in &after.arguments {
            match before.get(fact.name.as_str()) {
                None => changes.push(fact.change(Part::Argument, "", None, Some(fact.text.clone()))),
                Some(other) if *other != fact => other.compare(fact, changes),
                Some(_) => {}
            }
        }
        let was = common(&self.arguments, &|name| names.contains(name));
        let is = common(&after.arguments, &|name| before.contains_key(name));
        if was != is {
            // The first argument that is at another place.
            let moved = was.iter().zip(&is).find(|(was, is)| was != is);
            let (was, is) = moved.map_or((None, None), |(was, is)| (Some(was.clone()), Some(is.clone())));
            changes.push(Change {
                part: Part::Order,
                argument: "the arguments".to_owned(),
                property: String::new(),
                before: was,
                after: is,
                origin: String::new(),
                seen: visible::Seen::Host,
                reasons: Vec::new(),
            });
        }
    }
}

/// The differences of two maps.
fn maps(
    part: Part,
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
    changes: &mut Vec<Change>,
) {
    let mut change = |name: &String, before: Option<&String>, after: Option<&String>| {
        changes.push(Change {
            part,
            argument: name.clone(),
            property: String::new(),
            before: before.cloned(),
            after: after.cloned(),
            origin: String::new(),
            seen: visible::of(part, name, "", ""),
            reasons: Vec::new(),
        });
    };
    for (name, value) in before {
        match after.get(name) {
            Some(other) if other == value => {}
            other => change(name, Some(value), other),
        }
    }
    for (name, value) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
        change(name, None, Some(value));
    }
}

impl Fact {
    fn of(argument: &Argument) -> Self {
        let option = argument.option.to_string();
        let text = argument.value_text().unwrap_or_default();
        let (form, mut properties) = ("", Vec::new());
        let (form, named) = match &argument.value {
            ArgValue::None | ArgValue::Verbatim => (form, None),
            ArgValue::Text(_) => {
                properties.push((String::new(), text.clone(), ""));
                (form, None)
            }
            ArgValue::Props(props, form) => {
                flatten(props, "", &mut properties);
                (form_of(*form), argument.id().map(str::to_owned).or_else(|| told_by(&option, props)))
            }
        };
        let name = named.map_or_else(|| option.clone(), |named| format!("{option} {named}"));
        let origin = match argument.origin {
            Origin::Element(element) => element.to_string(),
            Origin::Implied { by } => by.to_owned(),
            Origin::Settings { key } => format!("setting `{key}`"),
        };
        Self { name, option, text, origin, form, properties }
    }

    fn change(&self, part: Part, property: &str, before: Option<String>, after: Option<String>) -> Change {
        Change {
            part,
            argument: self.name.clone(),
            property: property.to_owned(),
            before,
            after,
            origin: self.origin.clone(),
            seen: visible::of(part, &self.option, &self.name, property),
            reasons: Vec::new(),
        }
    }

    /// The differences to `after`, the same argument on the other side.
    fn compare(&self, after: &Self, changes: &mut Vec<Change>) {
        let was: BTreeMap<&str, &str> =
            self.properties.iter().map(|(name, value, _)| (name.as_str(), value.as_str())).collect();
        let is: BTreeMap<&str, &str> =
            after.properties.iter().map(|(name, value, _)| (name.as_str(), value.as_str())).collect();
        let owned = |text: &&str| (*text).to_owned();
        for (name, value) in &was {
            let other = is.get(name);
            if other != Some(value) {
                changes.push(after.change(Part::Property, name, Some(owned(value)), other.map(owned)));
            }
        }
        for (name, value) in is.iter().filter(|(name, _)| !was.contains_key(*name)) {
            changes.push(after.change(Part::Property, name, None, Some(owned(value))));
        }
        let shape = |fact: &Self| -> Vec<(String, &'static str)> {
            let both = fact
                .properties
                .iter()
                .filter(|(name, ..)| was.contains_key(name.as_str()) && is.contains_key(name.as_str()));
            both.map(|(name, _, how)| (name.clone(), *how)).collect()
        };
        if self.form != after.form || shape(self) != shape(after) {
            changes.push(after.change(Part::Form, "", Some(self.text.clone()), Some(after.text.clone())));
        }
    }
}

fn form_of(form: Form) -> &'static str {
    match form {
        Form::Json => "JSON",
        Form::Implied(virtargv_qemu_cmd::Style::OnOff) => "value, key=on",
        Form::Implied(virtargv_qemu_cmd::Style::YesNo) => "value, key=yes",
        Form::Pairs(virtargv_qemu_cmd::Style::OnOff) => "key=on",
        Form::Pairs(virtargv_qemu_cmd::Style::YesNo) => "key=yes",
    }
}

/// What tells an argument without an id from others of its option: the property that says what it is.
fn told_by(option: &str, props: &Props) -> Option<String> {
    const BY: &[(&str, &[&str])] = &[
        ("-smbios", &["type"]),
        (
            "-numa",
            &[
                "type",
                "nodeid",
                "src",
                "dst",
                "initiator",
                "target",
                "hierarchy",
                "data-type",
                "node-id",
                "level",
            ],
        ),
        ("-fw_cfg", &["name"]),
        ("-device", &["driver"]),
        ("-global", &["driver", "property"]),
        ("-add-fd", &["set"]),
    ];
    let (_, keys) = BY.iter().find(|(known, _)| *known == option)?;
    let text = |key: &&str| {
        let value = props.get(key)?;
        let mut out = Vec::new();
        value_of(value, key, &mut out);
        out.into_iter().next().map(|(_, value, _)| value)
    };
    let told: Vec<String> = keys.iter().filter_map(text).collect();
    (!told.is_empty()).then(|| told.join(" "))
}

/// Adds the properties, those of objects with the name of the object before them.
fn flatten(props: &Props, prefix: &str, out: &mut Vec<(String, String, &'static str)>) {
    for (key, value) in props.iter() {
        value_of(value, &format!("{prefix}{key}"), out);
    }
}

fn value_of(value: &Value, name: &str, out: &mut Vec<(String, String, &'static str)>) {
    let switch = |on: bool| if on { "on" } else { "off" }.to_owned();
    let mut push = |value: String, how| out.push((name.to_owned(), value, how));
    match value {
        Value::Bool(on) => push(switch(*on), ""),
        Value::Int(number) => push(number.to_string(), ""),
        Value::Uint(number) => push(number.to_string(), ""),
        Value::Hex(number) => push(number.to_string(), "hexadecimal"),
        Value::Str(text) => push(text.as_str().to_owned(), ""),
        Value::Set(numbers) => push(format!("{numbers:?}"), "set"),
        Value::Null => push("null".to_owned(), ""),
        Value::Bare => push("on".to_owned(), "key alone"),
        Value::Sign(on) => push(switch(*on), "sign"),
        Value::Array(items) | Value::Each(items) => {
            for (index, item) in items.iter().enumerate() {
                value_of(item, &format!("{name}.{index}"), out);
            }
        }
        Value::Object(members) => flatten(members, &format!("{name}."), out),
    }
}
