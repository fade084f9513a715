//! How a CPU relates to the one that a QEMU gives its guests on the host.

use virtargv_caps::{
    Convention, CpuModel, CpuSpec, FeaturePolicy, HostModels, Incompatible, Relation, Usable, X86,
};
use virtargv_model::cpu::CpuMatch;

use super::{Definition, Hypervisor, Refusal};
use crate::cpu::start;

/// The result of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// How the hypervisor's CPU relates to the one that is compared; the problem is why a guest cannot have it.
    pub relation: Result<Relation, Refusal>,
    /// The hypervisor's CPU.
    pub host: CpuSpec,
}

/// Compares a CPU with the one that `hypervisor` gives its guests on the host.
///
/// # Errors
/// Why they cannot be compared.
pub fn compare(cpu: &Definition, hypervisor: &Hypervisor<'_>) -> Result<Comparison, Refusal> {
    let cpus = std::slice::from_ref(cpu);
    super::Question::Compare.check_arch(cpus, hypervisor)?;
    let Some(x86) = hypervisor.x86() else { return Err(hypervisor.no_definitions(cpus, 0)) };
    let Some(HostModels { reported, by_qemu, .. }) = hypervisor.host_models() else {
        return Err(hypervisor.no_host(cpus));
    };
    let host =
        HostModels { reported: reported.clone(), migratable: reported.clone(), full: reported, by_qemu };
    let relation = match cpu.arch {
        Some(arch) if !arch.is_x86() => {
            let message = format!("the CPU is of architecture `{arch}`, the host's is of x86");
            Err(hypervisor.refuse(cpus, 0, &start::CPU_INCOMPATIBLE, message))
        }
        _ => decide(cpu, hypervisor, x86, &host).map_err(|why| hypervisor.unknown(cpus, 0, &why)),
    };
    Ok(Comparison { relation, host: host.reported })
}

/// Compares by QEMU's own model where libvirt trusts it, else by the definition.
fn decide(
    cpu: &Definition,
    hypervisor: &Hypervisor<'_>,
    x86: X86<'_>,
    host: &HostModels,
) -> Result<Relation, Incompatible> {
    let strict = cpu.matching == Some(CpuMatch::Strict);
    let Some(offered) = offered_model(cpu, hypervisor) else { return x86.compare(host, &cpu.cpu, strict) };
    let release = hypervisor.request.release();
    let is_plain = cpu.cpu.features.iter().all(|(_, policy)| *policy == FeaturePolicy::Disable);
    let is_compared = strict && !release.has(Convention::UsableCpuStrict);
    if offered.usable == Usable::Yes && is_plain && !is_compared {
        // QEMU says that the host supports the model. How much more the host has is not looked at.
        return Ok(Relation::Superset);
    }
    let by_definition = is_by_definition(hypervisor, &offered.name);
    if by_definition || !release.has(Convention::CpuDefinitionChanges) {
        return x86.compare(host, &cpu.cpu, strict);
    }
    // What a host's own CPU has in addition is not asked for: it has no policy.
    let features = if cpu.is_host { Vec::new() } else { cpu.cpu.features.clone() };
    x86.compare_offered(host, &CpuSpec { features, ..cpu.cpu.clone() }, offered).map(|()| Relation::Superset)
}

/// Whether the definition of a model is compared rather than QEMU's.
fn is_by_definition(hypervisor: &Hypervisor<'_>, name: &str) -> bool {
    hypervisor.map().and_then(|map| map.x86().model(name)).is_some_and(|model| model.partial_check)
}

/// QEMU's model of the CPU, where it is defined and QEMU says whether the host supports it.
fn offered_model<'a>(cpu: &Definition, hypervisor: &Hypervisor<'a>) -> Option<&'a CpuModel> {
    let name = cpu.cpu.model.as_deref()?;
    hypervisor.map()?.x86().model(name)?;
    let offered = hypervisor.request.caps.cpu_model(hypervisor.accel, name)?;
    (offered.usable != Usable::Unknown).then_some(offered)
}
