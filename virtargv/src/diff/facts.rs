//! What of a run is compared: each property of each argument by a key that does not depend on where it is.

use std::collections::{BTreeMap, HashMap, HashSet};

use virtargv_model::{Problem, Severity, Stage};
use virtargv_qemu_cmd::{ArgValue, Argument, CommandLine, Form, Origin, Props, Value};

use super::visible::{self, Seen, Setting};
use super::{Change, Part};
use crate::Run;

/// The facts of a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Facts {
    /// Whether there is a command line.
    pub(super) has_line: bool,
    arguments: Vec<Fact>,
    environment: BTreeMap<String, String>,
    monitor: BTreeMap<String, String>,
    /// The first problem of each rule, in libvirt's order.
    problems: Vec<Told>,
}

/// A problem.
#[derive(Debug, Clone)]
struct Told {
    rule: &'static str,
    stage: Stage,
    severity: Severity,
    message: String,
}

/// Whether the rules are the same: the message of the same problem can name the release.
impl PartialEq for Told {
    fn eq(&self, other: &Self) -> bool {
        self.rule == other.rule
    }
}

/// An argument.
#[derive(Debug, Clone, PartialEq)]
struct Fact {
    /// Its option with what tells it from others of the option.
    name: String,
    option: String,
    text: String,
    /// As [`Change::makes`].
    makes: String,
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
        let mut rules = HashSet::new();
        let first = run.report.iter().filter(|problem| rules.insert(problem.id()));
        facts.problems = first.map(Told::of).collect();
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

    /// As [`Facts::changes`], without the problems that a side lacks because it is refused at an earlier stage.
    pub(super) fn differences(&self, after: &Self) -> Vec<Change> {
        let mut changes = self.changes(after);
        changes.retain(|change| {
            let (has, lacks) = if change.after.is_none() { (self, after) } else { (after, self) };
            let told = has.problems.iter().find(|told| told.rule == change.argument);
            let told = told.filter(|_| change.part == Part::Problem);
            lacks.refused().zip(told).is_none_or(|(refused, told)| refused >= told.stage)
        });
        changes
    }

    /// The first stage that refuses the document.
    pub(super) fn refused(&self) -> Option<Stage> {
        let errors = self.problems.iter().filter(|told| told.severity == Severity::Error);
        errors.map(|told| told.stage).min()
    }

    /// The differences from `self` to `after`. Where one of them has no command line, only the problems are compared.
    pub(super) fn changes(&self, after: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        changes.extend(self.problems_without(after).map(|told| told.change(Some(told.shown()), None)));
        changes.extend(after.problems_without(self).map(|told| told.change(None, Some(told.shown()))));
        if !self.has_line || !after.has_line {
            return changes;
        }
        maps(Part::Environment, &self.environment, &after.environment, &mut changes);
        self.arguments(after, &mut changes);
        maps(Part::Monitor, &self.monitor, &after.monitor, &mut changes);
        for change in &mut changes {
            if let Some(setting) = Setting::of(change) {
                let is_same = self.said(setting) == after.said(setting);
                change.seen = if is_same { Seen::Host } else { Seen::Guest };
            }
        }
        changes
    }

    /// The problems that `other` does not have.
    fn problems_without<'s>(&'s self, other: &'s Self) -> impl Iterator<Item = &'s Told> {
        self.problems.iter().filter(|told| !other.problems.contains(told))
    }

    /// The value of a setting that two options can make.
    fn said(&self, setting: &Setting) -> &str {
        let fact = |name: &str| self.arguments.iter().find(|fact| fact.name == name);
        let option = fact(setting.option);
        let by_option = option.and_then(|fact| fact.value(setting.property));
        let by_machine = fact("-machine").and_then(|fact| fact.value(setting.property));
        setting.said(option.is_some(), by_option, by_machine)
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
                makes: String::new(),
                before: was,
                after: is,
                origin: String::new(),
                seen: Seen::Host,
                reasons: Vec::new(),
            });
        }
    }
}

impl Told {
    fn of(problem: &Problem) -> Self {
        let (rule, stage, severity) = (problem.id(), problem.stage, problem.severity);
        Self { rule, stage, severity, message: problem.message.clone() }
    }

    /// The message; that of a note says what is not known.
    fn shown(&self) -> String {
        let known = if self.severity == Severity::Note { "not known: " } else { "" };
        format!("{known}{}", self.message)
    }

    fn change(&self, before: Option<String>, after: Option<String>) -> Change {
        Change {
            part: Part::Problem,
            argument: self.rule.to_owned(),
            property: String::new(),
            makes: String::new(),
            before,
            after,
            origin: String::new(),
            seen: visible::of(Part::Problem, self.rule, "", ""),
            reasons: Vec::new(),
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
            makes: String::new(),
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
        let makes = match &argument.value {
            ArgValue::Props(props, _) if option == "-global" => told_by(&option, props),
            ArgValue::Props(props, _) => MAKES.iter().find_map(|key| text_of(props, key)),
            ArgValue::Text(_) | ArgValue::None | ArgValue::Verbatim => None,
        };
        let name = named.map_or_else(|| option.clone(), |named| format!("{option} {named}"));
        let origin = match argument.origin {
            Origin::Element(element) => element.to_string(),
            Origin::Implied { by } => by.to_owned(),
            Origin::Settings { key } => format!("setting `{key}`"),
        };
        Self { name, option, text, makes: makes.unwrap_or_default(), origin, form, properties }
    }

    /// The value of a property.
    fn value(&self, property: &str) -> Option<&str> {
        let found = self.properties.iter().find(|(name, ..)| name == property);
        found.map(|(_, value, _)| value.as_str())
    }

    fn change(&self, part: Part, property: &str, before: Option<String>, after: Option<String>) -> Change {
        Change {
            part,
            argument: self.name.clone(),
            property: property.to_owned(),
            makes: self.makes.clone(),
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
        ("-add-fd", &["set"]),
    ];
    if option == "-global" {
        // `-global DRIVER.PROPERTY=VALUE` has the property as its key.
        return props.iter().next().map(|(key, _)| key.to_string());
    }
    let (_, keys) = BY.iter().find(|(known, _)| *known == option)?;
    let told: Vec<String> = keys.iter().filter_map(|key| text_of(props, key)).collect();
    (!told.is_empty()).then(|| told.join(" "))
}

/// The properties that say what an argument makes.
const MAKES: &[&str] = &["driver", "qom-type"];

/// The value of a property as text.
fn text_of(props: &Props, key: &str) -> Option<String> {
    let mut out = Vec::new();
    value_of(props.get(key)?, key, &mut out);
    out.into_iter().next().map(|(_, value, _)| value)
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
