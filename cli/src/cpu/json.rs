//! Answers on CPUs as one JSON object; `docs/cpu.schema.json` is its schema.

use serde_json::{Value, json};
use virtargv::Release;
use virtargv::cpu::{Expansion, Status, to_xml};
use virtargv::model::cpu::CpuMode;
use virtargv_caps::{CpuSpec, Usable};

use crate::json;

/// The version of the layout. It changes where a reader of the version before would misunderstand.
const LAYOUT: u32 = 1;

/// The object with `parts`.
pub(super) fn object(release: Release, status: &str, parts: Value, problems: Vec<Value>) -> Value {
    let mut object = json::object(LAYOUT, Some(release), json!({ "status": status, "problems": problems }));
    if let (Some(object), Value::Object(parts)) = (object.as_object_mut(), parts) {
        object.extend(parts);
    }
    object
}

fn spec(cpu: &CpuSpec) -> Value {
    let features = cpu.features.iter();
    let features: Vec<Value> =
        features.map(|(name, policy)| json!({ "name": name, "policy": policy.name() })).collect();
    json!({ "model": cpu.model, "vendor": cpu.vendor, "features": features })
}

/// The parts of a baseline.
pub(super) fn baseline(found: Option<(&CpuSpec, Option<u32>)>) -> Value {
    json!({
        "cpu": found.map(|(cpu, _)| spec(cpu)),
        "address-limit": found.and_then(|(_, limit)| limit),
        "document": found.map(|(cpu, limit)| to_xml(cpu, CpuMode::Custom, limit)),
    })
}

/// The parts of a comparison.
pub(super) fn compared(host: Option<&CpuSpec>) -> Value {
    json!({ "hypervisor": host.map(spec) })
}

/// The parts of an expansion.
pub(super) fn expanded(cpus: &[Expansion]) -> Value {
    json!({ "cpus": cpus.iter().map(one).collect::<Vec<_>>() })
}

fn one(expansion: &Expansion) -> Value {
    let features = expansion.cpu.features.iter().zip(&expansion.features);
    let features: Vec<Value> = features
        .map(|((name, policy), feature)| {
            let available = match feature.status {
                Status::Available => Some(true),
                Status::Lacking => Some(false),
                Status::Unknown => None,
            };
            json!({
                "name": name, "policy": policy.name(), "migratable": feature.migratable, "available": available,
                "added": feature.added,
            })
        })
        .collect();
    let signatures = expansion.signatures.iter();
    let signatures: Vec<Value> = signatures
        .map(|signature| {
            let steppings = (0..16u16).filter(|stepping| signature.steppings >> stepping & 1 == 1);
            json!({ "family": signature.family, "model": signature.model, "steppings": steppings.collect::<Vec<_>>() })
        })
        .collect();
    json!({
        "mode": expansion.mode.to_string(),
        "model": expansion.cpu.model,
        "bases": expansion.bases,
        "vendor": expansion.vendor,
        "signatures": signatures,
        "offered": expansion.usable.is_some(),
        "usable": expansion.usable.and_then(|usable| match usable {
            Usable::Yes => Some(true),
            Usable::No => Some(false),
            Usable::Unknown => None,
        }),
        "complete": expansion.is_complete,
        "features": features,
        "blockers": expansion.blockers,
        "document": to_xml(&expansion.cpu, expansion.mode, None),
    })
}
