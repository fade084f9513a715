//! `<features>`.

use virtargv_model::features::{
    Apic, Features, Gic, Hyperv, HypervFeature, HypervMode, Kvm, KvmFeature, Smm,
};
use virtargv_model::{Domain, OnOff, Spelled};

use super::compared::{At, Out, Row, Value, row};

virtargv_model::rules! {
    /// The guest keeps its features.
    FEATURE = "abi-feature": Unsupported, Validate,
        "`<features>`: ACPI tables, interrupt controllers and devices that follow from them; `<msrs>`, `<tcg>` and `<async-teardown>` are not compared",
        help "set the feature as in the source";
    /// The guest keeps its Hyper-V enlightenments.
    HYPERV = "abi-hyperv": Unsupported, Validate,
        "`<features><hyperv>`: CPUID leaves from 0x40000000, and the registers that they announce",
        help "set the enlightenment as in the source";
    /// The guest keeps its KVM features.
    KVM = "abi-kvm": Unsupported, Validate,
        "`<features><kvm>`: CPUID leaves from 0x40000000",
        help "set the feature as in the source";
    /// The guest keeps the memory of system management mode.
    TSEG = "abi-smm-tseg": Unsupported, Validate,
        "`<smm><tseg>`: `-global mch.extended-tseg-mbytes=`",
        help "set `<tseg>` as in the source";
}

/// The features that are on or off, or have a value, in libvirt's order.
const ROWS: &[Row<Features>] = &[
    row(&FEATURE, "acpi", |features| on(features.acpi)),
    row(&FEATURE, "apic", |features| features.apic.map_or(Value::Absent, apic)),
    row(&FEATURE, "pae", |features| on(features.pae)),
    row(&FEATURE, "hap", |features| Value::word(features.hap)),
    row(&FEATURE, "viridian", |features| on(features.viridian)),
    row(&FEATURE, "privnet", |features| on(features.privnet)),
    row(&FEATURE, "hyperv", |features| Value::word(features.hyperv.as_ref().map(mode))),
    row(&FEATURE, "kvm", |features| on(features.kvm.is_some())),
    row(&FEATURE, "pvspinlock", |features| Value::word(features.pvspinlock)),
    row(&FEATURE, "pmu", |features| Value::word(features.pmu)),
    row(&FEATURE, "vmport", |features| Value::word(features.vmport)),
    row(&FEATURE, "gic", |features| features.gic.map_or(Value::Absent, gic)),
    row(&FEATURE, "smm", |features| Value::word(features.smm.as_ref().map(smm))),
    row(&FEATURE, "ioapic", |features| Value::word(features.ioapic)),
    row(&FEATURE, "hpt", |features| {
        features.hpt.as_ref().map_or(Value::Absent, |hpt| {
            let resizing = hpt.resizing.map_or("on", Spelled::as_str);
            let size = hpt.max_page_size.map(|size| format!(", maxpagesize {} KiB", size.0));
            Value::Text(format!("{resizing}{}", size.unwrap_or_default()))
        })
    }),
    row(&FEATURE, "vmcoreinfo", |features| Value::word(features.vmcoreinfo)),
    row(&FEATURE, "htm", |features| Value::word(features.htm)),
    row(&FEATURE, "nested-hv", |features| Value::word(features.nested_hv)),
    row(&FEATURE, "ccf-assist", |features| Value::word(features.ccf_assist)),
    row(&FEATURE, "cfpc", |features| Value::word(features.cfpc)),
    row(&FEATURE, "sbbc", |features| Value::word(features.sbbc)),
    row(&FEATURE, "ibs", |features| Value::word(features.ibs)),
    row(&FEATURE, "ras", |features| Value::word(features.ras)),
    row(&FEATURE, "ps2", |features| Value::word(features.ps2)),
    row(&FEATURE, "aia", |features| Value::word(features.aia)),
];

/// A feature without `state=`.
fn on(is_on: bool) -> Value {
    Value::word(is_on.then_some(OnOff::On))
}

fn apic(apic: Apic) -> Value {
    match apic.eoi {
        None => Value::Word("on"),
        Some(eoi) => Value::Text(format!("on, eoi {eoi}")),
    }
}

fn gic(gic: Gic) -> Value {
    match gic.version {
        None => Value::Word("on"),
        Some(version) => Value::Text(format!("version {version}")),
    }
}

fn mode(hyperv: &Hyperv) -> HypervMode {
    hyperv.mode.unwrap_or(HypervMode::Custom)
}

fn smm(smm: &Smm) -> OnOff {
    smm.state.unwrap_or(OnOff::On)
}

/// Compares the features.
pub(super) fn compare(source: &Domain, target: &Domain, out: &mut Out) {
    let (source, target) = (&source.features, &target.features);
    let at = At::of("features", source.pos, target.pos);
    out.rows(&at, ROWS, source, target);
    if let (Some(before), Some(after)) = (&source.hyperv, &target.hyperv) {
        let at = At::of("hyperv", before.pos, after.pos);
        hyperv(before, after, &at, out);
    }
    if let (Some(before), Some(after)) = (&source.kvm, &target.kvm) {
        let at = At::of("kvm", before.pos, after.pos);
        kvm(before, after, &at, out);
    }
    if let (Some(before), Some(after)) = (&source.smm, &target.smm)
        && smm(before).is_on()
        && smm(after).is_on()
    {
        let at = At::of("smm", before.pos, after.pos);
        let size = |smm: &Smm| Value::bytes(smm.tseg);
        out.value(&TSEG, &at, "tseg", &size(before), &size(after));
    }
}

fn hyperv(source: &Hyperv, target: &Hyperv, at: &At, out: &mut Out) {
    for feature in HypervFeature::ALL.iter().copied() {
        let value = |hyperv: &Hyperv| {
            let item = hyperv.get(feature);
            match feature {
                // Of these libvirt compares the value alone.
                HypervFeature::Spinlocks => {
                    Value::or_zero(item.filter(|item| item.state.is_on()).and_then(|item| item.retries))
                }
                HypervFeature::VendorId => Value::text(item.and_then(|item| item.vendor.as_ref())),
                _ => Value::word(item.map(|item| item.state)),
            }
        };
        let (what, attribute) = match feature {
            HypervFeature::Spinlocks => ("spinlocks", " retries="),
            HypervFeature::VendorId => ("vendor_id", " value="),
            feature => (feature.as_str(), ""),
        };
        let what = format!("<hyperv><{what}{attribute}>");
        let place = |hyperv: &Hyperv| hyperv.get(feature).map_or(hyperv.pos, |item| item.pos);
        let at = At { source: place(source), target: place(target), ..at.clone() };
        out.named(&HYPERV, &at, &what, &value(source), &value(target));
        if feature == HypervFeature::Stimer && source.is_on(feature) {
            let direct = |hyperv: &Hyperv| Value::word(hyperv.get(feature).and_then(|item| item.direct));
            out.named(&HYPERV, &at, "<hyperv><stimer><direct>", &direct(source), &direct(target));
        }
    }
}

fn kvm(source: &Kvm, target: &Kvm, at: &At, out: &mut Out) {
    for feature in KvmFeature::ALL.iter().copied() {
        let what = format!("<kvm><{feature}>");
        let state = |kvm: &Kvm| Value::word(kvm.get(feature));
        out.named(&KVM, at, &what, &state(source), &state(target));
    }
    let size = |kvm: &Kvm| Value::or_zero(kvm.dirty_ring_size);
    out.named(&KVM, at, "<kvm><dirty-ring size=>", &size(source), &size(target));
}
