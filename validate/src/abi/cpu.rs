//! `<cpu>`.

use virtargv_model::Domain;
use virtargv_model::Spelled;
use virtargv_model::cpu::{Cpu, CpuCheck, CpuTopology};

use super::compared::{At, Out, Row, Value, row};

virtargv_model::rules! {
    /// The guest has a `<cpu>` in both definitions or in neither.
    PRESENT = "abi-cpu-present": Unsupported, Validate,
        "`<cpu>`: without it, the machine type chooses the CPU",
        help "give the target the `<cpu>` of the source";
    /// The CPU keeps its mode.
    MODE = "abi-cpu-mode": Unsupported, Validate,
        "`<cpu mode=>`: a definition of a running guest has the model that `host-model` became",
        help "set `mode=` as in the source";
    /// The CPU keeps how it is checked.
    CHECK = "abi-cpu-check": Unsupported, Validate,
        "`<cpu check=>`: whether libvirt compares the CPU with the one that QEMU gave the guest",
        help "set `check=` as in the source";
    /// The CPU keeps its model.
    MODEL = "abi-cpu-model": Unsupported, Validate,
        "`<cpu><model>`: `-cpu`",
        help "set `<model>` as in the source";
    /// The CPU keeps its vendor.
    VENDOR = "abi-cpu-vendor": Unsupported, Validate,
        "`<cpu><vendor>`",
        help "set `<vendor>` as in the source";
    /// The CPU keeps the vendor id that the guest reads.
    VENDOR_ID = "abi-cpu-vendor-id": Unsupported, Validate,
        "`<cpu><model vendor_id=>`: `vendor=` of `-cpu`",
        help "set `vendor_id=` as in the source";
    /// The CPU keeps its topology.
    TOPOLOGY = "abi-cpu-topology": Unsupported, Validate,
        "`<cpu><topology>`: `-smp`",
        help "set `<topology>` as in the source";
    /// The CPU keeps its number of physical address bits.
    ADDRESS_BITS = "abi-cpu-maxphysaddr": Unsupported, Validate,
        "`<cpu><maxphysaddr>`: `phys-bits=` and `host-phys-bits=` of `-cpu`",
        help "set `<maxphysaddr>` as in the source", since "8.7";
    /// The CPU keeps the number of features that are listed.
    FEATURE_COUNT = "abi-cpu-feature-count": Unsupported, Validate,
        "`<cpu><feature>`: libvirt compares the lists, not the CPU that they make",
        help "list the features of the source, in the same order";
    /// The features of the CPU keep their order.
    FEATURE = "abi-cpu-feature": Unsupported, Validate,
        "`<cpu><feature name=>`: libvirt compares the features one by one, in the order of the document",
        help "list the features of the source, in the same order";
    /// A feature of the CPU keeps its policy.
    POLICY = "abi-cpu-feature-policy": Unsupported, Validate,
        "`<cpu><feature policy=>`: whether the guest has the feature",
        help "set `policy=` as in the source";
    /// The CPU keeps its cache.
    CACHE = "abi-cpu-cache": Unsupported, Validate,
        "`<cpu><cache>`: `l3-cache=` and `host-cache-info=` of `-cpu`",
        help "set `<cache>` as in the source";
}

const ROWS: &[Row<Cpu>] = &[
    row(&MODE, "@mode", |cpu| Value::word(Some(cpu.mode()))),
    row(&CHECK, "@check", |cpu| Value::word(Some(cpu.check.unwrap_or(CpuCheck::None)))),
    row(&MODEL, "model", |cpu| Value::text(cpu.model.name.as_ref())),
    row(&VENDOR, "vendor", |cpu| Value::text(cpu.vendor.as_ref())),
    row(&VENDOR_ID, "model/@vendor_id", |cpu| Value::text(cpu.model.vendor_id.as_ref())),
    row(&TOPOLOGY, "topology/@sockets", |cpu| topology(cpu, |topology| topology.sockets)),
    row(&TOPOLOGY, "topology/@dies", |cpu| topology(cpu, |topology| topology.dies.unwrap_or(1))),
    row(&TOPOLOGY, "topology/@clusters", |cpu| topology(cpu, |topology| topology.clusters.unwrap_or(1))),
    row(&TOPOLOGY, "topology/@cores", |cpu| topology(cpu, |topology| topology.cores)),
    row(&TOPOLOGY, "topology/@threads", |cpu| topology(cpu, |topology| topology.threads)),
    row(&ADDRESS_BITS, "maxphysaddr", |cpu| {
        cpu.max_phys_addr.as_ref().map_or(Value::Absent, |address| {
            let bits = address.bits.map(|bits| format!(" {bits}")).unwrap_or_default();
            Value::Text(format!("{}{bits}", address.mode))
        })
    }),
];

const CACHES: &[Row<Cpu>] = &[row(&CACHE, "cache", |cpu| {
    cpu.cache.as_ref().map_or(Value::Absent, |cache| {
        let level = cache.level.map(|level| format!("level {level} ")).unwrap_or_default();
        Value::Text(format!("{level}{}", cache.mode.as_str()))
    })
})];

fn topology(cpu: &Cpu, of: fn(&CpuTopology) -> u32) -> Value {
    Value::Number(cpu.topology.as_ref().map_or(0, of).into())
}

/// Compares the CPU.
pub(super) fn compare(source: &Domain, target: &Domain, out: &mut Out) {
    let place = |domain: &Domain| domain.cpu.as_ref().map_or(domain.pos, |cpu| cpu.pos);
    let at = At::of("cpu", place(source), place(target));
    match (&source.cpu, &target.cpu) {
        (None, None) => {}
        (Some(before), Some(after)) => {
            out.rows(&at, ROWS, before, after);
            features(before, after, &at, out);
            out.rows(&at, CACHES, before, after);
        }
        (before, after) => {
            out.value(&PRESENT, &at, "", &Value::there(before.is_some()), &Value::there(after.is_some()));
        }
    }
}

fn features(source: &Cpu, target: &Cpu, at: &At, out: &mut Out) {
    if !out.counts(&FEATURE_COUNT, at, "<feature>", source.features.len(), target.features.len()) {
        return;
    }
    for (before, after) in source.features.iter().zip(&target.features) {
        let at =
            At { element: "feature", name: Some(after.name.clone()), source: before.pos, target: after.pos };
        let name = |name: &str| Value::Text(name.to_owned());
        if !out.value(&FEATURE, &at, "@name", &name(&before.name), &name(&after.name)) {
            // One that is added or left out moves all that follow.
            return;
        }
        let policy = |policy| Value::word(Some(policy));
        out.value(&POLICY, &at, "@policy", &policy(before.policy), &policy(after.policy));
    }
}
