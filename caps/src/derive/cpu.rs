//! CPU models (`query-cpu-definitions`) and the host's CPU (`query-cpu-model-expansion`).

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use virtargv_model::ByRelease;

use super::Session;
use crate::{Accel, Arch, CpuModel, HostCpu, HostCpuProperty, PropertyValue, Release, Tristate, Usable};

/// The CPU models of a session.
pub(super) fn models(session: &Session, arch: Arch, release: Release) -> Vec<CpuModel> {
    let list = session.reply("query-cpu-definitions").and_then(Value::as_array);
    let mut models: Vec<CpuModel> = list.into_iter().flatten().filter_map(model).collect();
    if arch.is_ppc64() {
        for model in &mut models {
            // QEMU spells these in lower case since 2.12, the domain format in upper case.
            if let Some(name) = power(release).iter().find(|name| name.eq_ignore_ascii_case(&model.name)) {
                model.name = (*name).into();
            }
        }
    }
    models
}

/// The POWER models that a release knows, as the domain format spells them.
fn power(release: Release) -> &'static [&'static str] {
    const MODELS: ByRelease<&[&str]> =
        ByRelease::always(["POWER6", "POWER7", "POWER8", "POWER9", "POWER10", "POWER11"].as_slice())
            .before("12.9", &["POWER6", "POWER7", "POWER8", "POWER9", "POWER10"])
            .before("11.3", &["POWER6", "POWER7", "POWER8", "POWER9"]);
    MODELS.of(release)
}

fn model(value: &Value) -> Option<CpuModel> {
    let text = |key: &str| -> Option<Box<str>> { value.get(key).and_then(Value::as_str).map(Box::from) };
    let blockers: Option<Vec<Box<str>>> = value
        .get("unavailable-features")
        .and_then(Value::as_array)
        .map(|list| list.iter().filter_map(Value::as_str).map(Box::from).collect());
    let usable = match &blockers {
        None => Usable::Unknown,
        Some(list) if list.is_empty() => Usable::Yes,
        Some(_) => Usable::No,
    };
    // QEMU reports the blocker `type` for a model that the host does not support at all.
    // POWER models have an empty one.
    let typename = text("typename").filter(|name| !name.is_empty());
    let blockers = blockers.unwrap_or_default();
    let blockers = if blockers.first().is_some_and(|b| b.as_ref() == "type") { Vec::new() } else { blockers };
    Some(CpuModel {
        name: text("name")?,
        typename,
        usable,
        blockers,
        deprecated: value.get("deprecated").and_then(Value::as_bool).unwrap_or(false),
        vendor: None,
    })
}

/// The expansion of the host's CPU under `accel`.
pub(super) fn host(session: &Session, accel: Accel, arch: Arch) -> Option<HostCpu> {
    let name = if accel == Accel::Tcg { "max" } else { "host" };
    let asked = |plain: bool| {
        // Hyper-V passthrough is a query of its own.
        let mut replies = session.replies("query-cpu-model-expansion").filter(|(arguments, _)| {
            let model = arguments.get("model");
            let props = model.and_then(|m| m.get("props")).and_then(Value::as_object);
            let named = model.and_then(|m| m.get("name")).and_then(Value::as_str) == Some(name);
            let migratable = props.and_then(|p| p.get("migratable"));
            let hyperv = props.is_some_and(|p| p.contains_key("hv-passthrough"));
            named && !hyperv && (migratable != Some(&Value::Bool(false))) == plain
        });
        replies.next().map(|(_, reply)| reply)
    };
    let plain = expanded(session, asked(true)?, arch)?;
    let full = asked(false).and_then(|r| expanded(session, r, arch));
    let mut cpu = host_cpu(&plain, full.as_ref());
    let every = json!({ "type": "full", "model": { "name": name } });
    if let Some(all) = session.reply_to("query-cpu-model-expansion", &every) {
        // The static expansion names only those among the properties that it lists.
        cpu.deprecated = Expansion::of(all)?.deprecated;
    }
    Some(cpu)
}

/// The expansion in a reply; where libvirt asked for its expansion once more, in full, for all spellings of the features, that one.
fn expanded(session: &Session, reply: &Value, arch: Arch) -> Option<Expansion> {
    let first = Expansion::of(reply)?;
    if !arch.is_x86() {
        return Some(first);
    }
    let second = session.replies("query-cpu-model-expansion").find(|(arguments, _)| {
        arguments.get("type").and_then(Value::as_str) == Some("full")
            && arguments.get("model").and_then(|m| m.get("props")).and_then(Value::as_object)
                == Some(&first.props)
    });
    Some(second.and_then(|(_, reply)| Expansion::of(reply)).unwrap_or(first))
}

struct Expansion {
    name: Box<str>,
    props: Map<String, Value>,
    deprecated: Vec<Box<str>>,
}

impl Expansion {
    fn of(reply: &Value) -> Option<Self> {
        let model = reply.get("model")?;
        let deprecated = reply.get("deprecated-props").and_then(Value::as_array);
        Some(Self {
            name: model.get("name")?.as_str()?.into(),
            props: model.get("props").and_then(Value::as_object).cloned().unwrap_or_default(),
            deprecated: deprecated.into_iter().flatten().filter_map(Value::as_str).map(Box::from).collect(),
        })
    }
}

/// Combines the migratable expansion with the full one. A boolean that is off in the former and on in the latter is on
/// and not migratable.
fn host_cpu(plain: &Expansion, full: Option<&Expansion>) -> HostCpu {
    let full: Option<HashMap<&str, &Value>> =
        full.map(|f| f.props.iter().map(|(name, value)| (name.as_str(), value)).collect());
    let properties = plain.props.iter().filter_map(|(name, value)| {
        let mut migratable = Tristate::Absent;
        let value = match value {
            Value::Bool(on) => {
                let unlimited = full.as_ref().and_then(|f| f.get(name.as_str())).and_then(|v| v.as_bool());
                let on = match (on, unlimited) {
                    (true, Some(_)) => {
                        migratable = Tristate::Yes;
                        true
                    }
                    (false, Some(true)) => {
                        migratable = Tristate::No;
                        true
                    }
                    (on, _) => *on,
                };
                PropertyValue::Bool(on)
            }
            Value::String(text) => PropertyValue::Text(text.as_str().into()),
            Value::Number(n) => PropertyValue::Number(n.as_i64()?),
            _ => return None,
        };
        Some(HostCpuProperty { name: name.as_str().into(), value, migratable })
    });
    HostCpu {
        model: plain.name.clone(),
        migratability: full.is_some(),
        properties: properties.collect(),
        deprecated: plain.deprecated.clone(),
    }
}
