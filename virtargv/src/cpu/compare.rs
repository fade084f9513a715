//! How a CPU relates to the one that a QEMU gives its guests on the host.

use virtargv_caps::{CpuSpec, HostModels, Incompatible, Relation};
use virtargv_model::cpu::CpuMatch;

use super::{Definition, Hypervisor, Refusal, rules};
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
    super::check_arch(cpus, hypervisor, "a comparison")?;
    let Some(x86) = hypervisor.x86() else { return Err(hypervisor.no_definitions(cpus, 0)) };
    let Some(HostModels { reported, .. }) = hypervisor.host_models() else {
        return Err(hypervisor.no_host(cpus));
    };
    let host = HostModels { reported: reported.clone(), migratable: reported.clone(), full: reported };
    let strict = cpu.matching == Some(CpuMatch::Strict);
    let relation = match cpu.arch {
        Some(arch) if !arch.is_x86() => {
            let message = format!("the CPU is of architecture `{arch}`, the host's is of x86");
            Err(hypervisor.refuse(cpus, 0, &start::CPU_INCOMPATIBLE, message))
        }
        _ => match x86.compare(&host, &cpu.cpu, strict) {
            Ok(relation) => Ok(relation),
            Err(why @ (Incompatible::UnknownModel(_) | Incompatible::UnknownFeature(_))) => {
                return Err(hypervisor.unknown(cpus, 0, &why));
            }
            Err(why) => Err(hypervisor.unknown(cpus, 0, &why)),
        },
    };
    Ok(Comparison { relation, host: host.reported })
}

/// Checks that CPUs of the architecture can be compared here.
pub(super) fn check_arch(
    cpus: &[Definition],
    hypervisor: &Hypervisor<'_>,
    what: &str,
) -> Result<(), Refusal> {
    let arch = hypervisor.request.caps.arch();
    if arch.is_x86() {
        return Ok(());
    }
    if arch.is_s390() {
        let message = format!("{what} of CPUs of `{arch}` is not known without a running QEMU");
        return Err(hypervisor.refuse(cpus, 0, &rules::ASKS_QEMU, message));
    }
    let message = format!("there is no {} of CPUs of `{arch}`", what.trim_start_matches("a "));
    Err(hypervisor.refuse(cpus, 0, &rules::ARCH, message))
}
