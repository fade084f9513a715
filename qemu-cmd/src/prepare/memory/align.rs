//! Alignment of memory sizes: 1 MiB, 2 MiB for memory devices, 256 MiB for everything on pseries.

use virtargv_caps::Release;
use virtargv_model::device::memory_device::MemoryModel;
use virtargv_model::{Domain, Kib, Place, Problem};
use virtargv_resolve::{Guest, PSERIES_MEMORY_STEP, align_pseries_memory};
use virtargv_validate::rules::memory as rules;

use crate::prepare::context::broken;

/// The initial memory size: that of the guest without its memory devices.
pub(crate) fn initial(domain: &Domain, release: Release) -> Result<Kib, Problem> {
    let devices = domain.devices.memories.iter().fold(0u64, |sum, d| sum.saturating_add(d.target.size.0));
    let total = domain.memory.size.ok_or_else(|| {
        let message = "the domain has no memory: `<memory>` is missing or 0, and no NUMA node has memory";
        broken(release, &rules::SIZE, domain.memory.pos, message)
    })?;
    Ok(Kib(total.0.saturating_sub(devices)))
}

/// The largest size in KiB.
const MAX: u64 = i64::MAX as u64 / 1024;

/// Rounds all memory sizes up, and sets the total to their sum.
pub(crate) fn align(domain: &mut Domain, guest: &Guest, release: Release) -> Result<(), Problem> {
    let pseries = guest.arch.is_ppc64();
    let step = if pseries { PSERIES_MEMORY_STEP.0 } else { 1024 };
    let mut initial = initial(domain, release)?.0;
    if !domain.numa.cells.is_empty() {
        initial = 0;
    }
    let round = |size, step, place: &Place, what: &str| round(size, step, place, what, release);
    for (id, cell) in domain.numa.cells.iter_mut().enumerate() {
        cell.memory =
            Kib(round(cell.memory.0, step, &cell.pos.path("@memory"), &format!("NUMA node `{id}`"))?);
        initial = initial.saturating_add(cell.memory.0);
    }
    let place = Place::from(domain.memory.pos);
    let initial = round(initial, step, &place, "the initial memory")?;
    if let Some(max) = &mut domain.memory.max {
        max.size = Kib(round(max.size.0, step, &max.pos.into(), "`maxMemory`")?);
    }
    let mut total = initial;
    for (index, device) in domain.devices.memories.iter_mut().enumerate() {
        if pseries {
            align_pseries_memory(device);
        }
        if !pseries || device.model() != MemoryModel::Nvdimm {
            let module = if pseries { step } else { 2048 };
            let what = format!("memory module `{index}`");
            let size = round(device.target.size.0, module, &device.info.pos.path("target/size"), &what)?;
            device.target.size = Kib(size);
        }
        total = total.saturating_add(device.target.size.0);
    }
    domain.memory.size = Some(Kib(total));
    Ok(())
}

fn round(size: u64, step: u64, place: &Place, what: &str, release: Release) -> Result<u64, Problem> {
    let rounded = size.checked_next_multiple_of(step).filter(|rounded| *rounded <= MAX);
    rounded.ok_or_else(|| {
        let message =
            format!("the size of {what}, `{size}` KiB, is too large once it is rounded to `{step}` KiB");
        crate::rules::MEMORY_SIZE_OVERFLOW.problem(release, place.clone(), message)
    })
}
