//! `<cpu>`: modes and models.

use virtargv_caps::{Accel, Cap, CpuModel, CpuSpec, FeaturePolicy, Usable, feature_names, is_native};
use virtargv_model::OnOff;
use virtargv_model::cpu::CpuFallback;

use super::{Part, Work};

/// `<cpu>`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CpuCapabilities {
    /// The values of `migratable=` of the mode `host-passthrough`; `None` where the mode is not supported.
    pub host_passthrough: Option<Vec<OnOff>>,
    /// Those of the mode `maximum`.
    pub maximum: Option<Vec<OnOff>>,
    /// Whether the release knows the mode `maximum`.
    pub knows_maximum: bool,
    /// Whether the release prints the values of `migratable=`.
    pub knows_migratable: bool,
    /// What the mode `host-model` stands for; `None` where it is not supported.
    pub host_model: Option<HostModel>,
    /// The models of the mode `custom`; without one, the mode is not supported.
    pub custom: Vec<NamedModel>,
}

/// What `<cpu mode='host-model'>` stands for on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostModel {
    /// Whether a similar model may be taken.
    pub fallback: CpuFallback,
    /// The model.
    pub model: String,
    /// The vendor.
    pub vendor: Option<String>,
    /// The bits of a physical address of the host, which are passed through.
    pub max_phys_addr: Option<u32>,
    /// Features that the host has beyond the model (`require`), and those of the model that it lacks (`disable`).
    pub features: Vec<(String, FeaturePolicy)>,
}

/// A CPU model of QEMU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedModel {
    /// The name.
    pub name: String,
    /// Whether the host can run it.
    pub usable: Usable,
    /// Whether QEMU says that it will be removed.
    pub deprecated: bool,
    /// The vendor: `None` where the release does not print it, `Some(None)` where it is not known.
    pub vendor: Option<Option<String>>,
    /// The versioned model that it stands for.
    pub canonical: Option<String>,
    /// The features that the host lacks, by name; `None` where the release does not print them.
    pub blockers: Option<Vec<String>>,
}

pub(super) fn cpu(work: &mut Work<'_>) -> CpuCapabilities {
    let native = is_native(work.host.arch(), work.caps.arch());
    let passthrough = work.guest.accel != Accel::Tcg && native;
    let on = work.caps.has(Cap::CpuMigratable);
    let knows_maximum = work.writes(Part::MaximumMode);
    CpuCapabilities {
        host_passthrough: passthrough
            .then(|| if on { vec![OnOff::On, OnOff::Off] } else { vec![OnOff::Off] }),
        maximum: (knows_maximum && work.caps.has(Cap::CpuMax)).then(|| vec![OnOff::On, OnOff::Off]),
        knows_maximum,
        knows_migratable: work.writes(Part::Migratable),
        host_model: host_model(work, native),
        custom: custom(work),
    }
}

fn host_model(work: &mut Work<'_>, native: bool) -> Option<HostModel> {
    if !native {
        return None;
    }
    let host = work.host;
    let (processor, map) = (host.cpu().processor(), host.cpu().cpu_map());
    let spec = processor.as_ref().ok().and_then(|cpu| {
        let features = cpu.features.iter().map(String::as_str);
        Some(CpuSpec { vendor: cpu.vendor.clone(), ..CpuSpec::host(cpu.model.as_deref()?, "", features) })
    });
    let caps = if work.writes(Part::VersionedModels) { work.caps.clone() } else { work.without_versioned() };
    let found = caps.host_models(work.guest.accel, host.arch(), spec.as_ref(), map.as_ref().ok().copied());
    let Some(found) = found else {
        if work.guest.arch.is_x86()
            && let Err(error) = &map
        {
            work.unanswered(error);
        } else if let Err(error) = &processor {
            work.unanswered(error);
        }
        return None;
    };
    let CpuSpec { model, vendor, mut features } = found.reported;
    features.retain(|(name, _)| name != INVVPID_NOGLOBALS || work.writes(Part::InvvpidNoglobals));
    if work.writes(Part::FeaturesSorted) {
        features.sort_by(|(a, _), (b, _)| a.cmp(b));
    }
    Some(HostModel {
        fallback: if found.by_qemu { CpuFallback::Forbid } else { CpuFallback::Allow },
        model: model?,
        vendor,
        max_phys_addr: max_phys_addr(work),
        features,
    })
}

