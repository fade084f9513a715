//! Defaults of `<cpu>`.

use virtargv_caps::{Accel, Cap, is_native};
use virtargv_model::cpu::{
    Cpu, CpuCheck, CpuFallback, CpuFeature, CpuMatch, CpuMode, CpuModel, FeaturePolicy,
};
use virtargv_model::{OnOff, Pos};

use crate::Work;

/// Fills in `<cpu>`.
pub(crate) fn apply(work: &mut Work<'_>) {
    name_default(work);
    let Some(cpu) = &mut work.domain.cpu else { return };
    add_sve(cpu);
    if cpu.mode() == CpuMode::HostPassthrough && cpu.migratable.is_none() {
        if work.caps.has(Cap::CpuMigratable) {
            cpu.migratable = Some(OnOff::On);
        } else if work.guest.arch.is_x86() {
            cpu.migratable = Some(OnOff::Off);
        }
    }
    if let Some(topology) = &mut cpu.topology {
        topology.dies.get_or_insert(1);
        topology.clusters.get_or_insert(1);
    }
    if !cpu.names_a_cpu() {
        drop_unnamed(&mut work.domain.cpu);
        return;
    }
    let mode = *cpu.mode.get_or_insert(CpuMode::Custom);
    match mode {
        CpuMode::Custom => {
            cpu.matching.get_or_insert(CpuMatch::Exact);
        }
        // `match=` applies to named models only.
        _ => cpu.matching = None,
    }
    if cpu.model.name.is_some() && !cpu.is_native() {
        cpu.model.fallback.get_or_insert(CpuFallback::Allow);
    }
    if cpu.is_native() {
        cpu.model = CpuModel::default();
    } else if cpu.model.name.is_none() {
        cpu.model.unwritten_fallback = cpu.model.fallback.take();
    }
    // The host's CPU need not be checked, and with TCG the guest's CPU does not depend on it.
    let unchecked = cpu.is_native() || (mode == CpuMode::Custom && work.guest.accel == Accel::Tcg);
    cpu.check.get_or_insert(if unchecked { CpuCheck::None } else { CpuCheck::Partial });
}

/// Drops what says nothing without a model, and the whole element where nothing is left.
fn drop_unnamed(cpu: &mut Option<Cpu>) {
    let Some(kept) = cpu else { return };
    (kept.mode, kept.matching, kept.model.fallback) = (None, None, None);
    if *kept
        == (Cpu {
            pos: kept.pos,
            model: CpuModel { pos: kept.model.pos, ..CpuModel::default() },
            ..Cpu::default()
        })
    {
        *cpu = None;
    }
}

/// Names QEMU's default CPU, so that the guest keeps its CPU when QEMU's default changes.
fn name_default(work: &mut Work<'_>) {
    if work.domain.cpu.as_ref().is_some_and(Cpu::names_a_cpu) {
        return;
    }
    let arch = work.guest.arch;
    if !work.guest.has_known_cpus() {
        return;
    }
    // On other architectures QEMU's default is for TCG only.
    if work.guest.accel != Accel::Tcg && !(arch.is_x86() || arch.is_s390() || arch.is_ppc64()) {
        return;
    }
    let Some(name) = work.caps.default_cpu_model(work.guest.accel, &work.guest.machine) else { return };
    let cpu = work.domain.cpu.get_or_insert_default();
    if name == "host" {
        let modelled = arch.is_s390()
            && !S390_WITHOUT_MODELS.contains(&work.guest.machine.as_str())
            && is_native(work.host.arch(), work.caps.arch())
            && work.caps.host_cpu(work.guest.accel).is_some();
        cpu.mode = Some(if modelled { CpuMode::HostModel } else { CpuMode::HostPassthrough });
    } else {
        // The host can lack features of the default CPU, which QEMU then leaves out.
        cpu.check = Some(CpuCheck::None);
        cpu.mode = Some(CpuMode::Custom);
        cpu.matching = Some(CpuMatch::Exact);
        cpu.model.fallback = Some(CpuFallback::Forbid);
        cpu.model.name = Some(name.to_owned());
    }
}

/// The machine types that have no CPU models with KVM, but the host's CPU only.
const S390_WITHOUT_MODELS: [&str; 4] =
    ["s390-ccw-virtio-2.4", "s390-ccw-virtio-2.5", "s390-ccw-virtio-2.6", "s390-ccw-virtio-2.7"];

/// Adds the feature `sve` where a vector length requires it.
fn add_sve(cpu: &mut Cpu) {
    if !cpu.features.iter().any(|feature| is_sve_length(&feature.name)) {
        return;
    }
    match cpu.features.iter_mut().find(|feature| feature.name == "sve") {
        Some(sve) if matches!(sve.policy, FeaturePolicy::Disable | FeaturePolicy::Forbid) => {}
        Some(sve) => sve.policy = FeaturePolicy::Require,
        None => cpu.features.push(CpuFeature {
            pos: Pos::default(),
            name: "sve".into(),
            policy: FeaturePolicy::Require,
        }),
    }
}

/// Whether a feature is one of `sve128` to `sve2048`.
fn is_sve_length(name: &str) -> bool {
    name.strip_prefix("sve").is_some_and(|length| !length.is_empty())
}
