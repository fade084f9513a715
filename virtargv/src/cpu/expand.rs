//! All features of a CPU.

use std::collections::{HashMap, HashSet};

use virtargv_caps::{Accel, CpuSpec, FeaturePolicy, Signature, Usable, feature_names, is_native};
use virtargv_model::cpu::CpuMode;

use super::{Definition, Hypervisor, Question, Refusal, rules, start};

/// A CPU with all its features.
#[derive(Debug, Clone, PartialEq)]
pub struct Expansion {
    /// `custom` for a named model and for what `host-model` stands for, else `host-passthrough` or `maximum`.
    pub mode: CpuMode,
    /// The model, the vendor that was asked for, and all features by name.
    pub cpu: CpuSpec,
    /// What there is to say of each feature of `cpu`, in the same order.
    pub features: Vec<Feature>,
    /// The models from which the definition of the model starts, the nearest first.
    pub bases: Vec<String>,
    /// The vendor of the model, or of the host's CPU.
    pub vendor: Option<String>,
    /// The physical CPUs of the model.
    pub signatures: Vec<Signature>,
    /// Whether this QEMU can run the model on the host, without the changes of its features; `None` where it has no such model.
    pub usable: Option<Usable>,
    /// The features for which a guest with this CPU cannot be started on the host, or would lack them there.
    pub blockers: Vec<String>,
    /// Whether all features are known. Those of models of other architectures than x86 are in QEMU alone.
    pub is_complete: bool,
}

/// What there is to say of a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feature {
    /// Whether a guest with it can migrate.
    pub migratable: bool,
    /// Whether the hypervisor has it on the host.
    pub status: Status,
    /// Whether QEMU's model has it, while libvirt's definition does not count it to the model (`added='yes'`): a host that lacks
    /// it can run the CPU.
    pub added: bool,
}

/// Whether the hypervisor has a feature on the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It has.
    Available,
    /// It lacks it.
    Lacking,
    /// The capabilities do not say.
    Unknown,
}

/// All features of a CPU: those of its model, or of the host's CPU for modes that stand for it, with what it changes itself.
///
/// # Errors
/// What is not defined or known.
pub fn expand(cpu: &Definition, hypervisor: &Hypervisor<'_>) -> Result<Expansion, Refusal> {
    match cpu.mode {
        CpuMode::Custom => custom(cpu, &cpu.cpu, hypervisor),
        CpuMode::HostModel => {
            let Some(models) = hypervisor.host_models() else {
                return Err(hypervisor.no_host(std::slice::from_ref(cpu)));
            };
            let spec = changed(models.migratable, &cpu.cpu.features);
            custom(cpu, &spec, hypervisor)
        }
        CpuMode::HostPassthrough | CpuMode::Maximum => native(cpu, hypervisor),
    }
}

/// `spec` with the features `changes` set as they say, of which a document can list many.
fn changed(mut spec: CpuSpec, changes: &[(String, FeaturePolicy)]) -> CpuSpec {
    let mut known: HashMap<String, usize> = HashMap::new();
    for (at, (name, _)) in spec.features.iter().enumerate() {
        known.entry(name.clone()).or_insert(at);
    }
    for (name, policy) in changes {
        let at = *known.entry(name.clone()).or_insert(spec.features.len());
        match spec.features.get_mut(at) {
            Some((_, before)) => *before = *policy,
            None => spec.features.push((name.clone(), *policy)),
        }
    }
    spec
}

/// A named model with changes.
fn custom(cpu: &Definition, spec: &CpuSpec, hypervisor: &Hypervisor<'_>) -> Result<Expansion, Refusal> {
    let cpus = std::slice::from_ref(cpu);
    let caps = hypervisor.request.caps;
    let Some(name) = spec.model.as_deref() else {
        let message = "`<cpu>` names no model";
        return Err(hypervisor.refuse(cpus, 0, &rules::MODEL, message));
    };
    let mut expanded = spec.clone();
    let mut is_complete = cpu.mode == CpuMode::HostModel;
    if caps.arch().is_x86() {
        let Some(x86) = hypervisor.x86() else { return Err(hypervisor.no_definitions(cpus, 0)) };
        expanded = x86.expand(spec).map_err(|why| hypervisor.unknown(cpus, 0, &why))?;
        // Which of them the host has, `host-model` lists itself.
        if !is_complete {
            x86.added(name).for_each(|added| expanded.set_if_missing(added, FeaturePolicy::Require));
            expanded.features.sort_by(|(a, _), (b, _)| a.cmp(b));
        }
        is_complete = true;
    } else {
        if caps.arch().is_s390() && !is_complete {
            return Err(Question::Expand.asks_qemu(cpus, hypervisor));
        }
        expanded.features.sort_by(|(a, _), (b, _)| a.cmp(b));
    }
    let definitions = hypervisor.map().and_then(|map| map.of(caps.arch()));
    let definition = definitions.and_then(|all| all.model(name));
    let mut bases = Vec::new();
    // Each base is defined before the model, so this ends.
    let mut next = definition.and_then(|model| model.base.as_deref());
    while let Some(base) = next {
        bases.push(base.to_owned());
        next = definitions.and_then(|all| all.model(base)).and_then(|model| model.base.as_deref());
    }
    let offered = caps.cpu_model(hypervisor.accel, name);
    let is_off = |name: &str| {
        let listed = expanded.features.iter().find(|(known, _)| known == name);
        listed.is_some_and(|(_, policy)| !matches!(policy, FeaturePolicy::Require | FeaturePolicy::Force))
    };
    let blockers = offered.into_iter().flat_map(|model| &model.blockers);
    let mut blockers: Vec<String> = blockers
        .map(|name| feature_names::from_qemu(name))
        .filter(|name| !is_off(name))
        .map(str::to_owned)
        .collect();
    let available = available(hypervisor);
    // What the model has is told by QEMU's own definition of it, where it says so.
    let own: HashSet<&str> = cpu.cpu.features.iter().map(|(name, _)| name.as_str()).collect();
    let is_told = offered.is_some_and(|model| model.usable != Usable::Unknown);
    for (name, policy) in &expanded.features {
        let counts = !is_told || own.contains(name.as_str());
        let lacks = available.as_ref().is_some_and(|available| !available.contains(name.as_str()));
        if counts && lacks && *policy == FeaturePolicy::Require && !blockers.contains(name) {
            blockers.push(name.clone());
        }
    }
    let features = described(&expanded, &blockers, available.as_ref(), hypervisor);
    Ok(Expansion {
        mode: CpuMode::Custom,
        features,
        bases,
        vendor: definition.and_then(|model| model.vendor.as_deref()).map(str::to_owned),
        signatures: definition.map(|model| model.signatures.clone()).unwrap_or_default(),
        usable: offered.map(|model| model.usable),
        blockers,
        is_complete,
        cpu: expanded,
    })
}

