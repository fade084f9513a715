//! What a change of a document changes in its results.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;
use virtargv::{ArgValue, Argument, CommandLine, Release, Run};
use virtargv_qemu_cmd::Need;

/// The most options that a change of one attribute alone changes. Where more differ, other devices are there.
const OWN: usize = 4;
/// The most options that are listed.
const LISTED: usize = 12;

/// The effects of an attribute, over all places and values that were tried.
#[derive(Debug, Clone, Default)]
pub struct Effects {
    /// How many places were changed.
    pub places: usize,
    /// Whether a document has it.
    pub is_present: bool,
    /// The options that differ, of all changes in which at most [`OWN`] do; without such a change, of the one with the fewest.
    line: BTreeSet<String>,
    /// How many options differ in that change, where it has more.
    fewest: Option<usize>,
    /// The commands on the monitor that differ.
    after: BTreeSet<String>,
    /// The kinds of needs that differ.
    needs: BTreeSet<&'static str>,
    /// The kinds of work on the host that differ.
    host: BTreeSet<&'static str>,
    /// Whether the completed document differs.
    is_kept: bool,
    /// Whether a value was refused.
    is_refused: bool,
}

impl Effects {
    /// Whether something of the command line differs.
    pub fn is_on_line(&self) -> bool {
        !self.line.is_empty()
    }

    /// Whether there is any effect beside the completed document.
    pub fn is_shown(&self) -> bool {
        self.is_on_line() || !self.after.is_empty() || !self.needs.is_empty() || !self.host.is_empty()
    }

    /// Adds what differs between two runs. A property that is called `made_up`, the value that the later one has and no document
    /// would have, such as a feature of `-cpu` that there is not, does not count.
    pub fn add(&mut self, (before, after): (&Run, &Run), made_up: Option<&str>, release: Release) {
        let (Some(old), Some(new)) = (&before.command_line, &after.command_line) else {
            self.is_refused |= before.command_line.is_some();
            return;
        };
        let mut options = different(&options(old), &options(new));
        options.retain(|option| made_up.is_none_or(|name| !option.ends_with(&format!(" {name}"))));
        match options.len() {
            0 => {}
            1..=OWN => {
                if self.fewest.take().is_some() {
                    self.line.clear();
                }
                self.line.extend(options);
            }
            count => {
                if self.fewest.map_or(self.line.is_empty(), |fewest| count < fewest) {
                    self.fewest = Some(count);
                    self.line = options;
                }
            }
        }
        // What follows from an option that differs is not the attribute's own.
        let commands = |line: &CommandLine| {
            line.after
                .iter()
                .map(|one| (one.command.to_owned(), one.to_json().to_string()))
                .collect::<Vec<_>>()
        };
        self.after.extend(different(&commands(old), &commands(new)));
        let needs = |line: &CommandLine| {
            line.needs.iter().map(|one| (Need::kind(one), one.to_json().to_string())).collect::<Vec<_>>()
        };
        self.needs.extend(different(&needs(old), &needs(new)));
        let work = |line: &CommandLine| {
            line.host.iter().map(|one| (one.work.name(), one.what.clone())).collect::<Vec<_>>()
        };
        self.host.extend(different(&work(old), &work(new)));
        self.is_kept |= before.document(release) != after.document(release) || old.lifecycle != new.lifecycle;
    }
}

/// The labels whose values differ, each as often as it is there.
fn different<L: Ord + Clone>(old: &[(L, String)], new: &[(L, String)]) -> BTreeSet<L> {
    let mut counts: BTreeMap<&(L, String), i64> = BTreeMap::new();
    for one in old {
        *counts.entry(one).or_default() += 1;
    }
    for one in new {
        *counts.entry(one).or_default() -= 1;
    }
    counts.into_iter().filter(|(_, count)| *count != 0).map(|((label, _), _)| label.clone()).collect()
}

/// The options with each of their properties and its value, and the environment.
fn options(line: &CommandLine) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> =
        line.env.iter().map(|(name, value)| (format!("environment {name}"), value.clone())).collect();
    out.push(("program".to_owned(), line.program.clone()));
    for argument in &line.arguments {
        add_options(argument, &mut out);
    }
    out
}

fn add_options(argument: &Argument, out: &mut Vec<(String, String)>) {
    let option = argument.option.as_ref();
    let Some(value) = argument.value_text() else {
        let name = if argument.value == ArgValue::Verbatim { "an argument of its own" } else { option };
        return out.push((name.to_owned(), option.to_owned()));
    };
    if let Ok(json) = serde_json::from_str::<Value>(&value)
        && json.is_object()
    {
        return flatten(option, &json, out);
    }
    // A comma in a value is doubled.
    for (index, part) in value.replace(",,", "\u{0}").split(',').enumerate() {
        match part.split_once('=') {
            Some((key, value)) => out.push((format!("{option} {key}"), value.to_owned())),
            None if index == 0 => out.push((option.to_owned(), part.to_owned())),
            None => out.push((format!("{option} {part}"), "on".to_owned())),
        }
    }
}

fn flatten(name: &str, value: &Value, out: &mut Vec<(String, String)>) {
    let separator = if name.contains(' ') { '.' } else { ' ' };
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                flatten(&format!("{name}{separator}{key}"), value, out);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| flatten(name, item, out)),
        other => out.push((name.to_owned(), other.to_string())),
    }
}

/// The places where it goes, separated by `; `: `line` with options, `after` with commands, `need` and `host` with kinds, `kept` in the
/// completed document only, `checked` where values are refused only, `nothing`, `untried` where no document has its element.
impl fmt::Display for Effects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let owned = |set: &BTreeSet<&'static str>| set.iter().map(|one| (*one).to_owned()).collect();
        let line: Vec<String> = self.line.iter().take(LISTED).cloned().collect();
        let after: Vec<String> = self.after.iter().cloned().collect();
        let (needs, host): (Vec<String>, Vec<String>) = (owned(&self.needs), owned(&self.host));
        // Other parts change with an option: a need of another name, a command for another alias.
        let mut parts = Vec::new();
        for (name, list) in [("line", line), ("after", after), ("need", needs), ("host", host)] {
            if !list.is_empty() {
                parts.push(format!("{name}: {}", list.join(", ")));
            }
        }
        if parts.is_empty() {
            parts.push(
                match (self.places, self.is_kept, self.is_refused) {
                    (0, ..) => "untried",
                    (_, true, _) => "kept",
                    (_, _, true) => "checked",
                    _ => "nothing",
                }
                .to_owned(),
            );
        }
        f.write_str(&parts.join("; "))
    }
}
