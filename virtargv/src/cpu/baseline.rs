//! The CPU that runs on all of some hosts.

use virtargv_caps::{CpuSpec, NoBaseline, Within};

use super::{Definition, Hypervisor, Refusal, rules};

/// What is asked of a baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// List the features of the model too.
    pub features: bool,
    /// Leave out features that block migration.
    pub migratable: bool,
    /// Let the CPUs alone decide: leave out of account what QEMU knows and what the host lacks.
    pub ignore_host: bool,
}

/// The CPU with the features that all of `cpus` have and `hypervisor` knows, as a model that it has. Features that the host lacks
/// beyond that are disabled where QEMU's model has them. The number is the most bits of a physical address, where all of `cpus`
/// limit them.
///
/// # Errors
/// Why there is none.
pub fn baseline(
    cpus: &[Definition],
    hypervisor: &Hypervisor<'_>,
    options: Options,
) -> Result<(CpuSpec, Option<u32>), Refusal> {
    let caps = hypervisor.request.caps;
    check_models(cpus, hypervisor)?;
    if options.ignore_host && cpus.len() < 2 {
        let message = "there is one CPU only, and the host is to be left out of account";
        return Err(hypervisor.refuse(cpus, 0, &rules::IGNORE_HOST, message));
    }
    super::Question::Baseline.check_arch(cpus, hypervisor)?;
    let Some(x86) = hypervisor.x86() else { return Err(hypervisor.no_definitions(cpus, 0)) };
    let given: Vec<CpuSpec> = cpus.iter().map(|given| given.cpu.clone()).collect();
    let (mut features, mut migratable) = (None, options.migratable);
    if !options.ignore_host {
        let Some(known) = caps.known_features(hypervisor.accel, migratable) else {
            return Err(hypervisor.no_host(cpus));
        };
        // QEMU says itself what blocks migration.
        migratable &= !caps.host_cpu(hypervisor.accel).is_some_and(|host| host.migratability);
        features = Some(known);
    }
    let models = Some(caps.cpu_models(hypervisor.accel)).filter(|_| !options.ignore_host);
    let within = Within { models, features: features.as_deref(), migratable };
    let mut found = x86.baseline(&given, within).map_err(|why| refusal(cpus, hypervisor, &why))?;
    if options.features {
        found = x86.expand(&found).map_err(|why| hypervisor.unknown(cpus, 0, &why))?;
    }
    let limits: Option<Vec<u32>> = cpus.iter().map(|cpu| cpu.address_limit).collect();
    Ok((found, limits.and_then(|limits| limits.into_iter().min())))
}

/// Checks that every CPU names its model.
pub(super) fn check_models(cpus: &[Definition], hypervisor: &Hypervisor<'_>) -> Result<(), Refusal> {
    let Some(index) = cpus.iter().position(|cpu| cpu.cpu.model.is_none()) else { return Ok(()) };
    let mode = cpus.get(index).map(|cpu| cpu.mode.to_string()).unwrap_or_default();
    let message = format!("`<cpu>` of mode `{mode}` names no model");
    Err(hypervisor.refuse(cpus, index, &rules::MODEL, message))
}

fn refusal(cpus: &[Definition], hypervisor: &Hypervisor<'_>, why: &NoBaseline) -> Refusal {
    let index = why.index().unwrap_or(0);
    let rule = match why {
        NoBaseline::Unknown(_, incompatible) => return hypervisor.unknown(cpus, index, incompatible),
        NoBaseline::UnknownVendor(..) => &rules::VENDOR,
        NoBaseline::VendorOfModel { .. } | NoBaseline::Vendors { .. } => &rules::VENDORS,
        NoBaseline::NoCpu | NoBaseline::Disjoint | NoBaseline::NoModel => &rules::DISJOINT,
    };
    hypervisor.refuse(cpus, index, rule, why.to_string())
}