/// The host's CPU, or all that the accelerator has.
fn native(cpu: &Definition, hypervisor: &Hypervisor<'_>) -> Result<Expansion, Refusal> {
    let cpus = std::slice::from_ref(cpu);
    let caps = hypervisor.request.caps;
    let is_native = is_native(hypervisor.request.host.arch(), caps.arch());
    if cpu.mode == CpuMode::HostPassthrough && (hypervisor.accel == Accel::Tcg || !is_native) {
        let (accel, mode) = (hypervisor.accel, cpu.mode);
        let message = format!("accelerator `{accel}` has no CPU of mode `{mode}`");
        return Err(hypervisor.refuse(cpus, 0, &start::CPU_MODE_OFFERED, message));
    }
    let Some(host) = caps.host_cpu(hypervisor.accel) else { return Err(hypervisor.no_host(cpus)) };
    let has = host.features().into_iter().filter(|(_, migratable)| *migratable || !cpu.migratable);
    let features = has.map(|(name, _)| (name.to_owned(), FeaturePolicy::Require)).collect();
    let mut expanded = changed(CpuSpec { features, ..CpuSpec::default() }, &cpu.cpu.features);
    expanded.features.sort_by(|(a, _), (b, _)| a.cmp(b));
    let available = available(hypervisor);
    let lacking = |name: &str| available.as_ref().is_some_and(|available| !available.contains(name));
    let required = cpu.cpu.features.iter().filter(|(_, policy)| *policy == FeaturePolicy::Require);
    let blockers: Vec<String> =
        required.filter(|(name, _)| lacking(name)).map(|(name, _)| name.clone()).collect();
    Ok(Expansion {
        mode: cpu.mode,
        features: described(&expanded, &blockers, available.as_ref(), hypervisor),
        bases: Vec::new(),
        vendor: hypervisor.host_models().and_then(|models| models.reported.vendor),
        signatures: Vec::new(),
        usable: Some(Usable::Yes),
        blockers,
        is_complete: true,
        cpu: expanded,
    })
}

/// The features that the hypervisor has on the host, where the capabilities say so.
fn available<'a>(hypervisor: &Hypervisor<'a>) -> Option<HashSet<&'a str>> {
    let host = hypervisor.request.caps.host_cpu(hypervisor.accel)?;
    Some(host.features().into_iter().map(|(name, _)| name).collect())
}

fn described(
    cpu: &CpuSpec,
    blockers: &[String],
    available: Option<&HashSet<&str>>,
    hypervisor: &Hypervisor<'_>,
) -> Vec<Feature> {
    let host = hypervisor.request.caps.host_cpu(hypervisor.accel);
    let bound: HashSet<&str> = host
        .into_iter()
        .flat_map(|host| host.features())
        .filter_map(|(name, migratable)| (!migratable).then_some(name))
        .collect();
    let blockers: HashSet<&str> = blockers.iter().map(String::as_str).collect();
    let x86 = hypervisor.x86().filter(|_| hypervisor.request.caps.arch().is_x86());
    let added = x86.zip(cpu.model.as_deref());
    let added: HashSet<&str> = added.into_iter().flat_map(|(x86, model)| x86.added(model)).collect();
    let one = |name: &str| Feature {
        migratable: !bound.contains(name) && x86.is_none_or(|x86| x86.is_migratable(name)),
        status: match available {
            _ if blockers.contains(name) => Status::Lacking,
            Some(available) if available.contains(name) => Status::Available,
            Some(_) => Status::Lacking,
            None => Status::Unknown,
        },
        added: added.contains(name),
    };
    cpu.features.iter().map(|(name, _)| one(name)).collect()
}
