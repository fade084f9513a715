//! Interrupt controllers, memory encryption, enclaves and enlightenments.

use serde_json::Value;

use super::Facts;
use crate::{CapsBuilder, Convention, Gic, GicVersion, Hyperv, Release, Sev, Sgx, SgxSection, Tristate};

/// Adds the interrupt controllers, memory encryption, enclaves and enlightenments of the first session.
pub(super) fn add(mut builder: CapsBuilder, facts: &Facts<'_>, release: Release) -> CapsBuilder {
    if let Some(list) = facts.session.reply("query-gic-capabilities").and_then(Value::as_array) {
        builder = builder.gic(list.iter().filter_map(gic));
    }
    if let Some(sev) = facts.session.reply("query-sev-capabilities").and_then(sev) {
        builder = builder.sev(sev);
    }
    if let Some(sgx) = facts.session.reply("query-sgx-capabilities").and_then(sgx) {
        builder = builder.sgx(sgx);
    }
    if let Some(hyperv) = hyperv(facts, release) {
        builder = builder.hyperv(hyperv);
    }
    builder
}

fn gic(value: &Value) -> Option<Gic> {
    let is = |key: &str| value.get(key).and_then(Value::as_bool).unwrap_or(false);
    let version = match value.get("version")?.as_u64()? {
        2 => GicVersion::V2,
        3 => GicVersion::V3,
        _ => return None,
    };
    Some(Gic { version, kernel: is("kernel"), emulated: is("emulated") })
}

fn sev(value: &Value) -> Option<Sev> {
    let number = |key: &str| u32::try_from(value.get(key)?.as_u64()?).ok();
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(Box::from);
    Some(Sev {
        cbitpos: number("cbitpos")?,
        reduced_phys_bits: number("reduced-phys-bits")?,
        pdh: text("pdh")?,
        cert_chain: text("cert-chain")?,
        cpu0_id: text("cpu0-id"),
    })
}

fn sgx(value: &Value) -> Option<Sgx> {
    let is = |key: &str| value.get(key).and_then(Value::as_bool).unwrap_or(false);
    let kib = |v: &Value, key: &str| v.get(key).and_then(Value::as_u64).map(|bytes| bytes / 1024);
    let sections: Vec<SgxSection> = value
        .get("sections")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|s| {
            let node = s.get("node").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok())?;
            Some(SgxSection { node, size_kib: kib(s, "size")? })
        })
        .collect();
    let total = sections.iter().fold(0u64, |sum, s| sum.saturating_add(s.size_kib));
    Some(Sgx {
        flc: is("flc"),
        sgx1: is("sgx1"),
        sgx2: is("sgx2"),
        section_size_kib: kib(value, "section-size").unwrap_or(total),
        sections,
    })
}

/// The enlightenments of the domain format, in libvirt's order. QEMU has them as properties with the prefix `hv-`.
const ENLIGHTENMENTS: &[&str] = &[
    "relaxed",
    "vapic",
    "spinlocks",
    "vpindex",
    "runtime",
    "synic",
    "stimer",
    "reset",
    "vendor_id",
    "frequencies",
    "reenlightenment",
    "tlbflush",
    "ipi",
    "evmcs",
    "avic",
    "emsr_bitmap",
    "xmm_input",
];

/// The enlightenments that QEMU turns on with `hv-passthrough`.
fn hyperv(facts: &Facts<'_>, release: Release) -> Option<Hyperv> {
    let (_, reply) = facts.session.replies("query-cpu-model-expansion").find(|(arguments, _)| {
        arguments.get("model").and_then(|m| m.get("props")).is_some_and(|p| p.get("hv-passthrough").is_some())
    })?;
    let props = reply.get("model")?.get("props")?.as_object()?;
    let is_on = |name: &str| match props.get(&format!("hv-{}", name.replace('_', "-"))) {
        Some(Value::Bool(on)) => *on,
        // The number of retries and the vendor, which any host can have.
        Some(Value::Number(_) | Value::String(_)) => true,
        _ => false,
    };
    let features = ENLIGHTENMENTS.iter().filter(|name| is_on(name)).map(|name| Box::from(*name)).collect();
    let part = |name: &str| match props.get(name) {
        Some(Value::Bool(on)) if release.has(Convention::HypervParts) => Tristate::from(*on),
        _ => Tristate::Absent,
    };
    Some(Hyperv {
        features,
        stimer_direct: part("hv-stimer-direct"),
        tlbflush_direct: part("hv-tlbflush-direct"),
        tlbflush_extended: part("hv-tlbflush-ext"),
    })
}
