//! Compares the descriptors in the options of a command line with its needs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use virtargv::{CommandLine, Need};

/// The descriptors in the options of `line`, in their order.
pub fn descriptors(line: &CommandLine) -> Vec<u32> {
    let mut found = Vec::new();
    for arg in &line.args() {
        match serde_json::from_str(arg) {
            Ok(value @ Value::Object(_)) => in_json(&value, &mut found),
            _ => {
                for (key, value) in arg.split(',').filter_map(|pair| pair.split_once('=')) {
                    collect(key, value, &mut found);
                }
            }
        }
    }
    found
}

fn in_json(value: &Value, found: &mut Vec<u32>) {
    match value {
        Value::Object(members) => {
            let is_fd = members.get("type").is_some_and(|kind| kind == "fd");
            if let Some(number) = value.pointer("/data/str").and_then(Value::as_str)
                && is_fd
            {
                collect("fd", number, found);
            }
            for (key, value) in members {
                match value {
                    Value::String(text) => collect(key, text, found),
                    Value::Number(number) => collect(key, &number.to_string(), found),
                    other => in_json(other, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| in_json(item, found)),
        _ => {}
    }
}

fn collect(key: &str, value: &str, found: &mut Vec<u32>) {
    if ["fd", "fds", "vhostfd", "vhostfds"].contains(&key) {
        found.extend(value.split(':').filter_map(|number| number.parse::<u32>().ok()));
    }
}

/// Checks that the options of `line` contain the descriptors of its needs and no others, that no number is used for two
/// things, and that numbers that the caller has not decided on increase from 3 in the order of the options.
pub fn check_descriptors(line: &CommandLine) -> Result<(), String> {
    let mut listed = BTreeMap::new();
    let mut groups = BTreeSet::new();
    for need in &line.needs {
        let (Need::Descriptor { number, owner, .. } | Need::Group { number, owner, .. }) = need else {
            continue;
        };
        if owner.is_empty() {
            return Err(format!("a need has no owner: {need:?}"));
        }
        if let Some(other) = listed.insert(*number, need) {
            return Err(format!("descriptor {number} is used for two needs: {other:?} and {need:?}"));
        }
        if matches!(need, Need::Group { .. }) {
            groups.insert(*number);
        }
    }
    let named = descriptors(line);
    if named.iter().collect::<BTreeSet<_>>() != listed.keys().collect() {
        return Err(format!("the options have descriptors {named:?}, the needs {:?}", listed.keys()));
    }
    let chosen: Vec<u32> = named.into_iter().filter(|number| !groups.contains(number)).collect();
    let expected: Vec<u32> = (3..).filter(|number| !groups.contains(number)).take(chosen.len()).collect();
    if chosen == expected {
        Ok(())
    } else {
        Err(format!("the options have descriptors {chosen:?}, in this order"))
    }
}
