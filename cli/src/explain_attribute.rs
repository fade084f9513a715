//! `virtargv explain-attribute`: shows where attributes of the domain format go.

use std::fmt::Write as _;

use serde_json::{Value, json};
use virtargv::attributes::{Attribute, Goes, about_host, attributes, find};
use virtargv::model::advice::did_you_mean;

use crate::args::{AttributesFormat, ExplainAttributeArgs};
use crate::{Done, FINE, Unusable, json};

/// The version of the layout. It changes where a reader of the version before would misunderstand.
const LAYOUT: u32 = 1;

pub(crate) fn run(args: &ExplainAttributeArgs) -> Done {
    let mut found: Vec<&Attribute> = Vec::new();
    for path in &args.paths {
        let named = find(path).map_err(|near| {
            let near = did_you_mean(near);
            let help =
                if near.is_empty() { "`virtargv explain-attribute` lists all".to_owned() } else { near };
            Unusable(format!("there is no attribute `{path}`; {help}"))
        })?;
        found.extend(named);
    }
    if args.paths.is_empty() {
        found.extend(attributes());
    }
    let text = match args.format {
        AttributesFormat::Json => {
            let all: Vec<Value> = found.iter().map(|one| to_json(one)).collect();
            format!("{}\n", json::object(LAYOUT, None, json!({ "attributes": all })))
        }
        AttributesFormat::Text if args.paths.is_empty() => found.iter().map(|one| line(one)).collect(),
        AttributesFormat::Text => {
            let told: Vec<String> = found.iter().map(|one| tell(one)).collect();
            told.join("\n")
        }
    };
    anstream::print!("{text}");
    Ok(FINE)
}

/// What was shown, or the reason, in one line.
fn why(one: &Attribute) -> String {
    let shown: Vec<String> = one.shown.iter().map(|shown| shown.what.join(", ")).collect();
    one.reason.map_or_else(|| shown.join("; "), str::to_owned)
}

/// An attribute as one line of the list.
fn line(one: &Attribute) -> String {
    let places: Vec<&str> = one.places().into_iter().map(Goes::name).collect();
    format!("{:<44} {:<10} {}\n", one.path, places.join(","), why(one))
}

/// An attribute as text for people.
fn tell(one: &Attribute) -> String {
    let places: Vec<&str> = one.places().into_iter().map(Goes::phrase).collect();
    let mut out = format!("{}: {}\n", one.path, places.join("; "));
    for shown in &one.shown {
        let _ = match shown.goes {
            Goes::Host => writeln!(out, "  {}:", shown.goes.phrase()),
            goes => writeln!(out, "  {}: {}", goes.phrase(), shown.what.join(", ")),
        };
        for name in shown.what.iter().filter(|_| shown.goes == Goes::Host) {
            let _ = writeln!(out, "    {name}: {}", about_host(name).unwrap_or_default());
        }
    }
    if let Some(reason) = one.reason {
        let _ = writeln!(out, "  {reason}");
    }
    let words = one.words();
    if !words.is_empty() {
        let _ = writeln!(out, "  values: {}", words.join(", "));
    }
    let _ = writeln!(out, "  releases: {}", one.releases());
    let rules: Vec<&str> = one.rules().iter().map(|rule| rule.id).collect();
    if !rules.is_empty() {
        let _ = writeln!(out, "  rules: {}", rules.join(", "));
    }
    out
}

/// An attribute as a JSON object.
fn to_json(one: &Attribute) -> Value {
    let about = |name: &&str| about_host(name).map(|text| json!({ "name": name, "text": text }));
    let shown: Vec<Value> = one
        .shown
        .iter()
        .map(|shown| match shown.goes {
            Goes::Host => {
                let about: Vec<Value> = shown.what.iter().filter_map(about).collect();
                json!({ "goes": shown.goes.name(), "what": shown.what, "about": about })
            }
            goes => json!({ "goes": goes.name(), "what": shown.what }),
        })
        .collect();
    let rules: Vec<&str> = one.rules().iter().map(|rule| rule.id).collect();
    json!({
        "path": one.path,
        "goes": one.goes.name(),
        "shown": shown,
        "reason": one.reason,
        "values": one.words(),
        "releases": one.releases(),
        "rules": rules,
    })
}