/// The feature that QEMU calls `vmx-invept-single-context-noglobals`.
const INVVPID_NOGLOBALS: &str = "vmx-invvpid-single-context-noglobals";

/// The bits of a physical address, where guests get them: not with TCG, and s390 has no limit.
fn max_phys_addr(work: &mut Work<'_>) -> Option<u32> {
    let passed = work.guest.accel != Accel::Tcg && !work.guest.arch.is_s390();
    if !passed || !work.writes(Part::MaxPhysAddr) {
        return None;
    }
    match work.host.cpu().phys_addr_bits() {
        Ok(bits) => Some(bits).filter(|bits| *bits > 0),
        Err(error) => {
            // What KVM can give to guests says it too.
            const SIZES: u32 = 0x8000_0008;
            let leaves = &work.caps.probed_on().cpuid;
            let bits = leaves
                .iter()
                .find(|leaf| leaf.leaf == SIZES)
                .map(|leaf| leaf.registers.first().map_or(0, |eax| eax & 0xff));
            if bits.is_none() {
                work.unanswered(&error);
            }
            bits
        }
    }
}

/// The x86 models that came to libvirt's definitions together with the versioned ones.
const WITH_VERSIONED: [&str; 2] = ["Denverton", "KnightsMill"];

/// Whether a version of libvirt without versioned models (`Broadwell-v3`) does not define the x86 model `name`.
pub(super) fn is_later(name: &str) -> bool {
    let versioned = name
        .rsplit_once("-v")
        .is_some_and(|(_, version)| !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit()));
    versioned || WITH_VERSIONED.contains(&name)
}

fn custom(work: &mut Work<'_>) -> Vec<NamedModel> {
    let arch = work.guest.arch;
    // Elsewhere libvirt has no definitions by which it would choose.
    let by_definition = arch.is_x86() || arch.is_ppc64();
    let map = work.host.cpu().cpu_map();
    if by_definition && let Err(error) = &map {
        work.unanswered(error);
    }
    let definitions = map.ok().filter(|_| by_definition).and_then(|map| map.of(arch));
    let definitions = definitions.filter(|definitions| !definitions.models().is_empty());
    let versioned = work.writes(Part::VersionedModels) || !arch.is_x86();
    let offered = work.caps.cpu_models(work.guest.accel).iter().filter(|model| {
        &*model.name != "host"
            && definitions.is_none_or(|definitions| definitions.model(&model.name).is_some())
            && (versioned || !is_later(&model.name))
    });
    let named = |model: &CpuModel| {
        let defined = definitions.and_then(|definitions| definitions.model(&model.name));
        let vendor = match defined {
            Some(defined) => defined.vendor.as_deref(),
            None => model.vendor.as_deref().or_else(|| s390_vendor(work, &model.name)),
        };
        let canonical = defined.and_then(|defined| defined.canonical.as_deref());
        NamedModel {
            name: model.name.to_string(),
            usable: model.usable,
            deprecated: model.deprecated && work.writes(Part::Deprecated),
            vendor: work.writes(Part::Vendor).then(|| vendor.map(str::to_owned)),
            canonical: canonical.filter(|_| work.writes(Part::VersionedModels)).map(str::to_owned),
            blockers: work.writes(Part::Blockers).then(|| blockers(model, arch.is_x86())),
        }
    };
    let mut models: Vec<NamedModel> = offered.map(named).collect();
    if work.writes(Part::ModelsSorted) {
        models.sort_by(|a, b| a.name.cmp(&b.name));
    }
    models
}

/// The vendor of a model of s390: all but QEMU's own are IBM's.
fn s390_vendor(work: &Work<'_>, model: &str) -> Option<&'static str> {
    (work.guest.arch.is_s390() && !matches!(model, "max" | "qemu")).then_some("IBM")
}

fn blockers(model: &CpuModel, x86: bool) -> Vec<String> {
    let name =
        |blocker: &str| if x86 { feature_names::from_qemu(blocker).to_owned() } else { blocker.to_owned() };
    let mut names: Vec<String> = model.blockers.iter().map(|blocker| name(blocker)).collect();
    names.sort();
    // QEMU names a feature twice where it is in two words of a model.
    names.dedup();
    names
}
