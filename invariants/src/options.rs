//! The two forms in which QEMU reads the value of an option, read by a parser of our own: `value,key=value,...` with
//! doubled commas, and JSON.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use virtargv::{ArgValue, Argument};
use virtargv_qemu_cmd::{Form, Props, Style, Value};

use crate::{Fault, fault};

/// Parses `value,key=value,...` as QEMU does: a value ends at a single comma, a doubled one is a comma of the value. A
/// part without `=` has no key.
pub fn parse(text: &str) -> Vec<(Option<String>, String)> {
    let mut options = Vec::new();
    let mut rest = text;
    while !rest.is_empty() || options.is_empty() {
        let key = rest.split_once('=').filter(|(key, _)| !key.contains(','));
        if let Some((_, after)) = key {
            rest = after;
        }
        let mut value = String::new();
        loop {
            let (part, after) =
                rest.split_once(',').map_or((rest, None), |(part, after)| (part, Some(after)));
            value.push_str(part);
            rest = after.unwrap_or_default();
            match after.and_then(|after| after.strip_prefix(',')) {
                Some(after) => {
                    value.push(',');
                    rest = after;
                }
                None => break,
            }
        }
        options.push((key.map(|(key, _)| key.to_owned()), value));
    }
    options
}

/// The keys and texts that QEMU reads in the value of an option, in either form. In JSON a key is the path to the value.
pub fn read(text: &str) -> Vec<(Option<String>, String)> {
    match serde_json::from_str::<Json>(text) {
        Ok(json @ Json::Object(_)) => {
            let mut all = Vec::new();
            flatten(String::new(), &json, &mut all);
            all.into_iter().map(|(key, value)| (Some(key), value)).collect()
        }
        _ => parse(text),
    }
}

fn flatten(path: String, json: &Json, all: &mut Vec<(String, String)>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match json {
        Json::Object(members) => members.iter().for_each(|(key, value)| flatten(below(key), value, all)),
        Json::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| flatten(below(&at.to_string()), value, all));
        }
        Json::String(text) => all.push((path, text.clone())),
        other => all.push((path, other.to_string())),
    }
}

/// Checks that QEMU reads in the value of `argument` the properties that were written, each key once.
///
/// # Errors
/// The property that is another, or the key that is there twice.
pub fn check(argument: &Argument) -> Result<(), Fault> {
    let ArgValue::Props(props, form) = &argument.value else { return Ok(()) };
    let text = argument.value_text().unwrap_or_default();
    let wrong = |why: String| fault!("option", "{why}: {} {text}", argument.option);
    match form {
        Form::Json => {
            let json: Json = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
            let mut keys = BTreeSet::new();
            if let Some((key, _)) = props.iter().find(|(key, _)| !keys.insert(key.to_owned())) {
                return Err(wrong(format!("`{key}` is there twice")));
            }
            same_object(props, &json).map_err(wrong)
        }
        Form::Implied(style) | Form::Pairs(style) => {
            let implied = matches!(form, Form::Implied(_));
            let mut expected = Vec::new();
            for (at, (key, value)) in props.iter().enumerate() {
                let from = expected.len();
                pairs(key, value, *style, &mut expected);
                // The first key is the one that the option implies.
                if at == 0
                    && implied
                    && let Some(first) = expected.get_mut(from)
                {
                    first.0 = None;
                }
            }
            let got = parse(&text);
            let nothing = props.is_empty() && text.is_empty();
            if got == expected || nothing { Ok(()) } else { Err(wrong(format!("is read as {got:?}"))) }
        }
    }
}

/// The pairs that stand for a property.
fn pairs(key: &str, value: &Value, style: Style, out: &mut Vec<(Option<String>, String)>) {
    let mut push = |text: String| out.push((Some(key.to_owned()), text));
    match value {
        Value::Bool(on) => push(
            match (style, on) {
                (Style::OnOff, true) => "on",
                (Style::OnOff, false) => "off",
                (Style::YesNo, true) => "yes",
                (Style::YesNo, false) => "no",
            }
            .to_owned(),
        ),
        Value::Int(number) => push(number.to_string()),
        Value::Uint(number) => push(number.to_string()),
        Value::Hex(number) => push(format!("{number:#x}")),
        Value::Str(text) => push(text.as_str().to_owned()),
        Value::Set(numbers) => ranges(numbers).into_iter().for_each(push),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                pairs(&format!("{key}.{at}"), item, style, out);
            }
        }
        Value::Each(items) => items.iter().for_each(|item| pairs(key, item, style, out)),
        Value::Object(props) => {
            props.iter().for_each(|(inner, item)| pairs(&format!("{key}.{inner}"), item, style, out));
        }
        Value::Null => {}
        Value::Bare => out.push((None, key.to_owned())),
        Value::Sign(on) => out.push((None, format!("{}{key}", if *on { '+' } else { '-' }))),
    }
}

/// The numbers as ranges, `0-3`.
fn ranges(numbers: &[u32]) -> Vec<String> {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for &number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let shown =
        |(first, last): (u32, u32)| if first == last { first.to_string() } else { format!("{first}-{last}") };
    ranges.into_iter().map(shown).collect()
}

fn same_object(props: &Props, json: &Json) -> Result<(), String> {
    let members = json.as_object().ok_or_else(|| format!("{json} is no object"))?;
    if members.len() != props.iter().count() {
        return Err(format!("{json} has {} members", members.len()));
    }
    props.iter().try_for_each(|(key, value)| {
        let got = members.get(key).ok_or_else(|| format!("`{key}` is missing"))?;
        same_value(value, got).map_err(|why| format!("`{key}`: {why}"))
    })
}

fn same_value(value: &Value, json: &Json) -> Result<(), String> {
    let items = |values: &[Value]| -> Result<(), String> {
        let got = json.as_array().filter(|got| got.len() == values.len());
        let got = got.ok_or_else(|| format!("{json} is not {} items", values.len()))?;
        values.iter().zip(got).try_for_each(|(value, json)| same_value(value, json))
    };
    let same = match value {
        Value::Bool(on) | Value::Sign(on) => json.as_bool() == Some(*on),
        Value::Bare => json.as_bool() == Some(true),
        Value::Int(number) => json.as_i64() == Some(*number),
        Value::Uint(number) | Value::Hex(number) => json.as_u64() == Some(*number),
        Value::Str(text) => json.as_str() == Some(text.as_str()),
        Value::Set(numbers) => json
            .as_array()
            .is_some_and(|got| got.iter().map(Json::as_u64).eq(numbers.iter().map(|n| Some(u64::from(*n))))),
        Value::Null => json.is_null(),
        Value::Array(values) | Value::Each(values) => return items(values),
        Value::Object(props) => return same_object(props, json),
    };
    if same { Ok(()) } else { Err(format!("{json} for {value:?}")) }
}
